//! `DELETE /OpenPEX/instances/{vm_id}`: removes an instance with its disks.

use axum::extract::State;
use axum::response::Response;
use openpex_aggregates::live::InstanceControl;

use super::InstancePath;
use super::control::control;
use crate::http::docs::{
    CallerProblems, ChangeProblems, CommandProblems, MatchHeader, NotThere, RepeatHeader,
};
use crate::http::problem::Problem;
use crate::http::request::{Caller, Sent};
use crate::http::state::AppState;
use crate::http::wire::InstanceOut;

/// Remove an instance with its disks.
///
/// One that is gone already is answered the same.
#[utoipa::path(
    delete,
    path = "/OpenPEX/instances/{vm_id}",
    operation_id = "deleteInstance",
    tag = "Instances",
    params(("vm_id" = String, Path, format = Uuid, description = "The id of an instance"), RepeatHeader, MatchHeader),
    responses((status = 200, description = "The instance as that has left it", body = InstanceOut, headers(("ETag" = String, description = "How far it has got"))), CallerProblems, NotThere, ChangeProblems, CommandProblems)
)]
pub async fn delete(
    State(app): State<AppState>,
    caller: Caller,
    path: InstancePath,
    sent: Sent,
) -> Result<Response, Problem> {
    control(&app, &caller, (path, sent), InstanceControl::Delete).await
}
