//! The tree over stretches of time: what changes it.
//!
//! Owns its extremes; its shape is in `reshape`, reading in `view` and `stretches`.

mod reshape;

use super::super::amounts::{Amounts, NOTHING, larger, negated, shifted, smaller};
use super::super::profile::Profile;
use super::Addition;
use super::changes::{Change, Changes};
use super::columns::{self, Column};
pub(super) use reshape::Limits;

/// A stretch of time, or several, with what is true of all of it, in the frame of its parent.
#[derive(Clone, Debug)]
pub(super) struct Subtree {
    pub(super) first: i64,
    pub(super) max: Column,
    pub(super) min: Column,
    pub(super) page: Page,
}

#[derive(Clone, Debug)]
pub(super) enum Page {
    Stretch(Stretch),
    Inner(Inner),
}

/// The usage at the beginning, in the frame of the parent, and the changes after it.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    pub(super) start: Column,
    pub(super) changes: Changes,
}

#[derive(Clone, Debug)]
pub(super) struct Inner {
    /// Still to be added to everything below.
    pub(super) add: Option<Column>,
    pub(super) children: Vec<Subtree>,
}

impl Stretch {
    /// The largest and smallest usage in it, and that at its end, in its own frame, which must be
    /// that of true usages.
    fn extremes(&self) -> (Column, Column, Column) {
        let (mut max, mut min, mut usage) =
            (self.start.clone(), self.start.clone(), self.start.clone());
        for change in self.changes.iter() {
            let node = change.node as usize;
            usage[node] = shifted(usage[node], change.by);
            max[node] = larger(max[node], usage[node]);
            min[node] = smaller(min[node], usage[node]);
        }
        (max, min, usage)
    }

    fn apply(&mut self, changes: &Changes) {
        changes.apply_until(changes.end(), &mut self.start);
    }
}

impl Inner {
    /// The child that holds the instant `at`.
    pub(super) fn floor(&self, at: i64) -> usize {
        self.children
            .partition_point(|child| child.first <= at)
            .saturating_sub(1)
    }

    /// First instant after child `index`; `end` is that after all of them.
    pub(super) fn end_of(&self, index: usize, end: i64) -> i64 {
        self.children.get(index + 1).map_or(end, |next| next.first)
    }

    fn push_down(&mut self) {
        if let Some(add) = self.add.take() {
            self.children
                .iter_mut()
                .for_each(|child| child.shift_all(&add));
        }
    }
}

impl Subtree {
    pub(super) const fn without_nodes(since: i64) -> Self {
        Self {
            first: since,
            max: Vec::new(),
            min: Vec::new(),
            page: Page::Stretch(Stretch {
                start: Vec::new(),
                changes: Changes::new(),
            }),
        }
    }

    pub(super) const fn first(&self) -> i64 {
        self.first
    }

    /// Adds to all usage of one node.
    fn shift(&mut self, node: usize, by: Amounts) {
        self.max[node] = shifted(self.max[node], by);
        self.min[node] = shifted(self.min[node], by);
        let nodes = self.max.len();
        let below = match &mut self.page {
            Page::Stretch(stretch) => &mut stretch.start,
            Page::Inner(inner) => inner.add.get_or_insert_with(|| vec![NOTHING; nodes]),
        };
        below[node] = shifted(below[node], by);
    }

    /// Adds to all usage of every node.
    fn shift_all(&mut self, by: &Column) {
        columns::shift(&mut self.max, by);
        columns::shift(&mut self.min, by);
        match &mut self.page {
            Page::Stretch(stretch) => columns::shift(&mut stretch.start, by),
            Page::Inner(Inner { add: Some(add), .. }) => columns::shift(add, by),
            Page::Inner(inner) => inner.add = Some(by.clone()),
        }
    }

    /// Adds over the part of the addition that is here; `end` is where the subtree ends, `above`
    /// what is still to be added to it for this node.
    pub(super) fn add_over(&mut self, end: i64, addition: &Addition<'_>, above: Amounts) {
        let &Addition {
            from,
            until,
            node,
            by,
            profile,
        } = addition;
        if from <= self.first && end <= until {
            self.shift(node, by);
            return;
        }
        match &mut self.page {
            Page::Stretch(stretch) => stretch.add_over((self.first, end), addition),
            Page::Inner(inner) => {
                let above = inner
                    .add
                    .as_ref()
                    .map_or(above, |add| shifted(above, add[node]));
                let low = inner.floor(from);
                let high = inner.children.partition_point(|child| child.first < until);
                for index in low..high {
                    let child_end = inner.end_of(index, end);
                    inner.children[index].add_over(child_end, addition, above);
                }
            }
        }
        self.refresh(end, (node, profile), above);
    }

    /// Sets the extremes of a node anew.
    fn refresh(&mut self, end: i64, (node, profile): (usize, &Profile), above: Amounts) {
        let (max, min) = profile.extremes(self.first, end);
        let stored = negated(above);
        self.max[node] = shifted(max, stored);
        self.min[node] = shifted(min, stored);
    }

