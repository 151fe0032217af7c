//! The whole path, measured: the real service on each store, over HTTP, beside the limits of the same
//! database in the same run. It asserts nothing about time.
//!
//! `cargo bench --bench negotiations -- [SECTION]... [STORE]... [--seconds N] [--clients N]... [--events N]
//! [--leases N] [--due N] [--steady N]`; sections are `throughput`, `grown`, `lag`, `steady` and `haizea`, all of them
//! where none is named; stores are `sqlite` and `postgres`. PostgreSQL needs `OPENPEX_TEST_POSTGRES_URL`
//! (see `tests/with-postgres.sh`); `haizea` reads a trace from `OPENPEX_TRACES`, or from `../shared/traces`.

#![expect(
    clippy::float_arithmetic,
    clippy::print_stdout,
    clippy::print_stderr,
    dead_code,
    reason = "a benchmark prints ratios; it shares the tests' support and uses part of it"
)]

mod cores;
mod due;
mod figures;
mod floor;
mod grown;
mod haizea;
mod history;
mod lag;
mod load;
mod pages;
#[path = "../../tests/service/process.rs"]
mod process;
mod service;
mod steady;
#[path = "../../tests/service/stores.rs"]
mod stores;
mod throughput;
mod wire;

use std::time::Duration;

use stores::Store;

/// What the service has, so that what it does is measured here as it is there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What is measured, in this order.
const SECTIONS: [&str; 5] = ["throughput", "grown", "lag", "steady", "haizea"];

/// What to measure.
struct Options {
    sections: Vec<&'static str>,
    stores: Vec<Store>,
    /// How long each load lasts.
    each: Duration,
    /// How many clients ask at once, one number after the other.
    clients: Vec<usize>,
    /// Events of the grown ledger.
    events: u64,
    /// Leases of the trace; 0 for all.
    leases: usize,
    /// Timed commands due at once.
    due: usize,
    /// Reservations that a steady hour makes, starts and ends.
    steady: usize,
}

fn options() -> Options {
    let mut options = Options {
        sections: Vec::new(),
        stores: Vec::new(),
        each: Duration::from_secs(3),
        clients: Vec::new(),
        events: 100_000,
        leases: 60,
        due: 10_000,
        steady: 1_200,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || {
            let number = words.next().and_then(|n| n.parse::<u32>().ok());
            number.expect("a number follows")
        };
        let count = |number: u32| usize::try_from(number).expect("invariant: 32 bits fit");
        match word.as_str() {
            "--seconds" => options.each = Duration::from_secs(number().into()),
            "--clients" => options.clients.push(count(number())),
            "--events" => options.events = number().into(),
            "--leases" => options.leases = count(number()),
            "--due" => options.due = count(number()),
            "--steady" => options.steady = count(number()),
            "sqlite" => options.stores.push(Store::Sqlite),
            "postgres" => options.stores.push(Store::Postgres),
            // cargo adds this by itself.
            "--bench" => {}
            other => {
                let section = SECTIONS.iter().find(|section| **section == other);
                let section = section.unwrap_or_else(|| panic!("unknown word {other}"));
                options.sections.push(section);
            }
        }
    }
    if options.sections.is_empty() {
        options.sections = SECTIONS.to_vec();
    }
    if options.clients.is_empty() {
        options.clients = throughput::CLIENTS.to_vec();
    }
    if options.stores.is_empty() {
        options.stores = vec![Store::Sqlite, Store::Postgres];
    }
    options
}

#[tokio::main]
async fn main() {
    let options = options();
    for store in &options.stores {
        for section in &options.sections {
            let others = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
            let others = others.split(' ').next().unwrap_or("?");
            println!("\n=== {section}, {store:?}; load of the machine before: {others} ===");
            match *section {
                "throughput" => {
                    throughput::measure(*store, options.each, &options.clients).await;
                }
                "grown" => grown::measure(*store, options.events).await,
                "lag" => {
                    lag::measure(*store, options.each * 2).await;
                    due::measure(*store, options.due).await;
                }
                "steady" => steady::measure(*store, options.steady).await,
                _ => haizea::measure(*store, options.leases).await,
            }
        }
    }
}
