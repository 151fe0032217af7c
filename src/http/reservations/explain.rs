//! `GET /OpenPEX/reservations/{id}/explain`: how it came about, in words and in JSON.

use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use openpex_aggregates::ReservationId;
use openpex_aggregates::live::Fact;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::ReservationPath;
use super::history::Entry;
use super::life::{AS_OF, AsOf, Life};
use crate::http::docs::{AsOfProblems, AsOfQuery, CallerProblems, NotThere};
use crate::http::problem::Problem;
use crate::http::reply::json;
use crate::http::request::{Caller, Parameters};
use crate::http::state::AppState;
use crate::http::wire::words::{ReservationStatus, SenderWord};
use crate::ledger::StoredEvent;
use crate::writer::stored_fact;

/// A step with what it says.
#[derive(Serialize, ToSchema)]
#[schema(as = ExplanationStep)]
struct Step {
    position: u64,
    #[schema(format = DateTime)]
    at: String,
    #[schema(required, value_type = Option<SenderWord>)]
    sender: Option<String>,
    event: String,
    /// What it says, in sentences.
    words: Vec<String>,
    /// What the event says, as it is stored.
    #[schema(value_type = Value)]
    data: Box<RawValue>,
}

/// How a reservation came about.
#[derive(Serialize, ToSchema)]
struct Explanation {
    #[schema(value_type = String, format = Uuid)]
    id: ReservationId,
    #[schema(value_type = ReservationStatus)]
    status: &'static str,
    /// What stands now: the words of the newest step.
    summary: Vec<String>,
    steps: Vec<Step>,
}

/// Explain how a reservation came about.
///
/// JSON, or plain text for who accepts only that; with `as_of`, what had happened until then.
#[utoipa::path(
    get,
    path = "/OpenPEX/reservations/{id}/explain",
    operation_id = "explainReservation",
    tag = "Reservations",
    params(("id" = String, Path, format = Uuid, description = "The id of a reservation"), AsOfQuery),
    responses((status = 200, description = "JSON, or plain text for who accepts only that", content((Explanation = "application/json"), (String = "text/plain"))), CallerProblems, NotThere, AsOfProblems)
)]
pub async fn explain(
    State(app): State<AppState>,
    caller: Caller,
    path: ReservationPath,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let as_of = AsOf::of(&Parameters::of(&uri, &[AS_OF])?)?;
    let Life { cold, events, .. } = Life::read(&app, &caller, path.id, as_of).await?;
    let steps: Vec<Step> = events.into_iter().map(Step::of).collect::<Result<_, _>>()?;
    let accepts = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    if accepts.is_some_and(|accepts| accepts.starts_with("text/plain")) {
        return Ok(as_text(&steps));
    }
    let summary = steps.last().map(|step| step.words.clone());
    let explanation = Explanation {
        id: path.id,
        status: cold.state.status.name().as_str(),
        summary: summary.unwrap_or_default(),
        steps,
    };
    Ok(json(StatusCode::OK, &explanation))
}

impl Step {
    fn of(stored: StoredEvent) -> Result<Self, Problem> {
        let words = match stored_fact(stored.fact_text()) {
            Ok(Fact::Reservation(_, event)) => event.explain(),
            Ok(
                Fact::Instance(..)
                | Fact::Node(..)
                | Fact::Site(_)
                | Fact::Account(..)
                | Fact::Series(..)
                | Fact::Standing(..),
            )
            | Err(_) => {
                tracing::error!(position = stored.position, "an event does not read");
                return Err(Problem::internal());
            }
        };
        let Entry {
            position,
            at,
            sender,
            event,
            data,
            ..
        } = Entry::of(stored)?;
        Ok(Self {
            position,
            at,
            sender,
            event,
            words,
            data,
        })
    }
}

fn as_text(steps: &[Step]) -> Response {
    let mut text = String::new();
    for step in steps {
        let sender = step.sender.as_deref().unwrap_or("unknown");
        text += &format!("{} {sender}: {}\n", step.at, step.words.join(" "));
    }
    let content_type = HeaderValue::from_static("text/plain; charset=utf-8");
    (StatusCode::OK, [(CONTENT_TYPE, content_type)], text).into_response()
}
