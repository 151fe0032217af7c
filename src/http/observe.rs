//! What surrounds every request: its id, one line in the log, the headers of every answer, and the
//! time it may take.
//!
//! The line never holds a body, a query or an `Authorization` header.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use openpex_aggregates::{ReservationId, UserId};
use tokio::time::Instant;

use super::limits::REQUEST_ID_BYTES_MAX;
use super::problem::Problem;
use crate::clock::entropy;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// What the log gives as the status of a request whose client went away before the answer.
const CLIENT_GONE: u16 = 499;

/// The id of a request: the client's where it is sane, otherwise a new one.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

impl RequestId {
    fn of(headers: &HeaderMap) -> Self {
        let is_sane = |text: &&str| {
            (1..=REQUEST_ID_BYTES_MAX).contains(&text.len())
                && text
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
        };
        let sent = headers
            .get(X_REQUEST_ID)
            .and_then(|value| value.to_str().ok())
            .filter(is_sane);
        Self(sent.map_or_else(|| entropy::new_uuid().to_string(), str::to_owned))
    }
}

/// What handlers tell the log of a request.
#[derive(Clone, Debug, Default)]
pub struct RequestNotes(Arc<Notes>);

#[derive(Debug, Default)]
struct Notes {
    user_id: OnceLock<UserId>,
    reservation_id: OnceLock<ReservationId>,
    position: OnceLock<u64>,
}

impl RequestNotes {
    /// Those of the request with these extensions.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get::<Self>().cloned().unwrap_or_default()
    }

    /// Whose request it is.
    pub fn note_user(&self, user_id: UserId) {
        let _ = self.0.user_id.set(user_id);
    }

    /// Which reservation it is about.
    pub fn note_reservation(&self, id: ReservationId) {
        let _ = self.0.reservation_id.set(id);
    }

    /// Which position it was answered with.
    pub fn note_position(&self, position: u64) {
        let _ = self.0.position.set(position);
    }
}

/// Writes the line when the request is over, also when its client went away.
struct LogLine {
    request_id: String,
    method: Method,
    route: String,
    started: Instant,
    notes: RequestNotes,
    status: u16,
}

impl Drop for LogLine {
    fn drop(&mut self) {
        let notes = &self.notes.0;
        tracing::info!(
            request_id = %self.request_id,
            method = %self.method,
            route = %self.route,
            status = self.status,
            duration_us = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX),
            user_id = notes.user_id.get().map(|id| id.0),
            reservation_id = notes.reservation_id.get().map(tracing::field::display),
            position = notes.position.get(),
            "request"
        );
    }
}

/// Surrounds a request with its id, its log line and the headers of every answer.
pub async fn observe(mut request: Request, next: Next) -> Response {
    let id = RequestId::of(request.headers());
    let route = request.extensions().get::<MatchedPath>();
    let mut line = LogLine {
        request_id: id.0.clone(),
        method: request.method().clone(),
        route: route.map_or_else(|| "unknown".to_owned(), |path| path.as_str().to_owned()),
        started: Instant::now(),
        notes: RequestNotes::default(),
        status: CLIENT_GONE,
    };
    request.extensions_mut().insert(line.notes.clone());
    request.extensions_mut().insert(id.clone());
    let mut response = AssertUnwindSafe(next.run(request))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| {
            tracing::error!(request_id = %id.0, "a handler panicked");
            Problem::internal().into_response()
        });
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        headers.insert(X_REQUEST_ID, value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    line.status = response.status().as_u16();
    response
}

/// Bounds how long a request may take.
pub async fn within(limit: Duration, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let secs = limit.as_secs();
            let detail = format!(
                "no answer within {secs} s; what was asked for may still come about: ask again with \
                 the same Idempotency-Key"
            );
            Problem::unavailable("request_timed_out", detail)
                .with("limitSecs", secs)
                .into_response()
        }
    }
}
