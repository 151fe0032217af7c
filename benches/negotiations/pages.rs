//! Pages of 50 of the reservations, filtered, over HTTP, while nothing else goes on and under load.

use std::time::Instant;

use openpex_aggregates::Timestamp;

use crate::figures::{Times, target};
use crate::load::{self, Plan, Until};
use crate::service::Service;
use crate::wire::{User, Wire};
use std::time::Duration;

/// Pages read of each list.
const PAGES: usize = 300;
/// The load of target 4.
const CLIENTS: usize = 32;
const HOUR_MS: i64 = 3_600_000;

/// Prints how long pages take; `owner` has reservations, `now` is the test clock's time.
pub async fn measure(service: &Service, owner: &User, now: Timestamp) {
    let day = now.saturating_add(100 * 24 * HOUR_MS);
    let (from, to) = (
        day.to_rfc3339(),
        day.saturating_add(24 * HOUR_MS).to_rfc3339(),
    );
    let window = format!("from={from}&to={to}&limit=50");
    let lists = [
        ("one user's confirmed", owner, "status=CONFIRMED&limit=50"),
        ("one user's of a day", owner, window.as_str()),
        (
            "all confirmed",
            &User::operator(),
            "status=CONFIRMED&limit=50",
        ),
        ("all expired", &User::operator(), "status=EXPIRED&limit=50"),
    ];
    for (what, user, query) in lists {
        let mut times = Times::default();
        let rows = read(service, user, query, &mut times).await;
        print(&format!("{what}, idle"), rows, times);
    }
    let users = load::make_users(&service.address, "pages", CLIENTS).await;
    for (what, user, query) in lists {
        let running = load::start(Plan {
            address: service.address.clone(),
            users: users.clone(),
            clients: CLIENTS,
            until: Until::Time(Duration::from_secs(4)),
            confirm: false,
            bodies: load::spread(now),
        });
        let (mut times, mut rows) = (Times::default(), 0);
        while !running.is_finished() {
            rows = read(service, user, query, &mut times).await;
        }
        print(&format!("{what}, under load"), rows, times);
    }
}

fn print(what: &str, rows: usize, mut times: Times) {
    times.sort();
    let figure = format!(
        "{what}: {} pages, {rows} rows in the first; p50 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms (p99 at most 5)",
        times.len(),
        times.at(500),
        times.at(990),
        times.at(999),
    );
    target("8", &figure, times.at(990) <= 5.0);
}

/// Reads pages, each from the end of the one before, and answers how many entries the first had.
async fn read(service: &Service, user: &User, query: &str, times: &mut Times) -> usize {
    let mut wire = Wire::connect(&service.address, user).await;
    let first = format!("/reservations?{query}");
    // The first answer may have to wait for the password's hash.
    assert_eq!(wire.send("GET", "/clock", "").await.status, 200);
    let (mut path, mut entries) = (first.clone(), None);
    for _ in 0..PAGES {
        let begun = Instant::now();
        let answer = wire.send("GET", &path, "").await;
        times.push(begun.elapsed());
        assert_eq!(answer.status, 200, "{}", answer.body);
        entries.get_or_insert(answer.body.matches("\"createdAt\"").count());
        path = answer.next_page().unwrap_or(&first).to_owned();
    }
    entries.unwrap_or(0)
}
