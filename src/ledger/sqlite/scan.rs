//! Reading an SQLite ledger in order, many events in one value.
//!
//! # Design notes
//!
//! sqlx makes a copy of each column of each row, and hands each row from SQLite's thread to ours: for
//! rows like ours that takes several times as long as reading them. So SQLite joins the events of a
//! chunk into one text, each led by a line that says how long its fields are, and reads the next chunk
//! while the events of this one are looked at.

use std::ops::ControlFlow;
use std::str::SplitAsciiWhitespace;

use openpex_aggregates::Timestamp;
use sqlx::{Row, SqliteConnection};

use crate::ledger::error::LedgerError;
use crate::ledger::event::{ChainHash, StoredEvent};
use crate::ledger::rules::{from_db, to_db};
use crate::ledger::store::Visitor;

/// Most events in one value.
const CHUNK_EVENTS: u32 = 256;

/// How many events there are, the last one's position, and their fields one after the other.
const SELECT_CHUNK: &str = "\
    SELECT count(*), max(position), group_concat(packed, '') FROM (SELECT position, concat(\
    position, ' ', recorded_at, ' ', sequence, ' ', octet_length(hash), ' ', \
    octet_length(aggregate_type), ' ', octet_length(aggregate_id), ' ', octet_length(event_type), \
    ' ', octet_length(event_version), ' ', octet_length(payload), ' ', octet_length(metadata), \
    char(10), hash, aggregate_type, aggregate_id, event_type, event_version, payload, metadata\
    ) AS packed FROM events WHERE position > $1 ORDER BY position LIMIT $2)";

/// Events as SQLite packs them.
struct Chunk {
    events: u32,
    last: u64,
    packed: Vec<u8>,
}

/// Shows `visit` up to `limit` events after `position`, in order, and answers how many it showed.
pub(super) async fn scan(
    connection: &mut SqliteConnection,
    position: u64,
    limit: u32,
    visit: Visitor<'_>,
) -> Result<u32, LedgerError> {
    let mut shown = 0;
    let mut left = limit;
    let mut chunk = read(connection, position, left.min(CHUNK_EVENTS)).await?;
    loop {
        left = left.saturating_sub(chunk.events);
        let is_last = chunk.events < CHUNK_EVENTS || left == 0;
        let next = async {
            match is_last {
                true => Ok(None),
                false => read(connection, chunk.last, left.min(CHUNK_EVENTS))
                    .await
                    .map(Some),
            }
        };
        let visiting = async {
            let mut rest = &chunk.packed[..];
            while !rest.is_empty() {
                shown += 1;
                if let ControlFlow::Break(()) = visit(unpack(&mut rest)?) {
                    return Ok(ControlFlow::Break(()));
                }
            }
            Ok::<_, LedgerError>(ControlFlow::Continue(()))
        };
        // The next chunk is asked for first: SQLite's thread reads it meanwhile.
        let (next, visited) = tokio::join!(biased; next, visiting);
        match (visited?, next?) {
            (ControlFlow::Continue(()), Some(next)) => chunk = next,
            (ControlFlow::Break(()), _) | (_, None) => return Ok(shown),
        }
    }
}

async fn read(
    connection: &mut SqliteConnection,
    position: u64,
    limit: u32,
) -> Result<Chunk, LedgerError> {
    let query = sqlx::query(SELECT_CHUNK).bind(to_db(position)).bind(limit);
    let row = query
        .fetch_one(connection)
        .await
        .map_err(LedgerError::unavailable)?;
    let events: u32 = row.try_get(0).map_err(LedgerError::unavailable)?;
    let last: Option<i64> = row.try_get(1).map_err(LedgerError::unavailable)?;
    let packed: Option<Vec<u8>> = row.try_get(2).map_err(LedgerError::unavailable)?;
    Ok(Chunk {
        events,
        last: from_db(last.unwrap_or(0), "a position")?,
        packed: packed.unwrap_or_default(),
    })
}

