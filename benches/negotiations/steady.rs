//! An hour of steady work by the test clock: does memory stay flat?

use std::time::Instant;

use openpex_aggregates::Timestamp;

use crate::figures::number;
use crate::load::{self, Plan, Until};
use crate::service::{Database, Pool, Service};
use crate::stores::{Fresh, Store};
use crate::wire::{User, Wire, proposal};

const MINUTE_MS: i64 = 60_000;
const MINUTES: usize = 60;
/// How often memory is printed.
const PRINT_EVERY: usize = 5;
/// Clients that negotiate.
const CLIENTS: usize = 16;
/// Hosts of the pool: room for 6,400 small instances at once.
const HOSTS: &[&str] = &[
    "--hosts",
    "50",
    "--vcpus",
    "128",
    "--memory-mib",
    "131072",
    "--disk-gib",
    "2000",
];
/// Where the clock starts; far from daylight saving and other surprises.
const START: &str = "2030-01-01T00:00:00Z";
const START_MS: i64 = 1_893_456_000_000;
/// For one reservation whose instance is started, so many are negotiated, confirmed and end unused: the
/// ledger and the memory of the service see more of them than a simulated pool could start.
const UNUSED_FOR_ONE: usize = 20;

/// Prints the memory of a service over an hour in which `reservations` are negotiated, started and ended.
pub async fn measure(store: Store, reservations: usize) {
    let used = reservations / MINUTES;
    hour(store, (used, true)).await;
    hour(store, (used * UNUSED_FOR_ONE, false)).await;
}

async fn hour(store: Store, (a_minute, auto_start): (usize, bool)) {
    let fresh = Fresh::new(store).await;
    let pool = Pool::start(HOSTS);
    let clock = format!("--test-clock={START}");
    let service = Service::start(&fresh, &["--xen-url", &pool.url, &clock]);
    let users = load::make_users(&service.address, "steady", CLIENTS).await;
    let mut operator = Wire::connect(&service.address, &User::operator()).await;
    let mut database = Database::open(&fresh).await;
    let what = if auto_start {
        "started and ended, with an instance each"
    } else {
        "ended unused"
    };
    println!("{a_minute} reservations a minute, an hour of them: proposed, confirmed, {what}");
    println!("  minute  reservations  events  service MiB  pool MiB");
    let (service_before, pool_before) = (service.cpu(), pool.cpu());
    let begun = Instant::now();
    let mut samples = Vec::new();
    for minute in 1..=MINUTES {
        let now = Timestamp(START_MS).saturating_add(minutes(minute - 1));
        let plan = Plan {
            address: service.address.clone(),
            users: users.clone(),
            clients: CLIENTS,
            until: Until::Count(a_minute),
            confirm: true,
            bodies: vec![body(now, auto_start)],
        };
        let seen = load::run(plan).await;
        if !seen.troubles().is_empty() {
            println!("  in minute {minute}:{}", seen.troubles());
        }
        operator.advance(MINUTE_MS).await;
        let resident = service.resident_mib();
        samples.push(resident);
        if minute % PRINT_EVERY == 0 {
            let (made, head) = (minute * a_minute, database.head().await);
            let pool = pool.resident_mib();
            println!("  {minute:>6} {made:>13} {head:>7} {resident:>12} {pool:>9}");
        }
    }
    print_growth(&samples);
    let (service_cpu, pool_cpu) = (service.cpu() - service_before, pool.cpu() - pool_before);
    let took = begun.elapsed().as_secs_f64();
    println!(
        "  the hour took {took:.1} s, {:.1} ms a reservation; cores: service {service_cpu:.1} s, pool {pool_cpu:.1} s; most it held {} MiB",
        took * 1_000.0 / number(a_minute * MINUTES),
        service.peak_mib(),
    );
}

fn minutes(count: usize) -> i64 {
    i64::try_from(count).expect("invariant: an hour has few minutes") * MINUTE_MS
}

/// Three minutes from the next minute on.
fn body(now: Timestamp, auto_start: bool) -> String {
    let start = now.saturating_add(MINUTE_MS).to_rfc3339();
    let mut body = proposal("SMALL", 1, &start, 3 * MINUTE_MS);
    if !auto_start {
        body.insert_str(1, r#""autoStart":false,"#);
    }
    body
}

/// Compares the middle of the third quarter with that of the last.
fn print_growth(samples: &[u64]) {
    let median = |part: &[u64]| {
        let mut part = part.to_vec();
        part.sort_unstable();
        f64::from(u32::try_from(part[part.len() / 2]).unwrap_or(u32::MAX))
    };
    let quarter = samples.len() / 4;
    let third = median(&samples[2 * quarter..3 * quarter]);
    let last = median(&samples[3 * quarter..]);
    println!(
        "  growth in the second half: {:+.1} % (third quarter {third:.0} MiB, last {last:.0} MiB)",
        (last / third - 1.0) * 100.0
    );
}
