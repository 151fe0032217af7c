//! The pages of a profile: a B+ tree over boundaries, with extremes and lazy additions.
//!
//! Owns the order of the boundaries and the balance of the tree; knows nothing of nodes, sizes or
//! capacities. A boundary is a time and the usage from it on, up to the next boundary.
//!
//! ```text
//! Subtree { add, max, min, page }        true usage = stored usage + the `add` of every subtree
//!   Inner: firsts [..64], children       on the way down (modulo 2^32)
//!     Leaf: times [..64], usage
//! ```
//!
//! Invariants: no page but the root is empty; `firsts[i]` is the first time in `children[i]`;
//! `max` and `min` are those of the page plus the subtree's own `add`; all leaves are equally
//! deep. Two levels hold some 3,000 boundaries, three 100,000, four several millions.
//!
//! # Design notes
//!
//! What is stored below a lazy addition may stand for a negative number, which no comparison of
//! `u32` gets right. So whatever changes a page first moves the additions on its way down: on a
//! path that is changed all additions are zero, extremes are taken of true usages only, and a
//! later addition to all of them alike keeps their order.

use super::super::amounts::{Amounts, EVERYTHING, NOTHING, larger, shifted, smaller};

/// Entries at which a page is split. Unit tests use tiny pages, so that small cases make deep
/// trees.
pub(super) const PAGE_ENTRIES: usize = if cfg!(test) { 6 } else { 64 };
/// A page with fewer entries than this is joined with its neighbour.
const SPARSE_ENTRIES: usize = PAGE_ENTRIES / 3;

/// A page with what is true of all of it, in the frame of its parent.
#[derive(Clone, Debug)]
pub(super) struct Subtree {
    pub(super) max: Amounts,
    pub(super) min: Amounts,
    pub(super) add: Amounts,
    pub(super) page: Page,
}

#[derive(Clone, Debug)]
pub(super) enum Page {
    Leaf(Box<Leaf>),
    Inner(Box<Inner>),
}

/// Boundaries in the order of their times.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    len: usize,
    times: [i64; PAGE_ENTRIES],
    usage: [Amounts; PAGE_ENTRIES],
}

#[derive(Clone, Debug)]
pub(super) struct Inner {
    pub(super) firsts: Vec<i64>,
    pub(super) children: Vec<Subtree>,
}

/// What became of making sure that there is a boundary.
pub(super) struct Ensured {
    /// Whether it had been there before.
    pub(super) existed: bool,
    /// The upper half of the page, where it had to be split.
    pub(super) split_off: Option<Subtree>,
}

/// Heap bytes of one leaf.
pub(super) const LEAF_BYTES: usize = size_of::<Leaf>();
/// Heap bytes of one inner page, its vectors at their full size.
pub(super) const INNER_BYTES: usize =
    size_of::<Inner>() + PAGE_ENTRIES * (size_of::<i64>() + size_of::<Subtree>());

impl Leaf {
    const fn new() -> Self {
        Self {
            len: 0,
            times: [0; PAGE_ENTRIES],
            usage: [NOTHING; PAGE_ENTRIES],
        }
    }

    #[inline]
    pub(super) fn times(&self) -> &[i64] {
        &self.times[..self.len]
    }

    #[inline]
    pub(super) fn usage(&self) -> &[Amounts] {
        &self.usage[..self.len]
    }

    /// The entry whose boundary is in force at `at`; the first one for anything before it.
    #[inline]
    pub(super) fn floor(&self, at: i64) -> usize {
        self.times()
            .partition_point(|&time| time <= at)
            .saturating_sub(1)
    }

    fn insert(&mut self, index: usize, time: i64, usage: Amounts) {
        self.times.copy_within(index..self.len, index + 1);
        self.usage.copy_within(index..self.len, index + 1);
        self.times[index] = time;
        self.usage[index] = usage;
        self.len += 1;
    }

    fn remove(&mut self, range: std::ops::Range<usize>) {
        self.times.copy_within(range.end..self.len, range.start);
        self.usage.copy_within(range.end..self.len, range.start);
        self.len -= range.len();
    }

    /// Takes the entries from `index` on into a leaf of their own.
    fn split_off(&mut self, index: usize) -> Self {
        let mut upper = Self::new();
        upper.append(&self.times[index..self.len], &self.usage[index..self.len]);
        self.len = index;
        upper
    }

    fn append(&mut self, times: &[i64], usage: &[Amounts]) {
        let end = self.len + times.len();
        self.times[self.len..end].copy_from_slice(times);
        self.usage[self.len..end].copy_from_slice(usage);
        self.len = end;
    }
}

impl Inner {
    /// The child that holds the boundary in force at `at`; the first one for anything before it.
    #[inline]
    pub(super) fn floor(&self, at: i64) -> usize {
        self.firsts
            .partition_point(|&first| first <= at)
            .saturating_sub(1)
    }

