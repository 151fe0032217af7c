//! Sequences of operations on pools of one to four nodes, in a world of few instants so that
//! windows touch, coincide, and last one millisecond.

use openpex_aggregates::capacity::{Placement, PlacementPart, Pool};
use openpex_aggregates::{Dimension, NodeName, TimeWindow, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::oracle::{Oracle, OracleNode, resources, three, window};

/// All windows of the world start and end in `0..=END`.
const END: i64 = 24;

#[derive(Clone, Debug)]
enum Op {
    PlaceAndBook {
        size: [u64; 3],
        count: u32,
        from: i64,
        length: i64,
    },
    ForceBook {
        node: usize,
        size: [u64; 3],
        count: u32,
        from: i64,
        length: i64,
    },
    Release {
        booking: usize,
    },
    Shorten {
        booking: usize,
        ends_at: i64,
    },
    Forget {
        at: i64,
    },
    SetCapacity {
        node: usize,
        capacity: [u64; 3],
    },
    SetInService {
        node: usize,
        in_service: bool,
    },
}

fn size() -> impl Strategy<Value = [u64; 3]> {
    prop_oneof![
        6 => [1u64..4, 1u64..3, 1u64..3],
        1 => [0u64..2, 0u64..2, 0u64..2],
    ]
}

fn capacity() -> impl Strategy<Value = [u64; 3]> {
    prop_oneof![8 => [2u64..9, 2u64..9, 2u64..9], 1 => [0u64..3, 0u64..3, 0u64..3]]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => (size(), 1u32..5, 0..END, 1i64..9).prop_map(|(size, count, from, length)| {
            Op::PlaceAndBook { size, count, from, length }
        }),
        2 => (0usize..4, size(), 1u32..3, 0..END, 1i64..9).prop_map(
            |(node, size, count, from, length)| Op::ForceBook { node, size, count, from, length }
        ),
        3 => any::<usize>().prop_map(|booking| Op::Release { booking }),
        2 => (any::<usize>(), 0..=END).prop_map(|(booking, ends_at)| {
            Op::Shorten { booking, ends_at }
        }),
        1 => (0..END).prop_map(|at| Op::Forget { at }),
        1 => (0usize..4, capacity()).prop_map(|(node, capacity)| Op::SetCapacity { node, capacity }),
        1 => (0usize..4, any::<bool>()).prop_map(|(node, in_service)| {
            Op::SetInService { node, in_service }
        }),
    ]
}

#[derive(Clone, Debug)]
struct Question {
    size: [u64; 3],
    count: u32,
    from: i64,
    length: i64,
    bound: i64,
}

fn question() -> impl Strategy<Value = Question> {
    (size(), 0u32..9, -2..END + 2, 0i64..12, 0i64..30).prop_map(
        |(size, count, from, length, bound)| Question {
            size,
            count,
            from,
            length,
            bound,
        },
    )
}

struct World {
    pool: Pool,
    oracle: Oracle,
    bookings: Vec<(Placement, TimeWindow, [u64; 3])>,
}

fn name(node: usize) -> NodeName {
    NodeName(format!("n{node}"))
}

impl World {
    fn new(capacities: &[[u64; 3]]) -> Self {
        let mut world = Self {
            pool: Pool::new(),
            oracle: Oracle::default(),
            bookings: Vec::new(),
        };
        // In another order than that of the names.
        for (node, &capacity) in capacities.iter().enumerate().rev() {
            world
                .pool
                .add_node(name(node), resources(capacity), true)
                .unwrap();
        }
        for (node, &capacity) in capacities.iter().enumerate() {
            let node = OracleNode {
                name: name(node),
                capacity,
                in_service: true,
                booked: Vec::new(),
                sums: Vec::new(),
            };
            world.oracle.nodes.push(node);
        }
        world
    }

    fn remember(&mut self, placement: Placement, window: TimeWindow, size: [u64; 3]) {
        if window.starts_at < window.ends_at && window.ends_at > self.pool.since() {
            self.oracle.book(&placement, window, size);
            self.bookings.push((placement, window, size));
        }
    }

