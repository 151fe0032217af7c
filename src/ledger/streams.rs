//! Loads one aggregate from its stream, through the stock repositories of postgres-es and sqlite-es.
//!
//! This is the way to history and to aggregates that are no longer live; the writer's own state comes from
//! the fold of the whole ledger.

use cqrs_es::persist::{EventUpcaster, PersistedEventRepository, SerializedEvent};
use cqrs_es::{Aggregate, EventEnvelope};
use postgres_es::PostgresEventRepository;
use sqlite_es::SqliteEventRepository;

use super::error::{Cause, LedgerError};
use super::store::EventStore;
use super::{Ledger, MemoryStore};

impl Ledger {
    /// The aggregate with this id and the sequence of its last event; `None` if it has no event.
    ///
    /// Events of earlier versions go through `upcasters`, in their order.
    ///
    /// # Errors
    /// The stream cannot be read, has a gap, or holds what `A` cannot read.
    pub async fn load_aggregate<A: Aggregate>(
        &self,
        aggregate_id: &str,
        upcasters: &[Box<dyn EventUpcaster>],
    ) -> Result<Option<(A, u64)>, LedgerError> {
        let events = match self {
            Self::Postgres(store) => {
                let repository = PostgresEventRepository::new(store.pool().clone());
                repository.get_events::<A>(aggregate_id).await
            }
            Self::Sqlite(store) => {
                let repository = SqliteEventRepository::new(store.readers().clone());
                repository.get_events::<A>(aggregate_id).await
            }
            Self::Memory(store) => {
                return replay(
                    aggregate_id,
                    memory(store, A::TYPE, aggregate_id).await?,
                    upcasters,
                );
            }
        };
        replay(
            aggregate_id,
            events.map_err(LedgerError::unavailable)?,
            upcasters,
        )
    }
}

/// A stream of the store in memory, in the form the repositories give.
async fn memory(
    store: &MemoryStore,
    aggregate_type: &'static str,
    aggregate_id: &str,
) -> Result<Vec<SerializedEvent>, LedgerError> {
    let unreadable = |source: serde_json::Error| LedgerError::UnreadableStream {
        aggregate_type,
        aggregate_id: aggregate_id.to_owned(),
        source: source.into(),
    };
    store
        .read_stream(aggregate_type, aggregate_id)
        .await?
        .into_iter()
        .map(|event| {
            Ok(SerializedEvent::new(
                event.aggregate_id,
                usize::try_from(event.sequence).unwrap_or(usize::MAX),
                event.aggregate_type,
                event.event_type,
                event.event_version,
                serde_json::from_str(&event.payload).map_err(unreadable)?,
                serde_json::from_str(&event.metadata).map_err(unreadable)?,
            ))
        })
        .collect()
}

fn replay<A: Aggregate>(
    aggregate_id: &str,
    events: Vec<SerializedEvent>,
    upcasters: &[Box<dyn EventUpcaster>],
) -> Result<Option<(A, u64)>, LedgerError> {
    let unreadable = |source: Cause| LedgerError::UnreadableStream {
        aggregate_type: A::TYPE,
        aggregate_id: aggregate_id.to_owned(),
        source,
    };
    let mut aggregate = A::default();
    let mut last = 0;
    for event in events {
        if event.sequence != last + 1 {
            let why = format!("after sequence {last} comes {}", event.sequence);
            return Err(unreadable(why.into()));
        }
        last = event.sequence;
        let event = upcasters.iter().fold(event, |event, upcaster| {
            if upcaster.can_upcast(&event.event_type, &event.event_version) {
                upcaster.upcast(event)
            } else {
                event
            }
        });
        let event =
            EventEnvelope::<A>::try_from(event).map_err(|source| unreadable(source.into()))?;
        aggregate.apply(event.payload);
    }
    Ok((last > 0).then_some((aggregate, last as u64)))
}
