//! The nearest start over a timeline of tiny pages, against a try of every instant.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::placement::{Placement, PlacementPart};
use super::*;
use crate::TimeWindow;

/// Windows start in `0..WORLD`.
const WORLD: i64 = 300;

fn vcpus(vcpus: u64) -> Resources {
    Resources {
        vcpus,
        ..Resources::ZERO
    }
}

fn pool_of(nodes: usize, windows: &[(usize, i64, i64, u32)]) -> Pool {
    let mut pool = Pool::new();
    let name = |node: usize| NodeName(format!("n{node}"));
    for node in 0..nodes {
        let amount = 4 + u64::try_from(node).unwrap();
        pool.add_node(name(node), vcpus(amount), true).unwrap();
    }
    for &(node, from, length, count) in windows {
        let placement = Placement(vec![PlacementPart {
            node: name(node % nodes),
            count,
        }]);
        let window = TimeWindow::starting(Timestamp(from), length);
        // What does not fit is left out: the pool is full, but not beyond.
        let _ = pool.book(&placement, window, vcpus(1));
    }
    pool
}

/// The nearest starts that a pool finds, and those that a try of every instant does.
fn nearest(
    pool: &Pool,
    (size, count, length, from): (u64, u32, i64, i64),
) -> [[Option<Timestamp>; 2]; 2] {
    let (size, from_at) = (vcpus(size), Timestamp(from));
    let fits = |at: &i64| {
        let window = TimeWindow::starting(Timestamp(*at), length);
        pool.most_instances(size, window, count) == count
    };
    let later = pool.nearest_later(size, count, length, from_at, Timestamp(600));
    let earlier = pool.nearest_earlier(size, count, length, from_at, Timestamp(-400));
    [
        [later, (from..=600).find(fits).map(Timestamp)],
        [earlier, (-400..=from).rev().find(fits).map(Timestamp)],
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// What is remembered of one question is still true for the next one, whatever was booked,
    /// released, forgotten or changed between them.
    #[test]
    fn the_nearest_start_stays_right_while_the_pool_changes(
        nodes in 2usize..6,
        windows in vec((0usize..6, 0..WORLD, prop_oneof![3 => 1i64..12, 1 => 1i64..150], 1u32..5), 40..250),
        changes in vec(
            ((any::<usize>(), 0u8..40), (1u64..4, 1u32..24, prop_oneof![1i64..10, 1i64..200], -5..WORLD)),
            1..40,
        ),
    ) {
        let mut pool = pool_of(nodes, &[]);
        let name = |node: usize| NodeName(format!("n{node}"));
        let mut booked = Vec::new();
        let mut since = i64::MIN;
        for (index, &((which, what), asked)) in changes.iter().enumerate() {
            for &(node, from, length, count) in windows.iter().skip(index * 7).take(7) {
                let parts = vec![PlacementPart { node: name(node % nodes), count }];
                let window = TimeWindow::starting(Timestamp(from.max(since)), length);
                if pool.book(&Placement(parts.clone()), window, vcpus(1)).is_ok() {
                    booked.push((Placement(parts), window));
                }
            }
            match what {
                0 => pool.set_capacity(&name(which % nodes), vcpus(u64::try_from(which % 12).unwrap())).unwrap(),
                1 => pool.set_in_service(&name(which % nodes), which % 3 > 0).unwrap(),
                2 if index > 20 => {
                    since = since.max(i64::try_from(which % 50).unwrap());
                    pool.forget_before(Timestamp(since));
                }
                3..20 if !booked.is_empty() => {
                    let (placement, window) = booked.swap_remove(which % booked.len());
                    pool.release(&placement, window, vcpus(1)).unwrap();
                }
                20..26 if !booked.is_empty() => {
                    let at = which % booked.len();
                    let (placement, window) = booked[at].clone();
                    let ends_at = Timestamp(window.ends_at.0 - 1);
                    pool.shorten(&placement, window, vcpus(1), ends_at).unwrap();
                    if ends_at <= window.starts_at {
                        booked.swap_remove(at);
                    } else {
                        booked[at].1.ends_at = ends_at;
                    }
                }
                _ => {}
            }
            let (size, count, length, from) = asked;
            for [found, expected] in nearest(&pool, (size, count, length, from.max(since))) {
                if since == i64::MIN {
                    prop_assert_eq!(found, expected);
                } else {
                    // Starts that are forgotten do not count.
                    prop_assert_eq!(found, expected.filter(|at| at.0 >= since));
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_nearest_start_is_the_first_of_all_that_fit(
        nodes in 1usize..6,
        windows in vec((0usize..6, 0..WORLD, prop_oneof![3 => 1i64..12, 1 => 1i64..150], 1u32..5), 0..250),
        asked in vec((1u64..4, 1u32..24, prop_oneof![1i64..10, 1i64..200], -5..WORLD), 12),
    ) {
        let pool = pool_of(nodes, &windows);
        for (size, count, length, from) in asked {
            let size = vcpus(size);
            let fits = |at: &i64| {
                let window = TimeWindow::starting(Timestamp(*at), length);
                pool.most_instances(size, window, count) == count
            };
            let later = pool.nearest_later(size, count, length, Timestamp(from), Timestamp(600));
            prop_assert_eq!(later, (from..=600).find(fits).map(Timestamp));
            let earlier = pool.nearest_earlier(size, count, length, Timestamp(from), Timestamp(-400));
            prop_assert_eq!(earlier, (-400..=from).rev().find(fits).map(Timestamp));
        }
    }
}

#[test]
fn an_earlier_start_is_looked_for_no_further_back_than_the_pool_knows() {
    const SINCE: i64 = 10;
    const FULL_FROM: i64 = 14;
    let nodes = 6;
    let full = |node: usize| (node, FULL_FROM, WORLD, 4 + u32::try_from(node).unwrap());
    let windows: Vec<_> = (0..nodes).map(full).collect();
    let mut pool = pool_of(nodes, &windows);
    pool.forget_before(Timestamp(SINCE));
    let room = 4 + 5 + 6 + 7 + 8 + 9;
    for length in 1..8 {
        for count in 1..=room {
            let (not_after, not_before) = (Timestamp(200), Timestamp(i64::MIN));
            let found = pool.nearest_earlier(vcpus(1), count, length, not_after, not_before);
            let last = FULL_FROM - length;
            let expected = (last >= SINCE).then_some(Timestamp(last));
            assert_eq!(found, expected, "{count} for {length} ms");
        }
    }
}
