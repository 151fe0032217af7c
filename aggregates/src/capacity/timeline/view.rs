//! Reading the timeline in either direction of time.
//!
//! Owns the translation between time and its mirror image; never changes the tree.
//!
//! ```text
//! instant  x, a moment that is in a window or not        mirrored: -1 - x
//! boundary b, between the instants b - 1 and b           mirrored: -b
//! window   [b, c)                                        mirrored: [-c, -b)
//! ```

use std::borrow::Cow;

use super::super::amounts::{Amounts, NOTHING, larger, negated, shifted};
use super::super::profile::{Profile, Sought};
use super::changes::{Change, Changes, Cursor};
use super::columns::{self, Column};
use super::stretches::Stretches;
use super::tree::{Page, Stretch, Subtree};

/// The timeline, or its mirror image, in which earlier is later.
#[derive(Clone, Copy)]
pub(in super::super) struct View<'a> {
    root: &'a Subtree,
    mirrored: bool,
}

/// A place in one stretch, with the usage of all nodes there.
pub(in super::super) struct Walk<'a> {
    /// Usage of every node at the place.
    pub(in super::super) usage: Column,
    /// Where the stretch ends, and the walk with it.
    pub(in super::super) end: i64,
    changes: &'a Changes,
    cursor: Cursor,
    mirrored: bool,
}

/// Where a boundary is in the mirror; that before all time is the one after all time.
pub(super) const fn mirror(boundary: i64) -> i64 {
    boundary.saturating_neg()
}

impl<'a> View<'a> {
    pub(super) const fn of(root: &'a Subtree, mirrored: bool) -> Self {
        Self { root, mirrored }
    }

    /// Whether earlier is later in it.
    pub(in super::super) const fn is_mirrored(&self) -> bool {
        self.mirrored
    }

    /// The largest usage of every node over `[from, until)`; nothing where that is empty.
    pub(in super::super) fn max_over(&self, from: i64, until: i64) -> Column {
        let (from, until) = if self.mirrored {
            (mirror(until), mirror(from))
        } else {
            (from, until)
        };
        let mut max = vec![NOTHING; self.root.max.len()];
        let from = from.max(self.root.first);
        if from < until {
            gather(self.root, i64::MAX, (from, until), None, &mut max);
        }
        max
    }

    /// A walk that begins at the instant `at`.
    pub(in super::super) fn walk_from(&self, at: i64) -> Walk<'a> {
        let instant = if self.mirrored { !at } else { at };
        let (mut subtree, mut end, mut above) = (self.root, i64::MAX, None);
        loop {
            match &subtree.page {
                Page::Inner(inner) => {
                    above = columns::both(above, inner.add.as_ref());
                    let index = inner.floor(instant);
                    end = inner.end_of(index, end);
                    subtree = &inner.children[index];
                }
                Page::Stretch(Stretch { start, changes }) => {
                    let mut usage = columns::true_values(start, above.as_deref());
                    let cursor = changes.seek(instant.saturating_add(1));
                    changes.apply_until(cursor, &mut usage);
                    return Walk {
                        usage,
                        end: if self.mirrored {
                            mirror(subtree.first)
                        } else {
                            end
                        },
                        changes,
                        cursor,
                        mirrored: self.mirrored,
                    };
                }
            }
        }
    }

    /// The stretches from the one that holds the instant `at` on.
    pub(in super::super) fn stretches_from(&self, at: i64) -> Stretches<'a> {
        let instant = if self.mirrored { !at } else { at };
        Stretches::at(self.root, instant, self.mirrored)
    }
}

