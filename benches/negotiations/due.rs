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
const POLICY: &str = "[policy]\nduration-min-secs = 1\n";

/// What becomes due.
#[derive(Clone, Copy)]
enum Due {
    /// Windows end whose instances were never started: one event each and no effect.
    Ends,
    /// Windows begin: each asks for an instance and intends its start.
    Starts,
}

/// Prints how late `count` ends, and `count` starts, at one instant are.
pub async fn measure(store: Store, count: usize) {
    println!("{count} timed commands due at once");
    for due in [Due::Ends, Due::Starts] {
        at_once(store, count, due).await;
    }
}

async fn at_once(store: Store, count: usize, due: Due) {
    let fresh = Fresh::new(store).await;
    let policy = fresh.file("policy.toml", POLICY).display().to_string();
    let mut options = vec!["--config", &policy];
    options.extend(FAT_HOSTS);
    let service = Service::start(&fresh, &options);
    let users = load::make_users(&service.address, "due", CLIENTS).await;
    let spread = load::spread(SystemClock.now());
    let trial = negotiate(&service, &users, TRIAL, spread).await;
    let expected = trial.as_secs_f64() * number(count) / number(TRIAL);
    let ahead = Duration::from_secs_f64(expected * 2.0 + 3.0);
    let at = whole_second_after(ahead);
    negotiate(&service, &users, count, vec![body(at, due)]).await;
    let left = at.millis_since(SystemClock.now());
    let Ok(left @ 200..) = u64::try_from(left) else {
        println!("  the reservations were not made in time; not measured");
        return;
    };
    let mut database = Database::open(&fresh).await;
    let head = database.head().await;
    tokio::time::sleep(Duration::from_millis(left)).await;
    watch(&mut database, head, (count, at, due)).await;
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
async fn watch(database: &mut Database, head: i64, (count, at, due): (usize, Timestamp, Due)) {
    let (what, event) = match due {
        Due::Ends => ("ends", "ReservationExpired"),
        Due::Starts => ("starts", "ReservationActivated"),
    };
    let sql = "SELECT recorded_at FROM events WHERE position > $1 AND event_type = $2";
    let begun = Instant::now();
    let mut recorded;
    let (mut first_seen, mut all_seen);
    first_seen = None;
    loop {
        recorded = database.numbers(sql, head, event).await;
        all_seen = SystemClock.now().millis_since(at);
        if !recorded.is_empty() && first_seen.is_none() {
            first_seen = Some(all_seen);
        }
        if recorded.len() >= count || begun.elapsed() > DONE_WITHIN {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    let mut late = Times::default();
    for decided_at in &recorded {
        late.push_millis(decided_at - at.0);
    }
    late.sort();
    println!(
        "  {what}: {} of {count}; decided late by p50 {:.0} ms, p99 {:.0} ms, at most {:.0} ms; the first to be read after {} ms, all after {all_seen} ms",
        recorded.len(),
        late.at(500),
        late.at(990),
        late.at(1_000),
        first_seen.unwrap_or(-1),
    );
    let figure = format!("{what}, p99 {:.0} ms late (at most 100)", late.at(990));
    target(
        "7",
        &figure,
        late.at(990) <= 100.0 && recorded.len() == count,
    );
    let figure = format!(
        "{what}, {} done after {all_seen} ms (10,000 within 2,000)",
        recorded.len()
    );
    target("7", &figure, all_seen <= 2_000 && recorded.len() == count);
}
