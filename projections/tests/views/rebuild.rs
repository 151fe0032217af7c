//! Folding anew: on request, and by itself where the views cannot be of this ledger or program.

use std::time::Duration;

use openpex_aggregates::Timestamp;
use openpex_projections::{
    EventSource, PAGE_EVENTS, Page, ReservationFilter, SourceError, SourceEvent, VIEWS_VERSION,
    Views, ViewsError,
};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::feed::Feed;
use crate::ledger::{Ledger, PATIENCE, Running, level};
use crate::replay;
use crate::stores::{Fresh, on_both_stores};

on_both_stores!(
    a_checkpoint_that_makes_no_sense_is_not_believed,
    views_of_another_ledger_are_folded_anew,
    views_of_an_older_program_are_folded_anew,
    views_of_a_newer_program_are_left_alone_until_asked,
    a_damaged_row_is_folded_anew,
    while_folding_anew_the_old_views_are_shown_whole,
    folding_anew_that_fails_changes_nothing,
    folding_anew_gets_its_turn_while_the_runner_is_behind,
);

async fn a_checkpoint_that_makes_no_sense_is_not_believed(fresh: Fresh) {
    let mut feed = Feed::after(21, 200);
    let ledger = Ledger::new(feed.take());
    let wanted = replay::fold(&ledger.events());
    for damage in [
        "DELETE FROM checkpoint",
        "UPDATE checkpoint SET position = -1",
        "UPDATE checkpoint SET position = 0",
        "UPDATE checkpoint SET position = position - 1",
        "UPDATE checkpoint SET position = 9223372036854775807",
        "UPDATE checkpoint SET mark = ''",
    ] {
        let (views, running) = level(&fresh.url, &ledger).await;
        running.stop().await;
        views.close().await;
        fresh.tamper(damage).await;
        // What is wrong with the rows besides is gone with it.
        fresh.tamper("DELETE FROM instances").await;
        let (views, running) = level(&fresh.url, &ledger).await;
        replay::assert_equal(&replay::read(&views).await, &wanted);
        running.stop().await;
        views.close().await;
    }
}

async fn views_of_another_ledger_are_folded_anew(fresh: Fresh) {
    let shorter = Feed::after(23, 50).take();
    let mut longer = Feed::after(24, 500).take();
    // Same facts, another time: a ledger that was restored and went on differently.
    let mut restored = longer.clone();
    restored
        .iter_mut()
        .for_each(|event| event.recorded_at = Timestamp(event.recorded_at.0 + 1));
    longer.truncate(longer.len() / 2);
    for events in [longer, shorter, restored, Vec::new()] {
        let ledger = Ledger::new(events.clone());
        let (views, running) = level(&fresh.url, &ledger).await;
        assert_eq!(views.reached(), Some(ledger.head()));
        replay::assert_equal(&replay::read(&views).await, &replay::fold(&events));
        running.stop().await;
        views.close().await;
    }
}

async fn views_of_an_older_program_are_folded_anew(fresh: Fresh) {
    let ledger = Ledger::new(Feed::after(25, 200).take());
    let (views, running) = level(&fresh.url, &ledger).await;
    running.stop().await;
    views.close().await;
    fresh
        .tamper("UPDATE checkpoint SET version = version - 1")
        .await;
    fresh.tamper("UPDATE reservations SET state = '{}'").await;
    let (views, running) = level(&fresh.url, &ledger).await;
    replay::assert_equal(&replay::read(&views).await, &replay::fold(&ledger.events()));
    assert_eq!(
        fresh.number("SELECT version FROM checkpoint").await,
        VIEWS_VERSION
    );
    running.stop().await;
}

async fn views_of_a_newer_program_are_left_alone_until_asked(fresh: Fresh) {
    let ledger = Ledger::new(Feed::after(26, 100).take());
    let (views, running) = level(&fresh.url, &ledger).await;
    running.stop().await;
    views.close().await;
    fresh
        .tamper("UPDATE checkpoint SET version = version + 1")
        .await;
    let views = Views::open(&fresh.url).await.unwrap();
    let running = Running::start(&views, &ledger, 10);
    assert!(!views.wait_for(0, Duration::from_millis(200)).await);
    assert!(matches!(
        views.policy().in_force().await,
        Err(ViewsError::NotReady)
    ));
    assert_eq!(
        fresh.number("SELECT version FROM checkpoint").await,
        VIEWS_VERSION + 1
    );
    views.rebuild(&ledger).await.unwrap();
    assert!(views.wait_for(ledger.head(), PATIENCE).await);
    replay::assert_equal(&replay::read(&views).await, &replay::fold(&ledger.events()));
    running.stop().await;
}

