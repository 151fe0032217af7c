//! When a snapshot of the live state is kept, and keeping it beside the writer's work.
//!
//! A snapshot only shortens the next start; it must not make anybody wait. So it is taken when
//! nobody writes. Under a load that never pauses it is taken after very many events, which bounds
//! how long the next start may fold. Taking it shares the live state; it is written beside
//! what the writer does next, and that costs as much as there is live: so the more is live, the more
//! events come between two.

use std::time::Duration;

use openpex_aggregates::live::Live;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::replay::save_snapshot;
use crate::ledger::{Head, Ledger};

/// Events after which a quiet writer keeps a snapshot, or as many as reservations and instances are live,
/// if that is more.
pub const SNAPSHOT_AFTER: u64 = 20_000;

/// How long nothing may have been appended for the writer to count as quiet.
pub const QUIET: Duration = Duration::from_secs(1);

/// Events after which a snapshot is kept however busy the writer is.
pub const SNAPSHOT_AT_LATEST: u64 = 1_000_000;

/// The snapshots of one writer.
pub struct Snapshots {
    ledger: Ledger,
    /// The position of the newest one.
    taken_at: u64,
    /// When something was last appended.
    last_append: Instant,
    /// At most one that is being written.
    saving: JoinSet<()>,
    /// Where it is.
    elsewhere: Handle,
}

impl Snapshots {
    /// Those of `ledger`, whose newest one is at `taken_at`; they are written `elsewhere`.
    pub fn new(ledger: Ledger, taken_at: u64, elsewhere: Handle) -> Self {
        Self {
            ledger,
            taken_at,
            last_append: Instant::now(),
            saving: JoinSet::new(),
            elsewhere,
        }
    }

    /// Something was appended.
    pub fn note_append(&mut self) {
        self.last_append = Instant::now();
    }

    /// Whether one has to be taken at `position` even of a writer that is busy.
    pub fn is_overdue(&self, position: u64) -> bool {
        self.saving.is_empty() && position.saturating_sub(self.taken_at) >= SNAPSHOT_AT_LATEST
    }

    /// Ends when there is something to do for a writer with nothing else to do, whose state is `live` and
    /// whose newest event is at `position`; maybe never.
    pub async fn wait(&mut self, live: &Live, position: u64) {
        while self.saving.join_next().await.is_some() {}
        if position.saturating_sub(self.taken_at) < quiet_after(live.counts()) {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep_until(self.last_append + QUIET).await;
    }

    /// Takes one of a state that is durable whole, if it is time; it is written while others go on.
    pub fn take_if_due(&mut self, live: &Live, head: Head) {
        let events = head.position.saturating_sub(self.taken_at);
        let quiet = events >= quiet_after(live.counts()) && self.last_append.elapsed() >= QUIET;
        if self.saving.is_empty() && (quiet || self.is_overdue(head.position)) {
            self.taken_at = head.position;
            self.save(live, head);
        }
    }

    fn save(&mut self, live: &Live, head: Head) {
        let (ledger, kept) = (self.ledger.clone(), live.snapshot());
        let saving = async move { save_snapshot(&ledger, kept, head).await };
        self.saving.spawn_on(saving, &self.elsewhere);
    }

    /// Takes the last one and waits until all are written.
    pub async fn take_last(mut self, live: &Live, head: Head) {
        while self.saving.join_next().await.is_some() {}
        if head.position > self.taken_at {
            self.save(live, head);
            while self.saving.join_next().await.is_some() {}
        }
    }
}

/// After how many events a quiet writer takes the next one, by what [`Live::counts`] says.
fn quiet_after((reservations, instances, _): (usize, usize, usize)) -> u64 {
    SNAPSHOT_AFTER.max((reservations + instances) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::MemoryStore;

    #[test]
    fn the_more_is_live_the_more_events_come_between_two() {
        assert_eq!(quiet_after((5_000, 15_000, 90_000)), SNAPSHOT_AFTER);
        assert_eq!(quiet_after((5_000, 15_001, 0)), SNAPSHOT_AFTER + 1);
    }

    #[tokio::test]
    async fn a_snapshot_is_taken_when_it_is_quiet_or_at_the_latest() {
        let cases = [
            (SNAPSHOT_AFTER - 1, QUIET, false),
            (SNAPSHOT_AFTER, Duration::ZERO, false),
            (SNAPSHOT_AFTER, QUIET, true),
            (SNAPSHOT_AT_LATEST - 1, Duration::ZERO, false),
            (SNAPSHOT_AT_LATEST, Duration::ZERO, true),
        ];
        for (events, quiet_for, taken) in cases {
            let ledger = Ledger::Memory(MemoryStore::new());
            let mut snapshots = Snapshots::new(ledger, 7, Handle::current());
            snapshots.last_append = Instant::now() - quiet_for;
            let head = Head {
                position: 7 + events,
                ..Head::EMPTY
            };
            snapshots.take_if_due(&Live::new(), head);
            let taken_at = if taken { head.position } else { 7 };
            assert_eq!(snapshots.taken_at, taken_at, "{events} {quiet_for:?}");
            assert!(!snapshots.is_overdue(head.position) || !taken);
        }
    }
}
