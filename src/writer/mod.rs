//! The single writer: the one task that decides and appends.
//!
//! Owns the live state and the only right to append to the ledger. It takes whatever commands
//! wait, decides them one after the other, appends all their events in one transaction and only
//! then answers. Nothing else may append, and a caller that goes away never cancels a decision
//! half-way.
//!
//! # Design notes
//!
//! One batch is being made durable while the next is being decided on top of it. Every answer,
//! also a refusal, waits for the batch before it, since it may depend on what that batch decided.
//! If an append fails, both batches are answered with an error, the memory is thrown away and the
//! ledger is folded again: no decision ever rests on an event that is not in the ledger.
//!
//! The service runs it on a thread of its own ([`Writer::run_here`]): everybody waits for the writer,
//! so it must not wait for a turn among those who do.

mod batch;
mod recent;
mod replay;
mod request;
mod snapshots;
mod task;
#[cfg(test)]
mod tests;

use openpex_aggregates::Timestamp;
use openpex_aggregates::live::{Live, OutstandingEffect};
use tokio::sync::{mpsc, oneshot, watch};

pub use recent::{RECENT_FACTS_MAX, Recent};
pub use replay::{Folded, fold_ledger, read_page, save_snapshot, stored_fact};
pub use request::{Committed, IdempotencyKey, WriteError, WriteRequest};
pub use task::{BATCH_MAX, Writer, WriterExit};

/// Most commands that wait to be decided; one more is refused with `QueueFull`.
pub const QUEUE_MAX: usize = 4_096;

/// What the writer is sent.
enum Job {
    /// Decide a command and answer when it is durable.
    Write(
        Box<WriteRequest>,
        oneshot::Sender<Result<Committed, WriteError>>,
    ),
    /// Look at the live state, after everything before it.
    Inspect(Box<dyn FnOnce(&Live) + Send>),
    /// Do what is due.
    Wake,
}

/// Sends commands to the writer; clones share it.
#[derive(Clone)]
pub struct WriterHandle {
    queue: mpsc::Sender<Job>,
    head: watch::Receiver<u64>,
    recent: Recent,
    next_due: watch::Receiver<Option<Timestamp>>,
}

/// What the writer tells the process manager: effects whose intents are durable.
pub type Effects = mpsc::UnboundedReceiver<Vec<OutstandingEffect>>;

impl WriterHandle {
    /// Has a command decided and answers once it is durable.
    ///
    /// Dropping the future does not take the command back.
    ///
    /// # Errors
    /// Those of [`WriteError`]; after `Unavailable` only the ledger knows whether it took effect.
    pub async fn submit(&self, request: WriteRequest) -> Result<Committed, WriteError> {
        let (answer, answered) = oneshot::channel();
        let job = Job::Write(Box::new(request), answer);
        self.queue.try_send(job).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => WriteError::QueueFull { limit: QUEUE_MAX },
            mpsc::error::TrySendError::Closed(_) => WriteError::Stopping,
        })?;
        answered.await.unwrap_or(Err(WriteError::Unavailable))
    }

    /// What `look` sees in the live state, after every command sent before.
    ///
    /// # Errors
    /// When the writer has stopped.
    pub async fn inspect<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Live) -> T + Send + 'static,
    ) -> Result<T, WriteError> {
        let (answer, answered) = oneshot::channel();
        let job = Job::Inspect(Box::new(move |live| {
            // Nobody waits any more: then nobody misses the answer.
            let _ = answer.send(look(live));
        }));
        self.queue
            .send(job)
            .await
            .map_err(|_| WriteError::Stopping)?;
        answered.await.map_err(|_| WriteError::Stopping)
    }

    /// Has the writer do what is due.
    pub async fn wake(&self) {
        // A writer that has stopped has nothing due.
        let _ = self.queue.send(Job::Wake).await;
    }

    /// The position of the newest durable event, as it grows.
    #[must_use]
    pub fn head(&self) -> watch::Receiver<u64> {
        self.head.clone()
    }

    /// The newest durable facts, for one reader.
    #[must_use]
    pub fn recent(&self) -> Recent {
        self.recent.clone()
    }

    /// When the next timed command is due, as it changes.
    #[must_use]
    pub fn next_due(&self) -> watch::Receiver<Option<Timestamp>> {
        self.next_due.clone()
    }
}