    /// The changes of the first stretch before `at` or at it, where `at` lies in it.
    pub(super) fn changes_in_first(&self, at: i64) -> Option<impl Iterator<Item = &Change>> {
        let (mut subtree, mut end) = (self, i64::MAX);
        loop {
            match &subtree.page {
                Page::Inner(inner) => {
                    end = inner.end_of(0, end);
                    subtree = &inner.children[0];
                }
                Page::Stretch(Stretch { changes, .. }) => {
                    let gone = changes.seek(at.saturating_add(1));
                    return (at < end).then(|| changes.until(gone).flatten());
                }
            }
        }
    }

    /// Drops all before `at`, which lies in the first stretch; the extremes of the nodes whose
    /// usage changed before it are to be set anew.
    pub(super) fn forget_in_first(&mut self, at: i64) {
        self.first = at;
        match &mut self.page {
            Page::Stretch(stretch) => {
                let gone = stretch.changes.take_until(at);
                stretch.apply(&gone);
            }
            Page::Inner(inner) => inner.children[0].forget_in_first(at),
        }
    }

    /// Sets the extremes of a node anew in all that begins where this does.
    pub(super) fn refresh_first(&mut self, end: i64, node: (usize, &Profile), above: Amounts) {
        self.refresh(end, node, above);
        if let Page::Inner(inner) = &mut self.page {
            let add = inner.add.as_ref().map_or(NOTHING, |add| add[node.0]);
            let end = inner.end_of(0, end);
            inner.children[0].refresh_first(end, node, shifted(above, add));
        }
    }

    /// Drops all before `at`, which lies in this subtree. Nothing may be left to be added to it.
    pub(super) fn forget_before(&mut self, at: i64) {
        match &mut self.page {
            Page::Stretch(stretch) => {
                let gone = stretch.changes.take_until(at);
                stretch.apply(&gone);
                (self.max, self.min, _) = stretch.extremes();
            }
            Page::Inner(inner) => {
                inner.push_down();
                let floor = inner.floor(at);
                inner.children.drain(..floor);
                inner.children[0].forget_before(at);
                (self.max, self.min) = extremes_of(&inner.children);
            }
        }
        self.first = at;
    }

    pub(super) fn insert_node(&mut self, index: usize) {
        self.max.insert(index, NOTHING);
        self.min.insert(index, NOTHING);
        match &mut self.page {
            Page::Stretch(stretch) => {
                stretch.start.insert(index, NOTHING);
                stretch.changes.insert_node(number_of(index));
            }
            Page::Inner(inner) => {
                if let Some(add) = &mut inner.add {
                    add.insert(index, NOTHING);
                }
                inner
                    .children
                    .iter_mut()
                    .for_each(|child| child.insert_node(index));
            }
        }
    }

    pub(super) fn remove_node(&mut self, index: usize) {
        self.max.remove(index);
        self.min.remove(index);
        match &mut self.page {
            Page::Stretch(stretch) => {
                stretch.start.remove(index);
                stretch.changes.remove_node(number_of(index));
            }
            Page::Inner(inner) => {
                if let Some(add) = &mut inner.add {
                    add.remove(index);
                }
                inner
                    .children
                    .iter_mut()
                    .for_each(|child| child.remove_node(index));
            }
        }
    }

    /// Heap bytes of this page and all below.
    pub(super) fn bytes(&self) -> usize {
        let cells = self.max.capacity() + self.min.capacity();
        let below = match &self.page {
            Page::Stretch(Stretch { start, changes }) => {
                start.capacity() * size_of::<Amounts>() + changes.bytes()
            }
            Page::Inner(inner) => {
                inner.add.as_ref().map_or(0, Vec::capacity) * size_of::<Amounts>()
                    + inner.children.capacity() * size_of::<Self>()
                    + inner.children.iter().map(Self::bytes).sum::<usize>()
            }
        };
        cells * size_of::<Amounts>() + below
    }
}

impl Stretch {
    /// Adds over a part of this stretch, which goes from `first` to `end`.
    fn add_over(&mut self, (first, end): (i64, i64), addition: &Addition<'_>) {
        let node = addition.node;
        let mut change = |at, by| {
            let node = number_of(node);
            self.changes.add(Change { at, node, by });
        };
        if addition.until < end {
            change(addition.until, negated(addition.by));
        }
        if addition.from > first {
            change(addition.from, addition.by);
        } else {
            self.start[node] = shifted(self.start[node], addition.by);
        }
    }
}

/// The number of a node in changes.
fn number_of(index: usize) -> u32 {
    u32::try_from(index).expect("invariant: a pool has fewer than 2^32 nodes")
}

fn extremes_of(children: &[Subtree]) -> (Column, Column) {
    let (mut max, mut min) = (children[0].max.clone(), children[0].min.clone());
    for child in &children[1..] {
        columns::raise(&mut max, &child.max);
        columns::lower(&mut min, &child.min);
    }
    (max, min)
}
