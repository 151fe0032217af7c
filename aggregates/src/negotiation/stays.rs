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
    let fits: Vec<(u32, Option<NodeShortage>)> = stay
        .0
        .iter()
        .map(|part| fits_on(pool, part, size, window))
        .collect();
    if fits.iter().any(|(_, short)| short.is_some()) {
        // Those that come first stay: as many as fit up to the first that does not.
        let whole = fits.iter().take_while(|(_, short)| short.is_none()).count();
        let upto = fits.iter().take(whole.saturating_add(1));
        return Err(Shortage {
            requested: count,
            placeable: upto.fold(0, |sum, (fits, _)| sum.saturating_add(*fits)),
            nodes_in_service: nodes_in_service(pool),
            binding: fits.into_iter().filter_map(|(_, short)| short).collect(),
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

/// How many instances of `part` can stay over the whole of `window`, and why not all of them.
fn fits_on(
    pool: &Pool,
    part: &PlacementPart,
    size: Resources,
    window: TimeWindow,
) -> (u32, Option<NodeShortage>) {
    let node = pool.nodes().find(|node| *node.name == part.node);
    let (Some(node), Ok(profile)) = (node, pool.profile(&part.node)) else {
        return (part.count, None);
    };
    let capacity = node.capacity;
    let needed = size
        .checked_mul(part.count.into())
        .expect("invariant: what was placed on a node can be counted");
    let free = capacity.saturating_sub(profile.max_usage(window));
    let short = |dimension: &Dimension| needed.get(*dimension) > free.get(*dimension);
    let Some(dimension) = Dimension::ALL.into_iter().find(short) else {
        return (part.count, None);
    };
    let ceiling = capacity.saturating_sub(needed);
    let run = profile.first_run_above(window, ceiling);
    let shortage = NodeShortage {
        node: part.node.clone(),
        dimension,
        free: free.get(dimension),
        needed: needed.get(dimension),
        blocked: run.unwrap_or(window),
    };
    let fits = u32::try_from(free.count_of(size)).unwrap_or(part.count);
    (fits.min(part.count), Some(shortage))
}
