//! Work of the pool that may take long: done in one patient call, or begun as a task where we may
//! want to give up on it.
//!
//! A patient call costs one round trip where a task costs at least three (begin, look, remove), and
//! learns of the end at once. A reply that is lost says as little as a task that vanished: either
//! way the effect is tried again and looks at the pool first.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tracing::debug;
use xmlrpc::Value;

use super::XenDispatcher;
use super::codec::text;
use super::failures::{XenError, XenFailure};
use super::records::Fields;

/// First and longest pause between two looks at a task.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How a task ended, as far as we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TaskEnd {
    /// The pool says it succeeded.
    Done,
    /// The pool no longer knows it (a master that started anew): the outcome is to be read off
    /// the VM.
    Vanished,
    /// It was not over within the bound and goes on.
    Pending,
}

impl XenDispatcher {
    /// Begins `Async.<verb>` and waits at most `bound` for its end.
    ///
    /// # Errors
    /// Those of a call, and the `error_info` of the task as a `Failure`.
    pub(super) async fn run_task(
        &self,
        verb: &str,
        args: &[Value],
        bound: Duration,
    ) -> Result<TaskEnd, XenError> {
        let method = format!("Async.{verb}");
        let Value::String(task) = self.call(&method, args).await? else {
            return Err(XenError::ReplyUnexpected {
                method,
                expected: "a task",
            });
        };
        let task = [text(task)];
        let until = Instant::now() + bound;
        let mut pause = FIRST_PAUSE;
        loop {
            match self.task_end(&task).await {
                Ok(None) if Instant::now() >= until => return Ok(TaskEnd::Pending),
                Ok(None) => {}
                Err(error) if error.is_gone() => return Ok(TaskEnd::Vanished),
                Err(error) => return Err(error),
                Ok(Some(outcome)) => {
                    // The pool would drop it by itself in time, so that this is lost is no harm.
                    if let Err(error) = self.call("task.destroy", &task).await {
                        debug!(%error, "could not remove a finished task");
                    }
                    return outcome.map(|()| TaskEnd::Done).map_err(XenError::Failure);
                }
            }
            sleep(pause.min(until.saturating_duration_since(Instant::now()))).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Calls `verb`, whose work must be over before the next step.
    ///
    /// # Errors
    /// Also `StillRunning`: the effect is to be tried again and then finds what was done.
    pub(super) async fn finish(&self, verb: &str, args: &[Value]) -> Result<(), XenError> {
        let patience = self.timeouts().task;
        let called = self.sessions.call_patiently(verb, args, patience);
        called.await.map(drop)
    }

    /// How the task ended, or `None` while it runs.
    async fn task_end(
        &self,
        task: &[Value; 1],
    ) -> Result<Option<Result<(), XenFailure>>, XenError> {
        let method = "task.get_record";
        let record = self.call(method, task).await?;
        let fields = Fields::of(method, &record)?;
        match fields.text("status")? {
            "pending" | "cancelling" => Ok(None),
            "success" => Ok(Some(Ok(()))),
            _ => {
                let words: Vec<Value> = fields.set("error_info")?.into_iter().map(text).collect();
                let cancelled = || XenFailure {
                    code: "TASK_CANCELLED".into(),
                    params: vec![],
                };
                Ok(Some(Err(
                    XenFailure::from_words(&words).unwrap_or_else(cancelled)
                )))
            }
        }
    }
}