    /// Joins child `index` with a neighbour where it has become sparse; drops it when empty.
    fn rebalance(&mut self, index: usize) {
        let entries = self.children[index].page.entries();
        if entries == 0 {
            self.firsts.remove(index);
            self.children.remove(index);
            return;
        }
        if entries >= SPARSE_ENTRIES || self.children.len() == 1 {
            return;
        }
        let left = if index + 1 < self.children.len() {
            index
        } else {
            index - 1
        };
        self.firsts.remove(left + 1);
        let right = self.children.remove(left + 1);
        if let Some(rest) = self.children[left].absorb(right) {
            self.firsts.insert(left + 1, rest.page.first());
            self.children.insert(left + 1, rest);
        }
    }
}

impl Page {
    pub(super) fn entries(&self) -> usize {
        match self {
            Self::Leaf(leaf) => leaf.len,
            Self::Inner(inner) => inner.children.len(),
        }
    }

    /// Time of the first boundary below; of a page that is not empty.
    pub(super) fn first(&self) -> i64 {
        match self {
            Self::Leaf(leaf) => leaf.times[0],
            Self::Inner(inner) => inner.firsts[0],
        }
    }

    /// Number of boundaries below.
    pub(super) fn boundaries(&self) -> usize {
        match self {
            Self::Leaf(leaf) => leaf.len,
            Self::Inner(inner) => inner.children.iter().map(|c| c.page.boundaries()).sum(),
        }
    }

    /// Heap bytes of this page and all below.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Leaf(_) => LEAF_BYTES,
            Self::Inner(inner) => {
                INNER_BYTES + inner.children.iter().map(|c| c.page.bytes()).sum::<usize>()
            }
        }
    }

    /// Adds to every entry of this page.
    fn shift(&mut self, by: Amounts) {
        match self {
            Self::Leaf(leaf) => {
                for usage in &mut leaf.usage[..leaf.len] {
                    *usage = shifted(*usage, by);
                }
            }
            Self::Inner(inner) => inner.children.iter_mut().for_each(|child| child.shift(by)),
        }
    }
}

impl Subtree {
    /// A leaf with one boundary of no usage.
    pub(super) fn with_one_boundary(time: i64) -> Self {
        let mut leaf = Leaf::new();
        leaf.insert(0, time, NOTHING);
        Self {
            max: NOTHING,
            min: NOTHING,
            add: NOTHING,
            page: Page::Leaf(Box::new(leaf)),
        }
    }

    /// A page over two subtrees, the lower one first.
    pub(super) fn above(lower: Self, upper: Self) -> Self {
        let firsts = vec![lower.page.first(), upper.page.first()];
        let inner = Inner {
            firsts,
            children: vec![lower, upper],
        };
        Self::of(Page::Inner(Box::new(inner)))
    }

    fn of(page: Page) -> Self {
        let mut subtree = Self {
            max: NOTHING,
            min: NOTHING,
            add: NOTHING,
            page,
        };
        subtree.refresh();
        subtree
    }

    /// Adds to everything in it, in constant time.
    fn shift(&mut self, by: Amounts) {
        self.add = shifted(self.add, by);
        self.max = shifted(self.max, by);
        self.min = shifted(self.min, by);
    }

    /// Computes `max` and `min` anew from the page, when there is no lazy addition to it.
    fn refresh(&mut self) {
        debug_assert_eq!(self.add, NOTHING, "extremes are taken of true usages");
        let (mut max, mut min) = (NOTHING, EVERYTHING);
        match &self.page {
            Page::Leaf(leaf) => {
                for &usage in leaf.usage() {
                    max = larger(max, usage);
                    min = smaller(min, usage);
                }
            }
            Page::Inner(inner) => {
                for child in &inner.children {
                    max = larger(max, child.max);
                    min = smaller(min, child.min);
                }
            }
        }
        (self.max, self.min) = (max, min);
    }

    /// Makes sure there is a boundary at `time`, with the usage that is in force there.
    ///
    /// `time` must not be before the first boundary of the subtree.
    pub(super) fn ensure(&mut self, time: i64) -> Ensured {
        self.push_down();
        let existed = match &mut self.page {
            Page::Leaf(leaf) => {
                let floor = leaf.floor(time);
                let existed = leaf.times[floor] == time;
                if !existed {
                    leaf.insert(floor + 1, time, leaf.usage[floor]);
                }
                existed
            }
            Page::Inner(inner) => {
                let index = inner.floor(time);
                let ensured = inner.children[index].ensure(time);
                if let Some(upper) = ensured.split_off {
                    inner.firsts.insert(index + 1, upper.page.first());
                    inner.children.insert(index + 1, upper);
                }
                ensured.existed
            }
        };
        let full = self.page.entries() == PAGE_ENTRIES;
        Ensured {
            existed,
            split_off: full.then(|| self.split()),
        }
    }

