//! Random histories through the whole domain, each from a seed, judged by an independent checker.
//!
//! `OPENPEX_SIM_SEEDS=10000 cargo test -p openpex-aggregates --test simulation` runs that many;
//! `OPENPEX_SIM_SEED=7` only that one. A failure prints its seed.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod checker;
mod faults;
mod rng;
mod world;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use world::World;

/// How many histories a plain `cargo test` runs.
const SEEDS_DEFAULT: u64 = 200;
/// How many kinds of events there are.
const EVENTS: usize = 37;
/// How many things happen in each before it is let run to its end.
const STEPS: usize = 250;

fn number_from(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().expect("a number"))
}

/// Runs one history to its end.
pub fn history(seed: u64) -> World {
    let mut world = World::new(seed);
    for _ in 0..STEPS {
        world.step();
    }
    let left = world.close();
    assert_eq!(left, (0, 0, 0), "something stays open for ever");
    world
}

fn run(seed: u64) -> World {
    let ran = catch_unwind(AssertUnwindSafe(|| {
        let world = history(seed);
        if let Err(wrong) = checker::check(&world.records) {
            panic!("{wrong}");
        }
        world
    }));
    ran.unwrap_or_else(|_| panic!("seed {seed} failed; run it again with OPENPEX_SIM_SEED={seed}"))
}

#[test]
fn given_random_histories_when_checked_from_outside_then_no_promise_is_broken() {
    let (first, count) = match number_from("OPENPEX_SIM_SEED") {
        Some(seed) => (seed, 1),
        None => (1, number_from("OPENPEX_SIM_SEEDS").unwrap_or(SEEDS_DEFAULT)),
    };
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut refusals: BTreeMap<String, usize> = BTreeMap::new();
    for seed in first..first + count {
        let world = run(seed);
        for (kind, times) in &world.refusals {
            *refusals.entry(kind.clone()).or_default() += times;
        }
        for record in &world.records {
            *seen.entry(record.event().to_owned()).or_default() += 1;
        }
    }
    println!("{count} histories, refused {refusals:#?}, seen {seen:#?}");
    // A simulation in which something never happens proves nothing of it.
    if count >= SEEDS_DEFAULT {
        assert_eq!(seen.len(), EVENTS, "not every event was seen: {seen:?}");
    }
}