    fn apply(&mut self, op: &Op) {
        match *op {
            Op::PlaceAndBook {
                size,
                count,
                from,
                length,
            } => {
                let asked = window(from, (from + length).min(END));
                if let Ok(placement) = self.pool.place(resources(size), count, asked) {
                    self.pool.book(&placement, asked, resources(size)).unwrap();
                    self.remember(placement, asked, size);
                }
            }
            Op::ForceBook {
                node,
                size,
                count,
                from,
                length,
            } => {
                let node = name(node % self.oracle.nodes.len());
                let asked = window(from, (from + length).min(END));
                let placement = Placement(vec![PlacementPart { node, count }]);
                self.pool
                    .force_book(&placement, asked, resources(size))
                    .unwrap();
                self.remember(placement, asked, size);
            }
            Op::Release { booking } if !self.bookings.is_empty() => {
                let booking = booking % self.bookings.len();
                let (placement, window, size) = self.bookings.swap_remove(booking);
                self.pool
                    .release(&placement, window, resources(size))
                    .unwrap();
                self.oracle.release(&placement, window, size);
            }
            Op::Shorten { booking, ends_at } if !self.bookings.is_empty() => {
                let booking = booking % self.bookings.len();
                let (placement, old, size) = self.bookings.swap_remove(booking);
                let ends_at = Timestamp(ends_at);
                self.pool
                    .shorten(&placement, old, resources(size), ends_at)
                    .unwrap();
                let new = TimeWindow {
                    ends_at: ends_at.min(old.ends_at),
                    ..old
                };
                if old.ends_at > self.pool.since() {
                    self.oracle.release(&placement, old, size);
                    self.remember(placement, new, size);
                }
            }
            Op::Release { .. } | Op::Shorten { .. } => {}
            Op::Forget { at } => {
                self.pool.forget_before(Timestamp(at));
                self.oracle.forget_before(at);
            }
            Op::SetCapacity { node, capacity } => {
                let node = node % self.oracle.nodes.len();
                self.pool
                    .set_capacity(&name(node), resources(capacity))
                    .unwrap();
                self.oracle.nodes[node].capacity = capacity;
            }
            Op::SetInService { node, in_service } => {
                let node = node % self.oracle.nodes.len();
                self.pool.set_in_service(&name(node), in_service).unwrap();
                self.oracle.nodes[node].in_service = in_service;
            }
        }
    }

    fn since(&self) -> i64 {
        self.oracle.since.unwrap_or(i64::MIN)
    }

    fn check_placement(&self, q: &Question) {
        let (from, until) = (q.from.max(self.since()), q.from + q.length);
        let until = if q.length > 0 {
            until.max(from.saturating_add(1))
        } else {
            from
        };
        let asked = window(q.from, q.from + q.length);
        let (size, count) = (resources(q.size), u64::from(q.count));
        let most = self.oracle.most(q.size, from, until);
        assert_eq!(
            u64::from(self.pool.most_instances(size, asked, q.count)),
            most.min(count)
        );
        match self.pool.place(size, q.count, asked) {
            Ok(placement) => {
                assert_eq!(
                    Some(&placement),
                    self.oracle.place(q.size, count, from, until).as_ref()
                );
                assert_eq!(placement.instances(), q.count);
            }
            Err(shortage) => {
                assert!(most < count, "{shortage:?} although {most} fit");
                assert_eq!(u64::from(shortage.placeable), most);
                self.check_evidence(&shortage, q, (from, until));
            }
        }
    }

    fn check_evidence(
        &self,
        shortage: &openpex_aggregates::capacity::Shortage,
        q: &Question,
        (from, until): (i64, i64),
    ) {
        assert_eq!(shortage.binding.len(), self.oracle.in_service().count());
        for lack in &shortage.binding {
            let node = self
                .oracle
                .nodes
                .iter()
                .find(|node| node.name == lack.node)
                .unwrap();
            let d = Dimension::ALL
                .iter()
                .position(|&d| d == lack.dimension)
                .unwrap();
            let hosts = node.hosts(q.size, from, until);
            assert_eq!(lack.needed, q.size[d] * (hosts + 1));
            if lack.needed > node.capacity[d] {
                assert_eq!(lack.blocked, window(q.from, q.from + q.length));
                continue;
            }
            // The run is inside the window at some instant, full at each of its instants, and
            // free just outside; and nothing in the window before it is short.
            let (start, end) = (lack.blocked.starts_at.0, lack.blocked.ends_at.0);
            let short = |at: i64| node.usage_at(at)[d] > node.capacity[d] - lack.needed;
            assert!(start < until && end > from && start < end);
            assert!(start >= self.since(), "what is forgotten is not told");
            let lowest = start.max(self.since()).max(-1);
            assert!(
                (lowest..end).all(short),
                "{lack:?} is not short all the time"
            );
            assert!(start == self.since() || !short(start - 1));
            assert!(!short(end));
            assert!(!(from..start.max(from)).any(short));
        }
    }

    fn check_nearest(&self, q: &Question) {
        let (size, count) = (resources(q.size), u64::from(q.count));
        let bound = q.from + q.bound;
        let later =
            self.pool
                .nearest_later(size, q.count, q.length, Timestamp(q.from), Timestamp(bound));
        let expected = self.oracle.nearest(q.size, count, q.length, q.from..=bound);
        assert_eq!(later, expected.map(Timestamp), "later {q:?}");
        let bound = q.from - q.bound;
        let earlier =
            self.pool
                .nearest_earlier(size, q.count, q.length, Timestamp(q.from), Timestamp(bound));
        let expected = self
            .oracle
            .nearest(q.size, count, q.length, (bound..=q.from).rev());
        assert_eq!(earlier, expected.map(Timestamp), "earlier {q:?}");
    }

