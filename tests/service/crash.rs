//! SIGKILL at random moments, again and again, on both stores: nothing acknowledged is lost, no
//! instance is started twice, nothing is left behind.
//!
//! `OPENPEX_CRASH_KILLS` says how often each store is killed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use openpex::clock::{Clock as _, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::client::{Client, http};
use super::journal;
use super::life::starts;
use super::process::{Process, run};
use super::stores::{Fresh, Store};

/// Kills of each store in an ordinary run of the tests.
const KILLS: u32 = 12;
/// Users that negotiate all the time.
const USERS: u32 = 4;
/// How long a reservation of this test lasts.
const DURATION_MS: i64 = 2_000;
/// How long everything may take to come to its end after the last kill.
const ENDED_WITHIN: Duration = Duration::from_secs(120);

/// Numbers that look random and are the same for the same seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn up_to(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

/// What the users know to have been acknowledged.
#[derive(Default)]
struct Acknowledged {
    /// `(reservation id, whether its confirmation was acknowledged)`.
    reservations: Vec<(String, bool)>,
}

fn args<'a>(fresh: &'a (String, String, String), sim: &'a str, listen: &'a str) -> Vec<&'a str> {
    let (data, url, config) = fresh;
    vec![
        "serve",
        "--listen",
        listen,
        "--data",
        data,
        "--database-url",
        url,
        "--xen-url",
        sim,
        "--config",
        config,
    ]
}

