//! Faults planted, clients gone, guests dying: what happened and what did not.

use std::time::{Duration, Instant};

use openpex::simulator::{Failure, Fault, FaultKind};
use serde_json::json;
use tokio::net::TcpStream;

use super::pool::{
    ETCH, GIB, Pool, exchange, flag, member, receive, request, send, text, until, within,
};

fn start_params(pool: &Pool, vm: &str, host: &str) -> Vec<String> {
    vec![
        text(&pool.session),
        text(vm),
        text(host),
        flag(false),
        flag(false),
    ]
}

#[tokio::test]
async fn a_failure_has_no_effect_and_is_told() {
    let pool = Pool::start().await;
    let (vm, host) = (pool.guest("g", GIB).await, pool.host("node-1").await);
    let failure = Failure {
        code: "HOST_NOT_ENOUGH_FREE_MEMORY".into(),
        params: vec!["2".to_owned(), "1".to_owned()],
    };
    // Inside the process the same can be done without HTTP.
    let fault = Fault {
        method: Some("VM.start_on".to_owned()),
        kind: FaultKind::Failure(failure),
        times: Some(1),
        per_mille: None,
    };
    pool.pool.plant(fault).unwrap();
    let refused = pool.start_on(&vm, &host).await.unwrap_err();
    assert_eq!(refused, ["HOST_NOT_ENOUGH_FREE_MEMORY", "2", "1"]);
    assert_eq!(pool.power_state(&vm).await, "Halted");
    pool.start_on(&vm, &host).await.unwrap();
    assert_eq!(
        pool.outcomes("VM.start_on").await,
        ["HOST_NOT_ENOUGH_FREE_MEMORY", "ok"]
    );
}

#[tokio::test]
async fn a_reply_lost_after_the_effect_leaves_the_effect() {
    let pool = Pool::start().await;
    let (vm, host) = (pool.guest("g", GIB).await, pool.host("node-1").await);
    let fault = json!({"method": "VM.start_on", "kind": "reply_lost_after_effect", "times": 1});
    pool.plant(fault).await;
    let call = request("VM.start_on", &start_params(&pool, &vm, &host));
    assert_eq!(
        within(exchange(pool.address, "POST", "/", &call)).await,
        None
    );
    assert_eq!(pool.power_state(&vm).await, "Running");
    assert_eq!(
        pool.start_on(&vm, &host).await.unwrap_err()[0],
        "VM_BAD_POWER_STATE"
    );
}

#[tokio::test]
async fn a_reply_lost_before_the_effect_leaves_none() {
    let pool = Pool::start().await;
    let (vm, host) = (pool.guest("g", GIB).await, pool.host("node-1").await);
    let fault = json!({"method": "VM.*", "kind": "reply_lost_before_effect", "times": 1});
    pool.plant(fault).await;
    let call = request("VM.start_on", &start_params(&pool, &vm, &host));
    assert_eq!(
        within(exchange(pool.address, "POST", "/", &call)).await,
        None
    );
    assert_eq!(pool.power_state(&vm).await, "Halted");
    assert_eq!(pool.outcomes("VM.start_on").await, [""; 0]);
    // An earlier answer on the same connection is not lost with it.
    pool.plant(json!({"method": "VM.start_on", "kind": "reply_lost_before_effect"}))
        .await;
    let mut stream = TcpStream::connect(pool.address).await.unwrap();
    send(
        &mut stream,
        "POST",
        "/",
        &request("VM.get_all", &[text(&pool.session)]),
    )
    .await;
    assert_eq!(within(receive(&mut stream)).await.unwrap().status, 200);
    send(&mut stream, "POST", "/", &call).await;
    assert_eq!(within(receive(&mut stream)).await, None);
}

#[tokio::test]
async fn sessions_end_at_once_or_with_a_call() {
    let mut pool = Pool::start().await;
    pool.plant(json!({"kind": "session_expired"})).await;
    assert_eq!(
        pool.call("VM.get_all", &[]).await.unwrap_err()[0],
        "SESSION_INVALID"
    );
    pool.session = pool.log_in("again").await;
    pool.plant(json!({"method": "VM.clone", "kind": "session_expired", "times": 1}))
        .await;
    let template = pool.find("VM.get_by_name_label", &[text(ETCH)]).await;
    let params = [text(&template), text("g")];
    assert_eq!(
        pool.call("VM.clone", &params).await.unwrap_err()[0],
        "SESSION_INVALID"
    );
    pool.session = pool.log_in("again").await;
    pool.call("VM.clone", &params).await.unwrap();
}

