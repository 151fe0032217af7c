//! Advance reservations, one a line, comma separated, under a header that names six columns.
//!
//! The durations of these traces are the real ones, so no reservation ends early.

use openpex_aggregates::{Resources, Timestamp};

use super::record::{Record, Separator};
use super::{MAX_AMOUNT, Problem};
use crate::Request;

const FIELDS: [&str; 6] = [
    "submit_s",
    "start_s",
    "duration_s",
    "count",
    "vcpu_each",
    "ram_mb_each",
];

pub(super) fn expect_header(text: &str) -> Result<(), Problem> {
    if text.split(',').map(str::trim).eq(FIELDS) {
        return Ok(());
    }
    Err(Problem::Header {
        found: text.to_owned(),
        expected: FIELDS.join(","),
    })
}

pub(super) fn parse(text: &str, line: u64) -> Result<Request, Problem> {
    let record = Record::split(text, &Separator::Comma, &FIELDS)?;
    let arrives_ms = record.millis(0, 0)?;
    Ok(Request {
        id: line,
        arrives_at: Timestamp(arrives_ms),
        starts_at: Timestamp(record.millis(1, arrives_ms)?),
        duration_ms: record.millis(2, 1)?,
        ends_early_after_ms: None,
        instances: record.instances(3)?,
        size: Resources {
            vcpus: record.amount(4, 1..=MAX_AMOUNT)?,
            memory_mib: record.amount(5, 0..=MAX_AMOUNT)?,
            disk_gib: 0,
        },
    })
}
