//! What a store of events must do: the seam between the ledger and PostgreSQL, SQLite or memory.
//!
//! The conformance suite (`tests/ledger`) runs against every implementation.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::Duration;

use async_trait::async_trait;
use openpex_aggregates::UserId;

use super::claim::WriterClaim;
use super::error::LedgerError;
use super::event::{Append, ChainHash, FactText, Head, IdempotencyRecord, Snapshot, StoredEvent};

/// Is shown events in order and says whether it wants the next.
pub type Visitor<'a> = &'a mut (dyn FnMut(StoredEvent) -> ControlFlow<()> + Send);

/// As [`Visitor`], for what is needed to fold them.
pub type FactVisitor<'a> = &'a mut (dyn FnMut(FactText<'_>) -> ControlFlow<()> + Send);

/// A fold over events; an `Err` says why an event does not fit.
pub type Fold<'a> = &'a mut (dyn FnMut(FactText<'_>) -> Result<(), String> + Send);

/// The events of one ledger, who may add to them, and the little that is durable beside them.
#[async_trait]
pub trait EventStore: Send + Sync + 'static {
    /// Takes over as the writer: waits up to `patience` for the one before to end, then adds one to the
    /// epoch.
    ///
    /// # Errors
    /// [`LedgerError::AnotherWriter`] says who holds it.
    async fn claim_writer(
        &self,
        holder: &str,
        patience: Duration,
    ) -> Result<WriterClaim, LedgerError>;

    /// Makes a batch durable, whole or not at all, and answers with the new head.
    ///
    /// Appends are made one after the other. Dropping the future leaves the batch either whole in the
    /// ledger or not there; as with [`LedgerError::OutcomeUnknown`], only reading tells.
    ///
    /// # Errors
    /// All but [`LedgerError::OutcomeUnknown`] mean that nothing was appended.
    async fn append(&self, append: Append<'_>) -> Result<Head, LedgerError>;

    /// The last event.
    async fn head(&self) -> Result<Head, LedgerError>;

    /// Shows `visit` up to `limit` events after `position`, in order, and answers how many it showed.
    ///
    /// What is stored is shown as it is: holes are for the caller to find.
    async fn scan(&self, position: u64, limit: u32, visit: Visitor<'_>)
    -> Result<u32, LedgerError>;

    /// As [`Self::scan`], but reads only what is needed to fold them: a fold of the whole ledger need not
    /// carry the rest.
    async fn scan_facts(
        &self,
        position: u64,
        limit: u32,
        visit: FactVisitor<'_>,
    ) -> Result<u32, LedgerError>;

    /// One aggregate's events, in order.
    async fn read_stream(
        &self,
        aggregate_type: &str,
        aggregate_id: &str,
    ) -> Result<Vec<StoredEvent>, LedgerError>;

    /// The last `limit` of one aggregate's events before `before`, newest first.
    async fn read_stream_back(
        &self,
        aggregate_type: &str,
        aggregate_id: &str,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, LedgerError>;

    /// The hashes of the events at these positions; those that are not there are left out.
    async fn hashes_at(&self, positions: &[u64]) -> Result<HashMap<u64, ChainHash>, LedgerError>;

    /// The answer kept under a user's key.
    async fn find_idempotent(
        &self,
        user_id: UserId,
        key: &str,
    ) -> Result<Option<IdempotencyRecord>, LedgerError>;

    /// Keeps an answer that comes without events.
    ///
    /// # Errors
    /// [`LedgerError::IdempotencyKeyTaken`].
    async fn keep_idempotent(&self, record: &IdempotencyRecord) -> Result<(), LedgerError>;

    /// The highest position that a kept answer names: the ledger must reach at least this far.
    async fn acknowledged_position(&self) -> Result<u64, LedgerError>;

    /// Keeps a snapshot and drops all but the newest two.
    async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), LedgerError>;

    /// The newest snapshot that fits this ledger; those that do not are passed over, with a warning.
    async fn newest_snapshot(&self) -> Result<Option<Snapshot>, LedgerError>;

    /// Up to `limit` events after `position`, in order.
    async fn read_after(&self, position: u64, limit: u32) -> Result<Vec<StoredEvent>, LedgerError> {
        let mut events = Vec::new();
        let mut keep = |event| {
            events.push(event);
            ControlFlow::Continue(())
        };
        self.scan(position, limit, &mut keep).await?;
        Ok(events)
    }

    /// Folds up to `limit` events after `position`, in order, and answers with the last position folded.
    ///
    /// That nothing is missing is checked, not assumed: each position must follow the one before.
    ///
    /// # Errors
    /// [`LedgerError::Gap`], [`LedgerError::FoldRefused`], or the store's.
    async fn fold_page(
        &self,
        position: u64,
        limit: u32,
        fold: Fold<'_>,
    ) -> Result<u64, LedgerError> {
        let (mut last, mut failure) = (position, None);
        let mut visit = |fact: FactText<'_>| {
            let position = fact.position;
            let step = if position == last + 1 {
                fold(fact).map_err(|why| LedgerError::FoldRefused { position, why })
            } else {
                Err(LedgerError::Gap {
                    after: last,
                    found: position,
                })
            };
            match step {
                Ok(()) => {
                    last = position;
                    ControlFlow::Continue(())
                }
                Err(error) => {
                    failure = Some(error);
                    ControlFlow::Break(())
                }
            }
        };
        self.scan_facts(position, limit, &mut visit).await?;
        failure.map_or(Ok(last), Err)
    }
}
