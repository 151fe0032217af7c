//! Writing to an SQLite ledger: one transaction a batch, on the one writing connection.
//!
//! # Design notes
//!
//! Each way to SQLite's thread and back takes about as long as a row, and a small batch is what somebody waits
//! for who is alone. So events that one statement can take go there in one that looks at the epoch and
//! the head itself: outside of BEGIN and COMMIT a statement is a transaction of its own. All else is
//! begun, told the head, inserted and committed step by step.

use std::sync::LazyLock;

use futures_util::TryStreamExt;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Executor, Sqlite, SqliteConnection};

use crate::ledger::chain;
use crate::ledger::error::LedgerError;
use crate::ledger::event::{Append, ChainHash, Head, IdempotencyRecord, NewEvent};
use crate::ledger::rows;
use crate::ledger::rules::{check_batch, check_head, to_db};
use crate::ledger::sole_connection::{Lease, SoleConnection};

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

const ANSWER_COLUMNS: [&str; 6] = [
    "user_id",
    "key",
    "fingerprint",
    "answer",
    "position",
    "created_at",
];

/// How many rows a statement inserts, at most and then fewer; each count has a prepared statement of
/// its own. A batch of a few takes one.
const ROWS_A_STATEMENT: [usize; 11] = [128, 64, 32, 16, 8, 7, 6, 5, 4, 3, 2];

/// How many statements a connection keeps prepared: those below, and a few others.
pub(super) const STATEMENTS_MAX: usize = 64;

/// Statements by the number of rows they insert.
type Inserts = LazyLock<Vec<(usize, String)>>;

/// Inserts all events of a batch, if it continues the ledger that is there; that nothing comes after its
/// head is what the primary key sees to. After the rows come epoch, position and hash of the head the writer
/// knows, first recorded_at, and the position again.
static APPEND_EVENTS: Inserts = LazyLock::new(|| {
    by_count(&EVENT_COLUMNS, |columns, rows| {
        format!(
            "INSERT INTO events ({columns}) SELECT * FROM (VALUES {rows}) \
             WHERE (SELECT epoch FROM ledger_writer WHERE only_row = 1) = ? AND (? = 0 OR \
             (SELECT hash = ? AND recorded_at <= ? FROM events WHERE position = ?))"
        )
    })
});

/// Takes the lock, tells the epoch and the head, and inserts the first events.
static OPEN: Inserts = LazyLock::new(|| {
    let opening = format!("{BEGIN}; {}", rows::SELECT_HEAD);
    let inserts = inserts("events", &EVENT_COLUMNS).into_iter();
    let with_events = inserts.map(|(count, insert)| (count, format!("{opening}; {insert}")));
    with_events.chain([(0, opening.clone())]).collect()
});
static INSERT_EVENTS: Inserts = LazyLock::new(|| inserts("events", &EVENT_COLUMNS));
static INSERT_ANSWERS: Inserts = LazyLock::new(|| inserts("idempotency", &ANSWER_COLUMNS));

fn inserts(table: &str, columns: &[&str]) -> Vec<(usize, String)> {
    by_count(columns, |columns, rows| {
        format!("INSERT INTO {table} ({columns}) VALUES {rows}")
    })
}

/// Makes a statement for each count of rows, of the names of its columns and the rows' parameters.
fn by_count(columns: &[&str], statement: impl Fn(&str, &str) -> String) -> Vec<(usize, String)> {
    let row = format!("({})", vec!["?"; columns.len()].join(", "));
    let columns = columns.join(", ");
    let counts = ROWS_A_STATEMENT.into_iter().chain([1]);
    counts
        .map(|count| {
            (
                count,
                statement(&columns, &vec![&row[..]; count].join(", ")),
            )
        })
        .collect()
}

/// The statement for as many of `rows` rows as one can take, and how many that are.
fn largest(inserts: &Inserts, rows: usize) -> Option<(usize, &str)> {
    let fits = inserts.iter().find(|(count, _)| *count <= rows);
    fits.map(|(count, sql)| (*count, &sql[..]))
}

/// Appends a batch in one transaction.
pub(super) async fn append(
    writer: &SoleConnection<SqliteConnection>,
    append: Append<'_>,
) -> Result<Head, LedgerError> {
    check_batch(&append)?;
    let hashes = chain::extend(append.head, append.events);
    let lease = writer.lease().await.map_err(LedgerError::not_appended)?;
    match statement_for_all(&append) {
        Some(sql) => append_at_once(lease, &append, &hashes, sql).await?,
        None => append_by_steps(lease, append, &hashes).await?,
    }
    Ok(chain::head_after(append.head, append.events, &hashes))
}

