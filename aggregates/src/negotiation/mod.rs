//! The Reservation Manager's judgement: what the provider answers to terms.
//!
//! Owns the order of the questions (can it ever fit, does it fit, is the price right, and if not,
//! what is the nearest alternative). Pure: the pool it is given is left as it was.

pub mod tactics;
#[cfg(test)]
mod tests;
mod utilisation;

pub use utilisation::utilisation_ppm;

use std::cell::RefCell;

use crate::capacity::{Pool, Shortage};
use crate::policy::Policy;
use crate::pricing::{Market, PricedTerms, Quote};
use crate::reservation::{
    Difference, Draft, Evidence, Judgement, Offer, Provider, Reason, Verdict,
};
use crate::terms::Terms;
use crate::{TimeWindow, Timestamp};

/// The provider's side of a negotiation: the pool's capacity under the site's policy.
///
/// Borrowed for one decision. Offers that count as free are taken out of the pool while terms are
/// judged and put back before the answer is given.
pub struct Desk<'a> {
    pool: RefCell<&'a mut Pool>,
    policy: &'a Policy,
}

impl<'a> Desk<'a> {
    /// A desk over `pool` under `policy`.
    pub const fn new(pool: &'a mut Pool, policy: &'a Policy) -> Self {
        Self {
            pool: RefCell::new(pool),
            policy,
        }
    }
}

impl Provider for Desk<'_> {
    fn judge(&self, terms: &Terms, freed: &[Offer], now: Timestamp) -> Verdict {
        let mut pool = self.pool.borrow_mut();
        for offer in freed {
            let window = offer.terms.window;
            pool.release(&offer.placement, window, offer.terms.size)
                .expect("invariant: a held offer is booked");
        }
        let (answer, evidence) = Judge {
            pool: &pool,
            policy: self.policy,
            terms,
            now,
        }
        .answer();
        for offer in freed {
            pool.force_book(&offer.placement, offer.terms.window, offer.terms.size)
                .expect("invariant: what was booked can be booked again");
        }
        Verdict {
            answer,
            evidence,
            hold_expires_at: self.policy.hold_expires_at(now),
            session_ends_at: self.policy.session_ends_at(now),
        }
    }

    fn session_ends_at(&self, now: Timestamp) -> Timestamp {
        self.policy.session_ends_at(now)
    }

    fn rounds_max(&self) -> u32 {
        self.policy.limits.rounds_max
    }
}

/// One judgement.
struct Judge<'a> {
    pool: &'a Pool,
    policy: &'a Policy,
    terms: &'a Terms,
    now: Timestamp,
}

impl Market for Judge<'_> {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn utilisation_ppm(&self, window: TimeWindow) -> u32 {
        utilisation_ppm(self.pool, window)
    }
}

