//! The two stores of the views, PostgreSQL and SQLite, behind one small face.
//!
//! Owns the connections, their limits and the migrations. Views write SQL that both stores read and
//! never see which of the two they are in.

mod location;
mod rows;
mod statement;

use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous, SqliteTransactionManager,
};
use sqlx::{
    ConnectOptions, Connection, Executor, FromRow, PgConnection, Postgres, Sqlite,
    TransactionManager,
};

use crate::error::ViewsError;
pub(crate) use location::Location;
use rows::MayBeThere;
pub(crate) use rows::Rows;
pub(crate) use statement::{Statement, Value};

/// How many readers PostgreSQL is asked for, beside the one writer.
const POSTGRES_READERS_MAX: u32 = 7;
/// How many of them are connected before anybody asks.
const POSTGRES_READERS_KEPT: u32 = 2;
/// Finds nothing, and has PostgreSQL look up the tables of the lists and their indexes.
const LEARN_TABLES: &str = "SELECT FROM reservations, instances WHERE reservations.status = '' \
    AND instances.reservation_id = reservations.reservation_id";
/// How many readers SQLite has, beside its one writer.
const SQLITE_READERS_MAX: u32 = 4;
/// How long a task waits for a connection.
const CONNECTION_PATIENCE: Duration = Duration::from_secs(10);
/// How long an idle connection to PostgreSQL is taken to be alive without asking it.
const TRUSTED_FOR: Duration = Duration::from_secs(1);
/// How long SQLite waits for a lock that another process has.
const SQLITE_LOCK_PATIENCE: Duration = Duration::from_secs(10);
/// The schema of the views in PostgreSQL.
const POSTGRES_SCHEMA: &str = "views";
/// Serialises the making of the schema, "pexviews" in ASCII; apart from the lock of the migrations.
const SCHEMA_LOCK: i64 = 0x7065_7876_6965_7773;

static POSTGRES: Migrator = sqlx::migrate!("../migrations/postgres/views");
static SQLITE: Migrator = sqlx::migrate!("../migrations/sqlite/views");

/// A row of either store.
pub(crate) trait Row:
    for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin
{
}
impl<T> Row for T where T: for<'r> FromRow<'r, PgRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin
{}

/// Where the views are kept.
pub(crate) enum Store {
    /// In the ledger's database, in a schema of their own.
    Postgres {
        /// For queries.
        readers: PgPool,
        /// For the runner.
        writer: PgPool,
    },
    /// In a file of their own, with one writer.
    Sqlite {
        /// For queries.
        readers: SqlitePool,
        /// For the runner.
        writer: SqlitePool,
    },
}

