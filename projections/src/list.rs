//! Lists, newest first, a page at a time.
//!
//! A page goes on where the one before ended by `created_position`, which is unique and never changes:
//! whatever is added meanwhile, a reader meets every row exactly once.

use openpex_aggregates::{Timestamp, UserId};

use crate::error::ViewsError;
use crate::store::{Statement, Value};
use crate::table::{StoredView, Table, View, columns_to_read};
use crate::views::Views;

/// Most rows of one page.
pub const LIST_LIMIT_MAX: usize = 1_000;

/// Most rows that are looked through one by one, where they are all that a rare window, or a rare value of a
/// column, has.
const CANDIDATES_MAX: i64 = 1_024;
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

    /// The same page of what its rows are read as.
    pub(crate) fn try_map<W, E>(
        self,
        read: impl FnMut(V) -> Result<W, E>,
    ) -> Result<Listed<W, Cursor>, E> {
        let Self { rows, next } = self;
        let rows: Result<Vec<W>, E> = rows.into_iter().map(read).collect();
        rows.map(|rows| Listed { rows, next })
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

/// Rows that a list is made of, where they are few.
struct Candidates {
    /// Finds their `created_position`.
    statement: Statement,
    /// How many are few.
    max: i64,
}

/// How many candidates were found, beside one of the page's rows; beside none where it has none.
#[derive(sqlx::FromRow)]
struct FoundRow {
    found: i64,
    id: Option<String>,
    sequence: Option<i64>,
    position: Option<i64>,
    created_position: Option<i64>,
    state: Option<String>,
    #[sqlx(default)]
    instances: Option<String>,
}

impl FoundRow {
    fn stored(self) -> Option<StoredView> {
        Some(StoredView {
            id: self.id?,
            sequence: self.sequence?,
            position: self.position?,
            created_position: self.created_position?,
            state: self.state?,
            instances: self.instances,
        })
    }
}

/// What a list is made of.
///
/// A row belongs to it if it is in one of the branches, is what else it must be, and overlaps the window.
/// Each branch is a range of an index that is already in the order of the list, so the newest rows of all
/// branches cost a few index entries a branch, however long the table is. A window or a template may
/// be rare, though: then its own rows are found first, and the list is made of those.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// Each a prefix of an index; at least one.
    pub(crate) branches: Vec<Vec<Equal>>,
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
        let stored = self.read_stored::<A>(views, page).await?;
        stored.try_map(StoredView::read::<A>)
    }

    /// Reads one page as it is stored; most pages are one statement.
    pub(crate) async fn read_stored<A: Table>(
        &self,
        views: &Views,
        page: Page,
    ) -> Result<Listed<StoredView>, ViewsError> {
        let limit = Page::checked_limit(page.limit)? + 1;
        let before = page.before.unwrap_or(u64::MAX);
        let cut = |rows| {
            Listed::cut(rows, page.limit, |row: &StoredView| {
                row.created_position.unsigned_abs()
            })
        };
        for candidates in self.candidates::<A>() {
            let (max, statement) = (
                candidates.max,
                self.newest_of::<A>(candidates, before, limit),
            );
            let rows = views.fetch::<FoundRow>(&statement).await?;
            if rows.iter().all(|row| row.found <= max) {
                return Ok(cut(rows.into_iter().filter_map(FoundRow::stored).collect()));
            }
        }
        let statement = self.newest::<A>(before, limit);
        Ok(cut(views.fetch(&statement).await?))
    }

    /// Where the rows of the list may be found, if they are few: the first that has few is all of them.
    fn candidates<A: Table>(&self) -> Vec<Candidates> {
        if let Some(among) = &self.among {
            let (statement, max) = (rows_of_keys::<A>(among), i64::MAX);
            return vec![Candidates { statement, max }];
        }
        let also = self.also.iter().map(rows_that_are::<A>);
        let few = |statement| Candidates {
            statement,
            max: CANDIDATES_MAX,
        };
        also.chain(self.in_window::<A>()).map(few).collect()
    }

    /// The newest rows, through the indexes of the branches.
    fn newest<A: Table>(&self, before: u64, limit: u64) -> Statement {
        let (columns, name) = (columns_to_read::<A>(), A::NAME);
        let mut statement =
            Statement::new(&format!("SELECT {columns} FROM {name} AS listed WHERE "));
        let branches = self.branches_to_walk();
        if let [branch] = &branches[..] {
            self.push_newest(&mut statement, branch, before, limit);
            return statement;
        }
        statement.push("created_position IN (SELECT created_position FROM (");
        for (i, branch) in branches.iter().enumerate() {
            statement.push(if i == 0 { "" } else { " UNION ALL " });
            statement.push("SELECT created_position FROM (SELECT created_position FROM ");
            statement.push(name).push(" WHERE ");
            self.push_newest(&mut statement, branch, before, limit);
            statement.push(&format!(") AS branch_{i}"));
        }
        statement.push(") AS branches ORDER BY created_position DESC LIMIT ");
        statement.push_value(limit);
        statement.push(") ORDER BY created_position DESC");
        statement
    }

    /// The branches; where they are no more than the whole table, what all rows have in common is one.
    fn branches_to_walk(&self) -> Vec<Vec<Equal>> {
        match &self.branches[..] {
            [whole] if whole.is_empty() => vec![self.equal().into_iter().take(1).collect()],
            branches => branches.to_vec(),
        }
    }

    /// The columns whose value all rows of the list have in common.
    fn equal(&self) -> Vec<Equal> {
        let equal = self.also.iter().filter_map(|also| match also {
            Also::Equal(equal) => Some(equal.clone()),
            Also::Literal(_) => None,
        });
        equal.collect()
    }

    /// Which rows of one branch are the newest.
    ///
    /// The branch's last column is written as a range and into the order, so that only the branch's index
    /// is in that order. Were it one more equal column, the primary key would be so too, and PostgreSQL
    /// would walk through it past the rows of all other branches: for half a second, where those of one
    /// status are all old.
    fn push_newest(&self, statement: &mut Statement, branch: &[Equal], before: u64, limit: u64) {
        // Their own indexes have found too many already, and are not in the order of the branch's.
        let of_no_index = self.equal().into_iter();
        for (column, value) in of_no_index.filter(|equal| !branch.contains(equal)) {
            statement.push(column).push(" || '' = ");
            statement.push_value(value).push(" AND ");
        }
        self.push_others(statement);
        let Some(((last, value), others)) = branch.split_last() else {
            statement.push("created_position < ").push_value(before);
            statement.push(" ORDER BY created_position DESC LIMIT ");
            statement.push_value(limit);
            return;
        };
        push_equal(statement, others);
        statement.push(&format!("({last}, created_position) < ("));
        statement.push_value(value.clone()).push(", ");
        statement.push_value(before);
        statement.push(&format!(") AND {last} >= "));
        statement.push_value(value.clone());
        statement.push(&format!(
            " ORDER BY {last} DESC, created_position DESC LIMIT "
        ));
        statement.push_value(limit);
    }

    /// How many candidates there are, and the newest rows among them unless they are too many.
    ///
    /// Each step is a set of its own, and the candidates are looked up one by one (SQLite takes a CROSS JOIN
    /// in the order in which it is written): left to choose, either store may go through all rows of a
    /// branch, or of the table, instead.
    fn newest_of<A: Table>(&self, candidates: Candidates, before: u64, limit: u64) -> Statement {
        let (columns, name) = (columns_to_read::<A>(), A::NAME);
        let Candidates { statement, max } = candidates;
        let passing = format!(
            "), passing AS MATERIALIZED (SELECT candidates.created_position \
             FROM candidates CROSS JOIN {name} AS one \
             WHERE one.created_position = candidates.created_position \
             AND (SELECT COUNT(*) FROM candidates) <= {max} AND ("
        );
        let mut statement = statement.around("WITH candidates AS MATERIALIZED (", &passing);
        for (i, branch) in self.branches.iter().enumerate() {
            statement.push(if i == 0 { "(" } else { " OR (" });
            push_equal(&mut statement, branch);
            statement.push("1 = 1)");
        }
        statement.push(") AND ");
        push_equal(&mut statement, &self.equal());
        self.push_others(&mut statement);
        statement
            .push("candidates.created_position < ")
            .push_value(before);
        statement.push(&format!(
            ") SELECT counted.found, {columns} FROM (SELECT COUNT(*) AS found FROM candidates) AS counted \
             LEFT JOIN (SELECT created_position FROM passing ORDER BY created_position DESC LIMIT "
        ));
        statement.push_value(limit);
        statement.push(&format!(
            ") AS page ON 1 = 1 LEFT JOIN {name} AS listed \
             ON listed.created_position = page.created_position ORDER BY page.created_position DESC"
        ));
        statement
    }

    /// What else must be so of a row than that its columns equal.
    fn push_others(&self, statement: &mut Statement) {
        for also in &self.also {
            if let Also::Literal(condition) = also {
                statement.push(condition).push(" AND ");
            }
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
            statement.push(&format!(" WHERE duration_class = {class}"));
            statement.push(" AND starts_at > ");
            statement.push_value(from.saturating_add(-longest_of(class)).0);
            statement.push(" AND starts_at < ").push_value(to.0);
            statement.push(" AND ends_at > ").push_value(from.0);
        }
        statement.push(&format!(") AS overlapping LIMIT {}", CANDIDATES_MAX + 1));
        Some(statement)
    }
}

