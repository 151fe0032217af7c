//! What a user or an auditor would notice of capacity over time, case by case.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use openpex_aggregates::capacity::{
    CapacityError, MAX_BINDING_NODES, MAX_FREE_STEPS, NodeShortage, Placement, PlacementPart, Pool,
};
use openpex_aggregates::{Dimension, NodeName, Resources, TimeWindow, Timestamp};

const DAY: i64 = 86_400_000;
const NEVER: Timestamp = Timestamp::MAX;

fn vcpus(vcpus: u64) -> Resources {
    Resources {
        vcpus,
        memory_mib: 1,
        disk_gib: 1,
    }
}

fn name(name: &str) -> NodeName {
    NodeName(name.into())
}

fn window(from: i64, until: i64) -> TimeWindow {
    TimeWindow {
        starts_at: Timestamp(from),
        ends_at: Timestamp(until),
    }
}

fn on(parts: &[(&str, u32)]) -> Placement {
    let part = |&(node, count): &(&str, u32)| PlacementPart {
        node: name(node),
        count,
    };
    Placement(parts.iter().map(part).collect())
}

/// Nodes with so many vCPUs each, and plenty of the rest.
fn pool(nodes: &[(&str, u64)]) -> Pool {
    let mut pool = Pool::new();
    for &(node, vcpus) in nodes {
        let capacity = Resources {
            vcpus,
            memory_mib: 1_000,
            disk_gib: 1_000,
        };
        pool.add_node(name(node), capacity, true).unwrap();
    }
    pool
}

fn booked(pool: &mut Pool, node: &str, from: i64, until: i64, size: u64) {
    pool.book(&on(&[(node, 1)]), window(from, until), vcpus(size))
        .unwrap();
}

fn later(pool: &Pool, size: u64, count: u32, duration: i64, from: i64, to: i64) -> Option<i64> {
    let (from, to) = (Timestamp(from), Timestamp(to));
    pool.nearest_later(vcpus(size), count, duration, from, to)
        .map(|at| at.0)
}

fn earlier(pool: &Pool, size: u64, count: u32, duration: i64, from: i64, to: i64) -> Option<i64> {
    let (from, to) = (Timestamp(from), Timestamp(to));
    pool.nearest_earlier(vcpus(size), count, duration, from, to)
        .map(|at| at.0)
}

#[test]
fn given_a_full_window_when_another_touches_it_then_both_fit() {
    // n1 (4)   [10 ==== 20)
    // asked         [20 ==== 30)   [0 = 10)
    let mut pool = pool(&[("n1", 4)]);
    booked(&mut pool, "n1", 10, 20, 4);
    assert_eq!(
        pool.place(vcpus(4), 1, window(20, 30)),
        Ok(on(&[("n1", 1)]))
    );
    assert_eq!(pool.place(vcpus(4), 1, window(0, 10)), Ok(on(&[("n1", 1)])));
    booked(&mut pool, "n1", 20, 30, 4);
    booked(&mut pool, "n1", 0, 10, 4);
    // One usage without a break: no boundary where they touch, whichever came first.
    assert_eq!(pool.usage_report().boundaries, 3);
    assert!(pool.place(vcpus(1), 1, window(19, 20)).is_err());
    assert!(pool.place(vcpus(1), 1, window(20, 21)).is_err());
}

#[test]
fn given_a_shortage_then_the_evidence_names_dimension_node_and_time() {
    let mut pool = pool(&[("n1", 4), ("n2", 2), ("n3", 9)]);
    booked(&mut pool, "n1", 5, 15, 2);
    booked(&mut pool, "n1", 15, 25, 3);
    pool.set_in_service(&name("n3"), false).unwrap();
    let shortage = pool.place(vcpus(3), 2, window(10, 20)).unwrap_err();
    assert_eq!(
        (
            shortage.requested,
            shortage.placeable,
            shortage.nodes_in_service
        ),
        (2, 0, 2)
    );
    let lack = |node: &str, free, blocked| NodeShortage {
        node: name(node),
        dimension: Dimension::Vcpus,
        free,
        needed: 3,
        blocked,
    };
    // n2 is too small at any time; n1 is short from 5 to 25, beyond the window that was asked.
    assert_eq!(
        shortage.binding,
        [lack("n2", 2, window(10, 20)), lack("n1", 1, window(5, 25))]
    );
    assert_eq!(shortage.to_string(), "0 of 2 instances fit in the window");
}

