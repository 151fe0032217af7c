//! The engines that are compared: ours, the naive scan, and the shapes of the reference peers.
//!
//! A shape is the data structure and the order of work that a peer decides by, written anew from a
//! description, in memory and in Rust. It says what the structure costs, not how fast the peer is:
//! what the peer spends on SQL, interpreters, locks and the network is not in it.

pub mod blazar;
pub mod fluxion;
pub mod haizea;
pub mod naive;
pub mod oar;
pub mod ours;
pub mod slurm;

use openpex_aggregates::{Resources, TimeWindow, Timestamp};

use crate::sites::{Site, Three, three};
use crate::timing::{Budget, CutOff};

/// Most memory a shape may take for what it remembers or rebuilds.
pub const MEMORY_MAX: usize = 384 << 20;

/// A request: so many instances of a size over a window.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    pub size: Resources,
    pub count: u32,
    pub from: i64,
    pub until: i64,
}

impl Ask {
    pub const fn window(&self) -> TimeWindow {
        TimeWindow {
            starts_at: Timestamp(self.from),
            ends_at: Timestamp(self.until),
        }
    }

    pub const fn duration(&self) -> i64 {
        self.until - self.from
    }

    pub const fn moved_to(&self, from: i64) -> Self {
        Self {
            from,
            until: from + self.duration(),
            ..*self
        }
    }
}

/// What an engine says to the nearest later start.
#[derive(Debug, PartialEq, Eq)]
pub enum Later {
    Start(Option<i64>),
    /// The system has no such question.
    NotAsked,
    CutOff,
}

impl From<Result<Option<i64>, CutOff>> for Later {
    fn from(result: Result<Option<i64>, CutOff>) -> Self {
        result.map_or(Self::CutOff, Self::Start)
    }
}

pub trait Engine {
    fn check(&self, ask: &Ask, budget: &Budget) -> Result<bool, CutOff>;
    fn later(&self, ask: &Ask, last: i64, budget: &Budget) -> Later;
}

/// The name of an engine and how it is made; none where it would take too much memory.
pub type Maker = (&'static str, fn(&Site) -> Option<Box<dyn Engine>>);

pub const NAIVE: Maker = ("naive", |site| Some(Box::new(naive::Naive::of(site))));

pub const PEERS: [Maker; 5] = [
    ("Blazar", |site| Some(Box::new(blazar::Blazar::of(site)))),
    ("Slurm", |site| Some(Box::new(slurm::Slurm::of(site)))),
    ("OAR", |site| Some(Box::new(oar::Oar::of(site)?))),
    ("Fluxion", |site| Some(Box::new(fluxion::Fluxion::of(site)))),
    ("Haizea", |site| Some(Box::new(haizea::Haizea::of(site)?))),
];

/// How many of `size` fit beside `used`.
pub fn hosts(capacity: Three, used: Three, size: Three) -> u64 {
    (0..3)
        .map(|d| capacity[d].saturating_sub(used[d]) / size[d])
        .min()
        .unwrap_or(0)
}

pub fn within(used: Three, ceiling: Three) -> bool {
    (0..3).all(|d| used[d] <= ceiling[d])
}

pub fn add(sum: &mut Three, usage: Three) {
    (0..3).for_each(|d| sum[d] += usage[d]);
}

pub fn subtract(sum: &mut Three, usage: Three) {
    (0..3).for_each(|d| sum[d] -= usage[d]);
}

/// The largest sum of windows that overlap `[from, until)`.
pub fn peak(windows: &[(i64, i64, Three)], from: i64, until: i64) -> Three {
    let mut changes: Vec<(i64, bool, Three)> = Vec::with_capacity(2 * windows.len());
    for &(start, end, usage) in windows {
        changes.push((start.max(from), true, usage));
        if end < until {
            changes.push((end, false, usage));
        }
    }
    // Ends come before starts of the same instant.
    changes.sort_unstable_by_key(|&(at, rises, _)| (at, rises));
    let (mut sum, mut most) = ([0; 3], [0; 3]);
    for (_, rises, usage) in changes {
        if rises {
            add(&mut sum, usage);
            (0..3).for_each(|d| most[d] = most[d].max(sum[d]));
        } else {
            subtract(&mut sum, usage);
        }
    }
    most
}

/// All changes of usage of a site in the order of time: when, node, up or down, how much. At one
/// instant ends come first.
pub fn changes(site: &Site) -> Vec<(i64, u32, bool, Three)> {
    let mut changes: Vec<_> = site
        .rows()
        .flat_map(|(node, from, until, usage)| {
            [
                (from, node as u32, true, usage),
                (until, node as u32, false, usage),
            ]
        })
        .collect();
    changes.sort_unstable_by_key(|&(at, _, rises, _)| (at, rises));
    changes
}

pub fn capacities(site: &Site) -> Vec<Three> {
    site.nodes.iter().map(|&node| three(node)).collect()
}
