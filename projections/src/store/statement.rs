//! A statement with its values: SQL that both stores read, and the one place that binds for both.

use std::fmt::Write as _;

use sqlx::error::BoxDynError;
use sqlx::{Arguments, Database, Encode, Type};

/// A value of one of the two types that the views' columns have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// BIGINT.
    Int(Option<i64>),
    /// TEXT.
    Text(Option<String>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}

impl From<u64> for Value {
    /// A number that leaves the column's range becomes its largest; none of ours comes near.
    fn from(value: u64) -> Self {
        Self::Int(Some(i64::try_from(value).unwrap_or(i64::MAX)))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}

impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        Self::Text(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

/// SQL in the making; values are only ever bound, never written into it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Statement {
    pub(crate) sql: String,
    values: Vec<Value>,
}

impl Statement {
    pub(crate) fn new(sql: &str) -> Self {
        let (sql, values) = (sql.to_owned(), Vec::new());
        Self { sql, values }
    }

    /// Gives the next `$n` of the SQL its value.
    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    pub(crate) fn push(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// Writes the next `$n` and gives it its value.
    pub(crate) fn push_value(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        write!(self.sql, "${}", self.values.len()).expect("invariant: a string takes any text");
        self
    }

    /// The SQL with `?` in place of each `$n`, which come in their order: SQLite finds a numbered one by
    /// going through all others, sqlx asks for each, and with a thousand of them that takes longer than
    /// the statement itself.
    pub(super) fn sql_without_numbers(&self) -> String {
        let mut parts = self.sql.split('$');
        let mut sql = parts.next().unwrap_or_default().to_owned();
        for (n, part) in (1_usize..).zip(parts) {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            debug_assert_eq!(part[..digits].parse(), Ok(n), "{}", self.sql);
            sql.push('?');
            sql.push_str(&part[digits..]);
        }
        sql
    }

    /// Writes `$n, $n, …` for several values.
    pub(crate) fn push_values<V: Into<Value>>(
        &mut self,
        values: impl IntoIterator<Item = V>,
    ) -> &mut Self {
        for (i, value) in values.into_iter().enumerate() {
            if i > 0 {
                self.push(", ");
            }
            self.push_value(value);
        }
        self
    }

    /// The same, padded with the last of them to a power of two, so that there are few statements.
    pub(crate) fn push_padded<V: Into<Value>>(
        &mut self,
        values: impl ExactSizeIterator<Item = V> + Clone,
    ) -> &mut Self {
        let count = values.len();
        let last = values.clone().skip(count.saturating_sub(1));
        let padding = last.cycle().take(count.next_power_of_two() - count);
        self.push_values(values.chain(padding))
    }

    /// The same statement between `before` and `after`, which have no values.
    pub(crate) fn around(self, before: &str, after: &str) -> Self {
        let sql = format!("{before}{}{after}", self.sql);
        Self { sql, ..self }
    }

    /// The values in the form of one of the stores.
    pub(super) fn arguments<'q, DB>(&'q self) -> Result<DB::Arguments<'q>, BoxDynError>
    where
        DB: Database,
        Option<i64>: Encode<'q, DB> + Type<DB>,
        Option<&'q str>: Encode<'q, DB> + Type<DB>,
    {
        let mut arguments = DB::Arguments::default();
        for value in &self.values {
            match value {
                Value::Int(value) => arguments.add(*value)?,
                Value::Text(value) => arguments.add(value.as_deref())?,
            }
        }
        Ok(arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_left_out_for_sqlite() {
        let mut statement = Statement::new("SELECT a1 WHERE b = $1").bind(1_i64);
        statement.push(" AND c IN (");
        statement.push_values(2..=11_i64).push(") LIMIT 7");
        assert!(statement.sql.ends_with("$10, $11) LIMIT 7"));
        assert_eq!(
            statement.sql_without_numbers(),
            "SELECT a1 WHERE b = ? AND c IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) LIMIT 7"
        );
    }
}
