//! How many instances the pool hosts at one instant, at most and at least over short times.
//!
//! Owns what is remembered of that between questions; must never say less than it is.
//!
//! # Design notes
//!
//! What each node could host where it is freest says little where many nodes are free now and then,
//! each at another time. How many are hosted at once takes going through the changes of a stretch,
//! but depends neither on how many are asked for nor on for how long: so it is remembered for the
//! sizes that were asked for last. A window that begins in a span needs as many at the most of it,
//! and at the least of each span that lies in it as a whole.
//!
//! What is booked lowers both, so that what is remembered stays an upper bound; what is released
//! over some time makes forget all that is said of that time. Answers do not depend on what is
//! remembered, only how soon they are there does.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::super::super::amounts::{Amounts, is_below};
use super::super::super::timeline::{Part, Place};
use super::super::rooms::{Room, Size};
use super::sieve::Wanted;
use crate::TimeWindow;

/// Sizes of which peaks are remembered; the one that was asked for the longest ago goes first.
const SIZES_MAX: usize = if cfg!(test) { 2 } else { 8 };

/// Changes after which a span ends.
const SPAN_CHANGES: usize = if cfg!(test) { 2 } else { 64 };
/// Spans of a window that are looked at; what comes after them is taken to have room.
const SPANS_SEEN_MAX: usize = if cfg!(test) { 4 } else { 64 };

/// What is remembered of all sizes.
#[derive(Debug)]
pub(in super::super) struct KnownPeaks(Mutex<Vec<Peaks>>);

/// Upper bounds of what is hosted of one size.
#[derive(Clone, Debug)]
pub(in super::super) struct Peaks {
    size: Size,
    /// By where they begin; they do not overlap.
    spans: BTreeMap<i64, Span>,
}

/// A time over which it is known what is hosted.
#[derive(Clone, Copy, Debug)]
struct Span {
    /// First instant after it.
    until: i64,
    /// No more are hosted at any instant of it.
    most: u32,
    /// No more are hosted at some instant of it.
    least: u32,
}

impl Clone for KnownPeaks {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.lock().clone()))
    }
}

impl KnownPeaks {
    /// Nothing is known yet.
    pub(in super::super) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Takes out what is remembered of a size.
    pub(super) fn take(&self, size: Size) -> Peaks {
        let mut known = self.lock();
        let index = known
            .iter()
            .position(|peaks| peaks.size.amounts == size.amounts);
        index.map_or_else(|| Peaks::of(size), |index| known.remove(index))
    }

    /// Puts back what was taken out and has grown since.
    pub(super) fn put(&self, peaks: Peaks) {
        let mut known = self.lock();
        if known.len() >= SIZES_MAX {
            known.remove(0);
        }
        known.push(peaks);
    }

    /// Estimate of the memory it takes, in bytes.
    pub(in super::super) fn bytes(&self) -> usize {
        self.lock().iter().map(Peaks::bytes).sum()
    }

    /// Forgets everything.
    pub(in super::super) fn clear(&mut self) {
        self.lock().clear();
    }

