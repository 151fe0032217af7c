//! `PUT /OpenPEX/reservations/{id}/activate`: starts a reservation's instances.

use axum::extract::State;
use axum::response::Response;
use openpex_aggregates::live::Command;

use super::{ReservationPath, answer};
use crate::http::commands::carry_out;
use crate::http::docs::{
    CallerProblems, ChangeProblems, CommandProblems, MatchHeader, NotThere, RepeatHeader,
};
use crate::http::problem::Problem;
use crate::http::request::{Caller, Sent};
use crate::http::state::AppState;
use crate::http::wire::NegotiationAnswer;

/// Start a reservation's instances.
///
/// Allowed from the start time on; where it starts by itself, this is a repeat.
#[utoipa::path(
    put,
    path = "/OpenPEX/reservations/{id}/activate",
    operation_id = "activateReservation",
    tag = "Reservations",
    params(("id" = String, Path, format = Uuid, description = "The id of a reservation"), RepeatHeader, MatchHeader),
    responses((status = 200, description = "The reservation as that has left it", body = NegotiationAnswer, headers(("ETag" = String, description = "How far it has got"))), CallerProblems, NotThere, ChangeProblems, CommandProblems)
)]
pub async fn activate(
    State(app): State<AppState>,
    caller: Caller,
    path: ReservationPath,
    sent: Sent,
) -> Result<Response, Problem> {
    caller.check_may_change()?;
    sent.expect_no_body()?;
    let request = sent.ask(caller.actor(), Command::Activate(path.id));
    answer(&carry_out(&app, request).await?, &path.notes)
}
