//! The stream of events of the real binary, on both stores: over a power cut, and when it is told to stop.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::client::{Client, http, proposal};
use super::process::Process;
use super::sse::{Heard, Said};
use super::stores::{Fresh, Store};

/// How long a stream may take to say something that is sure to come.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a page may be behind what happened.
const LIVE_WITHIN: Duration = Duration::from_secs(2);
const PASSWORD: &str = "a password of a test";

struct Stream {
    response: reqwest::Response,
    heard: Heard,
    waiting: Vec<Said>,
}

impl Stream {
    async fn open(base: &str, user: &str, last: Option<u64>) -> Self {
        let mut ask = http().get(format!("{base}/OpenPEX/events"));
        ask = ask.basic_auth(user, Some(PASSWORD));
        if let Some(last) = last {
            ask = ask.header("Last-Event-ID", last);
        }
        let response = ask.send().await.expect("the service answers");
        assert_eq!(response.status(), 200);
        Self {
            response,
            heard: Heard::default(),
            waiting: Vec::new(),
        }
    }

    /// What it says next; `None` once it has ended or broken.
    async fn next(&mut self) -> Option<Said> {
        while self.waiting.is_empty() {
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await;
            let chunk = chunk.expect("the stream says something").ok()??;
            self.waiting = self.heard.hear(&chunk);
        }
        Some(self.waiting.remove(0))
    }

    /// The next that is an event.
    async fn event(&mut self) -> Said {
        loop {
            let said = self.next().await.expect("the stream goes on");
            if said.event != "position" {
                return said;
            }
        }
    }
}

fn start(fresh: &Fresh, sim: &Process) -> Process {
    let (data, url) = (fresh.data(), fresh.url());
    let mut args = vec!["serve", "--listen", "127.0.0.1:0", "--data", &data];
    args.extend(["--database-url", &url, "--xen-url", &sim.url]);
    args.push("--test-clock=2009-08-17T04:00:00Z");
    let env = [
        ("OPENPEX_ADMIN_PASSWORD", "correct horse"),
        ("OPENPEX_XEN_PASSWORD", "openpex"),
    ];
    Process::start(&args, &env)
}

async fn propose(user: &Client) {
    let asked = proposal("SMALL", 1, "2009-08-17T05:00:00Z", 3_600_000);
    let reply = user.post("/reservations", &asked).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
}

async fn resumes(store: Store) {
    let fresh = Fresh::new(store).await;
    let sim = Process::start(&["xen-sim", "--listen", "127.0.0.1:0", "--hosts", "2"], &[]);
    let process = start(&fresh, &sim);
    let alice = Client::register(&process.url, "alice").await;
    let bob = Client::register(&process.url, "bob").await;
    let mut stream = Stream::open(&process.url, "alice", None).await;
    let begin = stream.next().await.unwrap().id.unwrap();
    propose(&bob).await;
    let asked_at = Instant::now();
    propose(&alice).await;
    let mut heard = vec![stream.event().await];
    assert!(asked_at.elapsed() < LIVE_WITHIN, "{:?}", asked_at.elapsed());
    heard.push(stream.event().await);
    // In the middle of what was said, the power is cut.
    process.kill();
    while let Some(said) = stream.next().await {
        heard.extend((said.event != "position").then_some(said));
    }
    let last = heard.last().and_then(|said| said.id);

    let process = start(&fresh, &sim);
    propose(&bob.at(&process.url)).await;
    propose(&alice.at(&process.url)).await;
    let mut resumed = Stream::open(&process.url, "alice", last).await;
    let mut whole = Stream::open(&process.url, "alice", Some(begin)).await;
    let initiated = |said: &Said| said.event == "ReservationInitiated";
    while heard.iter().filter(|said| initiated(said)).count() < 2 {
        heard.push(resumed.event().await);
    }
    let mut all = Vec::new();
    while all.len() < heard.len() {
        all.push(whole.event().await);
    }
    assert_eq!(heard, all, "nothing is lost, nothing comes twice");
    let owner = |said: &Said| said.data["userid"].clone();
    assert!(heard.iter().all(|said| owner(said) == owner(&heard[0])));
    stops_at_once(process, [resumed, whole]).await;
}

/// Streams are open, one of them is never read: the service stops, and says so to who listens.
async fn stops_at_once(process: Process, streams: [Stream; 2]) {
    let idle = Stream::open(&process.url, "bob", None).await;
    let told = Instant::now();
    let stopped = tokio::task::spawn_blocking(move || process.stop()).await;
    let took = told.elapsed();
    assert!(stopped.unwrap().success());
    assert!(took < Duration::from_secs(4), "it took {took:?}");
    for mut stream in streams {
        let mut said = Vec::new();
        while let Some(next) = stream.next().await {
            said.push(next);
        }
        let end = said.last().map(|said| said.data["code"].clone());
        assert_eq!(end, Some(Value::from("service_stopping")));
    }
    drop(idle);
}

#[tokio::test(flavor = "multi_thread")]
async fn given_a_stream_when_the_service_is_killed_or_stopped_then_it_resumes_on_sqlite() {
    resumes(Store::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn given_a_stream_when_the_service_is_killed_or_stopped_then_it_resumes_on_postgres() {
    resumes(Store::Postgres).await;
}
