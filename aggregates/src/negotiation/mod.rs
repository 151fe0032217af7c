//! The Reservation Manager's judgement: what the provider answers to terms.
//!
//! Owns the order of the questions (can it ever fit, does it fit, is the price right, and if not,
//! what are the nearest alternatives) and the provider's bargaining. Pure: the pool it is given is
//! left as it was.

mod alternatives;
mod availability;
mod judge;
mod market;
mod question;
mod search;
mod stays;
mod tactics;
#[cfg(test)]
mod tests;
mod utilisation;

use std::cell::RefCell;

pub use availability::{
    AVAILABILITY_NODES_MAX, AVAILABILITY_PAGES_MAX, AVAILABILITY_STEP_MIN_MS,
    AVAILABILITY_STEPS_MAX, Availability, AvailabilityQuery, AvailableAmounts, AvailableNode,
    AvailableStep, HOLDERS_MAX, Holder, NODE_CHANGES_MAX, NODE_STEPS_MAX, NodeAvailability,
    NodeAvailabilityQuery, availability, availability_of_nodes,
};
pub use market::PoolMarket;
pub use question::QuestionError;
pub use search::{
    PricedStart, SEARCH_RANGE_DEFAULT_MS, SEARCH_STARTS_MAX, SEARCH_STEP_MIN_MS, SearchAnswer,
    SearchQuery, SearchRange, nearest_start, search, shortage, starts_in,
};
pub use tactics::{Asking, Bargaining, BargainingError, PriceAnswer, Tactic};

use self::judge::Judge;
use crate::capacity::{Placement, Pool, Shortage};
use crate::policy::Policy;
use crate::refunds::RefundQuote;
use crate::reservation::{Case, Provider, Verdict};
use crate::{MicroCredits, Resources, TimeWindow, Timestamp};

/// The provider's side of a negotiation: the pool's capacity under the site's policy.
///
/// Borrowed for one decision. What counts as free for a case is taken out of the pool while it is
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
    fn judge(&self, case: &Case<'_>) -> Verdict {
        let mut pool = self.pool.borrow_mut();
        for claim in case.freed {
            pool.release(&claim.placement, claim.window, claim.size)
                .expect("invariant: what is claimed is booked");
        }
        let (answer, evidence) = Judge::new(&mut pool, self.policy, case).answer();
        for claim in case.freed {
            pool.force_book(&claim.placement, claim.window, claim.size)
                .expect("invariant: what was booked can be booked again");
        }
        Verdict {
            answer,
            evidence,
            hold_expires_at: self.policy.hold_expires_at(case.now),
            session_ends_at: self.policy.session_ends_at(case.now),
        }
    }

    fn place_more(
        &self,
        size: Resources,
        count: u32,
        window: TimeWindow,
    ) -> Result<Placement, Shortage> {
        self.pool.borrow().place(size, count, window)
    }

    fn refund(&self, paid: MicroCredits, window: TimeWindow, now: Timestamp) -> RefundQuote {
        self.policy.refunds.refund(paid, window, now)
    }

    fn session_ends_at(&self, now: Timestamp) -> Timestamp {
        self.policy.session_ends_at(now)
    }

    fn rounds_max(&self) -> u32 {
        self.policy.limits.rounds_max
    }

    fn changes_max(&self) -> u32 {
        self.policy.limits.changes_max
    }
}
