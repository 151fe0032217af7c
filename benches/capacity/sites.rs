//! The generated pools: nodes of different sizes, and windows that follow from a seed.
//!
//! Owns how full a pool is and why it is never oversold: windows are made in the order of their
//! starts, so what is in use at the start of a new one is the most it meets. No engine takes part.
//! Only then are they shuffled into the order in which they are booked.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use openpex_aggregates::Resources;

use crate::numbers::Numbers;

pub const MINUTE: i64 = 60_000;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// Longest windows tried, in days: the first that keeps the used part within [`USED_DAYS_MAX`].
const LONGEST_DAYS: [i64; 5] = [14, 7, 4, 2, 1];
const USED_DAYS_MAX: f64 = 540.0;
/// Instances per window are raised until the used part is at least so long.
const USED_DAYS_MIN: f64 = 21.0;
/// Nodes tried for a window before the time moves on.
const PROBES: usize = 24;

pub type Three = [u64; 3];

pub const fn three(r: Resources) -> Three {
    [r.vcpus, r.memory_mib, r.disk_gib]
}

/// The paper's Table 1: SMALL, MEDIUM, LARGE, XLARGE.
pub const TYPES: [Resources; 4] = [
    size_of(1, 768, 10),
    size_of(2, 1_536, 20),
    size_of(3, 2_560, 40),
    size_of(4, 3_584, 60),
];

const fn size_of(vcpus: u64, memory_mib: u64, disk_gib: u64) -> Resources {
    Resources {
        vcpus,
        memory_mib,
        disk_gib,
    }
}

/// How full a pool is in its used part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fill {
    /// Four fifths of the vCPUs, by arrivals spread evenly.
    Busy,
    /// Each node refilled as something ends, until nothing fits, but for a gap now and then.
    Tight,
}

/// One booked window: instances of a size, on one node or several.
#[derive(Clone, Debug)]
pub struct Lease {
    pub from: i64,
    pub until: i64,
    pub size: Resources,
    /// Node and count.
    pub parts: Vec<(u32, u32)>,
}

/// A pool as every engine is handed it.
pub struct Site {
    pub nodes: Vec<Resources>,
    pub leases: Vec<Lease>,
    /// End of the part of time that is in use; it begins at 0.
    pub used_until: i64,
}

impl Site {
    pub fn name_of(index: usize) -> String {
        format!("node-{index:04}")
    }

    /// What is in use, as rows of node, from, until, usage.
    pub fn rows(&self) -> impl Iterator<Item = (usize, i64, i64, Three)> {
        self.leases.iter().flat_map(|lease| {
            lease.parts.iter().map(|&(node, count)| {
                let usage = three(lease.size).map(|amount| amount * u64::from(count));
                (node as usize, lease.from, lease.until, usage)
            })
        })
    }
}

pub fn nodes(count: usize, numbers: &mut Numbers) -> Vec<Resources> {
    (0..count)
        .map(|_| {
            let vcpus = 16 << numbers.below(3);
            // Now memory is scarce on a node, now disk, now neither.
            let memory = [700, 832, 1_024][numbers.index(3)];
            let disk = [11, 14, 20][numbers.index(3)];
            size_of(vcpus, vcpus * memory, vcpus * disk)
        })
        .collect()
}

/// How long and how large windows are, so that so many of them fill the nodes.
struct Shape {
    longest: i64,
    instances: u64,
    used_until: i64,
}

impl Shape {
    fn of(nodes: &[Resources], windows: usize) -> Self {
        let vcpus: u64 = nodes.iter().map(|node| node.vcpus).sum();
        // A mean instance has 2.5 vCPUs; memory and disk bind somewhat earlier than they do.
        let instances_at_once = vcpus as f64 * 0.80 / 2.5;
        let mean_days = |longest: i64| {
            let hours = (longest * 24) as f64;
            (hours - 1.0) / hours.ln() / 24.0
        };
        let used = |longest, instances: u64| {
            windows as f64 * instances as f64 * mean_days(longest) / instances_at_once
        };
        let longest = LONGEST_DAYS
            .into_iter()
            .find(|&longest| used(longest, 2) <= USED_DAYS_MAX)
            .unwrap_or(1);
        let instances = (USED_DAYS_MIN / used(longest, 1)).ceil().max(2.0) as u64;
        Self {
            longest: longest * DAY,
            instances,
            used_until: (used(longest, instances) * DAY as f64) as i64,
        }
    }
}

/// A sweep through time that places windows in the order of their starts.
struct Sweep<'a> {
    numbers: &'a mut Numbers,
    nodes: &'a [Resources],
    free: Vec<Resources>,
    /// What ends when, where, of which type, how many.
    ends: BinaryHeap<Reverse<(i64, u32, usize, u32)>>,
    leases: Vec<Lease>,
    windows: usize,
    shape: Shape,
}

