//! `PUT /OpenPEX/reservations/{id}/options`: claims or drops optional instances.

use axum::extract::State;
use axum::response::Response;
use openpex_aggregates::live::{Command, OptionsRequest};

use super::{ReservationPath, answer};
use crate::http::commands::carry_out;
use crate::http::problem::{FieldError, Problem};
use crate::http::request::{Caller, Fields, Sent};
use crate::http::state::AppState;

/// Takes `{"claim": n}` or `{"drop": n}`; answers with the agreement as it is then. Until the start.
#[utoipa::path(
    put,
    path = "/OpenPEX/reservations/{id}/options",
    operation_id = "changeOptionalInstances",
    tag = "Reservations"
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
