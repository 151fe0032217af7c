//! What can go wrong with the ledger, told apart by what the caller must do next.
//!
//! The writer's rule: after [`LedgerError::OutcomeUnknown`] nobody knows whether the batch is in the
//! ledger, so it folds again before it answers anyone. After every other error of an append the batch
//! is surely not there.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use openpex_aggregates::Timestamp;

/// The error underneath, from a driver, the operating system or an injected fault.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Why the ledger could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database URL is of no store we have, or names none.
    #[error("cannot use database url `{url}`: {why}")]
    BadUrl {
        /// The URL, without any password.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A ledger was to be read that is not there.
    #[error("no ledger at {}", path.display())]
    NotThere {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The tables are older than this program and were opened only to be read.
    #[error("the ledger's tables are not those of this release; start the service once to migrate")]
    NotMigrated,
    /// The tables could not be brought up to this release.
    #[error("the ledger's tables could not be migrated")]
    Migration(#[source] Cause),
    /// PostgreSQL is set up to lose what it has acknowledged.
    #[error(
        "postgresql runs with {setting} = {value}: it would lose acknowledged events, turn it on"
    )]
    NotDurable {
        /// The setting.
        setting: String,
        /// What it is set to.
        value: String,
    },
    /// A file beside the ledger could not be made or locked.
    #[error("cannot use {}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The store could not be reached or did not answer; nothing was changed.
    #[error("the ledger cannot be read")]
    Unavailable(#[source] Cause),

    /// Another process holds the writer's claim.
    #[error(
        "another writer holds the ledger: `{holder}`, epoch {epoch}; waited {} ms for it to end",
        waited.as_millis()
    )]
    AnotherWriter {
        /// Who it says it is.
        holder: String,
        /// Its epoch.
        epoch: u64,
        /// How long this one tried.
        waited: Duration,
    },
    /// Another writer has taken over since this one's claim; nothing was appended.
    #[error("another writer has taken over: our epoch is {ours}, the ledger's is {current}")]
    Fenced {
        /// Epoch of the claim the append was made under.
        ours: u64,
        /// Epoch of the ledger.
        current: u64,
    },
    /// There is an event at this position already; nothing was appended.
    #[error("position {position} is taken")]
    PositionTaken {
        /// The first position the append wanted.
        position: u64,
    },
    /// The append would leave a hole; nothing was appended.
    #[error("position {position} would leave a gap after head {head}")]
    PositionGap {
        /// The first position the append wanted.
        position: u64,
        /// The last position there is.
        head: u64,
    },
    /// The append continues another history than the ledger's; nothing was appended.
    #[error("the event at position {position} has another hash than the append continues")]
    ForkedChain {
        /// Position of the ledger's head.
        position: u64,
    },
    /// An event would be recorded before the one ahead of it; nothing was appended.
    #[error("recorded_at {recorded_at} lies before {previous}, that of the event ahead of it")]
    ClockWentBack {
        /// The event's instant.
        recorded_at: Timestamp,
        /// The instant of the event ahead of it.
        previous: Timestamp,
    },
    /// A stream has an event with this sequence already; nothing was appended.
    #[error("a stream has an event with the same sequence already")]
    StreamConflict,
    /// An answer is kept under this user's key already; nothing was appended.
    #[error("an answer is kept under the same idempotency key already")]
    IdempotencyKeyTaken,
    /// More events than one append may carry; nothing was appended.
    #[error("{count} events in one append, the limit is {limit}")]
    TooManyEvents {
        /// How many there were.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// The store refused the write; nothing was changed.
    #[error("the ledger refused the write")]
    NotAppended(#[source] Cause),
    /// The store was lost while it made the batch durable: it is in the ledger whole, or not at all.
    #[error("the outcome of the write is unknown")]
    OutcomeUnknown(#[source] Cause),

    /// A row holds what this release cannot read.
    #[error("the event at position {position} cannot be read: {why}")]
    Unreadable {
        /// Which event; 0 when even that is unknown.
        position: u64,
        /// What is wrong with it.
        why: String,
    },
    /// An event is missing from the middle of the ledger.
    #[error("after position {after} comes {found}: events are missing")]
    Gap {
        /// Last position read in order.
        after: u64,
        /// The one that came next.
        found: u64,
    },
    /// Reading ended before the head that was there when it began.
    #[error("reading ended at position {last}, before the head at {head}")]
    CutShort {
        /// Last position read.
        last: u64,
        /// The head when reading began.
        head: u64,
    },
    /// The caller's fold did not take an event.
    #[error("the event at position {position} cannot be folded: {why}")]
    FoldRefused {
        /// Which event.
        position: u64,
        /// What the fold said.
        why: String,
    },
    /// A stream cannot be loaded as its aggregate.
    #[error("{aggregate_type} {aggregate_id} cannot be loaded")]
    UnreadableStream {
        /// The aggregate's type.
        aggregate_type: &'static str,
        /// Which aggregate.
        aggregate_id: String,
        /// What is wrong with it.
        #[source]
        source: Cause,
    },
    /// A snapshot too large to keep.
    #[error("a snapshot of {bytes} bytes, the limit is {limit}")]
    SnapshotTooLarge {
        /// Its size.
        bytes: usize,
        /// How large it may be.
        limit: usize,
    },
}

impl LedgerError {
    /// An error of reading.
    pub(crate) fn unavailable(cause: impl Into<Cause>) -> Self {
        Self::Unavailable(cause.into())
    }

    /// A write that surely did not happen.
    pub(crate) fn not_appended(cause: impl Into<Cause>) -> Self {
        Self::NotAppended(cause.into())
    }

    /// A write that may have happened.
    pub(crate) fn outcome_unknown(cause: impl Into<Cause>) -> Self {
        Self::OutcomeUnknown(cause.into())
    }
}
