//! The timeline in tiny pages, against the profiles it is made of.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::amounts::{amounts_of, larger, resources_of, shifted, smaller};
use super::columns;
use super::tree::Page;
use super::*;
use crate::{Resources, TimeWindow, Timestamp};

/// Instants of the world: `0..WORLD`.
const WORLD: i64 = 120;

#[derive(Clone, Debug)]
enum Op {
    Add {
        node: usize,
        from: i64,
        length: i64,
        vcpus: u64,
    },
    Remove {
        which: usize,
    },
    Forget {
        at: i64,
    },
    InsertNode {
        index: usize,
    },
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        40 => (0usize..9, 0..WORLD, prop_oneof![1i64..6, 1i64..120], 1u64..4)
            .prop_map(|(node, from, length, vcpus)| Op::Add { node, from, length, vcpus }),
        30 => any::<usize>().prop_map(|which| Op::Remove { which }),
        1 => (0..WORLD).prop_map(|at| Op::Forget { at }),
        1 => (0usize..9).prop_map(|index| Op::InsertNode { index }),
    ]
}

struct World {
    timeline: Timeline,
    profiles: Vec<Profile>,
    windows: Vec<(usize, TimeWindow, Resources)>,
    since: i64,
}

impl World {
    fn new(nodes: usize) -> Self {
        let mut timeline = Timeline::known_since(i64::MIN);
        (0..nodes).for_each(|_| timeline.insert_node(0));
        Self {
            timeline,
            profiles: vec![Profile::new(); nodes],
            windows: Vec::new(),
            since: i64::MIN,
        }
    }

