//! The tree of a profile in tiny pages, against usage kept instant by instant.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::amounts::{EVERYTHING, amounts_of, larger, shifted, smaller};
use super::page::{PAGE_ENTRIES, Page, Subtree};
use super::*;

/// Instants of the world: `0..WORLD`.
const WORLD: usize = 160;

fn window(from: usize, until: usize) -> TimeWindow {
    let at = |instant: usize| Timestamp(i64::try_from(instant).unwrap());
    TimeWindow {
        starts_at: at(from),
        ends_at: at(until),
    }
}

fn usage(vcpus: u64, memory_mib: u64) -> Resources {
    Resources {
        vcpus,
        memory_mib,
        disk_gib: 1,
    }
}

/// Checks what the tree promises of itself; returns its depth.
fn check(root: &Subtree) -> usize {
    check_below(root, None)
}

/// `above` is what the ancestors add, if there are any.
fn check_below(subtree: &Subtree, above: Option<Amounts>) -> usize {
    let add = shifted(subtree.add, above.unwrap_or(NOTHING));
    let (mut max, mut min, mut depth) = (NOTHING, EVERYTHING, 0);
    let mut fold = |low, high| {
        max = larger(max, shifted(high, add));
        min = smaller(min, shifted(low, add));
    };
    assert!((1..PAGE_ENTRIES).contains(&subtree.page.entries()));
    match &subtree.page {
        Page::Leaf(leaf) => {
            assert!(leaf.times().is_sorted_by(|a, b| a < b));
            leaf.usage().iter().for_each(|&usage| fold(usage, usage));
        }
        Page::Inner(inner) => {
            assert!(
                above.is_some() || inner.children.len() > 1,
                "a root is not a detour"
            );
            let firsts: Vec<i64> = inner
                .children
                .iter()
                .map(|child| child.page.first())
                .collect();
            assert_eq!(firsts, inner.firsts);
            let depths: Vec<usize> = inner
                .children
                .iter()
                .map(|c| check_below(c, Some(add)))
                .collect();
            assert!(depths.iter().all(|&depth| depth == depths[0]));
            depth = depths[0] + 1;
            inner
                .children
                .iter()
                .for_each(|child| fold(child.min, child.max));
        }
    }
    let own = |extreme| shifted(extreme, above.unwrap_or(NOTHING));
    assert_eq!(
        (own(subtree.max), own(subtree.min)),
        (max, min),
        "of true usages"
    );
    depth
}

#[derive(Clone, Debug)]
enum Op {
    Add {
        from: usize,
        length: usize,
        vcpus: u64,
    },
    Remove {
        which: usize,
    },
    Forget {
        at: usize,
    },
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        30 => (0..WORLD, prop_oneof![1usize..6, 1usize..80], 1u64..4)
            .prop_map(|(from, length, vcpus)| Op::Add { from, length, vcpus }),
        20 => any::<usize>().prop_map(|which| Op::Remove { which }),
        1 => (0..WORLD).prop_map(|at| Op::Forget { at }),
    ]
}

struct World {
    profile: Profile,
    windows: Vec<(usize, usize, u64)>,
    since: usize,
}

impl World {
    fn apply(&mut self, op: &Op) {
        match *op {
            Op::Add {
                from,
                length,
                vcpus,
            } => {
                let until = (from + length).min(WORLD);
                self.profile
                    .add(window(from, until), usage(vcpus, 1))
                    .unwrap();
                self.windows.push((from, until, vcpus));
            }
            Op::Remove { which } if !self.windows.is_empty() => {
                let which = which % self.windows.len();
                let (from, until, vcpus) = self.windows.swap_remove(which);
                self.profile
                    .remove(window(from, until), usage(vcpus, 1))
                    .unwrap();
            }
            Op::Remove { .. } => {}
            Op::Forget { at } => {
                self.since = self.since.max(at);
                self.profile
                    .forget_before(Timestamp(i64::try_from(at).unwrap()));
            }
        }
    }

