//! `POST /OpenPEX/series`: asks for the same terms again and again.

use axum::extract::State;
use axum::http::header::LOCATION;
use axum::response::Response;
use openpex_aggregates::SeriesId;
use openpex_aggregates::live::{Command, SeriesRequest};

use super::answer;
use super::read::{SeriesBody, read_series};
use crate::clock::entropy;
use crate::http::commands::carry_out;
use crate::http::docs::{CallerProblems, ChangeProblems, CommandProblems, RepeatHeader};
use crate::http::problem::Problem;
use crate::http::reply::with_header;
use crate::http::request::{Caller, Sent};
use crate::http::state::AppState;
use crate::http::wire::SeriesOut;

/// Ask for the same terms again and again.
///
/// Takes `{"proposal": {…}, "recurrence": {…}}`; answers `ACCEPT` with every occurrence held, or
/// `REJECT` with those that do not fit.
#[utoipa::path(
    post,
    path = "/OpenPEX/series",
    operation_id = "createSeries",
    tag = "Series",
    params(RepeatHeader),
    request_body = SeriesBody,
    responses((status = 200, description = "ACCEPT with every occurrence held, or REJECT with those that do not fit", body = SeriesOut, headers(("Location" = String, description = "Where it is"), ("ETag" = String, description = "How far it has got"))), CallerProblems, ChangeProblems, CommandProblems)
)]
pub async fn create(
    State(app): State<AppState>,
    caller: Caller,
    sent: Sent,
) -> Result<Response, Problem> {
    caller.check_may_change()?;
    let (proposal, recurrence) = read_series(&sent.body)?;
    let command = Command::Series {
        series_id: SeriesId(entropy::new_uuid_at(app.clock.now())),
        request: SeriesRequest::Ask {
            proposal: Box::new(proposal),
            recurrence,
        },
    };
    let committed = carry_out(&app, sent.ask(caller.actor(), command)).await?;
    let (id, response) = answer(&committed)?;
    Ok(with_header(
        response,
        LOCATION,
        &format!("/OpenPEX/series/{id}"),
    ))
}
