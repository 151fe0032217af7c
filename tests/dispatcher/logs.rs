//! What ends in the logs: every call, and never the password or a session.

use std::io;
use std::sync::{Arc, Mutex};

use openpex::dispatcher::Dispatcher;
use openpex::dispatcher::xen::XenDispatcher;
use tracing::instrument::WithSubscriber;

use crate::gate::Gate;
use crate::sessions::{PASSWORD, empty_pool, options};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_most_talkative_log_names_calls_but_no_secret() {
    let gate = Gate::scripted(empty_pool(|session| session.ends_with("session-1"))).await;
    let xen = XenDispatcher::new(options(&gate.url)).unwrap();
    let lines = Lines::default();
    let into = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || into.clone())
        .finish();
    // While there is but one subscriber, a log line that another test's thread meets first is
    // switched off for all (tracing asks only that thread's own subscriber): so let there be two.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let calls = async {
        xen.list_templates().await.unwrap();
        xen.close().await;
    };
    calls.with_subscriber(subscriber).await;
    let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    for said in [
        "VM.get_all_records",
        "session.login_with_password",
        "SESSION_INVALID",
        "millis",
    ] {
        assert!(logged.contains(said), "{said} is not in the log:\n{logged}");
    }
    assert!(!logged.contains(PASSWORD), "{logged}");
    assert!(!logged.contains("OpaqueRef:session-"), "{logged}");
}
