//! Timed commands: thousands due at the same instant, by the system's clock.

use std::time::{Duration, Instant};

use openpex::clock::{Clock as _, SystemClock};
use openpex_aggregates::Timestamp;

use crate::figures::{Times, number, target};
use crate::load::{self, Plan, Until};
use crate::service::{Database, Service};
use crate::stores::{Fresh, Store};
use crate::wire::{User, proposal};

/// Clients that make the reservations.
const CLIENTS: usize = 64;
/// Negotiations by which it is found out how long the reservations take to be made.
const TRIAL: usize = 500;
/// Timed commands that come one by one, and how long after one another.
const SPREAD: usize = 5_000;
const SPREAD_STEP_MS: i64 = 1;
/// How often it is looked.
const LOOK: Duration = Duration::from_millis(50);
/// How long all of it may take before it is given up.
const DONE_WITHIN: Duration = Duration::from_secs(60);
/// Room for 12,800 small instances at once.
const FAT_HOSTS: [&str; 6] = [
    "--sim-vcpus",
    "256",
    "--sim-memory-mib",
    "262144",
    "--sim-disk-gib",
    "4000",
];
/// Windows of a second, so that an end need not be a minute away.
const POLICY: &str = "[policy]\nduration-min-secs = 1\n\
    sessions-max = 1000000\nopening-grant = \"1000000000000\"\n";

/// What becomes due.
#[derive(Clone, Copy)]
enum Due {
    /// Windows end whose instances were never started: one event each and no effect.
    Ends,
    /// Windows begin: each asks for an instance and intends its start.
    Starts,
}

/// So many of them, at one instant or each so long after the one before.
#[derive(Clone, Copy)]
struct Series {
    due: Due,
    count: usize,
    step_ms: i64,
}

/// Prints how late `count` ends, and `count` starts, at one instant are; and some that come one by one.
pub async fn measure(store: Store, count: usize) {
    println!("timed commands by the system's clock");
    for (due, count, step_ms) in [
        (Due::Ends, SPREAD, SPREAD_STEP_MS),
        (Due::Starts, SPREAD / 5, SPREAD_STEP_MS * 5),
        (Due::Ends, count, 0),
        (Due::Starts, count, 0),
    ] {
        let series = Series {
            due,
            count,
            step_ms,
        };
        one(store, series).await;
    }
}

async fn one(store: Store, series: Series) {
    let fresh = Fresh::new(store).await;
    let policy = fresh.file("policy.toml", POLICY).display().to_string();
    let mut options = vec!["--config", &policy];
    options.extend(FAT_HOSTS);
    let service = Service::start(&fresh, &options);
    let users = load::make_users(&service.address, "due", CLIENTS).await;
    let spread = load::spread(SystemClock.now());
    let trial = negotiate(&service, &users, TRIAL, spread).await;
    let expected = trial.as_secs_f64() * number(series.count) / number(TRIAL);
    let first = whole_second_after(Duration::from_secs_f64(expected * 2.0 + 3.0));
    let all: Vec<_> = (0..series.count)
        .map(|turn| first.saturating_add(i64::try_from(turn).unwrap_or(0) * series.step_ms))
        .collect();
    let bodies = all.iter().map(|at| body(*at, series.due)).collect();
    negotiate(&service, &users, series.count, bodies).await;
    let left = first.millis_since(SystemClock.now());
    let Ok(left @ 200..) = u64::try_from(left) else {
        println!("  the reservations were not made in time; not measured");
        return;
    };
    let mut database = Database::open(&fresh).await;
    let head = database.head().await;
    tokio::time::sleep(Duration::from_millis(left)).await;
    watch(&mut database, head, series, &all).await;
}

async fn negotiate(
    service: &Service,
    users: &[User],
    count: usize,
    bodies: Vec<String>,
) -> Duration {
    let seen = load::run(Plan {
        address: service.address.clone(),
        users: users.to_vec(),
        clients: CLIENTS,
        until: Until::Count(count),
        confirm: true,
        bodies,
    })
    .await;
    let troubles = seen.troubles();
    if !troubles.is_empty() {
        println!("  in making the reservations:{troubles}");
    }
    seen.took
}

fn whole_second_after(ahead: Duration) -> Timestamp {
    let millis = i64::try_from(ahead.as_millis()).expect("invariant: minutes fit");
    Timestamp((SystemClock.now().saturating_add(millis).0 / 1_000 + 1) * 1_000)
}

/// A window that ends at `at` and does not start by itself, or one that starts there.
fn body(at: Timestamp, due: Due) -> String {
    match due {
        Due::Starts => proposal("SMALL", 1, &at.to_rfc3339(), 3_600_000),
        Due::Ends => {
            let start = at.saturating_add(-1_000).to_rfc3339();
            let mut body = proposal("SMALL", 1, &start, 1_000);
            body.insert_str(1, r#""autoStart":false,"#);
            body
        }
    }
}

/// Looks until all have become events, and prints how late they were decided and how late they were
/// there to be read.
async fn watch(database: &mut Database, head: i64, series: Series, all: &[Timestamp]) {
    let (what, event) = match series.due {
        Due::Ends => ("ends", "ReservationExpired"),
        Due::Starts => ("starts", "ReservationActivated"),
    };
    let last = *all.last().expect("there are some");
    let sql =
        "SELECT recorded_at FROM events WHERE position > $1 AND event_type = $2 ORDER BY position";
    let begun = Instant::now();
    let (mut recorded, mut read_after);
    loop {
        recorded = database.numbers(sql, head, event).await;
        read_after = SystemClock.now().millis_since(last);
        if recorded.len() >= all.len() || begun.elapsed() > DONE_WITHIN {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    // They are done in the order in which they are due.
    let mut late = Times::default();
    for (decided_at, due_at) in recorded.iter().zip(all) {
        late.push_millis(decided_at - due_at.0);
    }
    late.sort();
    let (done, count, p99) = (recorded.len(), all.len(), late.at(990));
    let how = if series.step_ms > 0 {
        format!("{what}, one in {} ms", series.step_ms)
    } else {
        format!("{what}, all at once")
    };
    println!(
        "  {how}: {done} of {count}; decided late by p50 {:.0} ms, p99 {p99:.0} ms, at most {:.0} ms; all to be read {read_after} ms after the last was due",
        late.at(500),
        late.at(1_000),
    );
    if series.step_ms > 0 {
        let figure = format!("{how}, p99 {p99:.0} ms late (at most 100)");
        target("7", &figure, p99 <= 100.0 && done == count);
    } else {
        let figure = format!("{how}, {done} done after {read_after} ms (10,000 within 2,000)");
        target("7", &figure, read_after <= 2_000 && done == count);
    }
}
