//! A small site: two nodes of one XLARGE each would be generous, so it has one.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt;
use openpex::accounts::{AccountStore, Authenticator, HashCost, LoginLifetimes, Passwords, Role};
use openpex::clock::{Clock, TestClock};
use openpex::event_feed::EventFeed;
use openpex::http::{
    AppState, ClockControl, ClockError, CommandGate, Parts, Readiness, ReadinessCheck,
    SiteSettings, router,
};
use openpex::ledger::{Ledger, MemoryStore};
use openpex::read_side::{LedgerSource, ViewReads};
use openpex::writer::{Committed, WriteError, WriteRequest, Writer, WriterHandle, fold_ledger};
use openpex_aggregates::instance::{EffectOutcome, Observation, PowerState};
use openpex_aggregates::live::{Command, OutstandingEffect};
use openpex_aggregates::node::{NodeSighting, NodeStatus};
use openpex_aggregates::policy::Policy;
use openpex_aggregates::{NodeName, Resources, Timestamp};
use openpex_projections::{Runner, Views};
use serde_json::Value;
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::conformance;

/// When every test begins: Mon, 17 Aug 2009 04:00:00 GMT.
pub const START: Timestamp = Timestamp(1_250_481_600_000);
pub const ETCH: &str = "PEX Debian Etch 4.0 Template";
pub const PASSWORD: &str = "correct horse";

pub struct Site {
    pub router: Router,
    pub writer: WriterHandle,
    views: Views,
    pub ledger: Ledger,
    pub events: EventFeed,
    pub clock: TestClock,
    pub tasks: TaskTracker,
    effects: Mutex<mpsc::UnboundedReceiver<Vec<OutstandingEffect>>>,
    stop: CancellationToken,
    _folder: tempfile::TempDir,
}

/// How a site differs from the usual.
pub struct Setup {
    pub registration_open: bool,
    pub test_clock: bool,
    pub views_run: bool,
    pub nodes: u32,
    /// What is different in the policy.
    pub policy: fn(&mut Policy),
    pub gate: Option<Arc<dyn CommandGate>>,
    pub site: SiteSettings,
    pub login_lifetimes: LoginLifetimes,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            registration_open: true,
            test_clock: true,
            views_run: true,
            nodes: 1,
            policy: |_| {},
            gate: None,
            site: SiteSettings::default(),
            login_lifetimes: LoginLifetimes::default(),
        }
    }
}

/// How long the views may take to show what was recorded.
const VIEWS_PATIENCE: Duration = Duration::from_secs(60);

struct ClockHand(TestClock, WriterHandle);

#[async_trait]
impl ClockControl for ClockHand {
    async fn move_to(&self, at: Timestamp) -> Result<(), ClockError> {
        self.0.move_to(at);
        let due = WriteRequest::by_service(Command::FireDue { facts_max: 1_000 });
        self.1
            .submit(due)
            .await
            .map_err(|error| ClockError::NotSettled(error.to_string()))?;
        Ok(())
    }
}

struct AlwaysReady;

#[async_trait]
impl Readiness for AlwaysReady {
    async fn checks(&self) -> Vec<ReadinessCheck> {
        vec![ReadinessCheck {
            name: "writer",
            fault: None,
        }]
    }
}

/// A writer whose queue is always full.
pub struct FullQueue;

#[async_trait]
impl CommandGate for FullQueue {
    async fn submit(&self, _: WriteRequest) -> Result<Committed, WriteError> {
        Err(WriteError::QueueFull { limit: 7 })
    }
}

impl Site {
    pub async fn new() -> Self {
        Self::with(Setup::default()).await
    }

