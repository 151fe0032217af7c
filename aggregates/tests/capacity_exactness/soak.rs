//! Long sequences of operations on larger pools, from a fixed seed, compared with the oracle now
//! and then; here profiles are several pages deep.

use openpex_aggregates::capacity::{Placement, Pool};
use openpex_aggregates::{NodeName, Resources, TimeWindow, Timestamp};

use crate::oracle::{Oracle, OracleNode, three, window};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A small generator of numbers that look random (splitmix64), so that a seed says it all.
pub struct Numbers(u64);

impl Numbers {
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    pub fn between(&mut self, from: i64, until: i64) -> i64 {
        from + i64::try_from(self.below(u64::try_from(until - from).unwrap())).unwrap()
    }

    pub fn size(&mut self) -> Resources {
        let doublings = self.below(4);
        Resources {
            vcpus: 1 << doublings,
            memory_mib: 2_048 << doublings,
            disk_gib: 20,
        }
    }
}

pub fn pool_of(nodes: u64, numbers: &mut Numbers) -> Pool {
    let mut pool = Pool::new();
    for node in 0..nodes {
        let doublings = numbers.below(3);
        let capacity = Resources {
            vcpus: 16 << doublings,
            memory_mib: 65_536 << doublings,
            disk_gib: 1_000 << doublings,
        };
        pool.add_node(NodeName(format!("node-{node:04}")), capacity, true)
            .unwrap();
    }
    pool
}

struct Soak {
    pool: Pool,
    numbers: Numbers,
    live: Vec<(Placement, TimeWindow, Resources)>,
    now: i64,
    /// Windows start within so many days.
    days: i64,
    /// Most instances of a booking, and of a question.
    booked_at_once: u64,
    asked_at_once: u64,
}

impl Soak {
    fn of(nodes: u64, days: i64, booked_at_once: u64) -> Self {
        let mut numbers = Numbers::seeded(nodes);
        Self {
            pool: pool_of(nodes, &mut numbers),
            numbers,
            live: Vec::new(),
            now: 1_000 * DAY,
            days,
            booked_at_once,
            asked_at_once: 6 * nodes + 4,
        }
    }

    /// Does so many operations for each round, and asks so many questions after it.
    fn run(&mut self, rounds: usize, operations: usize, questions: usize) {
        for _ in 0..rounds {
            (0..operations * times_as_many()).for_each(|_| self.step());
            self.compare(questions);
        }
        let report = self.pool.usage_report();
        let nodes = report.nodes;
        assert!(report.boundaries <= nodes + 2 * nodes * self.live.len());
    }

    fn oracle(&self) -> Oracle {
        let nodes = self.pool.nodes().map(|node| OracleNode {
            name: node.name.clone(),
            capacity: three(node.capacity),
            in_service: node.in_service,
            booked: Vec::new(),
            sums: Vec::new(),
        });
        let mut oracle = Oracle {
            nodes: nodes.collect(),
            since: Some(self.now),
        };
        for (placement, window, size) in &self.live {
            if window.ends_at.0 > self.now {
                oracle.book(placement, *window, three(*size));
            }
        }
        oracle.nodes.iter_mut().for_each(OracleNode::sum_up);
        oracle
    }

    /// Round lengths and starts, so that many windows touch and coincide.
    fn window(&mut self) -> TimeWindow {
        let starts_at = self.now + self.numbers.between(0, self.days * 24 * 4) * HOUR / 4;
        let length = [1, 2, 4, 8, 24, 72][usize::try_from(self.numbers.below(6)).unwrap()] * HOUR;
        let uneven = if self.numbers.below(3) == 0 {
            self.numbers.between(0, MINUTE)
        } else {
            0
        };
        window(starts_at + uneven, starts_at + uneven + length)
    }

