//! Reading a PostgreSQL ledger in order, while what was read is looked at.
//!
//! # Design notes
//!
//! Taking rows off the wire costs nearly as much as folding their events. So a task of its own does the
//! one while the caller does the other, a few chunks ahead; it ends with the scan, whatever ends that.
//! Events are made of the rows where they are looked at: memory that one thread takes and another gives
//! back, seven times an event, would cost what the second thread saves.

use std::ops::ControlFlow;

use futures_util::TryStreamExt;
use openpex_aggregates::Timestamp;
use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::ledger::error::LedgerError;
use crate::ledger::event::{ChainHash, StoredEvent};
use crate::ledger::rules::{from_db, to_db};
use crate::ledger::store::Visitor;

/// Rows that are handed over at once.
const CHUNK_ROWS: usize = 256;
/// Chunks that may wait for the caller; the reader then waits for it.
const CHUNKS_AHEAD: usize = 4;

const SELECT_AFTER: &str = "\
    SELECT position, recorded_at, aggregate_type, aggregate_id, sequence, event_type, \
    event_version, payload::text, metadata::text, hash FROM events WHERE position > $1 \
    ORDER BY position LIMIT $2";

/// Shows `visit` up to `limit` events after `position`, in order, and answers how many it showed.
pub(super) async fn scan(
    pool: &PgPool,
    position: u64,
    limit: u32,
    visit: Visitor<'_>,
) -> Result<u32, LedgerError> {
    let (hand_over, mut chunks) = mpsc::channel(CHUNKS_AHEAD);
    let mut reader = JoinSet::new();
    reader.spawn(read(pool.clone(), position, limit, hand_over));
    let mut shown = 0;
    while let Some(chunk) = chunks.recv().await {
        for row in chunk {
            shown += 1;
            if let ControlFlow::Break(()) = visit(event(&row)?) {
                return Ok(shown);
            }
        }
    }
    match reader.join_next().await {
        Some(Ok(read)) => read.map(|()| shown),
        // Nobody else can abort it.
        Some(Err(ended)) => std::panic::resume_unwind(ended.into_panic()),
        None => unreachable!("one task was spawned"),
    }
}

/// Hands the rows over until there are no more, or nobody takes them.
async fn read(
    pool: PgPool,
    position: u64,
    limit: u32,
    hand_over: mpsc::Sender<Vec<PgRow>>,
) -> Result<(), LedgerError> {
    let query = sqlx::query(SELECT_AFTER)
        .bind(to_db(position))
        .bind(i64::from(limit));
    let mut rows = query.fetch(&pool);
    let mut is_more = true;
    while is_more {
        let mut chunk = Vec::with_capacity(CHUNK_ROWS);
        let mut failure = None;
        while chunk.len() < CHUNK_ROWS && is_more {
            match rows.try_next().await {
                Ok(Some(row)) => chunk.push(row),
                Ok(None) => is_more = false,
                Err(error) => (failure, is_more) = (Some(error), false),
            }
        }
        // What comes before a failure is shown before it.
        if hand_over.send(chunk).await.is_err() {
            return Ok(());
        }
        if let Some(failure) = failure {
            return Err(LedgerError::unavailable(failure));
        }
    }
    Ok(())
}

/// The event of a row of [`SELECT_AFTER`]; its types are the table's, so they are not compared again.
fn event(row: &PgRow) -> Result<StoredEvent, LedgerError> {
    let unreadable = |position| {
        move |error: sqlx::Error| LedgerError::Unreadable {
            position,
            why: error.to_string(),
        }
    };
    let position = row.try_get_unchecked(0).map_err(unreadable(0))?;
    let position = from_db(position, "a position")?;
    let read = || -> Result<StoredEvent, sqlx::Error> {
        let text = |column: usize| row.try_get_unchecked::<String, _>(column);
        let hash: &[u8] = row.try_get_unchecked(9)?;
        let hash = hash.try_into().map_err(|_| {
            let why = format!("a hash of {} bytes instead of 32", hash.len());
            sqlx::Error::Decode(why.into())
        })?;
        Ok(StoredEvent {
            position,
            recorded_at: Timestamp(row.try_get_unchecked(1)?),
            aggregate_type: text(2)?,
            aggregate_id: text(3)?,
            // The table refuses what is not from 1 on; a negative one would show in `verify`.
            sequence: row.try_get_unchecked::<i64, _>(4)?.unsigned_abs(),
            event_type: text(5)?,
            event_version: text(6)?,
            payload: text(7)?,
            metadata: text(8)?,
            hash: ChainHash(hash),
        })
    };
    read().map_err(unreadable(position))
}
