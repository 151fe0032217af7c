//! A store in memory, for simulation and fast tests, that fails when it is told to.
//!
//! It outlives the writer: a simulated crash drops the writer and its claim, and the next one finds the
//! same events here. Durable it is not, so no URL leads to it.

use std::collections::HashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use openpex_aggregates::UserId;
use serde::de::IgnoredAny;

use super::chain;
use super::claim::{Hold, WriterClaim};
use super::error::{Cause, LedgerError};
use super::event::{Append, ChainHash, Head, IdempotencyRecord, NewEvent, Snapshot, StoredEvent};
use super::rules::{self, CLAIM_RETRY, SNAPSHOTS_KEPT};
use super::store::{EventStore, FactVisitor, Visitor};

/// How an append goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendFault {
    /// It fails before its effect, and says so.
    NotAppended,
    /// The store is lost before the effect: nobody knows, and nothing was appended.
    LostBefore,
    /// The store is lost after the effect: nobody knows, and everything was appended.
    LostAfter,
}

/// Decides, for each append that would succeed, whether it goes wrong. Is told the first position.
type FaultPlan = Box<dyn FnMut(u64) -> Option<AppendFault> + Send>;

/// The store; clones share it.
#[derive(Clone, Default)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    events: Vec<StoredEvent>,
    /// Streams' events as indexes into `events`.
    streams: BTreeMap<(String, String), Vec<usize>>,
    answers: BTreeMap<(UserId, String), IdempotencyRecord>,
    snapshots: BTreeMap<u64, Snapshot>,
    epoch: u64,
    holder: String,
    claim: Weak<()>,
    faults: Option<FaultPlan>,
}

impl MemoryStore {
    /// An empty ledger.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on, `plan` decides which appends go wrong; it is asked once for each append that would
    /// succeed, with the append's first position.
    pub fn set_faults(&self, plan: impl FnMut(u64) -> Option<AppendFault> + Send + 'static) {
        self.state().faults = Some(Box::new(plan));
    }

    /// Ends the present writer's claim without its knowledge, as a lost session does; the next one gets
    /// in and fences it.
    pub fn cut_off_writer(&self) {
        self.state().claim = Weak::new();
    }

    /// The epoch of the present writer.
    pub(super) fn epoch(&self) -> u64 {
        self.state().epoch
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere cannot leave a batch half in: everything is checked before it is inserted.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn head(&self) -> Head {
        self.events.last().map_or(Head::EMPTY, |event| Head {
            position: event.position,
            hash: event.hash,
            recorded_at: event.recorded_at,
        })
    }

    /// Whether the database would take these events and answers.
    fn check_rows(&self, append: &Append<'_>) -> Result<(), LedgerError> {
        let mut new = BTreeSet::new();
        for event in append.events {
            let NewEvent {
                aggregate_type,
                aggregate_id,
                sequence,
                payload,
                metadata,
                ..
            } = event;
            for text in [payload, metadata] {
                serde_json::from_str::<IgnoredAny>(text).map_err(LedgerError::not_appended)?;
            }
            if *sequence == 0 {
                return Err(LedgerError::not_appended("sequences count from 1"));
            }
            let stream = self
                .streams
                .get(&((*aggregate_type).to_owned(), aggregate_id.clone()));
            let taken = stream
                .into_iter()
                .flatten()
                .any(|i| self.events[*i].sequence == *sequence);
            if taken || !new.insert((aggregate_type, aggregate_id, sequence)) {
                return Err(LedgerError::StreamConflict);
            }
        }
        let mut new = BTreeSet::new();
        for answer in append.answers {
            let key = (answer.user_id, answer.key.clone());
            if self.answers.contains_key(&key) || !new.insert(key) {
                return Err(LedgerError::IdempotencyKeyTaken);
            }
        }
        Ok(())
    }

    fn insert(&mut self, append: &Append<'_>) -> Head {
        let hashes = chain::extend(append.head, append.events);
        for (event, hash) in append.events.iter().zip(&hashes) {
            let stream = (event.aggregate_type.to_owned(), event.aggregate_id.clone());
            self.streams
                .entry(stream)
                .or_default()
                .push(self.events.len());
            self.events.push(StoredEvent {
                position: self.events.len() as u64 + 1,
                recorded_at: event.recorded_at,
                aggregate_type: event.aggregate_type.to_owned(),
                aggregate_id: event.aggregate_id.clone(),
                sequence: event.sequence,
                event_type: event.event_type.clone(),
                event_version: event.event_version.clone(),
                payload: event.payload.clone(),
                metadata: event.metadata.clone(),
                hash: *hash,
            });
        }
        for answer in append.answers {
            self.answers
                .insert((answer.user_id, answer.key.clone()), answer.clone());
        }
        chain::head_after(append.head, append.events, &hashes)
    }
}

#[async_trait]
impl EventStore for MemoryStore {
    async fn claim_writer(
        &self,
        holder: &str,
        patience: Duration,
    ) -> Result<WriterClaim, LedgerError> {
        let mut waited = Duration::ZERO;
        loop {
            let refused = {
                let mut state = self.state();
                if state.claim.strong_count() == 0 {
                    let token = Arc::new(());
                    state.claim = Arc::downgrade(&token);
                    state.epoch += 1;
                    holder.clone_into(&mut state.holder);
                    let hold = Hold::Token {
                        token,
                        store: self.clone(),
                    };
                    return Ok(WriterClaim::new(state.epoch, holder, hold));
                }
                LedgerError::AnotherWriter {
                    holder: state.holder.clone(),
                    epoch: state.epoch,
                    waited,
                }
            };
            if waited >= patience {
                return Err(refused);
            }
            tokio::time::sleep(CLAIM_RETRY).await;
            waited += CLAIM_RETRY;
        }
    }

