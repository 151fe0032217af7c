//! Walks over the boundaries of a profile that skip whole pages by their extremes.
//!
//! Owns the reading of the tree; never changes it. All ranges are of instants: `[from, until)`
//! takes in the boundary in force at `from` and those after it that are before `until`. `from` is
//! never before the first boundary.

use super::super::amounts::{Amounts, EVERYTHING, NOTHING, exceeds, larger, shifted, smaller};
use super::page::{Leaf, Page, Subtree};

/// Which extreme a pass over a range gathers.
pub(super) trait Extreme {
    const START: Amounts;
    fn of(subtree: &Subtree) -> Amounts;
    fn better(a: Amounts, b: Amounts) -> Amounts;
}

pub(super) struct Most;
pub(super) struct Least;

impl Extreme for Most {
    const START: Amounts = NOTHING;
    fn of(subtree: &Subtree) -> Amounts {
        subtree.max
    }
    fn better(a: Amounts, b: Amounts) -> Amounts {
        larger(a, b)
    }
}

impl Extreme for Least {
    const START: Amounts = EVERYTHING;
    fn of(subtree: &Subtree) -> Amounts {
        subtree.min
    }
    fn better(a: Amounts, b: Amounts) -> Amounts {
        smaller(a, b)
    }
}

/// The extreme usage over `[from, until)`; `E::START` where that is empty.
pub(super) fn extreme<E: Extreme>(root: &Subtree, from: i64, until: i64) -> Amounts {
    if from >= until {
        return E::START;
    }
    let mut found = E::START;
    gather::<E>(root, (from, until), NOTHING, &mut found);
    found
}

fn gather<E: Extreme>(
    subtree: &Subtree,
    (from, until): (i64, i64),
    above: Amounts,
    found: &mut Amounts,
) {
    // A page that cannot better what was found need not be opened.
    let whole = E::better(*found, shifted(E::of(subtree), above));
    if whole == *found {
        return;
    }
    let add = shifted(above, subtree.add);
    match &subtree.page {
        Page::Leaf(leaf) => {
            let low = leaf.floor(from);
            let high = leaf
                .times()
                .partition_point(|&time| time < until)
                .max(low + 1);
            for &usage in &leaf.usage()[low..high] {
                *found = E::better(*found, shifted(usage, add));
            }
        }
        Page::Inner(inner) => {
            let low = inner.floor(from);
            let last = inner
                .firsts
                .partition_point(|&first| first < until)
                .max(low + 1)
                - 1;
            for child in inner.children.get(low + 1..last).unwrap_or_default() {
                *found = E::better(*found, shifted(E::of(child), add));
            }
            gather::<E>(&inner.children[low], (from, until), add, found);
            if last > low {
                gather::<E>(&inner.children[last], (from, until), add, found);
            }
        }
    }
}

/// The usage in force at `at`.
pub(super) fn usage_at(root: &Subtree, at: i64) -> Amounts {
    let mut subtree = root;
    let mut add = root.add;
    loop {
        match &subtree.page {
            Page::Leaf(leaf) => return shifted(leaf.usage()[leaf.floor(at)], add),
            Page::Inner(inner) => {
                subtree = &inner.children[inner.floor(at)];
                add = shifted(add, subtree.add);
            }
        }
    }
}

/// The first boundary after `at`.
pub(super) fn next_boundary(subtree: &Subtree, at: i64) -> Option<i64> {
    match &subtree.page {
        Page::Leaf(leaf) => leaf
            .times()
            .get(leaf.times().partition_point(|&time| time <= at))
            .copied(),
        Page::Inner(inner) => {
            let floor = inner.floor(at);
            next_boundary(&inner.children[floor], at)
                .or_else(|| inner.firsts.get(floor + 1).copied())
        }
    }
}

/// What a walk looks for.
#[derive(Clone, Copy)]
pub(in super::super) enum Sought {
    /// A boundary whose usage is above this in some dimension.
    Above(Amounts),
    /// A boundary whose usage is within this in every dimension.
    Within(Amounts),
}

impl Sought {
    #[inline]
    fn is(self, usage: Amounts) -> bool {
        match self {
            Self::Above(ceiling) => exceeds(usage, ceiling),
            Self::Within(ceiling) => !exceeds(usage, ceiling),
        }
    }

