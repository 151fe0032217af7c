//! A pool to test, and a client that sees the bytes.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use openpex::clock::TestClock;
use openpex::simulator::{PoolOptions, SimulatedPool};
use openpex_aggregates::Timestamp;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// 2026-08-21T10:00:00Z, the date of the samples in XENAPI.md.
pub const START: Timestamp = Timestamp(1_787_306_400_000);
/// How long a test waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(20);
pub const GIB: i64 = 1 << 30;
pub const ETCH: &str = "PEX Debian Etch 4.0 Template";

/// A pool that is served, and a session in it.
pub struct Pool {
    pub address: SocketAddr,
    pub clock: TestClock,
    pub session: String,
    pub pool: SimulatedPool,
    stop: CancellationToken,
    serving: JoinSet<std::io::Result<()>>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

/// An error code and its parameters.
pub type Refusal = Vec<String>;

impl Pool {
    /// A pool as it is by default.
    pub async fn start() -> Self {
        Self::with(PoolOptions::default()).await
    }

    pub async fn with(options: PoolOptions) -> Self {
        let clock = TestClock::new(START);
        let stop = CancellationToken::new();
        let pool = SimulatedPool::new(options, Arc::new(clock.clone()), stop.clone()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut serving = JoinSet::new();
        let served = pool.clone();
        serving.spawn(async move { served.serve(listener).await });
        let mut this = Self {
            address,
            clock,
            session: String::new(),
            pool,
            stop,
            serving,
        };
        this.session = this.log_in("openpex/test").await;
        this
    }

    /// Stops serving and lets go of everything.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let served = within(self.serving.join_next()).await;
        served.unwrap().unwrap().unwrap();
    }

    pub async fn log_in(&self, originator: &str) -> String {
        let params = [
            text("root"),
            text("openpex"),
            text("2.21"),
            text(originator),
        ];
        let reply = self
            .post("/", &request("session.login_with_password", &params))
            .await;
        value_of(&reply.body).unwrap()
    }

    pub async fn post(&self, path: &str, body: &str) -> Reply {
        within(exchange(self.address, "POST", path, body))
            .await
            .expect("an answer")
    }

    /// A call as it is, without the session.
    pub async fn send(&self, method: &str, params: &[String]) -> Reply {
        self.post("/RPC2", &request(method, params)).await
    }

    /// A call in the session: the value as XML, or the refusal.
    pub async fn call(&self, method: &str, params: &[String]) -> Result<String, Refusal> {
        let mut all = vec![text(&self.session)];
        all.extend_from_slice(params);
        value_of(&self.send(method, &all).await.body)
    }

    /// The one reference in a call's result.
    pub async fn find(&self, method: &str, params: &[String]) -> String {
        let value = self.call(method, params).await.unwrap();
        let mut found = references(&value);
        assert_eq!(found.len(), 1, "{method}: {value}");
        found.remove(0)
    }

    pub async fn host(&self, name: &str) -> String {
        self.find("host.get_by_name_label", &[text(name)]).await
    }

    /// A guest of that name, halted, of 1 vCPU and that much memory.
    pub async fn guest(&self, name: &str, memory: i64) -> String {
        let template = self.find("VM.get_by_name_label", &[text(ETCH)]).await;
        let vm = self.find("VM.clone", &[text(&template), text(name)]).await;
        let bytes = text(&memory.to_string());
        let limits = [
            text(&vm),
            text("1048576"),
            bytes.clone(),
            bytes.clone(),
            bytes,
        ];
        self.call("VM.set_memory_limits", &limits).await.unwrap();
        self.call("VM.provision", &[text(&vm)]).await.unwrap();
        vm
    }

    pub async fn start_on(&self, vm: &str, host: &str) -> Result<String, Refusal> {
        self.call(
            "VM.start_on",
            &[text(vm), text(host), flag(false), flag(false)],
        )
        .await
    }

    pub async fn power_state(&self, vm: &str) -> String {
        self.call("VM.get_power_state", &[text(vm)]).await.unwrap()
    }

    /// `/_sim`: the status and the JSON, null if there is none.
    pub async fn control(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let reply = within(exchange(
            self.address,
            method,
            &format!("/_sim{path}"),
            body,
        ))
        .await;
        let reply = reply.expect("an answer");
        (
            reply.status,
            serde_json::from_str(&reply.body).unwrap_or(Value::Null),
        )
    }

    pub async fn plant(&self, fault: Value) {
        let (status, answer) = self.control("POST", "/faults", &fault.to_string()).await;
        assert!(status == 200 || status == 201, "{status} {answer}");
    }

    pub async fn journal(&self) -> Vec<Value> {
        let (status, journal) = self.control("GET", "/journal", "").await;
        assert_eq!(status, 200);
        journal["entries"].as_array().unwrap().clone()
    }

    /// Operations and outcomes of the journal, without the setters that made the guest.
    pub async fn outcomes(&self, operation: &str) -> Vec<String> {
        let journal = self.journal().await;
        let concerned = journal
            .iter()
            .filter(|entry| entry["operation"] == operation);
        concerned
            .map(|entry| entry["outcome"].as_str().unwrap().to_owned())
            .collect()
    }

