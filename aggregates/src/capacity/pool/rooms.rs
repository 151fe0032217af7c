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

    /// What has to be more than is in use; nothing where it takes no placements.
    pub(super) fn limit(&self) -> Amounts {
        if self.in_service {
            // Capacities are less than the largest number, so one more can be counted.
            self.amounts.map(|amount| amount + 1)
        } else {
            NOTHING
        }
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
///
/// Divisions take several times as long as multiplications, and there is one for each node and
/// dimension. So the part of 2^64 that one unit of the size is, rounded down, is kept: for 32-bit
/// numbers `(n + 1) * part / 2^64`, rounded down, is just what `n / amount` is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) amounts: Amounts,
    parts: [u64; 3],
    /// All bits where nothing is needed, which goes into everything without end.
    endless: Amounts,
}

impl Size {
    pub(super) fn of(size: Resources) -> Self {
        let amounts = ceiling_of(size);
        Self {
            amounts,
            parts: amounts.map(|amount| u64::MAX.checked_div(u64::from(amount)).unwrap_or(0)),
            endless: amounts.map(|amount| if amount == 0 { u32::MAX } else { 0 }),
        }
    }

    /// How often the amount of a dimension goes into `free`.
    #[inline]
    pub(super) fn times_in(&self, dimension: usize, free: u32) -> u32 {
        let product = (u128::from(free) + 1) * u128::from(self.parts[dimension]);
        // Less than 2^32 units make up less than 2^32 of anything.
        let times = (product >> 64) as u32;
        times | self.endless[dimension]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Numbers of every length, and those at the ends.
    fn number() -> impl Strategy<Value = u32> {
        prop_oneof![
            (0u32..32, any::<u32>()).prop_map(|(shift, number)| number >> shift),
            0u32..4,
            (0u32..4).prop_map(|less| u32::MAX - less),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

        #[test]
        fn a_size_goes_into_what_is_free_as_often_as_by_division(
            amount in number(),
            free in number(),
            near in -1i64..2,
        ) {
            let size = Size::of(Resources { vcpus: u64::from(amount), ..Resources::ZERO });
            let multiple = i64::from(free / amount.max(1)) * i64::from(amount) + near;
            for free in [free, u32::try_from(multiple).unwrap_or(free)] {
                let expected = free.checked_div(amount).unwrap_or(u32::MAX);
                prop_assert_eq!(size.times_in(0, free), expected);
            }
        }
    }
}