async fn a_damaged_row_is_folded_anew(fresh: Fresh) {
    let mut feed = Feed::after(27, 200);
    let ledger = Ledger::new(feed.take());
    let (views, running) = level(&fresh.url, &ledger).await;
    for damage in [
        "UPDATE reservations SET state = 'not json'",
        "UPDATE instances SET sequence = sequence - 1",
        "DELETE FROM nodes",
        // Rows where others are going to begin.
        "INSERT INTO reservations (created_position, reservation_id, user_id, status, created_at, \
         sequence, position, state) \
         WITH RECURSIVE n (nth) AS (SELECT 1 UNION ALL SELECT nth + 1 FROM n WHERE nth < 1000) \
         SELECT (SELECT MAX(position) FROM checkpoint) + nth, 'nobody''s ' || nth, 1, 'INITIATED', 1, \
         1, 1, '{}' FROM n",
    ] {
        fresh.tamper(damage).await;
        for _ in 0..150 {
            feed.go_on();
        }
        let head = ledger.append(feed.take());
        assert!(views.wait_for(head, PATIENCE).await);
        replay::assert_equal(&replay::read(&views).await, &replay::fold(&ledger.events()));
    }
    running.stop().await;
}

/// A ledger that gives each page only when it is told to.
struct Halting {
    ledger: Ledger,
    asked: mpsc::Sender<oneshot::Sender<()>>,
}

impl EventSource for Halting {
    async fn read_after(
        &self,
        position: u64,
        limit: usize,
    ) -> Result<Vec<SourceEvent>, SourceError> {
        let (go_on, told) = oneshot::channel();
        self.asked.send(go_on).await?;
        told.await?;
        self.ledger.read_after(position, limit).await
    }
}

async fn while_folding_anew_the_old_views_are_shown_whole(fresh: Fresh) {
    let mut feed = Feed::new(28);
    while feed.events.len() < 2 * PAGE_EVENTS + 1 {
        feed.go_on();
    }
    let ledger = Ledger::new(feed.take());
    let (views, running) = level(&fresh.url, &ledger).await;
    running.stop().await;
    let wanted = replay::fold(&ledger.events());

    let (asked, mut asks) = mpsc::channel(1);
    let halting = Halting {
        ledger: ledger.clone(),
        asked,
    };
    let mut tasks = JoinSet::new();
    let rebuilding = views.clone();
    tasks.spawn(async move { rebuilding.rebuild(&halting).await });
    let mut pages = 0;
    while let Some(go_on) = asks.recv().await {
        // At each halt of the rebuild all is there, and it is there at once.
        replay::assert_equal(&replay::read(&views).await, &wanted);
        assert!(views.wait_for(ledger.head(), Duration::ZERO).await);
        pages += 1;
        go_on.send(()).unwrap();
    }
    assert_eq!(pages, 3);
    assert_eq!(
        tasks.join_next().await.unwrap().unwrap().unwrap(),
        ledger.head()
    );
    replay::assert_equal(&replay::read(&views).await, &wanted);
}

async fn folding_anew_that_fails_changes_nothing(fresh: Fresh) {
    let mut feed = Feed::after(29, 200);
    let ledger = Ledger::new(feed.take());
    let (views, _running) = level(&fresh.url, &ledger).await;
    let mut broken = ledger.events();
    let dropped = broken.len() / 2;
    // A stream with a hole, in a ledger whose positions have none.
    let sequence = broken[dropped].sequence;
    broken[dropped].sequence = sequence + 1;
    let refused = views.rebuild(&Ledger::new(broken)).await;
    assert!(
        matches!(refused, Err(ViewsError::SequenceGap { .. })),
        "{refused:?}"
    );
    replay::assert_equal(&replay::read(&views).await, &replay::fold(&ledger.events()));
    let page = Page::first(1);
    assert!(
        views
            .reservations()
            .list(&ReservationFilter::default(), page)
            .await
            .is_ok()
    );
    // And the runner goes on.
    for _ in 0..50 {
        feed.go_on();
    }
    let head = ledger.append(feed.take());
    assert!(views.wait_for(head, PATIENCE).await);
}

async fn folding_anew_gets_its_turn_while_the_runner_is_behind(fresh: Fresh) {
    let mut feed = Feed::new(30);
    let ledger = Ledger::new(feed.take());
    let (views, running) = level(&fresh.url, &ledger).await;
    running.stop().await;
    for _ in 0..1_000 {
        feed.go_on();
    }
    let running = Running::start(&views, &ledger, 1);
    assert!(views.wait_for(ledger.head(), PATIENCE).await);
    let head = ledger.append(feed.take());
    let mut reached = views.subscribe();
    let before = views.reached();
    let moved = tokio::time::timeout(PATIENCE, reached.wait_for(|at| *at != before)).await;
    moved.unwrap().unwrap();
    let rebuilt = tokio::time::timeout(PATIENCE, views.rebuild(&ledger)).await;
    assert_eq!(rebuilt.unwrap().unwrap(), head);
    assert_eq!(views.reached(), Some(head));
    replay::assert_equal(&replay::read(&views).await, &replay::fold(&ledger.events()));
    running.stop().await;
}
