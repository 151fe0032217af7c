//! Keeping the pages of the tree neither too full nor too sparse.
//!
//! Owns when pages are split and joined; moves what is in them and changes no usage.

use super::super::super::amounts::{negated, shifted};
use super::super::changes::{Change, Changes};
use super::super::columns;
use super::{Inner, Page, Stretch, Subtree, extremes_of};

/// Children at which an inner page is split. Unit tests use tiny pages, so that small cases make
/// deep trees.
const CHILDREN: usize = if cfg!(test) { 4 } else { 16 };

/// When pages are reshaped.
#[derive(Clone, Copy)]
pub(in super::super) struct Limits {
    /// Changes at which a stretch is split.
    pub(in super::super) stretch: usize,
    pub(in super::super) nodes: usize,
}

impl Inner {
    /// Whether child `index` is so sparse that it goes into one page with the one after it.
    fn can_join(&self, index: usize, limits: Limits) -> bool {
        let Some([low, high]) = self.children.get(index..index + 2) else {
            return false;
        };
        let most = match low.page {
            Page::Stretch(_) => limits.stretch,
            Page::Inner(_) => CHILDREN,
        };
        // Room is left, so that the next changes do not split it again.
        low.entries().min(high.entries()) <= most / 4
            && low.entries() + high.entries() + low.extra_when_joined(limits) <= most * 3 / 4
    }

    /// Joins child `index` with a neighbour where both go into one page.
    fn join_around(&mut self, index: usize, limits: Limits) {
        let low = [Some(index), index.checked_sub(1)]
            .into_iter()
            .flatten()
            .find(|&low| self.can_join(low, limits));
        if let Some(low) = low {
            let high = self.children.remove(low + 1);
            self.children[low].absorb(high);
        }
    }
}

impl Subtree {
    fn over(children: Vec<Self>) -> Self {
        let first = children[0].first;
        let (max, min) = extremes_of(&children);
        Self {
            first,
            max,
            min,
            page: Page::Inner(Inner {
                add: None,
                children,
            }),
        }
    }

    fn of_stretch(first: i64, stretch: Stretch) -> Self {
        let (max, min, _) = stretch.extremes();
        Self {
            first,
            max,
            min,
            page: Page::Stretch(stretch),
        }
    }

    const fn entries(&self) -> usize {
        match &self.page {
            Page::Stretch(stretch) => stretch.changes.len(),
            Page::Inner(inner) => inner.children.len(),
        }
    }

    /// Changes that may be made where two stretches are joined.
    const fn extra_when_joined(&self, limits: Limits) -> usize {
        match &self.page {
            Page::Stretch(_) => limits.nodes,
            Page::Inner(_) => 0,
        }
    }

    /// Splits or joins pages around `at` where they are full or sparse.
    pub(in super::super) fn reshape_as_root(&mut self, at: i64, limits: Limits) {
        // Every round splits or joins; what was split is too large to be joined, and the other
        // way round.
        while self.needs_reshape(at, limits) {
            if let Page::Stretch(_) = self.page {
                self.wrap();
            }
            self.reshape(at, limits);
            if self.entries() >= CHILDREN {
                self.wrap();
                self.reshape(at, limits);
            }
            self.collapse();
        }
    }

    /// Puts this below a new page of its own.
    fn wrap(&mut self) {
        let below = std::mem::replace(self, Self::without_nodes(self.first));
        *self = Self::over(vec![below]);
    }

    /// Puts the only child of an inner page in its place.
    pub(in super::super) fn collapse(&mut self) {
        while let Page::Inner(inner) = &mut self.page
            && inner.children.len() == 1
        {
            inner.push_down();
            if let Some(only) = inner.children.pop() {
                *self = only;
            }
        }
    }

    fn needs_reshape(&self, at: i64, limits: Limits) -> bool {
        match &self.page {
            Page::Stretch(stretch) => stretch.changes.len() >= limits.stretch,
            Page::Inner(inner) => {
                let index = inner.floor(at);
                inner.children[index].needs_reshape(at, limits)
                    || inner.can_join(index, limits)
                    || index > 0 && inner.can_join(index - 1, limits)
            }
        }
    }

    /// Reshapes the pages below around `at`. Nothing may be left to be added to this one.
    fn reshape(&mut self, at: i64, limits: Limits) {
        let Page::Inner(inner) = &mut self.page else {
            return;
        };
        inner.push_down();
        let index = inner.floor(at);
        let child = &mut inner.children[index];
        child.reshape(at, limits);
        if let Some(upper) = child.split_if_full(limits) {
            inner.children.insert(index + 1, upper);
        } else {
            inner.join_around(index, limits);
        }
    }

    /// Keeps the lower half and returns the upper one. Nothing may be left to be added to it.
    fn split_if_full(&mut self, limits: Limits) -> Option<Self> {
        let full = match self.page {
            Page::Stretch(_) => limits.stretch,
            Page::Inner(_) => CHILDREN,
        };
        if self.entries() < full {
            return None;
        }
        match &mut self.page {
            Page::Stretch(stretch) => {
                let at = stretch.changes.middle_at()?;
                let mut rest = stretch.changes.split_off(at);
                let (max, min, end) = stretch.extremes();
                (self.max, self.min) = (max, min);
                let mut upper = Stretch {
                    start: end,
                    changes: Changes::new(),
                };
                upper.apply(&rest.take_until(at));
                upper.changes = rest;
                Some(Self::of_stretch(at, upper))
            }
            Page::Inner(inner) => {
                inner.push_down();
                let upper = inner.children.split_off(inner.children.len() / 2);
                (self.max, self.min) = extremes_of(&inner.children);
                Some(Self::over(upper))
            }
        }
    }

    /// Takes in the neighbour above. Nothing may be left to be added to either.
    fn absorb(&mut self, mut high: Self) {
        columns::raise(&mut self.max, &high.max);
        columns::lower(&mut self.min, &high.min);
        match (&mut self.page, &mut high.page) {
            (Page::Stretch(low), Page::Stretch(above)) => {
                let (_, _, end) = low.extremes();
                for (node, (&before, &after)) in (0_u32..).zip(end.iter().zip(&above.start)) {
                    if before != after {
                        low.changes.append(Change {
                            at: high.first,
                            node,
                            by: shifted(after, negated(before)),
                        });
                    }
                }
                low.changes.extend(std::mem::take(&mut above.changes));
            }
            (Page::Inner(low), Page::Inner(above)) => {
                low.push_down();
                above.push_down();
                low.children.append(&mut above.children);
            }
            (Page::Stretch(_), Page::Inner(_)) | (Page::Inner(_), Page::Stretch(_)) => {
                unreachable!("invariant: all stretches are equally deep")
            }
        }
    }
}
