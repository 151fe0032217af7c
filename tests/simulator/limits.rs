//! What happens at each limit.

use std::time::Duration;

use openpex::simulator::{Limits, PoolOptions};
use serde_json::json;

use super::pool::{ETCH, GIB, Pool, START, references, text, until};

fn limited(limits: Limits) -> PoolOptions {
    PoolOptions {
        limits,
        ..PoolOptions::default()
    }
}

#[tokio::test]
async fn a_full_pool_takes_no_more_vms_or_disks() {
    let pool = Pool::with(limited(Limits {
        vms: 4,
        ..Limits::default()
    }))
    .await;
    pool.guest("fits", GIB).await;
    let template = pool.find("VM.get_by_name_label", &[text(ETCH)]).await;
    let clone = [text(&template), text("beyond")];
    let full = pool.call("VM.clone", &clone).await.unwrap_err();
    assert_eq!(
        full,
        ["OPERATION_NOT_ALLOWED", "the simulated pool holds 4 VMs"]
    );

    let pool = Pool::with(limited(Limits {
        disks: 3,
        ..Limits::default()
    }))
    .await;
    let template = pool.find("VM.get_by_name_label", &[text(ETCH)]).await;
    let full = pool
        .call("VM.clone", &[text(&template), text("beyond")])
        .await
        .unwrap_err();
    assert_eq!(
        full,
        ["OPERATION_NOT_ALLOWED", "the simulated pool holds 3 disks"]
    );
    assert_eq!(pool.vm_state("beyond").await, serde_json::Value::Null);
}

/// A journal that is full refuses rather than forgets.
#[tokio::test]
async fn a_full_journal_stops_operations_but_not_looking() {
    let pool = Pool::with(limited(Limits {
        journal_entries: 4,
        ..Limits::default()
    }))
    .await;
    let vm = pool.guest("g", GIB).await;
    let host = pool.host("node-1").await;
    pool.start_on(&vm, &host).await.unwrap();
    let full = pool
        .call("VM.hard_shutdown", &[text(&vm)])
        .await
        .unwrap_err();
    assert_eq!(
        full,
        [
            "OPERATION_NOT_ALLOWED",
            "the simulated pool's journal is full (4 entries)"
        ]
    );
    assert_eq!(
        pool.power_state(&vm).await,
        "Running",
        "what was refused did not happen"
    );
    assert_eq!(pool.journal().await.len(), 4);
    pool.plant(json!({"method": "VM.hard_shutdown", "kind": "latency", "ms": 1}))
        .await;
    assert_eq!(
        pool.call("VM.hard_shutdown", &[text(&vm)])
            .await
            .unwrap_err(),
        full
    );
    assert_eq!(pool.vm_state("g").await["in_progress"], json!([]));
}

#[tokio::test]
async fn the_longest_unused_session_makes_room() {
    let limits = Limits {
        sessions_per_originator: 2,
        sessions: 4,
        ..Limits::default()
    };
    let pool = Pool::with(limited(limits)).await;
    let works = |session: String| {
        let pool = &pool;
        async move {
            pool.send("VM.get_all", &[text(&session)])
                .await
                .body
                .contains("Success")
        }
    };
    let (first, second) = (pool.log_in("same").await, pool.log_in("same").await);
    assert!(works(first.clone()).await);
    let third = pool.log_in("same").await;
    assert!(!works(second).await, "it was used longest ago");
    assert!(works(first.clone()).await && works(third.clone()).await);
    assert!(works(pool.session.clone()).await, "of another originator");
    pool.log_in("a").await;
    pool.log_in("b").await;
    assert!(!works(first).await, "of all, it was used longest ago");
}

#[tokio::test]
async fn an_idle_session_ends() {
    let idle = Some(Duration::from_secs(60));
    let pool = Pool::with(PoolOptions {
        session_idle: idle,
        ..PoolOptions::default()
    })
    .await;
    pool.clock.move_to(START.saturating_add(60_000));
    pool.call("VM.get_all", &[]).await.unwrap();
    pool.clock.move_to(START.saturating_add(120_001));
    assert_eq!(
        pool.call("VM.get_all", &[]).await.unwrap_err()[0],
        "SESSION_INVALID"
    );
}

#[tokio::test]
async fn done_tasks_make_room_and_pending_ones_do_not() {
    let limits = Limits {
        completed_tasks: 3,
        pending_tasks: 2,
        ..Limits::default()
    };
    let pool = Pool::with(limited(limits)).await;
    let vm = pool.guest("g", GIB).await;
    let mut last = String::new();
    for _ in 0..6 {
        last = pool.find("Async.VM.power_state_reset", &[text(&vm)]).await;
        let status = || async { pool.call("task.get_status", &[text(&last)]).await.unwrap() };
        until(async || status().await != "pending").await;
    }
    let all = references(&pool.call("task.get_all", &[]).await.unwrap());
    assert_eq!((all.len(), all.contains(&last)), (3, true));
    let label = [text("mine"), text("")];
    for _ in 0..2 {
        pool.call("task.create", &label).await.unwrap();
    }
    assert_eq!(
        pool.call("task.create", &label).await.unwrap_err(),
        ["TOO_MANY_PENDING_TASKS"]
    );
}

#[tokio::test]
async fn without_control_there_is_no_way_behind() {
    let pool = Pool::with(PoolOptions {
        control: false,
        ..PoolOptions::default()
    })
    .await;
    assert_eq!(
        pool.control("GET", "/journal", "").await.0,
        405,
        "as any other path"
    );
    let body = r#"{"kind":"session_expired"}"#;
    assert_eq!(
        pool.control("POST", "/faults", body).await.0,
        500,
        "it is no call"
    );
    pool.call("VM.get_all", &[]).await.unwrap();
}

#[tokio::test]
async fn every_call_is_counted_those_that_only_look_too() {
    let pool = Pool::with(PoolOptions::default()).await;
    let count = async || pool.control("GET", "/calls", "").await.1["calls"].as_u64();
    let before = count().await.unwrap();
    pool.find("VM.get_by_name_label", &[text(ETCH)]).await;
    let failed = pool.call("VM.get_record", &[text("OpaqueRef:NULL")]).await;
    failed.unwrap_err();
    assert_eq!(count().await, Some(before + 2));
}