    /// Forgets what is said of a time in which something is released.
    pub(in super::super) fn release(&mut self, window: TimeWindow) {
        for peaks in self.lock().iter_mut() {
            peaks.forget(window.starts_at.0, window.ends_at.0);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Peaks>> {
        // Whatever is in there is true: it is put there whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Peaks {
    const fn of(size: Size) -> Self {
        Self {
            size,
            spans: BTreeMap::new(),
        }
    }

    /// Whether a window that begins in a stretch may find room, by what is known.
    pub(super) fn may_hold(&self, place: Place, wanted: &Wanted) -> bool {
        let Some((&first, _)) = self.spans.range(..=place.from).next_back() else {
            return true;
        };
        let mut known_until = place.from;
        for (&from, span) in self.spans.range(first..place.until) {
            if from > known_until || span.until <= known_until {
                return true;
            }
            if span.most >= wanted.count && !self.is_blocked((from, span.until), place, wanted) {
                return true;
            }
            known_until = span.until;
        }
        known_until < place.until
    }

    /// Whether too few are hosted at some instant that is in every window which begins in a span.
    fn is_blocked(&self, (from, until): (i64, i64), place: Place, wanted: &Wanted) -> bool {
        let too_few = |span: &Span| span.least < wanted.count;
        if place.mirrored {
            let window = until.saturating_sub(wanted.duration_ms);
            let before = self.spans.range(..from).rev().take(SPANS_SEEN_MAX);
            let mut inside = before.take_while(|&(&from, _)| from >= window);
            inside.any(|(_, span)| too_few(span))
        } else {
            let window = from.saturating_add(wanted.duration_ms);
            let after = self.spans.range(until..).take(SPANS_SEEN_MAX);
            let mut inside = after.take_while(|&(_, span)| span.until <= window);
            inside.any(|(_, span)| too_few(span))
        }
    }

    /// The same as [`Self::may_hold`], once all of the stretch is known.
    pub(super) fn find(
        &mut self,
        stretch: &Part<'_>,
        nodes: (&[Room], &[Amounts]),
        wanted: &Wanted,
    ) -> bool {
        let place = stretch.place();
        self.forget(place.from, place.until);
        for (from, span) in spans_of(stretch, nodes, &self.size) {
            self.spans.insert(from, span);
        }
        self.may_hold(place, wanted)
    }

    /// Forgets what is said of any part of `[from, until)`.
    fn forget(&mut self, from: i64, until: i64) {
        let before = self.spans.range(..from).next_back();
        if let Some((&at, _)) = before.filter(|(_, span)| span.until > from) {
            self.spans.remove(&at);
        }
        while let Some((&at, _)) = self.spans.range(from..until.max(from)).next() {
            self.spans.remove(&at);
        }
    }

    /// Estimate of the memory it takes, in bytes.
    fn bytes(&self) -> usize {
        // A node of a B-tree is about two thirds full.
        self.spans.len() * size_of::<(i64, Span)>() * 3 / 2
    }
}

/// What is hosted over a stretch, span by span.
fn spans_of(
    stretch: &Part<'_>,
    (rooms, limits): (&[Room], &[Amounts]),
    size: &Size,
) -> Vec<(i64, Span)> {
    let hosts = |node: usize, usage: Amounts| {
        if is_below(usage, limits[node]) {
            u64::from(rooms[node].hosts(usage, size, u32::MAX))
        } else {
            0
        }
    };
    let mut walk = stretch.walk();
    let usage = walk.usage.iter().enumerate();
    let mut hosted: Vec<u64> = usage.map(|(node, &usage)| hosts(node, usage)).collect();
    let mut sum: u64 = hosted.iter().sum();
    let mut spans = Vec::new();
    let (mut begins, mut at, mut changes) = (stretch.begins, stretch.begins, 0);
    let (mut most, mut least) = (0, u64::MAX);
    let mut end = |begins: i64, ends: i64, (most, least): (u64, u64)| {
        let narrow = |sum: u64| u32::try_from(sum).unwrap_or(u32::MAX);
        let place = stretch.place_between(begins, ends);
        let span = Span {
            until: place.until,
            most: narrow(most),
            least: narrow(least),
        };
        spans.push((place.from, span));
    };
    while let Some((next, node)) = walk.step() {
        // Only between instants is what is hosted what it is.
        if next > at {
            (most, least) = (most.max(sum), least.min(sum));
            at = next;
            if changes >= SPAN_CHANGES {
                end(begins, at, (most, least));
                (begins, most, least, changes) = (at, 0, u64::MAX, 0);
            }
        }
        let now = hosts(node, walk.usage[node]);
        sum = sum - hosted[node] + now;
        hosted[node] = now;
        changes += 1;
    }
    end(begins, stretch.ends, (most.max(sum), least.min(sum)));
    spans
}
