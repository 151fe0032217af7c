//! `PUT /OpenPEX/reservations/{id}`: says something in a negotiation.

use axum::extract::State;
use axum::response::Response;
use openpex_aggregates::live::{Command, Message};

use super::dry_run::DryRun;
use super::{ReservationPath, answer};
use crate::http::commands::carry_out;
use crate::http::docs::{
    CallerProblems, ChangeProblems, CommandProblems, MatchHeader, NotThere, RepeatHeader,
};
use crate::http::problem::Problem;
use crate::http::request::{Caller, Sent};
use crate::http::state::AppState;
use crate::http::wire::{MessageBody, NegotiationAnswer, read_message};

/// Say something in a negotiation.
///
/// Takes an earlier answer with its `reply` changed, or just what is to be said. With
/// `?dryRun=true` a `COUNTER` is answered the same and appends nothing.
#[utoipa::path(
    put,
    path = "/OpenPEX/reservations/{id}",
    operation_id = "updateReservation",
    tag = "Reservations",
    params(("id" = String, Path, format = Uuid, description = "The id of a reservation"), RepeatHeader, MatchHeader, ("dryRun" = Option<bool>, Query, description = "Answers the same and appends nothing")),
    request_body = MessageBody,
    responses((status = 200, description = "The answer", body = NegotiationAnswer, headers(("ETag" = String, description = "How far it has got"))), CallerProblems, NotThere, ChangeProblems, CommandProblems)
)]
pub async fn update(
    State(app): State<AppState>,
    caller: Caller,
    path: ReservationPath,
    dry_run: DryRun,
    sent: Sent,
) -> Result<Response, Problem> {
    caller.check_may_change()?;
    let message = read_message(&sent.body)?;
    if dry_run.is_asked {
        let Message::Counter(proposal) = message else {
            return Err(DryRun::without_proposal());
        };
        return dry_run
            .answer(&app, &caller, (path.id, false), proposal, &path.notes)
            .await;
    }
    let command = Command::Negotiate {
        reservation_id: path.id,
        message,
    };
    let request = sent.ask(caller.actor(), command);
    answer(&carry_out(&app, request).await?, &path.notes)
}
