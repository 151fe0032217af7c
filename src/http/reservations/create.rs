//! `POST /OpenPEX/reservations`: opens a negotiation.

use axum::Extension;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::response::Response;
use openpex_aggregates::ReservationId;
use openpex_aggregates::live::{Answer, Command};

use super::answer;
use super::dry_run::DryRun;
use crate::clock::entropy;
use crate::http::commands::carry_out;
use crate::http::docs::{CallerProblems, ChangeProblems, CommandProblems, RepeatHeader};
use crate::http::observe::RequestNotes;
use crate::http::problem::Problem;
use crate::http::reply::with_header;
use crate::http::request::{Caller, Fields, Sent};
use crate::http::state::AppState;
use crate::http::wire::{NegotiationAnswer, ProposalBody, ProposalIn};

/// Open a negotiation.
///
/// A proposal is answered with `ACCEPT`, `COUNTER` or `REJECT`; an empty body only initiates.
/// `?dryRun=true` answers the same and appends nothing.
#[utoipa::path(
    post,
    path = "/OpenPEX/reservations",
    operation_id = "createReservation",
    tag = "Reservations",
    params(RepeatHeader, ("dryRun" = Option<bool>, Query, description = "Answers the same and appends nothing")),
    request_body = Option<ProposalBody>,
    responses((status = 200, description = "The answer: ACCEPT, COUNTER or REJECT; INITIATED to an empty body", body = NegotiationAnswer, headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "How far it has got"))), CallerProblems, ChangeProblems, CommandProblems)
)]
pub async fn create(
    State(app): State<AppState>,
    caller: Caller,
    Extension(notes): Extension<RequestNotes>,
    dry_run: DryRun,
    sent: Sent,
) -> Result<Response, Problem> {
    caller.check_may_change()?;
    let proposal = if sent.body.is_empty() {
        None
    } else {
        Some(ProposalIn::read(Fields::of_body(&sent.body)?)?.into_proposal()?)
    };
    let reservation_id = ReservationId(entropy::new_uuid_at(app.clock.now()));
    if dry_run.is_asked {
        let proposal = proposal.ok_or_else(DryRun::without_proposal)?;
        return dry_run
            .answer(&app, &caller, (reservation_id, true), proposal, &notes)
            .await;
    }
    let request = sent.ask(
        caller.actor(),
        Command::Open {
            reservation_id,
            proposal,
        },
    );
    let committed = carry_out(&app, request).await?;
    let response = answer(&committed, &notes)?;
    let Answer::Reservation { reservation_id, .. } = committed.answer else {
        return Ok(response);
    };
    // A repeated key gives the reservation that was opened first.
    let path = format!("/OpenPEX/reservations/{reservation_id}");
    Ok(with_header(response, LOCATION, &path))
}
