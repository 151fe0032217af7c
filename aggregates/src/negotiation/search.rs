//! Search without commitment: at which starts of a range terms could be had, and for how much.
//!
//! Owns which starts are looked at: the first that fits, then the first that fits one step after
//! it, and so on. Exact: where a start is given, none between it and the step before fits. Pure;
//! holds nothing and promises nothing.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::market::PoolMarket;
use super::question::QuestionError;
use crate::capacity::{Pool, Shortage};
use crate::policy::Policy;
use crate::pricing::PricedTerms;
use crate::reservation::Reason;
use crate::terms::{Proposal, Terms, TermsError};
use crate::{MicroCredits, Resources, TimeWindow, Timestamp};

/// Most starts that one search looks at; with it the work that one question gives the writer.
pub const SEARCH_STARTS_MAX: u32 = 100;
/// Shortest step between two starts, in milliseconds.
pub const SEARCH_STEP_MIN_MS: i64 = 60_000;
/// How long the range is where its end is left out, in milliseconds.
pub const SEARCH_RANGE_DEFAULT_MS: i64 = 7 * 24 * 3_600_000;

/// The step where none is asked for and the range is short, in milliseconds.
const STEP_DEFAULT_LEAST_MS: i64 = 15 * 60_000;

/// What is searched for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchQuery {
    /// Name of an instance type.
    pub instance_type: String,
    /// How many instances, all at once.
    pub count: i64,
    /// For how long, in milliseconds.
    pub duration_ms: i64,
    /// First start; now where it is left out.
    pub from: Option<Timestamp>,
    /// Last start; [`SEARCH_RANGE_DEFAULT_MS`] after the first, or the horizon, where left out.
    pub to: Option<Timestamp>,
    /// How far after a start that fits the next is looked for, in milliseconds. Where it is left
    /// out it is 15 minutes, or as much as takes [`SEARCH_STARTS_MAX`] starts through the range.
    pub step_ms: Option<i64>,
    /// The most that it may cost.
    pub price_max: Option<MicroCredits>,
    /// Most starts in the answer.
    pub limit: Option<i64>,
}

/// A start at which what is searched for could be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PricedStart {
    /// When.
    pub starts_at: Timestamp,
    /// The list price of the whole.
    pub price: MicroCredits,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchAnswer {
    /// The site policy it was answered under.
    pub policy_version: u32,
    /// Name of the instance type.
    pub instance_type: String,
    /// How many instances.
    pub count: u32,
    /// For how long, in milliseconds.
    pub duration_ms: i64,
    /// First start of the range.
    pub from: Timestamp,
    /// Last start of the range.
    pub to: Timestamp,
    /// The step, in milliseconds.
    pub step_ms: i64,
    /// Up to where it was looked; before `to` where [`SEARCH_STARTS_MAX`] starts came first.
    pub searched_until: Timestamp,
    /// The starts, the cheapest first, of equal prices the earliest.
    pub starts: Vec<PricedStart>,
    /// Why there is none; empty where there is one.
    pub reasons: Vec<Reason>,
}

/// The starts that would do, and the most that may be asked for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchRange {
    /// The first.
    pub from: Timestamp,
    /// The last.
    pub to: Timestamp,
    /// The most that the whole may cost.
    pub price_max: Option<MicroCredits>,
}

/// What a search is of: the pool, the policy, and when it is made.
type Site<'a> = (&'a Pool, &'a Policy, Timestamp);

/// The starts of `range` at which `terms` fit at their price, the first of all and then such as lie
/// apart; at most `most` are looked at.
pub fn starts_in<'a>(
    site: Site<'a>,
    terms: &'a Terms,
    range: SearchRange,
    most: u32,
) -> impl Iterator<Item = PricedStart> + 'a {
    let apart_ms = range.to.millis_since(range.from) / i64::from(most.max(1));
    let step_ms = apart_ms.max(SEARCH_STEP_MIN_MS);
    let mut next = range.from;
    let fitting = std::iter::from_fn(move || {
        let starts_at = first_fit(site.0, terms, (next, range.to))?;
        next = starts_at.saturating_add(step_ms);
        Some(starts_at)
    });
    let most = usize::try_from(most).unwrap_or(1);
    fitting
        .take(most)
        .filter_map(move |starts_at| priced(site, terms, starts_at, range.price_max))
}

