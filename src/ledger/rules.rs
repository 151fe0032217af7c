//! The rules every append is held to, the same in every store, and the limits of the ledger.
//!
//! A store checks them inside the transaction that inserts; what differs is only where the numbers come
//! from.

use std::time::Duration;

use super::error::LedgerError;
use super::event::{Append, Head, Snapshot};

/// The most events one append may carry: a batch is held in memory several times over.
pub const APPEND_EVENTS_MAX: usize = 65_536;

/// The largest snapshot that is kept; both stores end at 1 GB.
pub const SNAPSHOT_BYTES_MAX: usize = 512 * 1024 * 1024;

/// How many snapshots are kept: the newest, and one before it should the newest not fit the ledger.
pub const SNAPSHOTS_KEPT: usize = 2;

/// Events in one page of a long read. A page is one statement, so that a reader neither holds a
/// snapshot of the database open for long nor waits long for the first event.
pub const PAGE_EVENTS: u32 = 8_192;

/// How long a claim waits for the writer before it to end: the session of a killed server may need a
/// moment to be noticed.
pub const CLAIM_PATIENCE: Duration = Duration::from_secs(10);

/// How long a claim waits between two attempts.
pub(super) const CLAIM_RETRY: Duration = Duration::from_millis(50);

/// What can be checked without the store.
pub(super) fn check_batch(append: &Append<'_>) -> Result<(), LedgerError> {
    let count = append.events.len();
    if count > APPEND_EVENTS_MAX {
        return Err(LedgerError::TooManyEvents {
            count,
            limit: APPEND_EVENTS_MAX,
        });
    }
    let mut previous = append.head.recorded_at;
    for event in append.events {
        if event.recorded_at < previous {
            return Err(LedgerError::ClockWentBack {
                recorded_at: event.recorded_at,
                previous,
            });
        }
        previous = event.recorded_at;
    }
    Ok(())
}

/// Whether the append continues the ledger that is there.
pub(super) fn check_head(append: &Append<'_>, epoch: u64, head: Head) -> Result<(), LedgerError> {
    if epoch != append.epoch {
        return Err(LedgerError::Fenced {
            ours: append.epoch,
            current: epoch,
        });
    }
    if append.events.is_empty() {
        return Ok(());
    }
    let position = append.head.position + 1;
    if head.position >= position {
        return Err(LedgerError::PositionTaken { position });
    }
    if head.position + 1 < position {
        return Err(LedgerError::PositionGap {
            position,
            head: head.position,
        });
    }
    if head.hash != append.head.hash {
        return Err(LedgerError::ForkedChain {
            position: head.position,
        });
    }
    match append.events.first() {
        Some(first) if first.recorded_at < head.recorded_at => Err(LedgerError::ClockWentBack {
            recorded_at: first.recorded_at,
            previous: head.recorded_at,
        }),
        _ => Ok(()),
    }
}

/// Whether a snapshot may be kept.
pub(super) fn check_snapshot(snapshot: &Snapshot) -> Result<(), LedgerError> {
    let bytes = snapshot.body.len();
    if bytes > SNAPSHOT_BYTES_MAX {
        return Err(LedgerError::SnapshotTooLarge {
            bytes,
            limit: SNAPSHOT_BYTES_MAX,
        });
    }
    Ok(())
}

/// A count or position as both databases store it.
///
/// # Panics
/// Past 2^63: at a million events a second that takes 290,000 years.
pub(super) fn to_db(number: u64) -> i64 {
    i64::try_from(number).expect("invariant: positions, sequences and epochs are far below 2^63")
}

/// A count or position as read from a database, whose own checks keep it from being negative.
pub(super) fn from_db(number: i64, what: &str) -> Result<u64, LedgerError> {
    u64::try_from(number).map_err(|_| LedgerError::Unreadable {
        position: 0,
        why: format!("{what} is {number}"),
    })
}

/// Says in the log that a newer snapshot than the one found does not fit the ledger.
pub(super) fn warn_of_snapshots_passed_over(newest: Option<u64>, found: Option<&Snapshot>) {
    if newest > found.map(|snapshot| snapshot.position) {
        tracing::warn!(
            passed_over = newest,
            used = found.map(|snapshot| snapshot.position),
            "a snapshot does not fit this ledger and is passed over"
        );
    }
}