    /// Has users `zoe` (1) and `max` (2), operator `admin` (3) and auditor `eve` (4).
    pub async fn with(setup: Setup) -> Self {
        let ledger = Ledger::Memory(MemoryStore::new());
        let clock = TestClock::new(START);
        let shared_clock: Arc<dyn Clock> = Arc::new(clock.clone());
        let claim = ledger
            .claim_writer("test", Duration::from_secs(1))
            .await
            .unwrap();
        let folded = fold_ledger(&ledger).await.unwrap();
        let (writer, handle, effects) =
            Writer::new(ledger.clone(), claim, shared_clock.clone(), folded);
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        tasks.spawn(writer.run(stop.clone()));
        adopt(&handle, &setup).await;
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("ledger.db").display());
        let views = Views::open(&url).await.unwrap();
        if setup.views_run {
            let (ledger, recent) = (ledger.clone(), handle.recent());
            let (runner, source) = (Runner::new(views.clone()), LedgerSource { ledger, recent });
            let (head, stop) = (handle.head(), stop.clone());
            tasks.spawn(async move { runner.run(source, head, stop.cancelled()).await });
        }
        let passwords = Passwords::new(HashCost::LEAST).unwrap();
        let authenticator = Authenticator::new(AccountStore::beside(&ledger), passwords)
            .with_lifetimes(setup.login_lifetimes);
        for (name, role) in [
            ("zoe", Role::User),
            ("max", Role::User),
            ("admin", Role::Operator),
            ("eve", Role::Auditor),
        ] {
            authenticator
                .register(name, PASSWORD, role, START)
                .await
                .unwrap();
        }
        let events = EventFeed::start(ledger.clone(), views.clone(), &tasks, stop.clone());
        let hand: Arc<dyn ClockControl> = Arc::new(ClockHand(clock.clone(), handle.clone()));
        let router = router(AppState::new(Parts {
            commands: setup.gate.unwrap_or_else(|| Arc::new(handle.clone())),
            reads: Arc::new(ViewReads::new(views.clone())),
            ledger: ledger.clone(),
            events: events.clone(),
            authenticator,
            clock: shared_clock,
            clock_control: setup.test_clock.then_some(hand),
            readiness: Arc::new(AlwaysReady),
            tasks: tasks.clone(),
            registration_open: setup.registration_open,
            site: setup.site,
            head_at_start: 0,
        }));
        let effects = Mutex::new(effects);
        let (writer, _folder) = (handle, folder);
        Self {
            router,
            writer,
            ledger,
            events,
            views,
            clock,
            tasks,
            effects,
            stop,
            _folder,
        }
    }

    /// The position of the newest event.
    pub async fn head(&self) -> u64 {
        self.ledger.head().await.unwrap().position
    }

    /// Waits until the views show everything that was recorded.
    pub async fn settled(&self) {
        assert!(self.views.wait_for(self.head().await, VIEWS_PATIENCE).await);
    }

    /// Tells the service to stop.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        Reply {
            status: parts.status,
            headers: parts.headers,
            text,
        }
    }

    pub async fn call(&self, ask: Ask) -> Reply {
        let (method, path, body) = (ask.method.clone(), ask.path.clone(), ask.body.clone());
        let reply = self.send(ask.into_request()).await;
        conformance::check(&method, &path, &body, &reply);
        reply
    }

    /// Takes the next effects that were intended and reports that they went well; the views show it.
    pub async fn carry_out_effects(&self) {
        let intended = self.effects.lock().await.recv().await.unwrap();
        for effect in intended {
            let seen = match effect.effect {
                openpex_aggregates::instance::Effect::Remove => PowerState::Unknown,
                openpex_aggregates::instance::Effect::Stop => PowerState::Halted,
                openpex_aggregates::instance::Effect::Start
                | openpex_aggregates::instance::Effect::Reboot => PowerState::Running,
            };
            let observation = Observation {
                power_state: seen,
                ip_address: Some("192.0.2.7".to_owned()),
            };
            let (effect_id, attempt) = (effect.effect_id, effect.attempt);
            let outcome = EffectOutcome {
                effect_id,
                attempt,
                result: Ok(observation),
            };
            let instance_id = effect.spec.instance_id;
            let command = Command::RecordOutcome {
                instance_id,
                outcome,
            };
            let done = self.writer.submit(WriteRequest::by_service(command)).await;
            // What the service itself records is no caller's own write, which reads would wait for.
            let position = done.unwrap().position;
            assert!(self.views.wait_for(position, VIEWS_PATIENCE).await);
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn adopt(handle: &WriterHandle, setup: &Setup) {
    let templates = vec![ETCH.to_owned(), "PEX Windows XP SP2 Template".to_owned()];
    let mut policy = Policy {
        templates,
        ..Policy::default()
    };
    (setup.policy)(&mut policy);
    let sightings = (1..=setup.nodes).map(|n| NodeSighting {
        name: NodeName(format!("node-{n}")),
        pool: "pool".to_owned(),
        capacity: Resources {
            vcpus: 4,
            memory_mib: 4_096,
            disk_gib: 100,
        },
        status: NodeStatus::InService,
    });
    for command in [
        Command::AdoptPolicy(Box::new(policy)),
        Command::SightNodes(sightings.collect()),
    ] {
        handle
            .submit(WriteRequest::by_service(command))
            .await
            .unwrap();
    }
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The answer, after a check that it is of this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    /// A problem, after a check that it is one of this status and code.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Value {
        assert_eq!(
            (self.status.as_u16(), self.code().as_str()),
            (status, code),
            "{}",
            self.text
        );
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], status);
        for member in ["type", "title", "detail"] {
            assert!(problem[member].is_string(), "{problem}");
        }
        problem
    }

    /// The id of the reservation it is about.
    pub fn id(&self) -> String {
        self.json()["proposal"]["id"].as_str().unwrap().to_owned()
    }
}

