//! When a request that does not fit would fit: the nearest later and the nearest earlier start.
//!
//! Owns the search over time and nodes together; never changes the pool. Exact over the whole
//! range, without a grid.
//!
//! # Design notes
//!
//! The search goes through all nodes at once, one stretch of the timeline after the other.
//! Times that were searched in vain for less are left out (`barren`), and stretches in which no
//! start can work by their extremes (`sieve`). In the others the usage of the nodes that may have a
//! part in it is followed change by change (`runs`): that of all nodes together where they are
//! many, by the profile of each where they are few.
//!
//! Every window that begins in a stretch is over by the stretch's end and one duration. What lies
//! between its end and its beginning plus the duration is in all of them: there only the largest
//! usage counts, which the timeline, or the profiles of few nodes, know without going through the
//! changes.
//!
//! Earlier starts are later ones with time turned round: the start in the mirror is the end.

mod barren;
mod runs;
mod sieve;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::super::amounts::Amounts;
use super::super::profile::Sought;
use super::super::timeline::{Column, View};
use super::rooms::{Room, Size};
use super::{Pool, PoolNode};
use crate::{Resources, Timestamp};
pub(super) use barren::KnownBarren;
use runs::Runs;
use sieve::{Ahead, Sieve, Wanted};

/// Where at most one node in so many has a part, their profiles are asked rather than the changes
/// of all followed.
const FEW: usize = if cfg!(test) { 2 } else { 16 };

/// When the usage of a node changes, and to what; the earliest first.
type NextChanges = BinaryHeap<Reverse<(i64, usize, Amounts)>>;

struct Search<'a> {
    view: View<'a>,
    nodes: &'a [PoolNode],
    rooms: &'a [Room],
    wanted: Wanted,
    /// What has to be more than is in use for one instance, by node.
    limits: &'a [Amounts],
    runs: Runs<'a>,
    known: &'a KnownBarren,
}

impl Pool {
    /// The smallest start in `[not_before, latest_start]` at which `count` instances of `size`
    /// fit for `duration_ms`; `None` where there is none. Starts before [`Pool::since`] and
    /// windows that would end after `Timestamp::MAX` do not count.
    #[must_use]
    pub fn nearest_later(
        &self,
        size: Resources,
        count: u32,
        duration_ms: i64,
        not_before: Timestamp,
        latest_start: Timestamp,
    ) -> Option<Timestamp> {
        let (first, last) = self.starts_between(duration_ms, not_before, latest_start)?;
        if self.fits_always(size, count, duration_ms)? {
            return Some(Timestamp(first));
        }
        let view = self.timeline.view();
        let wanted = Wanted {
            size: Size::of(size),
            count,
            duration_ms,
        };
        let limits = self.limits_for(&wanted.size);
        let found = Search::new(self, view, &limits, wanted).run(first, last)?;
        Some(Timestamp(found))
    }

    /// The largest start in `[earliest_start, not_after]` at which `count` instances of `size`
    /// fit for `duration_ms`; the mirror of [`Self::nearest_later`].
    #[must_use]
    pub fn nearest_earlier(
        &self,
        size: Resources,
        count: u32,
        duration_ms: i64,
        not_after: Timestamp,
        earliest_start: Timestamp,
    ) -> Option<Timestamp> {
        let (last, first) = self.starts_between(duration_ms, earliest_start, not_after)?;
        if self.fits_always(size, count, duration_ms)? {
            return Some(Timestamp(first));
        }
        let view = self.timeline.mirrored();
        let mirrored = |start: i64| start.saturating_add(duration_ms).saturating_neg();
        let wanted = Wanted {
            size: Size::of(size),
            count,
            duration_ms,
        };
        let limits = self.limits_for(&wanted.size);
        let mut search = Search::new(self, view, &limits, wanted);
        let found = search.run(mirrored(first), mirrored(last))?;
        Some(Timestamp(
            found.saturating_neg().saturating_sub(duration_ms),
        ))
    }

    fn starts_between(
        &self,
        duration_ms: i64,
        from: Timestamp,
        to: Timestamp,
    ) -> Option<(i64, i64)> {
        let from = from.max(self.since).0;
        let to = to.0.min(i64::MAX.saturating_sub(duration_ms.max(0)));
        (from <= to).then_some((from, to))
    }

