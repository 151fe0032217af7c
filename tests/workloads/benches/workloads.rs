//! Every trace at whole length, answered by the engine and by the brute-force oracle: what was
//! answered, how long each took, and that both answered the same.
//!
//! `cargo bench -p openpex-workloads --bench workloads -- [part of a trace's name…]`; the traces
//! are looked for in `OPENPEX_TRACES`, else in `../shared/traces`. It asserts nothing about time.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement is printed, and ends where it fails"
)]

use std::time::{Duration, Instant};

use openpex_aggregates::capacity::{Pool, UsageReport};
use openpex_workloads::driver::{Answering, Driver};
use openpex_workloads::outcome::percentile;
use openpex_workloads::traces::{self, TRACES, Trace, Workload};
use openpex_workloads::{Capacity, Outcome, Request};

/// After how many decisions the engine is asked what it holds.
const SAMPLE_EVERY: usize = 64;

/// How long the decisions of a trace took, real ends before each included.
struct Timed {
    outcome: Outcome,
    sorted: Vec<Duration>,
}

impl Timed {
    fn total(&self) -> Duration {
        self.sorted.iter().sum()
    }

    fn at(&self, percent: usize) -> Duration {
        percentile(&self.sorted, percent).unwrap_or_default()
    }
}

fn timed<C: Capacity>(
    requests: &[Request],
    capacity: C,
    mut after_each: impl FnMut(usize, &C),
) -> Timed {
    let total = capacity.total();
    let mut driver = Driver::new(capacity, Answering::default());
    let mut sorted = Vec::with_capacity(requests.len());
    let mut decisions = Vec::with_capacity(requests.len());
    for (at, request) in requests.iter().enumerate() {
        let began = Instant::now();
        let decision = driver.answer(request);
        sorted.push(began.elapsed());
        decisions.push(decision);
        after_each(at, driver.capacity());
    }
    sorted.sort_unstable();
    Timed {
        outcome: Outcome::of(requests, decisions, total),
        sorted,
    }
}

fn print(name: &str, timed: &Timed) {
    println!(
        "  {name:<7} decision median {:?}, p99 {:?}, max {:?}, all {:?}",
        timed.at(50),
        timed.at(99),
        timed.at(100),
        timed.total()
    );
}

fn measure(trace: &Trace, folder: &std::path::Path) {
    let workload = traces::read(trace.files_in(folder), trace.nodes).unwrap();
    let Workload { requests, left_out } = workload;
    let nodes = traces::named(trace.nodes);
    let (pool, oracle) = traces::engine_and_oracle(&nodes);
    println!("{}", trace.name);
    println!(
        "  {} requests on {} nodes ({left_out} jobs left out)",
        requests.len(),
        nodes.len()
    );
    let mut largest = UsageReport::default();
    let engine = timed(&requests, pool, |at, pool: &Pool| {
        if at % SAMPLE_EVERY == 0 {
            let report = pool.usage_report();
            if report.boundaries > largest.boundaries {
                largest = report;
            }
        }
    });
    println!("  {}", engine.outcome.totals);
    println!(
        "  at most {} live windows, {} boundaries, {} kB",
        largest.live_windows,
        largest.boundaries,
        largest.bytes / 1_000
    );
    print("engine", &engine);
    let oracle = timed(&requests, oracle, |_, _| {});
    print("oracle", &oracle);
    let ratio = oracle.total().as_micros() / engine.total().as_micros().max(1);
    println!("  the oracle takes {ratio} times as long");
    if let Some(difference) = engine.outcome.first_difference(&oracle.outcome) {
        panic!("engine and oracle differ in {}: {difference}", trace.name);
    }
    println!("  every answer is the same\n");
}

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    let Some(folder) = traces::folder() else {
        println!(
            "no traces: name their folder in {}",
            traces::FOLDER_VARIABLE
        );
        return;
    };
    let is_wanted = |trace: &&Trace| {
        let mut parts = wanted.iter();
        wanted.is_empty() || parts.any(|part| trace.name.contains(part.as_str()))
    };
    for trace in TRACES.iter().filter(is_wanted) {
        measure(trace, &folder);
    }
}