impl Judge<'_> {
    fn answer(&self) -> (Judgement, Evidence) {
        let mut evidence = Evidence {
            policy_version: self.policy.version,
            ..Evidence::default()
        };
        // Optional instances are not granted yet: an offer may grant none of them.
        let asked = Terms {
            instances_option: 0,
            ..self.terms.clone()
        };
        let priced = PricedTerms::of(&asked, asked.instances_fixed);
        let Ok(quote) = self.policy.pricing.quote(&priced, self) else {
            evidence.reasons.push(Reason::PriceOverflow);
            return (Judgement::Reject, evidence);
        };
        evidence.price_as_asked = Some(quote.price);
        if let Err(never_fits) = self.pool.could_ever_host(asked.size, asked.instances_fixed) {
            evidence.reasons.push(Reason::NeverFits { never_fits });
            return (Judgement::Reject, evidence);
        }
        if let Some(limit) = asked.price_limit.filter(|limit| *limit < quote.price) {
            evidence.reasons.push(Reason::PriceShort {
                asked: limit,
                price: quote.price,
            });
        }
        let (earliest, latest) = self.start_bounds(&asked);
        if latest < asked.window.starts_at {
            // Terms judged again at a later start may no longer end in time for the user.
            evidence.reasons.push(Reason::NoStartFits {
                from: earliest,
                until: latest,
            });
            return (Judgement::Reject, evidence);
        }
        let answer = match self
            .pool
            .place(asked.size, asked.instances_fixed, asked.window)
        {
            Ok(placement) => {
                let differs = asked
                    .price_limit
                    .filter(|limit| *limit < quote.price)
                    .map(|limit| Difference::Price {
                        asked: limit,
                        price: quote.price,
                    });
                let draft = Draft {
                    terms: asked,
                    quote,
                    placement,
                    differs,
                };
                match draft.differs {
                    None => Judgement::Accept(Box::new(draft)),
                    Some(_) => Judgement::Counter(vec![draft]),
                }
            }
            Err(shortage) => self.counter(&asked, shortage, &mut evidence.reasons),
        };
        (answer, evidence)
    }

    /// The nearest start that fits, else the most instances in the window that was asked for.
    fn counter(
        &self,
        asked: &Terms,
        mut shortage: Shortage,
        reasons: &mut Vec<Reason>,
    ) -> Judgement {
        let placeable = shortage.placeable;
        self.forget_past(&mut shortage);
        reasons.push(Reason::CapacityShort {
            window: asked.window,
            shortage,
        });
        let (earliest, latest) = self.start_bounds(asked);
        match self.nearest_start(asked, earliest, latest) {
            Some(starts_at) => {
                let by_ms = starts_at.millis_since(asked.window.starts_at);
                let moved = asked.moved_to(starts_at);
                if let Some(draft) = self.draft(moved, Difference::Start { by_ms }) {
                    return Judgement::Counter(vec![draft]);
                }
            }
            None => reasons.push(Reason::NoStartFits {
                from: earliest,
                until: latest,
            }),
        }
        let granted = Terms {
            instances_fixed: placeable,
            ..asked.clone()
        };
        let differs = Difference::Instances {
            asked: asked.instances_fixed,
            granted: granted.instances_fixed,
        };
        match (placeable > 0)
            .then(|| self.draft(granted, differs))
            .flatten()
        {
            Some(draft) => Judgement::Counter(vec![draft]),
            None => Judgement::Reject,
        }
    }

    /// Cuts what lies before now off the evidence: how much of the past the pool still knows
    /// depends on when it was folded, and the same question must have the same answer.
    fn forget_past(&self, shortage: &mut Shortage) {
        for node in &mut shortage.binding {
            node.blocked.starts_at = node.blocked.starts_at.max(self.now);
        }
    }

    /// First and last start that the user's bounds and the horizon allow.
    fn start_bounds(&self, asked: &Terms) -> (Timestamp, Timestamp) {
        let window = asked.window;
        let earliest = asked
            .earliest_start_at
            .map_or(window.starts_at, |at| at.max(self.now));
        let horizon = self.policy.limits.horizon_from(self.now);
        let latest = asked.latest_end_at.map_or(horizon, |latest_end| {
            horizon.min(latest_end.saturating_add(-window.duration_ms()))
        });
        (earliest, latest)
    }

    fn nearest_start(
        &self,
        asked: &Terms,
        earliest: Timestamp,
        latest: Timestamp,
    ) -> Option<Timestamp> {
        let TimeWindow { starts_at, .. } = asked.window;
        let (size, count, duration_ms) = (
            asked.size,
            asked.instances_fixed,
            asked.window.duration_ms(),
        );
        let later = self
            .pool
            .nearest_later(size, count, duration_ms, starts_at, latest);
        let earlier = (earliest < starts_at)
            .then(|| {
                self.pool
                    .nearest_earlier(size, count, duration_ms, starts_at, earliest)
            })
            .flatten();
        let distance = |at: &Timestamp| at.millis_since(starts_at).unsigned_abs();
        // At the same distance the earlier start is offered: it ends earlier, too.
        earlier.into_iter().chain(later).min_by_key(distance)
    }

    /// An alternative that differs in this one thing; none where its price is above the user's.
    fn draft(&self, terms: Terms, differs: Difference) -> Option<Draft> {
        let priced = PricedTerms::of(&terms, terms.instances_fixed);
        let quote: Quote = self.policy.pricing.quote(&priced, self).ok()?;
        if terms.price_limit.is_some_and(|limit| limit < quote.price) {
            return None;
        }
        let placement = self
            .pool
            .place(terms.size, terms.instances_fixed, terms.window)
            .ok()?;
        Some(Draft {
            terms,
            quote,
            placement,
            differs: Some(differs),
        })
    }
}