    fn addition(&self, node: usize, window: TimeWindow, usage: Resources) -> Addition<'_> {
        Addition {
            from: window.starts_at.0,
            until: window.ends_at.0,
            node,
            by: amounts_of(usage).unwrap(),
            profile: &self.profiles[node],
        }
    }

    fn apply(&mut self, op: &Op) {
        match *op {
            Op::Add {
                node,
                from,
                length,
                vcpus,
            } => {
                let node = node % self.profiles.len();
                let window = TimeWindow::starting(Timestamp(from), length);
                let usage = Resources {
                    vcpus,
                    memory_mib: 1,
                    disk_gib: 0,
                };
                self.profiles[node].add(window, usage).unwrap();
                let mut timeline = self.timeline.clone();
                timeline.add(&self.addition(node, window, usage));
                self.timeline = timeline;
                self.windows.push((node, window, usage));
            }
            Op::Remove { which } if !self.windows.is_empty() => {
                let which = which % self.windows.len();
                let (node, window, usage) = self.windows.swap_remove(which);
                self.profiles[node].remove(window, usage).unwrap();
                let mut timeline = self.timeline.clone();
                timeline.take(&self.addition(node, window, usage));
                self.timeline = timeline;
            }
            Op::Remove { .. } => {}
            Op::Forget { at } if at > self.since => {
                self.since = at;
                let changing = self.timeline.changing_before(at);
                for (node, profile) in self.profiles.iter_mut().enumerate() {
                    let (_, next) = profile.step_at(Timestamp(self.timeline.root.first()));
                    if changing
                        .as_ref()
                        .is_some_and(|nodes| !nodes.contains(&node))
                    {
                        assert!(next.is_none_or(|next| next.0 > at), "said not to change");
                    }
                    profile.forget_before(Timestamp(at));
                }
                let profiles = &self.profiles;
                self.timeline
                    .forget_before(at, changing.as_deref(), |node| &profiles[node]);
            }
            Op::Forget { .. } => {}
            Op::InsertNode { index } => {
                let index = index % (self.profiles.len() + 1);
                self.timeline.insert_node(index);
                self.profiles
                    .insert(index, Profile::known_since(Timestamp(self.since)));
                for (node, ..) in &mut self.windows {
                    *node += usize::from(*node >= index);
                }
            }
        }
    }

    fn usage_at(&self, at: i64) -> Column {
        let usage = |profile: &Profile| amounts_of(profile.step_at(Timestamp(at)).0).unwrap();
        self.profiles.iter().map(usage).collect()
    }

    fn check(&self) {
        check_below(&self.timeline.root, None, self.timeline.nodes);
        let first = self.since.max(-1);
        for at in first..=WORLD {
            let walk = self.timeline.view().walk_from(at);
            assert_eq!(walk.usage, self.usage_at(at), "at {at}");
            let walk = self.timeline.mirrored().walk_from(!at);
            assert_eq!(walk.usage, self.usage_at(at), "mirrored at {at}");
        }
        self.check_maxima(first);
        self.check_walks(first);
    }

    fn check_maxima(&self, first: i64) {
        for from in (first..WORLD).step_by(7) {
            for until in (from + 1..=WORLD + 2).step_by(11) {
                let window = TimeWindow {
                    starts_at: Timestamp(from),
                    ends_at: Timestamp(until),
                };
                let of = |profile: &Profile| amounts_of(profile.max_usage(window)).unwrap();
                let expected: Column = self.profiles.iter().map(of).collect();
                assert_eq!(self.timeline.view().max_over(from, until), expected);
                assert_eq!(self.timeline.mirrored().max_over(-until, -from), expected);
            }
        }
    }

    /// Going through all changes meets the usage of every instant, in both directions.
    fn check_walks(&self, first: i64) {
        let (mut at, end) = (first, WORLD + 300);
        while at < end {
            let mut walk = self.timeline.view().walk_from(at);
            assert_eq!(walk.usage, self.usage_at(at));
            while let Some((at, node)) = walk.step() {
                assert_eq!(walk.usage[node], self.usage_at(at)[node]);
            }
            at = walk.end;
        }
        let mut at = !end;
        while at < -first {
            let mut walk = self.timeline.mirrored().walk_from(at);
            while let Some((at, node)) = walk.step() {
                assert_eq!(walk.usage[node], self.usage_at(!at)[node]);
            }
            at = walk.end;
        }
    }

    /// Stretches follow each other, and are as the profiles are; pages are as what is in them.
    fn check_stretches(&self) {
        let first = self.since.max(-1);
        for at in (first..WORLD).step_by(17) {
            for mirrored in [false, true] {
                let (view, at) = if mirrored {
                    (self.timeline.mirrored(), !at)
                } else {
                    (self.timeline.view(), at)
                };
                let mut stretches = view.stretches_from(at);
                let (mut begins, mut ends) = self.check_part(&stretches.part(), mirrored);
                assert!(begins <= at && at < ends);
                while stretches.advance(|part| {
                    assert_eq!(part.begins, ends, "nothing lies between");
                    self.check_part(part, mirrored);
                    false
                }) {
                    (begins, ends) = self.check_part(&stretches.part(), mirrored);
                    assert!(begins < ends && stretches.part().is_stretch());
                }
                let known_until = if mirrored { -first } else { i64::MAX };
                assert!(ends >= known_until);
                self.check_left_out(view, at);
            }
        }
    }

    /// Checks the extremes of a part, and says where it is.
    fn check_part(&self, part: &Part<'_>, mirrored: bool) -> (i64, i64) {
        // Before the first of these instants and after the last one all is as it is there.
        let instants = (self.since.max(-1)..=3 * WORLD).filter(|&instant| {
            let seen = if mirrored { !instant } else { instant };
            part.begins <= seen && seen < part.ends
        });
        let usage: Vec<Column> = instants.map(|instant| self.usage_at(instant)).collect();
        if let [first, rest @ ..] = &usage[..] {
            let (mut max, mut min) = (first.clone(), first.clone());
            for usage in rest {
                raise(&mut max, usage);
                columns::lower(&mut min, usage);
            }
            assert_eq!(part.most().collect::<Column>(), max);
            assert_eq!(part.least().collect::<Column>(), min);
        }
        (part.begins, part.ends)
    }

    /// Where all that is over before an instant is left out, the stretch that holds it comes next.
    fn check_left_out(&self, view: View<'_>, at: i64) {
        for later in (at..at + 3 * WORLD).step_by(23) {
            let mut stretches = view.stretches_from(at);
            if stretches.part().ends <= later && stretches.advance(|part| part.ends <= later) {
                let part = stretches.part();
                assert!(part.is_stretch() && part.begins <= later && later < part.ends);
            }
        }
    }
}