    /// Whether nothing needs to be searched: nothing is asked for, or for no time. `None` where
    /// it fits at no time, since the nodes are too few or too small.
    fn fits_always(&self, size: Resources, count: u32, duration_ms: i64) -> Option<bool> {
        self.could_ever_host(size, count).ok()?;
        Some(count == 0 || duration_ms <= 0)
    }
}

impl<'a> Search<'a> {
    fn new(pool: &'a Pool, view: View<'a>, limits: &'a [Amounts], wanted: Wanted) -> Self {
        let Wanted {
            size,
            count,
            duration_ms,
        } = wanted;
        Self {
            view,
            nodes: &pool.nodes,
            rooms: &pool.rooms,
            wanted,
            limits,
            runs: Runs::new(&pool.rooms, (size, count), duration_ms),
            known: &pool.barren,
        }
    }

    /// The first start in `[first, last]`.
    fn run(&mut self, first: i64, last: i64) -> Option<i64> {
        let after_last = last.saturating_add(1);
        let mut known = self.known.take(self.wanted.size.amounts);
        let barren = known.of_view(self.view.is_mirrored());
        let start = barren.skip(first, &self.wanted);
        let mut found = None;
        if start < after_last {
            let nodes = (self.rooms, self.limits);
            let mut sieve = Sieve::from(start, self.view, nodes, (self.wanted, barren));
            found = self.run_through(&mut sieve, start, after_last);
            barren.note((start, found.unwrap_or(after_last)), &self.wanted);
        }
        self.known.put(known);
        found
    }

    /// The first start in `[start, after_last)`.
    fn run_through(
        &mut self,
        sieve: &mut Sieve<'_>,
        mut start: i64,
        after_last: i64,
    ) -> Option<i64> {
        while let Some((begins, ends)) = sieve.next(start)
            && begins < after_last
        {
            start = ends;
            let few = sieve.candidates().len() <= self.nodes.len() / FEW;
            let ahead = if few {
                self.look_ahead_of_few(sieve, (begins, ends))
            } else {
                sieve.look_ahead(&self.view, begins)
            };
            match ahead {
                Ahead::Blocked(until) => start = until,
                Ahead::Open(common) => {
                    let found = self.stretch(sieve, (begins, ends.min(after_last)), &common);
                    if found.is_some() {
                        return found;
                    }
                }
            }
        }
        None
    }

    /// What lies ahead of the starts in a part of a stretch, by the profiles of its candidates.
    fn look_ahead_of_few(&self, sieve: &mut Sieve<'_>, (begins, ends): (i64, i64)) -> Ahead {
        // What every window that begins in the part has in common.
        let common = (ends, begins.saturating_add(self.wanted.duration_ms));
        let most_of = |node: usize| self.view.most_of(&self.nodes[node].profile, common);
        if common.0 >= common.1 || sieve.has_enough_beside(most_of) {
            Ahead::Open(Column::new())
        } else {
            Ahead::Blocked(ends)
        }
    }

    /// The first start in a part of a stretch, where `common` is the largest usage in what is in
    /// all windows that begin there.
    fn stretch(
        &mut self,
        sieve: &Sieve<'_>,
        (start, end): (i64, i64),
        common: &[Amounts],
    ) -> Option<i64> {
        self.runs.begin(sieve.candidates(), self.limits);
        if sieve.candidates().len() <= self.nodes.len() / FEW {
            self.stretch_of_few(start, end)
        } else {
            self.stretch_of_many((start, end), common)
        }
    }

    /// The first start from `start` on in the stretch that it is in, which ends at `end`, by the
    /// profiles of the nodes that have a part.
    fn stretch_of_few(&mut self, start: i64, end: i64) -> Option<i64> {
        if self.wanted.count == 1 {
            return self.first_of_each(start, end);
        }
        let risen = self.runs.taking_part().iter().filter_map(|&node| {
            let room = Sought::Within(kept_below(self.limits[node]));
            let profile = &self.nodes[node].profile;
            let (at, usage) = self.view.first(profile, (start, end), room)?;
            Some(Reverse((at, node, usage)))
        });
        let changes = risen.collect();
        self.follow_few(changes, end)
    }

