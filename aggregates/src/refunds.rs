//! What a cancelled reservation gives back, and what undelivered capacity is worth.
//!
//! Owns the schedule and its arithmetic: integers, shares in parts per million, amounts rounded
//! down to a micro-credit and never above what was paid. Must never know who is paid or why a
//! reservation ended: that is for the books.

use serde::{Deserialize, Serialize};

use crate::forms::{self, PPM};
use crate::{MicroCredits, TimeWindow, Timestamp};

#[cfg(test)]
mod tests;

/// Most steps of one schedule.
pub const REFUND_STEPS_MAX: usize = 64;
/// Longest lead time a step may name, in milliseconds: ten years of 366 days.
pub const REFUND_LEAD_MAX_MS: i64 = 10 * 366 * 86_400_000;

const HOUR_MS: i64 = 3_600_000;

/// What is given back of the price when a reservation is cancelled.
///
/// Before the start the step of the lead time holds, but never less than the unused part: before
/// the start all of the time is unused, so the refund never rises by waiting. After the start it is
/// the unused part alone, from the end on nothing.
///
/// ```text
///  100 % ──────┐
///   50 %       └───────┬────────┐·.
///                      :        :  ·.
///    0 %               :        :    ·─────
///             24 h    1 h     start   end
///              └ step ┴ unused ─┴ unused, pro rata
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RefundSchedule {
    /// By lead time before the start, longest first; nothing where it is shorter than all.
    pub before_start: Vec<RefundStep>,
    /// The share of the price of the unused time that is given back.
    #[serde(deserialize_with = "forms::ppm")]
    pub unused_ppm: u32,
}

/// One step of a [`RefundSchedule`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundStep {
    /// So long before the start or longer, in milliseconds.
    #[serde(deserialize_with = "forms::millis")]
    pub lead_ms: i64,
    /// The share of the price that is given back.
    #[serde(deserialize_with = "forms::ppm")]
    pub refund_ppm: u32,
}

/// Which rule of the schedule gave an amount, with its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "kebab-case")]
pub enum RefundRule {
    /// A step before the start.
    BeforeStart {
        /// How long before the start it holds, in milliseconds.
        lead_ms: i64,
        /// The share of the price.
        refund_ppm: u32,
    },
    /// A share of the price of the unused time.
    Unused {
        /// How much of the time is unused, in milliseconds.
        unused_ms: i64,
        /// How much time was paid for, in milliseconds.
        duration_ms: i64,
        /// The share of its price.
        unused_ppm: u32,
    },
}

/// What a cancellation gives back, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundQuote {
    /// What is given back.
    pub amount: MicroCredits,
    /// What was paid.
    pub paid: MicroCredits,
    /// The rule it follows from.
    pub rule: RefundRule,
    /// The last instant for which this amount is certain; none once it shrinks with the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
}

/// Why a refund schedule cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefundError {
    /// Too many steps.
    #[error("the refund schedule has {steps} steps; {REFUND_STEPS_MAX} are the most")]
    TooManySteps {
        /// How many.
        steps: usize,
    },
    /// A step is no time before the start.
    #[error("a refund step is at lead_ms {lead_ms}; it must be from 0 to {REFUND_LEAD_MAX_MS}")]
    LeadOutOfRange {
        /// Its lead time.
        lead_ms: i64,
    },
    /// The steps are not listed longest lead first.
    #[error(
        "refund steps go from the longest lead time to the shortest: {lead_ms} ms comes after \
         {before_ms} ms"
    )]
    StepsUnsorted {
        /// The lead time of the step.
        lead_ms: i64,
        /// The lead time of the step listed before it.
        before_ms: i64,
    },
    /// A later cancellation would give more back.
    #[error(
        "the refund rises from {before_ppm} to {refund_ppm} ppm at {lead_ms} ms before the start; \
         it must not pay to wait"
    )]
    RefundRises {
        /// The lead time of the step.
        lead_ms: i64,
        /// Its share.
        refund_ppm: u32,
        /// The share of the step listed before it.
        before_ppm: u32,
    },
    /// More would be given back than was paid.
    #[error("{field} is {ppm}; it is at most 1000000, which is all that was paid")]
    AboveWhole {
        /// Where it stands.
        field: &'static str,
        /// What it is.
        ppm: u32,
    },
}

impl Default for RefundSchedule {
    /// All of it a day or more before the start, half of it an hour or more before, later and
    /// after the start half of the price of the unused time.
    fn default() -> Self {
        let step = |hours: i64, refund_ppm| RefundStep {
            lead_ms: hours * HOUR_MS,
            refund_ppm,
        };
        Self {
            before_start: vec![step(24, PPM), step(1, PPM / 2)],
            unused_ppm: PPM / 2,
        }
    }
}

