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
use sqlx::sqlite::SqlitePool;
use sqlx::{Row, SqliteConnection};

use crate::ledger::error::LedgerError;
use crate::ledger::event::{ChainHash, FactText, StoredEvent};
use crate::ledger::rules::{from_db, to_db};
use crate::ledger::store::{FactVisitor, Visitor};

/// Most events in one value.
const CHUNK_EVENTS: u32 = 256;

/// Selects how many events there are, the last one's position, and their fields one after the other: those
/// that are needed to fold them, and those given.
macro_rules! select_chunk {
    ($lengths:literal, $fields:literal) => {
        concat!(
            "SELECT count(*), max(position), group_concat(packed, '') FROM (SELECT position, concat(\
            position, ' ', recorded_at, ' ', sequence, ' ', octet_length(aggregate_type), ' ', \
            octet_length(aggregate_id), ' ', octet_length(event_type), ' ', \
            octet_length(event_version), ' ', octet_length(payload), ' '",
            $lengths,
            ", char(10), aggregate_type, aggregate_id, event_type, event_version, payload",
            $fields,
            ") AS packed FROM events WHERE position > $1 ORDER BY position LIMIT $2)"
        )
    };
}

const SELECT_FACTS: &str = select_chunk!("", "");
const SELECT_EVENTS: &str = select_chunk!(
    ", octet_length(hash), ' ', octet_length(metadata)",
    ", hash, metadata"
);

/// Takes the first event off what is packed, and says whether the next is wanted.
type Taking<'a> = &'a mut (dyn FnMut(&mut &[u8]) -> Result<ControlFlow<()>, LedgerError> + Send);

/// Events as SQLite packs them.
struct Chunk {
    events: u32,
    last: u64,
    packed: Vec<u8>,
}

/// Shows `visit` the events of a range, up to so many after a position, in order, and answers how many it
/// showed.
pub(super) async fn scan(
    readers: &SqlitePool,
    range: (u64, u32),
    visit: Visitor<'_>,
) -> Result<u32, LedgerError> {
    let mut read = |packed: &mut &[u8]| Ok(visit(unpack(packed)?));
    scan_by(readers, SELECT_EVENTS, range, &mut read).await
}

/// The same with what is needed to fold them.
pub(super) async fn scan_facts(
    readers: &SqlitePool,
    range: (u64, u32),
    visit: FactVisitor<'_>,
) -> Result<u32, LedgerError> {
    let mut read = |packed: &mut &[u8]| Ok(visit(unpack_fact(packed)?));
    scan_by(readers, SELECT_FACTS, range, &mut read).await
}

