//! Which stretches of time may hold a start at all, and which nodes may have a part in it.
//!
//! Owns the coarse search by the extremes of stretches; leaves out only what certainly does not
//! work, and follows no change.
//!
//! # Design notes
//!
//! A node has a part in a window that begins in a stretch only if its smallest usage there leaves
//! room, and its largest usage leaves room in every stretch that all such windows contain. So one
//! place goes through the stretches of starts, and one that is up to a duration ahead notes for
//! each node the last stretch in which it is blocked: both look at each stretch at most once.
//!
//! ```text
//! starts in   [  a  |  b  |  c  |  d  |  e  )
//! window       [·········)                   every window from a contains b, if b ends before
//! node 1       .  .  .  .## .  .  .  .  .    the first window does; so node 1, which is blocked
//!                                            in b, has no part in a start in a
//! ```

use super::super::super::amounts::{Amounts, NOTHING, is_below};
use super::super::super::timeline::{Part, Stretches, View, Walk, raise};
use super::super::rooms::{Room, Size};

/// What is asked for.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub(super) size: Size,
    pub(super) count: u32,
    pub(super) duration_ms: i64,
}

/// A node that may have a part in a start, with the most instances.
struct Candidate {
    node: usize,
    hosts: u32,
}

pub(super) struct Sieve<'a> {
    starts: Stretches<'a>,
    /// Whether the stretch of starts that it is at has not been looked at yet.
    unseen: bool,
    filter: Filter<'a>,
}

struct Filter<'a> {
    rooms: &'a [Room],
    /// What has to be more than is in use for one instance, by node.
    limits: &'a [Amounts],
    wanted: Wanted,
    /// The next stretch ahead to be looked at; `None` after all.
    ahead: Option<Stretches<'a>>,
    /// Where the last stretch ahead begins in which a node is blocked.
    blocked_from: Vec<i64>,
    /// Only room to work in, one more than there are nodes.
    with_room: Vec<usize>,
    candidates: Vec<Candidate>,
}

impl<'a> Sieve<'a> {
    /// Starts from the instant `at` on, which begins a stretch.
    pub(super) fn from(
        at: i64,
        view: View<'a>,
        (rooms, limits): (&'a [Room], &'a [Amounts]),
        wanted: Wanted,
    ) -> Self {
        let starts = view.stretches_from(at);
        Self {
            filter: Filter {
                rooms,
                limits,
                wanted,
                ahead: Some(starts.clone()),
                blocked_from: vec![i64::MIN; rooms.len()],
                with_room: vec![0; rooms.len() + 1],
                candidates: Vec::new(),
            },
            starts,
            unseen: true,
        }
    }

    /// The next stretch that may hold a start, and is not over before `not_before`.
    pub(super) fn next(&mut self, not_before: i64) -> Option<(i64, i64)> {
        let Self {
            starts,
            unseen,
            filter,
        } = self;
        let mut leave_out = |part: &Part<'_>| part.ends <= not_before || !filter.lets_through(part);
        let seen = !std::mem::take(unseen);
        if seen || leave_out(&starts.part()) {
            starts.advance(leave_out).then_some(())?;
        }
        let part = self.starts.part();
        Some((part.begins, part.ends))
    }

    /// The changes in the stretch, from its beginning.
    pub(super) fn walk(&self) -> Walk<'a> {
        self.starts.walk()
    }

    /// The nodes that may have a part in a start in the stretch.
    pub(super) fn candidates(&self) -> impl ExactSizeIterator<Item = usize> {
        self.filter.candidates.iter().map(|found| found.node)
    }

    /// Every window that begins between `start` and some later instant has in common what comes
    /// from that instant to the end of the window at `start`. Of the later halves, quarters, …
    /// of this window the shortest that leaves too little room says how many starts do not work.
    pub(super) fn skip_to_blocked(&self, view: &View<'_>, start: i64) -> Option<i64> {
        let until = start.saturating_add(self.filter.wanted.duration_ms);
        let ends = view.ends_between(start, until);
        let mut usage = vec![NOTHING; self.filter.rooms.len()];
        let (mut taken, mut known_from) = (0, until);
        while taken < ends.len() {
            taken = (taken * 2).clamp(1, ends.len());
            let from = ends[ends.len() - taken];
            raise(&mut usage, &view.max_over(from, known_from));
            known_from = from;
            if !self.filter.hosts_enough(usage.iter().copied()) {
                return Some(from);
            }
        }
        None
    }
}

impl Filter<'_> {
    /// Whether the part may hold a start.
    fn lets_through(&mut self, part: &Part<'_>) -> bool {
        if part.is_stretch() {
            self.find_candidates(part) && self.look_ahead(part)
        } else {
            self.hosts_enough(part.least())
        }
    }

    fn hosts_enough(&self, usage: impl Iterator<Item = Amounts>) -> bool {
        let mut hosted = 0_u64;
        for ((node, usage), &limit) in usage.enumerate().zip(self.limits) {
            if is_below(usage, limit) {
                hosted += u64::from(self.hosts(node, usage));
                if hosted >= u64::from(self.wanted.count) {
                    return true;
                }
            }
        }
        false
    }

    fn hosts(&self, node: usize, usage: Amounts) -> u32 {
        if self.wanted.count == 1 {
            return 1;
        }
        self.rooms[node].hosts(usage, &self.wanted.size, self.wanted.count)
    }

    /// The nodes that have room somewhere in the stretch, of those not known to be blocked.
    fn find_candidates(&mut self, part: &Part<'_>) -> bool {
        // Whether a node has room cannot be foreseen: so no branch depends on it.
        let mut found = 0;
        let known = self.blocked_from.iter().zip(self.limits);
        for ((node, least), (&blocked_from, &limit)) in part.least().enumerate().zip(known) {
            self.with_room[found] = node;
            found += usize::from((blocked_from < part.ends) & is_below(least, limit));
        }
        self.candidates.clear();
        for &node in &self.with_room[..found] {
            let hosts = self.hosts(node, part.least_of(node));
            self.candidates.push(Candidate { node, hosts });
        }
        self.has_enough_candidates()
    }

    fn has_enough_candidates(&self) -> bool {
        let hosted = self.candidates.iter();
        hosted.map(|found| u64::from(found.hosts)).sum::<u64>() >= u64::from(self.wanted.count)
    }

    /// Leaves only the candidates that are nowhere blocked in the stretches that all windows which
    /// begin in `part` contain, or stops where these are too few.
    fn look_ahead(&mut self, part: &Part<'_>) -> bool {
        let until = part.begins.saturating_add(self.wanted.duration_ms);
        while let Some(ahead) = &mut self.ahead {
            if ahead.part().begins < part.ends {
                if !ahead.advance(|passed| passed.ends <= part.ends) {
                    self.ahead = None;
                }
                continue;
            }
            let seen = ahead.part();
            if seen.ends > until {
                break;
            }
            let blocked = seen.most().zip(self.limits);
            for ((most, &limit), from) in blocked.zip(&mut self.blocked_from) {
                if !is_below(most, limit) {
                    *from = seen.begins;
                }
            }
            if !ahead.advance(|_| false) {
                self.ahead = None;
            }
            let blocked_from = &self.blocked_from;
            self.candidates
                .retain(|found| blocked_from[found.node] < part.ends);
            if !self.has_enough_candidates() {
                return false;
            }
        }
        true
    }
}
