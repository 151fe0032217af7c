//! The three dimensions as an array, for the inner loops.
//!
//! Owns the conversion and the element-wise arithmetic; knows nothing of time.
//!
//! # Design notes
//!
//! 32 bits a dimension: usage is kept for every node and instant at which it changes, so its width
//! is what memory and speed are made of. 4 billion vCPUs, 4 PiB of memory and 4 EiB of disk a node
//! are far off; what would go beyond is refused when it is booked.

use crate::{Dimension, Resources};

/// vCPUs, MiB and GiB, in the order of [`Dimension::ALL`].
pub(super) type Amounts = [u32; 3];

/// Nothing of anything.
pub(super) const NOTHING: Amounts = [0; 3];

/// More than any node has, in each dimension.
pub(super) const EVERYTHING: Amounts = [u32::MAX; 3];

/// The most of a dimension that a node can have; one that has more counts as having this.
pub const MAX_NODE_AMOUNT: u32 = u32::MAX - 1;

/// A usage in 32 bits, or `None` where it does not go in.
pub(super) fn amounts_of(resources: Resources) -> Option<Amounts> {
    Some([
        u32::try_from(resources.vcpus).ok()?,
        u32::try_from(resources.memory_mib).ok()?,
        u32::try_from(resources.disk_gib).ok()?,
    ])
}

/// A size or a ceiling in 32 bits: what no node has is more than any node has.
#[inline]
pub(super) fn ceiling_of(resources: Resources) -> Amounts {
    at_most(resources, u32::MAX)
}

/// What counts of a node's capacity.
pub(super) fn room_of(capacity: Resources) -> Amounts {
    at_most(capacity, MAX_NODE_AMOUNT)
}

#[inline]
fn at_most(resources: Resources, most: u32) -> Amounts {
    let narrow = |amount: u64| u32::try_from(amount).map_or(most, |amount| amount.min(most));
    [
        narrow(resources.vcpus),
        narrow(resources.memory_mib),
        narrow(resources.disk_gib),
    ]
}

#[inline]
pub(super) fn resources_of([vcpus, memory_mib, disk_gib]: Amounts) -> Resources {
    Resources {
        vcpus: u64::from(vcpus),
        memory_mib: u64::from(memory_mib),
        disk_gib: u64::from(disk_gib),
    }
}

/// Element-wise sum modulo 2^32.
///
/// A lazy addition is relative to its ancestors' and may stand for a negative number; the sums
/// along a path are true usages, which are checked before anything is booked.
#[inline]
pub(super) const fn shifted(a: Amounts, by: Amounts) -> Amounts {
    [
        a[0].wrapping_add(by[0]),
        a[1].wrapping_add(by[1]),
        a[2].wrapping_add(by[2]),
    ]
}

/// The shift that undoes `a`.
#[inline]
pub(super) const fn negated(a: Amounts) -> Amounts {
    [
        a[0].wrapping_neg(),
        a[1].wrapping_neg(),
        a[2].wrapping_neg(),
    ]
}

#[inline]
pub(super) fn larger(a: Amounts, b: Amounts) -> Amounts {
    [a[0].max(b[0]), a[1].max(b[1]), a[2].max(b[2])]
}

#[inline]
pub(super) fn smaller(a: Amounts, b: Amounts) -> Amounts {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].min(b[2])]
}

/// Whether `usage` is above `ceiling` in at least one dimension.
#[inline]
pub(super) const fn exceeds(usage: Amounts, ceiling: Amounts) -> bool {
    // Not `||`: three comparisons without a branch beat two mispredicted ones.
    (usage[0] > ceiling[0]) | (usage[1] > ceiling[1]) | (usage[2] > ceiling[2])
}

/// Whether `usage` is below `limit` in every dimension.
#[inline]
pub(super) const fn is_below(usage: Amounts, limit: Amounts) -> bool {
    (usage[0] < limit[0]) & (usage[1] < limit[1]) & (usage[2] < limit[2])
}

/// Whether the sum of both leaves 32 bits in some dimension.
pub(super) fn overflows(a: Amounts, b: Amounts) -> bool {
    (0..3).any(|d| a[d].checked_add(b[d]).is_none())
}

/// The first dimension, in the order of [`Dimension::ALL`], in which `usage` is above `ceiling`.
pub(super) fn first_exceeded(usage: Resources, ceiling: Resources) -> Option<Dimension> {
    Dimension::ALL
        .into_iter()
        .find(|&d| usage.get(d) > ceiling.get(d))
}
