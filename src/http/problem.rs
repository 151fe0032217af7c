//! Errors as clients see them: RFC 9457 `application/problem+json`.
//!
//! Owns the form. `type`, `title`, `status`, `detail` are RFC 9457's; `code` is ours and stable, and
//! the numbers that matter are members of their own. A 422 lists the fields in `errors`; its `code`
//! is that of the first.

use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::limits::RETRY_AFTER_SECS;

/// An error answer.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    members: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// A field that breaks a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldError {
    /// The field of the wire form.
    pub field: &'static str,
    /// Stable name of the rule.
    pub code: &'static str,
    /// The rule and the numbers, for people.
    pub detail: String,
    /// The numbers, for programs.
    pub members: Map<String, Value>,
}

impl FieldError {
    /// The value of a field that must be there; what is not is noted among `errors`.
    pub fn expect<T: Default>(field: &'static str, value: Option<T>, errors: &mut Vec<Self>) -> T {
        value.unwrap_or_else(|| {
            errors.push(Self::required(field));
            T::default()
        })
    }

    /// `field` is missing.
    #[must_use]
    pub fn required(field: &'static str) -> Self {
        Self::new(field, "required", "must be given")
    }

    /// What was sent as `field` is none of those that are known.
    #[must_use]
    pub fn none_of(field: &'static str, code: &'static str, sent: &str, known: &[&str]) -> Self {
        let detail = format!("{sent:?} is none of {}", known.join(", "));
        Self::new(field, code, detail).with("known", known)
    }

    /// A broken rule without numbers.
    #[must_use]
    pub fn new(field: &'static str, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            field,
            code,
            detail: detail.into(),
            members: Map::new(),
        }
    }

    /// With a member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    fn into_value(self) -> Value {
        let mut members = self.members;
        members.insert("field".to_owned(), self.field.into());
        members.insert("code".to_owned(), self.code.into());
        members.insert("detail".to_owned(), self.detail.into());
        Value::Object(members)
    }
}

impl Problem {
    /// A problem of this status; `code` never changes its meaning.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            members: Map::new(),
            headers: Vec::new(),
        }
    }

    /// 400: not of the form that can be read.
    #[must_use]
    pub fn malformed(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 404, the same for what is not there and for what is not the caller's.
    #[must_use]
    pub fn not_found(what: &'static str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("there is no such {what}"),
        )
    }

    /// 409: not in this state.
    #[must_use]
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 412: it has changed since the caller looked.
    #[must_use]
    pub fn precondition_failed(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::PRECONDITION_FAILED,
            "precondition_failed",
            detail,
        )
    }

    /// 403: not with this account.
    #[must_use]
    pub fn forbidden(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, detail)
    }

    /// 503: a passing fault; come back soon.
    #[must_use]
    pub fn unavailable(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail).retry_after(RETRY_AFTER_SECS)
    }

    /// 500: our fault; the log says more under the request's id.
    #[must_use]
    pub fn internal() -> Self {
        let detail = "the service failed at this request; its log says more under the request id";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", detail)
    }

    /// 422: these fields break rules; at least one.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let details: Vec<_> = errors
            .iter()
            .map(|e| format!("{}: {}", e.field, e.detail))
            .collect();
        let code = errors.first().map_or("invalid", |error| error.code);
        let members = errors
            .first()
            .map(|error| error.members.clone())
            .unwrap_or_default();
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, details.join("; "));
        problem.members = members;
        problem.with(
            "errors",
            errors
                .into_iter()
                .map(FieldError::into_value)
                .collect::<Vec<_>>(),
        )
    }

    /// With a member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// With a header; one whose value cannot be sent is left out.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// With the time to come back after, in seconds.
    #[must_use]
    pub fn retry_after(self, secs: u64) -> Self {
        self.header(RETRY_AFTER, &secs.to_string())
    }

    /// Its status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    fn title(&self) -> String {
        let words = self.code.replace('_', " ");
        let mut letters = words.chars();
        letters.next().map_or_else(String::new, |first| {
            first.to_uppercase().chain(letters).collect()
        })
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let title = self.title();
        let mut members = self.members;
        members.insert(
            "type".to_owned(),
            format!("urn:openpex:problem:{}", self.code).into(),
        );
        members.insert("title".to_owned(), title.into());
        members.insert("status".to_owned(), self.status.as_u16().into());
        members.insert("detail".to_owned(), self.detail.into());
        members.insert("code".to_owned(), self.code.into());
        let mut headers = HeaderMap::new();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.extend(self.headers);
        (self.status, headers, Value::Object(members).to_string()).into_response()
    }
}

/// The answer to a path that leads nowhere.
pub fn unknown_route() -> Problem {
    let detail = "there is nothing at this path; the API is under /OpenPEX";
    Problem::new(StatusCode::NOT_FOUND, "unknown_route", detail)
}

/// The answer to a method that a path does not have; axum adds `Allow`.
pub async fn method_not_allowed() -> Problem {
    let detail = format!("this path does not have this method; `{ALLOW}` names those it has");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}