    /// The same for one instance, which takes a single node: so each is gone through by itself.
    fn first_of_each(&self, start: i64, mut end: i64) -> Option<i64> {
        let mut found = None;
        for &node in self.runs.taking_part() {
            let profile = &self.nodes[node].profile;
            let most = kept_below(self.limits[node]);
            let mut at = start;
            while let Some(room) = self.view.first_at(profile, (at, end), Sought::Within(most)) {
                let until = room.saturating_add(self.wanted.duration_ms);
                match self
                    .view
                    .first_at(profile, (room, until), Sought::Above(most))
                {
                    Some(blocked) => at = blocked,
                    None => {
                        (found, end) = (Some(room), room);
                        break;
                    }
                }
            }
        }
        found
    }

    /// The same by the changes of all nodes.
    fn stretch_of_many(&mut self, (start, end): (i64, i64), common: &[Amounts]) -> Option<i64> {
        let mut walk = self.view.walk_from(start);
        self.meet_all(start, &walk.usage, true);
        while let Some((at, node)) = walk.step_among(self.runs.takes_part()) {
            if let Some(found) = self.runs.ripen(at) {
                return Some(found);
            }
            self.runs.meet(at, node, walk.usage[node], at < end);
        }
        if !self.runs.can_still() {
            return None;
        }
        if self.runs.hosting() <= self.nodes.len() / FEW {
            let hosting = self.runs.taking_part().iter();
            let changes = hosting.filter_map(|&node| self.next_change(node, walk.end, end));
            let changes = changes.collect();
            return self.follow_few(changes, end);
        }
        let mut at = walk.end;
        if !common.is_empty() {
            self.meet_all(at, common, false);
            at = start.saturating_add(self.wanted.duration_ms);
        }
        // The last run begins before the end.
        self.follow_all(at, end.saturating_add(self.wanted.duration_ms - 1))
    }

    fn meet_all(&mut self, at: i64, usage: &[Amounts], may_rise: bool) {
        for index in 0..self.runs.taking_part().len() {
            let node = self.runs.taking_part()[index];
            self.runs.meet(at, node, usage[node], may_rise);
        }
    }

    /// Goes through the changes of all nodes from `at` until `until`; no run begins any more.
    fn follow_all(&mut self, mut at: i64, until: i64) -> Option<i64> {
        while at < until && self.runs.can_still() {
            let mut walk = self.view.walk_from(at);
            if let Some(found) = self.runs.ripen(at) {
                return Some(found);
            }
            self.meet_all(at, &walk.usage, false);
            while self.runs.can_still()
                && let Some((at, node)) = walk.step_among(self.runs.takes_part())
                && at < until
            {
                if let Some(found) = self.runs.ripen(at) {
                    return Some(found);
                }
                self.runs.meet(at, node, walk.usage[node], false);
            }
            at = walk.end;
        }
        self.ripen_all()
    }

    /// The same by the next changes of the nodes that have a part; runs begin before `end` only.
    fn follow_few(&mut self, mut changes: NextChanges, end: i64) -> Option<i64> {
        while let Some(Reverse((at, node, usage))) = changes.pop() {
            if let Some(found) = self.runs.ripen(at) {
                return Some(found);
            }
            self.runs.meet(at, node, usage, at < end);
            if at >= end && !self.runs.can_still() {
                return None;
            }
            changes.extend(self.next_change(node, at, end));
        }
        self.ripen_all()
    }

    /// When a node will host less than it does at `at`, or more of what begins before `end`.
    fn next_change(
        &self,
        node: usize,
        at: i64,
        end: i64,
    ) -> Option<Reverse<(i64, usize, Amounts)>> {
        let profile = &self.nodes[node].profile;
        let (keeps_below, rises_below) = self.runs.limits_of(node);
        let until = end.saturating_add(self.wanted.duration_ms);
        let fall = keeps_below.and_then(|limit| {
            let above = Sought::Above(kept_below(limit));
            self.view.first(profile, (at, until), above)
        });
        let rise = rises_below.filter(|_| at < end).and_then(|limit| {
            let until = fall.map_or(end, |(fall, _)| end.min(fall));
            let within = Sought::Within(kept_below(limit));
            self.view.first(profile, (at, until), within)
        });
        let (at, usage) = rise.or(fall)?;
        Some(Reverse((at, node, usage)))
    }

    /// The start at which enough last until all has been gone through.
    fn ripen_all(&mut self) -> Option<i64> {
        if self.runs.can_still() {
            self.runs.ripen(i64::MAX)
        } else {
            None
        }
    }
}

/// The most that is below a limit that can be kept, which is more than nothing.
fn kept_below(limit: Amounts) -> Amounts {
    limit.map(|amount| amount.saturating_sub(1))
}
