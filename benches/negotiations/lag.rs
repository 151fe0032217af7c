//! How far the views are behind the ledger while it grows, and how soon they are level after.

use std::time::{Duration, Instant};

use openpex::clock::{Clock as _, SystemClock};

use crate::figures::{Times, target};
use crate::load::{self, Plan, Until};
use crate::service::{Database, Service};
use crate::stores::{Fresh, Store};

/// The load of target 4.
const CLIENTS: usize = 32;
/// How often it is looked.
const LOOK: Duration = Duration::from_millis(50);
/// How long the views may take to be level before it is given up.
const LEVEL_WITHIN: Duration = Duration::from_secs(120);

/// Prints the lag of one store under proposals, and under full negotiations.
pub async fn measure(store: Store, time: Duration) {
    println!("views behind the ledger, {CLIENTS} clients");
    for confirm in [false, true] {
        under_load(store, time, confirm).await;
    }
}

async fn under_load(store: Store, time: Duration, confirm: bool) {
    let fresh = Fresh::new(store).await;
    let service = Service::start(&fresh, &[]);
    let mut database = Database::open(&fresh).await;
    let plan = Plan {
        address: service.address.clone(),
        users: load::make_users(&service.address, "lag", CLIENTS).await,
        clients: CLIENTS,
        until: Until::Time(time),
        confirm,
        bodies: load::spread(SystemClock.now()),
    };
    let running = load::start(plan);
    let (mut lags, mut events_behind) = (Times::default(), 0);
    while !running.is_finished() {
        let (millis, events) = behind(&mut database).await;
        lags.push_millis(millis);
        events_behind = events_behind.max(events);
        tokio::time::sleep(LOOK).await;
    }
    let ended = Instant::now();
    let seen = running.await.expect("the clients come to their end");
    database.is_level_within(LEVEL_WITHIN).await;
    let level = ended.elapsed().as_secs_f64();
    lags.sort();
    let what = if confirm { "negotiations" } else { "proposals" };
    println!(
        "  {what}: {} events in {:.1} s{}; behind p50 {:.0} ms, p99 {:.0} ms, at most {:.0} ms or {events_behind} events; level {level:.2} s after the end",
        database.head().await,
        seen.took.as_secs_f64(),
        seen.troubles(),
        lags.at(500),
        lags.at(990),
        lags.at(1_000),
    );
    let figure = format!(
        "{what}, behind by at most {:.0} ms (at most 1,000)",
        lags.at(1_000)
    );
    target("9", &figure, lags.at(1_000) <= 1_000.0);
    let figure = format!("{what}, level after {level:.2} s (within 5)");
    target("9", &figure, level <= 5.0);
}

/// How long ago the first event was decided that the views do not show yet, in milliseconds, and how
/// many there are.
async fn behind(database: &mut Database) -> (i64, i64) {
    let reached = database.views_at().await;
    let first = database.recorded_at(reached + 1).await;
    let head = database.head().await;
    let millis = first.map_or(0, |at| SystemClock.now().0 - at);
    (millis, head - reached)
}
