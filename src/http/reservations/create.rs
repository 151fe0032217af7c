//! `POST /OpenPEX/reservations`: opens a negotiation.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use openpex_aggregates::ReservationId;
use openpex_aggregates::live::Command;

use super::answer;
use crate::clock::entropy;
use crate::http::commands::carry_out;
use crate::http::observe::RequestNotes;
use crate::http::problem::Problem;
use crate::http::request::{Caller, Fields, Sent};
use crate::http::state::AppState;
use crate::http::wire::ProposalIn;

/// A proposal is answered with `ACCEPT`, `COUNTER` or `REJECT`; an empty body only initiates.
pub async fn create(
    State(app): State<AppState>,
    caller: Caller,
    Extension(notes): Extension<RequestNotes>,
    sent: Sent,
) -> Result<Response, Problem> {
    caller.check_may_change()?;
    let proposal = if sent.body.is_empty() {
        None
    } else {
        Some(ProposalIn::read(Fields::of_body(&sent.body)?)?.into_proposal()?)
    };
    let reservation_id = ReservationId(entropy::new_uuid());
    let request = sent.ask(
        caller.actor(),
        Command::Open {
            reservation_id,
            proposal,
        },
    );
    answer(&carry_out(&app, request).await?, &notes)
}
