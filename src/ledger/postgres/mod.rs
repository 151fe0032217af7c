//! The ledger in PostgreSQL.
//!
//! One connection appends, one session holds the writer's lock, and a pool serves everything else. The
//! lock belongs to a session, so a pooler between us and the server must be in session mode.

mod append;

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use openpex_aggregates::UserId;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::{ConnectOptions, Connection as _, Executor, PgConnection};
use tokio::sync::Mutex;

use super::Access;
use super::claim::{Hold, WriterClaim};
use super::error::LedgerError;
use super::event::{Append, ChainHash, Head, IdempotencyRecord, Snapshot, StoredEvent};
use super::rules::{self, CLAIM_RETRY, SNAPSHOTS_KEPT, from_db, to_db};
use super::sole_connection::SoleConnection;
use super::store::{EventStore, FactVisitor, Visitor};
use super::{rows, schema};

/// How many connections the pool has, besides those of the writer.
const POOL_MAX: u32 = 8;
/// How long a task waits for one of them.
const POOL_PATIENCE: Duration = Duration::from_secs(10);
/// How long the server may work on one append, in milliseconds, before it gives it up.
const APPEND_STATEMENT_MS: &str = "30000";
/// The writer's advisory lock, "openpex" in ASCII; such locks are separate in each database.
const WRITER_LOCK: i64 = 0x6f_7065_6e70_6578;

/// Settings under which PostgreSQL acknowledges what a crash would lose.
const SELECT_NOT_DURABLE: &str = "\
    SELECT name, setting FROM pg_settings WHERE setting = 'off' \
    AND name IN ('fsync', 'full_page_writes', 'synchronous_commit') ORDER BY name";

/// What is needed of events to fold them.
macro_rules! select_facts {
    () => {
        "SELECT position, recorded_at, aggregate_type, aggregate_id, sequence, event_type, \
        event_version, payload::text"
    };
}

/// All that is stored of events.
macro_rules! select_events {
    () => {
        concat!(select_facts!(), ", metadata::text, hash")
    };
}

/// The events after a position.
macro_rules! after {
    () => {
        " FROM events WHERE position > $1 ORDER BY position LIMIT $2"
    };
}

const SELECT_AFTER: &str = concat!(select_events!(), after!());
const SELECT_FACTS_AFTER: &str = concat!(select_facts!(), after!());
const SELECT_STREAM: &str = concat!(
    select_events!(),
    " FROM events WHERE aggregate_type = $1 AND aggregate_id = $2 ORDER BY sequence"
);
const SELECT_HASHES: &str = "SELECT position, hash FROM events WHERE position = ANY($1)";
const SELECT_STREAM_BACK: &str = concat!(
    select_events!(),
    " FROM events WHERE aggregate_type = $1 AND aggregate_id = $2 AND sequence < $3 \
     ORDER BY sequence DESC LIMIT $4"
);

/// The store; clones share it.
#[derive(Clone)]
pub struct PostgresStore {
    inner: Arc<Inner>,
}

struct Inner {
    options: PgConnectOptions,
    writer: SoleConnection<PgConnection>,
    pool: PgPool,
}

impl PostgresStore {
    /// Connects, and with [`Access::ReadWrite`] checks the server's settings and migrates the tables.
    ///
    /// # Errors
    /// [`LedgerError::NotDurable`] names the setting; [`LedgerError::NotMigrated`] for reading only.
    pub async fn open(options: PgConnectOptions, access: Access) -> Result<Self, LedgerError> {
        let options = match options.get_application_name() {
            Some(_) => options,
            None => options.application_name("openpex"),
        };
        let options = match access {
            Access::ReadWrite => options,
            Access::ReadOnly => options.options([("default_transaction_read_only", "on")]),
        };
        // ROLLBACK with nothing open makes the server warn; the log need not say so each time.
        let pool_options = options.clone().options([("client_min_messages", "error")]);
        let pool = PgPoolOptions::new()
            .max_connections(POOL_MAX)
            .acquire_timeout(POOL_PATIENCE)
            .after_release(|connection, _| {
                Box::pin(async move {
                    // Ends what a dropped task left open.
                    connection.execute("ROLLBACK").await?;
                    // Or each that once carried a snapshot would hold its size for as long as it lives.
                    connection.shrink_buffers();
                    Ok(true)
                })
            })
            .connect_lazy_with(pool_options);
        // The append's plan is the same whatever is appended; finding it anew would cost more than a row.
        // It is kept while the ledger grows, so one that goes through a table because that was small when
        // the plan was made would be slower with every event.
        let writer_options = options.clone().options([
            ("statement_timeout", APPEND_STATEMENT_MS),
            ("plan_cache_mode", "force_generic_plan"),
            ("enable_seqscan", "off"),
        ]);
        let inner = Inner {
            options,
            writer: SoleConnection::new(writer_options),
            pool,
        };
        let store = Self {
            inner: Arc::new(inner),
        };
        store.migrate(access).await?;
        Ok(store)
    }

