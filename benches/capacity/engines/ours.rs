//! The engine under test.

use openpex_aggregates::capacity::{Placement, PlacementPart, Pool};
use openpex_aggregates::{NodeName, Timestamp};

use super::{Ask, Engine, Later};
use crate::sites::{Lease, Site};
use crate::timing::{Budget, CutOff};

pub fn placement_of(lease: &Lease) -> Placement {
    Placement(
        lease
            .parts
            .iter()
            .map(|&(node, count)| PlacementPart {
                node: NodeName(Site::name_of(node as usize)),
                count,
            })
            .collect(),
    )
}

/// Books all of the site; every booking must be accepted, since no node is oversold.
pub fn pool_of(site: &Site) -> Pool {
    let mut pool = Pool::new();
    for (index, &capacity) in site.nodes.iter().enumerate() {
        pool.add_node(NodeName(Site::name_of(index)), capacity, true)
            .expect("invariant: names differ");
    }
    for lease in &site.leases {
        let window = window_of(lease);
        pool.book(&placement_of(lease), window, lease.size)
            .expect("invariant: the generator never oversells a node");
    }
    pool
}

/// Makes a pool forget what it remembers of questions: a change of its nodes does.
pub fn forget_questions(pool: &mut Pool) {
    let first = pool.nodes().next();
    let node = first.map(|node| (node.name.clone(), node.in_service));
    if let Some((name, in_service)) = node {
        pool.set_in_service(&name, in_service)
            .expect("invariant: the node is there");
    }
}

pub const fn window_of(lease: &Lease) -> openpex_aggregates::TimeWindow {
    openpex_aggregates::TimeWindow {
        starts_at: Timestamp(lease.from),
        ends_at: Timestamp(lease.until),
    }
}

pub fn later(pool: &Pool, ask: &Ask, last: i64) -> Option<i64> {
    pool.nearest_later(
        ask.size,
        ask.count,
        ask.duration(),
        Timestamp(ask.from),
        Timestamp(last),
    )
    .map(|at| at.0)
}

pub fn earlier(pool: &Pool, ask: &Ask, first: i64) -> Option<i64> {
    pool.nearest_earlier(
        ask.size,
        ask.count,
        ask.duration(),
        Timestamp(ask.from),
        Timestamp(first),
    )
    .map(|at| at.0)
}

pub fn most(pool: &Pool, ask: &Ask) -> u32 {
    pool.most_instances(ask.size, ask.window(), u32::MAX)
}

/// A decision as the negotiation makes it: place; where that fails, the nearer of the nearest later
/// and the nearest earlier start, and the placement there.
pub fn decide(pool: &Pool, ask: &Ask, (first, last): (i64, i64)) -> Option<(i64, Placement)> {
    if let Ok(placement) = pool.place(ask.size, ask.count, ask.window()) {
        return Some((ask.from, placement));
    }
    let starts = [earlier(pool, ask, first), later(pool, ask, last)];
    let at = starts
        .into_iter()
        .flatten()
        .min_by_key(|at| at.abs_diff(ask.from))?;
    let placement = pool
        .place(ask.size, ask.count, ask.moved_to(at).window())
        .expect("invariant: the nearest start fits");
    Some((at, placement))
}

impl Engine for Pool {
    fn check(&self, ask: &Ask, _: &Budget) -> Result<bool, CutOff> {
        Ok(self.place(ask.size, ask.count, ask.window()).is_ok())
    }

    fn later(&self, ask: &Ask, last: i64, _: &Budget) -> Later {
        Later::Start(later(self, ask, last))
    }
}
