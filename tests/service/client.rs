//! A REST client as a user would write it.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// A user of the service.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    user: String,
    password: String,
}

/// What an answer holds for a test.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub body: Value,
    /// The path of the next page, without `/OpenPEX`.
    pub next: Option<String>,
}

/// A bare HTTP client.
pub fn http() -> reqwest::Client {
    // Whoever was first has installed the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(60))
        .build();
    client.expect("a client can be made")
}

impl Client {
    pub fn new(base: &str, user: &str, password: &str) -> Self {
        let http = http();
        let (base, user, password) = (base.to_owned(), user.to_owned(), password.to_owned());
        Self {
            http,
            base,
            user,
            password,
        }
    }

    /// The same user of the same service at another address.
    pub fn at(&self, base: &str) -> Self {
        Self {
            base: base.to_owned(),
            ..self.clone()
        }
    }

    /// Sends a request; `Err` where no answer came.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> Result<Reply, reqwest::Error> {
        let mut request = self
            .http
            .request(method, format!("{}/OpenPEX{path}", self.base))
            .basic_auth(&self.user, Some(&self.password));
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let response = request.send().await?;
        let status = response.status();
        let next = response.headers().get("link").and_then(next_page);
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Reply { status, body, next })
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Reply {
        self.try_send(method, path, body, None)
            .await
            .expect("the service answers")
    }

    pub async fn get(&self, path: &str) -> Value {
        let reply = self.send(Method::GET, path, None).await;
        assert_eq!(reply.status, StatusCode::OK, "GET {path}: {}", reply.body);
        reply.body
    }

    /// Every entry of a list, page by page.
    pub async fn get_all(&self, path: &str) -> Vec<Value> {
        let (mut all, mut next) = (Vec::new(), Some(path.to_owned()));
        while let Some(path) = next {
            let reply = self.send(Method::GET, &path, None).await;
            assert_eq!(reply.status, StatusCode::OK, "GET {path}: {}", reply.body);
            all.extend(reply.body.as_array().cloned().expect("a list"));
            next = reply.next;
        }
        all
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, None).await
    }

    /// Registers an account and gives its client.
    pub async fn register(base: &str, user: &str) -> Self {
        let client = Self::new(base, user, "a password of a test");
        let body = json!({"username": user, "password": client.password});
        let reply = client.post("/users", &body).await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
        client
    }

    /// Moves the test clock (operators).
    pub async fn advance(&self, millis: i64) {
        let reply = self.post("/clock", &json!({"advance_ms": millis})).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    }

    /// Asks for a path until `met` says yes; fails with the last answer after a minute.
    pub async fn wait_until(&self, path: &str, met: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let seen = self.get(path).await;
            if met(&seen) {
                return seen;
            }
            assert!(Instant::now() < until, "{path} did not become so: {seen}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// The path in `<…/OpenPEX/path>; rel="next"`.
fn next_page(link: &reqwest::header::HeaderValue) -> Option<String> {
    let (target, _) = link.to_str().ok()?.strip_prefix('<')?.split_once('>')?;
    let (_, path) = target.split_once("/OpenPEX")?;
    Some(path.to_owned())
}

/// A proposal in the paper's form.
pub fn proposal(kind: &str, count: u32, start: &str, duration_ms: i64) -> Value {
    json!({
        "duration": duration_ms,
        "numInstancesFixed": count,
        "numInstancesOption": 0,
        "startTime": start,
        "template": "PEX Debian Etch 4.0 Template",
        "type": kind,
    })
}