/// A request; usually of `zoe`.
pub struct Ask {
    method: Method,
    path: String,
    body: String,
    headers: Vec<(String, String)>,
}

pub fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}

impl Ask {
    fn new(method: Method, path: &str) -> Self {
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/OpenPEX/{path}")
        };
        Self {
            method,
            path,
            body: String::new(),
            headers: Vec::new(),
        }
        .by("zoe")
    }

    pub fn get(path: &str) -> Self {
        Self::new(Method::GET, path)
    }

    pub fn post(path: &str) -> Self {
        Self::new(Method::POST, path)
    }

    pub fn put(path: &str) -> Self {
        Self::new(Method::PUT, path)
    }

    pub fn delete(path: &str) -> Self {
        Self::new(Method::DELETE, path)
    }

    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    pub fn by(self, name: &str) -> Self {
        let value = basic(name, PASSWORD);
        self.header(AUTHORIZATION.as_str(), &value)
    }

    pub fn anonymous(mut self) -> Self {
        self.headers
            .retain(|(name, _)| name != AUTHORIZATION.as_str());
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub fn body(mut self, body: impl ToString) -> Self {
        self.body = body.to_string();
        self
    }

    pub fn into_request(self) -> Request<Body> {
        let mut request = Request::builder().method(self.method).uri(self.path);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        request.body(Body::from(self.body)).unwrap()
    }
}

/// The paper's Figure 7, with another start.
pub fn figure_7_at(start: &str) -> Value {
    serde_json::json!({
        "duration": 3_600_000,
        "numInstancesFixed": 1,
        "numInstancesOption": 0,
        "startTime": start,
        "template": ETCH,
        "type": "XLARGE",
    })
}

/// The paper's Figure 7.
pub fn figure_7() -> Value {
    figure_7_at("Mon, 17 Aug 2009 04:49:03 GMT")
}

impl Site {
    /// A reservation of `zoe` that is confirmed, from 04:49:03 on for an hour.
    pub async fn confirmed(&self) -> String {
        let accepted = self
            .call(Ask::post("reservations").body(figure_7()))
            .await
            .expect(200);
        let id = accepted.id();
        let confirm = Ask::put(&format!("reservations/{id}")).body(r#"{"reply":"CONFIRM"}"#);
        self.call(confirm).await.expect(200);
        id
    }

    /// An activated reservation of `zoe` and its instance, which runs.
    pub async fn activated(&self) -> (String, String) {
        let id = self.confirmed().await;
        self.clock.move_to(START.saturating_add(3_000_000));
        self.call(Ask::put(&format!("reservations/{id}/activate")))
            .await
            .expect(200);
        self.carry_out_effects().await;
        let reservation = self
            .call(Ask::get(&format!("reservations/{id}")))
            .await
            .json();
        (id, reservation["instances"][0].as_str().unwrap().to_owned())
    }
}