    /// What `/_sim/state` says of the VM of that name; null if there is none.
    pub async fn vm_state(&self, name: &str) -> Value {
        let (_, state) = self.control("GET", "/state", "").await;
        let vms = state["vms"].as_array().unwrap();
        vms.iter()
            .find(|vm| vm["name"] == name)
            .cloned()
            .unwrap_or(Value::Null)
    }
}

/// Waits for what must come.
pub async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work)
        .await
        .expect("it comes in time")
}

/// Asks until the answer is yes.
pub async fn until<F: Future<Output = bool>>(mut asks: impl FnMut() -> F) {
    within(async {
        while !asks().await {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

pub fn text(text: &str) -> String {
    format!("<value>{text}</value>")
}

pub fn flag(truth: bool) -> String {
    format!("<value><boolean>{}</boolean></value>", u8::from(truth))
}

pub fn number(number: i64) -> String {
    text(&number.to_string())
}

pub fn list(items: &[&str]) -> String {
    let items: String = items.iter().map(|item| text(item)).collect();
    format!("<value><array><data>{items}</data></array></value>")
}

pub fn map(members: &[(&str, &str)]) -> String {
    let member = |(name, value): &(&str, &str)| {
        format!("<member><name>{name}</name><value>{value}</value></member>")
    };
    let members: String = members.iter().map(member).collect();
    format!("<value><struct>{members}</struct></value>")
}

/// A call in xapi's own form.
pub fn request(method: &str, params: &[String]) -> String {
    let params: String = params
        .iter()
        .map(|param| format!("<param>{param}</param>"))
        .collect();
    format!(
        "<?xml version=\"1.0\"?><methodCall><methodName>{method}</methodName>\
         <params>{params}</params></methodCall>"
    )
}

const OPEN: &str = "<?xml version=\"1.0\"?><methodResponse><params><param><value><struct><member>\
                    <name>Status</name><value>";
const SUCCESS: &str = "Success</value></member><member><name>Value</name><value>";
const FAILURE: &str = "Failure</value></member><member><name>ErrorDescription</name><value>\
                       <array><data>";
const CLOSE: &str = "</value></member></struct></value></param></params></methodResponse>";

/// The exact bytes of a success.
pub fn success(value: &str) -> String {
    format!("{OPEN}{SUCCESS}{value}{CLOSE}")
}

/// The exact bytes of a failure.
pub fn failure(description: &[&str]) -> String {
    let items: String = description.iter().map(|item| text(item)).collect();
    format!("{OPEN}{FAILURE}{items}</data></array>{CLOSE}")
}

/// The value inside the envelope, or the refusal.
pub fn value_of(body: &str) -> Result<String, Refusal> {
    let inner = body
        .strip_prefix(OPEN)
        .unwrap_or_else(|| panic!("not a reply: {body}"));
    let inner = inner
        .strip_suffix(CLOSE)
        .unwrap_or_else(|| panic!("not a reply: {body}"));
    if let Some(value) = inner.strip_prefix(SUCCESS) {
        return Ok(value.to_owned());
    }
    let items = inner
        .strip_prefix(FAILURE)
        .unwrap_or_else(|| panic!("not a reply: {body}"));
    let items = items.strip_suffix("</data></array>").unwrap();
    let items = items
        .strip_prefix("<value>")
        .unwrap()
        .strip_suffix("</value>")
        .unwrap();
    Err(items.split("</value><value>").map(str::to_owned).collect())
}

/// All references in a text, in order.
pub fn references(text: &str) -> Vec<String> {
    const LENGTH: usize = "OpaqueRef:".len() + 36;
    let starts = text.match_indices("OpaqueRef:").map(|(at, _)| at);
    starts
        .filter_map(|at| text.get(at..at + LENGTH))
        .filter(|reference| !reference.starts_with("OpaqueRef:NULL"))
        .map(str::to_owned)
        .collect()
}

/// A member of the first record in a text.
pub fn member(text: &str, name: &str) -> String {
    let open = format!("<name>{name}</name><value>");
    let (_, rest) = text
        .split_once(&open)
        .unwrap_or_else(|| panic!("no {name} in {text}"));
    rest.split_once("</value></member>").unwrap().0.to_owned()
}

/// One HTTP exchange on a connection of its own; `None` if it closes without an answer.
pub async fn exchange(address: SocketAddr, method: &str, path: &str, body: &str) -> Option<Reply> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    send(&mut stream, method, path, body).await;
    receive(&mut stream).await
}

pub async fn send(stream: &mut TcpStream, method: &str, path: &str, body: &str) {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: pool\r\nContent-Type: text/xml\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    // A server that has seen enough may close before all is written.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body.as_bytes()).await;
}

pub async fn receive(stream: &mut TcpStream) -> Option<Reply> {
    let mut bytes = Vec::new();
    let mut expected = None;
    loop {
        if expected.is_none()
            && let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n")
        {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            expected = Some((head, end + 4, end + 4 + length));
        }
        if let Some((head, start, end)) = &expected
            && bytes.len() >= *end
        {
            let status = head.split(' ').nth(1).unwrap().parse().unwrap();
            let body = String::from_utf8(bytes[*start..].to_vec()).unwrap();
            return Some(Reply {
                status,
                head: head.clone(),
                body,
            });
        }
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            assert!(
                bytes.is_empty(),
                "half an answer: {}",
                String::from_utf8_lossy(&bytes)
            );
            return None;
        }
    }
}
