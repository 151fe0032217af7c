//! What is measured: projecting page by page, listing, and folding anew.

use std::time::{Duration, Instant};

use openpex_aggregates::reservation::StatusName;
use openpex_aggregates::{Timestamp, UserId};
use openpex_projections::{Page, ReservationFilter, Views};

use crate::feed::Feed;
use crate::ledger::{Ledger, Running};
use crate::stores::Fresh;

const RESERVATIONS: usize = 100_000;
const QUERIES: usize = 500;

/// Prints the figures of one store.
pub async fn figures(fresh: Fresh) {
    let store = fresh.url.split(':').next().unwrap().to_owned();
    let mut feed = Feed::new(31);
    let mut opened = 0;
    while opened < RESERVATIONS {
        feed.go_on();
        opened = feed.opened();
    }
    let events = feed.take();
    let half = events.len() / 2;
    let rate = |n: usize, took: Duration| n as u128 * 1_000_000 / took.as_micros().max(1);
    println!("{store}: {} events, {opened} reservations", events.len());

    let ledger = Ledger::new(events[..1].to_vec());
    let views = Views::open(&fresh.url).await.unwrap();
    let running = Running::start(&views, &ledger, 1_000);
    assert!(views.wait_for(1, Duration::from_secs(10)).await);
    let began = Instant::now();
    let head = ledger.append(events[1..half].to_vec());
    assert!(views.wait_for(head, Duration::from_secs(600)).await);
    println!(
        "{store}: projected {} events/s, page by page",
        rate(half - 1, began.elapsed())
    );
    let began = Instant::now();
    let head = ledger.append(events[half..].to_vec());
    assert!(views.wait_for(head, Duration::from_secs(600)).await);
    println!(
        "{store}: second half {} events/s",
        rate(events.len() - half, began.elapsed())
    );
    latencies(&views, &store, feed.now).await;
    running.stop().await;
    let began = Instant::now();
    views.rebuild(&ledger).await.unwrap();
    println!(
        "{store}: rebuilt {} events/s",
        rate(events.len(), began.elapsed())
    );
    latencies(&views, &store, feed.now).await;
}

async fn latencies(views: &Views, store: &str, now: Timestamp) {
    let any = ReservationFilter::default();
    let user_id = Some(UserId(1));
    let status = vec![StatusName::Activated, StatusName::Confirmed];
    let of_user = ReservationFilter {
        user_id,
        ..any.clone()
    };
    let held = ReservationFilter {
        status: status.clone(),
        ..any.clone()
    };
    let of_user_held = ReservationFilter {
        user_id,
        status,
        ..any.clone()
    };
    let (from, to) = (Some(now), Some(now.saturating_add(3_600_000)));
    let now_running = ReservationFilter {
        from,
        to,
        ..any.clone()
    };
    let (from, to) = (Some(Timestamp(0)), Some(Timestamp(1)));
    let nothing = ReservationFilter {
        from,
        to,
        ..any.clone()
    };
    let nothing_of_user = ReservationFilter {
        user_id,
        ..nothing.clone()
    };
    let template = Some("none".to_owned());
    let no_template = ReservationFilter {
        template,
        ..any.clone()
    };
    for (name, filter) in [
        ("all", any),
        ("one user's", of_user),
        ("confirmed or activated", held),
        ("one user's confirmed or activated", of_user_held),
        ("next hour", now_running),
        ("window that meets nothing", nothing),
        ("one user's window that meets nothing", nothing_of_user),
        ("template that meets nothing", no_template),
    ] {
        let mut page = Page::first(50);
        let mut took = Vec::new();
        let mut rows = 0;
        for _ in 0..QUERIES {
            let began = Instant::now();
            let listed = views.reservations().list(&filter, page).await.unwrap();
            took.push(began.elapsed());
            rows += listed.rows.len();
            page.before = listed.next;
        }
        took.sort_unstable();
        let (p50, p99) = (took[QUERIES / 2], took[QUERIES * 99 / 100]);
        println!(
            "{store}: {name}: p50 {p50:?} p99 {p99:?} ({} rows a page)",
            rows / QUERIES
        );
    }
}
