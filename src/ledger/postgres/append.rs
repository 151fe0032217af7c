//! Writing to a PostgreSQL ledger: one statement a batch, so one round trip and one commit.
//!
//! # Design notes
//!
//! A statement outside of BEGIN and COMMIT is a transaction of its own. sqlx answers only after
//! `ReadyForQuery`, which the server sends once the transaction is durable.
//!
//! `FOR SHARE` on the writer's row waits for a takeover in progress and then sees its epoch; a takeover in
//! turn waits for the append, and so finds everything it committed. The head is read from the statement's
//! snapshot; should another append commit meanwhile, the primary key refuses the position.

use std::time::Duration;

use sqlx::error::DatabaseError;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{PgConnection, PgPool, Postgres, Row};

use super::check_durable;
use crate::ledger::chain;
use crate::ledger::error::LedgerError;
use crate::ledger::event::{Append, ChainHash, Head, IdempotencyRecord, NewEvent};
use crate::ledger::rows;
use crate::ledger::rules::{check_batch, check_head, to_db};
use crate::ledger::sole_connection::SoleConnection;

/// How long an append may take as we see it; more than the server's own limit, so that mostly the server
/// ends it and the outcome is known.
const APPEND_PATIENCE: Duration = Duration::from_secs(45);

/// Whether the batch continues the ledger that is there, as far as its head must be read for that: that
/// nothing comes after the head is what the primary key sees to.
macro_rules! fits {
    () => {
        "(SELECT epoch FROM ledger_writer WHERE only_row = 1 FOR SHARE) = $1 \
        AND ($2 = 0 OR $4 IS NULL OR \
        (SELECT hash = $3 AND recorded_at <= $4 FROM events WHERE position = $2))"
    };
}

/// Inserts the events, from and as far as what comes after says.
///
/// `$1` epoch; `$2` position and `$3` hash of the head the writer knows (no hash when there is none); `$4`
/// first recorded_at, none where there are no events; `$5` to `$13` the events.
macro_rules! insert_events {
    () => {
        "INSERT INTO events (position, recorded_at, aggregate_type, aggregate_id, \
        sequence, event_type, event_version, payload, metadata, hash) \
        SELECT $2 + e.nth, e.recorded_at, e.aggregate_type, e.aggregate_id, e.sequence, \
        e.event_type, e.event_version, e.payload::json, e.metadata::json, e.hash \
        FROM UNNEST($5::bigint[], $6::text[], $7::text[], $8::bigint[], $9::text[], \
        $10::text[], $11::text[], $12::text[], $13::bytea[]) WITH ORDINALITY AS e (recorded_at, \
        aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata, \
        hash, nth)"
    };
}

/// Its count of rows tells whether the batch was taken.
const APPEND_EVENTS: &str = concat!(insert_events!(), " WHERE ", fits!());

/// With `$14` to `$19` the answers; tells how many events it took, and whether the batch fitted.
const APPEND_EVENTS_AND_ANSWERS: &str = concat!(
    "WITH fit AS MATERIALIZED (SELECT 1 WHERE ",
    fits!(),
    "), appended AS (",
    insert_events!(),
    ", fit RETURNING 1), kept AS (\
    INSERT INTO idempotency (user_id, key, fingerprint, answer, position, created_at) \
    SELECT a.user_id, a.key, a.fingerprint, a.answer, a.position, a.created_at \
    FROM fit, UNNEST($14::bigint[], $15::text[], $16::bytea[], $17::text[], $18::bigint[], \
    $19::bigint[]) AS a (user_id, key, fingerprint, answer, position, created_at)) \
    SELECT (SELECT count(*) FROM appended), EXISTS (SELECT FROM fit)"
);

/// Appends a batch in one statement.
pub(super) async fn append(
    writer: &SoleConnection<PgConnection>,
    append: Append<'_>,
) -> Result<Head, LedgerError> {
    check_batch(&append)?;
    let hashes = chain::extend(append.head, append.events);
    let mut lease = writer.lease().await.map_err(LedgerError::not_appended)?;
    if lease.is_new {
        check_durable(&mut lease).await?;
    }
    let outcome = tokio::time::timeout(APPEND_PATIENCE, execute(&mut lease, append, &hashes)).await;
    let outcome = outcome.unwrap_or_else(|late| Err(LedgerError::outcome_unknown(late)));
    if !matches!(outcome, Err(LedgerError::OutcomeUnknown(_))) {
        lease.give_back();
    }
    outcome
}