#[test]
fn given_more_short_nodes_than_an_answer_holds_then_those_with_most_room_are_named() {
    let mut pool = Pool::new();
    for node in 0..=MAX_BINDING_NODES {
        let capacity = Resources {
            vcpus: 1 + node as u64,
            memory_mib: 9,
            disk_gib: 9,
        };
        pool.add_node(NodeName(format!("n{node:02}")), capacity, true)
            .unwrap();
    }
    let shortage = pool.place(vcpus(100), 1, window(0, 1)).unwrap_err();
    assert_eq!(shortage.binding.len(), MAX_BINDING_NODES);
    assert_eq!(shortage.nodes_in_service as usize, MAX_BINDING_NODES + 1);
    let free: Vec<u64> = shortage.binding.iter().map(|lack| lack.free).collect();
    assert_eq!(
        (free[0], *free.last().unwrap()),
        (MAX_BINDING_NODES as u64 + 1, 2)
    );
}

#[test]
fn given_loaded_nodes_when_placed_then_the_most_loaded_that_fits_is_filled_first() {
    // Of 8: a uses 2, b 6, c 4. b takes one of 2, c two, a the rest.
    let mut pool = pool(&[("a", 8), ("b", 8), ("c", 8)]);
    booked(&mut pool, "a", 0, 10, 2);
    booked(&mut pool, "b", 0, 10, 6);
    booked(&mut pool, "c", 0, 10, 4);
    let asked = window(0, 10);
    assert_eq!(pool.place(vcpus(2), 1, asked), Ok(on(&[("b", 1)])));
    assert_eq!(
        pool.place(vcpus(2), 5, asked),
        Ok(on(&[("b", 1), ("c", 2), ("a", 2)]))
    );
    assert_eq!(pool.place(vcpus(3), 1, asked), Ok(on(&[("c", 1)])));
    assert_eq!(
        pool.place(vcpus(2), 6, asked),
        Ok(on(&[("b", 1), ("c", 2), ("a", 3)]))
    );
    assert_eq!(pool.place(vcpus(2), 7, asked).unwrap_err().placeable, 6);
    assert_eq!(pool.most_instances(vcpus(2), asked, 100), 6);
    assert_eq!(pool.most_instances(vcpus(2), asked, 4), 4);
}

#[test]
fn given_equal_loads_when_placed_then_the_name_decides_and_load_is_a_fraction() {
    let mut pool = pool(&[("z", 4), ("b", 8), ("a", 16)]);
    assert_eq!(pool.place(vcpus(1), 1, window(0, 10)), Ok(on(&[("a", 1)])));
    // 1/4, 2/8, 4/16 of the vCPUs: all alike.
    booked(&mut pool, "z", 0, 10, 1);
    booked(&mut pool, "b", 0, 10, 2);
    booked(&mut pool, "a", 0, 10, 4);
    assert_eq!(pool.place(vcpus(1), 1, window(0, 10)), Ok(on(&[("a", 1)])));
    // 3/8 is more than 5/16 and than 1/4.
    booked(&mut pool, "b", 0, 10, 1);
    booked(&mut pool, "a", 0, 10, 1);
    assert_eq!(pool.place(vcpus(1), 1, window(0, 10)), Ok(on(&[("b", 1)])));
    // Outside of what is booked all are empty again.
    assert_eq!(pool.place(vcpus(1), 1, window(10, 20)), Ok(on(&[("a", 1)])));
}

#[test]
fn given_a_release_when_the_nearest_later_start_is_asked_then_it_is_that_instant() {
    // n1 (4)   [0 ======== 100)      [105 === 200)
    let mut pool = pool(&[("n1", 4)]);
    booked(&mut pool, "n1", 0, 100, 3);
    booked(&mut pool, "n1", 105, 200, 3);
    assert_eq!(later(&pool, 1, 1, 50, 30, 1_000), Some(30));
    assert_eq!(later(&pool, 2, 1, 5, 30, 1_000), Some(100));
    assert_eq!(later(&pool, 2, 1, 6, 30, 1_000), Some(200));
    // The bound is inclusive.
    assert_eq!(later(&pool, 2, 1, 6, 30, 200), Some(200));
    assert_eq!(later(&pool, 2, 1, 6, 30, 199), None);
}

