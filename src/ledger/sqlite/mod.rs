//! The ledger in an SQLite file: the embedded default.
//!
//! One connection writes, several read (WAL: neither waits for the other). Each commit is synced to the
//! disk (`synchronous=FULL`) before it is acknowledged.

mod append;
mod scan;

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use openpex_aggregates::UserId;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Executor, SqliteConnection};

use super::Access;
use super::claim::{Hold, WriterClaim};
use super::error::LedgerError;
use super::event::{Append, ChainHash, Head, IdempotencyRecord, Snapshot, StoredEvent};
use super::rules::{self, CLAIM_RETRY, SNAPSHOTS_KEPT, from_db, to_db};
use super::sole_connection::SoleConnection;
use super::store::{EventStore, FactVisitor, Visitor};
use super::{rows, schema};

/// How many connections read at once.
const READERS_MAX: u32 = 4;
/// How long a read waits for one of them.
const READER_PATIENCE: Duration = Duration::from_secs(10);
/// How long a write waits for another process's write, such as the command line's.
const BUSY_PATIENCE: Duration = Duration::from_secs(10);
/// How long migrating waits for another process that migrates.
const MIGRATION_PATIENCE: Duration = Duration::from_secs(60);
/// The file holds password hashes: for its owner only.
const FILE_MODE: u32 = 0o600;
/// Locked by the writer as long as it lives; beside the database, with this added to its name.
const WRITER_LOCK: &str = ".writer-lock";
/// Locked while the file is opened to write and its tables are migrated.
const MIGRATION_LOCK: &str = ".migration-lock";

const SELECT_STREAM: &str = "\
    SELECT position, recorded_at, aggregate_type, aggregate_id, sequence, event_type, \
    event_version, payload, metadata, hash FROM events \
    WHERE aggregate_type = $1 AND aggregate_id = $2 ORDER BY sequence";
const SELECT_STREAM_BACK: &str = "\
    SELECT position, recorded_at, aggregate_type, aggregate_id, sequence, event_type, \
    event_version, payload, metadata, hash FROM events \
    WHERE aggregate_type = $1 AND aggregate_id = $2 AND sequence < $3 \
    ORDER BY sequence DESC LIMIT $4";

const SELECT_HASHES: &str = "\
    SELECT position, hash FROM events WHERE position IN (SELECT value FROM json_each($1))";

/// The store; clones share it.
#[derive(Clone)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    writer: SoleConnection<SqliteConnection>,
    readers: SqlitePool,
}

impl SqliteStore {
    /// Opens the file, and with [`Access::ReadWrite`] makes and migrates it.
    ///
    /// # Errors
    /// [`LedgerError::NotThere`] and [`LedgerError::NotMigrated`] for reading only; else the file's, the
    /// migration's.
    pub async fn open(path: &Path, access: Access) -> Result<Self, LedgerError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .busy_timeout(BUSY_PATIENCE);
        let writer = match access {
            Access::ReadWrite => {
                make_file(path)?;
                options
                    .clone()
                    .statement_cache_capacity(append::STATEMENTS_MAX)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
            }
            Access::ReadOnly if path.exists() => options.clone().read_only(true),
            Access::ReadOnly => {
                return Err(LedgerError::NotThere {
                    path: path.to_owned(),
                });
            }
        };
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS_MAX)
            .acquire_timeout(READER_PATIENCE)
            .after_release(|connection, _| {
                Box::pin(async move {
                    // Ends what a dropped reader left open; with nothing open it is an error to pass over.
                    let _ = connection.execute("ROLLBACK").await;
                    Ok(true)
                })
            })
            .connect_lazy_with(options.read_only(true));
        let inner = Inner {
            path: path.to_owned(),
            writer: SoleConnection::new(writer),
            readers,
        };
        let store = Self {
            inner: Arc::new(inner),
        };
        store.migrate(access).await?;
        Ok(store)
    }

    async fn migrate(&self, access: Access) -> Result<(), LedgerError> {
        // sqlx locks PostgreSQL while it migrates, but not SQLite; and of two connections that switch a
        // new file to its log at once, SQLite refuses one without waiting.
        let _lock = match access {
            Access::ReadOnly => None,
            Access::ReadWrite => {
                let path = beside(&self.inner.path, MIGRATION_LOCK);
                let lock = lock_file(&path, MIGRATION_PATIENCE).await?;
                Some(lock.ok_or_else(|| {
                    LedgerError::Migration("another process is migrating the tables".into())
                })?)
            }
        };
        let mut lease = self
            .inner
            .writer
            .lease()
            .await
            .map_err(LedgerError::unavailable)?;
        if !schema::is_current(&schema::SQLITE, &mut *lease).await {
            if access == Access::ReadOnly {
                return Err(LedgerError::NotMigrated);
            }
            schema::SQLITE
                .run_direct(&mut *lease)
                .await
                .map_err(|error| LedgerError::Migration(error.into()))?;
        }
        lease.give_back();
        Ok(())
    }

    /// The connections to read with.
    pub(crate) fn readers(&self) -> &SqlitePool {
        &self.inner.readers
    }

    /// The connection to write with.
    pub(crate) fn writer(&self) -> &SoleConnection<SqliteConnection> {
        &self.inner.writer
    }

    /// Closes all connections, the writing one last: it folds the log into the file.
    pub(super) async fn close(&self) {
        // sqlx 0.8 passes over a connection that comes back while it closes the pool; a second call finds
        // it. While one reads, the file cannot be folded.
        self.inner.readers.close().await;
        self.inner.readers.close().await;
        self.inner.writer.close().await;
    }

    async fn another_writer(&self, waited: Duration) -> LedgerError {
        let holder = sqlx::query_as::<_, (String, i64)>(rows::SELECT_HOLDER);
        match holder.fetch_one(self.readers()).await {
            Ok((holder, epoch)) => match from_db(epoch, "the epoch") {
                Ok(epoch) => LedgerError::AnotherWriter {
                    holder,
                    epoch,
                    waited,
                },
                Err(error) => error,
            },
            Err(error) => LedgerError::unavailable(error),
        }
    }
}

