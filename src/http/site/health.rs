//! `GET /livez` and `GET /readyz`: for whoever runs the process. They need no credentials and tell
//! no secrets.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::docs::ProblemSchema;
use crate::http::problem::Problem;
use crate::http::reply;
use crate::http::state::AppState;

/// The process answers.
#[derive(Serialize, ToSchema)]
#[schema(as = Liveness)]
struct LivenessOut {
    live: bool,
}

/// Whether everything the service needs is there.
#[derive(Serialize, ToSchema)]
#[schema(as = Readiness)]
struct ReadinessOut {
    checks: Vec<CheckOut>,
    ready: bool,
}

/// Whether one thing the service needs is there.
#[derive(Serialize, ToSchema)]
#[schema(as = ReadinessCheck)]
struct CheckOut {
    /// What is wrong; null where nothing is.
    #[schema(required)]
    fault: Option<String>,
    name: &'static str,
    ready: bool,
}

/// Ask whether the process answers.
///
/// The process answers.
#[utoipa::path(get, path = "/livez", operation_id = "getLiveness", tag = "Health", security(()), responses((status = 200, description = "It does", body = LivenessOut)))]
pub async fn livez() -> Response {
    reply::json(StatusCode::OK, &LivenessOut { live: true })
}

/// Ask whether the service can do its work.
///
/// Whether everything the service needs is there; 503 names what is not.
#[utoipa::path(get, path = "/readyz", operation_id = "getReadiness", tag = "Health", security(()), responses((status = 200, description = "It can", body = ReadinessOut), (status = 503, description = "It cannot; `checks` names what is missing", body = ProblemSchema, content_type = "application/problem+json")))]
pub async fn readyz(State(app): State<AppState>) -> Response {
    let checks = app.readiness.checks().await;
    let faults: Vec<_> = checks
        .iter()
        .filter(|check| check.fault.is_some())
        .map(|check| check.name)
        .collect();
    let entries = checks.iter().map(|check| CheckOut {
        fault: check.fault.clone(),
        name: check.name,
        ready: check.fault.is_none(),
    });
    let entries: Vec<CheckOut> = entries.collect();
    if faults.is_empty() {
        let out = ReadinessOut {
            checks: entries,
            ready: true,
        };
        return reply::json(StatusCode::OK, &out);
    }
    let detail = format!("not ready: {}", faults.join(", "));
    let entries = serde_json::to_value(entries).expect("invariant: checks have string keys");
    Problem::unavailable("not_ready", detail)
        .with("ready", false)
        .with("checks", entries)
        .into_response()
}
