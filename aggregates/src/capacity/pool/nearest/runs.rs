//! How long nodes have had room for how many instances, as a sweep through time goes on.
//!
//! Owns levels, runs and their ripening; knows nothing of where usage comes from.
//!
//! As many instances as a node hosts at an instant are a *level*; what raises it begins a run of
//! so many instances, what lowers it ends the youngest runs first. A run that has lasted for the
//! duration is *ripe*: its instances fit a window that began with it. Runs ripen in the order in
//! which they began, so the first start at which enough are ripe is the nearest one.
//!
//! ```text
//! 2 instances   node 1  ####......####...    runs from a
//!               node 2  #######.......####   runs from b: both are ripe at b + duration,
//!                           a  b             unless one of them has ended by then
//! ```

use super::super::super::amounts::{Amounts, NOTHING, is_below};
use super::super::rooms::{Room, Size};

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

/// What a node hosts at the present place of the sweep.
#[derive(Clone, Copy)]
struct Standing {
    hosts: u32,
    /// What has to be more than is in use for `hosts` to stay.
    keeps_below: Amounts,
    /// What has to be more than is in use for `hosts` to rise; nothing where it cannot.
    rises_below: Amounts,
    /// Its youngest run.
    top: usize,
}

/// Of a node that takes no part.
const APART: Standing = Standing {
    hosts: 0,
    keeps_below: NOTHING,
    rises_below: NOTHING,
    top: NONE,
};

pub(super) struct Runs<'a> {
    rooms: &'a [Room],
    size: Size,
    count: u32,
    duration_ms: i64,
    standings: Vec<Standing>,
    /// Nodes that take part.
    taking_part: Vec<usize>,
    /// Whether a node does.
    takes_part: Vec<bool>,
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

impl<'a> Runs<'a> {
    pub(super) fn new(rooms: &'a [Room], (size, count): (Size, u32), duration_ms: i64) -> Self {
        Self {
            rooms,
            size,
            count,
            duration_ms,
            standings: vec![APART; rooms.len()],
            taking_part: Vec::new(),
            takes_part: vec![false; rooms.len()],
            hosting: 0,
            runs: Vec::new(),
            unripe: 0,
            ripe: 0,
            hosted: 0,
        }
    }

    /// Begins anew with these nodes, with the limit of each for one instance.
    pub(super) fn begin(&mut self, nodes: impl Iterator<Item = usize>, limits: &[Amounts]) {
        for node in self.taking_part.drain(..) {
            self.standings[node] = APART;
            self.takes_part[node] = false;
        }
        self.runs.clear();
        (self.unripe, self.ripe, self.hosted, self.hosting) = (0, 0, 0, 0);
        for node in nodes {
            self.standings[node].rises_below = limits[node];
            self.takes_part[node] = true;
            self.taking_part.push(node);
        }
    }

    pub(super) fn taking_part(&self) -> &[usize] {
        &self.taking_part
    }

    /// Whether a node takes part, by its index.
    pub(super) fn takes_part(&self) -> &[bool] {
        &self.takes_part
    }

    /// How many nodes host something.
    pub(super) const fn hosting(&self) -> usize {
        self.hosting
    }

    /// The limits within which a node stays as it is: that which it has to stay below, if it hosts
    /// something, and that which it must not go below, if it could host more.
    pub(super) fn limits_of(&self, node: usize) -> (Option<Amounts>, Option<Amounts>) {
        let standing = &self.standings[node];
        (
            (standing.hosts > 0).then_some(standing.keeps_below),
            (standing.rises_below != NOTHING).then_some(standing.rises_below),
        )
    }

    /// Whether enough is hosted for an answer without any new run.
    pub(super) fn can_still(&self) -> bool {
        self.hosted >= u64::from(self.count)
    }

    /// Counts the runs that have lasted for the duration at `at`: the start of the one that makes
    /// it enough.
    #[inline]
    pub(super) fn ripen(&mut self, at: i64) -> Option<i64> {
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

    /// Takes in that a node's usage is this from `at` on.
    #[inline]
    pub(super) fn meet(&mut self, at: i64, node: usize, usage: Amounts, may_rise: bool) {
        // Most of what is met changes nothing.
        let standing = &self.standings[node];
        if standing.hosts > 0 && !is_below(usage, standing.keeps_below) {
            self.lower(node, usage);
        } else if may_rise && is_below(usage, standing.rises_below) {
            self.raise(at, node, usage);
        }
    }

    fn lower(&mut self, node: usize, usage: Amounts) {
        let hosts = self.hosts(node, usage);
        self.end_runs(node, hosts);
        self.hosting -= usize::from(hosts == 0);
        self.stand(node, hosts);
    }

    fn raise(&mut self, at: i64, node: usize, usage: Amounts) {
        let hosts = self.hosts(node, usage);
        let Standing {
            hosts: base,
            top: below,
            ..
        } = self.standings[node];
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

    fn hosts(&self, node: usize, usage: Amounts) -> u32 {
        self.rooms[node].hosts(usage, &self.size, self.count)
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
        let (room, size) = (self.rooms[node].amounts, self.size.amounts);
        // What is hosted fits, so nothing is taken from less.
        let keeps_below = [0, 1, 2].map(|d| room[d] + 1 - size[d] * hosts);
        let rises = hosts < self.count && is_below(size, keeps_below);
        let standing = &mut self.standings[node];
        standing.hosts = hosts;
        standing.keeps_below = keeps_below;
        standing.rises_below = if rises {
            [0, 1, 2].map(|d| keeps_below[d] - size[d])
        } else {
            NOTHING
        };
    }
}
