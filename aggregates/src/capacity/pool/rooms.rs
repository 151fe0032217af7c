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
    /// The 64 bits after the point of one divided by each amount, rounded up; nothing for amounts
    /// of which that is not less than one.
    inverses: [u64; 3],
}

impl Size {
    pub(super) fn of(size: Resources) -> Self {
        let amounts = ceiling_of(size);
        let inverse = |amount: u32| match amount {
            0 | 1 => 0,
            2.. => u64::MAX / u64::from(amount) + 1,
        };
        Self {
            amounts,
            inverses: amounts.map(inverse),
        }
    }

    /// How often the amount of a dimension goes into `free`.
    ///
    /// The inverse is too large by less than 2^-64, so its product with 32 bits by less than 2^-32:
    /// too little to reach the next whole number (Lemire, Kaser and Kurz, 2019). A division takes
    /// several times as long.
    #[inline]
    pub(super) fn times_in(&self, dimension: usize, free: u32) -> u32 {
        match self.amounts[dimension] {
            0 => u32::MAX,
            1 => free,
            2.. => {
                let product = u128::from(self.inverses[dimension]) * u128::from(free);
                u32::try_from(product >> 64).unwrap_or(u32::MAX)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn amount() -> impl Strategy<Value = u32> {
        prop_oneof![0u32..70, any::<u32>(), (u32::MAX - 70)..]
    }

    proptest! {
        #[test]
        fn multiplying_by_the_inverse_divides(
            free in amount(), size in amount(), times in amount(), off in -1i64..=1
        ) {
            // Multiples of the size and their neighbours, too.
            let near = i64::from(size.wrapping_mul(times)) + off;
            let near = u32::try_from(near).unwrap_or(free);
            let vcpus = u64::from(size);
            let inverse = Size::of(Resources { vcpus, memory_mib: 0, disk_gib: 1 });
            for free in [free, near] {
                let expected = free.checked_div(size).unwrap_or(u32::MAX);
                prop_assert_eq!(inverse.times_in(0, free), expected);
                prop_assert_eq!(inverse.times_in(1, free), u32::MAX);
                prop_assert_eq!(inverse.times_in(2, free), free);
            }
        }
    }
}