    fn step(&mut self) {
        match self.numbers.below(100) {
            0..55 => {
                let (asked, size) = (self.window(), self.numbers.size());
                let count = u32::try_from(self.numbers.below(self.booked_at_once)).unwrap() + 1;
                if let Ok(placement) = self.pool.place(size, count, asked) {
                    self.pool.book(&placement, asked, size).unwrap();
                    self.live.push((placement, asked, size));
                }
            }
            55..80 if !self.live.is_empty() => {
                let index = self.numbers.below(u64::try_from(self.live.len()).unwrap());
                let (placement, window, size) =
                    self.live.swap_remove(usize::try_from(index).unwrap());
                self.pool.release(&placement, window, size).unwrap();
            }
            80..95 if !self.live.is_empty() => {
                let index = self.numbers.below(u64::try_from(self.live.len()).unwrap());
                let (placement, window, size) = &mut self.live[usize::try_from(index).unwrap()];
                let ends_at = window.starts_at.saturating_add(window.duration_ms() / 2);
                self.pool
                    .shorten(placement, *window, *size, ends_at)
                    .unwrap();
                window.ends_at = ends_at;
            }
            98.. => {
                self.now += self.numbers.between(0, HOUR / 4);
                self.pool.forget_before(Timestamp(self.now));
                let now = Timestamp(self.now);
                self.live.retain(|(_, window, _)| window.ends_at > now);
            }
            _ => {}
        }
    }

    fn compare(&mut self, questions: usize) {
        let oracle = self.oracle();
        // What was shortened to end in the past is over, too.
        self.live
            .retain(|(_, window, _)| window.ends_at.0 > self.now);
        let live = u64::try_from(self.live.len()).unwrap();
        assert_eq!(self.pool.usage_report().live_windows, live);
        for _ in 0..questions {
            let (asked, size) = (self.window(), self.numbers.size());
            let count = u32::try_from(self.numbers.below(self.asked_at_once)).unwrap() + 1;
            let (from, until) = (asked.starts_at.0, asked.ends_at.0);
            let (units, wanted) = (three(size), u64::from(count));
            let placed = self.pool.place(size, count, asked);
            let most = oracle.most(units, from, until);
            if let Err(shortage) = &placed {
                assert_eq!(u64::from(shortage.placeable), most);
            }
            assert_eq!(placed.ok(), oracle.place(units, wanted, from, until));
            assert_eq!(
                u64::from(self.pool.most_instances(size, asked, count)),
                most.min(wanted)
            );
            self.compare_calendar(&oracle, asked);
            let length = until - from;
            let last = from + (self.days + 10) * DAY;
            let later =
                self.pool
                    .nearest_later(size, count, length, asked.starts_at, Timestamp(last));
            let ends = oracle.candidate_starts(length, true);
            let starts =
                std::iter::once(from).chain(ends.into_iter().filter(|&at| at > from && at <= last));
            let expected = oracle.nearest(units, wanted, length, starts);
            assert_eq!(later, expected.map(Timestamp));
            let first = Timestamp(self.now);
            let earlier = self
                .pool
                .nearest_earlier(size, count, length, asked.starts_at, first);
            let ends = oracle.candidate_starts(length, false);
            let starts = std::iter::once(from)
                .chain(ends.into_iter().filter(|&at| at < from && at >= first.0));
            let expected = oracle.nearest(units, wanted, length, starts);
            assert_eq!(earlier, expected.map(Timestamp));
        }
    }
    /// Some steps of a calendar, as the sum of what each node has free.
    fn compare_calendar(&mut self, oracle: &Oracle, asked: TimeWindow) {
        let calendar = self.pool.free_over(asked);
        let (first, last) = (&calendar.steps[0], calendar.steps.last().unwrap());
        assert_eq!(first.from, asked.starts_at);
        assert!(calendar.cut_off_at.is_some() || last.until == asked.ends_at);
        for _ in 0..5 {
            let steps = u64::try_from(calendar.steps.len()).unwrap();
            let step = calendar.steps[usize::try_from(self.numbers.below(steps)).unwrap()];
            for at in [step.from.0, step.until.0 - 1] {
                let mut free = [0; 3];
                for node in oracle.in_service() {
                    let used = node.max_usage(at, at + 1);
                    (0..3).for_each(|d| free[d] += node.capacity[d].saturating_sub(used[d]));
                }
                assert_eq!(three(step.free), free);
            }
        }
    }
}

/// How many times as many operations are done as `tests/run` has time for.
fn times_as_many() -> usize {
    std::env::var("OPENPEX_SOAK_TIMES").map_or(1, |times| times.parse().expect("a number"))
}

/// Most bytes a live window may take on one node that is several pages deep: two boundaries of 20
/// bytes in a profile and two changes of 24 in the timeline, each in pages that are at least a third
/// full, its end, and the share of what lies above.
const BYTES_PER_WINDOW: usize = 320;

