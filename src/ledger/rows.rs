//! Statements both databases understand, and the rows they answer with.
//!
//! `$1` is a parameter in PostgreSQL and in SQLite alike. What the two say differently stands in their own
//! folders.

use openpex_aggregates::{Timestamp, UserId};
use sqlx::{ColumnIndex, Database, Decode, Row, Type};

use super::error::LedgerError;
use super::event::{ChainHash, FactText, Head, IdempotencyRecord, Snapshot, StoredEvent};
use super::rules::from_db;

/// The epoch beside the last event, if there is one: one row.
pub(super) const SELECT_HEAD: &str = "\
    SELECT w.epoch, e.position, e.recorded_at, e.hash FROM ledger_writer w \
    LEFT JOIN events e ON e.position = (SELECT max(position) FROM events) WHERE w.only_row = 1";

/// Who writes, for the message to those who may not.
pub(super) const SELECT_HOLDER: &str = "SELECT holder, epoch FROM ledger_writer WHERE only_row = 1";

/// Takes over as the writer.
pub(super) const TAKE_OVER: &str = "\
    UPDATE ledger_writer SET epoch = epoch + 1, holder = $1 WHERE only_row = 1 RETURNING epoch";

pub(super) const SELECT_IDEMPOTENT: &str = "\
    SELECT user_id, key, fingerprint, answer, position, created_at FROM idempotency \
    WHERE user_id = $1 AND key = $2";

pub(super) const INSERT_IDEMPOTENT: &str = "\
    INSERT INTO idempotency (user_id, key, fingerprint, answer, position, created_at) \
    VALUES ($1, $2, $3, $4, $5, $6)";

pub(super) const SELECT_ACKNOWLEDGED: &str = "SELECT max(position) FROM idempotency";

/// A snapshot of the same position is replaced: a later release may write it differently.
pub(super) const UPSERT_SNAPSHOT: &str = "\
    INSERT INTO snapshots (position, hash, body, created_at) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (position) DO UPDATE SET hash = excluded.hash, body = excluded.body, \
    created_at = excluded.created_at";

/// Leaves the newest `$2` up to `$1`. One of a later position is of another history: this ledger was not
/// that far when the snapshot at `$1` was taken.
pub(super) const PRUNE_SNAPSHOTS: &str = "\
    DELETE FROM snapshots WHERE position NOT IN \
    (SELECT position FROM snapshots WHERE position <= $1 ORDER BY position DESC LIMIT $2)";

pub(super) const SELECT_NEWEST_SNAPSHOT: &str = "\
    SELECT s.position, s.hash, s.body, s.created_at FROM snapshots s \
    JOIN events e ON e.position = s.position AND e.hash = s.hash \
    ORDER BY s.position DESC LIMIT 1";

pub(super) const SELECT_LAST_SNAPSHOT_POSITION: &str = "SELECT max(position) FROM snapshots";

/// A row of either database, with the few types we store. Which of them a column has is the schema's, so
/// it is not looked up again for every value.
pub(super) trait LedgerRow: Row {
    fn integer(&self, column: usize) -> Result<i64, sqlx::Error>;
    fn maybe_integer(&self, column: usize) -> Result<Option<i64>, sqlx::Error>;
    fn text(&self, column: usize) -> Result<&str, sqlx::Error>;
    fn bytes(&self, column: usize) -> Result<&[u8], sqlx::Error>;
}

impl<R> LedgerRow for R
where
    R: Row,
    usize: ColumnIndex<R>,
    i64: for<'r> Decode<'r, R::Database> + Type<R::Database>,
    for<'r> &'r str: Decode<'r, R::Database>,
    for<'r> &'r [u8]: Decode<'r, R::Database>,
    R::Database: Database,
{
    fn integer(&self, column: usize) -> Result<i64, sqlx::Error> {
        self.try_get_unchecked(column)
    }
    fn maybe_integer(&self, column: usize) -> Result<Option<i64>, sqlx::Error> {
        self.try_get_unchecked(column)
    }
    fn text(&self, column: usize) -> Result<&str, sqlx::Error> {
        self.try_get_unchecked(column)
    }
    fn bytes(&self, column: usize) -> Result<&[u8], sqlx::Error> {
        self.try_get_unchecked(column)
    }
}

