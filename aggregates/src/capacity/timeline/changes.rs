//! The changes of usage inside a stretch of time, of all nodes, in the order of time.
//!
//! Owns the order and the merging of changes of the same node at the same instant; knows nothing
//! of usage. Kept in short pages, so that putting one in moves little.

use super::super::amounts::{Amounts, NOTHING, shifted};

/// Changes at which a page is split. Unit tests use tiny pages, so that small cases make several.
const PAGE_CHANGES: usize = if cfg!(test) { 4 } else { 128 };
/// A page with fewer changes than this is joined with the one after it.
const SPARSE_CHANGES: usize = PAGE_CHANGES / 4;

/// What one node's usage changes by at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) at: i64,
    /// Index of the node.
    pub(super) node: u32,
    /// To be added modulo 2^32; never nothing.
    pub(super) by: Amounts,
}

impl Change {
    const fn key(&self) -> (i64, u32) {
        (self.at, self.node)
    }
}

/// Changes ordered by time, then by node; at most one for each.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    /// None of them is empty.
    pages: Vec<Vec<Change>>,
    len: usize,
}

/// A place between two changes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cursor {
    page: usize,
    index: usize,
}

impl Changes {
    pub(super) const fn new() -> Self {
        Self {
            pages: Vec::new(),
            len: 0,
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Change> {
        self.pages.iter().flatten()
    }

    /// The changes before `cursor`.
    pub(super) fn until(&self, cursor: Cursor) -> impl Iterator<Item = &[Change]> {
        self.between(Cursor::default(), cursor)
    }

    /// The changes between two places, a page at a time: loops over slices are what compilers are
    /// good at.
    pub(super) fn between(&self, from: Cursor, until: Cursor) -> impl Iterator<Item = &[Change]> {
        (from.page..=until.page).filter_map(move |page| {
            let changes = self.pages.get(page)?;
            let low = if page == from.page { from.index } else { 0 };
            let high = if page == until.page {
                until.index
            } else {
                changes.len()
            };
            changes.get(low..high)
        })
    }

    /// Applies the changes before `cursor` to the usage of every node.
    pub(super) fn apply_until(&self, cursor: Cursor, usage: &mut [Amounts]) {
        for page in self.until(cursor) {
            for change in page {
                let node = change.node as usize;
                usage[node] = shifted(usage[node], change.by);
            }
        }
    }

    /// The place after the last change.
    pub(super) const fn end(&self) -> Cursor {
        Cursor {
            page: self.pages.len(),
            index: 0,
        }
    }

    /// Heap bytes.
    pub(super) fn bytes(&self) -> usize {
        let pages = self.pages.iter().map(Vec::capacity).sum::<usize>();
        self.pages.capacity() * size_of::<Vec<Change>>() + pages * size_of::<Change>()
    }

    /// Adds a change; two of the same node at the same instant are one, or none if they cancel.
    pub(super) fn add(&mut self, change: Change) {
        let key = change.key();
        let page = self
            .pages
            .partition_point(|page| page.last().is_some_and(|last| last.key() < key));
        if page == self.pages.len() {
            return self.append(change);
        }
        let changes = &mut self.pages[page];
        let index = changes.partition_point(|other| other.key() < key);
        match changes.get_mut(index) {
            Some(same) if same.key() == key => {
                same.by = shifted(same.by, change.by);
                if same.by == NOTHING {
                    changes.remove(index);
                    self.len -= 1;
                    self.join(page);
                }
            }
            Some(_) | None => {
                changes.insert(index, change);
                self.len += 1;
                self.split_if_full(page);
            }
        }
    }

    /// Adds a change that comes after all others.
    pub(super) fn append(&mut self, change: Change) {
        debug_assert!(
            self.iter()
                .next_back()
                .is_none_or(|last| last.key() < change.key())
        );
        if self.pages.is_empty() {
            self.pages.push(Vec::with_capacity(PAGE_CHANGES));
        }
        let page = self.pages.len() - 1;
        self.pages[page].push(change);
        self.len += 1;
        self.split_if_full(page);
    }

    fn split_if_full(&mut self, page: usize) {
        if self.pages[page].len() < PAGE_CHANGES {
            return;
        }
        // What is appended leaves full pages behind.
        let middle = if page + 1 == self.pages.len() {
            PAGE_CHANGES * 3 / 4
        } else {
            PAGE_CHANGES / 2
        };
        let mut upper = Vec::with_capacity(PAGE_CHANGES);
        upper.extend(self.pages[page].drain(middle..));
        self.pages.insert(page + 1, upper);
    }

    /// Drops a page that is empty, and joins one that is sparse with the next.
    fn join(&mut self, page: usize) {
        if self.pages[page].is_empty() {
            self.pages.remove(page);
        } else if self.pages[page].len() < SPARSE_CHANGES
            && self
                .pages
                .get(page + 1)
                .is_some_and(|next| next.len() < PAGE_CHANGES / 2)
        {
            let next = self.pages.remove(page + 1);
            self.pages[page].extend(next);
        }
    }

    /// The instant of the change in the middle.
    pub(super) fn middle_at(&self) -> Option<i64> {
        self.iter().nth(self.len / 2).map(|change| change.at)
    }

    /// Takes out all changes at `at` or after it.
    pub(super) fn split_off(&mut self, at: i64) -> Self {
        let mut upper = Self::default();
        let page = self
            .pages
            .partition_point(|page| page.last().is_some_and(|last| last.at < at));
        if page == self.pages.len() {
            return upper;
        }
        upper.pages = self.pages.split_off(page);
        let first = &mut upper.pages[0];
        let index = first.partition_point(|change| change.at < at);
        if index > 0 {
            let mut lower = Vec::with_capacity(PAGE_CHANGES);
            lower.extend(first.drain(..index));
            self.pages.push(lower);
        }
        upper.len = upper.pages.iter().map(Vec::len).sum();
        self.len -= upper.len;
        upper
    }

    /// Takes out all changes before `at` or at it, in their order.
    pub(super) fn take_until(&mut self, at: i64) -> Self {
        let upper = self.split_off(at.saturating_add(1));
        std::mem::replace(self, upper)
    }

    /// Appends changes that all come after those that are there.
    pub(super) fn extend(&mut self, later: Self) {
        self.len += later.len;
        self.pages.extend(later.pages);
    }

    /// Makes room in the numbering for a new node.
    pub(super) fn insert_node(&mut self, node: u32) {
        for change in self.pages.iter_mut().flatten() {
            change.node += u32::from(change.node >= node);
        }
    }

    /// Closes the gap that a node without changes leaves in the numbering.
    pub(super) fn remove_node(&mut self, node: u32) {
        for change in self.pages.iter_mut().flatten() {
            debug_assert_ne!(change.node, node, "a node that is removed has no changes");
            change.node -= u32::from(change.node > node);
        }
    }

    /// The place before the first change at `at` or after it.
    pub(super) fn seek(&self, at: i64) -> Cursor {
        let page = self
            .pages
            .partition_point(|page| page.last().is_some_and(|last| last.at < at));
        let index = self.pages.get(page).map_or(0, |changes| {
            changes.partition_point(|change| change.at < at)
        });
        Cursor { page, index }
    }

    /// Moves the cursor to before the next change that is sought, or to the end.
    #[inline]
    pub(super) fn pass(&self, cursor: &mut Cursor, sought: impl Fn(&Change) -> bool) {
        while let Some(page) = self.pages.get(cursor.page) {
            let after = page.get(cursor.index..).unwrap_or_default();
            if let Some(passed) = after.iter().position(&sought) {
                cursor.index += passed;
                return;
            }
            *cursor = Cursor {
                page: cursor.page + 1,
                index: 0,
            };
        }
    }

    /// Moves the cursor back to after the change before it that is sought, or to the beginning.
    #[inline]
    pub(super) fn pass_back(&self, cursor: &mut Cursor, sought: impl Fn(&Change) -> bool) {
        loop {
            let page = self.pages.get(cursor.page);
            let before = page.and_then(|page| page.get(..cursor.index));
            if let Some(found) = before.unwrap_or_default().iter().rposition(&sought) {
                cursor.index = found + 1;
                return;
            }
            let Some(page) = cursor.page.checked_sub(1) else {
                cursor.index = 0;
                return;
            };
            *cursor = Cursor {
                page,
                index: self.pages[page].len(),
            };
        }
    }

    /// The change after the cursor, which then stands behind it.
    #[inline]
    pub(super) fn after(&self, cursor: &mut Cursor) -> Option<Change> {
        let page = self.pages.get(cursor.page)?;
        let change = *page.get(cursor.index)?;
        cursor.index += 1;
        if cursor.index == page.len() {
            *cursor = Cursor {
                page: cursor.page + 1,
                index: 0,
            };
        }
        Some(change)
    }

    /// The change before the cursor, which then stands before it.
    #[inline]
    pub(super) fn before(&self, cursor: &mut Cursor) -> Option<Change> {
        if cursor.index == 0 {
            cursor.page = cursor.page.checked_sub(1)?;
            cursor.index = self.pages[cursor.page].len();
        }
        cursor.index -= 1;
        Some(self.pages[cursor.page][cursor.index])
    }
}
