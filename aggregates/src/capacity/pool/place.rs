//! Where a request fits in the window it asks for, and what stops it if it does not (paper,
//! section 3.2: the most loaded node that fits).
//!
//! Owns the order of the nodes and the evidence of a shortage; never changes the pool.
//!
//! # Design notes
//!
//! The load of a node is its largest usage inside the window as a fraction of its capacity, in the
//! dimension where that fraction is largest. Fractions are compared exactly, by
//! cross-multiplication in 64 bits; equal ones go by the node's name. The most loaded node takes
//! as many instances as fit, then the next. Since instances of one request are alike and do not
//! share room between nodes, this finds a placement whenever there is one.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::super::amounts::{Amounts, NOTHING};
use super::super::evidence::{MAX_BINDING_NODES, NeverFits, NodeShortage, Shortage};
use super::super::placement::{Placement, PlacementPart};
use super::super::timeline::{Below, Column};
use super::Pool;
use super::rooms::{Room, Size};
use crate::{Dimension, Resources, TimeWindow};

/// A fraction of a capacity; `used / 0` is more than any other fraction, unless nothing is used.
#[derive(Clone, Copy, Debug)]
struct Load {
    used: u32,
    room: u32,
}

impl Load {
    fn of(usage: Amounts, room: Amounts) -> Self {
        let mut load = Self { used: 0, room: 1 };
        for (used, room) in usage.into_iter().zip(room) {
            let other = Self { used, room };
            if used > 0 && other.compare(load) == Ordering::Greater {
                load = other;
            }
        }
        load
    }

    fn compare(self, other: Self) -> Ordering {
        let left = u64::from(self.used) * u64::from(other.room);
        let right = u64::from(other.used) * u64::from(self.room);
        left.cmp(&right)
    }
}

/// A node that hosts at least one instance; the greatest candidate is filled first.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    load: Load,
    index: usize,
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.load
            .compare(other.load)
            .then_with(|| other.index.cmp(&self.index))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

impl Pool {
    /// Finds nodes for `count` instances of `size` over the whole of `window`, most loaded first.
    /// Books nothing.
    ///
    /// # Errors
    /// [`Shortage`] exactly if the nodes in service together host fewer than `count`.
    pub fn place(
        &self,
        size: Resources,
        count: u32,
        window: TimeWindow,
    ) -> Result<Placement, Shortage> {
        let usage = self.max_usage(window);
        let needed = Size::of(size);
        let mut candidates = self.candidates(&needed, &usage);
        let mut parts = Vec::new();
        let mut missing = count;
        while missing > 0
            && let Some(candidate) = candidates.pop()
        {
            let index = candidate.index;
            let hosts = self.rooms[index].hosts(usage[index], &needed, missing);
            missing -= hosts;
            parts.push(PlacementPart {
                node: self.nodes[index].name.clone(),
                count: hosts,
            });
        }
        if missing == 0 {
            Ok(Placement(parts))
        } else {
            Err(self.shortage(size, count, window, &usage))
        }
    }

    /// The largest usage of every node inside `window`; what is forgotten is as at `since`.
    fn max_usage(&self, window: TimeWindow) -> Column {
        let (from, until) = (window.starts_at.0, window.ends_at.0);
        let known_from = from.max(self.since.0);
        let until = if from < until {
            until.max(known_from.saturating_add(1))
        } else {
            known_from
        };
        self.timeline.view().max_over(known_from, until)
    }

    /// The nodes in service that host at least one instance.
    fn candidates(&self, size: &Size, usage: &Column) -> BinaryHeap<Candidate> {
        let mut candidates = Vec::with_capacity(self.rooms.len());
        let mut below = Below::of(usage.len());
        below.compare(usage, &self.limits_for(size));
        below.each(|index| {
            candidates.push(Candidate {
                load: Load::of(usage[index], self.rooms[index].amounts),
                index,
            });
        });
        candidates.into()
    }

    /// How many instances of `size` fit over the whole of `window`, at most `at_most`.
    #[must_use]
    pub fn most_instances(&self, size: Resources, window: TimeWindow, at_most: u32) -> u32 {
        self.most_beside(&self.max_usage(window), size, at_most)
    }

    /// How many instances of each of `sizes`, were it alone, fit over the whole of `window`, at most
    /// `at_most` of each.
    #[must_use]
    pub fn most_of_each(&self, sizes: &[Resources], window: TimeWindow, at_most: u32) -> Vec<u32> {
        let usage = self.max_usage(window);
        let most_of = |size: &Resources| self.most_beside(&usage, *size, at_most);
        sizes.iter().map(most_of).collect()
    }

    fn most_beside(&self, usage: &Column, size: Resources, at_most: u32) -> u32 {
        let size = Size::of(size);
        let mut placeable = 0;
        for (room, &usage) in self.rooms.iter().zip(usage).filter(|(r, _)| r.in_service) {
            if placeable == at_most {
                break;
            }
            placeable += room.hosts(usage, &size, at_most - placeable);
        }
        placeable
    }

