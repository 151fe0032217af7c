//! `DELETE /OpenPEX/instances/{vm_id}`: removes an instance with its disks.

use axum::extract::State;
use axum::response::Response;
use openpex_aggregates::live::InstanceControl;

use super::InstancePath;
use super::control::control;
use crate::http::problem::Problem;
use crate::http::request::{Caller, Sent};
use crate::http::state::AppState;

/// One that is gone already is answered the same.
#[utoipa::path(
    delete,
    path = "/OpenPEX/instances/{vm_id}",
    operation_id = "deleteInstance",
    tag = "Instances"
)]
pub async fn delete(
    State(app): State<AppState>,
    caller: Caller,
    path: InstancePath,
    sent: Sent,
) -> Result<Response, Problem> {
    control(&app, &caller, (path, sent), InstanceControl::Delete).await
}