#[test]
fn given_a_booking_when_the_nearest_earlier_start_is_asked_then_it_ends_where_that_starts() {
    // n1 (4)   [0 === 100)     [105 ======= 200)
    let mut pool = pool(&[("n1", 4)]);
    booked(&mut pool, "n1", 0, 100, 3);
    booked(&mut pool, "n1", 105, 200, 3);
    assert_eq!(earlier(&pool, 2, 1, 5, 150, -1_000), Some(100));
    assert_eq!(earlier(&pool, 2, 1, 3, 150, -1_000), Some(102));
    assert_eq!(earlier(&pool, 2, 1, 6, 150, -1_000), Some(-6));
    assert_eq!(earlier(&pool, 2, 1, 6, 150, -6), Some(-6));
    assert_eq!(earlier(&pool, 2, 1, 6, 150, -5), None);
    assert_eq!(earlier(&pool, 2, 1, 6, 200, -5), Some(200));
}

#[test]
fn given_room_on_each_node_at_other_times_when_many_are_asked_then_all_fit_at_once() {
    // a   ####....####....      3 instances for 4 need all of them at once
    // b   ######..........
    // c   ....##..####....
    let mut pool = pool(&[("a", 1), ("b", 1), ("c", 1)]);
    booked(&mut pool, "a", 0, 4, 1);
    booked(&mut pool, "a", 8, 12, 1);
    booked(&mut pool, "b", 0, 6, 1);
    booked(&mut pool, "c", 4, 6, 1);
    booked(&mut pool, "c", 8, 12, 1);
    assert_eq!(later(&pool, 1, 3, 2, 0, 100), Some(6));
    assert_eq!(later(&pool, 1, 3, 4, 0, 100), Some(12));
    assert_eq!(later(&pool, 1, 2, 2, 0, 100), Some(6));
    assert_eq!(later(&pool, 1, 1, 4, 0, 100), Some(0));
    assert_eq!(earlier(&pool, 1, 3, 2, 11, 0), Some(6));
    assert_eq!(earlier(&pool, 1, 3, 3, 11, -50), Some(-3));
    assert_eq!(later(&pool, 1, 4, 1, 0, i64::MAX), None);
}

#[test]
fn given_a_year_full_but_for_one_gap_then_the_gap_is_found_from_both_sides() {
    let mut pool = pool(&[("n1", 4), ("n2", 4)]);
    let gap = 200 * DAY + 123;
    for day in 0..365 {
        for node in ["n1", "n2"] {
            for (size, from) in [(3, day * DAY), (1, day * DAY + 1)] {
                let until = day * DAY + DAY;
                if node == "n2" && from <= gap && gap < until {
                    booked(&mut pool, node, from, gap, size);
                    booked(&mut pool, node, gap + 77, until, size);
                } else {
                    booked(&mut pool, node, from, until, size);
                }
            }
            booked(&mut pool, node, day * DAY, day * DAY + 1, 1);
        }
    }
    assert_eq!(later(&pool, 4, 1, 77, 0, 365 * DAY - 1), Some(gap));
    assert_eq!(later(&pool, 1, 1, 78, 0, 365 * DAY - 1), None);
    assert_eq!(later(&pool, 1, 1, 78, 0, 365 * DAY), Some(365 * DAY));
    assert_eq!(earlier(&pool, 4, 1, 77, 365 * DAY - 1, 0), Some(gap));
    assert_eq!(earlier(&pool, 4, 1, 76, 365 * DAY - 1, 0), Some(gap + 1));
    assert_eq!(earlier(&pool, 1, 5, 77, 365 * DAY - 1, 0), None);
}