/// The start of `range` nearest to the one that `terms` ask for, at their price.
#[must_use]
pub fn nearest_start(site: Site<'_>, terms: &Terms, range: SearchRange) -> Option<PricedStart> {
    let asked = terms.window.starts_at;
    let later = first_fit(site.0, terms, (asked.max(range.from), range.to));
    let (size, count) = (terms.size, terms.instances_fixed);
    let duration_ms = terms.window.duration_ms();
    let latest = asked.min(range.to);
    let earlier = (range.from <= latest)
        .then(|| {
            let pool = site.0;
            pool.nearest_earlier(size, count, duration_ms, latest, range.from)
        })
        .flatten();
    let mut starts: Vec<Timestamp> = earlier.into_iter().chain(later).collect();
    starts.sort_by_key(|at| at.millis_since(asked).unsigned_abs());
    starts
        .into_iter()
        .find_map(|starts_at| priced(site, terms, starts_at, range.price_max))
}

fn first_fit(pool: &Pool, terms: &Terms, (from, to): (Timestamp, Timestamp)) -> Option<Timestamp> {
    let (size, count) = (terms.size, terms.instances_fixed);
    let duration_ms = terms.window.duration_ms();
    if from > to {
        return None;
    }
    pool.nearest_later(size, count, duration_ms, from, to)
}

/// The list price of `terms` at a start; `None` above `price_max`.
fn priced(
    (pool, policy, now): Site<'_>,
    terms: &Terms,
    starts_at: Timestamp,
    price_max: Option<MicroCredits>,
) -> Option<PricedStart> {
    let ask = PricedTerms::of(&terms.moved_to(starts_at), terms.instances_fixed);
    let quote = policy.pricing.quote(&ask, &PoolMarket { pool, now }).ok()?;
    let price = quote.price;
    price_max
        .is_none_or(|max| price <= max)
        .then_some(PricedStart { starts_at, price })
}

/// A question that obeys every rule.
struct Search<'a> {
    market: PoolMarket<'a>,
    policy: &'a Policy,
    size: Resources,
    count: u32,
    duration_ms: i64,
    from: Timestamp,
    to: Timestamp,
    step_ms: i64,
    price_max: Option<MicroCredits>,
    limit: usize,
}

/// Answers `query` from what `pool` has at `now`.
///
/// # Errors
/// Every rule of the question that is broken.
pub fn search(
    pool: &Pool,
    policy: &Policy,
    query: &SearchQuery,
    now: Timestamp,
) -> Result<SearchAnswer, Vec<QuestionError>> {
    let search = Search::checked(pool, policy, query, now)?;
    let mut answer = SearchAnswer {
        policy_version: policy.version,
        instance_type: query.instance_type.clone(),
        count: search.count,
        duration_ms: search.duration_ms,
        from: search.from,
        to: search.to,
        step_ms: search.step_ms,
        searched_until: search.to,
        starts: Vec::new(),
        reasons: Vec::new(),
    };
    search.run(&mut answer);
    Ok(answer)
}

impl<'a> Search<'a> {
    fn checked(
        pool: &'a Pool,
        policy: &'a Policy,
        query: &SearchQuery,
        now: Timestamp,
    ) -> Result<Self, Vec<QuestionError>> {
        let asked_from = query.from.unwrap_or(now);
        let mut errors = broken_rules(policy, query, (asked_from, now));
        let (from, horizon) = (asked_from.max(now), policy.limits.horizon_from(now));
        let week = from.saturating_add(SEARCH_RANGE_DEFAULT_MS).min(horizon);
        let to = query.to.unwrap_or_else(|| week.max(from));
        if to < asked_from {
            let from = asked_from;
            errors.push(QuestionError::RangeReversed { from, to });
        } else if to > horizon {
            let (asked, field) = (to, "to");
            let error = TermsError::StartPastHorizon { asked, horizon };
            errors.push(QuestionError::Terms { field, error });
        }
        let limit = query.limit.unwrap_or_else(|| SEARCH_STARTS_MAX.into());
        match (
            policy.size_of(&query.instance_type),
            u32::try_from(query.count),
            usize::try_from(limit),
        ) {
            (Some(size), Ok(count), Ok(limit)) if errors.is_empty() => Ok(Self {
                market: PoolMarket { pool, now },
                policy,
                size,
                count,
                duration_ms: query.duration_ms,
                from,
                to: to.max(from),
                step_ms: query.step_ms.unwrap_or_else(|| default_step(from, to)),
                price_max: query.price_max,
                limit,
            }),
            _ => Err(errors),
        }
    }

    fn window_at(&self, starts_at: Timestamp) -> TimeWindow {
        TimeWindow::starting(starts_at, self.duration_ms)
    }

