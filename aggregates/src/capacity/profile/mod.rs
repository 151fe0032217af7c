//! One node's usage over time: an exact step function in three dimensions.
//!
//! Owns the boundaries at which usage changes, and nothing else: windows are not kept, only their
//! sum. Booking, releasing and asking for a maximum cost a logarithm of the boundaries; the walks
//! that look for a fit skip every page that is free or blocked as a whole.
//!
//! ```text
//! windows     [a        )        [c   )
//!                [b          )
//! usage       1  2      1    0   1    0
//! boundaries  ^  ^      ^    ^   ^    ^      none where b ended just when c started
//! ```
//!
//! # Design notes
//!
//! The first boundary, `since`, is always there; it says from when on the profile knows. What is
//! before it has been forgotten: windows are cut off there when they are booked or released, and a
//! question about the past is answered as if it were like the instant `since`. No boundary is at
//! `Timestamp::MAX`, "never": no instant comes after it.

mod page;
mod search;
#[cfg(test)]
mod tests;

use page::Subtree;
pub(super) use search::Sought;
use search::{Least, Most};

use super::amounts::{
    Amounts, NOTHING, amounts_of, ceiling_of, exceeds, negated, overflows, resources_of,
};
use crate::{Resources, TimeWindow, Timestamp};

/// Why a profile was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// The usage would leave 32 bits in some dimension.
    #[error("the usage of the node is too large to count")]
    TooLarge,
    /// Less is booked than was to be removed.
    #[error("less is booked at {at} than is to be released")]
    NotBooked {
        /// The first such instant inside the window.
        at: Timestamp,
    },
}

/// One node's usage over time.
#[derive(Clone, Debug)]
pub struct Profile {
    root: Subtree,
    boundaries: usize,
    since: i64,
}

impl Default for Profile {
    fn default() -> Self {
        Self::new()
    }
}

impl Profile {
    /// A profile of no usage at all times.
    #[must_use]
    pub fn new() -> Self {
        Self::known_since(Timestamp(i64::MIN))
    }

    /// A profile of no usage that has forgotten what was before `since`.
    #[must_use]
    pub fn known_since(since: Timestamp) -> Self {
        Self {
            root: Subtree::with_one_boundary(since.0),
            boundaries: 1,
            since: since.0,
        }
    }

    /// Adds `usage` over `window`; an empty window, or one that has been forgotten, changes nothing.
    ///
    /// # Errors
    /// [`ProfileError::TooLarge`], and nothing is changed.
    pub fn add(&mut self, window: TimeWindow, usage: Resources) -> Result<(), ProfileError> {
        let usage = amounts_of(usage)
            .filter(|&usage| !overflows(self.max_amounts(window), usage))
            .ok_or(ProfileError::TooLarge)?;
        self.shift(window, usage);
        Ok(())
    }

    /// Takes back `usage` over `window`; the inverse of [`Self::add`].
    ///
    /// # Errors
    /// [`ProfileError::NotBooked`] where less than that is in use, and nothing is changed.
    pub fn remove(&mut self, window: TimeWindow, usage: Resources) -> Result<(), ProfileError> {
        let Some((from, until)) = self.known_part(window) else {
            return Ok(());
        };
        let usage = amounts_of(usage).ok_or(ProfileError::NotBooked {
            at: Timestamp(from),
        })?;
        let least = search::extreme::<Least>(&self.root, from, until);
        if exceeds(usage, least) {
            return Err(ProfileError::NotBooked {
                at: self.first_below(from, until, usage),
            });
        }
        self.shift(window, negated(usage));
        Ok(())
    }

    /// The first instant in `[from, until)` at which less than `usage` is in use.
    fn first_below(&self, from: i64, until: i64, usage: Amounts) -> Timestamp {
        let mut at = from;
        while !exceeds(usage, search::usage_at(&self.root, at)) {
            match search::next_boundary(&self.root, at) {
                Some(next) if next < until => at = next,
                Some(_) | None => break,
            }
        }
        Timestamp(at)
    }

    /// The largest usage inside `window`, each dimension for itself; zero for an empty window.
    #[must_use]
    pub fn max_usage(&self, window: TimeWindow) -> Resources {
        resources_of(self.max_amounts(window))
    }

    /// Drops what lies before `at`, which must not be asked about again.
    pub fn forget_before(&mut self, at: Timestamp) {
        if at.0 <= self.since {
            return;
        }
        self.since = at.0;
        self.root.forget_before(at.0);
        self.root.collapse();
        self.boundaries = self.root.page.boundaries();
    }

    /// Number of instants at which usage changes, the beginning included.
    #[must_use]
    pub const fn boundaries(&self) -> usize {
        self.boundaries
    }