/// Takes the first event off `packed`.
fn unpack(packed: &mut &[u8]) -> Result<StoredEvent, LedgerError> {
    let unreadable = |position| {
        move |why: &str| LedgerError::Unreadable {
            position,
            why: why.to_owned(),
        }
    };
    let nowhere = unreadable(0);
    let end = packed.iter().position(|byte| *byte == b'\n');
    let (line, mut rest) = packed.split_at(end.ok_or_else(|| nowhere("it has no first line"))?);
    rest = &rest[1..];
    let line = std::str::from_utf8(line).map_err(|_| nowhere("its first line is no text"))?;
    let mut numbers = line.split_ascii_whitespace();
    let position: u64 = number(&mut numbers).map_err(nowhere)?;
    let here = unreadable(position);
    let recorded_at = Timestamp(number(&mut numbers).map_err(here)?);
    // The table refuses what is not from 1 on; a negative one would show in `verify`.
    let sequence = number::<i64>(&mut numbers).map_err(here)?.unsigned_abs();
    let mut take = || {
        let length = number(&mut numbers).map_err(here)?;
        let (bytes, others) = rest
            .split_at_checked(length)
            .ok_or_else(|| here("a field is cut off"))?;
        rest = others;
        Ok::<_, LedgerError>(bytes)
    };
    let hash = take()?;
    let hash = hash
        .try_into()
        .map_err(|_| here(&format!("a hash of {} bytes instead of 32", hash.len())))?;
    let mut text = || {
        let text = std::str::from_utf8(take()?);
        text.map(str::to_owned)
            .map_err(|error| here(&error.to_string()))
    };
    let event = StoredEvent {
        position,
        recorded_at,
        aggregate_type: text()?,
        aggregate_id: text()?,
        sequence,
        event_type: text()?,
        event_version: text()?,
        payload: text()?,
        metadata: text()?,
        hash: ChainHash(hash),
    };
    *packed = rest;
    Ok(event)
}

fn number<N: std::str::FromStr>(words: &mut SplitAsciiWhitespace<'_>) -> Result<N, &'static str> {
    words
        .next()
        .and_then(|word| word.parse().ok())
        .ok_or("a number is missing from its first line")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn events_with_line_ends_and_without_text_come_out_as_they_went_in() {
        let one = format!("7 -5 3 32 1 2 1 1 6 2\n{HASH}aid\n1{{\n\"ö}}{{}}");
        let packed = one.clone() + &one.replace("7 -5", "8 -5");
        let mut rest = packed.as_bytes();
        for position in [7, 8] {
            let event = unpack(&mut rest).unwrap();
            assert_eq!((event.position, event.sequence), (position, 3));
            assert_eq!(event.recorded_at, Timestamp(-5));
            assert_eq!(event.hash.0, HASH.as_bytes());
            let texts = [
                &event.aggregate_type,
                &event.aggregate_id,
                &event.event_type,
            ];
            assert_eq!(texts, ["a", "id", "\n"]);
            let texts = [&event.event_version, &event.payload, &event.metadata];
            assert_eq!(texts, ["1", "{\n\"ö}", "{}"]);
        }
        assert!(rest.is_empty());
    }

    #[test]
    fn what_is_cut_off_or_no_text_is_refused_and_names_its_position() {
        let whole = format!("7 5 3 32 1 1 1 1 2 2\n{HASH}abc1{{}}{{}}");
        for length in 0..whole.len() {
            assert!(
                unpack(&mut &whole.as_bytes()[..length]).is_err(),
                "{length}"
            );
        }
        let short = whole.replace("32 1", "31 2");
        let mut no_text = whole.clone().into_bytes();
        *no_text.last_mut().unwrap() = 0xff;
        for broken in [short.as_bytes(), &no_text] {
            let error = unpack(&mut &broken[..]).unwrap_err();
            assert!(matches!(error, LedgerError::Unreadable { position: 7, .. }));
        }
    }
}
