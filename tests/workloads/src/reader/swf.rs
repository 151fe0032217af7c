//! The Standard Workload Format, version 2.2, of the Parallel Workloads Archive: eighteen numbers
//! a line, separated by blanks, -1 for what is not known; lines that begin with `;` are comments.
//!
//! Owns the eight fields a reservation can come from, and how a job of a batch system becomes one.

use openpex_aggregates::{Resources, Timestamp};

use super::record::{Record, Separator};
use super::{MAX_AMOUNT, MAX_INSTANCES, Problem, SECOND_MS};
use crate::Request;
use crate::rng::Rng;

const FIELDS: [&str; 18] = [
    "job number",
    "submit time",
    "wait time",
    "run time",
    "allocated processors",
    "average CPU time",
    "used memory",
    "requested processors",
    "requested time",
    "requested memory",
    "status",
    "user",
    "group",
    "executable",
    "queue",
    "partition",
    "preceding job",
    "think time",
];

const KB_PER_MIB: u64 = 1_024;

const HOUR_MS: i64 = 3_600 * SECOND_MS;

/// Leads of the jobs that do not ask for an immediate start, both included.
const LEADS_MS: [i64; 2] = [HOUR_MS, 72 * HOUR_MS];

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Whole,
    /// A piece of a job that was stopped and restarted; the whole job has a line of its own.
    Piece,
}

/// What a line says of a job, as far as a reservation can come from it; `None` is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwfJob {
    /// Its number.
    pub number: u64,
    /// When it was submitted, in milliseconds.
    pub submit_ms: i64,
    /// How long it waited before it ran, in milliseconds.
    pub wait_ms: Option<i64>,
    /// How long it ran, in milliseconds; `None` or zero where it never did.
    pub run_ms: Option<i64>,
    /// Processors: those requested, or else those allocated.
    pub processors: Option<u32>,
    /// Memory a processor, in kB: that requested, or else that used.
    pub memory_kb: Option<u64>,
    /// How long it asked to run at most, in milliseconds.
    pub requested_ms: Option<i64>,
    status: Status,
}

impl SwfJob {
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let record = Record::split(text, &Separator::Blanks, &FIELDS)?;
        let time = |at| Ok(Some(record.millis(at, -SECOND_MS)?).filter(|&ms| ms >= 0));
        let known = |at, most| {
            let number = record.whole(at, -1..=most)?;
            Ok(u64::try_from(number).ok().filter(|&number| number > 0))
        };
        let (allocated, requested) = (known(4, MAX_INSTANCES)?, known(7, MAX_INSTANCES)?);
        let (used_kb, requested_kb) = (known(6, MAX_AMOUNT)?, known(9, MAX_AMOUNT)?);
        Ok(Self {
            number: record.amount(0, 0..=i64::MAX)?,
            submit_ms: record.millis(1, 0)?,
            wait_ms: time(2)?,
            run_ms: time(3)?,
            processors: requested
                .or(allocated)
                .and_then(|all| u32::try_from(all).ok()),
            memory_kb: requested_kb.or(used_kb),
            requested_ms: time(8)?.filter(|&ms| ms > 0),
            status: match record.whole(10, -1..=5)? {
                2..=4 => Status::Piece,
                _ => Status::Whole,
            },
        })
    }
}

/// How the jobs of a log, which holds no reservations, become advance reservations.
///
/// A processor becomes an instance. About a third of the jobs start when they are submitted, the
/// others 1 to 72 hours later, by the seed and the job's number alone, to the millisecond. A
/// reservation is as long as the job asked to run at most, or else as long as it ran; where it
/// ran shorter than that it ends early, and at once where it never ran. Left out are pieces of
/// restarted jobs and jobs of which no length or no processors are known.
#[derive(Clone, Debug)]
pub struct AsReservations {
    /// Of the leads.
    pub seed: u64,
    /// Of an instance; its memory only where the log says nothing of memory.
    pub size: Resources,
}

impl AsReservations {
    /// The reservation that the job becomes; `None` where it is left out.
    #[must_use]
    pub fn request_for(&self, job: &SwfJob) -> Option<Request> {
        let duration_ms = job.requested_ms.or(job.run_ms).filter(|&ms| ms > 0)?;
        let run_ms = job.run_ms.unwrap_or(0);
        let memory_mib = job.memory_kb.map(|kb| kb.div_ceil(KB_PER_MIB));
        if job.status == Status::Piece {
            return None;
        }
        let arrives_at = Timestamp(job.submit_ms);
        Some(Request {
            id: job.number,
            arrives_at,
            starts_at: arrives_at.saturating_add(self.lead_ms(job.number)),
            duration_ms,
            ends_early_after_ms: (run_ms < duration_ms).then_some(run_ms),
            instances: job.processors?,
            size: Resources {
                memory_mib: memory_mib.unwrap_or(self.size.memory_mib),
                ..self.size
            },
        })
    }

    fn lead_ms(&self, number: u64) -> i64 {
        let mut rng = Rng::new(self.seed ^ Rng::new(number).draw());
        if rng.between(0, 2) == 0 {
            0
        } else {
            rng.between(LEADS_MS[0], LEADS_MS[1])
        }
    }
}