    /// Whether `count` instances of `size` fit when nothing is booked.
    ///
    /// # Errors
    /// [`NeverFits`] exactly if the nodes in service, empty, host fewer than `count`.
    pub fn could_ever_host(&self, size: Resources, count: u32) -> Result<(), NeverFits> {
        let needed = Size::of(size);
        let mut placeable = 0;
        for room in self.in_service() {
            placeable += room.hosts(NOTHING, &needed, count - placeable);
            if placeable == count {
                return Ok(());
            }
        }
        if placeable == count {
            Ok(())
        } else {
            Err(self.never_fits(size, count, placeable))
        }
    }

    fn never_fits(&self, size: Resources, requested: u32, placeable: u32) -> NeverFits {
        let instances_by = |dimension: Dimension| {
            self.in_service().fold(0u64, |sum, node| {
                let hosts = node
                    .capacity()
                    .get(dimension)
                    .checked_div(size.get(dimension));
                sum.saturating_add(hosts.unwrap_or(u64::MAX))
            })
        };
        let dimension = tightest(instances_by);
        let amounts = self.in_service().map(|node| node.capacity().get(dimension));
        NeverFits {
            requested,
            placeable,
            dimension,
            needed: size.get(dimension),
            largest: amounts.clone().max().unwrap_or(0),
            total: amounts.fold(0, u64::saturating_add),
            size,
        }
    }

    fn shortage(
        &self,
        size: Resources,
        requested: u32,
        window: TimeWindow,
        usage: &Column,
    ) -> Shortage {
        let needed = Size::of(size);
        let mut placeable = 0;
        let mut short: Vec<Lack> = Vec::with_capacity(self.nodes.len());
        let rooms = self.rooms.iter().zip(usage).enumerate();
        for (index, (room, &usage)) in rooms.filter(|(_, (room, _))| room.in_service) {
            let lack = Lack::of(room, index, usage, (&needed, requested - placeable));
            placeable += lack.hosts;
            short.push(lack);
        }
        let nodes_in_service =
            u32::try_from(short.len()).expect("invariant: fewer than 2^32 nodes");
        if short.len() > MAX_BINDING_NODES {
            short.select_nth_unstable_by_key(MAX_BINDING_NODES, Lack::order);
            short.truncate(MAX_BINDING_NODES);
        }
        short.sort_unstable_by_key(Lack::order);
        let binding = short
            .into_iter()
            .map(|lack| self.evidence_of(lack, size, window))
            .collect();
        Shortage {
            requested,
            placeable,
            nodes_in_service,
            binding,
        }
    }

    fn evidence_of(&self, lack: Lack, size: Resources, window: TimeWindow) -> NodeShortage {
        let node = &self.nodes[lack.index];
        let room_left = self.rooms[lack.index]
            .capacity()
            .get(lack.dimension)
            .checked_sub(lack.needed(size));
        let blocked = room_left
            .and_then(|room| {
                let ceiling = only(lack.dimension, room);
                node.profile.first_run_above(window, ceiling)
            })
            .map_or(window, |run| TimeWindow {
                starts_at: run.starts_at.max(self.since),
                ..run
            });
        NodeShortage {
            node: node.name.clone(),
            dimension: lack.dimension,
            free: u64::from(lack.free),
            needed: lack.needed(size),
            blocked,
        }
    }
}

/// What a node lacks for one more instance.
#[derive(Clone, Copy)]
struct Lack {
    index: usize,
    hosts: u32,
    dimension: Dimension,
    free: u32,
}

impl Lack {
    fn of(room: &Room, index: usize, usage: Amounts, (size, at_most): (&Size, u32)) -> Self {
        let by = |d: usize| match room.amounts[d].checked_sub(usage[d]) {
            // What is oversold binds even where the size needs nothing of it.
            None => -1,
            Some(free) => i64::from(size.times_in(d, free)),
        };
        let tightest = (1..3).fold(0, |best, d| if by(d) < by(best) { d } else { best });
        Self {
            index,
            hosts: u32::try_from(by(tightest)).map_or(0, |hosts| hosts.min(at_most)),
            dimension: Dimension::ALL[tightest],
            free: room.amounts[tightest].saturating_sub(usage[tightest]),
        }
    }

    /// What the instances that fit and one more need.
    const fn needed(&self, size: Resources) -> u64 {
        size.get(self.dimension)
            .saturating_mul(self.hosts as u64 + 1)
    }

    /// Most free first, then by name.
    const fn order(&self) -> (std::cmp::Reverse<u32>, usize) {
        (std::cmp::Reverse(self.free), self.index)
    }
}

/// The dimension with the smallest value; the first one of several.
fn tightest(value: impl Fn(Dimension) -> u64) -> Dimension {
    let [first, rest @ ..] = Dimension::ALL;
    rest.into_iter().fold(
        first,
        |best, d| if value(d) < value(best) { d } else { best },
    )
}

/// A ceiling that only one dimension can exceed.
const fn only(dimension: Dimension, ceiling: u64) -> Resources {
    let mut all = Resources {
        vcpus: u64::MAX,
        memory_mib: u64::MAX,
        disk_gib: u64::MAX,
    };
    match dimension {
        Dimension::Vcpus => all.vcpus = ceiling,
        Dimension::MemoryMib => all.memory_mib = ceiling,
        Dimension::DiskGib => all.disk_gib = ceiling,
    }
    all
}
