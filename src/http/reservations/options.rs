//! `PUT /OpenPEX/reservations/{id}/options`: claims or drops optional instances.

use axum::extract::State;
use axum::response::Response;
use openpex_aggregates::live::{Command, OptionsRequest};
use utoipa::ToSchema;

use super::{ReservationPath, answer};
use crate::http::commands::carry_out;
use crate::http::docs::{
    CallerProblems, ChangeProblems, CommandProblems, MatchHeader, NotThere, RepeatHeader,
};
use crate::http::problem::{FieldError, Problem};
use crate::http::request::{Caller, Fields, Sent};
use crate::http::state::AppState;
use crate::http::wire::NegotiationAnswer;

/// Which optional instances are claimed or dropped: one of the two.
#[derive(ToSchema)]
#[schema(as = OptionsChange, example = json!({"claim": 1}))]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "described; `read` reads it")]
struct OptionsBody {
    /// So many more are taken.
    #[schema(minimum = 1)]
    claim: Option<i64>,
    /// So many are given up.
    #[schema(minimum = 1)]
    drop: Option<i64>,
}

/// Claim or drop optional instances.
///
/// Takes `{"claim": n}` or `{"drop": n}`; answers with the agreement as it is then. Until the start.
#[utoipa::path(
    put,
    path = "/OpenPEX/reservations/{id}/options",
    operation_id = "changeOptionalInstances",
    tag = "Reservations",
    params(("id" = String, Path, format = Uuid, description = "The id of a reservation"), RepeatHeader, MatchHeader),
    request_body = OptionsBody,
    responses((status = 200, description = "The agreement as it is then", body = NegotiationAnswer, headers(("ETag" = String, description = "How far it has got"))), CallerProblems, NotThere, ChangeProblems, CommandProblems)
)]
pub async fn options(
    State(app): State<AppState>,
    caller: Caller,
    path: ReservationPath,
    sent: Sent,
) -> Result<Response, Problem> {
    caller.check_may_change()?;
    let command = Command::Options {
        reservation_id: path.id,
        request: read(&sent.body)?,
    };
    let request = sent.ask(caller.actor(), command);
    answer(&carry_out(&app, request).await?, &path.notes)
}

fn read(body: &[u8]) -> Result<OptionsRequest, Problem> {
    let mut fields = Fields::of_body(body)?;
    let (claim, drop) = (fields.integer("claim")?, fields.integer("drop")?);
    fields.finish()?;
    match (claim, drop) {
        (Some(count), None) => count_of("claim", count).map(OptionsRequest::Claim),
        (None, Some(count)) => count_of("drop", count).map(OptionsRequest::Drop),
        (Some(_), Some(_)) | (None, None) => {
            let detail = "one of claim and drop must be given, and not both";
            Err(Problem::invalid(vec![FieldError::new(
                "claim", "required", detail,
            )]))
        }
    }
}

fn count_of(field: &'static str, count: i64) -> Result<u32, Problem> {
    let counted = u32::try_from(count).ok().filter(|count| *count > 0);
    counted.ok_or_else(|| {
        let detail = format!("{count} instances; at least 1 must be");
        let error = FieldError::new(field, "instances_out_of_range", detail).with("asked", count);
        Problem::invalid(vec![error.with("min", 1)])
    })
}
