//! The one place that reads the time.
//!
//! Owns the service's clock: the system's, or a test clock that stands still until it is moved.
//! Everything else is handed an `Arc<dyn Clock>`; clippy.toml bans the other ways.

pub mod entropy;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use openpex_aggregates::Timestamp;
use tokio::sync::watch;

/// Tells the time and waits for it.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> Timestamp;

    /// Returns once `now()` has reached `at`.
    async fn sleep_until(&self, at: Timestamp);

    /// The test clock behind this clock, if it is one.
    fn as_test_clock(&self) -> Option<&TestClock> {
        None
    }
}

/// The operating system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// The longest single sleep, so that a stepped system clock is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

#[async_trait]
impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the injected clock itself"
    )]
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }

    async fn sleep_until(&self, at: Timestamp) {
        loop {
            let millis = at.millis_since(self.now());
            let Ok(millis @ 1..) = u64::try_from(millis) else {
                return;
            };
            tokio::time::sleep(Duration::from_millis(millis).min(LONGEST_SLEEP)).await;
        }
    }
}

/// A clock that stands still until it is moved forward.
#[derive(Debug, Clone)]
pub struct TestClock {
    now: Arc<watch::Sender<Timestamp>>,
}

impl TestClock {
    /// A clock that stands at `start`.
    #[must_use]
    pub fn new(start: Timestamp) -> Self {
        Self {
            now: Arc::new(watch::Sender::new(start)),
        }
    }

    /// Moves to `at`; a move backwards is not made, and answers `false`.
    pub fn move_to(&self, at: Timestamp) -> bool {
        self.now.send_if_modified(|now| {
            let forward = at > *now;
            if forward {
                *now = at;
            }
            forward
        }) || *self.now.borrow() == at
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    async fn sleep_until(&self, at: Timestamp) {
        // The sender lives in `self`, so the channel cannot close while this waits.
        let _ = self.now.subscribe().wait_for(|now| *now >= at).await;
    }

    fn as_test_clock(&self) -> Option<&TestClock> {
        Some(self)
    }
}