async fn execute(
    connection: &mut PgConnection,
    append: Append<'_>,
    hashes: &[ChainHash],
) -> Result<Head, LedgerError> {
    let Append {
        epoch,
        head,
        events,
        answers,
    } = append;
    let texts = |text: fn(&NewEvent) -> &str| events.iter().map(text).collect::<Vec<&str>>();
    let numbers = |number: fn(&NewEvent) -> i64| events.iter().map(number).collect::<Vec<i64>>();
    let alone = answers.is_empty() && !events.is_empty();
    let sql = match alone {
        true => APPEND_EVENTS,
        false => APPEND_EVENTS_AND_ANSWERS,
    };
    let query = sqlx::query(sql)
        .bind(to_db(epoch))
        .bind(to_db(head.position))
        .bind((head.position > 0).then_some(&head.hash.0[..]))
        .bind(events.first().map(|event| event.recorded_at.0))
        .bind(numbers(|event| event.recorded_at.0))
        .bind(texts(|event| event.aggregate_type))
        .bind(texts(|event| &event.aggregate_id))
        .bind(numbers(|event| to_db(event.sequence)))
        .bind(texts(|event| &event.event_type))
        .bind(texts(|event| &event.event_version))
        .bind(texts(|event| &event.payload))
        .bind(texts(|event| &event.metadata))
        .bind(
            hashes
                .iter()
                .map(|hash| &hash.0[..])
                .collect::<Vec<&[u8]>>(),
        );
    let refused = |error| refused(error, head.position + 1);
    let (appended, fits) = match alone {
        true => {
            let taken = query.execute(&mut *connection).await.map_err(refused)?;
            (taken.rows_affected(), taken.rows_affected() > 0)
        }
        false => {
            let told = bind_answers(query, answers).fetch_one(&mut *connection);
            let row = told.await.map_err(refused)?;
            let appended: i64 = row.try_get(0).map_err(LedgerError::outcome_unknown)?;
            let fits = row.try_get(1).map_err(LedgerError::outcome_unknown)?;
            (appended.unsigned_abs(), fits)
        }
    };
    if !fits {
        return Err(why_not(connection, &append).await);
    }
    if usize::try_from(appended) != Ok(events.len()) {
        let why = format!(
            "{appended} of {} events were taken at head {head:?}",
            events.len()
        );
        return Err(LedgerError::outcome_unknown(why));
    }
    Ok(chain::head_after(head, events, hashes))
}

/// Why a batch did not fit; it was not taken.
async fn why_not(connection: &mut PgConnection, append: &Append<'_>) -> LedgerError {
    let found = sqlx::query(rows::SELECT_HEAD).fetch_one(connection).await;
    let found = found.map_err(LedgerError::not_appended);
    let checked = found.and_then(|row| {
        let (current, found) = rows::epoch_and_head(&row).map_err(LedgerError::not_appended)?;
        check_head(append, current, found)?;
        Ok(found)
    });
    checked.map_or_else(
        |error| error,
        |found| LedgerError::not_appended(format!("it does not fit head {found:?}")),
    )
}

fn bind_answers<'q>(
    query: Query<'q, Postgres, PgArguments>,
    answers: &'q [IdempotencyRecord],
) -> Query<'q, Postgres, PgArguments> {
    let numbers = |number: fn(&IdempotencyRecord) -> i64| {
        let numbers = answers.iter().map(number);
        numbers.collect::<Vec<i64>>()
    };
    let texts = |text: fn(&IdempotencyRecord) -> &str| {
        let texts = answers.iter().map(text);
        texts.collect::<Vec<&str>>()
    };
    let fingerprints = answers.iter().map(|answer| &answer.fingerprint[..]);
    query
        .bind(numbers(|answer| answer.user_id.0))
        .bind(texts(|answer| &answer.key))
        .bind(fingerprints.collect::<Vec<&[u8]>>())
        .bind(texts(|answer| &answer.answer))
        .bind(numbers(|answer| to_db(answer.position)))
        .bind(numbers(|answer| answer.created_at.0))
}

/// Keeps an answer that comes without events.
pub(super) async fn keep_answer(
    pool: &PgPool,
    answer: &IdempotencyRecord,
) -> Result<(), LedgerError> {
    sqlx::query(rows::INSERT_IDEMPOTENT)
        .bind(answer.user_id.0)
        .bind(&answer.key)
        .bind(&answer.fingerprint[..])
        .bind(&answer.answer)
        .bind(to_db(answer.position))
        .bind(answer.created_at.0)
        .execute(pool)
        .await
        .map(|_| ())
        .map_err(|error| refused(error, answer.position))
}

/// Why PostgreSQL did not take a batch, or that it is not known whether it did.
fn refused(error: sqlx::Error, position: u64) -> LedgerError {
    let Some(refusal) = error.as_database_error() else {
        let was_sent = !matches!(
            error,
            sqlx::Error::Encode(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed
        );
        return match was_sent {
            true => LedgerError::outcome_unknown(error),
            false => LedgerError::not_appended(error),
        };
    };
    match refusal.constraint() {
        Some("events_position") => LedgerError::PositionTaken { position },
        Some("events_stream") => LedgerError::StreamConflict,
        Some("idempotency_key") => LedgerError::IdempotencyKeyTaken,
        _ if is_rolled_back(refusal) => LedgerError::not_appended(error),
        _ => LedgerError::outcome_unknown(error),
    }
}

/// Whether an error of the server's means that the transaction is surely undone.
///
/// Not so when the server ends the session (class 57P: it may do so while it waits for a replica, after
/// it has committed), loses it (08), fails in the middle (58, XX) or says itself that it does not know
/// (40003).
fn is_rolled_back(refusal: &dyn DatabaseError) -> bool {
    let code = refusal.code().unwrap_or_default();
    let unsure = ["57P", "08", "58", "XX", "40003"];
    !code.is_empty() && !unsure.iter().any(|class| code.starts_with(class))
}