    async fn migrate(&self, access: Access) -> Result<(), LedgerError> {
        let connection = self.inner.options.connect().await;
        let mut connection = connection.map_err(LedgerError::unavailable)?;
        if access == Access::ReadWrite {
            check_durable(&mut connection).await?;
        }
        if schema::is_current(&schema::POSTGRES, &mut connection).await {
            return Ok(());
        }
        if access == Access::ReadOnly {
            return Err(LedgerError::NotMigrated);
        }
        let migrated = schema::POSTGRES.run_direct(&mut connection).await;
        migrated.map_err(|error| LedgerError::Migration(error.into()))
    }

    /// The connections for everything but appending.
    pub(crate) fn pool(&self) -> &PgPool {
        &self.inner.pool
    }

    /// Shows `read` up to `limit` rows after `position`, until it breaks off.
    async fn scan_rows(
        &self,
        sql: &str,
        (position, limit): (u64, u32),
        read: &mut (dyn FnMut(&PgRow) -> Result<ControlFlow<()>, LedgerError> + Send),
    ) -> Result<u32, LedgerError> {
        let query = sqlx::query(sql)
            .bind(to_db(position))
            .bind(i64::from(limit));
        let mut rows = query.fetch(self.pool());
        let mut shown = 0;
        while let Some(row) = rows.try_next().await.map_err(LedgerError::unavailable)? {
            shown += 1;
            if let ControlFlow::Break(()) = read(&row)? {
                break;
            }
        }
        Ok(shown)
    }

    /// Closes all connections.
    pub(super) async fn close(&self) {
        self.inner.pool.close().await;
        self.inner.writer.close().await;
    }
}

/// Refuses a server that would lose what it acknowledged.
async fn check_durable(connection: &mut PgConnection) -> Result<(), LedgerError> {
    let off = sqlx::query_as::<_, (String, String)>(SELECT_NOT_DURABLE);
    let off = off
        .fetch_optional(connection)
        .await
        .map_err(LedgerError::unavailable)?;
    match off {
        Some((setting, value)) => Err(LedgerError::NotDurable { setting, value }),
        None => Ok(()),
    }
}

#[async_trait]
impl EventStore for PostgresStore {
    async fn claim_writer(
        &self,
        holder: &str,
        patience: Duration,
    ) -> Result<WriterClaim, LedgerError> {
        let session = self.inner.options.connect().await;
        let mut session = session.map_err(LedgerError::unavailable)?;
        check_durable(&mut session).await?;
        let mut waited = Duration::ZERO;
        loop {
            let lock = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(WRITER_LOCK);
            if lock
                .fetch_one(&mut session)
                .await
                .map_err(LedgerError::unavailable)?
            {
                break;
            }
            if waited >= patience {
                let holder = sqlx::query_as::<_, (String, i64)>(rows::SELECT_HOLDER);
                let holder = holder.fetch_one(&mut session).await;
                let (holder, epoch) = holder.map_err(LedgerError::unavailable)?;
                let epoch = from_db(epoch, "the epoch")?;
                return Err(LedgerError::AnotherWriter {
                    holder,
                    epoch,
                    waited,
                });
            }
            tokio::time::sleep(CLAIM_RETRY).await;
            waited += CLAIM_RETRY;
        }
        // Waits for an append of the writer before us, which keeps the row locked until it has committed.
        let epoch = sqlx::query_scalar(rows::TAKE_OVER)
            .bind(holder)
            .fetch_one(&mut session)
            .await;
        let epoch = from_db(epoch.map_err(LedgerError::unavailable)?, "the epoch")?;
        Ok(WriterClaim::new(
            epoch,
            holder,
            Hold::Session(Box::new(Mutex::new(session))),
        ))
    }

