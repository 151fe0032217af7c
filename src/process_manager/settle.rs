//! Moving a test clock: everything that becomes due on the way is done before it answers.
//!
//! # Design notes
//! The instants follow one another in the writer's queue, not on the disk: the next one is decided
//! while the one before it is being made durable, so that a day with a thousand of them costs few
//! appends. An instant whose decisions have effects holds up the next one until those have ended.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use openpex_aggregates::Timestamp;
use openpex_aggregates::live::{Command, Live};

use crate::clock::{Clock, TestClock};
use crate::writer::{Committed, WriteError, WriteRequest, WriterHandle};

/// How long to wait for the writer's next event before the live state is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The most instants that are decided and not durable yet.
const FIRES_MAX: usize = 256;

/// Moves `clock` to `target`, step by step over every instant at which something is due, and
/// returns when nothing is due, no effect is under way and all of it is durable.
///
/// A command that fails for the moment is sent again; a try that backs off is due later, and so
/// waits for the clock like everything else.
///
/// # Errors
/// When the writer has stopped.
pub async fn settle(
    writer: &WriterHandle,
    clock: &Arc<dyn Clock>,
    test_clock: &TestClock,
    target: Timestamp,
) -> Result<(), WriteError> {
    let mut fires = Fires::default();
    loop {
        let look = |live: &Live| (live.next_due_at(), is_at_work(live));
        let (next, at_work) = writer.inspect(look).await?;
        if at_work {
            fires.finish().await?;
            finish_effects(writer).await?;
            continue;
        }
        match next.filter(|at| *at <= target) {
            // What was fired may have failed and be due again.
            None if fires.any() => fires.finish().await?,
            None => break,
            Some(at) => {
                if fires.waiting.len() >= FIRES_MAX {
                    fires.finish().await?;
                }
                test_clock.move_to(at.max(clock.now()));
                fires.begin(writer.clone()).await?;
            }
        }
    }
    test_clock.move_to(target.max(clock.now()));
    finish_effects(writer).await?;
    // The state shows what is decided, which may not be durable yet; an answer comes only when all before
    // it is.
    let nothing_more = Command::FireDue { facts_max: 0 };
    let all_durable = writer.submit(WriteRequest::by_service(nothing_more));
    all_durable.await.map(|_| ())
}

type Fire = Pin<Box<dyn Future<Output = Result<Committed, WriteError>> + Send>>;

/// What the writer was told to do because it is due, as long as it is not durable.
#[derive(Default)]
struct Fires {
    waiting: Vec<Fire>,
    /// One of them failed for the moment; the state will show what is due again.
    failed: bool,
}

impl Fires {
    fn any(&self) -> bool {
        self.failed || !self.waiting.is_empty()
    }

    /// Puts it into the writer's queue, before whatever is asked of the writer next.
    async fn begin(&mut self, writer: WriterHandle) -> Result<(), WriteError> {
        let mut fire: Fire = Box::pin(async move {
            let command = Command::FireDue { facts_max: 1 };
            writer.submit(WriteRequest::by_service(command)).await
        });
        // Its first poll sends it.
        match poll_fn(|context| Poll::Ready(fire.as_mut().poll(context))).await {
            Poll::Ready(outcome) => self.note(outcome),
            Poll::Pending => {
                self.waiting.push(fire);
                Ok(())
            }
        }
    }

    /// Waits until all of them are durable or have failed.
    async fn finish(&mut self) -> Result<(), WriteError> {
        for fire in std::mem::take(&mut self.waiting) {
            let outcome = fire.await;
            self.note(outcome)?;
        }
        if std::mem::take(&mut self.failed) {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    fn note(&mut self, outcome: Result<Committed, WriteError>) -> Result<(), WriteError> {
        match outcome {
            Ok(_) => Ok(()),
            Err(stopped @ (WriteError::Stopping | WriteError::Fenced)) => Err(stopped),
            Err(_) => {
                self.failed = true;
                Ok(())
            }
        }
    }
}

/// Whether the outcome of an effect is awaited.
fn is_at_work(live: &Live) -> bool {
    live.instances()
        .any(|(_, tracked)| tracked.state.in_flight().is_some())
}

/// Waits until no effect is awaited any more.
async fn finish_effects(writer: &WriterHandle) -> Result<(), WriteError> {
    let mut head = writer.head();
    loop {
        // What is appended from here on is seen by the look or wakes it again.
        head.borrow_and_update();
        if !writer.inspect(is_at_work).await? {
            return Ok(());
        }
        // Time-out or event: the state is looked at again either way.
        let _ = tokio::time::timeout(LOOK_AGAIN, head.changed()).await;
    }
}