#[test]
fn given_a_size_beyond_every_node_then_it_is_told_why_it_never_fits() {
    let mut pool = pool(&[("n1", 4), ("n2", 6), ("n3", 64)]);
    pool.set_in_service(&name("n3"), false).unwrap();
    assert!(pool.could_ever_host(vcpus(3), 3).is_ok());
    let never = pool.could_ever_host(vcpus(3), 4).unwrap_err();
    assert_eq!((never.placeable, never.largest, never.total), (3, 6, 10));
    let never = pool.could_ever_host(vcpus(7), 1).unwrap_err();
    assert_eq!(
        (never.placeable, never.needed, never.dimension),
        (0, 7, Dimension::Vcpus)
    );
    let reason = "0 of 1 instances fit in an empty pool: \
                  each needs 7 vCPUs, the largest node has 6, all have 10";
    assert_eq!(never.to_string(), reason);
    assert_eq!(later(&pool, 7, 1, 1, 0, i64::MAX), None);
    assert_eq!(earlier(&pool, 7, 1, 1, 0, i64::MIN), None);
}

#[test]
fn given_a_booking_that_would_oversell_then_it_is_refused_whole() {
    let mut pool = pool(&[("n1", 4), ("n2", 4)]);
    booked(&mut pool, "n2", 10, 20, 2);
    let both = on(&[("n1", 3), ("n2", 3)]);
    let refused = pool.book(&both, window(5, 15), vcpus(1));
    let at = Timestamp(10);
    let dimension = Dimension::Vcpus;
    assert_eq!(
        refused,
        Err(CapacityError::Oversold {
            node: name("n2"),
            dimension,
            at
        })
    );
    assert_eq!(pool.usage_report().live_windows, 1);
    assert_eq!(pool.most_instances(vcpus(1), window(0, 30), 99), 6);
    // The fold may: the capacity was larger when it was decided. Nothing more fits there then.
    pool.force_book(&both, window(5, 15), vcpus(1)).unwrap();
    assert_eq!(pool.most_instances(vcpus(1), window(0, 30), 99), 1);
    pool.release(&both, window(5, 15), vcpus(1)).unwrap();
    assert_eq!(pool.most_instances(vcpus(1), window(0, 30), 99), 6);
}

#[test]
fn given_what_was_never_booked_when_released_then_it_is_refused() {
    let mut pool = pool(&[("n1", 4)]);
    booked(&mut pool, "n1", 10, 20, 2);
    let one = on(&[("n1", 1)]);
    let ends_at = Timestamp(25);
    let refused = pool.release(&one, window(10, 25), vcpus(2));
    assert_eq!(refused, Err(CapacityError::NoSuchWindow { ends_at }));
    let refused = pool.release(&one, window(8, 20), vcpus(2));
    let at = Timestamp(8);
    assert_eq!(
        refused,
        Err(CapacityError::NotBooked {
            node: name("n1"),
            at
        })
    );
    let unknown = pool.release(&on(&[("n1", 1), ("n9", 1)]), window(10, 20), vcpus(2));
    assert_eq!(
        unknown,
        Err(CapacityError::UnknownNode { node: name("n9") })
    );
    assert_eq!(pool.usage_report().live_windows, 1);
    let still = CapacityError::StillBooked { node: name("n1") };
    assert_eq!(pool.remove_node(&name("n1")), Err(still));
    pool.release(&one, window(10, 20), vcpus(2)).unwrap();
    pool.remove_node(&name("n1")).unwrap();
    assert!(pool.place(vcpus(1), 1, window(0, 1)).is_err());
}

#[test]
fn given_a_window_that_is_over_when_it_is_released_then_nothing_happens() {
    let mut pool = pool(&[("n1", 4)]);
    booked(&mut pool, "n1", 10, 20, 2);
    booked(&mut pool, "n1", 15, 40, 2);
    pool.forget_before(Timestamp(20));
    assert_eq!(pool.usage_report().live_windows, 1);
    pool.release(&on(&[("n1", 1)]), window(10, 20), vcpus(2))
        .unwrap();
    assert_eq!(pool.most_instances(vcpus(1), window(20, 30), 9), 2);
    pool.shorten(&on(&[("n1", 1)]), window(15, 40), vcpus(2), Timestamp(30))
        .unwrap();
    assert_eq!(pool.most_instances(vcpus(1), window(30, 40), 9), 4);
    pool.release(&on(&[("n1", 1)]), window(15, 30), vcpus(2))
        .unwrap();
    assert_eq!(pool.usage_report().boundaries, 1);
    // No start before what is known is offered.
    assert_eq!(earlier(&pool, 4, 1, 5, 100, 0), Some(100));
    assert_eq!(later(&pool, 4, 1, 5, 0, 100), Some(20));
    assert_eq!(later(&pool, 4, 1, 5, 0, 19), None);
}

