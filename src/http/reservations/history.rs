//! `GET /OpenPEX/reservations/{id}/history`: every event of a reservation, in order.
//!
//! Read from the ledger itself, not from a view: it is never behind. Not paged, since the rounds
//! of a negotiation are limited, and with them the events of a reservation.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::HashMap;
use utoipa::ToSchema;

use super::ReservationPath;
use crate::http::docs::{CallerProblems, NotThere};
use crate::http::ended::fold_reservation;
use crate::http::problem::Problem;
use crate::http::reply::json;
use crate::http::request::Caller;
use crate::http::state::AppState;
use crate::http::wire::words::SenderWord;
use crate::ledger::StoredEvent;

/// The name under which an event's metadata holds its sender.
pub const SENDER_KEY: &str = "sender";

/// An event as clients see it.
#[derive(Serialize, ToSchema)]
#[schema(as = HistoryEntry)]
pub(super) struct Entry {
    pub(super) position: u64,
    sequence: u64,
    #[schema(format = DateTime)]
    pub(super) at: String,
    #[schema(required, value_type = Option<SenderWord>)]
    pub(super) sender: Option<String>,
    /// The name of the event.
    #[schema(example = "ReservationConfirmed")]
    pub(super) event: String,
    /// What the event says, as it is stored; null where its name says everything.
    #[schema(value_type = Value)]
    pub(super) data: Box<RawValue>,
    /// The hash that chains it to the event before, in hexadecimal.
    hash: String,
}

/// List the events of a reservation.
///
/// The entries, oldest first.
#[utoipa::path(
    get,
    path = "/OpenPEX/reservations/{id}/history",
    operation_id = "listReservationHistory",
    tag = "Reservations",
    params(("id" = String, Path, format = Uuid, description = "The id of a reservation")),
    responses((status = 200, description = "Every event, oldest first", body = Vec<Entry>), CallerProblems, NotThere)
)]
pub async fn history(
    State(app): State<AppState>,
    caller: Caller,
    path: ReservationPath,
) -> Result<Response, Problem> {
    let events = app
        .ledger
        .read_stream("reservation", &path.id.to_string())
        .await?;
    fold_reservation(&events)?
        .filter(|cold| caller.may_see(cold.state.user_id))
        .ok_or_else(|| Problem::not_found("reservation"))?;
    let entries: Vec<_> = events
        .into_iter()
        .map(Entry::of)
        .collect::<Result<_, _>>()?;
    Ok(json(StatusCode::OK, &entries))
}

impl Entry {
    pub(super) fn of(stored: StoredEvent) -> Result<Self, Problem> {
        let unreadable = |error: serde_json::Error| {
            tracing::error!(%error, position = stored.position, "an event does not read");
            Problem::internal()
        };
        let metadata: HashMap<String, Value> =
            serde_json::from_str(&stored.metadata).map_err(unreadable)?;
        let sender = metadata
            .get(SENDER_KEY)
            .and_then(Value::as_str)
            .map(str::to_owned);
        Ok(Self {
            position: stored.position,
            sequence: stored.sequence,
            at: stored.recorded_at.to_rfc3339(),
            sender,
            data: data_of(&stored.payload).map_err(unreadable)?,
            event: stored.event_type,
            hash: stored.hash.to_string(),
        })
    }
}

/// What the payload says of the event beside its name, byte for byte as it is stored; `null` for an
/// event that is only a name. So `{"<event>":<data>}` or `"<event>"` is what was hashed.
fn data_of(payload: &str) -> Result<Box<RawValue>, serde_json::Error> {
    if payload.starts_with('"') {
        return RawValue::from_string("null".to_owned());
    }
    let named: HashMap<String, Box<RawValue>> = serde_json::from_str(payload)?;
    match named.into_values().next() {
        Some(data) => Ok(data),
        None => RawValue::from_string("null".to_owned()),
    }
}
