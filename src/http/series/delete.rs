//! `DELETE /OpenPEX/series/{id}?from=`: cancels every occurrence that starts from then on.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use chrono::NaiveDate;
use openpex_aggregates::live::{CancelFrom, Command, SeriesRequest};

use super::{SeriesPath, answer};
use crate::http::commands::carry_out;
use crate::http::docs::{
    CallerProblems, ChangeProblems, CommandProblems, MatchHeader, NotThere, RepeatHeader,
};
use crate::http::problem::Problem;
use crate::http::request::{Caller, Parameters, Sent};
use crate::http::state::AppState;
use crate::http::wire::SeriesOut;
use crate::writer::WriteRequest;

const FROM: &str = "from";

/// Cancel the rest of a series.
///
/// `from` is a date, which begins when it does in the zone of the series, or an instant; left out,
/// everything that is not over is meant. Each is refunded by the schedule.
#[utoipa::path(
    delete,
    path = "/OpenPEX/series/{id}",
    operation_id = "deleteSeries",
    tag = "Series",
    params(("id" = String, Path, format = Uuid, description = "The id of a series"), ("from" = Option<String>, Query, description = "A date in the zone of the series, or an instant; left out, everything that is not over"), RepeatHeader, MatchHeader),
    responses((status = 200, description = "The series as that has left it", body = SeriesOut, headers(("ETag" = String, description = "How far it has got"))), CallerProblems, NotThere, ChangeProblems, CommandProblems)
)]
pub async fn delete(
    State(app): State<AppState>,
    caller: Caller,
    SeriesPath(series_id): SeriesPath,
    uri: Uri,
    sent: Sent,
) -> Result<Response, Problem> {
    caller.check_may_change()?;
    sent.expect_no_body()?;
    let parameters = Parameters::of(&uri, &[FROM])?;
    let text = parameters.text(FROM);
    let from = match text.and_then(date) {
        Some(date) => Some(CancelFrom::Date(date)),
        None => parameters.instant(FROM)?.map(CancelFrom::Instant),
    };
    let command = Command::Series {
        series_id,
        request: SeriesRequest::Cancel(from),
    };
    let actor = caller.actor();
    let request = WriteRequest {
        // What is asked is in the query: under one key it is not two things.
        idempotency: sent.key_of(actor.user_id, text.unwrap_or_default().as_bytes()),
        ..sent.ask(actor, command)
    };
    Ok(answer(&carry_out(&app, request).await?)?.1)
}

fn date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}
