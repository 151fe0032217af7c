//! Reading one's own writes, and a runner that meets failures.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use openpex_projections::{RETRY_DELAYS_MS, ReservationFilter, Views, ViewsError};

use crate::feed::Feed;
use crate::ledger::{Ledger, PATIENCE, Running, level};
use crate::replay;
use crate::stores::{Fresh, on_both_stores};

on_both_stores!(
    who_waits_for_a_position_sees_it,
    waiting_for_what_does_not_come_ends,
    nothing_is_shown_before_the_views_are_known_to_be_good,
    a_ledger_that_fails_is_read_again_and_nothing_is_skipped,
    a_hole_in_the_ledger_is_waited_out_and_never_skipped,
);

async fn who_waits_for_a_position_sees_it(fresh: Fresh) {
    let mut feed = Feed::new(11);
    let ledger = Ledger::new(feed.take());
    let (views, _running) = level(&fresh.url, &ledger).await;
    for _ in 0..50 {
        feed.open();
        let head = ledger.append(feed.take());
        assert!(views.wait_for(head, PATIENCE).await);
        let wanted = replay::fold(&ledger.events()).reservations;
        let found = views.reservations().find(wanted[0].id).await.unwrap();
        assert_eq!(found.as_ref(), wanted.first());
    }
}

async fn waiting_for_what_does_not_come_ends(fresh: Fresh) {
    let ledger = Ledger::new(Feed::new(12).take());
    let (views, _running) = level(&fresh.url, &ledger).await;
    let patience = Duration::from_millis(30);
    let began = Instant::now();
    assert!(!views.wait_for(ledger.head() + 1, patience).await);
    assert!(began.elapsed() >= patience);
    assert!(views.wait_for(ledger.head(), Duration::ZERO).await);
}

/// SQLite ends a transaction itself where the disk is full; a trigger can have it do so.
#[tokio::test]
async fn views_in_sqlite_go_on_after_a_transaction_that_was_ended_under_them() {
    let fresh = Fresh::sqlite().await;
    let mut feed = Feed::new(15);
    let ledger = Ledger::new(feed.take());
    let (views, _running) = level(&fresh.url, &ledger).await;
    let end_each = "CREATE TRIGGER full BEFORE UPDATE ON checkpoint \
        BEGIN SELECT RAISE(ROLLBACK, 'the disk is full'); END";
    fresh.tamper(end_each).await;
    feed.open();
    let head = ledger.append(feed.take());
    assert!(!views.wait_for(head, Duration::from_millis(200)).await);
    fresh.tamper("DROP TRIGGER full").await;
    assert!(views.wait_for(head, PATIENCE).await);
    let wanted = replay::fold(&ledger.events()).reservations;
    let found = views.reservations().find(wanted[0].id).await.unwrap();
    assert_eq!(found.as_ref(), wanted.first());
}

async fn nothing_is_shown_before_the_views_are_known_to_be_good(fresh: Fresh) {
    let ledger = Ledger::new(Feed::new(13).take());
    let (views, running) = level(&fresh.url, &ledger).await;
    running.stop().await;
    views.close().await;
    let views = Views::open(&fresh.url).await.unwrap();
    assert!(!views.wait_for(0, Duration::from_millis(5)).await);
    let refused = views.policy().in_force().await;
    assert!(matches!(refused, Err(ViewsError::NotReady)), "{refused:?}");
}

async fn a_ledger_that_fails_is_read_again_and_nothing_is_skipped(fresh: Fresh) {
    let mut feed = Feed::after(14, 100);
    let ledger = Ledger::new(feed.take());
    let (views, running) = level(&fresh.url, &ledger).await;
    for _ in 0..100 {
        feed.go_on();
    }
    let failures = 4;
    let began = Instant::now();
    ledger.failing.store(failures, Ordering::SeqCst);
    let head = ledger.append(feed.take());
    assert!(views.wait_for(head, PATIENCE).await);
    let waited: u64 = RETRY_DELAYS_MS[..failures].iter().sum();
    assert!(
        began.elapsed() >= Duration::from_millis(waited),
        "it did not back off"
    );
    // What was shown before is shown all the while, and afterwards all of it is there.
    replay::assert_equal(&replay::read(&views).await, &replay::fold(&ledger.events()));
    running.stop().await;
}

async fn a_hole_in_the_ledger_is_waited_out_and_never_skipped(fresh: Fresh) {
    let mut feed = Feed::after(15, 60);
    let events = feed.take();
    let hole = events.len() / 2;
    let ledger = Ledger::new(events[..hole].to_vec());
    let (views, running) = level(&fresh.url, &ledger).await;
    let reads = ledger.reads.load(Ordering::SeqCst);
    ledger.append(events[hole + 1..].to_vec());
    // It looks again and again, and stays where it is.
    let began = Instant::now();
    while ledger.reads.load(Ordering::SeqCst) < reads + 3 {
        assert!(began.elapsed() < PATIENCE);
        tokio::task::yield_now().await;
    }
    assert_eq!(views.reached(), u64::try_from(hole).ok());
    let shown = replay::reservations(&views, &ReservationFilter::default(), 100).await;
    assert_eq!(shown, replay::fold(&events[..hole]).reservations);
    ledger.change(|stored| stored.insert(hole, events[hole].clone()));
    assert!(views.wait_for(ledger.head(), PATIENCE).await);
    replay::assert_equal(&replay::read(&views).await, &replay::fold(&events));
    running.stop().await;

    // A fresh start meets the same.
    let again = Running::start(&views, &ledger, 3);
    assert!(views.wait_for(ledger.head(), PATIENCE).await);
    again.stop().await;
}