impl View<'_> {
    /// The first instant in `[from, until)` at which what a node uses is sought, and what it uses
    /// there.
    pub(in super::super) fn first(
        &self,
        profile: &Profile,
        (from, until): (i64, i64),
        sought: Sought,
    ) -> Option<(i64, Amounts)> {
        let at = self.first_at(profile, (from, until), sought)?;
        let instant = if self.mirrored { !at } else { at };
        Some((at, profile.amounts_at(instant)))
    }

    /// The same without what it uses.
    pub(in super::super) fn first_at(
        &self,
        profile: &Profile,
        (from, until): (i64, i64),
        sought: Sought,
    ) -> Option<i64> {
        if self.mirrored {
            let end = profile.last(mirror(until), mirror(from), sought)?;
            Some(mirror(end))
        } else {
            profile.first(from, until, sought)
        }
    }

    /// The largest usage of one node over `[from, until)`; nothing where that is empty.
    pub(in super::super) fn most_of(
        &self,
        profile: &Profile,
        (from, until): (i64, i64),
    ) -> Amounts {
        if self.mirrored {
            profile.most(mirror(until), mirror(from))
        } else {
            profile.most(from, until)
        }
    }

    /// Where stretches end inside `[from, until)`, in the order of this view.
    pub(in super::super) fn ends_between(&self, from: i64, until: i64) -> Vec<i64> {
        let mut ends = Vec::new();
        if self.mirrored {
            firsts(self.root, (mirror(until), mirror(from)), &mut ends);
            ends.reverse();
            ends.iter_mut().for_each(|end| *end = mirror(*end));
        } else {
            firsts(self.root, (from, until), &mut ends);
        }
        ends
    }
}

/// Where stretches begin strictly between two boundaries.
fn firsts(subtree: &Subtree, (after, before): (i64, i64), found: &mut Vec<i64>) {
    match &subtree.page {
        Page::Stretch(_) => {
            if after < subtree.first && subtree.first < before {
                found.push(subtree.first);
            }
        }
        Page::Inner(inner) => {
            let low = inner.floor(after);
            let high = inner.children.partition_point(|child| child.first < before);
            for child in inner.children.get(low..high).unwrap_or_default() {
                firsts(child, (after, before), found);
            }
        }
    }
}

impl Walk<'_> {
    /// Goes on to the next change in the stretch: when, and of which node. `usage` is then as it
    /// is from that instant on.
    #[inline]
    pub(in super::super) fn step(&mut self) -> Option<(i64, usize)> {
        let (at, node, by) = if self.mirrored {
            let change = self.changes.before(&mut self.cursor)?;
            (mirror(change.at), change.node as usize, negated(change.by))
        } else {
            let change = self.changes.after(&mut self.cursor)?;
            (change.at, change.node as usize, change.by)
        };
        self.usage[node] = shifted(self.usage[node], by);
        Some((at, node))
    }

    /// The same for some of the nodes: of the others neither are changes met nor is `usage` kept.
    #[inline]
    pub(in super::super) fn step_among(&mut self, nodes: &[bool]) -> Option<(i64, usize)> {
        let of_them = |change: &Change| nodes[change.node as usize];
        if self.mirrored {
            self.changes.pass_back(&mut self.cursor, of_them);
        } else {
            self.changes.pass(&mut self.cursor, of_them);
        }
        self.step()
    }
}

/// Raises `max` to the largest true usage over `[from, until)`, which the subtree has a part of;
/// it ends at `end`, and `above` is still to be added to it.
fn gather(
    subtree: &Subtree,
    end: i64,
    (from, until): (i64, i64),
    above: Option<&[Amounts]>,
    max: &mut Column,
) {
    if from <= subtree.first && end <= until {
        columns::raise_to_true(max, &subtree.max, above);
        return;
    }
    match &subtree.page {
        Page::Inner(inner) => {
            let above = columns::both(above.map(Cow::Borrowed), inner.add.as_ref());
            let low = inner.floor(from);
            let high = inner.children.partition_point(|child| child.first < until);
            for index in low..high {
                let child_end = inner.end_of(index, end);
                gather(
                    &inner.children[index],
                    child_end,
                    (from, until),
                    above.as_deref(),
                    max,
                );
            }
        }
        Page::Stretch(Stretch { start, changes }) => {
            let mut usage = columns::true_values(start, above);
            let begin = changes.seek(from.saturating_add(1));
            changes.apply_until(begin, &mut usage);
            columns::raise(max, &usage);
            for page in changes.between(begin, changes.seek(until)) {
                for change in page {
                    let node = change.node as usize;
                    usage[node] = shifted(usage[node], change.by);
                    max[node] = larger(max[node], usage[node]);
                }
            }
        }
    }
}
