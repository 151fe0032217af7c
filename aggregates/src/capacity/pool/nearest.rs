//! When a request that does not fit would fit: the nearest later and the nearest earlier start.
//!
//! Owns the search over time and nodes together; never changes the pool. Exact over the whole
//! range, without a grid.
//!
//! # Design notes
//!
//! The search goes through all nodes at once, one stretch of the timeline after the other. A
//! stretch of starts is left out where even the smallest usage in it, or what every window that
//! begins in it has in common, leaves too little room; long times that are full go by in a few
//! steps, since stretches lie in a tree.
//!
//! Where that does not decide, usage is followed change by change. As many instances as a node
//! hosts at an instant are a *level*; what raises it begins a run of so many instances, what
//! lowers it ends the youngest runs first. A run that has lasted for the duration is *ripe*: its
//! instances fit a window that began with it. Runs ripen in the order in which they began, so the
//! first start at which enough are ripe is the nearest one.
//!
//! ```text
//! 2 instances   node 1  ####......####...    runs from a
//!               node 2  #######.......####   runs from b: both are ripe at b + duration,
//!                           a  b             unless one of them has ended by then
//! ```
//!
//! Every window that begins in a stretch is over by the stretch's end and one duration. What lies
//! between its end and its beginning plus the duration is in all of them: there only the largest
//! usage counts, which the timeline knows without going through the changes. Where few nodes
//! still have a run when the stretch ends, their profiles say when each will be over.
//!
//! Earlier starts are later ones with time turned round: the start in the mirror is the end.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::super::amounts::{Amounts, NOTHING, ceiling_of, exceeds};
use super::super::timeline::{Column, View, raise};
use super::{Pool, PoolNode};
use crate::{Resources, Timestamp};

/// Where at most one node in so many still hosts anything, their profiles are asked rather than
/// the changes of all followed.
const FEW_HOSTING: usize = if cfg!(test) { 2 } else { 16 };

/// No run.
const NONE: usize = usize::MAX;

/// Instances that one node has had room for since an instant, beyond those of the run below.
#[derive(Clone, Copy)]
struct Run {
    node: usize,
    since: i64,
    /// Instances of the runs below it.
    base: u32,
    /// Instances up to and with this run; as many as `base` when it has ended.
    top: u32,
    /// The node's next older run.
    below: usize,
}

/// What a node hosts at the present place of the search.
#[derive(Clone, Copy)]
struct Standing {
    hosts: u32,
    /// What may be in use for `hosts` to stay.
    keeps_within: Amounts,
    /// What may be in use for `hosts` to rise, if it can.
    rises_within: Option<Amounts>,
    /// Its youngest run.
    top: usize,
}

