//! The views equal a direct fold, whatever the pages and wherever the runner ends.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use openpex_projections::{EventSource, Runner, SourceError, SourceEvent, Views};

use crate::feed::Feed;
use crate::ledger::{Ledger, PATIENCE, Running, level};
use crate::replay;
use crate::stores::{Fresh, on_both_stores};

on_both_stores!(
    views_equal_a_direct_fold_whatever_the_page_size,
    views_equal_a_direct_fold_wherever_the_runner_is_killed,
    two_runners_on_one_store_fold_every_event_once,
    a_stopped_runner_goes_on_where_it_was,
    a_page_may_touch_more_streams_than_one_query_asks_for,
    a_source_that_gives_more_than_a_page_is_cut_to_it,
);

async fn views_equal_a_direct_fold_whatever_the_page_size(fresh: Fresh) {
    let mut feed = Feed::after(1, 800);
    let events = feed.take();
    // A feed that ends nothing would prove little.
    let wanted = replay::fold(&events);
    assert!(wanted.instances.iter().any(|view| view.state.removed));
    assert!(wanted.instances.iter().any(|view| !view.state.removed));
    let mut statuses: Vec<_> = wanted
        .reservations
        .iter()
        .map(|v| v.state.status.name())
        .collect();
    statuses.sort_unstable();
    statuses.dedup();
    assert!(statuses.len() >= 8, "{statuses:?}");

    for page_events in [1, 2, 7, 1_000] {
        let views = Views::open(&fresh.url).await.unwrap();
        // The first fold of all is one transaction, whatever the page size: give it a part only.
        let ledger = Ledger::new(events[..1].to_vec());
        let running = Running::start(&views, &ledger, page_events);
        assert!(views.wait_for(1, PATIENCE).await);
        let head = ledger.append(events[1..].to_vec());
        assert!(views.wait_for(head, PATIENCE).await);
        replay::assert_equal(&replay::read(&views).await, &wanted);
        running.stop().await;
        views.close().await;
        fresh.tamper("DELETE FROM checkpoint").await;
    }
}

async fn views_equal_a_direct_fold_wherever_the_runner_is_killed(fresh: Fresh) {
    let mut feed = Feed::after(2, 250);
    let events = feed.take();
    let ledger = Ledger::new(events[..20].to_vec());
    let (views, running) = level(&fresh.url, &ledger).await;
    running.stop().await;
    views.close().await;
    ledger.append(events[20..].to_vec());

    let (mut told, mut moments) = (20, BTreeSet::new());
    for life in 0_u64.. {
        assert!(life < 1_000, "no life gets on");
        let views = Views::open(&fresh.url).await.unwrap();
        let reads = ledger.reads.load(Ordering::SeqCst);
        let running = Running::start(&views, &ledger, 7);
        // Each life ends at another moment, somewhere inside a page as often as between two.
        let last_read = reads + 3 + usize::try_from(life % 4).unwrap();
        let began = Instant::now();
        while ledger.reads.load(Ordering::SeqCst) < last_read
            && views.reached() != Some(ledger.head())
        {
            assert!(began.elapsed() < PATIENCE);
            tokio::task::yield_now().await;
        }
        let patience = Duration::from_micros(300 * (life % 7));
        let done = views.wait_for(ledger.head(), patience).await;
        running.kill().await;
        told = told.max(views.reached().unwrap_or(0));
        // A commit that was on its way when the runner was dropped may still land until here.
        views.close().await;

        let stored = fresh.number("SELECT position FROM checkpoint").await;
        let stored = u64::try_from(stored).unwrap();
        assert!(told <= stored, "{told} was told, {stored} is stored");
        moments.insert(stored);
        // What is there is the fold of exactly that much: shown by a ledger that ends there.
        let so_far = &events[..usize::try_from(stored).unwrap()];
        let (views, running) = level(&fresh.url, &Ledger::new(so_far.to_vec())).await;
        replay::assert_equal(&replay::read(&views).await, &replay::fold(so_far));
        running.stop().await;
        views.close().await;
        if done {
            break;
        }
    }
    assert!(moments.len() > 5, "killed only at {moments:?}");
}

