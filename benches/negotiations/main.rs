//! Full negotiations against the real server over HTTP, beside what the same database takes in single-row
//! inserts in the same run; then how long a restart takes on the ledger that has grown.
//!
//! `cargo bench --bench negotiations -- [--seconds N] [--reservations N] [sqlite] [postgres]`; PostgreSQL
//! needs `OPENPEX_TEST_POSTGRES_URL` (see `tests/with-postgres.sh`). It asserts nothing about time.

#![expect(
    clippy::float_arithmetic,
    clippy::print_stdout,
    clippy::print_stderr,
    dead_code,
    reason = "a benchmark prints ratios; it shares the tests' client and uses part of it"
)]

#[path = "../../tests/service/client.rs"]
mod client;
mod floor;
mod load;
#[path = "../../tests/service/process.rs"]
mod process;
mod restart;
#[path = "../../tests/service/stores.rs"]
mod stores;

use std::time::Duration;

use process::Process;
use stores::{Fresh, Store};

/// How many clients negotiate at once.
const CLIENTS: [usize; 3] = [1, 8, 64];

/// What to measure.
struct Options {
    /// How long each number of clients negotiates.
    each: Duration,
    /// How large the ledger is to be before the restart; 0 leaves the restart out.
    reservations: usize,
    stores: Vec<Store>,
}

fn options() -> Options {
    let mut options = Options {
        each: Duration::from_secs(8),
        reservations: 0,
        stores: Vec::new(),
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || {
            words
                .next()
                .and_then(|n| n.parse().ok())
                .expect("a number follows")
        };
        match word.as_str() {
            "--seconds" => options.each = Duration::from_secs(number()),
            "--reservations" => options.reservations = usize::try_from(number()).expect("fits"),
            "sqlite" => options.stores.push(Store::Sqlite),
            "postgres" => options.stores.push(Store::Postgres),
            // cargo adds this by itself.
            "--bench" => {}
            other => panic!("unknown word {other}"),
        }
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
        let fresh = Fresh::new(*store).await;
        println!("\n{store:?}");
        println!(
            "{:>8} {:>10} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>12} {:>7}",
            "clients",
            "deals/s",
            "events/s",
            "POST p50",
            "p99",
            "PUT p50",
            "p99",
            "p99.9",
            "1-row ins/s",
            "ratio"
        );
        let service = start(&fresh);
        for clients in CLIENTS {
            let floor = floor::single_row_inserts(&fresh.url(), clients, options.each / 4).await;
            let done = load::negotiate(&service.url, clients, options.each).await;
            done.print(clients, floor);
        }
        if options.reservations > 0 {
            load::fill(&service.url, options.reservations).await;
            restart::measure(service, &fresh).await;
        }
    }
}

/// The service on 50 nodes, with a simulated pool inside.
fn start(fresh: &Fresh) -> Process {
    let (data, url) = (fresh.data(), fresh.url());
    let args = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--data",
        &data,
        "--database-url",
        &url,
        "--sim-hosts",
        "50",
    ];
    let env = [
        ("OPENPEX_ADMIN_PASSWORD", "correct horse"),
        ("OPENPEX_LOG", "warn"),
    ];
    Process::start(&args, &env)
}
