//! Moving a test clock: everything that becomes due on the way is done before it answers.

use std::sync::Arc;
use std::time::Duration;

use openpex_aggregates::Timestamp;
use openpex_aggregates::live::{Command, Live};

use crate::clock::{Clock, TestClock};
use crate::writer::{WriteError, WriteRequest, WriterHandle};

/// How long to wait for the writer's next event before the live state is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Moves `clock` to `target`, step by step over every instant at which something is due, and
/// returns when nothing is due and no effect is under way.
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
    loop {
        finish_effects(writer).await?;
        let next = writer.inspect(Live::next_due_at).await?;
        match next.filter(|at| *at <= target) {
            None => break,
            Some(at) => {
                test_clock.move_to(at.max(clock.now()));
                fire(writer).await?;
            }
        }
    }
    test_clock.move_to(target.max(clock.now()));
    finish_effects(writer).await
}

/// Has the writer do what is due and waits until that is durable.
async fn fire(writer: &WriterHandle) -> Result<(), WriteError> {
    loop {
        let command = Command::FireDue { facts_max: 1 };
        match writer.submit(WriteRequest::by_service(command)).await {
            Ok(_) => return Ok(()),
            Err(stopped @ (WriteError::Stopping | WriteError::Fenced)) => return Err(stopped),
            Err(_) => tokio::time::sleep(LOOK_AGAIN).await,
        }
    }
}

/// Waits until no effect is awaited any more.
async fn finish_effects(writer: &WriterHandle) -> Result<(), WriteError> {
    let mut head = writer.head();
    loop {
        let awaited =
            writer.inspect(|live| live.instances().any(|(_, t)| t.state.in_flight().is_some()));
        if !awaited.await? {
            return Ok(());
        }
        // Time-out or event: the state is looked at again either way.
        let _ = tokio::time::timeout(LOOK_AGAIN, head.changed()).await;
    }
}
