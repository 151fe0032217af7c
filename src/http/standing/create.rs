//! `POST /OpenPEX/standing-requests`: asks to be told, or offered.

use axum::extract::State;
use axum::http::header::LOCATION;
use axum::response::Response;
use openpex_aggregates::StandingRequestId;
use openpex_aggregates::live::{Command, StandingAsk};

use super::answer;
use super::read::read_standing;
use crate::clock::entropy;
use crate::http::commands::carry_out;
use crate::http::problem::Problem;
use crate::http::reply::with_header;
use crate::http::request::{Caller, Sent};
use crate::http::state::AppState;

/// Takes `{"proposal": {…}, "wish", "mode", "until", "betterThan"?}`. What can be met at once is.
#[utoipa::path(
    post,
    path = "/OpenPEX/standing-requests",
    operation_id = "createStandingRequest",
    tag = "Standing requests"
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