    async fn append(&self, append: Append<'_>) -> Result<Head, LedgerError> {
        append::append(&self.inner.writer, append).await
    }

    async fn head(&self) -> Result<Head, LedgerError> {
        let row = sqlx::query(rows::SELECT_HEAD).fetch_one(self.pool()).await;
        let row = row.map_err(LedgerError::unavailable)?;
        Ok(rows::epoch_and_head(&row)?.1)
    }

    async fn scan(
        &self,
        position: u64,
        limit: u32,
        visit: Visitor<'_>,
    ) -> Result<u32, LedgerError> {
        let mut read = |row: &PgRow| Ok(visit(rows::event(row)?));
        self.scan_rows(SELECT_AFTER, (position, limit), &mut read)
            .await
    }

    async fn scan_facts(
        &self,
        position: u64,
        limit: u32,
        visit: FactVisitor<'_>,
    ) -> Result<u32, LedgerError> {
        let mut read = |row: &PgRow| Ok(visit(rows::fact_text(row)?));
        self.scan_rows(SELECT_FACTS_AFTER, (position, limit), &mut read)
            .await
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
            .fetch_all(self.pool())
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
            .fetch_all(self.pool())
            .await
            .map_err(LedgerError::unavailable)?;
        rows.iter().map(rows::event).collect()
    }

    async fn hashes_at(&self, positions: &[u64]) -> Result<HashMap<u64, ChainHash>, LedgerError> {
        let positions: Vec<i64> = positions
            .iter()
            .filter_map(|position| i64::try_from(*position).ok())
            .collect();
        let query = sqlx::query(SELECT_HASHES).bind(positions);
        let rows = query
            .fetch_all(self.pool())
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
            .fetch_optional(self.pool())
            .await
            .map_err(LedgerError::unavailable)?;
        row.as_ref().map(rows::answer).transpose()
    }

    async fn keep_idempotent(&self, record: &IdempotencyRecord) -> Result<(), LedgerError> {
        append::keep_answer(self.pool(), record).await
    }

    async fn acknowledged_position(&self) -> Result<u64, LedgerError> {
        let query = sqlx::query_scalar::<_, Option<i64>>(rows::SELECT_ACKNOWLEDGED);
        let position = query
            .fetch_one(self.pool())
            .await
            .map_err(LedgerError::unavailable)?;
        from_db(position.unwrap_or(0), "an answer's position")
    }

    async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), LedgerError> {
        rules::check_snapshot(snapshot)?;
        sqlx::query(rows::UPSERT_SNAPSHOT)
            .bind(to_db(snapshot.position))
            .bind(&snapshot.hash.0[..])
            .bind(&snapshot.body[..])
            .bind(snapshot.created_at.0)
            .execute(self.pool())
            .await
            .map_err(LedgerError::not_appended)?;
        sqlx::query(rows::PRUNE_SNAPSHOTS)
            .bind(to_db(snapshot.position))
            .bind(to_db(SNAPSHOTS_KEPT as u64))
            .execute(self.pool())
            .await
            .map_err(LedgerError::not_appended)?;
        Ok(())
    }

    async fn newest_snapshot(&self) -> Result<Option<Snapshot>, LedgerError> {
        let query = sqlx::query(rows::SELECT_NEWEST_SNAPSHOT);
        // No row is kept: it is as large as the snapshot read from it.
        let found = query
            .fetch_optional(self.pool())
            .await
            .map_err(LedgerError::unavailable)?
            .as_ref()
            .map(rows::snapshot)
            .transpose()?;
        let query = sqlx::query_scalar::<_, Option<i64>>(rows::SELECT_LAST_SNAPSHOT_POSITION);
        let newest = query
            .fetch_one(self.pool())
            .await
            .map_err(LedgerError::unavailable)?;
        let newest = newest
            .map(|p| from_db(p, "a snapshot's position"))
            .transpose()?;
        rules::warn_of_snapshots_passed_over(newest, found.as_ref());
        Ok(found)
    }
}