/// A row of `position, recorded_at, aggregate_type, aggregate_id, sequence, event_type, event_version,
/// payload`, and perhaps more.
pub(super) fn fact_text(row: &impl LedgerRow) -> Result<FactText<'_>, LedgerError> {
    let position = from_db(row.integer(0).map_err(unreadable)?, "a position")?;
    let read = || -> Result<FactText<'_>, sqlx::Error> {
        Ok(FactText {
            position,
            recorded_at: Timestamp(row.integer(1)?),
            aggregate_type: row.text(2)?,
            aggregate_id: row.text(3)?,
            // The table refuses what is not from 1 on; a negative one would show in `verify`.
            sequence: row.integer(4)?.unsigned_abs(),
            event_type: row.text(5)?,
            event_version: row.text(6)?,
            payload: row.text(7)?,
        })
    };
    read().map_err(|error| unreadable_at(position, &error))
}

/// A row of what [`fact_text`] reads, `metadata, hash`.
pub(super) fn event(row: &impl LedgerRow) -> Result<StoredEvent, LedgerError> {
    let fact = fact_text(row)?;
    let read = || Ok((row.text(8)?.to_owned(), chain_hash(row, 9)?));
    let (metadata, hash) = read().map_err(|error| unreadable_at(fact.position, &error))?;
    Ok(StoredEvent::of(fact, metadata, hash))
}

/// A row of [`SELECT_HEAD`]: the epoch and the head.
pub(super) fn epoch_and_head(row: &impl LedgerRow) -> Result<(u64, Head), LedgerError> {
    let epoch = from_db(row.integer(0).map_err(unreadable)?, "the epoch")?;
    let Some(position) = row.maybe_integer(1).map_err(unreadable)? else {
        return Ok((epoch, Head::EMPTY));
    };
    let head = Head {
        position: from_db(position, "a position")?,
        recorded_at: Timestamp(row.integer(2).map_err(unreadable)?),
        hash: chain_hash(row, 3).map_err(unreadable)?,
    };
    Ok((epoch, head))
}

/// A row of [`SELECT_IDEMPOTENT`].
pub(super) fn answer(row: &impl LedgerRow) -> Result<IdempotencyRecord, LedgerError> {
    let read = || -> Result<_, sqlx::Error> {
        let record = IdempotencyRecord {
            user_id: UserId(row.integer(0)?),
            key: row.text(1)?.to_owned(),
            fingerprint: chain_hash(row, 2)?.0,
            answer: row.text(3)?.to_owned(),
            position: 0,
            created_at: Timestamp(row.integer(5)?),
        };
        Ok((record, row.integer(4)?))
    };
    let (record, position) = read().map_err(unreadable)?;
    Ok(IdempotencyRecord {
        position: from_db(position, "an answer's position")?,
        ..record
    })
}

/// A row of [`SELECT_NEWEST_SNAPSHOT`].
pub(super) fn snapshot(row: &impl LedgerRow) -> Result<Snapshot, LedgerError> {
    Ok(Snapshot {
        position: from_db(row.integer(0).map_err(unreadable)?, "a snapshot's position")?,
        hash: chain_hash(row, 1).map_err(unreadable)?,
        body: row.bytes(2).map_err(unreadable)?.to_vec(),
        created_at: Timestamp(row.integer(3).map_err(unreadable)?),
    })
}

/// A row of `position, hash`.
pub(super) fn hash_at(row: &impl LedgerRow) -> Result<(u64, ChainHash), LedgerError> {
    let position = from_db(row.integer(0).map_err(unreadable)?, "a position")?;
    Ok((position, chain_hash(row, 1).map_err(unreadable)?))
}

/// 32 bytes.
fn chain_hash(row: &impl LedgerRow, column: usize) -> Result<ChainHash, sqlx::Error> {
    let bytes = row.bytes(column)?;
    let hash = bytes.try_into().map_err(|_| {
        sqlx::Error::Decode(format!("a hash of {} bytes instead of 32", bytes.len()).into())
    })?;
    Ok(ChainHash(hash))
}

fn unreadable(error: sqlx::Error) -> LedgerError {
    unreadable_at(0, &error)
}

fn unreadable_at(position: u64, error: &sqlx::Error) -> LedgerError {
    LedgerError::Unreadable {
        position,
        why: error.to_string(),
    }
}
