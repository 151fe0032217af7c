//! One node of the oracle: a list of windows, and the sums over it.

use openpex_aggregates::{NodeName, TimeWindow, Timestamp};

use super::{Three, quotient};

/// What is in use on one node.
#[derive(Clone, Debug)]
pub(super) struct OracleNode {
    pub(super) name: NodeName,
    pub(super) capacity: Three,
    windows: Vec<(TimeWindow, Three)>,
    /// What is in use from each instant on at which that changes, from the beginning of time on;
    /// before the instant up to which all is forgotten it may hold less than there was.
    sums: Vec<(i64, Three)>,
}

impl OracleNode {
    pub(super) fn new(name: NodeName, capacity: Three) -> Self {
        Self {
            name,
            capacity,
            windows: Vec::new(),
            sums: vec![(i64::MIN, [0; 3])],
        }
    }

    /// Drops windows that are over. The sums from `at` on stay what they are.
    pub(super) fn forget_windows_over_at(&mut self, at: i64) {
        self.windows.retain(|(window, _)| window.ends_at.0 > at);
    }

    pub(super) fn book(&mut self, window: TimeWindow, amount: Three) {
        self.windows.push((window, amount));
        self.sum_up();
        let most = self.most_used(window.starts_at.0, window.ends_at.0);
        assert!(
            (0..3).all(|d| most[d] <= self.capacity[d]),
            "{} is oversold over {window}: {most:?} of {:?}",
            self.name,
            self.capacity
        );
    }

    pub(super) fn shorten(&mut self, window: TimeWindow, amount: Three, ends_at: Timestamp) {
        let booked = self.windows.iter().position(|one| *one == (window, amount));
        let at = booked.expect("invariant: only what is booked is shortened");
        if ends_at > window.starts_at {
            self.windows[at].0.ends_at = ends_at;
        } else {
            self.windows.swap_remove(at);
        }
        self.sum_up();
    }

    /// Makes the sums from the windows.
    fn sum_up(&mut self) {
        let mut changes: Vec<(i64, bool, Three)> = Vec::new();
        for (window, amount) in &self.windows {
            changes.push((window.starts_at.0, true, *amount));
            changes.push((window.ends_at.0, false, *amount));
        }
        // What ends sorts before what starts at the same instant, so no sum goes below zero.
        changes.sort_unstable();
        self.sums = vec![(i64::MIN, [0; 3])];
        let mut sum = [0; 3];
        for (at, starts, amount) in changes {
            for d in 0..3 {
                sum[d] = if starts {
                    sum[d] + amount[d]
                } else {
                    sum[d] - amount[d]
                };
            }
            if self.sums.last().is_some_and(|last| last.0 == at) {
                self.sums.pop();
            }
            self.sums.push((at, sum));
        }
    }

    /// The instants at which something starts or ends, sorted.
    pub(super) fn changes(&self) -> impl Iterator<Item = i64> {
        self.sums.iter().map(|&(at, _)| at)
    }

    /// The index of the sum that holds at `at`.
    fn holding_at(&self, at: i64) -> usize {
        self.sums.partition_point(|&(from, _)| from <= at) - 1
    }

    /// The most that is in use between two instants, each dimension for itself.
    pub(super) fn most_used(&self, from: i64, until: i64) -> Three {
        let mut most = [0; 3];
        for (at, sum) in &self.sums[self.holding_at(from)..] {
            if *at >= until {
                break;
            }
            for d in 0..3 {
                most[d] = most[d].max(sum[d]);
            }
        }
        most
    }

    /// How many instances of `size` fit between two instants: as many as at the worst of them.
    pub(super) fn hosts(&self, size: Three, from: i64, until: i64) -> u64 {
        let mut hosts = u64::MAX;
        for (at, sum) in &self.sums[self.holding_at(from)..] {
            if *at >= until || hosts == 0 {
                break;
            }
            let free = std::array::from_fn(|d| self.capacity[d] - sum[d]);
            hosts = hosts.min(quotient(free, size));
        }
        hosts
    }

    /// The first time inside `window` in which more than `ceiling` of a dimension is in use, as
    /// long as it lasts, from `since` on.
    pub(super) fn first_run_above(
        &self,
        dimension: usize,
        ceiling: u64,
        window: TimeWindow,
        since: i64,
    ) -> TimeWindow {
        let above = |index: usize| self.sums[index].1[dimension] > ceiling;
        let from = self.holding_at(window.starts_at.0);
        let inside = (from..self.sums.len()).find(|&index| above(index));
        let inside = inside.expect("invariant: what is short is short at some instant");
        let mut first = inside;
        while first > 0 && above(first - 1) {
            first -= 1;
        }
        let mut after = inside;
        while above(after) {
            after += 1;
        }
        TimeWindow {
            starts_at: Timestamp(self.sums[first].0.max(since)),
            ends_at: Timestamp(self.sums[after].0),
        }
    }
}
