//! Measuring: medians and 99th percentiles of many different questions.
//!
//! Operations too short for the clock are timed in batches of [`BATCH`] different ones; their p99
//! is then that of batches.

use std::fmt;
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Operations timed together where one takes less than [`SHORT_NS`].
const BATCH: usize = 16;
const SHORT_NS: f64 = 1_500.0;
/// Questions asked before the clock runs.
const WARM_UP: usize = 8;

/// How much shorter all spans are in a quick run.
const QUICK: u32 = 4;
static QUICK_RUN: AtomicBool = AtomicBool::new(false);

/// From now on spans are shorter.
pub fn be_quick() {
    QUICK_RUN.store(true, Relaxed);
}

/// The span, or less of it in a quick run.
pub fn shrunk(span: Duration) -> Duration {
    if QUICK_RUN.load(Relaxed) {
        span / QUICK
    } else {
        span
    }
}

/// A time budget for one question; who runs out of it is cut off.
pub struct Budget {
    until: Instant,
}

/// The budget has run out.
#[derive(Debug, PartialEq, Eq)]
pub struct CutOff;

impl Budget {
    pub fn of(span: Duration) -> Self {
        Self {
            until: Instant::now() + span,
        }
    }

    pub fn check(&self) -> Result<(), CutOff> {
        if Instant::now() < self.until {
            Ok(())
        } else {
            Err(CutOff)
        }
    }
}

/// What some operations took, in nanoseconds each.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    pub median: f64,
    pub p99: f64,
}

impl Figures {
    pub fn of(mut nanos: Vec<f64>) -> Option<Self> {
        nanos.sort_unstable_by(f64::total_cmp);
        let at = |part: usize| nanos.get((nanos.len() * part / 100).min(nanos.len() - 1));
        (!nanos.is_empty()).then(|| Self {
            median: at(50).copied().unwrap_or(0.0),
            p99: at(99).copied().unwrap_or(0.0),
        })
    }
}

/// Runs `operation` for 0, 1, … below `times`, no longer than about `span` in all.
pub fn measure<T>(
    times: usize,
    span: Duration,
    mut operation: impl FnMut(usize) -> T,
) -> Option<Figures> {
    let span = shrunk(span);
    let began = Instant::now();
    let warm = WARM_UP.min(times);
    let mut asked = 0;
    while asked < warm && began.elapsed() < span / 4 {
        black_box(operation(asked));
        asked += 1;
    }
    let each = began.elapsed().as_nanos() as f64 / asked.max(1) as f64;
    let batch = if each < SHORT_NS { BATCH } else { 1 };
    let mut nanos = Vec::with_capacity(times / batch + 1);
    let mut next = 0;
    while next + batch <= times && (began.elapsed() < span || nanos.is_empty()) {
        let start = Instant::now();
        for index in next..next + batch {
            black_box(operation(black_box(index)));
        }
        nanos.push(start.elapsed().as_nanos() as f64 / batch as f64);
        next += batch;
    }
    Figures::of(nanos)
}

/// Nanoseconds for a reader.
pub struct Nanos(pub f64);

impl fmt::Display for Nanos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, unit) = match self.0 {
            ns if ns < 1_000.0 => (ns, "ns"),
            ns if ns < 1e6 => (ns / 1e3, "us"),
            ns if ns < 1e9 => (ns / 1e6, "ms"),
            ns => (ns / 1e9, "s"),
        };
        let decimals = if value < 10.0 {
            2
        } else {
            usize::from(value < 100.0)
        };
        f.pad(&format!("{value:.decimals$} {unit}"))
    }
}

/// How many times as much, for a reader.
pub fn times(ratio: f64) -> String {
    if ratio < 10.0 {
        format!("x{ratio:.1}")
    } else if ratio < 10_000.0 {
        format!("x{ratio:.0}")
    } else {
        format!("x{:.0}k", ratio / 1_000.0)
    }
}