struct Search<'a> {
    view: View<'a>,
    nodes: &'a [PoolNode],
    size: Amounts,
    count: u32,
    duration_ms: i64,
    /// Every node before anything is known of its usage.
    fresh: Vec<Standing>,
    standings: Vec<Standing>,
    /// Nodes that host something.
    hosting: usize,
    /// In the order in which they began.
    runs: Vec<Run>,
    /// Runs before this one are ripe or have ended.
    unripe: usize,
    /// Instances of all ripe runs.
    ripe: u64,
    /// Instances of all runs.
    hosted: u64,
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
        let found = Search::new(self, view, (size, count), duration_ms).run(first, last)?;
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
        let found = Search::new(self, view, (size, count), duration_ms)
            .run(mirrored(first), mirrored(last))?;
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
    fn new(
        pool: &'a Pool,
        view: View<'a>,
        (size, count): (Resources, u32),
        duration_ms: i64,
    ) -> Self {
        let size = ceiling_of(size);
        let fresh = pool.nodes.iter().map(|node| Standing {
            hosts: 0,
            keeps_within: NOTHING,
            rises_within: node.in_service.then(|| node.ceiling_for(size, 1)).flatten(),
            top: NONE,
        });
        let fresh: Vec<Standing> = fresh.collect();
        Self {
            view,
            nodes: &pool.nodes,
            size,
            count,
            duration_ms,
            standings: fresh.clone(),
            fresh,
            hosting: 0,
            runs: Vec::new(),
            unripe: 0,
            ripe: 0,
            hosted: 0,
        }
    }

    /// The first start in `[first, last]`.
    fn run(&mut self, first: i64, last: i64) -> Option<i64> {
        let after_last = last.saturating_add(1);
        let mut start = first;
        loop {
            if let Some(found) = self.stretch(&mut start, after_last) {
                return Some(found);
            }
            while start < after_last {
                match self.skip(start, after_last) {
                    Some(end) => start = end,
                    None => break,
                }
            }
            if start >= after_last {
                return None;
            }
        }
    }

    /// Where the starts from `start` on that certainly do not work end, if there are any.
    fn skip(&self, start: i64, after_last: i64) -> Option<i64> {
        let too_little = |_, least: Column| !self.hosts_enough(&least);
        self.view
            .skip_from(start, too_little)
            .or_else(|| self.skip_to_blocked(start))
            .map(|end| end.min(after_last))
    }

    /// Every window that begins between `start` and some later instant has in common what comes
    /// from that instant to the end of the window at `start`. Of the later halves, quarters, …
    /// of this window the shortest that leaves too little room says how many starts do not work.
    fn skip_to_blocked(&self, start: i64) -> Option<i64> {
        let until = start.saturating_add(self.duration_ms);
        let ends = self.view.ends_between(start, until);
        let mut usage = vec![NOTHING; self.nodes.len()];
        let (mut taken, mut known_from) = (0, until);
        while taken < ends.len() {
            taken = (taken * 2).clamp(1, ends.len());
            let from = ends[ends.len() - taken];
            raise(&mut usage, &self.view.max_over(from, known_from));
            known_from = from;
            if !self.hosts_enough(&usage) {
                return Some(from);
            }
        }
        None
    }

    fn hosts_enough(&self, usage: &[Amounts]) -> bool {
        let mut hosted = 0_u64;
        for (index, &usage) in usage.iter().enumerate() {
            if self.fresh[index]
                .rises_within
                .is_some_and(|ceiling| !exceeds(usage, ceiling))
            {
                hosted += u64::from(self.hosts(index, usage));
                if hosted >= u64::from(self.count) {
                    return true;
                }
            }
        }
        false
    }

    /// The first start from `start` on in the stretch that it is in; moves it to the stretch's
    /// end, or to `after_last` if that comes first.
    fn stretch(&mut self, start: &mut i64, after_last: i64) -> Option<i64> {
        for run in self.runs.drain(..) {
            self.standings[run.node] = self.fresh[run.node];
        }
        (self.unripe, self.ripe, self.hosted, self.hosting) = (0, 0, 0, 0);

        let common_until = start.saturating_add(self.duration_ms);
        let mut walk = self.view.walk_from(*start);
        self.meet_all(*start, &walk.usage, true);
        let end = walk.end.min(after_last);
        *start = end;
        while let Some((at, node)) = walk.step()
            && at < end
        {
            if let Some(found) = self.ripen(at) {
                return Some(found);
            }
            self.meet(at, node, walk.usage[node], true);
        }
        if !self.can_still() {
            return None;
        }
        if self.hosting <= self.nodes.len() / FEW_HOSTING {
            return self.follow_hosting(end);
        }
        let mut at = end;
        if end < common_until {
            let common = self.view.max_over(end, common_until);
            self.meet_all(end, &common, false);
            at = common_until;
        }
        self.follow_all(at, end.saturating_add(self.duration_ms))
    }

    /// Goes through the changes of all nodes from `at` until `until`; no run begins any more.
    fn follow_all(&mut self, mut at: i64, until: i64) -> Option<i64> {
        while at < until && self.can_still() {
            let mut walk = self.view.walk_from(at);
            if let Some(found) = self.ripen(at) {
                return Some(found);
            }
            self.meet_all(at, &walk.usage, false);
            while self.can_still()
                && let Some((at, node)) = walk.step()
                && at < until
            {
                if let Some(found) = self.ripen(at) {
                    return Some(found);
                }
                self.meet(at, node, walk.usage[node], false);
            }
            at = walk.end;
        }
        self.can_still().then(|| self.ripen(i64::MAX)).flatten()
    }

    /// The same by the profiles of the nodes that still host something, where they are few.
    fn follow_hosting(&mut self, end: i64) -> Option<i64> {
        let until = end.saturating_add(self.duration_ms);
        let mut falls = BinaryHeap::new();
        for index in 0..self.runs.len() {
            let node = self.runs[index].node;
            if self.standings[node].top == index {
                falls.extend(self.next_fall(node, (end, until)));
            }
        }
        while self.can_still()
            && let Some(Reverse((at, node, usage))) = falls.pop()
        {
            if let Some(found) = self.ripen(at) {
                return Some(found);
            }
            self.meet(at, node, usage, false);
            if self.standings[node].hosts > 0 {
                falls.extend(self.next_fall(node, (at, until)));
            }
        }
        self.can_still().then(|| self.ripen(i64::MAX)).flatten()
    }

    /// When a node will host less than it does now.
    fn next_fall(&self, node: usize, time: (i64, i64)) -> Option<Reverse<(i64, usize, Amounts)>> {
        let ceiling = self.standings[node].keeps_within;
        let profile = &self.nodes[node].profile;
        let (at, usage) = self.view.first_above(profile, time, ceiling)?;
        Some(Reverse((at, node, usage)))
    }

    /// Whether enough is hosted for an answer without any new run.
    fn can_still(&self) -> bool {
        self.hosted >= u64::from(self.count)
    }

    /// Counts the runs that have lasted for the duration at `at`: the start of the one that makes
    /// it enough.
    #[inline]
    fn ripen(&mut self, at: i64) -> Option<i64> {
        while let Some(&Run {
            since, base, top, ..
        }) = self.runs.get(self.unripe)
            && since.saturating_add(self.duration_ms) <= at
        {
            self.unripe += 1;
            self.ripe += u64::from(top - base);
            if self.ripe >= u64::from(self.count) {
                return Some(since);
            }
        }
        None
    }

    fn meet_all(&mut self, at: i64, usage: &[Amounts], may_rise: bool) {
        for (node, &usage) in usage.iter().enumerate() {
            self.meet(at, node, usage, may_rise);
        }
    }

    /// Takes in that a node's usage is this from `at` on.
    #[inline]
    fn meet(&mut self, at: i64, node: usize, usage: Amounts, may_rise: bool) {
        let standing = &self.standings[node];
        if standing.hosts > 0 && exceeds(usage, standing.keeps_within) {
            let hosts = self.hosts(node, usage);
            self.end_runs(node, hosts);
            self.hosting -= usize::from(hosts == 0);
            self.stand(node, hosts);
        } else if may_rise
            && standing
                .rises_within
                .is_some_and(|within| !exceeds(usage, within))
        {
            let (hosts, base, below) = (self.hosts(node, usage), standing.hosts, standing.top);
            self.standings[node].top = self.runs.len();
            self.runs.push(Run {
                node,
                since: at,
                base,
                top: hosts,
                below,
            });
            self.hosted += u64::from(hosts - base);
            self.hosting += usize::from(base == 0);
            self.stand(node, hosts);
        }
    }

    fn hosts(&self, node: usize, usage: Amounts) -> u32 {
        if self.count == 1 {
            let within = self.fresh[node].rises_within;
            return u32::from(within.is_some_and(|within| !exceeds(usage, within)));
        }
        self.nodes[node].hosts(usage, self.size, self.count)
    }

    /// Ends what a node has had room for beyond `hosts` instances.
    fn end_runs(&mut self, node: usize, hosts: u32) {
        let mut index = self.standings[node].top;
        while let Some(run) = self.runs.get_mut(index)
            && run.top > hosts
        {
            debug_assert_eq!(run.node, node);
            let kept = run.base.max(hosts);
            let ended = u64::from(run.top - kept);
            run.top = kept;
            self.hosted -= ended;
            if index < self.unripe {
                self.ripe -= ended;
            }
            if run.top > run.base {
                break;
            }
            index = run.below;
        }
        self.standings[node].top = index;
    }

    fn stand(&mut self, node: usize, hosts: u32) {
        let pool_node = &self.nodes[node];
        let within = |count: u32| pool_node.ceiling_for(self.size, count);
        let standing = &mut self.standings[node];
        standing.hosts = hosts;
        standing.keeps_within = within(hosts).unwrap_or(NOTHING);
        standing.rises_within = if hosts < self.count {
            within(hosts + 1)
        } else {
            None
        };
    }
}
