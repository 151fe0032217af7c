//! The three dimensions as an array, for the inner loops of the profile.
//!
//! Owns the conversion and the element-wise arithmetic; knows nothing of time.

use crate::{Dimension, Resources};

/// vCPUs, MiB and GiB, in the order of [`Dimension::ALL`].
pub(super) type Amounts = [u64; 3];

/// Nothing of anything.
pub(super) const NOTHING: Amounts = [0; 3];

pub(super) const fn amounts_of(resources: Resources) -> Amounts {
    [resources.vcpus, resources.memory_mib, resources.disk_gib]
}

pub(super) const fn resources_of(amounts: Amounts) -> Resources {
    Resources {
        vcpus: amounts[0],
        memory_mib: amounts[1],
        disk_gib: amounts[2],
    }
}

/// Element-wise sum modulo 2^64.
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

/// Element-wise sum, or `None` where one dimension leaves `u64`.
pub(super) fn checked_sum(a: Amounts, b: Amounts) -> Option<Amounts> {
    resources_of(a).checked_add(resources_of(b)).map(amounts_of)
}

/// The first dimension, in the order of [`Dimension::ALL`], in which `usage` is above `ceiling`.
pub(super) fn first_exceeded(usage: Resources, ceiling: Resources) -> Option<Dimension> {
    Dimension::ALL
        .into_iter()
        .find(|&d| usage.get(d) > ceiling.get(d))
}
