//! Rows that are written at once: new ones, or over those that are there.
//!
//! Who knows that they are new says so: a row that may be there already costs PostgreSQL half as much again.
//!
//! PostgreSQL takes any number of them in one statement, a column an array: a statement with a value for
//! each column of each row costs it half as much again. SQLite has no arrays, and takes values.

use sqlx::Arguments as _;
use sqlx::error::BoxDynError;
use sqlx::postgres::PgArguments;

use super::statement::{Statement, Value};

/// Most rows in one statement of SQLite. Rows go in powers of two, so that there are few statements.
const ROWS_MAX: usize = 64;

/// Whether a row that is written may be there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MayBeThere {
    /// It begins now.
    No,
    /// It may, and is written over.
    Yes,
}

/// Rows of one view; each has its key, the columns that every view of aggregates has, and those of its
/// own.
pub(crate) struct Rows {
    table: &'static str,
    key: &'static str,
    /// Whether it is a view of aggregates.
    is_shared: bool,
    own: &'static [&'static str],
    rows: Vec<Vec<Value>>,
}

impl Rows {
    /// How many columns every view has, the key included.
    pub(crate) const SHARED_COLUMNS: usize = 5;

    /// No rows of `table` yet, which `key` names and which have the columns `own`.
    pub(crate) const fn new(
        table: &'static str,
        key: &'static str,
        own: &'static [&'static str],
    ) -> Self {
        Self {
            table,
            key,
            is_shared: true,
            own,
            rows: Vec::new(),
        }
    }

    /// The same for a view whose rows are no aggregates: they have their key and the columns `own`.
    pub(crate) const fn of_plain_rows(
        table: &'static str,
        key: &'static str,
        own: &'static [&'static str],
    ) -> Self {
        let mut rows = Self::new(table, key, own);
        rows.is_shared = false;
        rows
    }

    /// One row more: its key, of an aggregate `created_position`, `sequence`, `position` and `state`, then
    /// its own columns.
    pub(crate) fn push(&mut self, row: Vec<Value>) {
        let before_own = if self.is_shared {
            Self::SHARED_COLUMNS
        } else {
            1
        };
        debug_assert_eq!(row.len(), before_own + self.own.len());
        self.rows.push(row);
    }

    /// The same with these rows more.
    pub(crate) fn with_rows(mut self, rows: impl IntoIterator<Item = Vec<Value>>) -> Self {
        rows.into_iter().for_each(|row| self.push(row));
        self
    }

    /// Which table they are of.
    pub(super) const fn table(&self) -> &'static str {
        self.table
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What comes before and after the rows; a row's first position never changes.
    fn around(&self, may_be_there: MayBeThere) -> (String, String) {
        let Self {
            table, key, own, ..
        } = self;
        let (fixed, shared) = if self.is_shared {
            (", created_position", &["sequence", "position", "state"][..])
        } else {
            ("", &[][..])
        };
        let changing = || shared.iter().chain(*own);
        let columns: String = changing().map(|column| format!(", {column}")).collect();
        let over = match may_be_there {
            MayBeThere::No => String::new(),
            MayBeThere::Yes => {
                let taken_over: Vec<String> = changing()
                    .map(|column| format!("{column} = excluded.{column}"))
                    .collect();
                let taken_over = taken_over.join(", ");
                format!(" ON CONFLICT ({key}) DO UPDATE SET {taken_over}")
            }
        };
        let insert = format!("INSERT INTO {table} ({key}{fixed}{columns}) ");
        (insert, over)
    }

    /// One statement for all rows, of which there is one at least.
    pub(super) fn into_arrays(
        self,
        may_be_there: MayBeThere,
    ) -> Result<(String, PgArguments), BoxDynError> {
        let (insert, over) = self.around(may_be_there);
        let mut columns: Vec<Column> = self
            .rows
            .first()
            .into_iter()
            .flatten()
            .map(Column::of)
            .collect();
        let arrays: Vec<String> = (1..)
            .zip(&columns)
            .map(|(n, column)| format!("${n}::{}[]", column.kind()))
            .collect();
        for row in self.rows {
            for (column, value) in columns.iter_mut().zip(row) {
                column.push(value);
            }
        }
        let mut arguments = PgArguments::default();
        for column in columns {
            match column {
                Column::Ints(values) => arguments.add(values)?,
                Column::Texts(values) => arguments.add(values)?,
            }
        }
        let sql = format!("{insert}SELECT * FROM UNNEST({}){over}", arrays.join(", "));
        Ok((sql, arguments))
    }

    /// Statements for all rows, a value a column.
    pub(super) fn into_statements(
        self,
        may_be_there: MayBeThere,
    ) -> impl Iterator<Item = Statement> {
        let (insert, over) = self.around(may_be_there);
        let mut rows = self.rows.into_iter();
        std::iter::from_fn(move || {
            let at_once = ROWS_MAX.min(1 << rows.len().checked_ilog2()?);
            let mut statement = Statement::new(&insert);
            for (i, row) in rows.by_ref().take(at_once).enumerate() {
                statement.push(if i == 0 { "VALUES (" } else { ", (" });
                statement.push_values(row).push(")");
            }
            statement.push(&over);
            Some(statement)
        })
    }
}