async fn two_runners_on_one_store_fold_every_event_once(fresh: Fresh) {
    let mut feed = Feed::after(3, 600);
    let events = feed.take();
    let ledger = Ledger::new(events[..1].to_vec());
    let (one, running_one) = level(&fresh.url, &ledger).await;
    let other = Views::open(&fresh.url).await.unwrap();
    let running_other = Running::start(&other, &ledger, 5);
    assert!(other.wait_for(1, PATIENCE).await);
    // Folding anew would repair what both had folded, and would sweep this away.
    fresh
        .tamper("INSERT INTO nodes VALUES ('ghost', '', '', 0, 0, 0, 0, 0, 0, '{}')")
        .await;
    for part in events[1..].chunks(50) {
        ledger.append(part.to_vec());
    }
    assert!(one.wait_for(ledger.head(), PATIENCE).await);
    assert!(other.wait_for(ledger.head(), PATIENCE).await);
    running_one.stop().await;
    running_other.stop().await;
    let ghosts = "SELECT COUNT(*) FROM nodes WHERE name = 'ghost'";
    assert_eq!(fresh.number(ghosts).await, 1);
    fresh.tamper("DELETE FROM nodes WHERE name = 'ghost'").await;
    let wanted = replay::fold(&events);
    replay::assert_equal(&replay::read(&one).await, &wanted);
    replay::assert_equal(&replay::read(&other).await, &wanted);
}

async fn a_stopped_runner_goes_on_where_it_was(fresh: Fresh) {
    let mut feed = Feed::after(4, 300);
    let ledger = Ledger::new(feed.take());
    let (views, running) = level(&fresh.url, &ledger).await;
    running.stop().await;
    views.close().await;
    for _ in 0..100 {
        feed.go_on();
    }
    ledger.append(feed.take());
    let reads_before = ledger.reads.load(Ordering::SeqCst);
    let (views, running) = level(&fresh.url, &ledger).await;
    running.stop().await;
    // One read compares the checkpoint's event, one brings what is new, and none begins from zero.
    let reads = ledger.reads.load(Ordering::SeqCst) - reads_before;
    assert!(reads <= 3, "{reads} reads");
    replay::assert_equal(&replay::read(&views).await, &replay::fold(&ledger.events()));
}

async fn a_page_may_touch_more_streams_than_one_query_asks_for(fresh: Fresh) {
    let mut feed = Feed::new(16);
    let ledger = Ledger::new(feed.take());
    let (views, running) = level(&fresh.url, &ledger).await;
    // One query loads at most 512 rows; every one of these is there before it lapses.
    for _ in 0..700 {
        feed.initiate();
    }
    let head = ledger.append(feed.take());
    assert!(views.wait_for(head, PATIENCE).await);
    feed.let_sessions_lapse();
    let lapsing = feed.take();
    assert!((700..=1_000).contains(&lapsing.len()), "{}", lapsing.len());
    let head = ledger.append(lapsing);
    assert!(views.wait_for(head, PATIENCE).await);
    replay::assert_equal(&replay::read(&views).await, &replay::fold(&ledger.events()));
    running.stop().await;
}

/// Gives all there is, whatever the limit.
struct Generous(Ledger);

impl EventSource for Generous {
    async fn read_after(
        &self,
        position: u64,
        _limit: usize,
    ) -> Result<Vec<SourceEvent>, SourceError> {
        self.0.read_after(position, usize::MAX).await
    }
}

async fn a_source_that_gives_more_than_a_page_is_cut_to_it(fresh: Fresh) {
    let mut feed = Feed::after(17, 300);
    let events = feed.take();
    assert!(events.len() > 2 * 50);
    let ledger = Ledger::new(events[..1].to_vec());
    let (views, running) = level(&fresh.url, &ledger).await;
    running.stop().await;
    ledger.append(events[1..].to_vec());
    let mut reached = views.subscribe();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let runner = Runner::new(views.clone()).with_page_events(50);
    let head = ledger.head.subscribe();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(runner.run(Generous(ledger.clone()), head, async {
        drop(stopped.await)
    }));
    // No step is longer than a page.
    let mut before = 1;
    while before < ledger.head() {
        let next = reached.wait_for(|at| at.is_some_and(|at| at > before));
        before = tokio::time::timeout(PATIENCE, next)
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        assert!(
            (before - 1) % 50 == 0 || before == ledger.head(),
            "{before}"
        );
    }
    drop(stop);
    tasks.join_next().await.unwrap().unwrap();
    replay::assert_equal(&replay::read(&views).await, &replay::fold(&events));
}
