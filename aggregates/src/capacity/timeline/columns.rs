//! Columns: three amounts for every node of the pool, by its index.
//!
//! Owns the loops over whole columns, kept simple enough to be vectorised.
//!
//! # Design notes
//!
//! Every processor of this family can be built for, and the oldest of them have neither a maximum
//! nor a comparison of unsigned numbers in their vectors. So the loops are compiled a second time,
//! for those that do (AVX2), and the right one is chosen as the program runs.

use std::borrow::Cow;

use multiversion::multiversion;

use super::super::amounts::Amounts;

/// Amounts by the index of the node.
pub(in super::super) type Column = Vec<Amounts>;

/// Amounts gone through at a time where the same three are used for each.
const REPEATS: usize = 8;

/// Adds `by` to `column`, node by node.
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn shift(column: &mut [Amounts], by: &[Amounts]) {
    for (amount, &by) in column.as_flattened_mut().iter_mut().zip(by.as_flattened()) {
        *amount = amount.wrapping_add(by);
    }
}

/// Raises `column` to `other` where that is larger.
#[multiversion(targets("x86_64+avx2"))]
pub(in super::super) fn raise(column: &mut [Amounts], other: &[Amounts]) {
    let others = other.as_flattened();
    for (amount, &other) in column.as_flattened_mut().iter_mut().zip(others) {
        *amount = (*amount).max(other);
    }
}

/// Lowers `column` to `other` where that is smaller.
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn lower(column: &mut [Amounts], other: &[Amounts]) {
    let others = other.as_flattened();
    for (amount, &other) in column.as_flattened_mut().iter_mut().zip(others) {
        *amount = (*amount).min(other);
    }
}

/// Raises `column` to the sum of two others.
#[multiversion(targets("x86_64+avx2"))]
fn raise_to_sum(column: &mut [Amounts], a: &[Amounts], b: &[Amounts]) {
    let sums = a.as_flattened().iter().zip(b.as_flattened());
    for (amount, (&a, &b)) in column.as_flattened_mut().iter_mut().zip(sums) {
        *amount = (*amount).max(a.wrapping_add(b));
    }
}

/// Raises `column` to `other` with `above` added to it.
pub(super) fn raise_to_true(column: &mut [Amounts], other: &[Amounts], above: Option<&[Amounts]>) {
    match above {
        None => raise(column, other),
        Some(above) => raise_to_sum(column, other, above),
    }
}

/// Takes `by` from the amounts of every node, as far as it is there.
#[multiversion(targets("x86_64+avx2"))]
pub(in super::super) fn reduce(column: &mut [Amounts], by: Amounts) {
    let (chunks, rest) = column.as_chunks_mut::<REPEATS>();
    let repeated = [by; REPEATS];
    for chunk in chunks {
        for (amount, &by) in chunk
            .as_flattened_mut()
            .iter_mut()
            .zip(repeated.as_flattened())
        {
            *amount = amount.saturating_sub(by);
        }
    }
    for (amount, &by) in rest
        .as_flattened_mut()
        .iter_mut()
        .zip(repeated.as_flattened())
    {
        *amount = amount.saturating_sub(by);
    }
}

/// Which nodes are below a limit in every dimension.
#[derive(Clone, Debug)]
pub(in super::super) struct Below {
    /// A byte for each node, 1 or 0; beyond the nodes 0.
    nodes: Vec<[u8; REPEATS]>,
    /// A byte for each node and dimension.
    cells: Vec<[u8; 3]>,
}

impl Below {
    /// For so many nodes.
    pub(in super::super) fn of(nodes: usize) -> Self {
        Self {
            nodes: vec![[0; REPEATS]; nodes.div_ceil(REPEATS)],
            cells: vec![[0; 3]; nodes],
        }
    }

    /// Compares the usage of all nodes.
    pub(in super::super) fn compare(&mut self, usage: &[Amounts], limits: &[Amounts]) {
        compare(&mut self.cells, usage, limits);
        all_of(self.nodes.as_flattened_mut(), &self.cells);
    }

    /// Compares what is stored with `above` added to it.
    pub(super) fn compare_true(
        &mut self,
        stored: &[Amounts],
        above: Option<&[Amounts]>,
        limits: &[Amounts],
    ) {
        match above {
            None => compare(&mut self.cells, stored, limits),
            Some(above) => compare_sum(&mut self.cells, stored, above, limits),
        }
        all_of(self.nodes.as_flattened_mut(), &self.cells);
    }

    /// Leaves out the nodes of which what is given by node is not less than `end`.
    pub(in super::super) fn keep_before(&mut self, end: i64, by_node: &[i64]) {
        keep_before(self.nodes.as_flattened_mut(), end, by_node);
    }

    /// Sets what is given by node for those that are not below.
    pub(in super::super) fn set_others(&self, to: i64, by_node: &mut [i64]) {
        set_others(self.nodes.as_flattened(), to, by_node);
    }

    /// The nodes that are below, in their order.
    #[inline]
    pub(in super::super) fn each(&self, mut seen: impl FnMut(usize)) {
        for (index, &bytes) in self.nodes.iter().enumerate() {
            // Most are not below, so that eight are passed over at a time.
            let mut bits = u64::from_le_bytes(bytes);
            while bits != 0 {
                seen(index * REPEATS + bits.trailing_zeros() as usize / 8);
                bits &= bits - 1;
            }
        }
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn compare(below: &mut [[u8; 3]], usage: &[Amounts], limits: &[Amounts]) {
    let cells = usage.as_flattened().iter().zip(limits.as_flattened());
    for (below, (&usage, &limit)) in below.as_flattened_mut().iter_mut().zip(cells) {
        *below = u8::from(usage < limit);
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn compare_sum(below: &mut [[u8; 3]], a: &[Amounts], b: &[Amounts], limits: &[Amounts]) {
    let sums = a.as_flattened().iter().zip(b.as_flattened());
    let cells = sums.zip(limits.as_flattened());
    for (below, ((&a, &b), &limit)) in below.as_flattened_mut().iter_mut().zip(cells) {
        *below = u8::from(a.wrapping_add(b) < limit);
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn all_of(nodes: &mut [u8], cells: &[[u8; 3]]) {
    for (node, &[a, b, c]) in nodes.iter_mut().zip(cells) {
        *node = a & b & c;
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn keep_before(nodes: &mut [u8], end: i64, by_node: &[i64]) {
    for (node, &at) in nodes.iter_mut().zip(by_node) {
        *node &= u8::from(at < end);
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn set_others(nodes: &[u8], to: i64, by_node: &mut [i64]) {
    for (&node, at) in nodes.iter().zip(by_node) {
        *at = if node == 0 { to } else { *at };
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