/// The statement that takes the whole batch, if there is one.
fn statement_for_all(append: &Append<'_>) -> Option<&'static str> {
    let (count, sql) = largest(&APPEND_EVENTS, append.events.len())?;
    (count == append.events.len() && append.answers.is_empty()).then_some(sql)
}

async fn append_at_once(
    mut lease: Lease<'_, SqliteConnection>,
    append: &Append<'_>,
    hashes: &[ChainHash],
    sql: &str,
) -> Result<(), LedgerError> {
    let Append { head, events, .. } = append;
    let positions = to_db(head.position + 1)..;
    let insert = bind_events(sql, positions.zip(*events).zip(hashes))
        .bind(to_db(append.epoch))
        .bind(to_db(head.position))
        .bind(&head.hash.0[..])
        .bind(events.first().map(|event| event.recorded_at.0))
        .bind(to_db(head.position));
    let refusal = match insert.execute(&mut *lease).await {
        Ok(taken) if taken.rows_affected() == 0 => {
            LedgerError::not_appended("it does not fit the head")
        }
        Ok(_) => {
            lease.give_back();
            return Ok(());
        }
        Err(error) if is_rolled_back(&error) => refused(error),
        // It may have failed while it was made durable.
        Err(error) => return Err(LedgerError::outcome_unknown(error)),
    };
    let head = sqlx::query(rows::SELECT_HEAD).fetch_one(&mut *lease).await;
    lease.give_back();
    let (epoch, head) = rows::epoch_and_head(&head.map_err(LedgerError::not_appended)?)?;
    // That the head does not fit says more than that a row was refused.
    check_head(append, epoch, head)?;
    Err(refusal)
}

/// Whether an error of SQLite's means that the statement is surely undone: of a rule of the table, of a lock
/// that was not to be had, or of a file that is not to be written to.
fn is_rolled_back(error: &sqlx::Error) -> bool {
    const BUSY: u32 = 5;
    const READ_ONLY: u32 = 8;
    const CONSTRAINT: u32 = 19;
    let code = error.as_database_error().and_then(|error| error.code());
    let code = code.and_then(|code| code.parse::<u32>().ok());
    // The lowest byte says what it is, those above it which.
    code.is_some_and(|code| [BUSY, READ_ONLY, CONSTRAINT].contains(&(code & 0xff)))
}

async fn append_by_steps(
    mut lease: Lease<'_, SqliteConnection>,
    append: Append<'_>,
    hashes: &[ChainHash],
) -> Result<(), LedgerError> {
    if let Err(refused) = fill(&mut lease, append, hashes).await {
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
    Ok(())
}

/// Does everything of an append but the commit.
async fn fill(
    connection: &mut SqliteConnection,
    append: Append<'_>,
    hashes: &[ChainHash],
) -> Result<(), LedgerError> {
    let positions = to_db(append.head.position + 1)..;
    let mut rows = positions.zip(append.events).zip(hashes);
    let mut left = append.events.len();
    let (count, sql) = largest(&OPEN, left).expect("invariant: one opens without events");
    open(
        connection,
        &append,
        bind_events(sql, rows.by_ref().take(count)),
    )
    .await?;
    left -= count;
    while let Some((count, sql)) = largest(&INSERT_EVENTS, left) {
        let insert = bind_events(sql, rows.by_ref().take(count));
        insert.execute(&mut *connection).await.map_err(refused)?;
        left -= count;
    }
    let mut answers = append.answers;
    while let Some((count, sql)) = largest(&INSERT_ANSWERS, answers.len()) {
        let (now, later) = answers.split_at(count);
        let insert = now.iter().fold(sqlx::query(sql), bind_answer);
        insert.execute(&mut *connection).await.map_err(refused)?;
        answers = later;
    }
    Ok(())
}

/// Runs a statement of [`OPEN`]. That the head does not fit says more than that a row was refused.
async fn open(
    connection: &mut SqliteConnection,
    append: &Append<'_>,
    opening: Insert<'_>,
) -> Result<(), LedgerError> {
    let mut head = None;
    let mut told = connection.fetch(opening);
    let outcome = loop {
        match told.try_next().await {
            Ok(Some(row)) => head = Some(row),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    let Some(head) = head else {
        let why = outcome.map_or_else(Into::into, |()| "it told no epoch".into());
        return Err(LedgerError::NotAppended(why));
    };
    let (epoch, head) = rows::epoch_and_head(&head)?;
    check_head(append, epoch, head)?;
    outcome.map_err(refused)
}

type Insert<'q> = Query<'q, Sqlite, SqliteArguments<'q>>;

fn bind_events<'q>(
    sql: &'q str,
    events: impl Iterator<Item = ((i64, &'q NewEvent), &'q ChainHash)>,
) -> Insert<'q> {
    events.fold(sqlx::query(sql), |query, ((position, event), hash)| {
        bind_event(query, position, event, hash)
    })
}

fn bind_event<'q>(
    query: Insert<'q>,
    position: i64,
    event: &'q NewEvent,
    hash: &'q ChainHash,
) -> Insert<'q> {
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

fn bind_answer<'q>(query: Insert<'q>, answer: &'q IdempotencyRecord) -> Insert<'q> {
    query
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
    let kept = bind_answer(sqlx::query(rows::INSERT_IDEMPOTENT), answer)
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
