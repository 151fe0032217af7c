//! `PUT /OpenPEX/series/{id}`: confirms all that is held of a series, or gives it up.

use axum::extract::State;
use axum::response::Response;
use openpex_aggregates::live::{Command, SeriesRequest};
use utoipa::ToSchema;

use super::{SeriesPath, answer};
use crate::http::commands::carry_out;
use crate::http::docs::{
    CallerProblems, ChangeProblems, CommandProblems, MatchHeader, NotThere, RepeatHeader,
};
use crate::http::problem::{FieldError, Problem};
use crate::http::request::{Caller, Fields, Sent};
use crate::http::state::AppState;
use crate::http::wire::SeriesOut;
use crate::http::wire::words::SeriesReply;

/// What a user says about a whole series.
#[derive(ToSchema)]
#[schema(as = SeriesMessage)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "described; `update` reads it")]
struct MessageBody {
    reply: SeriesReply,
}

/// Confirm a series or give it up.
///
/// Takes `{"reply": "CONFIRM"}` or `{"reply": "REJECT"}`.
#[utoipa::path(
    put,
    path = "/OpenPEX/series/{id}",
    operation_id = "updateSeries",
    tag = "Series",
    params(("id" = String, Path, format = Uuid, description = "The id of a series"), RepeatHeader, MatchHeader),
    request_body = MessageBody,
    responses((status = 200, description = "The series as that has left it", body = SeriesOut, headers(("ETag" = String, description = "How far it has got"))), CallerProblems, NotThere, ChangeProblems, CommandProblems)
)]
pub async fn update(
    State(app): State<AppState>,
    caller: Caller,
    SeriesPath(series_id): SeriesPath,
    sent: Sent,
) -> Result<Response, Problem> {
    caller.check_may_change()?;
    let mut fields = Fields::of_body(&sent.body)?;
    let reply = fields.text("reply")?;
    fields.finish()?;
    let request = match reply.as_deref() {
        Some("CONFIRM") => SeriesRequest::Confirm,
        Some("REJECT") => SeriesRequest::Withdraw,
        None => return Err(Problem::invalid(vec![FieldError::required("reply")])),
        Some(other) => {
            let error =
                FieldError::none_of("reply", "unknown_reply", other, &["CONFIRM", "REJECT"]);
            return Err(Problem::invalid(vec![error]));
        }
    };
    let command = Command::Series { series_id, request };
    let request = sent.ask(caller.actor(), command);
    Ok(answer(&carry_out(&app, request).await?)?.1)
}
