//! One judgement: can it ever fit, does it fit, is the price right.

use super::market::PoolMarket;
use super::stays;
use super::tactics::PriceAnswer;
use crate::capacity::{Placement, Pool, Shortage};
use crate::forms::PPM;
use crate::policy::Policy;
use crate::pricing::{PriceOverflow, PricedTerms, Quote};
use crate::reservation::{Case, Difference, Draft, Evidence, Judgement, OptionGrant, Reason};
use crate::terms::Terms;
use crate::{MicroCredits, TimeWindow, Timestamp};

/// A judgement in progress; the pool is without what the reservation claims itself.
pub(super) struct Judge<'a> {
    pub(super) pool: &'a mut Pool,
    pub(super) policy: &'a Policy,
    pub(super) case: &'a Case<'a>,
}

impl<'a> Judge<'a> {
    pub(super) const fn new(pool: &'a mut Pool, policy: &'a Policy, case: &'a Case<'a>) -> Self {
        Self { pool, policy, case }
    }

    pub(super) fn answer(&mut self) -> (Judgement, Evidence) {
        let asked = self.case.terms;
        let mut evidence = Evidence {
            policy_version: self.policy.version,
            ..Evidence::default()
        };
        let Ok(quote) = self.quote(asked) else {
            evidence.reasons.push(Reason::PriceOverflow);
            return (Judgement::Reject, evidence);
        };
        evidence.price_as_asked = Some(quote.price);
        let bargaining = &self.policy.bargaining;
        let asking = bargaining.asking_price(quote.price, self.case.round);
        evidence.asking = asking.reserve.is_some().then(|| Box::new(asking));
        let priced = bargaining.answer(quote.price, asked.price_limit, self.case.round);
        if let Err(never_fits) = self.pool.could_ever_host(asked.size, asked.instances_fixed) {
            evidence.reasons.push(Reason::NeverFits { never_fits });
            return (Judgement::Reject, evidence);
        }
        if let (PriceAnswer::TooLow { asking }, Some(limit)) = (&priced, asked.price_limit) {
            evidence.reasons.push(Reason::PriceShort {
                asked: limit,
                price: asking.price,
            });
        }
        let (earliest, latest) = self.start_bounds();
        if latest < asked.window.starts_at {
            // Terms judged again at a later start may no longer end in time for the user.
            evidence.reasons.push(Reason::NoStartFits {
                from: earliest,
                until: latest,
            });
            return (Judgement::Reject, evidence);
        }
        let answer = match self.place(asked) {
            Ok(placement) => self.as_asked(quote, &priced, placement),
            Err(shortage) => self.counter(shortage, &mut evidence.reasons),
        };
        (answer, evidence)
    }

    /// The answer to terms that fit: yes, or yes at the provider's price.
    fn as_asked(&mut self, quote: Quote, priced: &PriceAnswer, placement: Placement) -> Judgement {
        let asked = self.case.terms;
        let (price, differs) = match (priced, asked.price_limit) {
            (PriceAnswer::TooLow { asking }, Some(limit)) => {
                let (asked, price) = (limit, asking.price);
                (price, Some(Difference::Price { asked, price }))
            }
            (PriceAnswer::TooLow { asking }, None) => (asking.price, None),
            (PriceAnswer::Agreed(price), _) => (*price, None),
        };
        let draft = self.draft_at(asked.clone(), (quote, price), placement, differs);
        match draft.differs {
            None => Judgement::Accept(Box::new(draft)),
            Some(_) => Judgement::Counter(vec![draft]),
        }
    }

    /// First and last start that the user's bounds and the horizon allow.
    pub(super) fn start_bounds(&self) -> (Timestamp, Timestamp) {
        let (asked, now) = (self.case.terms, self.case.now);
        let earliest = asked
            .earliest_start_at
            .map_or(asked.window.starts_at, |at| at.max(now));
        let horizon = self.policy.limits.horizon_from(now);
        let latest = asked.latest_end_at.map_or(horizon, |latest_end| {
            horizon.min(latest_end.saturating_add(-asked.window.duration_ms()))
        });
        (earliest, latest)
    }

