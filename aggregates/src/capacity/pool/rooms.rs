//! What each node has and whether it takes placements: all that a question about all nodes at once
//! needs of them beside their usage, so kept close together.
//!
//! Owns the arithmetic of fitting; knows nothing of names and of time.

use super::super::amounts::{Amounts, NOTHING, ceiling_of, resources_of};
use crate::Resources;

/// What counts of a node's capacity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) amounts: Amounts,
    pub(super) in_service: bool,
}

impl Room {
    pub(super) fn capacity(&self) -> Resources {
        resources_of(self.amounts)
    }

    /// What has to be more than is in use, in each dimension, where `count` more instances are
    /// placed on the node; nothing where so many never are.
    #[inline]
    pub(super) fn limit_for(&self, size: &Size, count: u32) -> Amounts {
        // Capacities are less than the largest number, so one more can be counted.
        let needed = |d: usize| size.amounts[d].checked_mul(count);
        let limit = |d: usize| Some(self.amounts[d].checked_sub(needed(d)?)? + 1);
        let limits = || Some([limit(0)?, limit(1)?, limit(2)?]);
        self.in_service.then(limits).flatten().unwrap_or(NOTHING)
    }

    /// How many instances fit beside `usage`, at most `at_most`; none on a node that is oversold.
    #[inline]
    pub(super) fn hosts(&self, usage: Amounts, size: &Size, at_most: u32) -> u32 {
        let by = |d: usize| Some(size.times_in(d, self.amounts[d].checked_sub(usage[d])?));
        let hosts = || Some(by(0)?.min(by(1)?).min(by(2)?));
        hosts().unwrap_or(0).min(at_most)
    }
}

/// The size of an instance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) amounts: Amounts,
}

impl Size {
    pub(super) fn of(size: Resources) -> Self {
        Self {
            amounts: ceiling_of(size),
        }
    }

    /// How often the amount of a dimension goes into `free`.
    #[inline]
    pub(super) fn times_in(&self, dimension: usize, free: u32) -> u32 {
        free.checked_div(self.amounts[dimension])
            .unwrap_or(u32::MAX)
    }
}
