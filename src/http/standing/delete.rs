//! `DELETE /OpenPEX/standing-requests/{id}`: gives one up.

use axum::extract::State;
use axum::response::Response;
use openpex_aggregates::live::{Command, StandingAsk};

use super::{StandingPath, answer};
use crate::http::commands::carry_out;
use crate::http::docs::{
    CallerProblems, ChangeProblems, CommandProblems, MatchHeader, NotThere, RepeatHeader,
};
use crate::http::problem::Problem;
use crate::http::request::{Caller, Sent};
use crate::http::state::AppState;
use crate::http::wire::StandingRequestOut;

/// Give a standing request up.
///
/// The record stays.
#[utoipa::path(
    delete,
    path = "/OpenPEX/standing-requests/{id}",
    operation_id = "deleteStandingRequest",
    tag = "Standing requests",
    params(("id" = String, Path, format = Uuid, description = "The id of a standing request"), RepeatHeader, MatchHeader),
    responses((status = 200, description = "The standing request as that has left it", body = StandingRequestOut, headers(("ETag" = String, description = "How far it has got"))), CallerProblems, NotThere, ChangeProblems, CommandProblems)
)]
pub async fn delete(
    State(app): State<AppState>,
    caller: Caller,
    StandingPath(standing_request_id): StandingPath,
    sent: Sent,
) -> Result<Response, Problem> {
    caller.check_may_change()?;
    sent.expect_no_body()?;
    let command = Command::Standing {
        standing_request_id,
        request: StandingAsk::Withdraw,
    };
    let request = sent.ask(caller.actor(), command);
    Ok(answer(&carry_out(&app, request).await?)?.1)
}