/// Sends a request with a key until an answer comes; the service may be dead for a while.
async fn insist(
    client: &Client,
    address: &watch::Receiver<String>,
    (method, path, body): (Method, &str, &Value),
    key: &str,
) -> Value {
    loop {
        let at = client.at(&address.borrow().clone());
        match at
            .try_send(method.clone(), path, Some(body), Some(key))
            .await
        {
            Ok(reply) if reply.status.is_server_error() || reply.status == 429 => {}
            Ok(reply) => return reply.body,
            Err(_) => {}
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn negotiate(
    user: Client,
    number: u32,
    address: watch::Receiver<String>,
    on: Arc<AtomicBool>,
    asked: Arc<AtomicU32>,
) -> Acknowledged {
    let mut known = Acknowledged::default();
    for round in 0.. {
        if !on.load(Ordering::Relaxed) {
            return known;
        }
        let start = SystemClock.now().saturating_add(300);
        let proposal = json!({
            "duration": DURATION_MS, "numInstancesFixed": 1 + (round % 2), "numInstancesOption": 0,
            "startTime": start.to_rfc3339(), "template": "PEX Debian Etch 4.0 Template",
            "type": "SMALL",
        });
        let key = format!("propose-{number}-{round}");
        let reply = insist(
            &user,
            &address,
            (Method::POST, "/reservations", &proposal),
            &key,
        )
        .await;
        let Some(id) = reply["proposal"]["id"].as_str() else {
            panic!("no reservation in the answer to {proposal}: {reply}");
        };
        asked.fetch_add(1, Ordering::Relaxed);
        let path = format!("/reservations/{id}");
        let mut confirmed = false;
        if reply["reply"] != "REJECT" {
            if reply["reply"] == "COUNTER" {
                let accept = json!({"reply": "ACCEPT"});
                let key = format!("accept-{number}-{round}");
                insist(&user, &address, (Method::PUT, &path, &accept), &key).await;
            }
            let confirm = json!({"reply": "CONFIRM"});
            let key = format!("confirm-{number}-{round}");
            let reply = insist(&user, &address, (Method::PUT, &path, &confirm), &key).await;
            confirmed = reply["reply"] == "REQUEST_SUCCESS";
        }
        known.reservations.push((id.to_owned(), confirmed));
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
    known
}

async fn survives_kills(store: Store) {
    let kills = std::env::var("OPENPEX_CRASH_KILLS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(KILLS);
    let mut dice = Dice(0x0b5e_55ed ^ u64::from(kills));
    let fresh = Fresh::new(store).await;
    let config = fresh.file("openpex.toml", "[policy]\nduration-min-secs = 1\n");
    let place = (fresh.data(), fresh.url(), config.display().to_string());
    let sim = Process::start(&["xen-sim", "--listen", "127.0.0.1:0", "--hosts", "4"], &[]);
    slow_down(&sim.url).await;
    let env = [
        ("OPENPEX_ADMIN_PASSWORD", "correct horse"),
        ("OPENPEX_XEN_PASSWORD", "openpex"),
    ];
    let mut process = Process::start(&args(&place, &sim.url, "127.0.0.1:0"), &env);

    let (say, address) = watch::channel(process.url.clone());
    let (on, asked) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU32::new(0)));
    let mut users = JoinSet::new();
    for number in 0..USERS {
        let user = Client::register(&process.url, &format!("user-{number}")).await;
        let (address, on, asked) = (address.clone(), on.clone(), asked.clone());
        users.spawn(async move {
            let known = negotiate(user.clone(), number, address, on, asked).await;
            (user, known)
        });
    }
    for _ in 0..kills {
        tokio::time::sleep(Duration::from_millis(20 + dice.up_to(700))).await;
        process.kill();
        process = Process::start(&args(&place, &sim.url, "127.0.0.1:0"), &env);
        say.send_replace(process.url.clone());
    }
    on.store(false, Ordering::Relaxed);
    let mut confirmed = 0;
    let mut all = Vec::new();
    for (user, known) in users.join_all().await {
        confirmed += known
            .reservations
            .iter()
            .filter(|(_, confirmed)| *confirmed)
            .count();
        all.push((user.at(&process.url), known));
    }
    wait_until_ended(&all, &sim.url).await;
    for (user, known) in &all {
        check_user(user, known).await;
    }
    let done = journal::read(&sim.url).await;
    for (instance, operations) in &done {
        assert!(
            starts(operations) <= 1,
            "{instance} was started twice: {operations:?}"
        );
    }
    assert!(confirmed > 0 && !done.is_empty(), "the test did something");
    assert!(process.stop().success());
    let (good, said) = run(&["ledger", "verify", "--database-url", &fresh.url()]);
    assert!(good, "{said}");
    println!(
        "{store:?}: {kills} kills, {} reservations asked for, {confirmed} confirmed, {} instances; {said}",
        asked.load(Ordering::Relaxed),
        done.len(),
    );
}

/// Calls take a while, so that kills fall into them.
async fn slow_down(sim: &str) {
    let rule =
        json!({"method": "*", "kind": "latency", "min_ms": 0, "max_ms": 15, "per_mille": 500});
    let reply = http()
        .post(format!("{sim}/_sim/faults"))
        .json(&rule)
        .send()
        .await;
    let reply = reply.expect("the simulator answers");
    assert!(
        reply.status().is_success(),
        "{}",
        reply.text().await.unwrap_or_default()
    );
}

/// Waits until every reservation has ended by itself and the pool holds nothing of ours.
async fn wait_until_ended(users: &[(Client, Acknowledged)], sim: &str) {
    let until = Instant::now() + ENDED_WITHIN;
    loop {
        let mut open = Vec::new();
        for (user, _) in users {
            for status in ["CONFIRMED", "ACTIVATED"] {
                let list = user.get(&format!("/reservations?status={status}")).await;
                open.extend(list.as_array().cloned().unwrap_or_default());
            }
            open.extend(
                user.get("/instances")
                    .await
                    .as_array()
                    .cloned()
                    .unwrap_or_default(),
            );
        }
        let vms = journal::vms(sim).await;
        if open.is_empty() && vms.is_empty() {
            return;
        }
        assert!(
            Instant::now() < until,
            "not ended: {open:?}, left on the pool: {vms:?}"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Everything that was acknowledged to a user is there, once.
async fn check_user(user: &Client, known: &Acknowledged) {
    let listed = user.get_all("/reservations?limit=200").await;
    assert_eq!(
        listed.len(),
        known.reservations.len(),
        "one reservation for each key"
    );
    for (id, confirmed) in &known.reservations {
        let reservation = user.get(&format!("/reservations/{id}")).await;
        let history = user
            .get(&format!("/reservations/{id}/history?instances=false"))
            .await;
        let history = history.as_array().expect("a history");
        let sequences: Vec<_> = history.iter().map(|e| e["sequence"].as_u64()).collect();
        let expected: Vec<_> = (1..).take(history.len()).map(Some).collect();
        assert_eq!(sequences, expected);
        let count = |name: &str| history.iter().filter(|e| e["event"] == name).count();
        if *confirmed {
            assert_eq!(
                count("ReservationConfirmed"),
                1,
                "{id} lost its confirmation"
            );
            assert_eq!(
                count("ReservationExpired"),
                1,
                "{id} did not expire: {reservation}"
            );
        }
        assert!(count("ReservationActivated") <= 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_done_twice_when_killed_on_sqlite() {
    survives_kills(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_done_twice_when_killed_on_postgres() {
    survives_kills(Store::Postgres).await;
}