    fn run(&self, answer: &mut SearchAnswer) {
        let pool = self.market.pool;
        let (mut next, mut looked_at) = (self.from, 0);
        let (mut too_dear, mut overflows) = (None::<MicroCredits>, false);
        while next <= self.to {
            if looked_at == SEARCH_STARTS_MAX {
                answer.searched_until = next;
                break;
            }
            let (size, count) = (self.size, self.count);
            let found = pool.nearest_later(size, count, self.duration_ms, next, self.to);
            let Some(starts_at) = found else {
                break;
            };
            looked_at += 1;
            next = starts_at.saturating_add(self.step_ms);
            let ask = PricedTerms {
                size,
                instances: count,
                window: self.window_at(starts_at),
            };
            match self.policy.pricing.quote(&ask, &self.market) {
                Err(_) => overflows = true,
                Ok(quote) if self.price_max.is_some_and(|max| quote.price > max) => {
                    let price = quote.price;
                    too_dear = Some(too_dear.map_or(price, |least| least.min(price)));
                }
                Ok(quote) => answer.starts.push(PricedStart {
                    starts_at,
                    price: quote.price,
                }),
            }
        }
        if answer.starts.is_empty() {
            answer.reasons = self.reasons(too_dear, overflows);
        }
        answer.starts.sort_by_key(|s| (s.price, s.starts_at));
        answer.starts.truncate(self.limit);
    }

    /// Why nothing is in the answer: its price, or what is in the way at the first start.
    fn reasons(&self, too_dear: Option<MicroCredits>, overflows: bool) -> Vec<Reason> {
        let mut reasons = Vec::new();
        if let (Some(price), Some(asked)) = (too_dear, self.price_max) {
            reasons.push(Reason::PriceShort { asked, price });
        }
        if overflows {
            reasons.push(Reason::PriceOverflow);
        }
        if !reasons.is_empty() {
            return reasons;
        }
        let (pool, now) = (self.market.pool, self.market.now);
        if let Err(never_fits) = pool.could_ever_host(self.size, self.count) {
            return vec![Reason::NeverFits { never_fits }];
        }
        let window = self.window_at(self.from);
        if let Some(shortage) = shortage(pool, (self.size, self.count), window, now) {
            reasons.push(Reason::CapacityShort { window, shortage });
        }
        reasons.push(Reason::NoStartFits {
            from: self.from,
            until: self.to,
        });
        reasons
    }
}

/// What is short for `count` instances of `size` over `window`, seen from `now`; `None` where they
/// fit. What lies before now is cut off: how much of it the pool still knows depends on when it was
/// folded, and the same question must have the same answer.
#[must_use]
pub fn shortage(
    pool: &Pool,
    (size, count): (Resources, u32),
    window: TimeWindow,
    now: Timestamp,
) -> Option<Shortage> {
    let mut shortage = pool.place(size, count, window).err()?;
    for node in &mut shortage.binding {
        node.blocked.starts_at = node.blocked.starts_at.max(now);
    }
    Some(shortage)
}

/// The step that takes the most starts through the range, in whole minutes.
fn default_step(from: Timestamp, to: Timestamp) -> i64 {
    let starts = i64::from(SEARCH_STARTS_MAX).saturating_sub(1).max(1);
    let least = to.millis_since(from).saturating_add(starts - 1) / starts;
    let minutes = least.saturating_add(SEARCH_STEP_MIN_MS - 1) / SEARCH_STEP_MIN_MS;
    minutes
        .saturating_mul(SEARCH_STEP_MIN_MS)
        .max(STEP_DEFAULT_LEAST_MS)
}

/// The rules that a question shares with a proposal, and those of its step and limit.
fn broken_rules(
    policy: &Policy,
    query: &SearchQuery,
    (asked_from, now): (Timestamp, Timestamp),
) -> Vec<QuestionError> {
    let proposal = Proposal {
        instance_type: query.instance_type.clone(),
        instances_fixed: query.count,
        starts_at: asked_from,
        duration_ms: query.duration_ms,
        ..Proposal::default()
    };
    let broken = proposal.into_terms(policy, now).err().unwrap_or_default();
    let mut errors: Vec<QuestionError> = broken
        .into_iter()
        // A search is for no template in particular.
        .filter(|error| !matches!(error, TermsError::UnknownTemplate { .. }))
        .map(|error| {
            let field = match error.field() {
                "numInstancesFixed" => "count",
                "startTime" => "from",
                other => other,
            };
            QuestionError::Terms { field, error }
        })
        .collect();
    let (min_ms, max_ms) = (SEARCH_STEP_MIN_MS, policy.limits.horizon_ms);
    if let Some(asked_ms) = query.step_ms
        && !(min_ms..=max_ms.max(min_ms)).contains(&asked_ms)
    {
        errors.push(QuestionError::StepOutOfRange {
            asked_ms,
            min_ms,
            max_ms,
        });
    }
    let max = SEARCH_STARTS_MAX;
    if let Some(asked) = query.limit.filter(|n| !(1..=max.into()).contains(n)) {
        errors.push(QuestionError::LimitOutOfRange { asked, max });
    }
    errors
}