    fn usage_at(&self, at: usize) -> Resources {
        let at = at.max(self.since);
        let inside = self
            .windows
            .iter()
            .filter(|&&(from, until, _)| from <= at && at < until);
        inside.fold(Resources::ZERO, |sum, &(_, _, vcpus)| {
            sum.checked_add(usage(vcpus, 1)).unwrap()
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_deep_tree_keeps_its_order_and_its_extremes(ops in vec(op(), 0..200)) {
        let mut world = World { profile: Profile::new(), windows: Vec::new(), since: 0 };
        for op in &ops {
            world.apply(op);
            check(&world.profile.root);
            prop_assert_eq!(world.profile.boundaries(), world.profile.root.page.boundaries());
        }
        let steps: Vec<Resources> = (0..=WORLD).map(|at| world.usage_at(at)).collect();
        let changes = (world.since + 1..=WORLD).filter(|&at| steps[at] != steps[at - 1]).count();
        // Before anything is forgotten, the world is known to be empty before its first instant.
        let at_zero = world.profile.since < 0 && steps[0] != Resources::ZERO;
        prop_assert_eq!(world.profile.boundaries(), 1 + changes + usize::from(at_zero));
        for from in (0..WORLD).step_by(7) {
            for until in (from + 1..=WORLD).step_by(5) {
                let max = steps[from..until].iter().copied().map(|step| amounts_of(step).unwrap()).fold(NOTHING, larger);
                prop_assert_eq!(world.profile.max_usage(window(from, until)), resources_of(max));
            }
        }
        for ceiling in 0..6 {
            check_searches(&world, &steps, usage(ceiling, 2));
        }
    }
}

/// Each boundary walk against a scan of all instants.
fn check_searches(world: &World, steps: &[Resources], ceiling: Resources) {
    let ceiling = Resources {
        disk_gib: 9,
        ..ceiling
    };
    for from in (world.since..WORLD).step_by(11) {
        let until = (from + 30).min(WORLD);
        let run = world.profile.first_run_above(window(from, until), ceiling);
        let above = |at: &usize| !steps[*at].fits_in(ceiling);
        let expected = (from..until).find(above).map(|first| {
            let start = (world.since..=first)
                .rev()
                .take_while(above)
                .last()
                .unwrap();
            let end = (first..=WORLD).find(|at| !above(at)).unwrap();
            (start, end)
        });
        let expected = expected.map(|(start, end)| window(start, end));
        assert_eq!(run, expected);
    }
}

#[test]
fn given_many_windows_when_all_are_removed_then_the_tree_is_one_leaf_again() {
    let mut profile = Profile::new();
    let all: Vec<TimeWindow> = (0..1_000).map(|n| window(2 * n, 2 * n + 1)).collect();
    for &one in &all {
        profile.add(one, usage(1, 1)).unwrap();
    }
    assert!(check(&profile.root) >= 4, "tiny pages make a deep tree");
    for &one in &all {
        profile.remove(one, usage(1, 1)).unwrap();
        check(&profile.root);
    }
    assert_eq!((profile.boundaries(), check(&profile.root)), (1, 0));
    assert!(profile.is_unused());
}

#[test]
fn given_a_long_window_over_a_deep_tree_when_taken_back_in_parts_then_no_usage_is_lost() {
    // The long window is a lazy addition near the root; taking it back piece by piece leaves less
    // than nothing below that addition.
    let mut profile = Profile::new();
    for n in 0..200 {
        profile.add(window(3 * n, 3 * n + 2), usage(1, 1)).unwrap();
    }
    profile.add(window(0, 600), usage(5, 5)).unwrap();
    for n in (0..200).rev() {
        profile
            .remove(window(3 * n, 3 * n + 3), usage(5, 5))
            .unwrap();
        check(&profile.root);
        let left = profile.max_usage(window(3 * n, 600));
        assert_eq!(left, usage(1, 1), "after {n}");
    }
}

#[test]
fn given_a_window_when_more_is_removed_than_is_there_then_nothing_changes() {
    let mut profile = Profile::new();
    profile.add(window(10, 20), usage(2, 2)).unwrap();
    profile.add(window(20, 30), usage(1, 2)).unwrap();
    let refused = profile.remove(window(12, 25), usage(2, 1));
    assert_eq!(refused, Err(ProfileError::NotBooked { at: Timestamp(20) }));
    let refused = profile.remove(window(5, 12), usage(1, 1));
    assert_eq!(refused, Err(ProfileError::NotBooked { at: Timestamp(5) }));
    assert_eq!(profile.max_usage(window(0, 20)), usage(2, 2));
    assert_eq!(profile.max_usage(window(20, 40)), usage(1, 2));
    assert_eq!(profile.boundaries(), 4);
}

#[test]
fn given_usage_near_the_end_of_32_bits_when_more_is_added_then_it_is_refused() {
    let mut profile = Profile::new();
    profile
        .add(window(0, 10), usage(u64::from(u32::MAX), 1))
        .unwrap();
    assert_eq!(
        profile.add(window(9, 12), usage(1, 1)),
        Err(ProfileError::TooLarge)
    );
    profile.add(window(10, 12), usage(1, 1)).unwrap();
    assert_eq!(
        profile.max_usage(window(0, 12)),
        usage(u64::from(u32::MAX), 1)
    );
}
