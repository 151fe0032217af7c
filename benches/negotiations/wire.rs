//! A client that costs next to nothing: one connection, requests from ready-made text, answers looked
//! through for the few words that are needed.
//!
//! Client and server share the machine's cores; what a comfortable client costs would be missing from
//! the server's figure.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The password of every account that a benchmark makes.
const PASSWORD: &str = "a password of a benchmark";
/// The operator's password, as the service is told at its start.
pub const ADMIN_PASSWORD: &str = "correct horse";
/// The largest answer that is read, in bytes; a page of 50 reservations takes about 60,000.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// An account, and how its requests name it.
#[derive(Clone)]
pub struct User {
    pub id: i64,
    authorization: String,
}

impl User {
    fn new(id: i64, name: &str, password: &str) -> Self {
        let authorization = STANDARD.encode(format!("{name}:{password}"));
        Self { id, authorization }
    }

    /// The operator that the service makes at its start.
    pub fn operator() -> Self {
        Self::new(1, "admin", ADMIN_PASSWORD)
    }

    /// Makes an account, and has its password checked once.
    pub async fn register(address: &str, name: &str) -> Self {
        let mut anybody = Wire::connect(address, &Self::new(0, name, PASSWORD)).await;
        let body = format!(r#"{{"username":"{name}","password":"{PASSWORD}"}}"#);
        let answer = anybody.send("POST", "/users", &body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let id = answer.number("userid").expect("an account has a number");
        anybody.check_password().await;
        Self::new(id, name, PASSWORD)
    }
}

/// One connection of one user.
pub struct Wire {
    stream: TcpStream,
    user: User,
    request: String,
    answer: Vec<u8>,
}

/// An answer, as long as the next request is not sent.
pub struct Answer<'a> {
    pub status: u16,
    head: &'a str,
    pub body: &'a str,
}

impl Wire {
    /// Connects to `address`, such as `127.0.0.1:4711`.
    pub async fn connect(address: &str, user: &User) -> Self {
        let stream = TcpStream::connect(address)
            .await
            .expect("the service listens");
        stream.set_nodelay(true).expect("a socket takes the option");
        Self {
            stream,
            user: user.clone(),
            request: String::with_capacity(1_024),
            answer: Vec::with_capacity(64 * 1_024),
        }
    }

    /// Sends a request under `/OpenPEX` and waits for its answer.
    pub async fn send(&mut self, method: &str, path: &str, body: &str) -> Answer<'_> {
        let Self { user, request, .. } = self;
        request.clear();
        write!(
            request,
            "{method} /OpenPEX{path} HTTP/1.1\r\nhost: openpex\r\nauthorization: Basic {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            user.authorization,
            body.len()
        )
        .expect("invariant: writing to a string succeeds");
        self.stream
            .write_all(self.request.as_bytes())
            .await
            .expect("the request goes out");
        self.answer.clear();
        let (mut head_end, mut whole) = (None, usize::MAX);
        while self.answer.len() < whole {
            let read = self.stream.read_buf(&mut self.answer).await;
            assert!(read.expect("an answer comes") > 0, "it hung up");
            assert!(self.answer.len() <= ANSWER_BYTES_MAX, "too long an answer");
            if head_end.is_none()
                && let Some(end) = self.answer.windows(4).position(|four| four == b"\r\n\r\n")
            {
                head_end = Some(end);
                whole = end + 4 + content_length(&self.answer[..end]);
            }
        }
        let text = std::str::from_utf8(&self.answer).expect("answers are text");
        let (head, body) = text.split_at(head_end.unwrap_or(0));
        Answer {
            // "HTTP/1.1 200 OK"
            status: head[9..12].parse().expect("a status"),
            head,
            body: &body[4..],
        }
    }

    /// Has the password checked: the service remembers for a minute that it is the right one.
    pub async fn check_password(&mut self) {
        assert_eq!(self.send("GET", "/clock", "").await.status, 200);
    }

    /// Moves the test clock (the operator's).
    pub async fn advance(&mut self, millis: i64) {
        let body = format!(r#"{{"advance_ms":{millis}}}"#);
        let answer = self.send("POST", "/clock", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

fn content_length(head: &[u8]) -> usize {
    let head = std::str::from_utf8(head).expect("headers are text");
    let value = header(head, "content-length").expect("the answer tells its length");
    value.parse().expect("a length is a number")
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (known, value) = line.split_once(": ")?;
        known.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

impl<'a> Answer<'a> {
    /// The first text under `key`.
    pub fn text(&self, key: &str) -> Option<&'a str> {
        let from = self.body.find(&format!("\"{key}\":\""))? + key.len() + 4;
        self.body[from..].split('"').next()
    }

    /// The first number under `key`.
    pub fn number(&self, key: &str) -> Option<i64> {
        let from = self.body.find(&format!("\"{key}\":"))? + key.len() + 3;
        self.body[from..].split([',', '}']).next()?.parse().ok()
    }

    /// The path of a list's next page, without `/OpenPEX`.
    pub fn next_page(&self) -> Option<&'a str> {
        let (target, _) = header(self.head, "link")?
            .strip_prefix('<')?
            .split_once('>')?;
        Some(target.split_once("/OpenPEX")?.1)
    }
}

/// A proposal in the paper's form.
pub fn proposal(kind: &str, count: u32, start: &str, duration_ms: i64) -> String {
    format!(
        r#"{{"duration":{duration_ms},"numInstancesFixed":{count},"numInstancesOption":0,"startTime":"{start}","template":"PEX Debian Etch 4.0 Template","type":"{kind}"}}"#
    )
}
