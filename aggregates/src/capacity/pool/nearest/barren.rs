//! Times in which no start was found, and for whom.
//!
//! Owns what is remembered of that between questions; must never rule out a start that there is.
//!
//! # Design notes
//!
//! What does not fit does not fit for more instances or for longer, either. So of a time that was
//! searched in vain it is remembered how many instances were wanted and for how long: few of these
//! *misses* say all of what later questions for the same size need to know, and what they save is
//! going through the changes of the time once more.
//!
//! What is booked leaves all misses true; what is released over some time makes forget those whose
//! windows reach into it. Answers do not depend on what is remembered, only how soon they are there
//! does.
//!
//! A start in the mirror is an end, so each direction of time has misses of its own.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::super::super::amounts::Amounts;
use super::sieve::Wanted;
use crate::TimeWindow;

/// Sizes of which misses are remembered; the one that was asked for the longest ago goes first.
const SIZES_MAX: usize = if cfg!(test) { 2 } else { 8 };
/// Spans of time that are remembered of a size in one direction; one more, and all are forgotten.
const SPANS_MAX: usize = if cfg!(test) { 8 } else { 1_024 };
/// Misses that are remembered of a span; that of the most instances goes first.
const MISSES_MAX: usize = if cfg!(test) { 2 } else { 8 };

/// What is remembered of all sizes.
#[derive(Debug)]
pub(in super::super) struct KnownBarren(Mutex<Vec<Barren>>);

/// Times without a start for one size.
#[derive(Clone, Debug)]
pub(super) struct Barren {
    size: Amounts,
    ahead: Spans,
    mirrored: Spans,
}

/// Spans in the order of their times, which do not overlap.
#[derive(Clone, Debug, Default)]
pub(super) struct Spans {
    spans: Vec<Span>,
    /// No miss is for longer.
    longest_ms: i64,
}

#[derive(Clone, Debug)]
struct Span {
    /// First start.
    begins: i64,
    /// First start after it.
    ends: i64,
    /// In their order; none of them follows from another.
    misses: Vec<Miss>,
}

/// So many instances, and more, do not fit for so long, nor for longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Miss {
    count: u32,
    duration_ms: i64,
}

impl Clone for KnownBarren {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.lock().clone()))
    }
}

impl KnownBarren {
    /// Nothing is known yet.
    pub(in super::super) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Takes out what is remembered of a size.
    pub(super) fn take(&self, size: Amounts) -> Barren {
        let mut known = self.lock();
        let index = known.iter().position(|barren| barren.size == size);
        let new = || Barren {
            size,
            ahead: Spans::default(),
            mirrored: Spans::default(),
        };
        index.map_or_else(new, |index| known.remove(index))
    }

    /// Puts back what was taken out and has grown since.
    pub(super) fn put(&self, barren: Barren) {
        let mut known = self.lock();
        if known.len() >= SIZES_MAX {
            known.remove(0);
        }
        known.push(barren);
    }

    /// Estimate of the memory it takes, in bytes.
    pub(in super::super) fn bytes(&self) -> usize {
        self.lock().iter().map(Barren::bytes).sum()
    }

    /// Forgets everything.
    pub(in super::super) fn clear(&mut self) {
        self.lock().clear();
    }

