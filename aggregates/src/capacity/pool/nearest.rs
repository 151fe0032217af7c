//! When a request that does not fit would fit: the nearest later and the nearest earlier start.
//!
//! Owns the search over time and nodes together; never changes the pool. Exact over the whole
//! range, without a grid.
//!
//! # Design notes
//!
//! For each node the search keeps a claim: up to a frontier in time the node hosts at most so
//! many instances over a window that starts there. While the claims add up to fewer than are
//! asked for, no start before the first frontier can work, so that one is looked at next; it
//! either moves on (the node hosts no more there either) or raises the node's claim. Claims are
//! upper bounds: a node may host fewer later on. So when they add up to enough, those made at an
//! earlier instant are made anew at this one; if they still add up, this is the answer, and the
//! one nearest: a window that fits earlier would contradict a claim.
//!
//! ```text
//! 2 instances   node 1  ####....#######        claim 0 to a, 1 from a on
//!               node 2  #########......        claim 0 to b, 1 from b on
//!                           a    b             at b node 1 is made anew: 0; at c both hold
//! ```
//!
//! Starting from the latest start and going to earlier ones is the same with time turned round,
//! so positions are kept as keys that grow in the direction of the search.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::super::amounts::{Amounts, amounts_of};
use super::super::profile::{Probe, Probed};
use super::{Pool, PoolNode};
use crate::{Resources, TimeWindow, Timestamp};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Later,
    Earlier,
}

impl Direction {
    /// The key of an instant; its own inverse.
    const fn key(self, at: i64) -> i64 {
        match self {
            Self::Later => at,
            Self::Earlier => !at,
        }
    }

    /// A probe of which nothing is known yet.
    const fn probe(self, at: i64) -> Probe {
        match self {
            Self::Later => Probe { at, seen: at },
            Self::Earlier => Probe { at, seen: i64::MAX },
        }
    }
}

/// What is known of a node so far.
#[derive(Clone, Copy)]
struct Claim {
    /// It hosts at most this many up to the probe.
    hosts: u32,
    /// The start at which `hosts` was exact.
    made_at: i64,
    /// The frontier.
    probe: Probe,
    /// What may be in use where one more is to fit.
    ceiling: Amounts,
    /// Entries of the queue for an older claim do not count.
    generation: u32,
}

struct Search<'a> {
    nodes: Vec<&'a PoolNode>,
    size: Resources,
    count: u32,
    duration_ms: i64,
    direction: Direction,
    last_key: i64,
    claims: Vec<Claim>,
    /// Frontiers by key, then by node.
    queue: BinaryHeap<Reverse<(i64, usize, u32)>>,
    /// Nodes that claim to host at least one.
    hosting: Vec<usize>,
    claimed: u64,
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
        Search::new(self, (size, count), duration_ms, Direction::Later).run(first, last)
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
        Search::new(self, (size, count), duration_ms, Direction::Earlier).run(first, last)
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
}

impl<'a> Search<'a> {
    fn new(
        pool: &'a Pool,
        (size, count): (Resources, u32),
        duration_ms: i64,
        direction: Direction,
    ) -> Self {
        let fits_empty = |node: &&PoolNode| size.fits_in(node.capacity);
        let nodes: Vec<_> = pool.in_service().filter(fits_empty).collect();
        Self {
            size,
            count,
            duration_ms,
            direction,
            last_key: 0,
            claims: Vec::with_capacity(nodes.len()),
            queue: BinaryHeap::new(),
            hosting: Vec::new(),
            claimed: 0,
            nodes,
        }
    }

    fn run(mut self, first: i64, last: i64) -> Option<Timestamp> {
        if self.count == 0 {
            return Some(Timestamp(first));
        }
        if !self.could_ever() {
            return None;
        }
        self.last_key = self.direction.key(last);
        self.start_at(first);
        while let Some(Reverse((_, index, generation))) = self.queue.pop() {
            if self.claims[index].generation != generation {
                continue;
            }
            if !self.probe_fits(index) {
                continue;
            }
            let at = self.claims[index].probe.at;
            self.claim_anew(index, at);
            if self.claimed >= u64::from(self.count) && self.holds_at(at) {
                return Some(Timestamp(at));
            }
        }
        None
    }

    fn could_ever(&self) -> bool {
        let mut hosts = 0;
        for node in &self.nodes {
            hosts += node.hosts(Resources::ZERO, self.size, self.count - hosts);
            if hosts == self.count {
                return true;
            }
        }
        false
    }

    /// Claims nothing of any node and looks at each of them from the first start on.
    fn start_at(&mut self, first: i64) {
        let key = self.direction.key(first);
        let probe = self.direction.probe(first);
        let mut frontiers = Vec::with_capacity(self.nodes.len());
        for (index, node) in self.nodes.iter().enumerate() {
            let ceiling = amounts_of(node.capacity.saturating_sub(self.size));
            self.claims.push(Claim {
                hosts: 0,
                made_at: first,
                probe,
                ceiling,
                generation: 0,
            });
            frontiers.push(Reverse((key, index, 0)));
        }
        self.queue = frontiers.into();
    }

    /// Looks at the frontier of a node: either it hosts one more there, or the frontier moves on
    /// and goes back into the queue if it is still in range.
    fn probe_fits(&mut self, index: usize) -> bool {
        let claim = &mut self.claims[index];
        let profile = &self.nodes[index].profile;
        let probed = match self.direction {
            Direction::Later => {
                profile.probe_later(&mut claim.probe, self.duration_ms, claim.ceiling)
            }
            Direction::Earlier => {
                profile.probe_earlier(&mut claim.probe, self.duration_ms, claim.ceiling)
            }
        };
        match probed {
            Probed::Fits => true,
            Probed::Never => false,
            Probed::Moved => {
                let key = self.direction.key(claim.probe.at);
                if key <= self.last_key {
                    self.queue.push(Reverse((key, index, claim.generation)));
                }
                false
            }
        }
    }

    /// Makes the claim of a node exact for a window that starts at `at`.
    fn claim_anew(&mut self, index: usize, at: i64) {
        let node = self.nodes[index];
        let window = TimeWindow::starting(Timestamp(at), self.duration_ms);
        let hosts = node.hosts(node.profile.max_usage(window), self.size, self.count);
        let claim = &mut self.claims[index];
        claim.made_at = at;
        let before = claim.hosts;
        if hosts == before {
            return;
        }
        if before == 0 {
            self.hosting.push(index);
        }
        self.claimed = self.claimed + u64::from(hosts) - u64::from(before);
        claim.hosts = hosts;
        claim.generation += 1;
        if hosts < self.count
            && let Some(ceiling) = node.ceiling_for(self.size, hosts + 1)
        {
            claim.ceiling = amounts_of(ceiling);
            claim.probe = self.direction.probe(at);
            self.queue
                .push(Reverse((self.direction.key(at), index, claim.generation)));
        }
    }

    /// Whether the claims still add up when they are all made at `at`.
    fn holds_at(&mut self, at: i64) -> bool {
        let mut position = 0;
        while position < self.hosting.len() && self.claimed >= u64::from(self.count) {
            let index = self.hosting[position];
            if self.claims[index].made_at != at {
                self.claim_anew(index, at);
            }
            if self.claims[index].hosts == 0 {
                self.hosting.swap_remove(position);
            } else {
                position += 1;
            }
        }
        self.claimed >= u64::from(self.count)
    }
}
