//! Lists, newest first, a page at a time.
//!
//! A page goes on where the one before ended by `created_position`, which is unique and never changes:
//! whatever is added meanwhile, a reader meets every row exactly once.

use openpex_aggregates::{Timestamp, UserId};

use crate::error::ViewsError;
use crate::store::{Statement, Value};
use crate::table::{StoredView, Table, View, select};
use crate::views::Views;

/// Most rows of one page.
pub const LIST_LIMIT_MAX: usize = 1_000;

/// Most rows that are looked through one by one, where they are all that a rare window or template has.
const CANDIDATES_MAX: u64 = 1_024;
/// From below 5 minutes to above 2 years.
const DURATION_CLASSES: std::ops::RangeInclusive<i64> = 8..=18;

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

/// What a row of a list must be beside its branch; an index finds such rows, where they are few.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Also {
    /// This column has this value.
    Equal(Equal),
    /// A condition as it is written: for an index that holds only such rows.
    Literal(&'static str),
}

/// What a list is made of.
///
/// A row belongs to it if it is in one of the branches, of the template, and overlaps the window. Each
/// branch is a range of an index that is already in the order of the list, so the newest rows of all
/// branches cost a few index entries a branch, however long the table is. A window or a template may
/// be rare, though: then its own rows are found first, and the list is made of those.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// Each a prefix of an index; at least one.
    pub(crate) branches: Vec<Vec<Equal>>,
    /// The template, if it matters.
    pub(crate) template: Option<String>,
    /// What else must be so.
    pub(crate) also: Vec<Also>,
    /// The only ids it may have; at most as many as may be candidates.
    pub(crate) among: Option<Vec<String>>,
    /// What the window must not end at or before.
    pub(crate) from: Option<Timestamp>,
    /// What the window must start before.
    pub(crate) to: Option<Timestamp>,
}

impl Listing {
    /// Everything of one user, or of everybody.
    pub(crate) fn of_user(user_id: Option<UserId>) -> Self {
        let of_user = user_id.map(|id| ("user_id", Value::from(id.0)));
        Self {
            branches: vec![of_user.into_iter().collect()],
            ..Self::default()
        }
    }

    /// Reads one page.
    pub(crate) async fn read<A: Table>(
        &self,
        views: &Views,
        page: Page,
    ) -> Result<Listed<View<A::Id, A>>, ViewsError> {
        let limit = Page::checked_limit(page.limit)? + 1;
        let before = page.before.unwrap_or(u64::MAX);
        let statement = match self.candidates::<A>(views).await? {
            None => self.newest::<A>(before, limit),
            Some(candidates) if candidates.is_empty() => {
                let (rows, next) = (Vec::new(), None);
                return Ok(Listed { rows, next });
            }
            Some(candidates) => self.newest_of::<A>(&candidates, before, limit),
        };
        let stored = views.fetch::<StoredView>(&statement).await?;
        let rows: Result<Vec<_>, _> = stored.into_iter().map(StoredView::read::<A>).collect();
        Ok(Listed::cut(rows?, page.limit, |view| view.created_position))
    }

