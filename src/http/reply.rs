//! Answers as JSON, with an entity tag or as a part of a list.

use axum::http::header::{CONTENT_TYPE, ETAG, LINK};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::request::{ListQuery, etag_of, is_unchanged};

/// An answer of this status with this JSON.
pub fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let text = serde_json::to_string(body).expect("invariant: answers have string keys, no floats");
    let content_type = HeaderValue::from_static("application/json");
    (status, [(CONTENT_TYPE, content_type)], text).into_response()
}

/// The same answer with a header; one whose value cannot be sent is left out.
#[must_use]
pub fn with_header(mut response: Response, name: HeaderName, value: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

/// A part of a list, with a link to the next where there is one.
pub fn listed(query: &ListQuery, entries: &[impl Serialize], next: Option<&str>) -> Response {
    linked(query, json(StatusCode::OK, &entries), next)
}

/// `response`, a part of a list, with a link to the next where there is one.
#[must_use]
pub fn linked(query: &ListQuery, response: Response, next: Option<&str>) -> Response {
    match next {
        Some(cursor) => with_header(response, LINK, &query.next_link(cursor)),
        None => response,
    }
}

/// `full` under the tag of `sequence`, or 304 where the client names that tag.
#[must_use]
pub fn tagged(headers: &HeaderMap, sequence: u64, full: Response) -> Response {
    let etag = etag_of(sequence);
    let unchanged = is_unchanged(headers, &etag);
    let response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        full
    };
    with_header(response, ETAG, &etag)
}
