//! The task that keeps the views level with the ledger.

use std::time::Duration;

use tokio::sync::watch;

use crate::error::ViewsError;
use crate::projector::Turn;
use crate::source::EventSource;
use crate::views::Views;

/// Most events folded in one transaction.
pub const PAGE_EVENTS: usize = 1_000;
/// How long to wait after the first, second, … failure in a row, in milliseconds; the last one repeats.
pub const RETRY_DELAYS_MS: [u64; 7] = [50, 100, 250, 500, 1_000, 2_500, 5_000];
/// How often to look while nothing is heard of the ledger, as where another process writes it.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long events are left to come together before they are folded, where no reader waits for one of
/// them: a page costs much the same with one event as with a hundred, and what it costs is taken from
/// those that write.
const GATHER: Duration = Duration::from_millis(100);

/// How many events are not left to wait for more: a large page would hold the cores for so long that those
/// that write feel it.
const GATHER_EVENTS: u64 = 128;

/// Keeps the views level with the ledger until it is stopped.
pub struct Runner {
    views: Views,
    page_events: usize,
}

impl Runner {
    /// A runner for these views.
    #[must_use]
    pub const fn new(views: Views) -> Self {
        let page_events = PAGE_EVENTS;
        Self { views, page_events }
    }

    /// Folds at most so many events in one transaction, 1 to [`PAGE_EVENTS`].
    #[must_use]
    pub fn with_page_events(self, page_events: usize) -> Self {
        let page_events = page_events.clamp(1, PAGE_EVENTS);
        Self {
            page_events,
            ..self
        }
    }

    /// Runs until `stop` is done. `head` is the last durable position, and its every move a wake-up.
    ///
    /// A failure is logged and tried again after [`RETRY_DELAYS_MS`]; no event is ever skipped. Stopping
    /// or dropping it at any moment leaves whole pages.
    pub async fn run<S: EventSource>(
        self,
        source: S,
        head: watch::Receiver<u64>,
        stop: impl Future<Output = ()> + Send,
    ) {
        tokio::select! {
            biased;
            () = stop => {}
            () = self.run_for_ever(source, head) => {}
        }
    }

    async fn run_for_ever<S: EventSource>(&self, source: S, mut head: watch::Receiver<u64>) {
        let mut failures = 0;
        loop {
            // Marked as seen before reading, so that what comes while reading wakes us again.
            head.borrow_and_update();
            let outcome = {
                let mut projector = self.views.inner.projector.lock().await;
                let caught_up = projector.catch_up(&self.views.inner, &source, self.page_events);
                caught_up.await
            };
            match outcome {
                Ok(turn) => {
                    failures = 0;
                    match turn {
                        Turn::Level => {
                            wait_for_more(&mut head).await;
                            let reached = self.views.reached();
                            let asked_for = self.views.inner.asked_for.subscribe();
                            gather(reached, asked_for, head.clone()).await;
                        }
                        Turn::Behind => {}
                    }
                }
                Err(ViewsError::Overtaken { expected }) => {
                    // Another process writes the same views: what it wrote is not to be written again.
                    tracing::debug!(expected, "another runner was faster");
                    tokio::time::sleep(Duration::from_millis(RETRY_DELAYS_MS[0])).await;
                }
                Err(error) => {
                    let delay_ms = retry_delay_ms(failures);
                    failures += 1;
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        failures,
                        delay_ms,
                        "the views fall behind"
                    );
                    tokio::time::sleep(Duration::from_millis(delay_ms)).await;
                }
            }
        }
    }
}

fn retry_delay_ms(failures: usize) -> u64 {
    let last = RETRY_DELAYS_MS.len() - 1;
    RETRY_DELAYS_MS[failures.min(last)]
}

async fn wait_for_more(head: &mut watch::Receiver<u64>) {
    let moved = tokio::time::timeout(LOOK_EVERY, head.changed()).await;
    if let Ok(Err(_closed)) = moved {
        // Nobody will tell any more; another process may still write.
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Lets more events come, until a reader asks for one beyond `reached`, or there are enough.
async fn gather(
    reached: Option<u64>,
    mut asked_for: watch::Receiver<u64>,
    mut head: watch::Receiver<u64>,
) {
    let enough = reached.unwrap_or(0).saturating_add(GATHER_EVENTS);
    let asked = asked_for.wait_for(|asked_for| Some(*asked_for) > reached);
    let full = head.wait_for(|head| *head >= enough);
    tokio::select! {
        Ok(_) = asked => {}
        Ok(_) = full => {}
        () = tokio::time::sleep(GATHER) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    #[tokio::test]
    async fn events_are_left_to_come_together_unless_a_reader_asks_for_one_or_there_are_enough() {
        let mut noop = Context::from_waker(Waker::noop());
        let (asked_for, head) = (watch::Sender::new(7), watch::Sender::new(8));
        let from = |reached| gather(reached, asked_for.subscribe(), head.subscribe());
        let mut gathering = pin!(from(Some(7)));
        assert!(gathering.as_mut().poll(&mut noop).is_pending());
        asked_for.send_replace(8);
        assert!(gathering.as_mut().poll(&mut noop).is_ready());
        assert!(
            pin!(from(Some(7))).poll(&mut noop).is_ready(),
            "asked before"
        );
        assert!(pin!(from(None)).poll(&mut noop).is_ready(), "not shown");

        let mut gathering = pin!(from(Some(8)));
        head.send_replace(8 + GATHER_EVENTS - 1);
        assert!(gathering.as_mut().poll(&mut noop).is_pending());
        head.send_replace(8 + GATHER_EVENTS);
        assert!(gathering.as_mut().poll(&mut noop).is_ready());

        let begun = tokio::time::Instant::now();
        from(Some(9)).await;
        assert!(begun.elapsed() >= GATHER, "nobody asked");
    }

    #[test]
    fn delays_grow_and_the_last_one_repeats() {
        let delays: Vec<u64> = (0..9).map(retry_delay_ms).collect();
        assert_eq!(
            delays,
            [50, 100, 250, 500, 1_000, 2_500, 5_000, 5_000, 5_000]
        );
    }
}
