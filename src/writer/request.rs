//! What the writer is asked, and how it answers.

use openpex_aggregates::UserId;
use openpex_aggregates::live::{Actor, Answer, Command, CommandRefusal};

/// A command with all that decides how it is taken.
#[derive(Debug, Clone)]
pub struct WriteRequest {
    /// What is asked.
    pub command: Command,
    /// By whom; `None` for what the service itself asks.
    pub actor: Option<Actor>,
    /// The sequence the sender has seen of the aggregate (`If-Match`).
    pub expected_sequence: Option<u64>,
    /// The key under which the answer is kept for ever.
    pub idempotency: Option<IdempotencyKey>,
    /// The id of the request, recorded with each event.
    pub request_id: Option<String>,
}

impl WriteRequest {
    /// What the service itself asks.
    #[must_use]
    pub const fn by_service(command: Command) -> Self {
        Self {
            command,
            actor: None,
            expected_sequence: None,
            idempotency: None,
            request_id: None,
        }
    }
}

/// An `Idempotency-Key` and what was sent with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Whose key it is.
    pub user_id: UserId,
    /// The key.
    pub key: String,
    /// SHA-256 of method, path and body.
    pub fingerprint: [u8; 32],
}

/// A command that is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// What the sender is told.
    pub answer: Answer,
    /// The position of the newest event the answer depends on; reads that have reached it see it.
    pub position: u64,
}

/// Why a command has not taken effect, or is not known to have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// A rule is broken; nothing was appended.
    #[error(transparent)]
    Refused(#[from] CommandRefusal),
    /// Something happened since the sender looked; nothing was appended.
    #[error("sequence {expected} was expected, it is {found}")]
    Stale {
        /// What the sender has seen.
        expected: u64,
        /// How far the aggregate's stream has got.
        found: u64,
    },
    /// Too many commands wait; nothing was appended.
    #[error("{limit} commands wait to be decided, and no more can")]
    QueueFull {
        /// The limit.
        limit: usize,
    },
    /// The append failed; the command may have taken effect, ask again with the same key.
    #[error("the ledger did not take the append; ask again")]
    Unavailable,
    /// Another writer has taken over this ledger: this process must not go on.
    #[error("another writer has taken over this ledger")]
    Fenced,
    /// The service is stopping; nothing was appended.
    #[error("the service is stopping")]
    Stopping,
}
