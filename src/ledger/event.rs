//! What goes into the ledger and what comes out of it.
//!
//! Owns the shapes only. An event's text is opaque here: the ledger never parses or rewrites it, since
//! the hash is taken over the bytes.

use std::fmt;

use openpex_aggregates::{Timestamp, UserId};

/// SHA-256 of an event and of everything before it; see [`super::chain`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChainHash(pub [u8; 32]);

impl ChainHash {
    /// What the first event of a ledger is chained to.
    pub const GENESIS: Self = Self([0; 32]);
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An event that is to be appended; its position follows from its place in the batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// `cqrs_es::Aggregate::TYPE`.
    pub aggregate_type: &'static str,
    /// Which aggregate of that type.
    pub aggregate_id: String,
    /// Place in the aggregate's stream, from 1 without gaps.
    pub sequence: u64,
    /// `cqrs_es::DomainEvent::event_type`.
    pub event_type: String,
    /// `cqrs_es::DomainEvent::event_version`.
    pub event_version: String,
    /// The event as JSON text.
    pub payload: String,
    /// A flat JSON object from string to string, as `cqrs_es::EventEnvelope` needs it.
    pub metadata: String,
    /// When it was decided; never before the event ahead of it.
    pub recorded_at: Timestamp,
}

/// An event as the ledger holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Place in the ledger, from 1 without gaps.
    pub position: u64,
    /// When it was decided.
    pub recorded_at: Timestamp,
    /// `cqrs_es::Aggregate::TYPE`.
    pub aggregate_type: String,
    /// Which aggregate of that type.
    pub aggregate_id: String,
    /// Place in the aggregate's stream, from 1 without gaps.
    pub sequence: u64,
    /// `cqrs_es::DomainEvent::event_type`.
    pub event_type: String,
    /// `cqrs_es::DomainEvent::event_version`.
    pub event_version: String,
    /// The event, byte for byte as it was appended.
    pub payload: String,
    /// Its metadata, byte for byte as it was appended.
    pub metadata: String,
    /// Its link of the chain.
    pub hash: ChainHash,
}

/// What is needed of an event to fold it, borrowed from where it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FactText<'a> {
    /// As in [`StoredEvent::position`].
    pub position: u64,
    /// As in [`StoredEvent::recorded_at`].
    pub recorded_at: Timestamp,
    /// As in [`StoredEvent::aggregate_type`].
    pub aggregate_type: &'a str,
    /// As in [`StoredEvent::aggregate_id`].
    pub aggregate_id: &'a str,
    /// As in [`StoredEvent::sequence`].
    pub sequence: u64,
    /// As in [`StoredEvent::event_type`].
    pub event_type: &'a str,
    /// As in [`StoredEvent::event_version`].
    pub event_version: &'a str,
    /// As in [`StoredEvent::payload`].
    pub payload: &'a str,
}

impl StoredEvent {
    /// What is needed of it to fold it.
    #[must_use]
    pub fn fact_text(&self) -> FactText<'_> {
        FactText {
            position: self.position,
            recorded_at: self.recorded_at,
            aggregate_type: &self.aggregate_type,
            aggregate_id: &self.aggregate_id,
            sequence: self.sequence,
            event_type: &self.event_type,
            event_version: &self.event_version,
            payload: &self.payload,
        }
    }

    /// The event of this fact.
    pub(super) fn of(fact: FactText<'_>, metadata: String, hash: ChainHash) -> Self {
        Self {
            position: fact.position,
            recorded_at: fact.recorded_at,
            aggregate_type: fact.aggregate_type.to_owned(),
            aggregate_id: fact.aggregate_id.to_owned(),
            sequence: fact.sequence,
            event_type: fact.event_type.to_owned(),
            event_version: fact.event_version.to_owned(),
            payload: fact.payload.to_owned(),
            metadata,
            hash,
        }
    }
}

/// The last event of the ledger, as far as the next append needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its position; 0 while the ledger is empty.
    pub position: u64,
    /// Its hash; [`ChainHash::GENESIS`] while the ledger is empty.
    pub hash: ChainHash,
    /// When it was decided; nothing may be recorded before this.
    pub recorded_at: Timestamp,
}

impl Head {
    /// The head of a ledger with no event.
    pub const EMPTY: Self = Self {
        position: 0,
        hash: ChainHash::GENESIS,
        recorded_at: Timestamp(i64::MIN),
    };
}

/// An answer that was given under an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// Whose key it is.
    pub user_id: UserId,
    /// The client's key.
    pub key: String,
    /// SHA-256 of the request, which tells a repetition from another request under the same key.
    pub fingerprint: [u8; 32],
    /// The answer, to be given again.
    pub answer: String,
    /// The ledger's position that the answer names.
    pub position: u64,
    /// When it was given.
    pub created_at: Timestamp,
}

/// Everything one append makes durable, or nothing of it.
#[derive(Clone, Copy, Debug)]
pub struct Append<'a> {
    /// The epoch of the writer's claim.
    pub epoch: u64,
    /// The ledger's head as the writer knows it: the first event goes to the position after it.
    pub head: Head,
    /// The events in order; may be empty when there are answers to keep.
    pub events: &'a [NewEvent],
    /// The answers these events decide.
    pub answers: &'a [IdempotencyRecord],
}

/// The folded live state at a position: a cache.
#[derive(Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Position of the last event in it.
    pub position: u64,
    /// Hash of that event, which ties the snapshot to this ledger.
    pub hash: ChainHash,
    /// The state, in a form only its writer knows.
    pub body: Vec<u8>,
    /// When it was taken.
    pub created_at: Timestamp,
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Snapshot at {} ({} bytes, {})",
            self.position,
            self.body.len(),
            self.hash
        )
    }
}