/// The values of one column.
enum Column {
    Ints(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
}

impl Column {
    /// An empty one for values such as this.
    const fn of(value: &Value) -> Self {
        match value {
            Value::Int(_) => Self::Ints(Vec::new()),
            Value::Text(_) => Self::Texts(Vec::new()),
        }
    }

    const fn kind(&self) -> &'static str {
        match self {
            Self::Ints(_) => "bigint",
            Self::Texts(_) => "text",
        }
    }

    fn push(&mut self, value: Value) {
        match (self, value) {
            (Self::Ints(values), Value::Int(value)) => values.push(value),
            (Self::Texts(values), Value::Text(value)) => values.push(value),
            (Self::Ints(_), Value::Text(_)) | (Self::Texts(_), Value::Int(_)) => {
                unreachable!("invariant: a view's column is of one type in every row")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: i64) -> Rows {
        let mut of = Rows::new("nodes", "name", &["pool"]);
        for n in 0..rows {
            let shared = ["a name".into(), n.into(), n.into(), n.into(), "{}".into()];
            let own = [Value::Text(None)];
            of.push(shared.into_iter().chain(own).collect());
        }
        of
    }

    #[test]
    fn a_statement_of_postgresql_is_the_same_for_any_number_of_rows() {
        let (one, _) = rows(1).into_arrays(MayBeThere::Yes).unwrap();
        let (thousand, _) = rows(1_000).into_arrays(MayBeThere::Yes).unwrap();
        assert_eq!(one, thousand);
        assert_eq!(
            one,
            "INSERT INTO nodes (name, created_position, sequence, position, state, pool) SELECT * FROM \
             UNNEST($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[]) \
             ON CONFLICT (name) DO UPDATE SET sequence = excluded.sequence, \
             position = excluded.position, state = excluded.state, pool = excluded.pool"
        );
    }

    #[test]
    fn a_row_that_is_no_aggregate_has_its_key_and_its_own_columns_only() {
        let sql = |may_be_there| {
            let mut rows = Rows::of_plain_rows("bookings", "booking_id", &["starts_at"]);
            rows.push(vec!["a/1".into(), Value::from(7_i64)]);
            let statements = rows.into_statements(may_be_there);
            statements.map(|s| s.sql).collect::<Vec<String>>()
        };
        let insert = "INSERT INTO bookings (booking_id, starts_at) VALUES ($1, $2)";
        assert_eq!(sql(MayBeThere::No), [insert]);
        let over = " ON CONFLICT (booking_id) DO UPDATE SET starts_at = excluded.starts_at";
        assert_eq!(sql(MayBeThere::Yes), [format!("{insert}{over}")]);
    }

    #[test]
    fn rows_go_to_sqlite_in_powers_of_two_up_to_the_limit() {
        assert_eq!(rows(0).into_statements(MayBeThere::Yes).count(), 0);
        let count = |statement: Statement| statement.sql.matches('(').count() - 2;
        let statements = rows(71).into_statements(MayBeThere::Yes);
        let sizes: Vec<usize> = statements.map(count).collect();
        assert_eq!(sizes, [ROWS_MAX, 4, 2, 1]);
    }
}