    async fn append(&self, append: Append<'_>) -> Result<Head, LedgerError> {
        rules::check_batch(&append)?;
        let mut state = self.state();
        rules::check_head(&append, state.epoch, state.head())?;
        state.check_rows(&append)?;
        let fault = state
            .faults
            .as_mut()
            .and_then(|plan| plan(append.head.position + 1));
        let injected = || Cause::from("injected fault");
        match fault {
            None => Ok(state.insert(&append)),
            Some(AppendFault::NotAppended) => Err(LedgerError::NotAppended(injected())),
            Some(AppendFault::LostBefore) => Err(LedgerError::OutcomeUnknown(injected())),
            Some(AppendFault::LostAfter) => {
                state.insert(&append);
                Err(LedgerError::OutcomeUnknown(injected()))
            }
        }
    }

    async fn head(&self) -> Result<Head, LedgerError> {
        Ok(self.state().head())
    }

    async fn scan(
        &self,
        position: u64,
        limit: u32,
        visit: Visitor<'_>,
    ) -> Result<u32, LedgerError> {
        // Copied first: the visitor may come back to this store.
        let start = usize::try_from(position).unwrap_or(usize::MAX);
        let page: Vec<StoredEvent> = self
            .state()
            .events
            .iter()
            .skip(start)
            .take(limit as usize)
            .cloned()
            .collect();
        let mut shown = 0;
        for event in page {
            shown += 1;
            if let ControlFlow::Break(()) = visit(event) {
                break;
            }
        }
        Ok(shown)
    }

    async fn scan_facts(
        &self,
        position: u64,
        limit: u32,
        visit: FactVisitor<'_>,
    ) -> Result<u32, LedgerError> {
        self.scan(position, limit, &mut |event| visit(event.fact_text()))
            .await
    }

    async fn read_stream(
        &self,
        aggregate_type: &str,
        aggregate_id: &str,
    ) -> Result<Vec<StoredEvent>, LedgerError> {
        let state = self.state();
        let stream = state
            .streams
            .get(&(aggregate_type.to_owned(), aggregate_id.to_owned()));
        let mut events: Vec<StoredEvent> = stream
            .into_iter()
            .flatten()
            .map(|i| state.events[*i].clone())
            .collect();
        events.sort_by_key(|event| event.sequence);
        Ok(events)
    }

    async fn read_stream_back(
        &self,
        aggregate_type: &str,
        aggregate_id: &str,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, LedgerError> {
        let mut events = self.read_stream(aggregate_type, aggregate_id).await?;
        events.retain(|event| before.is_none_or(|before| event.sequence < before));
        events.reverse();
        events.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(events)
    }

    async fn hashes_at(&self, positions: &[u64]) -> Result<HashMap<u64, ChainHash>, LedgerError> {
        let state = self.state();
        let found = positions.iter().filter_map(|position| {
            let index = usize::try_from(position.checked_sub(1)?).ok()?;
            Some((*position, state.events.get(index)?.hash))
        });
        Ok(found.collect())
    }

    async fn find_idempotent(
        &self,
        user_id: UserId,
        key: &str,
    ) -> Result<Option<IdempotencyRecord>, LedgerError> {
        Ok(self
            .state()
            .answers
            .get(&(user_id, key.to_owned()))
            .cloned())
    }

    async fn keep_idempotent(&self, record: &IdempotencyRecord) -> Result<(), LedgerError> {
        let mut state = self.state();
        let key = (record.user_id, record.key.clone());
        if state.answers.contains_key(&key) {
            return Err(LedgerError::IdempotencyKeyTaken);
        }
        state.answers.insert(key, record.clone());
        Ok(())
    }

    async fn acknowledged_position(&self) -> Result<u64, LedgerError> {
        Ok(self
            .state()
            .answers
            .values()
            .map(|answer| answer.position)
            .max()
            .unwrap_or(0))
    }

    async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), LedgerError> {
        rules::check_snapshot(snapshot)?;
        let mut state = self.state();
        state.snapshots.insert(snapshot.position, snapshot.clone());
        while state.snapshots.len() > SNAPSHOTS_KEPT {
            state.snapshots.pop_first();
        }
        Ok(())
    }

    async fn newest_snapshot(&self) -> Result<Option<Snapshot>, LedgerError> {
        let state = self.state();
        let fits = |snapshot: &&Snapshot| {
            let index = usize::try_from(snapshot.position)
                .ok()
                .and_then(|p| p.checked_sub(1));
            let event = index.and_then(|index| state.events.get(index));
            event.is_some_and(|event| event.hash == snapshot.hash)
        };
        let newest = state
            .snapshots
            .last_key_value()
            .map(|(position, _)| *position);
        let found = state.snapshots.values().rev().find(fits).cloned();
        rules::warn_of_snapshots_passed_over(newest, found.as_ref());
        Ok(found)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        write!(
            f,
            "MemoryStore with {} events, epoch {}",
            state.events.len(),
            state.epoch
        )
    }
}