#[test]
fn a_hundred_thousand_operations_on_a_few_nodes_agree_with_brute_force() {
    Soak::of(6, 30, 6).run(20, 5_000, 1);
}

#[test]
fn operations_on_two_hundred_busy_nodes_agree_with_brute_force() {
    Soak::of(200, 4, 40).run(4, 15_000, 3);
}

#[test]
fn operations_on_five_thousand_nodes_agree_with_brute_force() {
    Soak::of(5_000, 2, 400).run(2, 4_000, 2);
}

/// The maxima of some windows from `since` on, in a pool of one node, against the sums of all.
fn compare_maxima(
    pool: &Pool,
    live: &[(Placement, TimeWindow, Resources)],
    numbers: &mut Numbers,
    since: i64,
) {
    let node = pool.nodes().next().unwrap();
    let booked = live
        .iter()
        .map(|(_, asked, size)| (asked.starts_at.0, asked.ends_at.0, *size));
    let mut oracle = OracleNode {
        name: node.name.clone(),
        capacity: three(node.capacity),
        in_service: true,
        booked: booked
            .map(|(from, until, size)| (from, until, three(size)))
            .collect(),
        sums: Vec::new(),
    };
    oracle.sum_up();
    let profile = pool.profile(node.name).unwrap();
    for _ in 0..200 {
        let from = numbers.between(since, 365 * DAY);
        let until = from + numbers.between(1, 20 * DAY);
        let max = profile.max_usage(window(from, until));
        assert_eq!(three(max), oracle.max_usage(from, until));
    }
}

#[test]
fn memory_follows_what_is_live() {
    // All on one node: the deepest tree that so many windows make.
    let mut numbers = Numbers::seeded(2);
    let node = NodeName("only".into());
    let mut pool = Pool::new();
    let plenty = Resources {
        vcpus: 1 << 40,
        memory_mib: 1 << 40,
        disk_gib: 1 << 40,
    };
    pool.add_node(node, plenty, true).unwrap();
    let mut live = Vec::new();
    for _ in 0..50_000 {
        let starts_at = numbers.between(0, 365 * DAY);
        let asked = window(starts_at, starts_at + numbers.between(1, 10 * DAY));
        let size = numbers.size();
        let placement = pool.place(size, 1, asked).unwrap();
        pool.book(&placement, asked, size).unwrap();
        live.push((placement, asked, size));
    }
    compare_maxima(&pool, &live, &mut numbers, 0);
    let full = pool.usage_report();
    assert_eq!(full.live_windows, 50_000);
    assert!(full.bytes < BYTES_PER_WINDOW * 50_000, "{full:?}");
    // Half is released, then half of the year goes by.
    for (placement, asked, size) in live.drain(..25_000) {
        pool.release(&placement, asked, size).unwrap();
    }
    compare_maxima(&pool, &live, &mut numbers, 0);
    // The rest is made shorter bit by bit.
    for (placement, asked, size) in &mut live {
        let ends_at = asked
            .starts_at
            .saturating_add(asked.duration_ms() * 9 / 10 + 1);
        pool.shorten(placement, *asked, *size, ends_at).unwrap();
        asked.ends_at = asked.ends_at.min(ends_at);
    }
    compare_maxima(&pool, &live, &mut numbers, 0);
    let half = pool.usage_report();
    assert_eq!(half.live_windows, 25_000);
    assert!(half.boundaries <= 50_001);
    assert!(half.bytes < BYTES_PER_WINDOW * 25_000, "{half:?}");
    for day in 0..183 {
        pool.forget_before(Timestamp(day * DAY));
    }
    compare_maxima(&pool, &live, &mut numbers, 182 * DAY);
    let quarter = pool.usage_report();
    let still = live
        .iter()
        .filter(|(_, asked, _)| asked.ends_at.0 > 182 * DAY)
        .count();
    assert_eq!(quarter.live_windows, u64::try_from(still).unwrap());
    assert!(quarter.boundaries <= 2 * still + 1);
    assert!(quarter.bytes < BYTES_PER_WINDOW * still, "{quarter:?}");
    for (placement, asked, size) in live {
        pool.release(&placement, asked, size).unwrap();
    }
    assert_eq!(pool.usage_report().boundaries, 1);
}