    /// Estimate of the memory it takes, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.root.page.bytes()
    }

    /// Whether nothing is booked from `since` on.
    #[must_use]
    pub const fn is_unused(&self) -> bool {
        let [vcpus, memory_mib, disk_gib] = self.root.max;
        vcpus == 0 && memory_mib == 0 && disk_gib == 0
    }

    /// The usage at `at` and the first instant after it at which it changes.
    #[must_use]
    pub fn step_at(&self, at: Timestamp) -> (Resources, Option<Timestamp>) {
        let at = at.0.max(self.since);
        let next = search::next_boundary(&self.root, at).map(Timestamp);
        (resources_of(search::usage_at(&self.root, at)), next)
    }

    /// The usage at an instant that is not forgotten.
    pub(super) fn amounts_at(&self, at: i64) -> Amounts {
        search::usage_at(&self.root, at.max(self.since))
    }

    /// The first time inside `window` in which usage is above `ceiling` in some dimension, as long
    /// as it lasts without a break, beyond the window's ends too.
    #[must_use]
    pub fn first_run_above(&self, window: TimeWindow, ceiling: Resources) -> Option<TimeWindow> {
        let ceiling = ceiling_of(ceiling);
        let range = Self::asked_part(self.since, window)?;
        let spot = search::first_spot(&self.root, range, Sought::Above(ceiling))?;
        let above = spot.at();
        let within = Sought::Within(ceiling);
        // What is first above only after the window's start begins there.
        let starts_at = if above > range.0 {
            above
        } else {
            spot.after_last(within).unwrap_or_else(|| {
                let free = search::last(&self.root, (self.since, above), within);
                let run = free.map(|free| search::next_boundary(&self.root, free));
                run.map_or(self.since, |run| run.unwrap_or(above))
            })
        };
        let ends_at = spot.next(within).unwrap_or_else(|| {
            search::first(&self.root, (above, i64::MAX), within).unwrap_or(i64::MAX)
        });
        Some(TimeWindow {
            starts_at: Timestamp(starts_at),
            ends_at: Timestamp(ends_at),
        })
    }

    /// The largest and the smallest usage over `[from, until)`, which is not empty and not
    /// forgotten.
    pub(super) fn extremes(&self, from: i64, until: i64) -> (Amounts, Amounts) {
        (
            search::extreme::<Most>(&self.root, from, until),
            search::extreme::<Least>(&self.root, from, until),
        )
    }

    /// The largest usage over `[from, until)`; nothing where that is empty.
    pub(super) fn most(&self, from: i64, until: i64) -> Amounts {
        search::extreme::<Most>(&self.root, from.max(self.since), until)
    }

    /// The first instant from `from` on, before `until`, at which usage is as is sought.
    pub(super) fn first(&self, from: i64, until: i64, sought: Sought) -> Option<i64> {
        let from = from.max(self.since);
        let found = search::first(&self.root, (from, until), sought)?;
        Some(found.max(from))
    }

    /// The boundary after the last instant before `until`, from `from` on, at which usage is as is
    /// sought; `until` itself where that is the instant before it.
    pub(super) fn last(&self, from: i64, until: i64, sought: Sought) -> Option<i64> {
        let from = from.max(self.since);
        let found = search::last(&self.root, (from, until), sought)?;
        let after = search::next_boundary(&self.root, found);
        Some(after.map_or(until, |after| after.min(until)))
    }

    fn max_amounts(&self, window: TimeWindow) -> Amounts {
        Self::asked_part(self.since, window).map_or(NOTHING, |(from, until)| self.most(from, until))
    }

    /// The range a question about `window` looks at; what is forgotten is as at `since`.
    fn asked_part(since: i64, window: TimeWindow) -> Option<(i64, i64)> {
        let (from, until) = (window.starts_at.0, window.ends_at.0);
        (from < until).then(|| {
            let from = from.max(since);
            (from, until.max(from.saturating_add(1)))
        })
    }

    /// The part of `window` that has not been forgotten.
    fn known_part(&self, window: TimeWindow) -> Option<(i64, i64)> {
        let (from, until) = (window.starts_at.0.max(self.since), window.ends_at.0);
        (from < until).then_some((from, until))
    }

    fn shift(&mut self, window: TimeWindow, by: Amounts) {
        let Some((from, until)) = self.known_part(window) else {
            return;
        };
        if by == NOTHING {
            return;
        }
        let start_existed = self.ensure(from);
        let end_existed = until == i64::MAX || self.ensure(until);
        self.root.add_over(from, until, i64::MAX, by);
        // A boundary that is new separates different usages; one that was there may not any more.
        if end_existed && until < i64::MAX {
            self.drop_if_redundant(until);
        }
        if start_existed {
            self.drop_if_redundant(from);
        }
    }

    /// Makes sure of a boundary; returns whether it was there before.
    fn ensure(&mut self, time: i64) -> bool {
        let ensured = self.root.ensure(time);
        if let Some(upper) = ensured.split_off {
            let lower = std::mem::replace(&mut self.root, Subtree::with_one_boundary(self.since));
            self.root = Subtree::above(lower, upper);
        }
        self.boundaries += usize::from(!ensured.existed);
        ensured.existed
    }

    fn drop_if_redundant(&mut self, time: i64) {
        if time == self.since {
            return;
        }
        let before = search::usage_at(&self.root, time.saturating_sub(1));
        if before == search::usage_at(&self.root, time) {
            self.root.remove(time);
            self.root.collapse();
            self.boundaries -= 1;
        }
    }
}
