//! Columns: three amounts for every node of the pool, by its index.
//!
//! Owns the loops over whole columns, kept simple enough to be vectorised.

use std::borrow::Cow;

use super::super::amounts::{Amounts, larger, shifted, smaller};

/// Amounts by the index of the node.
pub(in super::super) type Column = Vec<Amounts>;

/// Adds `by` to `column`, node by node.
pub(super) fn shift(column: &mut [Amounts], by: &[Amounts]) {
    for (amount, &by) in column.as_flattened_mut().iter_mut().zip(by.as_flattened()) {
        *amount = amount.wrapping_add(by);
    }
}

/// Raises `column` to `other` where that is larger.
pub(in super::super) fn raise(column: &mut [Amounts], other: &[Amounts]) {
    for (amount, &other) in column.iter_mut().zip(other) {
        *amount = larger(*amount, other);
    }
}

/// Lowers `column` to `other` where that is smaller.
pub(super) fn lower(column: &mut [Amounts], other: &[Amounts]) {
    for (amount, &other) in column.iter_mut().zip(other) {
        *amount = smaller(*amount, other);
    }
}

/// Raises `column` to `other` with `above` added to it.
pub(super) fn raise_to_true(column: &mut [Amounts], other: &[Amounts], above: Option<&[Amounts]>) {
    match above {
        None => raise(column, other),
        Some(above) => {
            for ((amount, &other), &above) in column.iter_mut().zip(other).zip(above) {
                *amount = larger(*amount, shifted(other, above));
            }
        }
    }
}

/// `stored` with `above` added to it.
pub(super) fn true_values(stored: &[Amounts], above: Option<&[Amounts]>) -> Column {
    let mut column = stored.to_vec();
    if let Some(above) = above {
        shift(&mut column, above);
    }
    column
}

/// The sum of the additions on a path.
pub(super) fn both<'a>(
    above: Option<Cow<'a, [Amounts]>>,
    own: Option<&'a Column>,
) -> Option<Cow<'a, [Amounts]>> {
    match (above, own) {
        (above, None) => above,
        (None, Some(own)) => Some(Cow::Borrowed(own)),
        (Some(above), Some(own)) => {
            let mut sum = above.into_owned();
            shift(&mut sum, own);
            Some(Cow::Owned(sum))
        }
    }
}