impl RefundSchedule {
    /// Whether this schedule can be used.
    ///
    /// # Errors
    /// The first rule that is broken, see [`RefundError`].
    pub fn check(&self) -> Result<(), RefundError> {
        let steps = self.before_start.len();
        if steps > REFUND_STEPS_MAX {
            return Err(RefundError::TooManySteps { steps });
        }
        for RefundStep {
            lead_ms,
            refund_ppm,
        } in self.before_start.iter().copied()
        {
            if !(0..=REFUND_LEAD_MAX_MS).contains(&lead_ms) {
                return Err(RefundError::LeadOutOfRange { lead_ms });
            }
            at_most_whole("refund_ppm", refund_ppm)?;
        }
        for pair in self.before_start.windows(2) {
            let [before, step] = pair else { continue };
            let (lead_ms, refund_ppm) = (step.lead_ms, step.refund_ppm);
            if before.lead_ms <= lead_ms {
                let before_ms = before.lead_ms;
                return Err(RefundError::StepsUnsorted { lead_ms, before_ms });
            }
            if before.refund_ppm < refund_ppm {
                return Err(RefundError::RefundRises {
                    lead_ms,
                    refund_ppm,
                    before_ppm: before.refund_ppm,
                });
            }
        }
        at_most_whole("unused_ppm", self.unused_ppm)
    }

    /// What is given back of `paid` for `window` when it is cancelled at `now`.
    #[must_use]
    pub fn refund(&self, paid: MicroCredits, window: TimeWindow, now: Timestamp) -> RefundQuote {
        let duration_ms = window.duration_ms().max(0);
        let unused_ms = window.ends_at.millis_since(now).clamp(0, duration_ms);
        let unused = RefundRule::Unused {
            unused_ms,
            duration_ms,
            unused_ppm: self.unused_ppm,
        };
        let lead_ms = window.starts_at.millis_since(now);
        let before_start = now <= window.starts_at;
        let step = self
            .before_start
            .iter()
            .find(|step| before_start && step.lead_ms <= lead_ms);
        let quote = |rule: RefundRule, valid_until| RefundQuote {
            amount: rule.amount_of(paid),
            paid,
            rule,
            valid_until,
        };
        // All of the time is unused until the start, so until then this amount stays.
        let unused = quote(unused, before_start.then_some(window.starts_at));
        let Some(step) = step else {
            return unused;
        };
        let until = window
            .starts_at
            .saturating_add(step.lead_ms.saturating_neg());
        let rule = RefundRule::BeforeStart {
            lead_ms: step.lead_ms,
            refund_ppm: step.refund_ppm,
        };
        let stepped = quote(rule, Some(until));
        if stepped.amount < unused.amount {
            unused
        } else {
            stepped
        }
    }
}

impl RefundRule {
    /// What this rule gives back of `paid`, rounded down.
    #[must_use]
    pub fn amount_of(&self, paid: MicroCredits) -> MicroCredits {
        let whole = u128::from(PPM);
        match *self {
            Self::BeforeStart { refund_ppm, .. } => part_of(paid, refund_ppm.into(), whole),
            Self::Unused {
                unused_ms,
                duration_ms,
                unused_ppm,
            } => {
                let ms = |ms: i64| u128::from(u64::try_from(ms).unwrap_or(0));
                let unused = ms(unused_ms) * u128::from(unused_ppm);
                part_of(paid, unused, ms(duration_ms) * whole)
            }
        }
    }
}

impl RefundQuote {
    /// The amount made again from what is recorded here alone.
    #[must_use]
    pub fn again(&self) -> MicroCredits {
        self.rule.amount_of(self.paid)
    }
}

/// What undelivered capacity is worth: the part of `price` that `undelivered_instance_ms` are of
/// `instances` over `duration_ms`, rounded down and never above `price`.
///
/// Instance-milliseconds are milliseconds summed over the instances. Nothing where nothing was to
/// be delivered.
#[must_use]
pub fn undelivered(
    price: MicroCredits,
    instances: u32,
    duration_ms: i64,
    undelivered_instance_ms: i64,
) -> MicroCredits {
    let ms = |ms: i64| u128::from(u64::try_from(ms).unwrap_or(0));
    let promised = ms(duration_ms) * u128::from(instances);
    part_of(price, ms(undelivered_instance_ms), promised)
}

/// `part / whole` of `amount`, rounded down, at most all of it; nothing of nothing.
fn part_of(amount: MicroCredits, part: u128, whole: u128) -> MicroCredits {
    if whole == 0 {
        return MicroCredits(0);
    }
    if part >= whole {
        return amount;
    }
    // Ratios beyond 64 bits (centuries of time) are shortened, in favour of the smaller amount.
    let excess = u128::BITS.saturating_sub(whole.leading_zeros().saturating_add(u64::BITS));
    let (part, whole) = (part >> excess, ((whole - 1) >> excess) + 1);
    let share = u128::from(amount.0) * part / whole;
    MicroCredits(u64::try_from(share).unwrap_or(amount.0))
}

fn at_most_whole(field: &'static str, ppm: u32) -> Result<(), RefundError> {
    if ppm > PPM {
        return Err(RefundError::AboveWhole { field, ppm });
    }
    Ok(())
}