#[test]
fn given_windows_that_reach_the_ends_of_time_then_nothing_overflows() {
    let mut pool = pool(&[("n1", 4)]);
    let one = on(&[("n1", 1)]);
    let always = window(i64::MIN, i64::MAX);
    pool.book(&one, always, vcpus(3)).unwrap();
    pool.book(
        &one,
        TimeWindow {
            starts_at: Timestamp(0),
            ends_at: NEVER,
        },
        vcpus(1),
    )
    .unwrap();
    assert_eq!(pool.most_instances(vcpus(1), always, 9), 0);
    assert_eq!(later(&pool, 1, 1, 1, i64::MIN, i64::MAX), Some(i64::MIN));
    assert_eq!(later(&pool, 1, 1, 1, 0, i64::MAX), None);
    assert_eq!(
        earlier(&pool, 1, 1, i64::MAX, i64::MAX, i64::MIN),
        Some(-i64::MAX)
    );
    assert_eq!(earlier(&pool, 1, 1, 10, i64::MAX, i64::MIN), Some(-10));
    assert_eq!(earlier(&pool, 2, 1, 10, i64::MAX, i64::MIN), None);
    // A window that would end after the end of time does not count as one that fits.
    pool.release(&one, always, vcpus(3)).unwrap();
    assert_eq!(
        later(&pool, 3, 1, 10, i64::MAX - 10, i64::MAX),
        Some(i64::MAX - 10)
    );
    assert_eq!(later(&pool, 3, 1, 10, i64::MAX - 9, i64::MAX), None);
    assert_eq!(pool.free_over(always).steps.len(), 2);
    pool.forget_before(NEVER);
    assert_eq!(pool.usage_report().live_windows, 0);
    let huge = Resources {
        vcpus: u64::MAX,
        memory_mib: u64::MAX,
        disk_gib: u64::MAX,
    };
    assert_eq!(pool.place(huge, u32::MAX, always).unwrap_err().placeable, 0);
    let too_large = CapacityError::TooLarge { node: name("n1") };
    assert_eq!(
        pool.force_book(&on(&[("n1", 2)]), always, huge),
        Err(too_large)
    );
}

#[test]
fn given_more_steps_than_a_calendar_holds_then_it_says_where_it_was_cut_off() {
    let mut pool = pool(&[("n1", 4)]);
    let windows = i64::try_from(MAX_FREE_STEPS).unwrap();
    for n in 0..windows {
        booked(&mut pool, "n1", 10 * n + 5, 10 * n + 10, 1);
    }
    let asked = window(0, 10 * windows);
    let first = pool.free_over(asked);
    assert_eq!(first.steps.len(), MAX_FREE_STEPS);
    let cut_off_at = first.cut_off_at.unwrap();
    assert_eq!(first.steps.last().unwrap().until, cut_off_at);
    // Asked again from there on, the rest comes, and nothing is missing in between.
    let rest = pool.free_on_node(
        &name("n1"),
        TimeWindow {
            starts_at: cut_off_at,
            ..asked
        },
    );
    let rest = rest.unwrap();
    assert_eq!((rest.steps[0].from, rest.cut_off_at), (cut_off_at, None));
    assert_eq!(first.steps.len() + rest.steps.len(), 2 * MAX_FREE_STEPS);
}

#[test]
fn given_a_placement_then_events_store_it_as_a_plain_list() {
    let placement = on(&[("n1", 2), ("n2", 1)]);
    let json = serde_json::to_string(&placement).unwrap();
    assert_eq!(json, r#"[{"node":"n1","count":2},{"node":"n2","count":1}]"#);
    assert_eq!(serde_json::from_str::<Placement>(&json).unwrap(), placement);
    let nodes: Vec<&str> = placement.nodes().map(|node| node.0.as_str()).collect();
    assert_eq!((nodes, placement.instances()), (vec!["n1", "n1", "n2"], 3));
}
