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

use super::super::super::amounts::{Amounts, is_below};
use super::super::super::timeline::{Below, Column, Part, Stretches, View, raise};
use super::super::rooms::{Room, Size};
use super::barren::Spans;

/// What is asked for.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub(super) size: Size,
    pub(super) count: u32,
    pub(super) duration_ms: i64,
}

impl Wanted {
    /// How many instances a node that hosts one hosts, as far as it matters.
    fn hosts(&self, rooms: &[Room], node: usize, usage: Amounts) -> u32 {
        match self.count {
            1 => 1,
            count => rooms[node].hosts(usage, &self.size, count),
        }
    }
}

/// A node that may have a part in a start, with the most instances.
struct Candidate {
    node: usize,
    hosts: u32,
}

/// What lies ahead of some starts.
pub(super) enum Ahead {
    /// Too little room for those before this instant.
    Blocked(i64),
    /// Perhaps room for all. The largest usage in what is in all their windows; nothing where
    /// nothing is.
    Open(Column),
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
    /// Only room to work in.
    below: Below,
    candidates: Vec<Candidate>,
    /// What is known of starts, and found out.
    barren: &'a Spans,
}

impl<'a> Sieve<'a> {
    /// Starts from the instant `at` on.
    pub(super) fn from(
        at: i64,
        view: View<'a>,
        (rooms, limits): (&'a [Room], &'a [Amounts]),
        (wanted, barren): (Wanted, &'a mut Spans),
    ) -> Self {
        let starts = view.stretches_from(at);
        Self {
            filter: Filter {
                rooms,
                limits,
                wanted,
                ahead: Some(starts.clone()),
                blocked_from: vec![i64::MIN; rooms.len()],
                below: Below::of(rooms.len()),
                candidates: Vec::new(),
                barren,
            },
            starts,
            unseen: true,
        }
    }

    /// The next stretch that may hold a start, the part of it that is not before `not_before`.
    pub(super) fn next(&mut self, not_before: i64) -> Option<(i64, i64)> {
        let Self {
            starts,
            unseen,
            filter,
        } = self;
        // What is ahead of the first one is looked at more closely anyway.
        let first = std::mem::take(unseen) && filter.has_enough_least(&starts.part());
        let leave_out = |part: &Part<'_>| {
            part.ends <= not_before || !filter.lets_through(part, part.begins.max(not_before))
        };
        (first || starts.advance(leave_out)).then_some(())?;
        let part = self.starts.part();
        Some((part.begins.max(not_before), part.ends))
    }

    /// The nodes that may have a part in a start in the stretch.
    pub(super) fn candidates(&self) -> impl ExactSizeIterator<Item = usize> {
        self.filter.candidates.iter().map(|found| found.node)
    }

    /// What lies ahead of the starts in the stretch from `start` on. Every window that begins
    /// between `start` and some later instant has in common what comes from that instant to the end
    /// of the window at `start`. Of the later halves, quarters, … of this window the shortest that
    /// leaves too little room says how many starts do not work.
    pub(super) fn look_ahead(&mut self, view: &View<'_>, start: i64) -> Ahead {
        let until = start.saturating_add(self.filter.wanted.duration_ms);
        let ends = view.ends_between(start, until);
        let mut usage = Column::new();
        let (mut taken, mut known_from) = (0, until);
        while taken < ends.len() {
            taken = (taken * 2).clamp(1, ends.len());
            let from = ends[ends.len() - taken];
            let before = view.max_over(from, known_from);
            if usage.is_empty() {
                usage = before;
            } else {
                raise(&mut usage, &before);
            }
            known_from = from;
            if !self.filter.hosts_enough(&usage) {
                return Ahead::Blocked(from);
            }
        }
        if usage.is_empty() || self.filter.keep_below(|node| usage[node]) {
            Ahead::Open(usage)
        } else {
            Ahead::Blocked(known_from)
        }
    }

    /// Whether the candidates have enough room beside the largest usage of each.
    pub(super) fn has_enough_beside(&mut self, usage_of: impl Fn(usize) -> Amounts) -> bool {
        self.filter.keep_below(usage_of)
    }
}

impl Filter<'_> {
    /// Whether the part may hold a start that is not before `begins`.
    fn lets_through(&mut self, part: &Part<'_>, begins: i64) -> bool {
        self.barren.skip(begins, &self.wanted) < part.ends
            && self.has_enough_least(part)
            && (!part.is_stretch() || self.has_enough_ahead(part, begins))
    }

    /// Whether enough is hosted where each node is used the least.
    fn has_enough_least(&mut self, part: &Part<'_>) -> bool {
        part.least_below(self.limits, &mut self.below);
        self.below.keep_before(part.ends, &self.blocked_from);
        self.find_candidates(|node| part.least_of(node)) >= self.count()
    }

    fn hosts_enough(&mut self, usage: &[Amounts]) -> bool {
        self.below.compare(usage, self.limits);
        let mut hosted = 0;
        self.below
            .each(|node| hosted += u64::from(self.wanted.hosts(self.rooms, node, usage[node])));
        hosted >= self.count()
    }

    /// The nodes that are below their limits; returns how many instances they host together.
    fn find_candidates(&mut self, usage_of: impl Fn(usize) -> Amounts) -> u64 {
        let Self {
            below,
            candidates,
            rooms,
            wanted,
            ..
        } = self;
        let mut hosted = 0;
        candidates.clear();
        below.each(|node| {
            let hosts = wanted.hosts(rooms, node, usage_of(node));
            hosted += u64::from(hosts);
            candidates.push(Candidate { node, hosts });
        });
        hosted
    }

    fn count(&self) -> u64 {
        u64::from(self.wanted.count)
    }

    /// Leaves only the candidates that have room beside what each uses; says whether they are enough.
    fn keep_below(&mut self, usage_of: impl Fn(usize) -> Amounts) -> bool {
        let Self {
            candidates,
            rooms,
            limits,
            wanted,
            ..
        } = self;
        let mut hosted = 0;
        candidates.retain(|found| {
            let node = found.node;
            let usage = usage_of(node);
            let keeps = is_below(usage, limits[node]);
            if keeps {
                let hosts = wanted.hosts(rooms, node, usage);
                hosted += u64::from(hosts.min(found.hosts));
            }
            keeps
        });
        hosted >= self.count()
    }

    fn has_enough_candidates(&self) -> bool {
        let hosted = self.candidates.iter().map(|found| u64::from(found.hosts));
        hosted.sum::<u64>() >= self.count()
    }

    /// Leaves only the candidates that are nowhere blocked in the stretches that all windows which
    /// begin in `part` contain, or stops where these are too few.
    fn has_enough_ahead(&mut self, part: &Part<'_>, begins: i64) -> bool {
        let until = begins.saturating_add(self.wanted.duration_ms);
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
            seen.most_below(self.limits, &mut self.below);
            self.below.set_others(seen.begins, &mut self.blocked_from);
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
