//! `POST /OpenPEX/standing-requests`: asks to be told, or offered.

use axum::extract::State;
use axum::http::header::LOCATION;
use axum::response::Response;
use openpex_aggregates::StandingRequestId;
use openpex_aggregates::live::{Command, StandingAsk};

use super::answer;
use super::read::{StandingBody, read_standing};
use crate::clock::entropy;
use crate::http::commands::carry_out;
use crate::http::docs::{CallerProblems, ChangeProblems, CommandProblems, NotThere, RepeatHeader};
use crate::http::problem::Problem;
use crate::http::reply::with_header;
use crate::http::request::{Caller, Sent};
use crate::http::state::AppState;
use crate::http::wire::StandingRequestOut;

/// Ask to be told, or offered.
///
/// Takes `{"proposal": {…}, "wish", "mode", "until", "betterThan"?}`. What can be met at once is.
#[utoipa::path(
    post,
    path = "/OpenPEX/standing-requests",
    operation_id = "createStandingRequest",
    tag = "Standing requests",
    params(RepeatHeader),
    request_body = StandingBody,
    responses((status = 200, description = "The standing request; what can be met at once is", body = StandingRequestOut, headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "How far it has got"))), CallerProblems, NotThere, ChangeProblems, CommandProblems)
)]
pub async fn create(
    State(app): State<AppState>,
    caller: Caller,
    sent: Sent,
) -> Result<Response, Problem> {
    caller.check_may_change()?;
    let command = Command::Standing {
        standing_request_id: StandingRequestId(entropy::new_uuid_at(app.clock.now())),
        request: StandingAsk::Make(Box::new(read_standing(&sent.body)?)),
    };
    let committed = carry_out(&app, sent.ask(caller.actor(), command)).await?;
    let (id, response) = answer(&committed)?;
    let path = format!("/OpenPEX/standing-requests/{id}");
    Ok(with_header(response, LOCATION, &path))
}
