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