#[async_trait]
impl EventStore for SqliteStore {
    async fn claim_writer(
        &self,
        holder: &str,
        patience: Duration,
    ) -> Result<WriterClaim, LedgerError> {
        let path = beside(&self.inner.path, WRITER_LOCK);
        let Some(lock) = lock_file(&path, patience).await? else {
            return Err(self.another_writer(patience).await);
        };
        let mut lease = self
            .inner
            .writer
            .lease()
            .await
            .map_err(LedgerError::unavailable)?;
        // All rows are fetched: only the end of the statement commits it, and says so.
        let epochs = sqlx::query_scalar::<_, i64>(rows::TAKE_OVER).bind(holder);
        let epochs = epochs
            .fetch_all(&mut *lease)
            .await
            .map_err(LedgerError::unavailable)?;
        let epoch = epochs.first().copied().unwrap_or(-1);
        lease.give_back();
        let hold = Hold::File {
            lock,
            readers: self.readers().clone(),
        };
        Ok(WriterClaim::new(from_db(epoch, "the epoch")?, holder, hold))
    }

    async fn append(&self, append: Append<'_>) -> Result<Head, LedgerError> {
        append::append(&self.inner.writer, append).await
    }

    async fn head(&self) -> Result<Head, LedgerError> {
        let row = sqlx::query(rows::SELECT_HEAD)
            .fetch_one(self.readers())
            .await;
        let row = row.map_err(LedgerError::unavailable)?;
        Ok(rows::epoch_and_head(&row)?.1)
    }

    async fn scan(
        &self,
        position: u64,
        limit: u32,
        visit: Visitor<'_>,
    ) -> Result<u32, LedgerError> {
        scan::scan(self.readers(), (position, limit), visit).await
    }

    async fn scan_facts(
        &self,
        position: u64,
        limit: u32,
        visit: FactVisitor<'_>,
    ) -> Result<u32, LedgerError> {
        scan::scan_facts(self.readers(), (position, limit), visit).await
    }

    async fn read_stream(
        &self,
        aggregate_type: &str,
        aggregate_id: &str,
    ) -> Result<Vec<StoredEvent>, LedgerError> {
        let query = sqlx::query(SELECT_STREAM)
            .bind(aggregate_type)
            .bind(aggregate_id);
        let rows = query
            .fetch_all(self.readers())
            .await
            .map_err(LedgerError::unavailable)?;
        rows.iter().map(rows::event).collect()
    }

