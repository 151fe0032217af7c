//! `GET /livez` and `GET /readyz`: for whoever runs the process. They need no credentials and tell
//! no secrets.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::http::problem::Problem;
use crate::http::reply;
use crate::http::state::AppState;

/// The process answers.
#[utoipa::path(get, path = "/livez", operation_id = "getLiveness", tag = "Health")]
pub async fn livez() -> Response {
    reply::json(StatusCode::OK, &json!({"live": true}))
}

/// Whether everything the service needs is there; 503 names what is not.
#[utoipa::path(get, path = "/readyz", operation_id = "getReadiness", tag = "Health")]
pub async fn readyz(State(app): State<AppState>) -> Response {
    let checks = app.readiness.checks().await;
    let faults: Vec<_> = checks
        .iter()
        .filter(|check| check.fault.is_some())
        .map(|check| check.name)
        .collect();
    let entries: Vec<Value> = checks
        .iter()
        .map(|check| {
            json!({"name": check.name, "ready": check.fault.is_none(), "fault": check.fault})
        })
        .collect();
    if faults.is_empty() {
        return reply::json(StatusCode::OK, &json!({"ready": true, "checks": entries}));
    }
    let detail = format!("not ready: {}", faults.join(", "));
    Problem::unavailable("not_ready", detail)
        .with("ready", false)
        .with("checks", entries)
        .into_response()
}
