//! Answers of our engine compared with brute force: a fast wrong answer is worthless.
//!
//! Owns what "the same answer" is. Where brute force takes longer than its budget over a whole
//! search, the start that was found is proved by brute force, and starts before it are sampled.

use std::time::{Duration, Instant};

use openpex_aggregates::capacity::{MAX_FREE_STEPS, Pool};

use crate::engines::naive::Naive;
use crate::engines::{Ask, ours};
use crate::numbers::Numbers;
use crate::sites::{DAY, Site, three};
use crate::timing::{Budget, shrunk};

/// Time given to the proofs of one kind of question.
pub const SPAN: Duration = Duration::from_millis(120);
/// Starts sampled before an answer.
const SAMPLES: usize = 12;

/// Runs `proof` for each question until the time is over; at least one.
fn while_time(asks: &[Ask], mut proof: impl FnMut(&Ask)) {
    let began = Instant::now();
    for ask in asks {
        proof(ask);
        if began.elapsed() > shrunk(SPAN) {
            break;
        }
    }
}

pub fn placements(pool: &Pool, naive: &Naive, asks: &[Ask]) {
    while_time(asks, |ask| {
        let placed = pool.place(ask.size, ask.count, ask.window());
        let expected = naive.place(ask);
        match (placed, expected) {
            (Ok(placement), Some(parts)) => {
                let parts = parts.into_iter();
                let expected: Vec<_> = parts
                    .map(|(node, count)| (Site::name_of(node as usize), count))
                    .collect();
                let placed: Vec<_> = placement
                    .0
                    .into_iter()
                    .map(|p| (p.node.0, p.count))
                    .collect();
                assert_eq!(placed, expected, "{ask:?}");
            }
            (Err(shortage), None) => {
                let placeable = naive.most(ask, u64::MAX);
                assert_eq!(u64::from(shortage.placeable), placeable, "{ask:?}");
            }
            (placed, expected) => panic!("{ask:?}: {placed:?} is not {expected:?}"),
        }
    });
}

pub fn most(pool: &Pool, naive: &Naive, asks: &[Ask]) {
    while_time(asks, |ask| {
        let expected = naive.most(ask, u64::from(u32::MAX));
        assert_eq!(u64::from(ours::most(pool, ask)), expected, "{ask:?}");
    });
}

/// Proves the nearest later starts, or the nearest earlier ones, within a bound for each question.
pub fn starts(pool: &Pool, naive: &Naive, asks: &[Ask], bound: impl Fn(&Ask) -> i64) {
    let mut numbers = Numbers::seeded(7);
    let mut full = true;
    while_time(asks, |ask| {
        let bound = bound(ask);
        let later = bound >= ask.from;
        let answer = if later {
            ours::later(pool, ask, bound)
        } else {
            ours::earlier(pool, ask, bound)
        };
        // Brute force from end to end while it is quick enough, samples otherwise.
        let budget = Budget::of(SPAN / 4);
        let expected = match (full, later) {
            (false, _) => None,
            (true, true) => naive.nearest_later(ask, bound, &budget).ok(),
            (true, false) => naive.nearest_earlier(ask, bound, &budget).ok(),
        };
        full = expected.is_some();
        match expected {
            Some(expected) => assert_eq!(answer, expected, "{ask:?} to {bound}"),
            None => samples(naive, ask, answer, bound, &mut numbers),
        }
    });
}

fn samples(naive: &Naive, ask: &Ask, answer: Option<i64>, bound: i64, numbers: &mut Numbers) {
    let end = answer.unwrap_or(bound);
    if let Some(at) = answer {
        assert!(
            naive.fits(&ask.moved_to(at)),
            "{ask:?} does not fit at {at}"
        );
    }
    for _ in 0..SAMPLES {
        let (low, high) = (end.min(ask.from), end.max(ask.from));
        if high - low < 2 {
            return;
        }
        let at = numbers.between(low + 1, high);
        // What is nearest is refused at every start in between, a millisecond away as well.
        for at in [at, if end > ask.from { end - 1 } else { end + 1 }] {
            assert!(
                !naive.fits(&ask.moved_to(at)),
                "{ask:?} fits at {at}, before {answer:?}"
            );
        }
    }
}

pub fn free(pool: &Pool, naive: &Naive, asks: &[Ask]) {
    while_time(asks, |ask| {
        let week = Ask {
            until: ask.from + 7 * DAY,
            ..*ask
        };
        let answer = pool.free_over(week.window());
        let steps = answer.steps.iter();
        let steps: Vec<_> = steps.map(|step| (step.from.0, three(step.free))).collect();
        let expected = naive.free_over(week.from, week.until, MAX_FREE_STEPS);
        assert!(
            steps == expected,
            "what is free from {} on differs",
            week.from
        );
    });
}
