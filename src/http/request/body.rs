//! The parts of a request that change something: its body within its limits, and what its headers
//! say of how it is to be taken.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::fields::Fields;
use super::idempotency::{fingerprint, read_key};
use super::precondition::read_if_match;
use crate::http::limits::{BODY_BYTES_MAX, BODY_TIME_MAX};
use crate::http::observe::RequestId;
use crate::http::problem::Problem;
use crate::http::state::AppState;
use crate::writer::{IdempotencyKey, WriteRequest};
use openpex_aggregates::UserId;
use openpex_aggregates::live::{Actor, Command};

/// What a client that wants to change something has sent.
#[derive(Debug)]
pub struct Sent {
    /// Its body.
    pub body: Bytes,
    /// Its `Idempotency-Key`.
    pub key: Option<String>,
    method: Method,
    path: String,
    request_id: Option<String>,
    if_match: Option<u64>,
}

impl FromRequest<AppState> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &AppState) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let key = read_key(&parts.headers)?;
        let if_match = read_if_match(&parts.headers)?;
        let body = read_body(&parts.headers, body).await?;
        if !body.is_empty() {
            check_content_type(&parts.headers)?;
        }
        Ok(Self {
            body,
            key,
            if_match,
            path: parts.uri.path().to_owned(),
            method: parts.method,
            request_id: parts.extensions.get::<RequestId>().map(|id| id.0.clone()),
        })
    }
}

impl Sent {
    /// The idempotency key of `user_id` with what was sent under it.
    #[must_use]
    pub fn key_of(&self, user_id: UserId, content: &[u8]) -> Option<IdempotencyKey> {
        let key = self.key.clone()?;
        let fingerprint = fingerprint(&self.method, &self.path, content);
        Some(IdempotencyKey {
            user_id,
            key,
            fingerprint,
        })
    }

    /// `command` as `actor` asks it with this request.
    #[must_use]
    pub fn ask(&self, actor: Actor, command: Command) -> WriteRequest {
        WriteRequest {
            command,
            actor: Some(actor),
            expected_sequence: self.if_match,
            idempotency: self.key_of(actor.user_id, &self.body),
            request_id: self.request_id.clone(),
        }
    }

    /// Checks that a request whose path says everything says nothing more.
    ///
    /// # Errors
    /// 400 where it does.
    pub fn expect_no_body(&self) -> Result<(), Problem> {
        if self.body.is_empty() {
            Ok(())
        } else {
            Fields::of_body(&self.body)?.finish()
        }
    }
}

async fn read_body(headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    if announced
        .and_then(|text| text.parse().ok())
        .is_some_and(|n: u64| n > BODY_BYTES_MAX as u64)
    {
        return Err(too_large());
    }
    let read = Limited::new(body, BODY_BYTES_MAX).collect();
    match tokio::time::timeout(BODY_TIME_MAX, read).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => {
            let detail = "the body ended before it was complete";
            Err(Problem::malformed("body_cut_off", detail))
        }
        Err(_) => {
            let secs = BODY_TIME_MAX.as_secs();
            let detail = format!("the body did not arrive in {secs} s");
            Err(
                Problem::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", detail)
                    .with("limitSecs", secs),
            )
        }
    }
}

fn too_large() -> Problem {
    let detail = format!("a body has at most {BODY_BYTES_MAX} bytes");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
        .with("limitBytes", BODY_BYTES_MAX)
}

/// JSON under any name, also under the one that clients give it which were told nothing else.
///
/// The forms that a page of another site can send without asking (plain text, multipart) are not
/// taken; see also [`super::guard_browsers`].
fn check_content_type(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(sent) = headers.get(CONTENT_TYPE) else {
        return Ok(());
    };
    let sent = sent.to_str().unwrap_or_default();
    let essence = sent
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let is_json = essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
        || essence == "application/x-www-form-urlencoded";
    if is_json {
        return Ok(());
    }
    let detail = "send the body as application/json";
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        detail,
    ))
}
