//! Pools made to be hard, with what is known of the answers by the way they are made.
//!
//! Nodes of the made pools have room for four XLARGE. Three are taken all along, so that each node
//! has one lane left, in which XLARGE and LARGE follow each other without room between them: usage
//! changes all the time and one XLARGE more never fits, except where it is said to.

use openpex_aggregates::Resources;

use crate::numbers::Numbers;
use crate::sites::{DAY, Fill, HOUR, Lease, MINUTE, Site, TYPES, Three, generate};

pub const YEAR: i64 = 366 * DAY;
/// When the only gap opens, and how long it is open on all of its nodes.
pub const GAP_AT: i64 = 200 * DAY;
pub const GAP: i64 = 6 * HOUR;
/// From the rise of one free spell to that of the next, and how long a spell lasts.
pub const CYCLE: i64 = 50 * MINUTE;
pub const SPELL: i64 = 40 * MINUTE;

const LARGE: Resources = TYPES[2];
pub const XLARGE: Resources = TYPES[3];

fn four_lanes() -> Resources {
    XLARGE.checked_mul(4).expect("invariant: small")
}

const fn lease(from: i64, until: i64, size: Resources) -> Lease {
    Lease {
        from,
        until,
        size,
        parts: Vec::new(),
    }
}

fn on(mut lease: Lease, node: usize, count: u32) -> Lease {
    lease.parts.push((node as u32, count));
    lease
}

fn site(nodes: usize, mut leases: Vec<Lease>, used_until: i64, numbers: &mut Numbers) -> Site {
    numbers.shuffle(&mut leases);
    Site {
        nodes: vec![four_lanes(); nodes],
        leases,
        used_until,
    }
}

/// Blocks the last lane over `[from, until)` with windows of about `mean` milliseconds.
fn block(
    leases: &mut Vec<Lease>,
    node: usize,
    (from, until): (i64, i64),
    mean: i64,
    numbers: &mut Numbers,
) {
    let mut at = from;
    while at < until {
        let end = (at + numbers.between(mean / 2, mean * 3 / 2 + 1)).min(until);
        let size = if leases.len().is_multiple_of(2) {
            XLARGE
        } else {
            LARGE
        };
        leases.push(on(lease(at, end, size), node, 1));
        at = end;
    }
}

/// Full for a year but for one gap, on the first `gaps` nodes at the same time: over exactly
/// `[GAP_AT, GAP_AT + GAP)` it is open on all of them.
pub fn one_gap(nodes: usize, windows: usize, gaps: usize) -> Site {
    let mut numbers = Numbers::seeded(23);
    let mut leases = Vec::with_capacity(windows);
    let mean = YEAR * nodes as i64 / windows as i64;
    for node in 0..nodes {
        leases.push(on(lease(0, YEAR, XLARGE), node, 3));
        if node < gaps {
            // Elsewhere it opens a little earlier and closes a little later than on the first.
            let (early, late) = if node == 0 {
                (0, 0)
            } else {
                (numbers.between(0, HOUR), numbers.between(0, HOUR))
            };
            block(&mut leases, node, (0, GAP_AT - early), mean, &mut numbers);
            block(
                &mut leases,
                node,
                (GAP_AT + GAP + late, YEAR),
                mean,
                &mut numbers,
            );
        } else {
            block(&mut leases, node, (0, YEAR), mean, &mut numbers);
        }
    }
    site(nodes, leases, YEAR, &mut numbers)
}

/// In each of `cycles` cycles other `free` of the nodes have room for one XLARGE for exactly
/// [`SPELL`]; all of them from the end of the last cycle on.
pub fn rise_and_fall(nodes: usize, free: usize, cycles: usize) -> Site {
    let mut numbers = Numbers::seeded(29);
    let end = cycles as i64 * CYCLE;
    let mut leases: Vec<Lease> = (0..nodes)
        .map(|node| on(lease(0, end, XLARGE), node, 3))
        .collect();
    let mut blocked_from = vec![0; nodes];
    let mut order: Vec<usize> = (0..nodes).collect();
    for cycle in 0..cycles as i64 {
        numbers.shuffle(&mut order);
        let opens = cycle * CYCLE;
        for &node in &order[..free] {
            if blocked_from[node] < opens {
                leases.push(on(lease(blocked_from[node], opens, XLARGE), node, 1));
            }
            blocked_from[node] = opens + SPELL;
        }
    }
    for (node, from) in blocked_from.into_iter().enumerate() {
        leases.push(on(lease(from, end, XLARGE), node, 1));
    }
    site(nodes, leases, end, &mut numbers)
}

/// All windows on the first of a thousand nodes, which is as large as they need and no larger; the
/// others are empty and of the usual size.
pub fn on_one_node(windows: usize) -> Site {
    let mut numbers = Numbers::seeded(31);
    let mut leases: Vec<Lease> = Vec::with_capacity(windows);
    for _ in 0..windows {
        let from = numbers.between(0, YEAR);
        let until = from + numbers.spread(HOUR, 14 * DAY);
        leases.push(on(lease(from, until, TYPES[numbers.index(4)]), 0, 1));
    }
    let mut site = site(1_000, leases, YEAR, &mut numbers);
    fit_capacities(&mut site);
    site
}

/// Windows on all of a thousand nodes that all end at the same instant.
pub fn ending_together(windows: usize) -> Site {
    let mut numbers = Numbers::seeded(37);
    let mut leases: Vec<Lease> = Vec::with_capacity(windows);
    for index in 0..windows {
        let from = numbers.between(0, YEAR - HOUR);
        leases.push(on(
            lease(from, YEAR, TYPES[numbers.index(4)]),
            index % 1_000,
            1,
        ));
    }
    let mut site = site(1_000, leases, YEAR, &mut numbers);
    fit_capacities(&mut site);
    site
}

/// A pool that is busy for a year, with up to a million windows.
pub fn busy(windows: usize) -> Site {
    generate(Fill::Busy, windows.div_ceil(1_000).max(50), windows, 41)
}

/// Makes the nodes that are used as large as the most that is in use on them.
fn fit_capacities(site: &mut Site) {
    let mut in_use: Vec<Three> = vec![[0; 3]; site.nodes.len()];
    let mut most = in_use.clone();
    for (_, node, rises, usage) in crate::engines::changes(site) {
        let sum = &mut in_use[node as usize];
        if rises {
            crate::engines::add(sum, usage);
            let most = &mut most[node as usize];
            (0..3).for_each(|d| most[d] = most[d].max(sum[d]));
        } else {
            crate::engines::subtract(sum, usage);
        }
    }
    for (capacity, [vcpus, memory_mib, disk_gib]) in site.nodes.iter_mut().zip(most) {
        if vcpus > 0 {
            *capacity = Resources {
                vcpus,
                memory_mib,
                disk_gib,
            };
        }
    }
}
