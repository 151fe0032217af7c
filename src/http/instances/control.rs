//! `PUT /OpenPEX/instances/{vm_id}/stop`, `…/reboot`, and ours: `…/start`, and `…/revive` for
//! operators, which tries again what is stuck.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::ETAG;
use axum::response::Response;
use openpex_aggregates::live::{Answer, Command, InstanceControl};

use super::InstancePath;
use crate::http::commands::{answered_otherwise, carry_out};
use crate::http::docs::{
    CallerProblems, ChangeProblems, CommandProblems, MatchHeader, NotThere, RepeatHeader,
};
use crate::http::problem::Problem;
use crate::http::reply::{json, with_header};
use crate::http::request::{Caller, Sent, etag_of};
use crate::http::state::AppState;
use crate::http::wire::InstanceOut;

/// Shut an instance down.
///
/// Shuts it down; its disks stay.
#[utoipa::path(
    put,
    path = "/OpenPEX/instances/{vm_id}/stop",
    operation_id = "stopInstance",
    tag = "Instances",
    params(("vm_id" = String, Path, format = Uuid, description = "The id of an instance"), RepeatHeader, MatchHeader),
    responses((status = 200, description = "The instance as that has left it", body = InstanceOut, headers(("ETag" = String, description = "How far it has got"))), CallerProblems, NotThere, ChangeProblems, CommandProblems)
)]
pub async fn stop(
    State(app): State<AppState>,
    caller: Caller,
    path: InstancePath,
    sent: Sent,
) -> Result<Response, Problem> {
    control(&app, &caller, (path, sent), InstanceControl::Stop).await
}

/// Reboot an instance.
///
/// Reboots it.
#[utoipa::path(
    put,
    path = "/OpenPEX/instances/{vm_id}/reboot",
    operation_id = "rebootInstance",
    tag = "Instances",
    params(("vm_id" = String, Path, format = Uuid, description = "The id of an instance"), RepeatHeader, MatchHeader),
    responses((status = 200, description = "The instance as that has left it", body = InstanceOut, headers(("ETag" = String, description = "How far it has got"))), CallerProblems, NotThere, ChangeProblems, CommandProblems)
)]
pub async fn reboot(
    State(app): State<AppState>,
    caller: Caller,
    path: InstancePath,
    sent: Sent,
) -> Result<Response, Problem> {
    control(&app, &caller, (path, sent), InstanceControl::Reboot).await
}

/// Start an instance again.
///
/// Starts it again.
#[utoipa::path(
    put,
    path = "/OpenPEX/instances/{vm_id}/start",
    operation_id = "startInstance",
    tag = "Instances",
    params(("vm_id" = String, Path, format = Uuid, description = "The id of an instance"), RepeatHeader, MatchHeader),
    responses((status = 200, description = "The instance as that has left it", body = InstanceOut, headers(("ETag" = String, description = "How far it has got"))), CallerProblems, NotThere, ChangeProblems, CommandProblems)
)]
pub async fn start(
    State(app): State<AppState>,
    caller: Caller,
    path: InstancePath,
    sent: Sent,
) -> Result<Response, Problem> {
    control(&app, &caller, (path, sent), InstanceControl::Start).await
}

/// Try again what is stuck.
///
/// Tries again what is stuck.
#[utoipa::path(
    put,
    path = "/OpenPEX/instances/{vm_id}/revive",
    operation_id = "reviveInstance",
    tag = "Instances",
    params(("vm_id" = String, Path, format = Uuid, description = "The id of an instance"), RepeatHeader, MatchHeader),
    responses((status = 200, description = "The instance as that has left it", body = InstanceOut, headers(("ETag" = String, description = "How far it has got"))), CallerProblems, NotThere, ChangeProblems, CommandProblems)
)]
pub async fn revive(
    State(app): State<AppState>,
    caller: Caller,
    path: InstancePath,
    sent: Sent,
) -> Result<Response, Problem> {
    caller.check_is_operator()?;
    control(&app, &caller, (path, sent), InstanceControl::Revive).await
}

/// Asks it of the instance and answers with the instance as that has left it.
pub(super) async fn control(
    app: &AppState,
    caller: &Caller,
    (path, sent): (InstancePath, Sent),
    control: InstanceControl,
) -> Result<Response, Problem> {
    caller.check_may_change()?;
    sent.expect_no_body()?;
    let command = Command::ControlInstance {
        instance_id: path.id,
        control,
    };
    let committed = carry_out(app, sent.ask(caller.actor(), command)).await?;
    let position = committed.position;
    let Answer::Instance {
        instance, sequence, ..
    } = committed.answer
    else {
        return Err(answered_otherwise(position));
    };
    path.notes.note_reservation(instance.spec.reservation_id);
    path.notes.note_position(position);
    let response = json(StatusCode::OK, &InstanceOut::of(&instance, position));
    Ok(with_header(response, ETAG, &etag_of(sequence)))
}