#[tokio::test]
async fn latency_is_waited_for() {
    let pool = Pool::start().await;
    let fault = json!({"method": "VM.get_all", "kind": "latency", "min_ms": 30, "max_ms": 60});
    pool.plant(fault).await;
    let began = Instant::now();
    pool.call("VM.get_all", &[]).await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(30));
    let (status, _) = pool.control("DELETE", "/faults", "").await;
    assert_eq!(status, 204);
    assert_eq!(
        pool.control("GET", "/faults", "").await.1,
        json!({"rules": 0})
    );
}

/// A slow start is in progress: nothing else may begin on the VM, its memory is held, and the host
/// is named; then it is done.
///
/// ```text
/// start_on ├──── latency ────┤ Running
///             clean_shutdown ✗ (busy)      another VM ✗ (memory held)
/// ```
#[tokio::test]
async fn a_slow_operation_is_in_progress_until_it_is_done() {
    let pool = Pool::start().await;
    let (vm, host) = (pool.guest("g", 20 * GIB).await, pool.host("node-1").await);
    let other = pool.guest("other", 20 * GIB).await;
    pool.plant(json!({"method": "VM.start_on", "kind": "latency", "ms": 1500, "times": 1}))
        .await;
    let params = &start_params(&pool, &vm, &host)[1..];
    let task = pool.find("Async.VM.start_on", params).await;
    until(async || pool.vm_state("g").await["in_progress"] == json!(["start_on"])).await;
    assert_eq!(pool.power_state(&vm).await, "Halted");
    let busy = pool.call("VM.provision", &[text(&vm)]).await.unwrap_err();
    assert_eq!(
        busy,
        ["OTHER_OPERATION_IN_PROGRESS", "VM", &vm, "start_on", &task]
    );
    let scheduled = pool
        .call("VM.get_scheduled_to_be_resident_on", &[text(&vm)])
        .await;
    assert_eq!(scheduled, Ok(host.clone()));
    let held = pool.start_on(&other, &host).await.unwrap_err();
    assert_eq!(held[0], "HOST_NOT_ENOUGH_FREE_MEMORY");
    until(async || pool.power_state(&vm).await == "Running").await;
    let status = || async { pool.call("task.get_status", &[text(&task)]).await.unwrap() };
    until(async || status().await == "success").await;
    assert_eq!(pool.vm_state("g").await["in_progress"], json!([]));
}

/// ```text
/// clean_shutdown ├──── latency ────┤ TASK_CANCELLED
///                    hard_shutdown ✓ Halted
/// ```
#[tokio::test]
async fn a_hard_shutdown_overtakes_a_clean_one() {
    let pool = Pool::start().await;
    let (vm, host) = (pool.guest("g", GIB).await, pool.host("node-1").await);
    pool.start_on(&vm, &host).await.unwrap();
    pool.plant(json!({"method": "VM.clean_shutdown", "kind": "latency", "ms": 700}))
        .await;
    let task = pool.find("Async.VM.clean_shutdown", &[text(&vm)]).await;
    until(async || pool.vm_state("g").await["in_progress"] == json!(["clean_shutdown"])).await;
    let busy = pool
        .call("VM.clean_reboot", &[text(&vm)])
        .await
        .unwrap_err();
    assert_eq!(busy[0], "OTHER_OPERATION_IN_PROGRESS");
    pool.call("VM.hard_shutdown", &[text(&vm)]).await.unwrap();
    assert_eq!(pool.power_state(&vm).await, "Halted");
    // Started anew meanwhile, the guest is not shut down by what was overtaken.
    pool.start_on(&vm, &host).await.unwrap();
    let record = || async { pool.call("task.get_record", &[text(&task)]).await.unwrap() };
    until(async || member(&record().await, "status") != "pending").await;
    let record = record().await;
    assert_eq!(member(&record, "status"), "cancelled");
    assert!(
        record.contains(&format!("{}{}", text("TASK_CANCELLED"), text(&task))),
        "{record}"
    );
    assert_eq!(pool.power_state(&vm).await, "Running");
    assert_eq!(pool.outcomes("VM.clean_shutdown").await, ["TASK_CANCELLED"]);
}

#[tokio::test]
async fn a_task_can_be_cancelled_while_it_holds_its_vm() {
    let pool = Pool::start().await;
    let (vm, host) = (pool.guest("g", GIB).await, pool.host("node-1").await);
    pool.plant(json!({"method": "VM.start_on", "kind": "latency", "ms": 500}))
        .await;
    let task = pool
        .find("Async.VM.start_on", &start_params(&pool, &vm, &host)[1..])
        .await;
    until(async || pool.vm_state("g").await["in_progress"] == json!(["start_on"])).await;
    let allowed = pool
        .call("task.get_allowed_operations", &[text(&task)])
        .await
        .unwrap();
    assert!(allowed.contains("cancel"), "{allowed}");
    pool.call("task.cancel", &[text(&task)]).await.unwrap();
    let status = || async { pool.call("task.get_status", &[text(&task)]).await.unwrap() };
    until(async || status().await == "cancelled").await;
    assert_eq!(pool.power_state(&vm).await, "Halted");
    let free = pool.call("host.compute_free_memory", &[text(&host)]).await;
    assert_eq!(
        free,
        Ok((32 * GIB).to_string()),
        "what it held is free again"
    );
}

