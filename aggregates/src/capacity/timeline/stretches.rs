//! Going from stretch to stretch in either direction of time.
//!
//! Owns the way through the tree; what is read of a part of it are true values. Never changes it.

use std::borrow::Cow;

use super::super::amounts::{Amounts, NOTHING, shifted};
use super::columns::{self, Below};
use super::tree::{Inner, Page, Subtree};
use super::view::mirror;

/// A place in the tree, first at the stretch that it was made for.
#[derive(Clone)]
pub(in super::super) struct Stretches<'a> {
    mirrored: bool,
    /// The inner pages above, the root first.
    path: Vec<Level<'a>>,
    subtree: &'a Subtree,
    /// Where it ends as time runs.
    end: i64,
}

#[derive(Clone)]
struct Level<'a> {
    inner: &'a Inner,
    end: i64,
    /// The child that is gone through.
    index: usize,
    /// What is to be added to what its children store; `None` for nothing.
    below: Option<Cow<'a, [Amounts]>>,
}

/// A stretch, or several that follow each other.
pub(in super::super) struct Part<'s> {
    /// First instant.
    pub(in super::super) begins: i64,
    /// First instant after it.
    pub(in super::super) ends: i64,
    subtree: &'s Subtree,
    above: Option<&'s [Amounts]>,
}

impl<'s> Part<'s> {
    /// Whether it is one stretch.
    pub(in super::super) const fn is_stretch(&self) -> bool {
        matches!(self.subtree.page, Page::Stretch(_))
    }

    /// Which nodes are below their limits somewhere in it.
    pub(in super::super) fn least_below(&self, limits: &[Amounts], below: &mut Below) {
        below.compare_true(&self.subtree.min, self.above, limits);
    }

    /// Which nodes are below their limits in all of it.
    pub(in super::super) fn most_below(&self, limits: &[Amounts], below: &mut Below) {
        below.compare_true(&self.subtree.max, self.above, limits);
    }

    /// The smallest usage of every node in it.
    #[cfg(test)]
    pub(in super::super) fn least(&self) -> impl Iterator<Item = Amounts> {
        columns::true_values(&self.subtree.min, self.above).into_iter()
    }

    /// The smallest usage of a node in it.
    pub(in super::super) fn least_of(&self, node: usize) -> Amounts {
        let above = self.above.map_or(NOTHING, |above| above[node]);
        shifted(self.subtree.min[node], above)
    }

    /// The largest usage of every node in it.
    #[cfg(test)]
    pub(in super::super) fn most(&self) -> impl Iterator<Item = Amounts> {
        columns::true_values(&self.subtree.max, self.above).into_iter()
    }
}

impl<'a> Stretches<'a> {
    /// At the stretch that holds the instant `at` as time runs.
    pub(super) fn at(root: &'a Subtree, instant: i64, mirrored: bool) -> Self {
        let mut stretches = Self {
            mirrored,
            path: Vec::new(),
            subtree: root,
            end: i64::MAX,
        };
        while let Page::Inner(inner) = &stretches.subtree.page {
            stretches.enter(inner, inner.floor(instant));
        }
        stretches
    }

    /// Where it is.
    pub(in super::super) fn part(&self) -> Part<'_> {
        let (begins, ends) = if self.mirrored {
            (mirror(self.end), mirror(self.subtree.first))
        } else {
            (self.subtree.first, self.end)
        };
        Part {
            begins,
            ends,
            subtree: self.subtree,
            above: self.above(),
        }
    }

    /// Goes on to the next stretch that is in nothing left out; says whether there is one. What
    /// may be left out is asked of pages first, the largest first, then of the stretches in them.
    pub(in super::super) fn advance(
        &mut self,
        mut leave_out: impl FnMut(&Part<'_>) -> bool,
    ) -> bool {
        while self.next_beside() {
            loop {
                if leave_out(&self.part()) {
                    break;
                }
                let Page::Inner(inner) = &self.subtree.page else {
                    return true;
                };
                let last = inner.children.len() - 1;
                self.enter(inner, if self.mirrored { last } else { 0 });
            }
        }
        false
    }

    /// Goes on to what follows, as high up as it begins.
    fn next_beside(&mut self) -> bool {
        while let Some(level) = self.path.last_mut() {
            let next = if self.mirrored {
                level.index.checked_sub(1)
            } else {
                Some(level.index + 1).filter(|&next| next < level.inner.children.len())
            };
            if let Some(index) = next {
                level.index = index;
                self.subtree = &level.inner.children[index];
                self.end = level.inner.end_of(index, level.end);
                return true;
            }
            self.path.pop();
        }
        false
    }

    fn enter(&mut self, inner: &'a Inner, index: usize) {
        let level = Level {
            inner,
            end: self.end,
            index,
            below: columns::both(
                self.path.last().and_then(|level| level.below.clone()),
                inner.add.as_ref(),
            ),
        };
        self.subtree = &inner.children[index];
        self.end = inner.end_of(index, self.end);
        self.path.push(level);
    }

    fn above(&self) -> Option<&[Amounts]> {
        self.path.last()?.below.as_deref()
    }
}
