//! The same questions answered the slow and obvious way; shares no code with the engine.
//!
//! Owns the nodes of a site as plain lists and the answers in one piece. Each node has the list
//! of its windows and, made anew from it after every change, the list of what is in use from
//! each instant on at which that changes. Nearest starts are found by trying every candidate.

mod node;

use std::cmp::Ordering;

use openpex_aggregates::capacity::{
    MAX_BINDING_NODES, NeverFits, NodeShortage, Placement, PlacementPart, Shortage,
};
use openpex_aggregates::{Dimension, NodeName, Resources, TimeWindow, Timestamp};

use crate::capacity::{Capacity, Demand};
use node::OracleNode;

type Three = [u64; 3];

const fn three(of: Resources) -> Three {
    [of.vcpus, of.memory_mib, of.disk_gib]
}

/// How many of `size` there are in `room`, each dimension for itself.
fn quotients(room: Three, size: Three) -> Three {
    std::array::from_fn(|d| room[d].checked_div(size[d]).unwrap_or(u64::MAX))
}

/// How many of `size` go into `room`.
fn quotient(room: Three, size: Three) -> u64 {
    let [vcpus, memory, disk] = quotients(room, size);
    vcpus.min(memory).min(disk)
}

/// The dimension of which there is enough for the fewest; the first one of several.
fn scarcest(enough_for: Three) -> usize {
    (1..3).fold(0, |best, d| {
        if enough_for[d] < enough_for[best] {
            d
        } else {
            best
        }
    })
}