/// Has `read` take up to `limit` events off what `sql` packs, until it breaks off.
async fn scan_by(
    readers: &SqlitePool,
    sql: &str,
    (position, limit): (u64, u32),
    read: Taking<'_>,
) -> Result<u32, LedgerError> {
    let reader = readers.acquire().await;
    let connection = &mut *reader.map_err(LedgerError::unavailable)?;
    let mut shown = 0;
    let mut left = limit;
    let mut chunk = chunk_after(connection, sql, (position, left.min(CHUNK_EVENTS))).await?;
    loop {
        left = left.saturating_sub(chunk.events);
        let is_last = chunk.events < CHUNK_EVENTS || left == 0;
        let next = async {
            match is_last {
                true => Ok(None),
                false => chunk_after(connection, sql, (chunk.last, left.min(CHUNK_EVENTS)))
                    .await
                    .map(Some),
            }
        };
        let visiting = async {
            let mut rest = &chunk.packed[..];
            while !rest.is_empty() {
                shown += 1;
                if let ControlFlow::Break(()) = read(&mut rest)? {
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

async fn chunk_after(
    connection: &mut SqliteConnection,
    sql: &str,
    (position, limit): (u64, u32),
) -> Result<Chunk, LedgerError> {
    let query = sqlx::query(sql).bind(to_db(position)).bind(limit);
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

/// Takes the first event off what [`SELECT_FACTS`] packed.
fn unpack_fact<'p>(packed: &mut &'p [u8]) -> Result<FactText<'p>, LedgerError> {
    let mut event = Packed::begin(packed)?;
    let fact = event.fact()?;
    *packed = event.rest;
    Ok(fact)
}

/// Takes the first event off what [`SELECT_EVENTS`] packed.
fn unpack(packed: &mut &[u8]) -> Result<StoredEvent, LedgerError> {
    let mut event = Packed::begin(packed)?;
    let fact = event.fact()?;
    let hash = event.take()?;
    let hash = hash.try_into().map_err(|_| {
        let why = format!("a hash of {} bytes instead of 32", hash.len());
        event.unreadable(&why)
    })?;
    let metadata = event.text()?.to_owned();
    *packed = event.rest;
    Ok(StoredEvent::of(fact, metadata, ChainHash(hash)))
}

/// An event that is being taken off.
struct Packed<'p> {
    /// Known when the first number has been read.
    position: u64,
    /// Of its first line.
    numbers: SplitAsciiWhitespace<'p>,
    /// What comes after the fields that have been taken.
    rest: &'p [u8],
}

impl<'p> Packed<'p> {
    fn begin(packed: &'p [u8]) -> Result<Self, LedgerError> {
        let mut event = Self {
            position: 0,
            numbers: "".split_ascii_whitespace(),
            rest: packed,
        };
        let end = packed.iter().position(|byte| *byte == b'\n');
        let end = end.ok_or_else(|| event.unreadable("it has no first line"))?;
        let (line, rest) = packed.split_at(end);
        let line = std::str::from_utf8(line);
        let line = line.map_err(|_| event.unreadable("its first line is no text"))?;
        event.numbers = line.split_ascii_whitespace();
        event.rest = &rest[1..];
        event.position = event.number()?;
        Ok(event)
    }

    fn fact(&mut self) -> Result<FactText<'p>, LedgerError> {
        Ok(FactText {
            position: self.position,
            recorded_at: Timestamp(self.number()?),
            // The table refuses what is not from 1 on; a negative one would show in `verify`.
            sequence: self.number::<i64>()?.unsigned_abs(),
            aggregate_type: self.text()?,
            aggregate_id: self.text()?,
            event_type: self.text()?,
            event_version: self.text()?,
            payload: self.text()?,
        })
    }

    fn number<N: std::str::FromStr>(&mut self) -> Result<N, LedgerError> {
        let number = self.numbers.next().and_then(|word| word.parse().ok());
        number.ok_or_else(|| self.unreadable("a number is missing from its first line"))
    }

    /// The next field.
    fn take(&mut self) -> Result<&'p [u8], LedgerError> {
        let length = self.number()?;
        let (field, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or_else(|| self.unreadable("a field is cut off"))?;
        self.rest = rest;
        Ok(field)
    }

    fn text(&mut self) -> Result<&'p str, LedgerError> {
        std::str::from_utf8(self.take()?).map_err(|error| self.unreadable(&error.to_string()))
    }

    fn unreadable(&self, why: &str) -> LedgerError {
        LedgerError::Unreadable {
            position: self.position,
            why: why.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn events_with_line_ends_and_without_text_come_out_as_they_went_in() {
        let one = format!("7 -5 3 1 2 1 1 6 32 2\naid\n1{{\n\"ö}}{HASH}{{}}");
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

        let two = "7 -5 3 1 2 1 1 2 \naid\n1{}8 -5 3 1 2 1 1 2 \naid\n1[]";
        let mut rest = two.as_bytes();
        for (position, payload) in [(7, "{}"), (8, "[]")] {
            let fact = unpack_fact(&mut rest).unwrap();
            assert_eq!((fact.position, fact.payload), (position, payload));
            assert_eq!((fact.aggregate_id, fact.event_type), ("id", "\n"));
        }
        assert!(rest.is_empty());
    }

    #[test]
    fn what_is_cut_off_or_no_text_is_refused_and_names_its_position() {
        let whole = format!("7 5 3 1 1 1 1 2 32 2\nabc1{{}}{HASH}{{}}");
        for length in 0..whole.len() {
            assert!(
                unpack(&mut &whole.as_bytes()[..length]).is_err(),
                "{length}"
            );
        }
        let short = whole.replace("2 32", "3 31");
        let mut no_text = whole.clone().into_bytes();
        *no_text.last_mut().unwrap() = 0xff;
        for broken in [short.as_bytes(), &no_text] {
            let error = unpack(&mut &broken[..]).unwrap_err();
            assert!(matches!(error, LedgerError::Unreadable { position: 7, .. }));
        }
    }
}
