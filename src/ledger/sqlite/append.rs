//! Writing to an SQLite ledger: one transaction a batch, on the one writing connection.

use std::fmt::Write;
use std::sync::LazyLock;

use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Executor, Sqlite, SqliteConnection};

use crate::ledger::chain;
use crate::ledger::error::LedgerError;
use crate::ledger::event::{Append, ChainHash, Head, IdempotencyRecord, NewEvent};
use crate::ledger::rows;
use crate::ledger::rules::{check_batch, check_head, to_db};
use crate::ledger::sole_connection::SoleConnection;

/// Takes the write lock at once: a transaction that starts by reading could be refused it later.
const BEGIN: &str = "BEGIN IMMEDIATE";

const EVENT_COLUMNS: [&str; 10] = [
    "position",
    "recorded_at",
    "aggregate_type",
    "aggregate_id",
    "sequence",
    "event_type",
    "event_version",
    "payload",
    "metadata",
    "hash",
];

/// The most events one statement inserts; every power of two up to it has its own prepared statement.
const ROWS_A_STATEMENT_MAX: usize = 64;

/// The statements that insert 64, 32, … 1 events, by the number of events.
static INSERT_EVENTS: LazyLock<Vec<(usize, String)>> = LazyLock::new(|| {
    let mut statements = Vec::new();
    let mut count = ROWS_A_STATEMENT_MAX;
    while count > 0 {
        statements.push((count, insert_events(count)));
        count /= 2;
    }
    statements
});

fn insert_events(count: usize) -> String {
    let mut sql = format!("INSERT INTO events ({}) VALUES ", EVENT_COLUMNS.join(", "));
    let row = ["?"; EVENT_COLUMNS.len()].join(", ");
    for i in 0..count {
        let comma = if i == 0 { "" } else { ", " };
        write!(sql, "{comma}({row})").expect("invariant: writing to a string succeeds");
    }
    sql
}

/// Appends a batch in one transaction.
pub(super) async fn append(
    writer: &SoleConnection<SqliteConnection>,
    append: Append<'_>,
) -> Result<Head, LedgerError> {
    check_batch(&append)?;
    let hashes = chain::extend(append.head, append.events);
    let mut lease = writer.lease().await.map_err(LedgerError::not_appended)?;
    if let Err(refused) = fill(&mut lease, append, &hashes).await {
        // A connection that cannot roll back is closed, which rolls back too.
        if lease.execute("ROLLBACK").await.is_ok() {
            lease.give_back();
        }
        return Err(refused);
    }
    // Only now may it become durable; if this fails, nobody knows.
    lease
        .execute("COMMIT")
        .await
        .map_err(LedgerError::outcome_unknown)?;
    lease.give_back();
    Ok(chain::head_after(append.head, append.events, &hashes))
}

/// Does everything of an append but the commit.
async fn fill(
    connection: &mut SqliteConnection,
    append: Append<'_>,
    hashes: &[ChainHash],
) -> Result<(), LedgerError> {
    connection
        .execute(BEGIN)
        .await
        .map_err(LedgerError::not_appended)?;
    let head = sqlx::query(rows::SELECT_HEAD)
        .fetch_one(&mut *connection)
        .await;
    let (epoch, head) = rows::epoch_and_head(&head.map_err(LedgerError::not_appended)?)?;
    check_head(&append, epoch, head)?;
    let positions = to_db(append.head.position + 1)..;
    let mut rows: Vec<_> = positions.zip(append.events).zip(hashes).collect();
    let mut rest = &mut rows[..];
    for (count, sql) in INSERT_EVENTS.iter() {
        while rest.len() >= *count {
            let (chunk, others) = rest.split_at_mut(*count);
            let mut query = sqlx::query(sql);
            for ((position, event), hash) in chunk {
                query = bind_event(query, *position, event, hash);
            }
            query.execute(&mut *connection).await.map_err(refused)?;
            rest = others;
        }
    }
    for answer in append.answers {
        insert_answer(answer)
            .execute(&mut *connection)
            .await
            .map_err(refused)?;
    }
    Ok(())
}

fn bind_event<'q>(
    query: Query<'q, Sqlite, SqliteArguments<'q>>,
    position: i64,
    event: &'q NewEvent,
    hash: &'q ChainHash,
) -> Query<'q, Sqlite, SqliteArguments<'q>> {
    query
        .bind(position)
        .bind(event.recorded_at.0)
        .bind(event.aggregate_type)
        .bind(&event.aggregate_id)
        .bind(to_db(event.sequence))
        .bind(&event.event_type)
        .bind(&event.event_version)
        .bind(&event.payload)
        .bind(&event.metadata)
        .bind(&hash.0[..])
}

fn insert_answer(answer: &IdempotencyRecord) -> Query<'_, Sqlite, SqliteArguments<'_>> {
    sqlx::query(rows::INSERT_IDEMPOTENT)
        .bind(answer.user_id.0)
        .bind(&answer.key)
        .bind(&answer.fingerprint[..])
        .bind(&answer.answer)
        .bind(to_db(answer.position))
        .bind(answer.created_at.0)
}

/// Keeps an answer that comes without events.
pub(super) async fn keep_answer(
    writer: &SoleConnection<SqliteConnection>,
    answer: &IdempotencyRecord,
) -> Result<(), LedgerError> {
    let mut lease = writer.lease().await.map_err(LedgerError::not_appended)?;
    let kept = insert_answer(answer)
        .execute(&mut *lease)
        .await
        .map_err(refused);
    // A statement outside of a transaction is one: whatever came of it, none is open.
    lease.give_back();
    kept.map(|_| ())
}

/// Why SQLite did not take a row. Its messages name the columns of the index, and those of our own
/// triggers are ours.
fn refused(error: sqlx::Error) -> LedgerError {
    let message = error
        .as_database_error()
        .map(|error| error.message().to_owned());
    let message = message.unwrap_or_default();
    if message.contains("idempotency.key") {
        LedgerError::IdempotencyKeyTaken
    } else if message.contains("sequence of the stream is taken")
        || message.contains("events.sequence")
    {
        LedgerError::StreamConflict
    } else {
        LedgerError::not_appended(error)
    }
}