/// A transaction that writes. Dropped before it is committed, it has done nothing.
pub(crate) enum Tx {
    Postgres(sqlx::Transaction<'static, Postgres>),
    Sqlite(sqlx::Transaction<'static, Sqlite>),
}

/// Runs `$query` on an executor of either store; the body is the same text for both.
macro_rules! fetch_all {
    ($db:ty, $statement:expr, $sql:expr, $executor:expr) => {{
        let arguments = $statement.arguments::<$db>().map_err(sqlx::Error::Encode)?;
        sqlx::query_as_with::<$db, T, _>($sql, arguments)
            .fetch_all($executor)
            .await
    }};
}

macro_rules! execute {
    ($db:ty, $statement:expr, $sql:expr, $executor:expr) => {{
        let arguments = $statement.arguments::<$db>().map_err(sqlx::Error::Encode)?;
        sqlx::query_with::<$db, _>($sql, arguments)
            .execute($executor)
            .await?
            .rows_affected()
    }};
}

impl Store {
    /// Opens the store, makes it where there is none, and migrates its tables.
    pub(crate) async fn open(location: Location) -> Result<Self, ViewsError> {
        match location {
            Location::Postgres(options) => Self::open_postgres(*options).await,
            Location::Sqlite(path) => {
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    // What a crash of the machine loses is folded again: the checkpoint goes with it.
                    .synchronous(SqliteSynchronous::Normal)
                    .busy_timeout(SQLITE_LOCK_PATIENCE);
                Self::open_sqlite(options).await
            }
        }
    }

    async fn open_sqlite(options: SqliteConnectOptions) -> Result<Self, ViewsError> {
        let pool = |max| {
            SqlitePoolOptions::new()
                .max_connections(max)
                .acquire_timeout(CONNECTION_PATIENCE)
        };
        let writer = pool(1).after_release(|connection, _| {
            Box::pin(async move {
                // What a task left open that was dropped in the middle is ended by now. A transaction that
                // SQLite has ended itself, as on a full disk, cannot be: sqlx still counts it, and would
                // begin no other on this connection.
                connection.ping().await?;
                Ok(SqliteTransactionManager::get_transaction_depth(connection) == 0)
            })
        });
        let writer = writer.connect_with(options.clone()).await?;
        SQLITE.run(&writer).await?;
        let readers = pool(SQLITE_READERS_MAX).connect_lazy_with(options.read_only(true));
        Ok(Self::Sqlite { readers, writer })
    }

    async fn open_postgres(options: PgConnectOptions) -> Result<Self, ViewsError> {
        let options = match options.get_application_name() {
            Some(_) => options,
            None => options.application_name("openpex"),
        };
        // Only the views' own schema is seen, so a table of the ledger is never met by mistake. What a
        // crash of the server loses is folded again: the checkpoint goes with it. And ROLLBACK with
        // nothing open makes the server warn; its log need not say so each time.
        let options = options.options([
            ("search_path", POSTGRES_SCHEMA),
            ("synchronous_commit", "off"),
            ("client_min_messages", "error"),
            // Every statement has one good plan, by the index that it was made for. Finding it anew for
            // each page costs more than the page, and for each thousand values more than writing them;
            // and guesses from the values of a list that is in the order of its making go wrong: those
            // of one status are not spread evenly. Nor is any statement worth compiling. And a plan is
            // kept while a table grows, so that none may go through it because it was small.
            ("plan_cache_mode", "force_generic_plan"),
            ("enable_seqscan", "off"),
            ("jit", "off"),
        ]);
        let mut connection = options.connect().await?;
        make_schema(&mut connection).await?;
        POSTGRES.run(&mut connection).await?;
        connection.close().await?;
        let pool = |max| {
            PgPoolOptions::new()
                .max_connections(max)
                .acquire_timeout(CONNECTION_PATIENCE)
                .test_before_acquire(false)
                .before_acquire(|connection, used| {
                    Box::pin(async move {
                        if used.idle_for >= TRUSTED_FOR {
                            connection.ping().await?;
                        }
                        Ok(true)
                    })
                })
        };
        // A reader's statement is a transaction of its own: there is never one left open. The first
        // ones are not to wait for a connection, nor for it to learn the tables.
        let readers = pool(POSTGRES_READERS_MAX)
            .min_connections(POSTGRES_READERS_KEPT)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    connection.execute(LEARN_TABLES).await?;
                    Ok(())
                })
            });
        let readers = readers.connect_with(options.clone()).await?;
        let writer = pool(1).after_release(|connection, _| {
            Box::pin(async move {
                // Ends what a task left open that was dropped in the middle.
                connection.execute("ROLLBACK").await?;
                Ok(true)
            })
        });
        let writer = writer.connect_lazy_with(options);
        Ok(Self::Postgres { readers, writer })
    }

    /// Reads rows outside of any transaction of ours.
    pub(crate) async fn fetch<T: Row>(&self, statement: &Statement) -> Result<Vec<T>, ViewsError> {
        let rows = match self {
            Self::Postgres { readers, .. } => {
                fetch_all!(Postgres, statement, &statement.sql, readers)
            }
            Self::Sqlite { readers, .. } => {
                fetch_all!(Sqlite, statement, &statement.sql_without_numbers(), readers)
            }
        };
        Ok(rows?)
    }

    /// Begins a transaction that writes.
    pub(crate) async fn begin(&self) -> Result<Tx, ViewsError> {
        match self {
            Self::Postgres { writer, .. } => Ok(Tx::Postgres(writer.begin().await?)),
            Self::Sqlite { writer, .. } => {
                Ok(Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?))
            }
        }
    }

    /// Gives back to the file system what a very long transaction has left in SQLite's log.
    pub(crate) async fn shrink_log(&self) -> Result<(), ViewsError> {
        if let Self::Sqlite { writer, .. } = self {
            writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").await?;
        }
        Ok(())
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Postgres { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Sqlite { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
        }
    }
}

