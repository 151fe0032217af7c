//! Availability: how much of the pool is free over time, firm and held apart.
//!
//! Owns the sums over steps of equal length. Each step says the worst of it: what is free in all of
//! it, what agreements alone take at their most, and what holds take on top of that. So the three
//! add up to the capacity. Pure; for the eye, since an instance needs room on a single node: how
//! many of each type fit is said beside it.

mod by_node;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use by_node::{
    AVAILABILITY_NODES_MAX, AvailableNode, NODE_CHANGES_MAX, NODE_STEPS_MAX, NodeAvailability,
    NodeAvailabilityQuery, availability_of_nodes,
};

use super::question::QuestionError;
use crate::capacity::{FreeStep, Pool};
use crate::policy::Policy;
use crate::reservation::Claim;
use crate::terms::TermsError;
use crate::{Dimension, NodeName, Resources, TimeWindow, Timestamp};

/// Most steps in one answer.
pub const AVAILABILITY_STEPS_MAX: i64 = 500;
/// Shortest step, in milliseconds.
pub const AVAILABILITY_STEP_MIN_MS: i64 = 60_000;
/// Most changes of what is free that one answer goes through, in pages of the pool's calendar; the
/// rest is cut off and said to be.
pub const AVAILABILITY_PAGES_MAX: u32 = 10;
/// Most reservations with holds that are told from what is firm; where there are more, all counts
/// as firm and the answer says so.
pub const HOLDERS_MAX: usize = 10_000;

const STEP_DEFAULT_MS: i64 = 3_600_000;
const RANGE_DEFAULT_MS: i64 = 24 * 3_600_000;

/// What is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AvailabilityQuery {
    /// From when; now where it is left out.
    pub from: Option<Timestamp>,
    /// Until when; a day later where it is left out.
    pub to: Option<Timestamp>,
    /// How long a step is, in milliseconds; an hour where it is left out.
    pub step_ms: Option<i64>,
}

/// What is free, step by step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Availability {
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// How long a step is, in milliseconds; the last may be shorter.
    pub step_ms: i64,
    /// Whether what is only held was told from what is firm.
    pub is_apart: bool,
    /// What the nodes in service have together.
    pub capacity: Resources,
    /// The steps, in order; fewer than asked for where the answer was cut off.
    pub steps: Vec<AvailableStep>,
}

/// The worst of one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvailableStep {
    /// From when until when.
    pub window: TimeWindow,
    /// The most that agreements take.
    pub firm: Resources,
    /// How much less is free because of what is only held.
    pub held: Resources,
    /// The least that is free.
    pub free: Resources,
    /// How many instances of each type fit over the whole step, at most as many as one reservation
    /// can have.
    pub instances: BTreeMap<String, u32>,
}

/// The worst of one step of one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvailableAmounts {
    /// From when until when.
    pub window: TimeWindow,
    /// The most that agreements take.
    pub firm: Resources,
    /// How much less is free because of what is only held.
    pub held: Resources,
    /// The least that is free.
    pub free: Resources,
}

/// What a reservation claims, and of that what both agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// All it claims.
    pub claims: Vec<Claim>,
    /// What of it is agreed on.
    pub agreed: Option<Claim>,
}