    async fn read_stream_back(
        &self,
        aggregate_type: &str,
        aggregate_id: &str,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, LedgerError> {
        let before = before.and_then(|before| i64::try_from(before).ok());
        let query = sqlx::query(SELECT_STREAM_BACK)
            .bind(aggregate_type)
            .bind(aggregate_id)
            .bind(before.unwrap_or(i64::MAX))
            .bind(i64::from(limit));
        let rows = query
            .fetch_all(self.readers())
            .await
            .map_err(LedgerError::unavailable)?;
        rows.iter().map(rows::event).collect()
    }

    async fn hashes_at(&self, positions: &[u64]) -> Result<HashMap<u64, ChainHash>, LedgerError> {
        let positions: Vec<i64> = positions
            .iter()
            .filter_map(|position| i64::try_from(*position).ok())
            .collect();
        let positions = serde_json::to_string(&positions).map_err(LedgerError::unavailable)?;
        let query = sqlx::query(SELECT_HASHES).bind(positions);
        let rows = query
            .fetch_all(self.readers())
            .await
            .map_err(LedgerError::unavailable)?;
        rows.iter().map(rows::hash_at).collect()
    }

    async fn find_idempotent(
        &self,
        user_id: UserId,
        key: &str,
    ) -> Result<Option<IdempotencyRecord>, LedgerError> {
        let query = sqlx::query(rows::SELECT_IDEMPOTENT)
            .bind(user_id.0)
            .bind(key);
        let row = query
            .fetch_optional(self.readers())
            .await
            .map_err(LedgerError::unavailable)?;
        row.as_ref().map(rows::answer).transpose()
    }

    async fn keep_idempotent(&self, record: &IdempotencyRecord) -> Result<(), LedgerError> {
        append::keep_answer(&self.inner.writer, record).await
    }

    async fn acknowledged_position(&self) -> Result<u64, LedgerError> {
        let query = sqlx::query_scalar::<_, Option<i64>>(rows::SELECT_ACKNOWLEDGED);
        let position = query
            .fetch_one(self.readers())
            .await
            .map_err(LedgerError::unavailable)?;
        from_db(position.unwrap_or(0), "an answer's position")
    }

    async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), LedgerError> {
        rules::check_snapshot(snapshot)?;
        let mut lease = self
            .inner
            .writer
            .lease()
            .await
            .map_err(LedgerError::not_appended)?;
        sqlx::query(rows::UPSERT_SNAPSHOT)
            .bind(to_db(snapshot.position))
            .bind(&snapshot.hash.0[..])
            .bind(&snapshot.body[..])
            .bind(snapshot.created_at.0)
            .execute(&mut *lease)
            .await
            .map_err(LedgerError::not_appended)?;
        sqlx::query(rows::PRUNE_SNAPSHOTS)
            .bind(to_db(snapshot.position))
            .bind(to_db(SNAPSHOTS_KEPT as u64))
            .execute(&mut *lease)
            .await
            .map_err(LedgerError::not_appended)?;
        lease.give_back();
        Ok(())
    }

    async fn newest_snapshot(&self) -> Result<Option<Snapshot>, LedgerError> {
        let query = sqlx::query(rows::SELECT_NEWEST_SNAPSHOT);
        // No row is kept: it is as large as the snapshot read from it.
        let found = query
            .fetch_optional(self.readers())
            .await
            .map_err(LedgerError::unavailable)?
            .as_ref()
            .map(rows::snapshot)
            .transpose()?;
        let query = sqlx::query_scalar::<_, Option<i64>>(rows::SELECT_LAST_SNAPSHOT_POSITION);
        let newest = query
            .fetch_one(self.readers())
            .await
            .map_err(LedgerError::unavailable)?;
        let newest = newest
            .map(|p| from_db(p, "a snapshot's position"))
            .transpose()?;
        rules::warn_of_snapshots_passed_over(newest, found.as_ref());
        Ok(found)
    }
}

/// Makes the file and the folders it lies in, unless they are there.
fn make_file(path: &Path) -> Result<(), LedgerError> {
    let failed = |source| LedgerError::File {
        path: path.to_owned(),
        source,
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut options = OpenOptions::new();
    options
        .append(true)
        .create(true)
        .mode(FILE_MODE)
        .open(path)
        .map_err(failed)?;
    Ok(())
}

/// `path` with `ending` added to its name.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Locks a file, which the operating system unlocks when the process ends, however it ends. `None` if
/// another process has it for longer than `patience`.
async fn lock_file(path: &Path, patience: Duration) -> Result<Option<File>, LedgerError> {
    let failed = |source| LedgerError::File {
        path: path.to_owned(),
        source,
    };
    let mut options = OpenOptions::new();
    let file = options
        .append(true)
        .create(true)
        .mode(FILE_MODE)
        .open(path)
        .map_err(failed)?;
    let mut waited = Duration::ZERO;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) if waited >= patience => return Ok(None),
            Err(TryLockError::WouldBlock) => {
                tokio::time::sleep(CLAIM_RETRY).await;
                waited += CLAIM_RETRY;
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
    }
}