impl Tx {
    pub(crate) async fn fetch<T: Row>(
        &mut self,
        statement: &Statement,
    ) -> Result<Vec<T>, ViewsError> {
        let rows = match self {
            Self::Postgres(tx) => fetch_all!(Postgres, statement, &statement.sql, &mut **tx),
            Self::Sqlite(tx) => fetch_all!(
                Sqlite,
                statement,
                &statement.sql_without_numbers(),
                &mut **tx
            ),
        };
        Ok(rows?)
    }

    /// Runs a statement and answers with how many rows it touched.
    pub(crate) async fn execute(&mut self, statement: &Statement) -> Result<u64, ViewsError> {
        Ok(self.run(statement).await?)
    }

    async fn run(&mut self, statement: &Statement) -> Result<u64, sqlx::Error> {
        Ok(match self {
            Self::Postgres(tx) => execute!(Postgres, statement, &statement.sql, &mut **tx),
            Self::Sqlite(tx) => execute!(
                Sqlite,
                statement,
                &statement.sql_without_numbers(),
                &mut **tx
            ),
        })
    }

    /// Writes rows that begin now. One that is there already means that the views are damaged.
    pub(crate) async fn insert(&mut self, rows: Rows) -> Result<(), ViewsError> {
        let view = rows.table();
        let written = self.write(rows, MayBeThere::No).await;
        written.map_err(|error| match error.as_database_error() {
            Some(refusal) if refusal.is_unique_violation() => ViewsError::RowThere {
                view,
                source: error,
            },
            Some(_) | None => error.into(),
        })
    }

    /// Writes rows over those that are there.
    pub(crate) async fn upsert(&mut self, rows: Rows) -> Result<(), ViewsError> {
        Ok(self.write(rows, MayBeThere::Yes).await?)
    }

    async fn write(&mut self, rows: Rows, may_be_there: MayBeThere) -> Result<(), sqlx::Error> {
        if rows.is_empty() {
            return Ok(());
        }
        match self {
            Self::Postgres(tx) => {
                let made = rows.into_arrays(may_be_there);
                let (sql, arguments) = made.map_err(sqlx::Error::Encode)?;
                sqlx::query_with(&sql, arguments).execute(&mut **tx).await?;
            }
            Self::Sqlite(_) => {
                for statement in rows.into_statements(may_be_there) {
                    self.run(&statement).await?;
                }
            }
        }
        Ok(())
    }

    pub(crate) async fn commit(self) -> Result<(), ViewsError> {
        match self {
            Self::Postgres(tx) => tx.commit().await?,
            Self::Sqlite(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

/// Makes the schema, unless it is there: then the right to make one is not needed.
async fn make_schema(connection: &mut PgConnection) -> Result<(), ViewsError> {
    let mut tx = connection.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(SCHEMA_LOCK)
        .execute(&mut *tx)
        .await?;
    let there: bool = sqlx::query_scalar("SELECT to_regnamespace($1) IS NOT NULL")
        .bind(POSTGRES_SCHEMA)
        .fetch_one(&mut *tx)
        .await?;
    if !there {
        tx.execute("CREATE SCHEMA views").await?;
    }
    Ok(tx.commit().await?)
}

impl From<MigrateError> for ViewsError {
    fn from(source: MigrateError) -> Self {
        Self::Migration(Box::new(source))
    }
}