/// Answers `query` from what `pool` has at `now`; `holders` are the reservations that claim more
/// than they have agreed on, `None` where they are too many.
///
/// # Errors
/// Every rule of the question that is broken.
pub fn availability(
    (pool, policy): (&Pool, &Policy),
    query: AvailabilityQuery,
    holders: Option<&[Holder]>,
    now: Timestamp,
) -> Result<Availability, Vec<QuestionError>> {
    let (range, step_ms) = checked(policy, query, now)?;
    let capacity = capacity_of(pool);
    let mut worst = Worst {
        range,
        step_ms,
        least: Vec::new(),
    };
    let held = held_over_time(pool, holders.unwrap_or_default());
    let known_until = worst.go_through(pool, &held, capacity);
    let mut steps = Vec::with_capacity(worst.least.len());
    for (window, (free, free_of_firm)) in worst.windows() {
        if window.ends_at > known_until {
            break;
        }
        let most = policy.limits.instances_max;
        let sizes: Vec<Resources> = policy.types.iter().map(|t| t.size).collect();
        let names = policy.types.iter().map(|t| t.name.clone());
        steps.push(AvailableStep {
            window,
            firm: capacity.saturating_sub(free_of_firm),
            held: free_of_firm.saturating_sub(free),
            free,
            instances: names.zip(pool.most_of_each(&sizes, window, most)).collect(),
        });
    }
    Ok(Availability {
        from: range.starts_at,
        to: range.ends_at,
        step_ms,
        is_apart: holders.is_some(),
        capacity,
        steps,
    })
}

fn checked(
    policy: &Policy,
    query: AvailabilityQuery,
    now: Timestamp,
) -> Result<(TimeWindow, i64), Vec<QuestionError>> {
    let asked = query.from.unwrap_or(now);
    let grace_secs = policy.limits.start_grace_secs;
    let mut errors = Vec::new();
    if asked < now.saturating_add(-grace_secs.saturating_mul(1_000)) {
        let error = TermsError::StartInThePast {
            asked,
            now,
            grace_secs,
        };
        let field = "from";
        errors.push(QuestionError::Terms { field, error });
    }
    let from = asked.max(now);
    let to = query
        .to
        .unwrap_or_else(|| from.saturating_add(RANGE_DEFAULT_MS));
    let step_ms = query.step_ms.unwrap_or(STEP_DEFAULT_MS);
    let (min_ms, max_ms) = (AVAILABILITY_STEP_MIN_MS, policy.limits.horizon_ms);
    if !(min_ms..=max_ms.max(min_ms)).contains(&step_ms) {
        errors.push(QuestionError::StepOutOfRange {
            asked_ms: step_ms,
            min_ms,
            max_ms,
        });
    } else if to <= from {
        errors.push(QuestionError::RangeReversed { from, to });
    } else {
        let steps = (to.millis_since(from) - 1) / step_ms + 1;
        let max = AVAILABILITY_STEPS_MAX;
        if steps > max {
            errors.push(QuestionError::TooManySteps { steps, max });
        }
    }
    let range = TimeWindow {
        starts_at: from,
        ends_at: to,
    };
    if errors.is_empty() {
        Ok((range, step_ms))
    } else {
        Err(errors)
    }
}

fn capacity_of(pool: &Pool) -> Resources {
    let in_service = pool.nodes().filter(|node| node.in_service);
    in_service.fold(Resources::ZERO, |sum, node| add(sum, node.capacity))
}

/// The sum, each dimension stopping at its largest amount.
fn add(one: Resources, other: Resources) -> Resources {
    Resources {
        vcpus: one.vcpus.saturating_add(other.vcpus),
        memory_mib: one.memory_mib.saturating_add(other.memory_mib),
        disk_gib: one.disk_gib.saturating_add(other.disk_gib),
    }
}

/// By how much what is only held changes at an instant, dimension by dimension.
type Changes = BTreeMap<Timestamp, [i128; 3]>;

fn held_over_time(pool: &Pool, holders: &[Holder]) -> Changes {
    let serving: BTreeSet<&NodeName> = pool
        .nodes()
        .filter(|node| node.in_service)
        .map(|node| node.name)
        .collect();
    let mut changes = Changes::new();
    for holder in holders {
        for claim in &holder.claims {
            change(&mut changes, &serving, claim, 1);
        }
        if let Some(agreed) = &holder.agreed {
            change(&mut changes, &serving, agreed, -1);
        }
    }
    changes
}

fn change(changes: &mut Changes, serving: &BTreeSet<&NodeName>, claim: &Claim, sign: i128) {
    let on_serving = claim.placement.0.iter();
    let count: u64 = on_serving
        .filter(|part| serving.contains(&part.node))
        .fold(0, |sum, part| sum.saturating_add(part.count.into()));
    note(changes, claim, sign * i128::from(count));
}

