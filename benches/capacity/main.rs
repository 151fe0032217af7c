//! What the capacity engine costs, on generated pools from 100 to 1,000,000 windows and 4 to 5,000
//! nodes, beside the naive scan and the shapes of the reference peers.
//!
//! `cargo bench --bench capacity -- [--quick] [--max-windows N] [--nodes N,N] [questions] [peers]
//! [adversarial] [targets]`; all sections without any of the last four. It asserts nothing about
//! time. It does assert that all engines answer alike.

#![expect(
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::float_arithmetic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a benchmark prints ratios of times, and its numbers are small"
)]

mod adversarial;
mod asks;
mod engines;
mod hard;
mod hard_sites;
mod numbers;
mod peers;
mod proofs;
mod questions;
mod sites;
mod tables;
mod targets;
mod timing;

use std::time::Instant;

use openpex_aggregates::capacity::Pool;

use engines::ours;
use sites::{Fill, Site, generate};
use tables::{Results, short};
use timing::Nanos;

/// What the service has, so that what it decides by is measured here as it is there; all engines have it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Nodes and the numbers of windows tried on them: from two windows a node to 5,000.
const SIZES: [(usize, &[usize]); 5] = [
    (4, &[100, 1_000, 10_000]),
    (50, &[100, 1_000, 10_000, 100_000]),
    (200, &[1_000, 10_000, 100_000, 1_000_000]),
    (1_000, &[10_000, 100_000, 1_000_000]),
    (5_000, &[10_000, 100_000, 1_000_000]),
];
/// Windows a node from which on a pool can be tight.
const TIGHT_WINDOWS_EACH: usize = 10;
const SECTIONS: [&str; 4] = ["questions", "peers", "adversarial", "targets"];
/// What a quick run is content with.
const QUICK_WINDOWS: usize = 10_000;
const QUICK_NODES: [usize; 3] = [4, 50, 1_000];

/// What to measure.
struct Options {
    max_windows: usize,
    nodes: Option<Vec<usize>>,
    sections: Vec<String>,
}

impl Options {
    fn from_args() -> Self {
        let mut options = Self {
            max_windows: usize::MAX,
            nodes: None,
            sections: Vec::new(),
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut numbers = || {
                let list = words.next().expect("numbers follow");
                let numbers = list.split(',').map(|n| n.parse().expect("a number"));
                numbers.collect::<Vec<usize>>()
            };
            match word.as_str() {
                "--quick" => options.be_quick(),
                "--max-windows" => options.max_windows = numbers()[0],
                "--nodes" => options.nodes = Some(numbers()),
                // cargo adds this by itself.
                "--bench" => {}
                section if SECTIONS.contains(&section) => options.sections.push(word),
                other => panic!("unknown word {other}"),
            }
        }
        options
    }

    fn be_quick(&mut self) {
        self.max_windows = self.max_windows.min(QUICK_WINDOWS);
        self.nodes.get_or_insert_with(|| QUICK_NODES.to_vec());
        timing::be_quick();
    }

    fn wants(&self, section: &str) -> bool {
        self.sections.is_empty() || self.sections.iter().any(|wanted| wanted == section)
    }

    fn wants_nodes(&self, nodes: usize) -> bool {
        self.nodes
            .as_ref()
            .is_none_or(|wanted| wanted.contains(&nodes))
    }
}

fn main() {
    let options = Options::from_args();
    let began = Instant::now();
    if options.wants("questions") || options.wants("peers") {
        measure_pools(&options);
    }
    if options.wants("adversarial") {
        adversarial::run(options.max_windows);
    }
    if options.wants("targets") {
        targets::run(options.max_windows);
    }
    println!("\n{:.0} s in all", began.elapsed().as_secs_f64());
}

fn measure_pools(options: &Options) {
    let mut results = Results::default();
    let mut rows = peers::Rows::default();
    for (nodes, sizes) in SIZES {
        for &windows in sizes {
            if windows > options.max_windows || !options.wants_nodes(nodes) {
                continue;
            }
            for fill in [Fill::Busy, Fill::Tight] {
                // So few windows do not even fill each node once.
                if fill == Fill::Tight && windows < TIGHT_WINDOWS_EACH * nodes {
                    continue;
                }
                let began = Instant::now();
                let site = generate(fill, nodes, windows, (nodes + windows) as u64);
                let mut pool = build(fill, &site, &mut results);
                let built = began.elapsed().as_secs_f64();
                if fill == Fill::Tight && options.wants("peers") {
                    rows.measure(&site, &pool);
                }
                if options.wants("questions") {
                    questions::run(fill, &site, &mut pool, &mut results);
                }
                let all = began.elapsed().as_secs_f64();
                let days = site.used_until / sites::DAY;
                let load = load_of(&site);
                eprintln!(
                    "{fill:?}: {nodes} nodes, {} windows over {days} days, {load}% of vCPUs: \
                     built in {built:.1} s, measured in {:.1} s",
                    short(windows),
                    all - built
                );
            }
        }
    }
    if options.wants("questions") {
        results.print();
    }
    if options.wants("peers") {
        rows.print();
    }
}

/// Percent of the vCPUs in use, on the average over the used part.
fn load_of(site: &Site) -> u128 {
    let vcpus: u128 = site.nodes.iter().map(|node| u128::from(node.vcpus)).sum();
    let booked = site.rows().map(|(_, from, until, usage)| {
        let span = until.min(site.used_until) - from;
        u128::from(usage[0]) * u128::from(span.max(0) as u64)
    });
    100 * booked.sum::<u128>() / (vcpus * u128::from(site.used_until.max(1) as u64))
}

/// Books the whole site, and records what that takes and what it weighs.
fn build(fill: Fill, site: &Site, results: &mut Results) -> Pool {
    let began = Instant::now();
    let pool = ours::pool_of(site);
    let each = began.elapsed().as_nanos() as f64 / site.leases.len() as f64;
    let report = pool.usage_report();
    let live = site.leases.len() as f64;
    assert_eq!(report.live_windows, site.leases.len() as u64);
    if fill == Fill::Busy {
        let place = (site.nodes.len(), site.leases.len());
        results.put_bytes(
            place,
            report.bytes as f64 / live,
            report.boundaries as f64 / live,
        );
    }
    if each > 1e6 {
        eprintln!("a booking took {} on average", Nanos(each));
    }
    pool
}
