//! The usage of all nodes together over time: the same as their profiles, laid out by time first.
//!
//! Owns the index that questions about all nodes at once go through; the profiles stay what it is
//! made of, and answer questions about one node. Must never differ from them.
//!
//! A profile finds the maximum of one node in a logarithm; a thousand of them are a thousand walks
//! through memory that is not in any cache. Here what is asked of all nodes lies together: a
//! *stretch* of time begins with the usage of every node in one column, followed by the changes of
//! all nodes in the order of time. A window is then at most two stretches that it cuts, gone
//! through change by change, and between them whole stretches, of which the maxima are columns,
//! too. (Checkpoints and changes in the order of time are the Timeline Index of Kaufmann and
//! others, SIGMOD 2013; columns of extremes above them, with lazy additions, are ours.)
//!
//! ```text
//! Subtree { first, max, min, page }     columns: three amounts for each node
//!   Inner: children [..16], add         `add` is still to be added to all below (modulo 2^32)
//!     Stretch: start, changes           usage at `first`, then { at, node, by } by time
//! ```
//!
//! # Design notes
//!
//! A stretch holds up to two changes for each node: the columns then cost about as much memory as the
//! changes, and a cut one is gone through in about the time that a few columns take. Changes lie strictly
//! between the beginnings of their stretch and of the next: what changes where a stretch begins
//! is in the difference of the columns. A time at which usage changes in the sum of two windows by
//! nothing (one ends as another begins) is no change.
//!
//! What is stored below an addition may stand for a negative number, which no comparison gets
//! right: so extremes are never taken of stored values. Those of one node come from its profile;
//! before a page is reshaped, the additions on the way to it are moved into its children.

mod changes;
mod columns;
mod stretches;
#[cfg(test)]
mod tests;
mod tree;
mod view;

pub(super) use columns::{Below, Column, raise, reduce};
pub(super) use stretches::{Part, Stretches};
use tree::{Limits, Subtree};
pub(super) use view::View;

use super::amounts::{Amounts, NOTHING, negated};
use super::profile::Profile;

/// Least changes at which a stretch is split, however few nodes there are.
const STRETCH_CHANGES_MIN: usize = if cfg!(test) { 5 } else { 256 };
/// Changes for each node at which a stretch is split.
const STRETCH_CHANGES_PER_NODE: usize = 2;

/// The usage of all nodes over time.
#[derive(Clone, Debug)]
pub(super) struct Timeline {
    root: Subtree,
    nodes: usize,
}

/// What is added to one node's usage over a time.
pub(super) struct Addition<'a> {
    /// First instant.
    pub(super) from: i64,
    /// First instant after it.
    pub(super) until: i64,
    /// Index of the node.
    pub(super) node: usize,
    /// To be added, modulo 2^32.
    pub(super) by: Amounts,
    /// The node's profile, to which it has been added.
    pub(super) profile: &'a Profile,
}

impl Timeline {
    /// No nodes yet, known from `since` on.
    pub(super) const fn known_since(since: i64) -> Self {
        Self {
            root: Subtree::without_nodes(since),
            nodes: 0,
        }
    }

    /// Makes room for a node on which nothing is booked; those from `index` on move up by one.
    pub(super) fn insert_node(&mut self, index: usize) {
        self.root.insert_node(index);
        self.nodes += 1;
    }

    /// Removes a node on which nothing is booked; those after it move down by one.
    pub(super) fn remove_node(&mut self, index: usize) {
        self.root.remove_node(index);
        self.nodes -= 1;
    }

    /// Follows a change of a profile.
    pub(super) fn add(&mut self, addition: &Addition<'_>) {
        let from = addition.from.max(self.root.first());
        if from >= addition.until || addition.by == NOTHING {
            return;
        }
        let addition = Addition { from, ..*addition };
        self.root.add_over(i64::MAX, &addition, NOTHING);
        self.reshape_at(from);
        self.reshape_at(addition.until);
    }

    /// Follows a change of a profile by which it got less.
    pub(super) fn take(&mut self, addition: &Addition<'_>) {
        self.add(&Addition {
            by: negated(addition.by),
            ..*addition
        });
    }

    /// The nodes whose usage changes before `at` or at it, where `at` lies in the first stretch;
    /// beyond it most of them do.
    pub(super) fn changing_before(&self, at: i64) -> Option<Vec<usize>> {
        let changes = self.root.changes_in_first(at)?;
        let mut nodes: Vec<usize> = changes.map(|change| change.node as usize).collect();
        nodes.sort_unstable();
        nodes.dedup();
        Some(nodes)
    }

    /// Drops what lies before `at`, as the profiles have done; `changing` is what
    /// [`Self::changing_before`] said.
    pub(super) fn forget_before<'p>(
        &mut self,
        at: i64,
        changing: Option<&[usize]>,
        profile_of: impl Fn(usize) -> &'p Profile,
    ) {
        if let Some(nodes) = changing {
            self.root.forget_in_first(at);
            for &node in nodes {
                self.root
                    .refresh_first(i64::MAX, (node, profile_of(node)), NOTHING);
            }
        } else {
            self.root.forget_before(at);
            self.root.collapse();
        }
        self.reshape_at(at);
    }

    /// Time as it runs.
    pub(super) const fn view(&self) -> View<'_> {
        View::of(&self.root, false)
    }

    /// Time turned round.
    pub(super) const fn mirrored(&self) -> View<'_> {
        View::of(&self.root, true)
    }

    /// Estimate of the memory it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.root.bytes()
    }

    fn reshape_at(&mut self, at: i64) {
        let limits = Limits {
            stretch: STRETCH_CHANGES_MIN.max(self.nodes * STRETCH_CHANGES_PER_NODE),
            nodes: self.nodes,
        };
        self.root.reshape_as_root(at, limits);
    }
}
