//! The writer's claim: who may append.
//!
//! Two guards, because each covers what the other cannot. The lock (a file lock for SQLite, a session's
//! advisory lock on PostgreSQL) ends with its process, so a second writer is turned away while the first
//! lives and let in as soon as it is dead. The epoch is checked inside every append, so a writer that
//! lost its lock without noticing (a session cut off, a machine that slept) cannot append beside its
//! successor.

use std::fmt;
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use sqlx::{Connection, PgConnection, SqlitePool};
use tokio::sync::Mutex;

use super::memory::MemoryStore;

/// How long a session may take to say that it is still there.
const HELD_PATIENCE: Duration = Duration::from_secs(5);

/// Reads the epoch; the same in both databases.
pub(super) const SELECT_EPOCH: &str = "SELECT epoch FROM ledger_writer WHERE only_row = 1";

/// The right to append, until it is dropped or another writer takes over.
pub struct WriterClaim {
    epoch: u64,
    holder: String,
    hold: Hold,
}

/// What keeps others out.
pub(super) enum Hold {
    /// A locked file beside the database.
    File { lock: File, readers: SqlitePool },
    /// A session with an advisory lock.
    Session(Box<Mutex<PgConnection>>),
    /// A token whose last clone ends the claim.
    Token { token: Arc<()>, store: MemoryStore },
}

impl WriterClaim {
    pub(super) fn new(epoch: u64, holder: &str, hold: Hold) -> Self {
        Self {
            epoch,
            holder: holder.to_owned(),
            hold,
        }
    }

    /// What every append must carry.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Who claimed, as the second writer is told.
    #[must_use]
    pub fn holder(&self) -> &str {
        &self.holder
    }

    /// Whether the claim still stands: the lock is alive and nobody has taken over.
    ///
    /// An answer of `true` may be old by the time it is read; what keeps the ledger safe is the check of
    /// the epoch in each append.
    pub async fn is_held(&self) -> bool {
        let current = match &self.hold {
            Hold::File { readers, .. } => {
                let epoch = sqlx::query_scalar::<_, i64>(SELECT_EPOCH).fetch_one(readers);
                tokio::time::timeout(HELD_PATIENCE, epoch).await
            }
            Hold::Session(session) => {
                let mut session = session.lock().await;
                let epoch = sqlx::query_scalar::<_, i64>(SELECT_EPOCH).fetch_one(&mut *session);
                tokio::time::timeout(HELD_PATIENCE, epoch).await
            }
            Hold::Token { store, .. } => return store.epoch() == self.epoch,
        };
        matches!(current, Ok(Ok(epoch)) if u64::try_from(epoch) == Ok(self.epoch))
    }

    /// Gives the claim up at once, where dropping it leaves the server to notice.
    pub async fn release(self) {
        match self.hold {
            // The lock ends with the file.
            Hold::File { lock, .. } => drop(lock),
            Hold::Session(session) => {
                // A session that cannot take leave is as gone as one that has.
                let _ = session.into_inner().close().await;
            }
            Hold::Token { token, .. } => drop(token),
        }
    }
}

impl fmt::Debug for WriterClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WriterClaim of `{}`, epoch {}", self.holder, self.epoch)
    }
}