    /// The provider's price of the fixed instances of `terms`.
    pub(super) fn quote(&self, terms: &Terms) -> Result<Quote, PriceOverflow> {
        self.quote_for(terms, terms.instances_fixed)
    }

    fn quote_for(&self, terms: &Terms, instances: u32) -> Result<Quote, PriceOverflow> {
        let market = PoolMarket {
            pool: self.pool,
            now: self.case.now,
        };
        let ask = PricedTerms {
            size: terms.size,
            instances,
            window: terms.window,
        };
        self.policy.pricing.quote(&ask, &market)
    }

    /// Nodes for the fixed instances of `terms`; those that run stay where they are.
    pub(super) fn place(&mut self, terms: &Terms) -> Result<Placement, Shortage> {
        let count = terms.instances_fixed;
        let stay = match self.case.agreement {
            Some(agreement) if agreement.is_running => agreement.offer.placement.split_at(count).0,
            Some(_) | None => Placement::default(),
        };
        let window = self.ahead(terms.window);
        stays::place_around(self.pool, &stay, (terms.size, count), window)
    }

    /// What of a window is still to come. What is past binds nobody, and how much of it the pool
    /// still knows depends on when it was folded.
    fn ahead(&self, window: TimeWindow) -> TimeWindow {
        TimeWindow {
            starts_at: window.starts_at.max(self.case.now),
            ..window
        }
    }

    /// An alternative that differs in this one thing; none where it does not fit, or where its
    /// price is above the user's.
    pub(super) fn draft(&mut self, terms: Terms, differs: Difference) -> Option<Draft> {
        let quote = self.quote(&terms).ok()?;
        let bargaining = &self.policy.bargaining;
        let priced = bargaining.answer(quote.price, terms.price_limit, self.case.round);
        let PriceAnswer::Agreed(price) = priced else {
            return None;
        };
        let placement = self.place(&terms).ok()?;
        Some(self.draft_at(terms, (quote, price), placement, Some(differs)))
    }

    fn draft_at(
        &mut self,
        mut terms: Terms,
        (quote, price): (Quote, MicroCredits),
        placement: Placement,
        differs: Option<Difference>,
    ) -> Draft {
        let options = self.options(&terms, &placement);
        terms.instances_option = options.as_ref().map_or(0, |options| options.granted);
        Draft {
            terms,
            agreed_price: (price != quote.price).then_some(price),
            quote,
            placement,
            options,
            differs,
        }
    }

    /// The optional instances there is room for beside the fixed ones: as many as were asked for,
    /// as long as the share of them that is held fits. None once the reservation has started.
    fn options(&mut self, terms: &Terms, fixed: &Placement) -> Option<Box<OptionGrant>> {
        let wanted = terms.instances_option;
        let running = self.case.agreement.is_some_and(|a| a.is_running);
        if wanted == 0 || running {
            return None;
        }
        let each = self.quote_for(terms, 1).ok()?;
        let (size, window) = (terms.size, self.ahead(terms.window));
        let risk = u64::from(self.policy.claim_risk_ppm);
        let held_of = |granted: u32| (u64::from(granted) * risk).div_ceil(PPM.into());
        let (granted, held) = stays::beside(self.pool, (fixed, window, size), |pool| {
            let most = u32::try_from(held_of(wanted)).unwrap_or(wanted);
            let room = u64::from(pool.most_instances(size, window, most));
            let granted = if held_of(wanted) <= room {
                wanted
            } else {
                u32::try_from(room * u64::from(PPM) / risk).unwrap_or(wanted)
            };
            let held = u32::try_from(held_of(granted)).unwrap_or(granted);
            (granted, pool.place(size, held, window).unwrap_or_default())
        });
        (granted > 0).then(|| {
            Box::new(OptionGrant {
                granted,
                held,
                each,
            })
        })
    }
}