    /// Forgets what a release makes untrue.
    pub(in super::super) fn release(&mut self, window: TimeWindow) {
        let (from, until) = (window.starts_at.0, window.ends_at.0);
        for barren in self.lock().iter_mut() {
            barren.ahead.release(from, until);
            barren
                .mirrored
                .release(until.saturating_neg(), from.saturating_neg());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Barren>> {
        // Whatever is in there is true: it is put there whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Barren {
    /// What is known in one direction of time.
    pub(super) const fn of_view(&mut self, mirrored: bool) -> &mut Spans {
        if mirrored {
            &mut self.mirrored
        } else {
            &mut self.ahead
        }
    }

    fn bytes(&self) -> usize {
        self.ahead.bytes() + self.mirrored.bytes()
    }
}

impl Spans {
    /// The first start from `at` on that is not known to be one at which this does not fit.
    pub(super) fn skip(&self, mut at: i64, wanted: &Wanted) -> i64 {
        let wanted = Miss::of(wanted);
        let index = self.spans.partition_point(|span| span.ends <= at);
        for span in &self.spans[index..] {
            if span.begins > at || !span.rules_out(wanted) {
                break;
            }
            at = span.ends;
        }
        at
    }

    /// Remembers that this does not fit at any start in `[begins, ends)`.
    pub(super) fn note(&mut self, (begins, ends): (i64, i64), wanted: &Wanted) {
        let miss = Miss::of(wanted);
        self.keep_few();
        self.cut(begins);
        self.cut(ends);
        let first = self.spans.partition_point(|span| span.ends <= begins);
        let (mut at, mut index) = (begins, first);
        while at < ends {
            match self.spans.get_mut(index) {
                Some(span) if span.begins == at => span.add(miss),
                next => {
                    let span = Span {
                        begins: at,
                        ends: next.map_or(ends, |next| ends.min(next.begins)),
                        misses: vec![miss],
                    };
                    self.spans.insert(index, span);
                }
            }
            at = self.spans[index].ends;
            index += 1;
        }
        self.longest_ms = self.longest_ms.max(miss.duration_ms);
        for index in (first.saturating_sub(1)..index).rev() {
            self.join_with_next(index);
        }
    }

    /// Makes one span of two that say the same.
    fn join_with_next(&mut self, index: usize) {
        if let Some([span, next]) = self.spans.get_mut(index..index + 2)
            && span.ends == next.begins
            && span.misses == next.misses
        {
            span.ends = next.ends;
            self.spans.remove(index + 1);
        }
    }

    fn keep_few(&mut self) {
        if self.spans.len() >= SPANS_MAX {
            self.spans.clear();
        }
    }

    /// Makes the span that holds `at` end there, and another one begin.
    fn cut(&mut self, at: i64) {
        let index = self.spans.partition_point(|span| span.ends <= at);
        if let Some(span) = self.spans.get_mut(index)
            && span.begins < at
        {
            let mut later = span.clone();
            span.ends = at;
            later.begins = at;
            self.spans.insert(index + 1, later);
        }
    }

    /// Forgets what is said of windows that reach into `[from, until)`.
    fn release(&mut self, from: i64, until: i64) {
        self.keep_few();
        let reach = from.saturating_sub(self.longest_ms);
        self.cut(reach);
        self.cut(until);
        let low = self.spans.partition_point(|span| span.ends <= reach);
        let high = self.spans.partition_point(|span| span.begins < until);
        let forgotten = self.spans.extract_if(low..high, |span| {
            let ends = span.ends;
            span.misses
                .retain(|miss| ends.saturating_add(miss.duration_ms) <= from);
            span.misses.is_empty()
        });
        forgotten.for_each(drop);
    }

    fn bytes(&self) -> usize {
        let misses = self.spans.iter().map(|span| span.misses.capacity());
        self.spans.capacity() * size_of::<Span>() + misses.sum::<usize>() * size_of::<Miss>()
    }
}

impl Span {
    fn rules_out(&self, wanted: Miss) -> bool {
        self.misses.iter().any(|miss| miss.rules_out(wanted))
    }

    fn add(&mut self, miss: Miss) {
        if self.rules_out(miss) {
            return;
        }
        self.misses.retain(|&known| !miss.rules_out(known));
        let index = self.misses.partition_point(|&known| known < miss);
        self.misses.insert(index, miss);
        self.misses.truncate(MISSES_MAX);
    }
}

impl Miss {
    const fn of(wanted: &Wanted) -> Self {
        Self {
            count: wanted.count,
            duration_ms: wanted.duration_ms,
        }
    }

    const fn rules_out(self, wanted: Self) -> bool {
        self.count <= wanted.count && self.duration_ms <= wanted.duration_ms
    }
}
