//! Where the events come from: the seam between the read side and the ledger.

use openpex_aggregates::Timestamp;
use openpex_aggregates::live::Fact;

/// Why the ledger could not be read.
pub type SourceError = Box<dyn std::error::Error + Send + Sync>;

/// One event of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceEvent {
    /// Its place in the whole ledger, gapless from 1.
    pub position: u64,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Its number within its stream, from 1.
    pub sequence: u64,
    /// What happened.
    pub fact: Fact,
}

impl SourceEvent {
    /// Names the event, so that another ledger's event at the same position is told apart.
    pub(crate) fn mark(&self) -> String {
        format!(
            "{}/{}/{} {} {}",
            self.fact.aggregate_type(),
            self.fact.aggregate_id(),
            self.sequence,
            self.fact.event_type(),
            self.recorded_at.0,
        )
    }
}

/// The ledger as the runner reads it.
pub trait EventSource: Send + Sync {
    /// Up to `limit` durable events after `position`, in order and without holes.
    ///
    /// An empty answer means that there is none yet. Implementations read what is durable, never what
    /// is only decided.
    fn read_after(
        &self,
        position: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<SourceEvent>, SourceError>> + Send;
}

impl<S: EventSource> EventSource for &S {
    fn read_after(
        &self,
        position: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<SourceEvent>, SourceError>> + Send {
        (**self).read_after(position, limit)
    }
}

impl<S: EventSource> EventSource for std::sync::Arc<S> {
    fn read_after(
        &self,
        position: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<SourceEvent>, SourceError>> + Send {
        (**self).read_after(position, limit)
    }
}