#[tokio::test]
async fn of_an_asynchronous_call_the_task_fails() {
    let pool = Pool::start().await;
    let (vm, host) = (pool.guest("g", GIB).await, pool.host("node-1").await);
    let fault = json!({"method": "VM.start_on", "kind": "failure", "code": "TOO_BUSY", "times": 1});
    pool.plant(fault).await;
    let task = pool
        .find("Async.VM.start_on", &start_params(&pool, &vm, &host)[1..])
        .await;
    let status = || async { pool.call("task.get_status", &[text(&task)]).await.unwrap() };
    until(async || status().await == "failure").await;
    let error = pool
        .call("task.get_error_info", &[text(&task)])
        .await
        .unwrap();
    assert_eq!(error, "<array><data><value>TOO_BUSY</value></data></array>");
    let fault = json!({"method": "Async.VM.start_on", "kind": "failure", "code": "TOO_BUSY"});
    pool.plant(fault).await;
    let refused = pool
        .call("Async.VM.start_on", &start_params(&pool, &vm, &host)[1..])
        .await;
    assert_eq!(refused.unwrap_err(), ["TOO_BUSY"]);
}

/// A client that hangs up does not take its effect with it.
#[tokio::test]
async fn an_abandoned_call_has_its_effect() {
    let pool = Pool::start().await;
    let (vm, host) = (pool.guest("g", GIB).await, pool.host("node-1").await);
    pool.plant(json!({"method": "VM.start_on", "kind": "latency", "ms": 400}))
        .await;
    let mut stream = TcpStream::connect(pool.address).await.unwrap();
    let call = request("VM.start_on", &start_params(&pool, &vm, &host));
    send(&mut stream, "POST", "/", &call).await;
    until(async || pool.vm_state("g").await["in_progress"] == json!(["start_on"])).await;
    drop(stream);
    until(async || pool.power_state(&vm).await == "Running").await;
    assert_eq!(pool.outcomes("VM.start_on").await, ["ok"]);
}

#[tokio::test]
async fn guests_stop_from_inside() {
    let pool = Pool::start().await;
    let (vm, host) = (pool.guest("g", GIB).await, pool.host("node-1").await);
    let uuid = pool.call("VM.get_uuid", &[text(&vm)]).await.unwrap();
    for way in ["crash", "power-off"] {
        pool.start_on(&vm, &host).await.unwrap();
        let path = format!("/vms/{uuid}/{way}");
        assert_eq!(pool.control("POST", &path, "").await.0, 204);
        assert_eq!(pool.power_state(&vm).await, "Halted");
        assert_eq!(
            pool.control("POST", &path, "").await.0,
            409,
            "it does not run any more"
        );
    }
    assert_eq!(pool.outcomes("guest.crash").await, ["ok"]);
    assert_eq!(pool.outcomes("guest.power_off").await, ["ok"]);
    assert_eq!(pool.control("POST", "/vms/nonsense/crash", "").await.0, 400);
    let unknown = "/vms/1c0d4e3b-7a5d-4d4e-9c5c-0a6f7d1b2c3d/crash";
    assert_eq!(pool.control("POST", unknown, "").await.0, 404);
}

#[tokio::test]
async fn control_refuses_what_it_does_not_know() {
    let pool = Pool::start().await;
    for body in [
        "",
        "{}",
        r#"{"kind":"latency","method":"*","ms":5,"color":"red"}"#,
        r#"{"kind":"host_down","host":"node-9"}"#,
        r#"{"kind":"failure","method":"*"}"#,
    ] {
        let (status, answer) = pool.control("POST", "/faults", body).await;
        assert_eq!(status, 400, "{body}");
        assert!(answer["error"].is_string(), "{body} {answer}");
    }
    for path in ["/journal?after=x", "/journal?before=1"] {
        let (status, answer) = pool.control("GET", path, "").await;
        assert_eq!((status, answer["error"].is_string()), (400, true), "{path}");
    }
    assert_eq!(pool.control("GET", "/nothing", "").await.0, 404);
    assert_eq!(
        pool.control("GET", "/faults", "").await.1,
        json!({"rules": 0})
    );
}
