//! Lists, newest first, a page at a time.
//!
//! A page goes on where the one before ended by `created_position`, which is unique and never changes:
//! whatever is added meanwhile, a reader meets every row exactly once.

use crate::error::ViewsError;
use crate::store::{Statement, Value};
use crate::table::{Table, select};

/// Most rows of one page.
pub const LIST_LIMIT_MAX: usize = 1_000;

/// Which part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many rows at most, 1 to [`LIST_LIMIT_MAX`].
    pub limit: usize,
    /// The cursor of the page before; `None` for the newest rows.
    pub before: Option<u64>,
}

impl Page {
    /// The first page.
    #[must_use]
    pub const fn first(limit: usize) -> Self {
        Self {
            limit,
            before: None,
        }
    }

    /// The limit, if it is one.
    pub(crate) fn checked_limit(limit: usize) -> Result<u64, ViewsError> {
        let max = LIST_LIMIT_MAX;
        match u64::try_from(limit) {
            Ok(rows) if (1..=max).contains(&limit) => Ok(rows),
            Ok(_) | Err(_) => Err(ViewsError::LimitOutOfRange { asked: limit, max }),
        }
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<V, Cursor = u64> {
    /// Its rows, in order.
    pub rows: Vec<V>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Cursor>,
}

impl<V, Cursor> Listed<V, Cursor> {
    /// Cuts the one row too many that was read to know whether there are more.
    pub(crate) fn cut(mut rows: Vec<V>, limit: usize, cursor: impl Fn(&V) -> Cursor) -> Self {
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(cursor);
        Self { rows, next }
    }
}

/// A column and the value it must have.
pub(crate) type Equal = (&'static str, Value);

/// What a list is made of.
///
/// A row belongs to it if it is in one of the branches and passes every filter. Each branch is a range
/// of an index that is already in the order of the list, so the newest rows of all branches cost no
/// more than a few index entries a branch, however long the table is.
pub(crate) struct Listing {
    /// Each a prefix of an index; at least one.
    pub(crate) branches: Vec<Vec<Equal>>,
    /// Each a condition before its value, such as `starts_at <`.
    pub(crate) filters: Vec<Equal>,
}

impl Listing {
    /// Adds the filter to windows that overlap a span, half open as windows are.
    pub(crate) fn filter_window(&mut self, from: Option<i64>, to: Option<i64>) {
        self.filters
            .extend(from.map(|from| ("ends_at >", from.into())));
        self.filters.extend(to.map(|to| ("starts_at <", to.into())));
    }

    /// The rows of one page, and one more if there is one.
    pub(crate) fn statement<A: Table>(&self, page: Page) -> Result<Statement, ViewsError> {
        let limit = Page::checked_limit(page.limit)? + 1;
        let mut statement = select::<A>();
        statement.push("WHERE created_position IN (SELECT created_position FROM (");
        for (i, branch) in self.branches.iter().enumerate() {
            statement.push(if i == 0 { "" } else { " UNION ALL " });
            statement.push("SELECT created_position FROM (SELECT created_position FROM ");
            statement.push(A::NAME).push(" WHERE ");
            for (column, value) in branch {
                statement.push(column).push(" = ");
                statement.push_value(value.clone()).push(" AND ");
            }
            for (condition, value) in &self.filters {
                statement.push(condition).push(" ");
                statement.push_value(value.clone()).push(" AND ");
            }
            statement.push("created_position < ");
            statement.push_value(page.before.unwrap_or(u64::MAX));
            statement.push(" ORDER BY created_position DESC LIMIT ");
            statement.push_value(limit);
            statement.push(&format!(") AS branch_{i}"));
        }
        statement.push(") AS branches ORDER BY created_position DESC LIMIT ");
        statement.push_value(limit);
        statement.push(") ORDER BY created_position DESC");
        Ok(statement)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_at_least_one_row_and_at_most_the_limit() {
        assert!(Page::checked_limit(1).is_ok() && Page::checked_limit(LIST_LIMIT_MAX).is_ok());
        for asked in [0, LIST_LIMIT_MAX + 1] {
            let error = Page::checked_limit(asked).unwrap_err();
            assert!(
                matches!(error, ViewsError::LimitOutOfRange { asked: a, max: LIST_LIMIT_MAX } if a == asked)
            );
        }
    }
}
