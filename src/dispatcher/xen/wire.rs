//! HTTP(S) to a host of the pool: one POST, one bounded reply.
//!
//! Owns the HTTP client and its limits. Follows no redirect and uses no proxy, since the body may
//! hold the password; there is no way to switch certificate checks off.

use std::path::Path;
use std::sync::Once;
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Url};
use tokio::sync::Semaphore;

use super::failures::XenError;
use super::options::{XenOptions, XenOptionsError};

/// The most bytes of a reply that are read; 1,000 VM records are about 10 MiB.
const MAX_REPLY_BYTES: usize = 64 * 1024 * 1024;

/// How long a connection nobody uses is kept open; shorter than the pool does, so that it is not
/// closed under a call.
const IDLE_CONNECTION: Duration = Duration::from_secs(15);

/// The most calls under way at once; more wait for their turn. xapi serves each with a thread.
const MAX_CALLS_AT_ONCE: usize = 32;

/// Connections to the pool's hosts.
#[derive(Debug)]
pub(super) struct Wire {
    client: Client,
    turns: Semaphore,
}

impl Wire {
    /// Makes the client; reads the CA file, but connects to nothing.
    pub(super) fn new(options: &XenOptions) -> Result<Self, XenOptionsError> {
        install_crypto_provider();
        let mut builder = Client::builder()
            .user_agent(concat!("openpex/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(options.timeouts.connect)
            .timeout(options.timeouts.request)
            .pool_idle_timeout(IDLE_CONNECTION)
            .redirect(Policy::none())
            .no_proxy();
        if let Some(file) = &options.ca_file {
            builder = builder.tls_certs_only(certificates(file)?);
        } else if options.url.starts_with("http:") {
            // No TLS will be spoken, so the system's certificates need not be there.
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|error| XenOptionsError::Tls {
            reason: causes(&error),
        })?;
        Ok(Self {
            client,
            turns: Semaphore::new(MAX_CALLS_AT_ONCE),
        })
    }

    /// Sends `body` and reads the reply to `method`, which only errors name; `patience` takes the
    /// place of the usual time for a whole call.
    ///
    /// # Errors
    /// `ConnectionFailed` when nothing was sent, `ReplyLost` when it was and the outcome is not
    /// known, `StillRunning` when `patience` ran out, `HttpStatus` for anything but 200,
    /// `ReplyTooLarge`.
    pub(super) async fn post(
        &self,
        url: &Url,
        method: &str,
        (body, patience): (Vec<u8>, Option<Duration>),
    ) -> Result<Vec<u8>, XenError> {
        let _turn = self
            .turns
            .acquire()
            .await
            .expect("invariant: the semaphore is never closed");
        let mut request = self
            .client
            .post(url.clone())
            .header(CONTENT_TYPE, "text/xml")
            .body(body);
        if let Some(patience) = patience {
            request = request.timeout(patience);
        }
        let mut response = request.send().await.map_err(|error| {
            if patience.is_some() && error.is_timeout() && !error.is_connect() {
                let method = method.to_owned();
                return XenError::StillRunning { method };
            }
            broken_off(method, error)
        })?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(XenError::HttpStatus { status });
        }
        let mut reply = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| reply_lost(method, &error.without_url()))?
        {
            if chunk.len() > MAX_REPLY_BYTES.saturating_sub(reply.len()) {
                return Err(XenError::ReplyTooLarge {
                    limit: MAX_REPLY_BYTES,
                });
            }
            reply.extend_from_slice(&chunk);
        }
        Ok(reply)
    }
}

fn broken_off(method: &str, error: reqwest::Error) -> XenError {
    let error = error.without_url();
    if error.is_connect() || error.is_builder() {
        XenError::ConnectionFailed {
            reason: causes(&error),
        }
    } else {
        reply_lost(method, &error)
    }
}

fn reply_lost(method: &str, error: &reqwest::Error) -> XenError {
    XenError::ReplyLost {
        method: method.to_owned(),
        reason: causes(error),
    }
}

/// The error and what caused it; reqwest's own text ends before the interesting part.
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

fn certificates(file: &Path) -> Result<Vec<Certificate>, XenOptionsError> {
    let unusable = |reason: String| XenOptionsError::CaFile {
        file: file.display().to_string(),
        reason,
    };
    let pem = std::fs::read(file).map_err(|error| unusable(error.to_string()))?;
    let found = Certificate::from_pem_bundle(&pem).map_err(|error| unusable(error.to_string()))?;
    if found.is_empty() {
        return Err(unusable("it holds no certificate".to_owned()));
    }
    Ok(found)
}

/// Installs ring once for the process; another provider that is already there is left in place.
fn install_crypto_provider() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}
