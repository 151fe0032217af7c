//! Haizea's advance-reservation leases: one a line, ten columns separated by blanks.
//!
//! Times are seconds from the start of the trace. The image, its name and its size, is not
//! ours to transfer and is not used; disk, in MB, is rounded up to GiB.

use openpex_aggregates::{Resources, Timestamp};

use super::record::{Record, Separator};
use super::{MAX_AMOUNT, Problem};
use crate::Request;

const FIELDS: [&str; 10] = [
    "arrival",
    "start",
    "duration",
    "real duration",
    "nodes",
    "cpu",
    "memory in MB",
    "disk in MB",
    "image",
    "image size in MB",
];

const MB_PER_GIB: u64 = 1_024;

pub(super) fn parse(text: &str, line: u64) -> Result<Request, Problem> {
    let record = Record::split(text, &Separator::Blanks, &FIELDS)?;
    let arrives_ms = record.millis(0, 0)?;
    let duration_ms = record.millis(2, 1)?;
    let real_ms = record.millis(3, 0)?;
    Ok(Request {
        id: line,
        arrives_at: Timestamp(arrives_ms),
        starts_at: Timestamp(record.millis(1, arrives_ms)?),
        duration_ms,
        ends_early_after_ms: (real_ms < duration_ms).then_some(real_ms),
        instances: record.instances(4)?,
        size: Resources {
            vcpus: record.amount(5, 1..=MAX_AMOUNT)?,
            memory_mib: record.amount(6, 0..=MAX_AMOUNT)?,
            disk_gib: record.amount(7, 0..=MAX_AMOUNT)?.div_ceil(MB_PER_GIB),
        },
    })
}