fn push_equal(statement: &mut Statement, columns: &[Equal]) {
    for (column, value) in columns {
        statement.push(column).push(" = ");
        statement.push_value(value.clone()).push(" AND ");
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
    let most = CANDIDATES_MAX + 1;
    statement.push(&format!(" ORDER BY created_position LIMIT {most}"));
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
    use openpex_aggregates::reservation::Reservation;

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
    fn a_branch_is_read_in_the_order_of_its_own_index() {
        let statement = Listing {
            branches: vec![vec![
                ("user_id", Value::from(7_u64)),
                ("status", "EXPIRED".into()),
            ]],
            ..Listing::default()
        }
        .newest::<Reservation>(9, 51);
        let of_branch = "AS listed WHERE user_id = $1 AND (status, created_position) < ($2, $3) \
            AND status >= $4 ORDER BY status DESC, created_position DESC LIMIT $5";
        assert!(statement.sql.ends_with(of_branch), "{}", statement.sql);
    }

    /// A step of how SQLite goes about a statement.
    #[derive(sqlx::FromRow)]
    struct Step {
        /// The step that this one is a part of; 0 for none.
        parent: i64,
        detail: String,
    }

    #[tokio::test]
    async fn sqlite_finds_a_page_far_back_by_its_place_in_an_index() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = format!("sqlite:{}/ledger.db", folder.path().display());
        let views = Views::open(&ledger).await.unwrap();
        let of_user = || ("user_id", Value::from(7_u64));
        let of_status = || ("status", Value::from("EXPIRED"));
        let of_type = || Also::Equal(("instance_type", Value::from("SMALL")));
        for (branch, also, found_by) in [
            (vec![of_user()], vec![], "of_user "),
            (vec![of_status()], vec![], "of_status "),
            (vec![of_user(), of_status()], vec![], "of_user_and_status "),
            (vec![of_status()], vec![of_type()], "of_status "),
            (vec![], vec![of_type()], "of_type "),
        ] {
            let last = branch.last().map_or("instance_type", |(column, _)| column);
            let listing = Listing {
                branches: vec![branch],
                also,
                from: Some(Timestamp(5)),
                ..Listing::default()
            };
            let explained = listing.newest::<Reservation>(9, 51);
            let explained = explained.around("EXPLAIN QUERY PLAN ", "");
            let steps: Vec<Step> = views.inner.store.fetch(&explained).await.unwrap();
            let place = format!("({last},created_position)<(?,?)");
            let whole: Vec<&str> = steps
                .iter()
                .filter(|step| step.parent == 0 && !step.detail.contains("SUBQUERY"))
                .map(|step| &step.detail[..])
                .collect();
            assert!(
                matches!(&whole[..], [search] if search.contains(found_by) && search.contains(&place)),
                "{whole:?}: not {found_by} {place}"
            );
        }
        views.close().await;
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