    /// Whether the subtree may have one; where it says no there is none.
    #[inline]
    fn may_be_in(self, subtree: &Subtree, above: Amounts) -> bool {
        match self {
            Self::Above(ceiling) => exceeds(shifted(subtree.max, above), ceiling),
            Self::Within(ceiling) => !exceeds(shifted(subtree.min, above), ceiling),
        }
    }
}

/// A boundary in its leaf.
pub(super) struct Spot<'a> {
    leaf: &'a Leaf,
    index: usize,
    /// What is still to be added to what the leaf stores.
    add: Amounts,
}

impl Spot<'_> {
    pub(super) fn at(&self) -> i64 {
        self.leaf.times()[self.index]
    }

    /// The boundary after the last one before this that is sought, if that is in the same leaf.
    pub(super) fn after_last(&self, sought: Sought) -> Option<i64> {
        let mut before = self.leaf.usage()[..self.index].iter();
        let last = before.rposition(|&usage| sought.is(shifted(usage, self.add)));
        Some(self.leaf.times()[last? + 1])
    }

    /// The first boundary after this one that is sought, if it is in the same leaf.
    pub(super) fn next(&self, sought: Sought) -> Option<i64> {
        let mut after = self.leaf.usage()[self.index..].iter();
        let next = after.position(|&usage| sought.is(shifted(usage, self.add)));
        Some(self.leaf.times()[self.index + next?])
    }
}

/// The first boundary over `[from, until)` that is sought.
pub(super) fn first(root: &Subtree, range: (i64, i64), sought: Sought) -> Option<i64> {
    Some(first_spot(root, range, sought)?.at())
}

/// The same with its place.
pub(super) fn first_spot(
    root: &Subtree,
    (from, until): (i64, i64),
    sought: Sought,
) -> Option<Spot<'_>> {
    if from >= until {
        None
    } else {
        first_in(root, (from, until), NOTHING, sought)
    }
}

fn first_in(
    subtree: &Subtree,
    (from, until): (i64, i64),
    above: Amounts,
    sought: Sought,
) -> Option<Spot<'_>> {
    if !sought.may_be_in(subtree, above) {
        return None;
    }
    let add = shifted(above, subtree.add);
    match &subtree.page {
        Page::Leaf(leaf) => {
            let floor = leaf.floor(from);
            let entries = leaf.times()[floor..].iter().zip(&leaf.usage()[floor..]);
            let index = entries
                .take_while(|&(&time, _)| time < until)
                .position(|(_, &usage)| sought.is(shifted(usage, add)))?;
            Some(Spot {
                leaf,
                index: floor + index,
                add,
            })
        }
        Page::Inner(inner) => {
            let floor = inner.floor(from);
            let children = inner.firsts[floor..].iter().zip(&inner.children[floor..]);
            children
                .take_while(|&(&first, _)| first < until)
                .find_map(|(_, child)| first_in(child, (from, until), add, sought))
        }
    }
}

/// The last boundary over `[from, until)` that is sought.
pub(super) fn last(root: &Subtree, (from, until): (i64, i64), sought: Sought) -> Option<i64> {
    if from >= until {
        None
    } else {
        last_in(root, (from, until), NOTHING, sought)
    }
}

fn last_in(
    subtree: &Subtree,
    (from, until): (i64, i64),
    above: Amounts,
    sought: Sought,
) -> Option<i64> {
    if !sought.may_be_in(subtree, above) {
        return None;
    }
    let add = shifted(above, subtree.add);
    match &subtree.page {
        Page::Leaf(leaf) => {
            let floor = leaf.floor(from);
            let end = leaf
                .times()
                .partition_point(|&time| time < until)
                .max(floor + 1);
            let entries = leaf.times()[floor..end]
                .iter()
                .zip(&leaf.usage()[floor..end]);
            entries
                .rev()
                .find(|&(_, &usage)| sought.is(shifted(usage, add)))
                .map(|(&time, _)| time)
        }
        Page::Inner(inner) => {
            let floor = inner.floor(from);
            let end = inner
                .firsts
                .partition_point(|&first| first < until)
                .max(floor + 1);
            inner.children[floor..end]
                .iter()
                .rev()
                .find_map(|child| last_in(child, (from, until), add, sought))
        }
    }
}
