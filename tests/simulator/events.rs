//! `event.from`: what is told, when, and to whom.

use std::time::{Duration, Instant};

use openpex::simulator::PoolOptions;

use super::pool::{GIB, Pool, Refusal, START, list, member, text};

async fn poll(pool: &Pool, classes: &[&str], token: &str, secs: &str) -> Result<String, Refusal> {
    let timeout = format!("<value><double>{secs}</double></value>");
    pool.call("event.from", &[list(classes), text(token), timeout])
        .await
}

/// Class and operation of each event, in order.
fn told(batch: &str) -> Vec<String> {
    let mut told = Vec::new();
    for event in batch.split("<name>timestamp</name>").skip(1) {
        told.push(format!(
            "{} {}",
            member(event, "class"),
            member(event, "operation")
        ));
    }
    told
}

#[tokio::test]
async fn the_empty_token_tells_everything_and_the_next_what_is_new() {
    let pool = Pool::start().await;
    let all = poll(&pool, &["vm", "host", "task"], "", "30")
        .await
        .unwrap();
    let mut kinds = told(&all);
    kinds.sort();
    assert_eq!(
        kinds,
        [["host add"; 4].as_slice(), ["vm add"; 3].as_slice()].concat()
    );
    let counts = member(&all, "valid_ref_counts");
    for count in [
        "vm</name><value><i4>3",
        "host</name><value><i4>4",
        "task</name><value><i4>0",
    ] {
        assert!(
            all.contains(&format!("<name>{count}</i4></value>")),
            "{counts}"
        );
    }
    let token = member(&all, "token");
    assert_eq!(token.len(), 41);

    // Nothing new: it waits, and ends with the same place in time.
    let began = Instant::now();
    let none = poll(&pool, &["*"], &token, "0.2").await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(200));
    assert_eq!(
        (told(&none), member(&none, "token")),
        (vec![], token.clone())
    );

    let vm = pool.guest("g", GIB).await;
    let new = poll(&pool, &["vm"], &token, "30").await.unwrap();
    assert_eq!(
        told(&new),
        ["vm add"],
        "several changes of a new VM are one event"
    );
    let token = member(&new, "token");
    pool.start_on(&vm, &pool.host("node-1").await)
        .await
        .unwrap();
    let changed = poll(&pool, &["VM"], &token, "30").await.unwrap();
    assert_eq!(told(&changed), ["vm mod"]);
    assert_eq!(member(&changed, "ref"), vm);
    assert_eq!(member(&changed, "power_state"), "Running");
    let token = member(&changed, "token");
    pool.call("VM.hard_shutdown", &[text(&vm)]).await.unwrap();
    pool.call("VM.destroy", &[text(&vm)]).await.unwrap();
    let gone = poll(&pool, &[&format!("vm/{vm}")], &token, "30")
        .await
        .unwrap();
    assert_eq!(told(&gone), ["vm del"]);
    assert!(!gone.contains("snapshot"), "{gone}");
}

#[tokio::test]
async fn a_poll_wakes_when_something_happens_and_only_for_what_it_wants() {
    let pool = Pool::start().await;
    let all = poll(&pool, &["*"], "", "0").await.unwrap();
    let token = member(&all, "token");
    let (one, two) = (pool.host("node-1").await, pool.host("node-2").await);
    let wanted = format!("host/{two}");
    let classes = [wanted.as_str()];
    let waiting = poll(&pool, &classes, &token, "30");
    let acting = async {
        pool.call("host.disable", &[text(&one)]).await.unwrap();
        pool.call("host.disable", &[text(&two)]).await.unwrap();
    };
    let (batch, ()) = tokio::join!(waiting, acting);
    let batch = batch.unwrap();
    assert_eq!(told(&batch), ["host mod"]);
    assert_eq!(member(&batch, "ref"), two);
}

#[tokio::test]
async fn a_poll_hears_of_guest_tools_when_they_report() {
    let delay = Duration::from_secs(45);
    let pool = Pool::with(PoolOptions {
        boot_delay: delay,
        ..PoolOptions::default()
    })
    .await;
    let vm = pool.guest("g", GIB).await;
    pool.start_on(&vm, &pool.host("node-1").await)
        .await
        .unwrap();
    let all = poll(&pool, &["*"], "", "0").await.unwrap();
    let token = member(&all, "token");
    let waiting = poll(&pool, &["vm_guest_metrics"], &token, "30");
    let acting = async { pool.clock.move_to(START.saturating_add(45_000)) };
    let (batch, _) = tokio::join!(waiting, acting);
    assert_eq!(told(&batch.unwrap()), ["vm_guest_metrics add"]);
}

#[tokio::test]
async fn the_end_of_the_session_ends_the_poll() {
    let pool = Pool::start().await;
    let all = poll(&pool, &["*"], "", "0").await.unwrap();
    let token = member(&all, "token");
    let waiting = poll(&pool, &["vm"], &token, "30");
    let (ended, _) = tokio::join!(waiting, pool.call("session.logout", &[]));
    assert_eq!(ended.unwrap_err()[0], "SESSION_INVALID");
}

#[tokio::test]
async fn injected_events_come_back_from_their_token() {
    let pool = Pool::start().await;
    let host = pool.host("node-3").await;
    let token = pool
        .call("event.inject", &[text("host"), text(&host)])
        .await
        .unwrap();
    let batch = poll(&pool, &["host"], &token, "30").await.unwrap();
    assert_eq!(
        (told(&batch), member(&batch, "ref")),
        (vec!["host mod".to_owned()], host)
    );
    let bad = poll(&pool, &["host"], "yesterday", "0").await.unwrap_err();
    assert_eq!(bad, ["EVENT_FROM_TOKEN_PARSE_FAILURE", "yesterday"]);
    let bad = poll(&pool, &["a/b/c"], "", "0").await.unwrap_err();
    assert_eq!(bad, ["EVENT_SUBSCRIPTION_PARSE_FAILURE", "a/b/c"]);
}

#[tokio::test]
async fn a_stopping_pool_does_not_wait_for_polls() {
    let pool = Pool::start().await;
    let all = poll(&pool, &["*"], "", "0").await.unwrap();
    let token = member(&all, "token");
    let timeout = "<value><double>3000</double></value>".to_owned();
    let params = [text(&pool.session), list(&["vm"]), text(&token), timeout];
    let body = super::pool::request("event.from", &params);
    let mut stream = tokio::net::TcpStream::connect(pool.address).await.unwrap();
    super::pool::send(&mut stream, "POST", "/", &body).await;
    // Answered in order, so the poll before it has arrived as well.
    pool.call("VM.get_all", &[]).await.unwrap();
    let began = Instant::now();
    pool.stop().await;
    assert!(began.elapsed() < Duration::from_secs(5));
}
