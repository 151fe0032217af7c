//! `GET /OpenPEX/reservations/{id}/history`: every event of a reservation and of its instances, in order.
//!
//! Each entry has what its link of the chain is made of, so that a reader can check the piece: the hash
//! of the event before it in the ledger, and the event as it is stored.

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::HashMap;
use utoipa::ToSchema;

use super::ReservationPath;
use super::life::{AS_OF, AsOf, Life};
use crate::event_feed::{SENDER_KEY, aggregate_name, metadata_of};
use crate::http::docs::{AsOfProblems, AsOfQuery, CallerProblems, NotThere};
use crate::http::problem::Problem;
use crate::http::reply::json;
use crate::http::request::{Caller, Parameters};
use crate::http::state::AppState;
use crate::http::wire::words::{HistoryAggregate, SenderWord};
use crate::ledger::{ChainHash, StoredEvent};

/// The name under which an event's metadata holds the id of the account that asked for it.
const USER_KEY: &str = "user";
const INSTANCES: &str = "instances";

/// An event as clients see it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = HistoryEntry)]
pub(super) struct Entry {
    pub(super) position: u64,
    sequence: u64,
    #[schema(format = DateTime)]
    pub(super) at: String,
    /// What it happened to.
    #[schema(value_type = HistoryAggregate)]
    aggregate: String,
    /// Which: the id of the reservation or of one of its instances.
    #[schema(format = Uuid)]
    id: String,
    #[schema(required, value_type = Option<SenderWord>)]
    pub(super) sender: Option<String>,
    /// Who asked for it; null for what came about by itself.
    #[schema(required)]
    userid: Option<i64>,
    /// The name of the event.
    #[schema(example = "ReservationConfirmed")]
    pub(super) event: String,
    /// The version of the event's form.
    version: String,
    /// What the event says, as it is stored; null where its name says everything.
    #[schema(value_type = Value)]
    pub(super) data: Box<RawValue>,
    /// What is recorded beside the event, byte for byte as it is stored.
    #[schema(value_type = Value)]
    metadata: Box<RawValue>,
    /// The hash of the event before it in the ledger, in hexadecimal.
    #[schema(required)]
    previous_hash: Option<String>,
    /// The hash that chains it to the event before, in hexadecimal.
    hash: String,
}

/// List the events of a reservation.
///
/// The entries, oldest first; with those of its instances unless `instances=false`. Each has what its link
/// of the chain is made of.
#[utoipa::path(
    get,
    path = "/OpenPEX/reservations/{id}/history",
    operation_id = "listReservationHistory",
    tag = "Reservations",
    params(("id" = String, Path, format = Uuid, description = "The id of a reservation"), AsOfQuery, ("instances" = Option<bool>, Query, description = "false leaves out the events of its instances")),
    responses((status = 200, description = "Every event, oldest first", body = Vec<Entry>), CallerProblems, NotThere, AsOfProblems)
)]
pub async fn history(
    State(app): State<AppState>,
    caller: Caller,
    path: ReservationPath,
    uri: Uri,
) -> Result<Response, Problem> {
    let query = Parameters::of(&uri, &[AS_OF, INSTANCES])?;
    let as_of = AsOf::of(&query)?;
    let instances = query.truth(INSTANCES)?.unwrap_or(true);
    let mut life = Life::read(&app, &caller, path.id, as_of).await?;
    if instances {
        life = life.with_instances(&app, path.id, as_of).await?;
    }
    let of_instances = life.instances.into_iter().flat_map(|(_, events)| events);
    let mut events: Vec<StoredEvent> = life.events.into_iter().chain(of_instances).collect();
    events.sort_by_key(|event| event.position);
    let before: Vec<u64> = events.iter().map(|event| event.position - 1).collect();
    let hashes = app.ledger.hashes_at(&before).await?;
    let entries: Vec<_> = events
        .into_iter()
        .map(|event| {
            let previous = previous_hash(&hashes, event.position);
            let entry = Entry::of(event)?;
            Ok(Entry {
                previous_hash: previous.map(|hash| hash.to_string()),
                ..entry
            })
        })
        .collect::<Result<_, Problem>>()?;
    Ok(json(StatusCode::OK, &entries))
}

fn previous_hash(hashes: &HashMap<u64, ChainHash>, position: u64) -> Option<ChainHash> {
    match position {
        1 => Some(ChainHash::GENESIS),
        position => hashes.get(&(position - 1)).copied(),
    }
}

impl Entry {
    pub(super) fn of(stored: StoredEvent) -> Result<Self, Problem> {
        let unreadable = |error: serde_json::Error| {
            tracing::error!(%error, position = stored.position, "an event does not read");
            Problem::internal()
        };
        let metadata = metadata_of(&stored);
        let text = |key| metadata.get(key).and_then(Value::as_str);
        Ok(Self {
            position: stored.position,
            sequence: stored.sequence,
            at: stored.recorded_at.to_rfc3339(),
            aggregate: aggregate_name(&stored.aggregate_type).to_owned(),
            sender: text(SENDER_KEY).map(str::to_owned),
            userid: text(USER_KEY).and_then(|user| user.parse().ok()),
            data: data_of(&stored.payload).map_err(unreadable)?,
            metadata: RawValue::from_string(stored.metadata).map_err(unreadable)?,
            id: stored.aggregate_id,
            event: stored.event_type,
            version: stored.event_version,
            previous_hash: None,
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