fn narrow(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Nodes, all in service, in the order of their names.
#[derive(Clone, Debug, Default)]
pub struct Oracle {
    nodes: Vec<OracleNode>,
    since: i64,
}

impl Oracle {
    /// An oracle of these nodes.
    #[must_use]
    pub fn new(nodes: &[(NodeName, Resources)]) -> Self {
        let mut nodes: Vec<OracleNode> = nodes
            .iter()
            .map(|(name, capacity)| OracleNode::new(name.clone(), three(*capacity)))
            .collect();
        nodes.sort_by(|a, b| a.name.cmp(&b.name));
        Self {
            nodes,
            since: i64::MIN,
        }
    }

    /// Whether so many fit from `from` on for `duration_ms`.
    fn fits(&self, demand: Demand, from: i64, duration_ms: i64) -> bool {
        let mut missing = u64::from(demand.count);
        for node in &self.nodes {
            missing =
                missing.saturating_sub(node.hosts(three(demand.size), from, from + duration_ms));
            if missing == 0 {
                return true;
            }
        }
        false
    }

    /// Every instant in `from..=until` at which something changes on some node, sorted.
    fn changes_between(&self, from: i64, until: i64) -> Vec<i64> {
        let mut changes: Vec<i64> = Vec::new();
        for node in &self.nodes {
            changes.extend(node.changes().filter(|at| (from..=until).contains(at)));
        }
        changes.sort_unstable();
        changes.dedup();
        changes
    }

    fn node_mut(&mut self, name: &NodeName) -> &mut OracleNode {
        let mut nodes = self.nodes.iter_mut();
        nodes
            .find(|node| node.name == *name)
            .expect("invariant: placements name nodes of the pool")
    }

    fn shortage(&self, demand: Demand, window: TimeWindow) -> Shortage {
        let size = three(demand.size);
        let mut placeable = 0;
        let mut binding = Vec::new();
        for node in &self.nodes {
            let used = node.most_used(window.starts_at.0, window.ends_at.0);
            let free: Three = std::array::from_fn(|d| node.capacity[d] - used[d]);
            let hosts = quotient(free, size);
            placeable += hosts;
            let d = scarcest(quotients(free, size));
            let needed = size[d] * (hosts + 1);
            let blocked = if needed > node.capacity[d] {
                window
            } else {
                node.first_run_above(d, node.capacity[d] - needed, window, self.since)
            };
            binding.push(NodeShortage {
                node: node.name.clone(),
                dimension: Dimension::ALL[d],
                free: free[d],
                needed,
                blocked,
            });
        }
        // Stable, so that equal ones stay in the order of their names.
        binding.sort_by_key(|lack| std::cmp::Reverse(lack.free));
        binding.truncate(MAX_BINDING_NODES);
        Shortage {
            requested: demand.count,
            placeable: narrow(placeable),
            nodes_in_service: narrow(self.nodes.len() as u64),
            binding,
        }
    }
}

/// Whether `a` is more loaded than `b`: the largest fraction of a capacity that is in use.
fn by_load((a, used_a): (&OracleNode, Three), (b, used_b): (&OracleNode, Three)) -> Ordering {
    let load = |node: &OracleNode, used: Three| {
        let fractions = (0..3).filter(|&d| used[d] > 0);
        let fractions = fractions.map(|d| (u128::from(used[d]), u128::from(node.capacity[d])));
        fractions.fold((0, 1), |most, other| {
            if other.0 * most.1 > most.0 * other.1 {
                other
            } else {
                most
            }
        })
    };
    let (a, b) = (load(a, used_a), load(b, used_b));
    (a.0 * b.1).cmp(&(b.0 * a.1))
}

impl Capacity for Oracle {
    fn forget_before(&mut self, at: Timestamp) {
        self.since = self.since.max(at.0);
        for node in &mut self.nodes {
            node.forget_windows_over_at(self.since);
        }
    }

    fn place(&self, demand: Demand, window: TimeWindow) -> Result<Placement, Shortage> {
        let (from, until) = (window.starts_at.0, window.ends_at.0);
        let used = self
            .nodes
            .iter()
            .map(|node| (node, node.most_used(from, until)));
        let mut fullest_first: Vec<(&OracleNode, Three)> = used.collect();
        // Stable, so that equal ones stay in the order of their names.
        fullest_first.sort_by(|a, b| by_load(*b, *a));
        let mut missing = u64::from(demand.count);
        let mut parts = Vec::new();
        for (node, used) in fullest_first {
            let free = std::array::from_fn(|d| node.capacity[d] - used[d]);
            let count = quotient(free, three(demand.size)).min(missing);
            if count > 0 {
                missing -= count;
                let (node, count) = (node.name.clone(), narrow(count));
                parts.push(PlacementPart { node, count });
            }
        }
        if missing == 0 {
            Ok(Placement(parts))
        } else {
            Err(self.shortage(demand, window))
        }
    }

    fn could_ever_host(&self, demand: Demand) -> Result<(), NeverFits> {
        let size = three(demand.size);
        let hosted = self.nodes.iter().map(|node| quotient(node.capacity, size));
        let placeable = hosted.sum::<u64>();
        if placeable >= u64::from(demand.count) {
            return Ok(());
        }
        let of_one = |d: usize| self.nodes.iter().map(move |node| node.capacity[d]);
        let fits = |d: usize| match size[d] {
            0 => u64::MAX,
            each => of_one(d).map(|capacity| capacity / each).sum(),
        };
        let d = scarcest([fits(0), fits(1), fits(2)]);
        Err(NeverFits {
            requested: demand.count,
            placeable: narrow(placeable),
            dimension: Dimension::ALL[d],
            needed: size[d],
            largest: of_one(d).max().unwrap_or(0),
            total: of_one(d).sum(),
            size: demand.size,
        })
    }

    fn most_instances(&self, demand: Demand, window: TimeWindow) -> u32 {
        let (from, until) = (window.starts_at.0, window.ends_at.0);
        let size = three(demand.size);
        let hosted = self.nodes.iter().map(|node| node.hosts(size, from, until));
        narrow(hosted.sum()).min(demand.count)
    }

    /// A start can only become possible where something that was in the way has ended.
    fn nearest_later(
        &self,
        demand: Demand,
        window: TimeWindow,
        latest: Timestamp,
    ) -> Option<Timestamp> {
        let first = window.starts_at.0.max(self.since);
        let changes = self.changes_between(first, latest.0);
        let mut starts = std::iter::once(first).chain(changes);
        let fits = |at: &i64| *at <= latest.0 && self.fits(demand, *at, window.duration_ms());
        starts.find(fits).map(Timestamp)
    }

    /// The mirror: a window that ends where something begins that would be in its way.
    fn nearest_earlier(
        &self,
        demand: Demand,
        window: TimeWindow,
        earliest: Timestamp,
    ) -> Option<Timestamp> {
        let (last, duration_ms) = (window.starts_at.0, window.duration_ms());
        let first = earliest.0.max(self.since);
        let ends = self.changes_between(first + duration_ms, last + duration_ms);
        let latest_first = ends.into_iter().rev().map(|end| end - duration_ms);
        let mut starts = std::iter::once(last).chain(latest_first);
        let fits = |at: &i64| *at >= first && self.fits(demand, *at, duration_ms);
        starts.find(fits).map(Timestamp)
    }

    fn book(&mut self, placement: &Placement, window: TimeWindow, size: Resources) {
        for part in &placement.0 {
            let amount = three(size).map(|each| each * u64::from(part.count));
            self.node_mut(&part.node).book(window, amount);
        }
    }

    fn shorten(
        &mut self,
        placement: &Placement,
        window: TimeWindow,
        size: Resources,
        ends_at: Timestamp,
    ) {
        for part in &placement.0 {
            let amount = three(size).map(|each| each * u64::from(part.count));
            self.node_mut(&part.node).shorten(window, amount, ends_at);
        }
    }

    fn total(&self) -> Resources {
        let sum = |d: usize| self.nodes.iter().map(|node| node.capacity[d]).sum();
        Resources {
            vcpus: sum(0),
            memory_mib: sum(1),
            disk_gib: sum(2),
        }
    }
}
