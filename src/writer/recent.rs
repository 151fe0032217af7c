//! The newest durable facts, for the runner of the views: what was just decided need not be read back
//! from the ledger and parsed.
//!
//! A cache for one reader, never the truth: whatever it does not have is in the ledger. It holds facts
//! only once they are durable, at the positions they have there, and without holes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openpex_projections::SourceEvent;

/// Most facts that are kept; the oldest give way, and a reader that far behind reads the ledger.
pub const RECENT_FACTS_MAX: usize = 16_384;

/// The newest durable facts that were not taken yet; clones share them.
#[derive(Clone, Default)]
pub struct Recent(Arc<Mutex<VecDeque<SourceEvent>>>);

impl Recent {
    /// Keeps facts that have become durable, in the order of their positions.
    pub(super) fn keep(&self, facts: Vec<SourceEvent>) {
        let mut kept = self.kept();
        if let (Some(newest), Some(first)) = (kept.back(), facts.first())
            && newest.position + 1 != first.position
        {
            kept.clear();
        }
        kept.extend(facts);
        let too_many = kept.len().saturating_sub(RECENT_FACTS_MAX);
        kept.drain(..too_many);
    }

    /// Takes up to `limit` facts that go on right after `position`; none where they are not here.
    #[must_use]
    pub fn take_after(&self, position: u64, limit: usize) -> Vec<SourceEvent> {
        let mut kept = self.kept();
        let first = kept.front().map(|fact| fact.position);
        if first.is_none_or(|first| first > position + 1) {
            return Vec::new();
        }
        let seen = kept.partition_point(|fact| fact.position <= position);
        kept.drain(..seen);
        let taken = limit.min(kept.len());
        kept.drain(..taken).collect()
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<SourceEvent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use openpex_aggregates::live::Fact;
    use openpex_aggregates::reservation::ReservationEvent;
    use openpex_aggregates::{ReservationId, Timestamp};

    use super::*;

    fn facts(positions: std::ops::RangeInclusive<u64>) -> Vec<SourceEvent> {
        let fact = |position| SourceEvent {
            position,
            recorded_at: Timestamp(5),
            sequence: 1,
            fact: Fact::Reservation(
                ReservationId::default(),
                ReservationEvent::ReservationWithdrawn,
            ),
        };
        positions.map(fact).collect()
    }

    fn positions(facts: &[SourceEvent]) -> Vec<u64> {
        facts.iter().map(|fact| fact.position).collect()
    }

    #[test]
    fn facts_are_taken_once_and_in_order_and_only_where_none_is_missing() {
        let recent = Recent::default();
        assert!(recent.take_after(0, 9).is_empty());
        recent.keep(facts(4..=6));
        recent.keep(facts(7..=8));
        assert!(recent.take_after(2, 9).is_empty(), "3 is in the ledger");
        assert_eq!(positions(&recent.take_after(3, 2)), [4, 5]);
        assert!(recent.take_after(3, 9).is_empty(), "they were taken");
        assert_eq!(positions(&recent.take_after(6, 9)), [7, 8]);
        assert!(recent.take_after(8, 9).is_empty());
    }

    /// As after an append whose outcome was unknown: what it appended is in the ledger only.
    #[test]
    fn what_lies_before_a_hole_is_forgotten() {
        let recent = Recent::default();
        recent.keep(facts(1..=3));
        recent.keep(facts(5..=6));
        assert!(recent.take_after(0, 9).is_empty());
        assert!(recent.take_after(3, 9).is_empty());
        assert_eq!(positions(&recent.take_after(4, 9)), [5, 6]);
    }

    #[test]
    fn the_oldest_give_way_to_the_newest() {
        let recent = Recent::default();
        let max = RECENT_FACTS_MAX as u64;
        recent.keep(facts(1..=max));
        recent.keep(facts(max + 1..=max + 1));
        assert!(recent.take_after(0, 1).is_empty());
        assert_eq!(recent.take_after(1, usize::MAX).len(), RECENT_FACTS_MAX);
    }
}