/// Checks what the tree promises of itself; returns its depth.
fn check_below(subtree: &Subtree, above: Option<&Column>, nodes: usize) -> usize {
    let own = |stored: &Column| {
        let mut own = stored.clone();
        if let Some(above) = above {
            columns::shift(&mut own, above);
        }
        own
    };
    let (max, min, depth) = match &subtree.page {
        Page::Stretch(stretch) => {
            let mut usage = own(&stretch.start);
            let (mut max, mut min) = (usage.clone(), usage.clone());
            let mut last = subtree.first;
            for change in stretch.changes.iter() {
                assert!(change.at >= last && change.at > subtree.first);
                assert_ne!(change.by, NOTHING);
                last = change.at;
                let node = change.node as usize;
                usage[node] = shifted(usage[node], change.by);
                max[node] = larger(max[node], usage[node]);
                min[node] = smaller(min[node], usage[node]);
            }
            assert_eq!(stretch.changes.iter().count(), stretch.changes.len());
            assert!(
                stretch.changes.len() < STRETCH_CHANGES_MIN.max(nodes * STRETCH_CHANGES_PER_NODE)
            );
            (max, min, 0)
        }
        Page::Inner(inner) => {
            let mut add = inner.add.clone().unwrap_or_else(|| vec![NOTHING; nodes]);
            if let Some(above) = above {
                columns::shift(&mut add, above);
            }
            let depths: Vec<usize> = inner
                .children
                .iter()
                .map(|c| check_below(c, Some(&add), nodes))
                .collect();
            assert!(depths.iter().all(|&depth| depth == depths[0]));
            assert!(inner.children.is_sorted_by(|a, b| a.first < b.first));
            assert_eq!(inner.children[0].first, subtree.first);
            let (mut max, mut min) = (vec![NOTHING; nodes], vec![[u32::MAX; 3]; nodes]);
            for child in &inner.children {
                raise(&mut max, &columns::true_values(&child.max, Some(&add)));
                columns::lower(&mut min, &columns::true_values(&child.min, Some(&add)));
            }
            (max, min, depths[0] + 1)
        }
    };
    assert_eq!((own(&subtree.max), own(&subtree.min)), (max, min));
    depth
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, ..ProptestConfig::default() })]

    #[test]
    fn the_timeline_is_as_the_profiles(nodes in 1usize..5, ops in vec(op(), 0..150)) {
        let mut world = World::new(nodes);
        for (index, op) in ops.iter().enumerate() {
            world.apply(op);
            check_below(&world.timeline.root, None, world.timeline.nodes);
            if index % 16 == 0 {
                world.check();
            }
        }
        world.check();
        world.check_stretches();
    }
}

#[test]
fn given_many_windows_when_all_are_released_then_little_is_left() {
    let mut world = World::new(3);
    for n in 0_i32..400 {
        let op = Op::Add {
            node: usize::try_from(n).unwrap() % 3,
            from: i64::from(n) * 7 % WORLD,
            length: 1 + i64::from(n) % 50,
            vcpus: 1,
        };
        world.apply(&op);
    }
    assert!(
        check_below(&world.timeline.root, None, 3) >= 3,
        "tiny pages make a deep tree"
    );
    while !world.windows.is_empty() {
        world.apply(&Op::Remove {
            which: world.windows.len() / 2,
        });
    }
    world.check();
    assert!(check_below(&world.timeline.root, None, 3) <= 1);
    let free = world.profiles.iter().all(Profile::is_unused);
    assert!(free && world.timeline.view().max_over(-5, 500) == vec![NOTHING; 3]);
}

#[test]
fn given_a_window_without_end_when_it_is_taken_back_in_parts_then_no_usage_is_lost() {
    let mut world = World::new(2);
    for n in 0..60 {
        world.apply(&Op::Add {
            node: 1,
            from: 2 * n,
            length: 1,
            vcpus: 1,
        });
    }
    let always = TimeWindow {
        starts_at: Timestamp(-9),
        ends_at: Timestamp::MAX,
    };
    let usage = Resources {
        vcpus: 5,
        memory_mib: 7,
        disk_gib: 0,
    };
    world.profiles[1].add(always, usage).unwrap();
    let mut timeline = world.timeline.clone();
    timeline.add(&world.addition(1, always, usage));
    for at in (0..WORLD).rev() {
        let window = TimeWindow::starting(Timestamp(at), 1);
        world.profiles[1].remove(window, usage).unwrap();
        timeline.take(&world.addition(1, window, usage));
    }
    world.timeline = timeline;
    world.check();
    let later = world.timeline.view().walk_from(WORLD + 1_000).usage[1];
    assert_eq!(resources_of(later), usage);
}