/// So many instances of `claim` more, for as long as it lasts.
fn note(changes: &mut Changes, claim: &Claim, count: i128) {
    for (at, count) in [
        (claim.window.starts_at, count),
        (claim.window.ends_at, -count),
    ] {
        let known = changes.entry(at).or_default();
        for (known, dimension) in known.iter_mut().zip(Dimension::ALL) {
            *known += count * i128::from(claim.size.get(dimension));
        }
    }
}

/// The worst of each step: the least that is free with and without what is only held.
struct Worst {
    range: TimeWindow,
    step_ms: i64,
    least: Vec<(Resources, Resources)>,
}

impl Worst {
    /// Goes through all changes; says until when it got.
    fn go_through(&mut self, pool: &Pool, held: &Changes, capacity: Resources) -> Timestamp {
        let mut starts_at = self.range.starts_at;
        for _ in 0..AVAILABILITY_PAGES_MAX {
            let window = TimeWindow {
                starts_at,
                ..self.range
            };
            let page = pool.free_over(window);
            self.take_page(&page.steps, held, capacity);
            match page.cut_off_at {
                Some(at) => starts_at = at,
                None => return self.range.ends_at,
            }
        }
        starts_at
    }

    fn take_page(&mut self, steps: &[FreeStep], held: &Changes, capacity: Resources) {
        let Some(first) = steps.first() else {
            return;
        };
        let mut level = [0_i128; 3];
        for by in held.range(..=first.from).map(|(_, by)| by) {
            raise(&mut level, by);
        }
        let mut ahead = held
            .range((
                std::ops::Bound::Excluded(first.from),
                std::ops::Bound::Unbounded,
            ))
            .peekable();
        for step in steps {
            let mut from = step.from;
            while from < step.until {
                let until = ahead.peek().map_or(step.until, |(at, _)| **at);
                let window = TimeWindow {
                    starts_at: from,
                    ends_at: until.min(step.until),
                };
                let of_firm = add(step.free, amounts(level)).min(capacity);
                self.note(window, step.free, of_firm);
                from = window.ends_at;
                while let Some((_, by)) = ahead.next_if(|(at, _)| **at <= from) {
                    raise(&mut level, by);
                }
            }
        }
    }

    /// `free` is free over `window`, and `of_firm` were there only agreements.
    fn note(&mut self, window: TimeWindow, free: Resources, of_firm: Resources) {
        let index_of = |at: Timestamp| {
            let index = at.millis_since(self.range.starts_at) / self.step_ms;
            usize::try_from(index).unwrap_or(0)
        };
        let last = index_of(window.ends_at.saturating_add(-1));
        for index in index_of(window.starts_at)..=last {
            match self.least.get_mut(index) {
                Some((least, least_of_firm)) => {
                    *least = least.min(free);
                    *least_of_firm = least_of_firm.min(of_firm);
                }
                None => self.least.push((free, of_firm)),
            }
        }
    }

    fn windows(&self) -> impl Iterator<Item = (TimeWindow, (Resources, Resources))> {
        let range = self.range;
        let mut starts_at = range.starts_at;
        self.least.iter().map(move |least| {
            let window = TimeWindow {
                starts_at,
                ends_at: starts_at.saturating_add(self.step_ms).min(range.ends_at),
            };
            starts_at = window.ends_at;
            (window, *least)
        })
    }
}

fn raise(level: &mut [i128; 3], by: &[i128; 3]) {
    for (level, by) in level.iter_mut().zip(by) {
        *level += by;
    }
}

fn amounts(level: [i128; 3]) -> Resources {
    let [vcpus, memory_mib, disk_gib] =
        level.map(|amount| u64::try_from(amount.max(0)).unwrap_or(u64::MAX));
    Resources {
        vcpus,
        memory_mib,
        disk_gib,
    }
}
