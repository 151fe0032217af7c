//! How full the pool is over a window, as prices ask it.

use crate::capacity::{FreeStep, Pool};
use crate::forms;
use crate::{Dimension, Resources, TimeWindow};

const PPM: u128 = forms::PPM as u128;

/// The share of the pool's capacity that is taken over `window`, in parts per million: the mean
/// over time of the nodes in service together, in the dimension that is fullest; rounded up.
///
/// A pool without capacity is full.
#[must_use]
pub fn utilisation_ppm(pool: &Pool, window: TimeWindow) -> u32 {
    let in_service = pool.nodes().filter(|node| node.in_service);
    let capacity = in_service
        .map(|node| node.capacity)
        .try_fold(Resources::ZERO, Resources::checked_add)
        .unwrap_or(Resources::ZERO);
    let steps = steps_over(pool, window);
    let share = |dimension: Dimension| {
        let has = u128::from(capacity.get(dimension));
        let (mut used, mut all) = (0_u128, 0_u128);
        for step in &steps {
            let span = u128::from(step.until.millis_since(step.from).unsigned_abs());
            let left = u128::from(step.free.get(dimension)).min(has);
            used = used.saturating_add(span.saturating_mul(has - left));
            all = all.saturating_add(span.saturating_mul(has));
        }
        if all == 0 {
            // None of a dimension that there is nothing of can be taken.
            return if capacity == Resources::ZERO { PPM } else { 0 };
        }
        // A sum of node amounts times a window is below 2^107, so the product fits.
        used.saturating_mul(PPM).div_ceil(all).min(PPM)
    };
    let fullest = Dimension::ALL.into_iter().map(share).max().unwrap_or(PPM);
    u32::try_from(fullest).unwrap_or(forms::PPM)
}

/// Everything that is free over `window`, however many steps that takes.
fn steps_over(pool: &Pool, window: TimeWindow) -> Vec<FreeStep> {
    let mut found = pool.free_over(window);
    let mut steps = found.steps;
    while let Some(starts_at) = found.cut_off_at.filter(|at| *at < window.ends_at) {
        found = pool.free_over(TimeWindow {
            starts_at,
            ..window
        });
        steps.append(&mut found.steps);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capacity::Pool;
    use crate::samples::{minute, on, pool, size};

    fn window(from: i64, until: i64) -> TimeWindow {
        TimeWindow {
            starts_at: minute(from),
            ends_at: minute(until),
        }
    }

    #[test]
    fn given_one_node_of_two_booked_for_half_the_window_when_asked_then_it_is_a_quarter() {
        let mut pool = pool(&[("n1", 2), ("n2", 2)]);
        pool.book(&on(&[("n1", 2)]), window(0, 30), size()).unwrap();
        assert_eq!(utilisation_ppm(&pool, window(0, 60)), 250_000);
        assert_eq!(utilisation_ppm(&pool, window(0, 30)), 500_000);
        assert_eq!(utilisation_ppm(&pool, window(30, 60)), 0);
        assert_eq!(utilisation_ppm(&pool, window(0, 90)), 166_667);
    }

    #[test]
    fn given_no_pool_when_asked_then_it_is_full_and_an_empty_window_takes_nothing() {
        assert_eq!(utilisation_ppm(&Pool::new(), window(0, 60)), 1_000_000);
        assert_eq!(utilisation_ppm(&pool(&[("n1", 1)]), window(5, 5)), 0);
    }
}