pub fn generate(fill: Fill, node_count: usize, windows: usize, seed: u64) -> Site {
    let mut numbers = Numbers::seeded(seed);
    let nodes = nodes(node_count, &mut numbers);
    let mut sweep = Sweep {
        free: nodes.clone(),
        shape: Shape::of(&nodes, windows),
        nodes: &nodes,
        numbers: &mut numbers,
        ends: BinaryHeap::new(),
        leases: Vec::with_capacity(windows),
        windows,
    };
    let used_until = match fill {
        Fill::Busy => sweep.busy(),
        Fill::Tight => sweep.tight(),
    };
    let mut leases = sweep.leases;
    numbers.shuffle(&mut leases);
    Site {
        nodes,
        leases,
        used_until,
    }
}

impl Sweep<'_> {
    fn busy(&mut self) -> i64 {
        let gap = self.shape.used_until as f64 / self.windows as f64;
        let mut now = 0.0;
        while self.leases.len() < self.windows {
            now += gap * 2.0 * self.numbers.part();
            let at = now as i64;
            self.end_until(at);
            let kind = self.numbers.index(4);
            let wanted = 1 + self.numbers.below(2 * self.shape.instances - 1);
            let parts = self.spread_out(TYPES[kind], wanted as u32);
            if parts.is_empty() {
                continue;
            }
            self.take(at, kind, parts);
        }
        now as i64
    }

    /// Some nodes with room now, starting anywhere.
    fn spread_out(&mut self, size: Resources, mut wanted: u32) -> Vec<(u32, u32)> {
        let mut parts: Vec<(u32, u32)> = Vec::new();
        for _ in 0..PROBES {
            if wanted == 0 {
                break;
            }
            let node = self.numbers.index(self.nodes.len());
            let taken = parts.iter().any(|&(other, _)| other as usize == node);
            let room = u32::try_from(self.free[node].count_of(size)).unwrap_or(0);
            let count = room.min(wanted);
            if !taken && count > 0 {
                wanted -= count;
                parts.push((node as u32, count));
            }
        }
        parts
    }

    fn tight(&mut self) -> i64 {
        (0..self.nodes.len()).for_each(|node| self.refill(0, node));
        let mut waiting: BinaryHeap<Reverse<(i64, u32)>> = BinaryHeap::new();
        let mut now = 0;
        while self.leases.len() < self.windows {
            let end = self.ends.peek().map_or(i64::MAX, |&Reverse((at, ..))| at);
            let wake = waiting.peek().map_or(i64::MAX, |&Reverse((at, _))| at);
            now = end.min(wake);
            if wake <= end {
                let Some(Reverse((_, node))) = waiting.pop() else {
                    break;
                };
                self.refill(now, node as usize);
                continue;
            }
            let Some(Reverse((_, node, kind, count))) = self.ends.pop() else {
                break;
            };
            self.give_back(node, kind, count);
            if self.numbers.below(50) == 0 {
                let gap = self.numbers.spread(5 * MINUTE, 5 * DAY);
                waiting.push(Reverse((now + gap, node)));
            } else {
                // The same again, lest all be split up into ever smaller ones.
                self.take(now, kind, vec![(node, count)]);
            }
        }
        now
    }

    /// Fills a node until not even a SMALL fits.
    fn refill(&mut self, now: i64, node: usize) {
        while self.leases.len() < self.windows {
            let fitting = TYPES
                .iter()
                .filter(|size| size.fits_in(self.free[node]))
                .count();
            if fitting == 0 {
                return;
            }
            let kind = self.numbers.index(fitting);
            let room = self.free[node].count_of(TYPES[kind]);
            let wanted = 1 + self.numbers.below(2 * self.shape.instances - 1);
            self.take(now, kind, vec![(node as u32, room.min(wanted) as u32)]);
        }
    }

    fn take(&mut self, from: i64, kind: usize, parts: Vec<(u32, u32)>) {
        let until = from + self.numbers.spread(HOUR, self.shape.longest);
        for &(node, count) in &parts {
            let usage = amount_of(kind, count);
            let free = &mut self.free[node as usize];
            *free = free.saturating_sub(usage);
            self.ends.push(Reverse((until, node, kind, count)));
        }
        self.leases.push(Lease {
            from,
            until,
            size: TYPES[kind],
            parts,
        });
    }

    fn end_until(&mut self, now: i64) {
        while let Some(&Reverse((at, node, kind, count))) = self.ends.peek()
            && at <= now
        {
            self.ends.pop();
            self.give_back(node, kind, count);
        }
    }

    fn give_back(&mut self, node: u32, kind: usize, count: u32) {
        let free = &mut self.free[node as usize];
        *free = free
            .checked_add(amount_of(kind, count))
            .expect("invariant: a node is not that large");
    }
}

fn amount_of(kind: usize, count: u32) -> Resources {
    TYPES[kind]
        .checked_mul(u64::from(count))
        .expect("invariant: a node is not that large")
}
