//! A reservation's whole life, from registering to expiry, on the real binary.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::client::{Client, Reply, proposal};
use super::journal;
use super::process::{Process, run};
use super::stores::{Fresh, Store};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

struct Service {
    process: Process,
    sim: Process,
    fresh: Fresh,
    admin: Client,
    user: Client,
}

async fn service(store: Store, more: &[&str]) -> Service {
    let fresh = Fresh::new(store).await;
    let sim = Process::start(&["xen-sim", "--listen", "127.0.0.1:0", "--hosts", "4"], &[]);
    let mut options = vec!["--test-clock=2009-08-17T04:00:00Z"];
    options.extend(more);
    let process = serve(&fresh, &sim, &options).unwrap();
    let admin = Client::new(&process.url, "admin", "correct horse");
    let user = Client::register(&process.url, "alice").await;
    Service {
        process,
        sim,
        fresh,
        admin,
        user,
    }
}

/// Starts the service on this ledger and this pool, or says why it did not start.
fn serve(fresh: &Fresh, sim: &Process, options: &[&str]) -> Result<Process, String> {
    let (data, url) = (fresh.data(), fresh.url());
    let mut args = vec![
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--data",
        &data,
        "--database-url",
        &url,
        "--xen-url",
        &sim.url,
    ];
    args.extend(options);
    let env = [
        ("OPENPEX_ADMIN_PASSWORD", "correct horse"),
        ("OPENPEX_XEN_PASSWORD", "openpex"),
    ];
    Process::try_start(&args, &env)
}

/// Starts it once more, its time where the ledger left it.
fn again(fresh: &Fresh, sim: &Process) -> Result<Process, String> {
    serve(fresh, sim, &["--test-clock"])
}

/// The path of the reservation that was answered.
fn path_of(reply: &Reply) -> String {
    let id = reply.body["proposal"]["id"].as_str().unwrap();
    format!("/reservations/{id}")
}

