//! `DELETE /OpenPEX/standing-requests/{id}`: gives one up.

use axum::extract::State;
use axum::response::Response;
use openpex_aggregates::live::{Command, StandingAsk};

use super::{StandingPath, answer};
use crate::http::commands::carry_out;
use crate::http::problem::Problem;
use crate::http::request::{Caller, Sent};
use crate::http::state::AppState;

/// The record stays.
#[utoipa::path(
    delete,
    path = "/OpenPEX/standing-requests/{id}",
    operation_id = "deleteStandingRequest",
    tag = "Standing requests"
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
