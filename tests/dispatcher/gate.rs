//! A small HTTP server for tests: answers calls by a script, or passes them on to a pool and
//! loses what the script wants lost.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// What to do with one call.
pub enum Act {
    /// Answer with this body and status 200.
    Reply(String),
    /// Answer with this status.
    Status(u16),
    /// Write these bytes, a whole HTTP reply or less, and close the connection.
    Raw(Vec<u8>),
    /// Close the connection without passing the call on.
    LoseBefore,
    /// Pass the call on and answer what the pool answers.
    Pass,
    /// Pass the call on and close the connection without answering.
    LoseAfter,
    /// Pass the call on and never answer.
    HangAfter,
    /// Never answer.
    Hang,
}

/// One call as it came in.
#[derive(Debug, Clone)]
pub struct Call {
    /// Its place among all calls, from 0 on.
    pub number: usize,
    pub method: String,
    /// Its string parameters, the session first.
    pub strings: Vec<String>,
    pub body: String,
}

/// A client for plain HTTP on this machine.
pub fn http_client() -> reqwest::Client {
    // The first of all clients to be made may be this one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]);
    client.build().unwrap()
}

type Script = dyn Fn(&Call) -> Act + Send + Sync;

/// The server; it stops when it is dropped.
pub struct Gate {
    pub url: String,
    pub address: SocketAddr,
    calls: Arc<Mutex<Vec<Call>>>,
    hung: watch::Receiver<usize>,
    _tasks: JoinSet<()>,
}

struct Shared {
    script: Box<Script>,
    calls: Arc<Mutex<Vec<Call>>>,
    upstream: Option<String>,
    client: reqwest::Client,
    hung: watch::Sender<usize>,
}

impl Gate {
    /// A server that only plays `script`.
    pub async fn scripted(script: impl Fn(&Call) -> Act + Send + Sync + 'static) -> Self {
        Self::open(None, None, Box::new(script)).await
    }

    /// A server that plays `script` over TLS as `localhost`, with this certificate.
    pub async fn over_tls(
        certified: &rcgen::CertifiedKey<rcgen::KeyPair>,
        script: impl Fn(&Call) -> Act + Send + Sync + 'static,
    ) -> Self {
        let chain = vec![certified.cert.der().clone()];
        let key = PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key.into())
            .unwrap();
        let tls = TlsAcceptor::from(Arc::new(config));
        let gate = Self::open(None, Some(tls), Box::new(script)).await;
        Self {
            url: format!("https://localhost:{}", gate.address.port()),
            ..gate
        }
    }

    /// A server before the pool at `upstream`.
    pub async fn before(
        upstream: &str,
        script: impl Fn(&Call) -> Act + Send + Sync + 'static,
    ) -> Self {
        Self::open(Some(upstream.to_owned()), None, Box::new(script)).await
    }

    async fn open(upstream: Option<String>, tls: Option<TlsAcceptor>, script: Box<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let calls = Arc::default();
        let client = http_client();
        let (hung, hung_seen) = watch::channel(0);
        let shared = Arc::new(Shared {
            hung,
            script,
            calls: Arc::clone(&calls),
            upstream,
            client,
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let shared = Arc::clone(&shared);
                let tls = tls.clone();
                connections.spawn(async move {
                    match tls {
                        None => shared.serve(stream).await,
                        Some(tls) => {
                            // A client that does not trust us breaks off here.
                            if let Ok(stream) = tls.accept(stream).await {
                                shared.serve(stream).await;
                            }
                        }
                    }
                });
            }
        });
        Self {
            url: format!("http://{address}"),
            address,
            calls,
            hung: hung_seen,
            _tasks: tasks,
        }
    }

    /// All calls so far.
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// The methods of all calls so far.
    pub fn methods(&self) -> Vec<String> {
        self.calls().into_iter().map(|call| call.method).collect()
    }

    /// Returns once `count` calls are left without an answer.
    pub async fn hung(&self, count: usize) {
        let mut hung = self.hung.clone();
        hung.wait_for(|now| *now >= count).await.unwrap();
    }

    /// How often `method` was called.
    pub fn count(&self, method: &str) -> usize {
        self.methods()
            .iter()
            .filter(|called| *called == method)
            .count()
    }
}

impl Shared {
    async fn serve(&self, stream: impl AsyncRead + AsyncWrite) {
        let (read, mut write) = tokio::io::split(stream);
        let mut read = BufReader::new(read);
        while let Some(call) = next_call(&mut read, &self.calls).await {
            if !self.answer(&call, &mut write).await {
                let _ = write.shutdown().await;
                return;
            }
        }
    }

    /// Whether the connection goes on.
    async fn answer(&self, call: &Call, write: &mut (impl AsyncWrite + Unpin)) -> bool {
        let reply = match (self.script)(call) {
            Act::Reply(body) => http_reply(200, &body),
            Act::Status(status) => http_reply(status, "<html>no</html>"),
            Act::Raw(bytes) => {
                let _ = write.write_all(&bytes).await;
                return false;
            }
            Act::LoseBefore => return false,
            Act::Hang => {
                self.hung.send_modify(|count| *count += 1);
                std::future::pending().await
            }
            Act::HangAfter => {
                self.passed_on(call).await;
                self.hung.send_modify(|count| *count += 1);
                std::future::pending().await
            }
            Act::Pass => http_reply(200, &self.passed_on(call).await),
            Act::LoseAfter => {
                self.passed_on(call).await;
                return false;
            }
        };
        write.write_all(&reply).await.is_ok()
    }

    async fn passed_on(&self, call: &Call) -> String {
        let upstream = self.upstream.as_ref().expect("a gate before a pool");
        let request = self
            .client
            .post(upstream)
            .header("content-type", "text/xml");
        request
            .body(call.body.clone())
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    }
}

async fn next_call(
    read: &mut (impl AsyncBufReadExt + Unpin),
    calls: &Mutex<Vec<Call>>,
) -> Option<Call> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if read.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    read.read_exact(&mut body).await.ok()?;
    let body = String::from_utf8(body).unwrap();
    let between = |text: &str, open: &str, close: &str| -> Vec<String> {
        let parts = text.split(open).skip(1);
        parts
            .map(|part| part.split(close).next().unwrap().to_owned())
            .collect()
    };
    let mut calls = calls.lock().unwrap();
    let call = Call {
        number: calls.len(),
        method: between(&body, "<methodName>", "</methodName>").remove(0),
        strings: between(&body, "<string>", "</string>"),
        body,
    };
    calls.push(call.clone());
    Some(call)
}

fn http_reply(status: u16, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: text/xml\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// An XML-RPC reply of XenAPI with this `<value>…</value>`.
pub fn success(value: &str) -> Act {
    Act::Reply(format!(
        "<?xml version=\"1.0\"?><methodResponse><params><param><value><struct><member><name>Status\
         </name><value>Success</value></member><member><name>Value</name>{value}</member></struct>\
         </value></param></params></methodResponse>"
    ))
}

/// An XML-RPC reply of XenAPI with this error.
pub fn failure(words: &[&str]) -> Act {
    let words: String = words
        .iter()
        .map(|word| format!("<value>{word}</value>"))
        .collect();
    Act::Reply(format!(
        "<?xml version=\"1.0\"?><methodResponse><params><param><value><struct><member><name>Status\
         </name><value>Failure</value></member><member><name>ErrorDescription</name><value><array>\
         <data>{words}</data></array></value></member></struct></value></param></params>\
         </methodResponse>"
    ))
}
