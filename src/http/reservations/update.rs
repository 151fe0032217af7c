//! `PUT /OpenPEX/reservations/{id}`: says something in a negotiation.

use axum::extract::State;
use axum::response::Response;
use openpex_aggregates::live::Command;

use super::{ReservationPath, answer};
use crate::http::commands::carry_out;
use crate::http::problem::Problem;
use crate::http::request::{Caller, Sent};
use crate::http::state::AppState;
use crate::http::wire::read_message;

/// Takes an earlier answer with its `reply` changed, or just what is to be said.
pub async fn update(
    State(app): State<AppState>,
    caller: Caller,
    path: ReservationPath,
    sent: Sent,
) -> Result<Response, Problem> {
    caller.check_may_change()?;
    let message = read_message(&sent.body)?;
    let command = Command::Negotiate {
        reservation_id: path.id,
        message,
    };
    let request = sent.ask(caller.actor(), command);
    answer(&carry_out(&app, request).await?, &path.notes)
}
