//! The session with a pool: one log-in, its renewal, the way to the master, secrets, limits.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use openpex::dispatcher::xen::{Secret, XenDispatcher, XenOptions, XenTimeouts};
use openpex::dispatcher::{Dispatcher, FailureClass};

use crate::gate::{Act, Call, Gate, failure, success};

const LOGIN: &str = "session.login_with_password";
pub const PASSWORD: &str = "hunter2-is-secret";
const EMPTY_MAP: &str = "<value><struct></struct></value>";

pub fn options(url: &str) -> XenOptions {
    XenOptions {
        url: url.to_owned(),
        user: "root".to_owned(),
        password: Secret::new(PASSWORD),
        ca_file: None,
        timeouts: XenTimeouts {
            connect: Duration::from_secs(5),
            request: Duration::from_secs(5),
            ..XenTimeouts::default()
        },
    }
}

fn dispatcher(gate: &Gate) -> XenDispatcher {
    XenDispatcher::new(options(&gate.url)).unwrap()
}

/// A pool without VMs that takes any session but those for which `expired` says yes.
pub fn empty_pool(
    expired: impl Fn(&str) -> bool + Send + Sync,
) -> impl Fn(&Call) -> Act + Send + Sync {
    let log_ins = AtomicUsize::new(0);
    move |call| match call.method.as_str() {
        LOGIN => {
            let number = log_ins.fetch_add(1, Ordering::SeqCst) + 1;
            success(&format!("<value>OpaqueRef:session-{number}</value>"))
        }
        _ if expired(&call.strings[0]) => failure(&["SESSION_INVALID", &call.strings[0]]),
        "session.logout" => success("<value></value>"),
        _ => success(EMPTY_MAP),
    }
}

#[tokio::test]
async fn concurrent_callers_share_one_log_in() {
    let gate = Gate::scripted(empty_pool(|_| false)).await;
    let xen = dispatcher(&gate);
    assert_eq!(gate.calls().len(), 0, "making a dispatcher calls nobody");
    for listed in join_all((0..32).map(|_| xen.list_templates())).await {
        assert_eq!(listed, Ok(vec![]));
    }
    assert_eq!(gate.count(LOGIN), 1);
    let login = &gate.calls()[0];
    let originator = concat!("openpex/", env!("CARGO_PKG_VERSION"));
    assert_eq!(login.strings, ["root", PASSWORD, "2.21", originator]);
}

#[tokio::test]
async fn an_expired_session_is_renewed_once_for_all_its_callers() {
    let gate = Gate::scripted(empty_pool(|session| session.ends_with("session-1"))).await;
    let xen = dispatcher(&gate);
    for listed in join_all((0..32).map(|_| xen.list_templates())).await {
        assert_eq!(listed, Ok(vec![]));
    }
    assert_eq!(gate.count(LOGIN), 2);
}

#[tokio::test]
async fn a_session_that_is_refused_again_is_not_renewed_for_ever() {
    let gate = Gate::scripted(empty_pool(|_| true)).await;
    let xen = dispatcher(&gate);
    let error = xen.list_templates().await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.class),
        ("SESSION_INVALID", FailureClass::Transient)
    );
    assert!(
        !error.message.contains("session-"),
        "a session is a secret: {error}"
    );
    assert_eq!(
        gate.methods(),
        [LOGIN, "VM.get_all_records", LOGIN, "VM.get_all_records"]
    );
}

#[tokio::test]
async fn a_refused_password_is_shared_by_those_who_waited_and_shown_to_nobody() {
    let gate =
        Gate::scripted(|_| failure(&["SESSION_AUTHENTICATION_FAILED", "root", PASSWORD])).await;
    let xen = dispatcher(&gate);
    for outcome in join_all((0..32).map(|_| xen.list_templates())).await {
        let error = outcome.unwrap_err();
        assert_eq!(error.code, "SESSION_AUTHENTICATION_FAILED");
        assert_eq!(error.class, FailureClass::OperatorNeeded);
        assert!(
            !format!("{error} {error:?}").contains(PASSWORD),
            "{error:?}"
        );
    }
    assert!(gate.count(LOGIN) <= 2, "{} log-ins", gate.count(LOGIN));
    assert!(!format!("{xen:?}").contains(PASSWORD));
}

#[tokio::test]
async fn a_member_that_is_not_master_sends_us_on() {
    let master = Gate::scripted(empty_pool(|_| false)).await;
    let address = master.address.to_string();
    let member = Gate::scripted(move |_| failure(&["HOST_IS_SLAVE", &address])).await;
    let xen = dispatcher(&member);
    assert_eq!(xen.list_templates().await, Ok(vec![]));
    assert_eq!(xen.list_templates().await, Ok(vec![]));
    assert_eq!(member.methods(), [LOGIN], "the master is remembered");
    assert_eq!(
        master.methods(),
        [LOGIN, "VM.get_all_records", "VM.get_all_records"]
    );
}

#[tokio::test]
async fn a_master_that_becomes_a_member_names_its_successor() {
    let successor = Gate::scripted(empty_pool(|_| false)).await;
    let address = successor.address.to_string();
    let demoted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&demoted);
    let as_master = empty_pool(|_| false);
    let master = Gate::scripted(move |call| {
        if flag.load(Ordering::SeqCst) {
            return failure(&["HOST_IS_SLAVE", &address]);
        }
        as_master(call)
    })
    .await;
    let xen = dispatcher(&master);
    assert_eq!(xen.list_templates().await, Ok(vec![]));
    demoted.store(true, Ordering::SeqCst);
    assert_eq!(xen.list_templates().await, Ok(vec![]));
    assert_eq!(successor.methods(), [LOGIN, "VM.get_all_records"]);
}