    /// The rows that the list is made of, where they are few; `None` where they are many.
    async fn candidates<A: Table>(&self, views: &Views) -> Result<Option<Vec<i64>>, ViewsError> {
        if let Some(among) = &self.among {
            let found = views.fetch::<(i64,)>(&rows_of_keys::<A>(among)).await?;
            return Ok(Some(
                found.into_iter().map(|(position,)| position).collect(),
            ));
        }
        let also = self.also.iter().map(|also| Some(rows_that_are::<A>(also)));
        let statements = [self.in_window::<A>(), self.of_template::<A>()];
        for statement in also.chain(statements) {
            let found = rare_rows(views, statement).await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The newest rows, through the indexes of the branches.
    fn newest<A: Table>(&self, before: u64, limit: u64) -> Statement {
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
            self.push_filters(&mut statement);
            statement.push("created_position < ").push_value(before);
            statement.push(" ORDER BY created_position DESC LIMIT ");
            statement.push_value(limit);
            statement.push(&format!(") AS branch_{i}"));
        }
        statement.push(") AS branches ORDER BY created_position DESC LIMIT ");
        statement.push_value(limit);
        statement.push(") ORDER BY created_position DESC");
        statement
    }

    /// The newest rows among the candidates.
    fn newest_of<A: Table>(&self, candidates: &[i64], before: u64, limit: u64) -> Statement {
        let mut statement = select::<A>();
        statement.push("WHERE created_position IN (");
        statement.push_padded(candidates.iter().copied());
        statement.push(") AND (");
        for (i, branch) in self.branches.iter().enumerate() {
            statement.push(if i == 0 { "(" } else { " OR (" });
            for (column, value) in branch {
                statement.push(column).push(" = ");
                statement.push_value(value.clone()).push(" AND ");
            }
            statement.push("1 = 1)");
        }
        statement.push(") AND ");
        self.push_filters(&mut statement);
        statement.push("created_position < ").push_value(before);
        statement.push(" ORDER BY created_position DESC LIMIT ");
        statement.push_value(limit);
        statement
    }

    fn push_filters(&self, statement: &mut Statement) {
        if let Some(template) = &self.template {
            statement.push("template = ");
            statement.push_value(template.as_str()).push(" AND ");
        }
        for also in &self.also {
            also.push_to(statement);
            statement.push(" AND ");
        }
        if let Some(from) = self.from {
            statement
                .push("ends_at > ")
                .push_value(from.0)
                .push(" AND ");
        }
        if let Some(to) = self.to {
            statement
                .push("starts_at < ")
                .push_value(to.0)
                .push(" AND ");
        }
    }

    /// Finds the rows whose window overlaps, as many as may be candidates and one more.
    fn in_window<A: Table>(&self) -> Option<Statement> {
        if self.from.is_none() && self.to.is_none() {
            return None;
        }
        let from = self.from.unwrap_or(Timestamp(i64::MIN));
        let to = self.to.unwrap_or(Timestamp::MAX);
        let mut statement = Statement::new("SELECT created_position FROM (");
        for class in DURATION_CLASSES {
            statement.push(if class == *DURATION_CLASSES.start() {
                ""
            } else {
                " UNION ALL "
            });
            statement
                .push("SELECT created_position FROM ")
                .push(A::NAME);
            statement.push(" WHERE duration_class = ").push_value(class);
            statement.push(" AND starts_at > ");
            statement.push_value(from.saturating_add(-longest_of(class)).0);
            statement.push(" AND starts_at < ").push_value(to.0);
            statement.push(" AND ends_at > ").push_value(from.0);
        }
        statement.push(") AS overlapping LIMIT ");
        statement.push_value(CANDIDATES_MAX + 1);
        Some(statement)
    }

    /// Finds the rows of the template, as many as may be candidates and one more.
    fn of_template<A: Table>(&self) -> Option<Statement> {
        let template = self.template.as_deref()?;
        Some(rows_that_are::<A>(&Also::Equal((
            "template",
            template.into(),
        ))))
    }
}

impl Also {
    fn push_to(&self, statement: &mut Statement) {
        match self {
            Self::Equal((column, value)) => {
                statement.push(column).push(" = ");
                statement.push_value(value.clone());
            }
            Self::Literal(condition) => {
                statement.push(condition);
            }
        }
    }
}

/// Finds the rows that are so, as many as may be candidates and one more.
fn rows_that_are<A: Table>(also: &Also) -> Statement {
    let mut statement = Statement::new("SELECT created_position FROM ");
    statement.push(A::NAME).push(" WHERE ");
    also.push_to(&mut statement);
    statement.push(" ORDER BY created_position LIMIT ");
    statement.push_value(CANDIDATES_MAX + 1);
    statement
}

/// Finds the rows with these keys.
fn rows_of_keys<A: Table>(keys: &[String]) -> Statement {
    let mut statement = Statement::new("SELECT created_position FROM ");
    statement.push(A::NAME).push(" WHERE ").push(A::KEY);
    statement.push(" IN (");
    // Nothing is among no keys; an empty list is no SQL.
    if keys.is_empty() {
        statement.push("NULL");
    }
    statement.push_padded(keys.iter().cloned());
    statement.push(")");
    statement
}

/// The rows that a statement finds, unless they are too many to be candidates.
async fn rare_rows(
    views: &Views,
    statement: Option<Statement>,
) -> Result<Option<Vec<i64>>, ViewsError> {
    let Some(statement) = statement else {
        return Ok(None);
    };
    let found = views.fetch::<(i64,)>(&statement).await?;
    let few = u64::try_from(found.len()).is_ok_and(|found| found <= CANDIDATES_MAX);
    Ok(few.then(|| found.into_iter().map(|(position,)| position).collect()))
}

/// Every class of windows.
pub(crate) const fn duration_classes() -> std::ops::RangeInclusive<i64> {
    DURATION_CLASSES
}

/// Which windows are nearly of one length: each class is four times as long as the one before.
pub(crate) fn duration_class(duration_ms: i64) -> i64 {
    let class = i64::from(duration_ms.max(1).ilog2() / 2);
    class.clamp(*DURATION_CLASSES.start(), *DURATION_CLASSES.end())
}

/// No window of the class is longer, in milliseconds.
pub(crate) fn longest_of(class: i64) -> i64 {
    if class == *DURATION_CLASSES.end() {
        return i64::MAX;
    }
    1_i64 << (2 * (class + 1))
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

    #[test]
    fn every_duration_is_no_longer_than_the_longest_of_its_class() {
        let around = |power: u32| [(1 << power) - 1, 1 << power, (1 << power) + 1];
        for duration_ms in (1..62).flat_map(around).chain([0, i64::MAX]) {
            let class = duration_class(duration_ms);
            assert!(DURATION_CLASSES.contains(&class));
            assert!(
                duration_ms <= longest_of(class),
                "{duration_ms} ms in {class}"
            );
        }
    }
}