/// Figures 7 to 9 of the paper, then everything after them.
///
/// ```text
///  04:00        04:49       05:49        06:49
///    |  pool full |<- 04:00-05:52:31 -> |
///    |            ask 04:49 ──counter──> 05:52:31 ... 06:52:31
/// ```
async fn the_papers_dialogue_runs_to_its_end(store: Store) {
    let Service {
        process,
        sim,
        fresh,
        admin,
        user,
    } = service(store, &[]).await;
    // Another user has the whole pool until 05:52:31.
    let other = Client::register(&process.url, "bob").await;
    let all = proposal("XLARGE", 16, "Mon, 17 Aug 2009 04:00:00 GMT", 6_751_000);
    let full = other.post("/reservations", &all).await;
    assert_eq!(full.body["reply"], "ACCEPT", "{}", full.body);
    let full_id = full.body["proposal"]["id"].as_str().unwrap().to_owned();
    let confirmed = other
        .put(
            &format!("/reservations/{full_id}"),
            &json!({"reply": "CONFIRM"}),
        )
        .await;
    assert_eq!(
        confirmed.body["reply"], "REQUEST_SUCCESS",
        "{}",
        confirmed.body
    );

    let asked = proposal("XLARGE", 1, "Mon, 17 Aug 2009 04:49:03 GMT", HOUR_MS);
    let countered = user.post("/reservations/", &asked).await;
    assert_eq!(countered.body["reply"], "COUNTER", "{}", countered.body);
    let offered = &countered.body["proposal"];
    assert_eq!(offered["startTime"], "Mon, 17 Aug 2009 05:52:31 GMT");
    for same in ["duration", "numInstancesFixed", "template", "type"] {
        assert_eq!(offered[same], asked[same]);
    }
    let id = offered["id"].as_str().unwrap().to_owned();
    let path = format!("/reservations/{id}");

    // The whole answer is sent back, only `reply` changed.
    let mut back = countered.body.clone();
    back["reply"] = json!("ACCEPT");
    let accepted = user.put(&path, &back).await;
    assert_eq!(
        accepted.body["reply"], "CONFIRM_REQUEST",
        "{}",
        accepted.body
    );
    let mut back = accepted.body.clone();
    back["reply"] = json!("CONFIRM");
    let confirmed = user.put(&path, &back).await;
    assert_eq!(
        confirmed.body["reply"], "REQUEST_SUCCESS",
        "{}",
        confirmed.body
    );

    // The clock runs to its start: both have been started, the first one has ended.
    admin.advance(2 * HOUR_MS).await;
    let running = user.get(&path).await;
    assert_eq!(running["status"], "ACTIVATED", "{running}");
    let instances = user.get("/instances").await;
    let instance = &instances.as_array().unwrap()[0];
    assert_eq!(instance["status"], "RUNNING");
    assert!(instance["ipAddress"].is_string(), "{instance}");
    assert_eq!(
        other.get(&format!("/reservations/{full_id}")).await["status"],
        "EXPIRED"
    );
    assert_eq!(journal::vms(&sim.url).await.len(), 1);

    // The instance is the user's to control.
    let vm = format!("/instances/{}", instance["id"].as_str().unwrap());
    for (verb, status) in [
        ("stop", "HALTED"),
        ("start", "RUNNING"),
        ("reboot", "RUNNING"),
    ] {
        assert_eq!(
            user.send(Method::PUT, &format!("{vm}/{verb}"), None)
                .await
                .status,
            200
        );
        user.wait_until(&vm, |seen| seen["status"] == status).await;
    }

    admin.advance(2 * HOUR_MS).await;
    assert_eq!(user.get(&path).await["status"], "EXPIRED");
    assert!(journal::vms(&sim.url).await.is_empty());
    assert_eq!(user.get("/instances").await, json!([]));

    assert!(process.stop().success());
    let (good, said) = run(&["ledger", "verify", "--database-url", &fresh.url()]);
    assert!(good && said.contains("verified"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_papers_dialogue_runs_to_its_end_on_sqlite() {
    the_papers_dialogue_runs_to_its_end(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_papers_dialogue_runs_to_its_end_on_postgres() {
    the_papers_dialogue_runs_to_its_end(Store::Postgres).await;
}

/// The paper's section 3.1: five small instances for six days, watched in a second.
#[tokio::test(flavor = "multi_thread")]
async fn six_days_of_five_instances_pass_and_nothing_is_left() {
    let Service {
        process: _process,
        sim,
        fresh: _fresh,
        admin,
        user,
    } = service(Store::Sqlite, &[]).await;
    let asked = proposal("SMALL", 5, "Fri, 21 Aug 2009 10:00:00 GMT", 6 * DAY_MS);
    let reply = user.post("/reservations", &asked).await;
    let path = path_of(&reply);
    user.put(&path, &json!({"reply": "CONFIRM"})).await;
    admin.advance(5 * DAY_MS).await;
    assert_eq!(user.get("/instances").await.as_array().unwrap().len(), 5);
    admin.advance(6 * DAY_MS).await;
    assert_eq!(user.get(&path).await["status"], "EXPIRED");
    assert!(journal::vms(&sim.url).await.is_empty());
    let done = journal::read(&sim.url).await;
    assert_eq!(done.len(), 5);
    assert!(done.values().all(|ops| starts(ops) == 1), "{done:?}");
}

/// How often a VM came to run by being started.
pub fn starts(operations: &std::collections::BTreeMap<String, u32>) -> u32 {
    ["VM.start", "VM.start_on"]
        .iter()
        .filter_map(|name| operations.get(*name))
        .sum()
}

/// A hold that has run out is judged again; a session that has run out is over.
#[tokio::test(flavor = "multi_thread")]
async fn holds_and_sessions_run_out_with_the_clock() {
    let more = ["--hold-secs", "60"];
    let Service {
        process: _process,
        sim: _sim,
        fresh: _fresh,
        admin,
        user,
    } = service(Store::Sqlite, &more).await;
    let asked = proposal("XLARGE", 16, "Tue, 18 Aug 2009 04:00:00 GMT", HOUR_MS);
    let reply = user.post("/reservations", &asked).await;
    assert_eq!(reply.body["reply"], "ACCEPT");
    let path = path_of(&reply);
    admin.advance(61_000).await;
    let again = user.put(&path, &json!({"reply": "CONFIRM"})).await;
    assert_eq!(
        again.body["reply"], "ACCEPT",
        "judged again: {}",
        again.body
    );
    admin.advance(HOUR_MS).await;
    assert_eq!(user.get(&path).await["status"], "LAPSED");
    let late = user.put(&path, &json!({"reply": "CONFIRM"})).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.body);
}

/// What a restart must keep: reservations, timers, running instances.
async fn a_restart_keeps_everything(store: Store) {
    let Service {
        process,
        sim,
        fresh,
        user,
        ..
    } = service(store, &[]).await;
    let asked = proposal("SMALL", 2, "Mon, 17 Aug 2009 04:30:00 GMT", HOUR_MS);
    let reply = user.post("/reservations", &asked).await;
    let path = path_of(&reply);
    user.put(&path, &json!({"reply": "CONFIRM"})).await;
    let before = user.get(&path).await;
    assert!(process.stop().success());
    let process = again(&fresh, &sim).unwrap();
    let (user, admin) = (
        user.at(&process.url),
        Client::new(&process.url, "admin", "correct horse"),
    );
    assert_eq!(user.get(&path).await, before);
    admin.advance(HOUR_MS).await;
    assert_eq!(user.get(&path).await["status"], "ACTIVATED");
    admin.advance(HOUR_MS).await;
    assert_eq!(user.get(&path).await["status"], "EXPIRED");
    assert!(journal::vms(&sim.url).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_everything_on_sqlite() {
    a_restart_keeps_everything(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_everything_on_postgres() {
    a_restart_keeps_everything(Store::Postgres).await;
}

/// A second service on the same ledger cannot write, and says who does.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_writer_is_turned_away() {
    for store in [Store::Sqlite, Store::Postgres] {
        let Service {
            process,
            sim,
            fresh,
            user,
            ..
        } = service(store, &[]).await;
        let refused = again(&fresh, &sim);
        let said = refused.err().expect("the second writer does not start");
        assert!(said.contains("another writer holds the ledger"), "{said}");
        assert_eq!(user.get("/reservations").await, json!([]));
        drop(process);
    }
}

/// What is cancelled while it runs is gone from the pool, and its capacity is somebody else's at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_reservation_gives_its_capacity_back() {
    let Service {
        process,
        sim,
        fresh: _fresh,
        admin,
        user,
    } = service(Store::Sqlite, &[]).await;
    let all = proposal("XLARGE", 16, "Mon, 17 Aug 2009 04:10:00 GMT", HOUR_MS);
    let reply = user.post("/reservations", &all).await;
    let path = path_of(&reply);
    user.put(&path, &json!({"reply": "CONFIRM"})).await;
    admin.advance(HOUR_MS / 2).await;
    assert_eq!(journal::vms(&sim.url).await.len(), 16);

    let other = Client::register(&process.url, "bob").await;
    let now = proposal("XLARGE", 1, "Mon, 17 Aug 2009 04:30:00 GMT", HOUR_MS / 4);
    assert_eq!(
        other.post("/reservations", &now).await.body["reply"],
        "COUNTER"
    );
    assert_eq!(other.delete(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(user.delete(&path).await.status, StatusCode::OK);
    assert_eq!(
        user.delete(&path).await.status,
        StatusCode::OK,
        "a repeat is no error"
    );
    assert_eq!(user.get(&path).await["status"], "CANCELLED");
    assert_eq!(
        other.post("/reservations", &now).await.body["reply"],
        "ACCEPT"
    );
    admin.advance(1_000).await;
    assert!(journal::vms(&sim.url).await.is_empty());
}
