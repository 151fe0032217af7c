//! Instances that run stay on their nodes: a change of their reservation is placed around them.

use crate::capacity::{NodeShortage, Placement, PlacementPart, Pool, Shortage};
use crate::{Dimension, Resources, TimeWindow};

/// Finds nodes for `count` instances of `size` over `window`, those of `stay` where they are.
/// The pool is left as it was.
///
/// # Errors
/// What is short: first on the nodes of those that stay, then on all.
pub(super) fn place_around(
    pool: &mut Pool,
    stay: &Placement,
    (size, count): (Resources, u32),
    window: TimeWindow,
) -> Result<Placement, Shortage> {
    let staying = stay.instances();
    if staying == 0 {
        return pool.place(size, count, window);
    }
    let short: Vec<NodeShortage> = stay
        .0
        .iter()
        .filter_map(|part| shortage_on(pool, part, size, window))
        .collect();
    if !short.is_empty() {
        let blocked: u32 = stay
            .0
            .iter()
            .filter(|part| short.iter().any(|s| s.node == part.node))
            .fold(0, |sum, part| sum.saturating_add(part.count));
        return Err(Shortage {
            requested: count,
            placeable: staying.saturating_sub(blocked),
            nodes_in_service: nodes_in_service(pool),
            binding: short,
        });
    }
    beside(pool, (stay, window, size), |pool| {
        pool.place(size, count.saturating_sub(staying), window)
    })
    .map(|rest| stay.and(&rest))
    .map_err(|shortage| Shortage {
        requested: count,
        placeable: shortage.placeable.saturating_add(staying),
        ..shortage
    })
}

/// Asks `question` of the pool while `placement` is booked besides.
pub(super) fn beside<T>(
    pool: &mut Pool,
    (placement, window, size): (&Placement, TimeWindow, Resources),
    question: impl FnOnce(&Pool) -> T,
) -> T {
    pool.force_book(placement, window, size)
        .expect("invariant: what the pool placed is on nodes it has");
    let answer = question(pool);
    pool.release(placement, window, size)
        .expect("invariant: what was just booked can be released");
    answer
}

fn nodes_in_service(pool: &Pool) -> u32 {
    let count = pool.nodes().filter(|node| node.in_service).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Why the instances of `part` cannot stay over the whole of `window`; `None` where they can.
fn shortage_on(
    pool: &Pool,
    part: &PlacementPart,
    size: Resources,
    window: TimeWindow,
) -> Option<NodeShortage> {
    let profile = pool.profile(&part.node).ok()?;
    let capacity = pool
        .nodes()
        .find(|node| *node.name == part.node)
        .map(|node| node.capacity)?;
    let needed = size.checked_mul(part.count.into())?;
    let known = TimeWindow {
        starts_at: window.starts_at.max(pool.since()),
        ..window
    };
    let free = capacity.saturating_sub(profile.max_usage(known));
    let short = |dimension: &Dimension| needed.get(*dimension) > free.get(*dimension);
    let dimension = Dimension::ALL.into_iter().find(short)?;
    let ceiling = capacity.saturating_sub(needed);
    let run = profile.first_run_above(known, ceiling);
    Some(NodeShortage {
        node: part.node.clone(),
        dimension,
        free: free.get(dimension),
        needed: needed.get(dimension),
        blocked: run.unwrap_or(window),
    })
}
