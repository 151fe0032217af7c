//! The questions a driver asks, which the engine and the oracle both answer.

use openpex_aggregates::capacity::{NeverFits, Placement, Pool, Shortage};
use openpex_aggregates::{Resources, TimeWindow, Timestamp};

/// So many instances of a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// What each needs.
    pub size: Resources,
    /// How many.
    pub count: u32,
}

/// Nodes and what is booked on them over time; the methods mean what those of [`Pool`] mean.
pub trait Capacity {
    /// Forgets what is before `at`.
    fn forget_before(&mut self, at: Timestamp);

    /// Where the demand fits over the whole of `window`, most loaded node first.
    ///
    /// # Errors
    /// What stops it.
    fn place(&self, demand: Demand, window: TimeWindow) -> Result<Placement, Shortage>;

    /// Whether the demand fits when nothing is booked.
    ///
    /// # Errors
    /// What it is too large for.
    fn could_ever_host(&self, demand: Demand) -> Result<(), NeverFits>;

    /// How many instances of the demand fit over the whole of `window`.
    fn most_instances(&self, demand: Demand, window: TimeWindow) -> u32;

    /// The smallest start from that of `window` up to `latest` at which the demand fits for as
    /// long as `window` is.
    fn nearest_later(
        &self,
        demand: Demand,
        window: TimeWindow,
        latest: Timestamp,
    ) -> Option<Timestamp>;

    /// The largest start from that of `window` down to `earliest`, likewise.
    fn nearest_earlier(
        &self,
        demand: Demand,
        window: TimeWindow,
        earliest: Timestamp,
    ) -> Option<Timestamp>;

    /// Books what [`Self::place`] has just answered.
    ///
    /// # Panics
    /// Where it does not fit: then that answer was wrong.
    fn book(&mut self, placement: &Placement, window: TimeWindow, size: Resources);

    /// Ends at `ends_at` what is booked over `window`.
    ///
    /// # Panics
    /// Where it is not booked.
    fn shorten(
        &mut self,
        placement: &Placement,
        window: TimeWindow,
        size: Resources,
        ends_at: Timestamp,
    );

    /// What all nodes in service have together.
    fn total(&self) -> Resources;
}

impl Capacity for Pool {
    fn forget_before(&mut self, at: Timestamp) {
        Self::forget_before(self, at);
    }

    fn place(&self, demand: Demand, window: TimeWindow) -> Result<Placement, Shortage> {
        Self::place(self, demand.size, demand.count, window)
    }

    fn could_ever_host(&self, demand: Demand) -> Result<(), NeverFits> {
        Self::could_ever_host(self, demand.size, demand.count)
    }

    fn most_instances(&self, demand: Demand, window: TimeWindow) -> u32 {
        Self::most_instances(self, demand.size, window, demand.count)
    }

    fn nearest_later(
        &self,
        demand: Demand,
        window: TimeWindow,
        latest: Timestamp,
    ) -> Option<Timestamp> {
        let (from, duration_ms) = (window.starts_at, window.duration_ms());
        Self::nearest_later(self, demand.size, demand.count, duration_ms, from, latest)
    }

    fn nearest_earlier(
        &self,
        demand: Demand,
        window: TimeWindow,
        earliest: Timestamp,
    ) -> Option<Timestamp> {
        let (from, duration_ms) = (window.starts_at, window.duration_ms());
        Self::nearest_earlier(self, demand.size, demand.count, duration_ms, from, earliest)
    }

    fn book(&mut self, placement: &Placement, window: TimeWindow, size: Resources) {
        Self::book(self, placement, window, size)
            .expect("invariant: what was just placed can be booked");
    }

    fn shorten(
        &mut self,
        placement: &Placement,
        window: TimeWindow,
        size: Resources,
        ends_at: Timestamp,
    ) {
        Self::shorten(self, placement, window, size, ends_at)
            .expect("invariant: what is booked can be shortened");
    }

    fn total(&self) -> Resources {
        let in_service = self.nodes().filter(|node| node.in_service);
        in_service.fold(Resources::ZERO, |sum, node| {
            sum.checked_add(node.capacity)
                .expect("invariant: a pool's sum stays inside u64")
        })
    }
}