    /// Keeps the lower half and returns the upper one.
    fn split(&mut self) -> Self {
        let middle = self.page.entries() / 2;
        let upper = match &mut self.page {
            Page::Leaf(leaf) => Page::Leaf(Box::new(leaf.split_off(middle))),
            Page::Inner(inner) => {
                let mut firsts = Vec::with_capacity(PAGE_ENTRIES);
                let mut children = Vec::with_capacity(PAGE_ENTRIES);
                firsts.extend(inner.firsts.drain(middle..));
                children.extend(inner.children.drain(middle..));
                Page::Inner(Box::new(Inner { firsts, children }))
            }
        };
        self.refresh();
        Self::of(upper)
    }

    /// Takes in the neighbour above; returns its upper part where both do not fit in one page.
    fn absorb(&mut self, mut upper: Self) -> Option<Self> {
        self.push_down();
        upper.push_down();
        let rest = match (&mut self.page, &mut upper.page) {
            (Page::Leaf(low), Page::Leaf(high)) => {
                if low.len + high.len < PAGE_ENTRIES {
                    low.append(high.times(), high.usage());
                    None
                } else {
                    // The sparse one of the two takes what makes them even.
                    let even = usize::midpoint(low.len, high.len);
                    if low.len < even {
                        let moved = even - low.len;
                        low.append(&high.times()[..moved], &high.usage()[..moved]);
                        high.remove(0..moved);
                    } else {
                        let mut joined = low.split_off(even);
                        joined.append(high.times(), high.usage());
                        **high = joined;
                    }
                    Some(())
                }
            }
            (Page::Inner(low), Page::Inner(high)) => {
                low.firsts.append(&mut high.firsts);
                low.children.append(&mut high.children);
                (low.children.len() >= PAGE_ENTRIES).then(|| {
                    let even = low.children.len() / 2;
                    high.firsts.extend(low.firsts.drain(even..));
                    high.children.extend(low.children.drain(even..));
                })
            }
            (Page::Leaf(_), Page::Inner(_)) | (Page::Inner(_), Page::Leaf(_)) => {
                unreachable!("invariant: all leaves are equally deep")
            }
        };
        self.refresh();
        rest.map(|()| {
            upper.refresh();
            upper
        })
    }

    /// Moves the lazy addition into the entries of the page.
    fn push_down(&mut self) {
        let add = std::mem::replace(&mut self.add, NOTHING);
        if add != NOTHING {
            self.page.shift(add);
        }
    }

    /// Adds to every boundary in `[from, until)`; `end` is where the subtree ends.
    pub(super) fn add_over(&mut self, from: i64, until: i64, end: i64, by: Amounts) {
        if from <= self.page.first() && end <= until {
            self.shift(by);
            return;
        }
        self.push_down();
        match &mut self.page {
            Page::Leaf(leaf) => {
                let low = leaf.times().partition_point(|&time| time < from);
                let high = leaf.times().partition_point(|&time| time < until);
                for usage in &mut leaf.usage[low..high] {
                    *usage = shifted(*usage, by);
                }
            }
            Page::Inner(inner) => {
                let low = inner.floor(from);
                let high = inner.firsts.partition_point(|&first| first < until);
                for index in low..high {
                    let child_end = inner.firsts.get(index + 1).copied().unwrap_or(end);
                    inner.children[index].add_over(from, until, child_end, by);
                }
            }
        }
        self.refresh();
    }

    /// Removes the boundary at `time`; what was in force before it stays so.
    pub(super) fn remove(&mut self, time: i64) {
        self.push_down();
        match &mut self.page {
            Page::Leaf(leaf) => {
                let floor = leaf.floor(time);
                debug_assert_eq!(
                    leaf.times[floor], time,
                    "only boundaries that exist are removed"
                );
                leaf.remove(floor..floor + 1);
            }
            Page::Inner(inner) => {
                let index = inner.floor(time);
                inner.children[index].remove(time);
                if inner.children[index].page.entries() > 0 {
                    inner.firsts[index] = inner.children[index].page.first();
                }
                inner.rebalance(index);
            }
        }
        self.refresh();
    }

    /// Removes all boundaries before `at` and moves the one in force there to `at`.
    pub(super) fn forget_before(&mut self, at: i64) {
        self.push_down();
        match &mut self.page {
            Page::Leaf(leaf) => {
                let floor = leaf.floor(at);
                leaf.remove(0..floor);
                leaf.times[0] = at;
            }
            Page::Inner(inner) => {
                let floor = inner.floor(at);
                inner.firsts.drain(..floor);
                inner.children.drain(..floor);
                inner.children[0].forget_before(at);
                inner.firsts[0] = at;
                inner.rebalance(0);
            }
        }
        self.refresh();
    }

    /// Puts the only child of an inner page in its place, as often as there is but one.
    pub(super) fn collapse(&mut self) {
        while let Page::Inner(inner) = &mut self.page
            && inner.children.len() == 1
            && let Some(mut only) = inner.children.pop()
        {
            only.shift(self.add);
            *self = only;
        }
    }
}