#[tokio::test]
async fn members_that_send_us_round_in_circles_are_given_up_on() {
    let gate = Gate::scripted(|_| failure(&["HOST_IS_SLAVE", "127.0.0.1"])).await;
    let error = dispatcher(&gate).list_templates().await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.class),
        ("HOST_IS_SLAVE", FailureClass::Transient)
    );
    assert_eq!(gate.calls().len(), 4);
}

#[tokio::test]
async fn when_the_master_is_gone_the_configured_member_is_asked_again() {
    let first = Gate::scripted(empty_pool(|_| false)).await;
    let second = Gate::scripted(empty_pool(|_| false)).await;
    let addresses = [first.address, second.address].map(|address| address.to_string());
    let asked = AtomicUsize::new(0);
    let member = Gate::scripted(move |_| {
        failure(&[
            "HOST_IS_SLAVE",
            &addresses[asked.fetch_add(1, Ordering::SeqCst)],
        ])
    })
    .await;
    let xen = dispatcher(&member);
    assert_eq!(xen.list_templates().await, Ok(vec![]));
    drop(first);
    // Every call ends; the process manager is who repeats.
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while xen.list_templates().await != Ok(vec![]) {
        assert!(
            tokio::time::Instant::now() < deadline,
            "never found the new master"
        );
    }
    assert_eq!(second.methods(), [LOGIN, "VM.get_all_records"]);
}

#[tokio::test]
async fn a_pool_that_cannot_be_reached_is_transient_and_says_so_at_once() {
    let gate = Gate::scripted(|_| Act::Hang).await;
    let url = gate.url.clone();
    drop(gate);
    let xen = XenDispatcher::new(options(&url)).unwrap();
    // The port may still be closing.
    let error = xen.list_templates().await.unwrap_err();
    assert_eq!(error.class, FailureClass::Transient);
    let error = xen.list_templates().await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.class),
        ("CONNECTION_FAILED", FailureClass::Transient)
    );
    assert!(!error.message.contains(&url), "{error}");
}

/// What a server does, and the code and class that come of it.
type Case = (fn() -> Act, &'static str, FailureClass);

#[tokio::test]
async fn failures_of_the_connection_have_their_codes_and_classes() {
    let cases: [Case; 7] = [
        (|| Act::LoseBefore, "REPLY_LOST", FailureClass::Transient),
        (
            || Act::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n<?x".into()),
            "REPLY_LOST",
            FailureClass::Transient,
        ),
        (|| Act::Status(500), "HTTP_STATUS", FailureClass::Transient),
        (
            || Act::Status(404),
            "HTTP_STATUS",
            FailureClass::OperatorNeeded,
        ),
        (
            || Act::Status(302),
            "HTTP_STATUS",
            FailureClass::OperatorNeeded,
        ),
        (
            || Act::Reply("<!DOCTYPE x>".into()),
            "REPLY_REFUSED",
            FailureClass::OperatorNeeded,
        ),
        (
            || failure(&["HOST_STILL_BOOTING"]),
            "HOST_STILL_BOOTING",
            FailureClass::Transient,
        ),
    ];
    for (act, code, class) in cases {
        let gate = Gate::scripted(move |_| act()).await;
        let error = dispatcher(&gate).list_templates().await.unwrap_err();
        assert_eq!((error.code.as_str(), error.class), (code, class), "{error}");
    }
}

#[tokio::test]
async fn a_pool_that_never_answers_is_given_up_on_in_time() {
    let gate = Gate::scripted(|_| Act::Hang).await;
    let mut options = options(&gate.url);
    options.timeouts.request = Duration::from_millis(50);
    let xen = XenDispatcher::new(options).unwrap();
    let error = xen.list_templates().await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.class),
        ("REPLY_LOST", FailureClass::Transient)
    );
}

#[tokio::test]
async fn a_reply_without_end_is_cut_off() {
    // 65 MiB announced and begun; the reader must stop by itself.
    let gate = Gate::scripted(|_| {
        let mut reply = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
        let mut chunk = format!("{:x}\r\n", 1 << 20).into_bytes();
        chunk.extend(std::iter::repeat_n(b'x', 1 << 20));
        chunk.extend(b"\r\n");
        reply.extend(chunk.repeat(65));
        Act::Raw(reply)
    })
    .await;
    let error = dispatcher(&gate).list_templates().await.unwrap_err();
    assert_eq!(error.code, "REPLY_TOO_LARGE");
}

#[tokio::test]
async fn closing_logs_out_once() {
    let gate = Gate::scripted(empty_pool(|_| false)).await;
    let xen = dispatcher(&gate);
    xen.close().await;
    assert_eq!(gate.calls().len(), 0, "there was no session");
    xen.list_templates().await.unwrap();
    xen.close().await;
    xen.close().await;
    assert_eq!(
        gate.methods(),
        [LOGIN, "VM.get_all_records", "session.logout"]
    );
    assert_eq!(gate.calls()[2].strings, ["OpaqueRef:session-1"]);
}

#[tokio::test]
async fn a_crowd_of_callers_does_not_become_a_crowd_of_calls() {
    let pool = empty_pool(|_| false);
    let gate = Gate::scripted(move |call| match call.method.as_str() {
        LOGIN => pool(call),
        _ => Act::Hang,
    })
    .await;
    let xen = dispatcher(&gate);
    let mut crowd = pin!(join_all((0..100).map(|_| xen.list_templates())));
    tokio::select! {
        _ = &mut crowd => panic!("nobody was answered"),
        () = gate.hung(32) => {}
    }
    // Whoever else were let through would come in now.
    let _ = tokio::time::timeout(Duration::from_millis(100), crowd).await;
    assert_eq!(gate.calls().len(), 1 + 32);
}
