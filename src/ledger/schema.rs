//! Brings the tables to this release, or tells that they are.
//!
//! A service whose role may not create tables must still start, so whether anything is to be done is
//! found out by reading.

use sqlx::migrate::Migrator;
use sqlx::{Database, Executor, FromRow, IntoArguments};

/// Migrations of the ledger in PostgreSQL.
pub(super) static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres/ledger");

/// Migrations of the ledger in SQLite.
pub(super) static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite/ledger");

/// What sqlx has recorded of the migrations it ran.
const SELECT_APPLIED: &str =
    "SELECT version, checksum FROM _sqlx_migrations WHERE success ORDER BY version";

/// Whether exactly the migrations of `migrator` have been run.
pub(super) async fn is_current<'c, DB, E>(migrator: &Migrator, connection: E) -> bool
where
    DB: Database,
    E: Executor<'c, Database = DB>,
    for<'q> DB::Arguments<'q>: IntoArguments<'q, DB>,
    (i64, Vec<u8>): for<'r> FromRow<'r, DB::Row> + Send + Unpin,
{
    // An error (most likely: no such table) means that they have not; the migrator will say what it is.
    let applied: Vec<(i64, Vec<u8>)> = sqlx::query_as(SELECT_APPLIED)
        .fetch_all(connection)
        .await
        .unwrap_or_default();
    applied.len() == migrator.iter().count()
        && migrator
            .iter()
            .zip(applied)
            .all(|(ours, (version, checksum))| {
                ours.version == version && *ours.checksum == checksum
            })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_stores_have_the_same_migrations_and_each_opens_with_its_reason() {
        let names = |migrator: &Migrator| -> Vec<(i64, String)> {
            migrator
                .iter()
                .map(|one| (one.version, one.description.to_string()))
                .collect()
        };
        assert_eq!(names(&POSTGRES), names(&SQLITE));
        assert!(!names(&SQLITE).is_empty());
        for one in POSTGRES.iter().chain(SQLITE.iter()) {
            assert!(
                one.sql.starts_with("-- "),
                "{} does not say why",
                one.description
            );
        }
    }
}