    fn check_ever(&self, q: &Question) {
        let mut empty = self.oracle.clone();
        empty.nodes.iter_mut().for_each(|node| node.booked.clear());
        let most = empty.most(q.size, 0, 1);
        match self.pool.could_ever_host(resources(q.size), q.count) {
            Ok(()) => assert!(most >= u64::from(q.count)),
            Err(never) => {
                assert!(most < u64::from(q.count));
                assert_eq!(u64::from(never.placeable), most);
            }
        }
    }

    fn check_calendar(&self, q: &Question) {
        let (from, until) = (q.from.max(self.since()), q.from + q.length);
        let calendar = self.pool.free_over(window(from, until));
        assert_eq!(calendar.cut_off_at, None);
        let mut at = from;
        for (index, step) in calendar.steps.iter().enumerate() {
            assert_eq!(step.from.0, at, "steps follow each other");
            assert!(index == 0 || calendar.steps[index - 1].free != step.free);
            for instant in step.from.0..step.until.0 {
                let mut free = [0; 3];
                for node in self.oracle.in_service() {
                    let used = node.usage_at(instant);
                    (0..3).for_each(|d| free[d] += node.capacity[d].saturating_sub(used[d]));
                }
                assert_eq!(three(step.free), free);
            }
            at = step.until.0;
        }
        assert!(at == until || from >= until);
    }

    /// Memory follows what is live: as many boundaries as there are changes.
    fn check_memory(&self) {
        let mut boundaries = 0;
        for node in &self.oracle.nodes {
            let first = self.since().max(-1);
            let changes =
                (first + 1..=END).filter(|&at| node.usage_at(at) != node.usage_at(at - 1));
            boundaries += 1 + changes.count();
        }
        let report = self.pool.usage_report();
        assert_eq!(report.boundaries, boundaries);
        let live = self
            .bookings
            .iter()
            .filter(|b| b.1.ends_at > self.pool.since())
            .count();
        assert_eq!(report.live_windows, u64::try_from(live).unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn every_answer_equals_brute_force(
        capacities in vec(capacity(), 1..5),
        ops in vec(op(), 0..40),
        questions in vec(question(), 8),
    ) {
        let mut world = World::new(&capacities);
        for op in &ops {
            world.apply(op);
            world.check_memory();
        }
        for q in &questions {
            world.check_placement(q);
            world.check_nearest(q);
            world.check_ever(q);
            world.check_calendar(q);
        }
    }

    #[test]
    fn the_nearest_start_is_exact_over_many_nodes_at_once(
        capacities in vec((1u64..4).prop_map(|vcpus| [vcpus, 9, 9]), 3..8),
        bookings in vec((0usize..8, 0..END, 1i64..5), 10..50),
        questions in vec((2u32..9, 1i64..4, 0..END), 8),
    ) {
        let mut world = World::new(&capacities);
        for (node, from, length) in bookings {
            let node = node % capacities.len();
            let asked = window(from, (from + length).min(END));
            let placement = Placement(vec![PlacementPart { node: name(node), count: 1 }]);
            if world.pool.book(&placement, asked, resources([1, 1, 1])).is_ok() {
                world.remember(placement, asked, [1, 1, 1]);
            }
        }
        for (count, length, from) in questions {
            world.check_nearest(&Question { size: [1, 1, 1], count, from, length, bound: 2 * END });
        }
    }

    #[test]
    fn releasing_everything_leaves_nothing(
        capacities in vec(capacity(), 1..5),
        ops in vec(op(), 0..40),
    ) {
        let mut world = World::new(&capacities);
        ops.iter().for_each(|op| world.apply(op));
        while !world.bookings.is_empty() {
            world.apply(&Op::Release { booking: 0 });
        }
        let report = world.pool.usage_report();
        prop_assert_eq!(report.live_windows, 0);
        prop_assert_eq!(report.boundaries, capacities.len());
        for node in 0..capacities.len() {
            world.pool.remove_node(&name(node)).unwrap();
        }
    }

    #[test]
    fn a_refused_booking_changes_nothing(
        capacities in vec(capacity(), 1..5),
        ops in vec(op(), 0..20),
        parts in vec((0usize..4, 1u32..4), 1..4),
        q in question(),
    ) {
        let mut world = World::new(&capacities);
        ops.iter().for_each(|op| world.apply(op));
        let parts = parts.into_iter().map(|(node, count)| {
            PlacementPart { node: name(node % capacities.len()), count }
        });
        let placement = Placement(parts.collect());
        let asked = window(q.from.max(0), (q.from + q.length).min(END));
        // What fits part by part is booked, and can be taken back; else nothing is changed.
        if world.pool.book(&placement, asked, resources(q.size)).is_ok() {
            world.pool.release(&placement, asked, resources(q.size)).unwrap();
        }
        world.check_memory();
        world.check_placement(&q);
        world.check_nearest(&q);
        world.check_calendar(&q);
    }
}
