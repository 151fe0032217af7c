//! Offers: terms with a price, a placement and a hold.

use serde::{Deserialize, Serialize};

use crate::capacity::{NeverFits, Placement, Shortage};
use crate::negotiation::Asking;
use crate::pricing::Quote;
use crate::terms::Terms;
use crate::{MicroCredits, OfferId, TimeWindow, Timestamp};

/// What the provider grants: terms, a price and a place, held until `expires_at`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Its number within the reservation.
    pub offer_id: OfferId,
    /// What is granted.
    pub terms: Terms,
    /// What the whole of it costs, and why.
    pub quote: Quote,
    /// The price where bargaining moved it from the quote's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreed_price: Option<MicroCredits>,
    /// How many of the fixed instances on which node.
    pub placement: Placement,
    /// The optional instances that come with it; `None` where it grants none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<Box<OptionGrant>>,
    /// Until when its capacity is held.
    pub expires_at: Timestamp,
    /// In what it differs from what was asked; `None` where it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differs: Option<Difference>,
}

impl Offer {
    /// What its fixed instances cost together.
    #[must_use]
    pub fn price(&self) -> MicroCredits {
        self.agreed_price.unwrap_or(self.quote.price)
    }
}

/// Optional instances of an offer: they may be claimed, at their own price, until the start.
///
/// Only a share of them is held (the site's claim risk): claiming more than that is judged when it
/// is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionGrant {
    /// How many can be claimed.
    pub granted: u32,
    /// Where those are whose capacity is held; at most `granted`.
    pub held: Placement,
    /// What one of them costs, and why.
    pub each: Quote,
}

impl OptionGrant {
    /// What `count` of them cost; `None` past the largest amount.
    #[must_use]
    pub fn price_of(&self, count: u32) -> Option<MicroCredits> {
        let price = self.each.price.0.checked_mul(u64::from(count))?;
        Some(MicroCredits(price))
    }
}

/// The one dimension in which an alternative differs from what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// The start is later (positive) or earlier (negative), in milliseconds.
    Start {
        /// By how much.
        by_ms: i64,
    },
    /// Fewer instances in the window that was asked for.
    Instances {
        /// How many were asked for.
        asked: u32,
        /// How many there are.
        granted: u32,
    },
    /// The end is earlier than the one an extension asked for.
    End {
        /// The end asked for.
        asked: Timestamp,
        /// The latest end that can be had.
        granted: Timestamp,
    },
    /// The price is above the user's.
    Price {
        /// The most the user would pay.
        asked: MicroCredits,
        /// What it costs.
        price: MicroCredits,
    },
}

/// What the negotiation found, before the reservation numbers and holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What is granted.
    pub terms: Terms,
    /// What the whole of it costs, and why.
    pub quote: Quote,
    /// The price where bargaining moved it from the quote's.
    pub agreed_price: Option<MicroCredits>,
    /// How many of the fixed instances on which node.
    pub placement: Placement,
    /// The optional instances that come with it.
    pub options: Option<Box<OptionGrant>>,
    /// In what it differs from what was asked.
    pub differs: Option<Difference>,
}

/// The provider's answer to terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What is answered.
    pub answer: Judgement,
    /// What it was made from.
    pub evidence: Evidence,
    /// Until when the offers in it hold their capacity.
    pub hold_expires_at: Timestamp,
    /// Until when the session stays open for the user's next message.
    pub session_ends_at: Timestamp,
}

/// The three answers of the paper's protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// As asked.
    Accept(Box<Draft>),
    /// Not as asked, but so; best first, never empty.
    Counter(Vec<Draft>),
    /// In no way.
    Reject,
}

/// What an answer was decided from, kept with it for the user and the auditor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The site policy it was decided under.
    pub policy_version: u32,
    /// The provider's price of the terms as asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_as_asked: Option<MicroCredits>,
    /// What the negotiation policy asked in this round, and from what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asking: Option<Box<Asking>>,
    /// Why the terms could not be had as asked; empty for an accept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
}

/// One reason why terms cannot be had as asked, with the numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Reason {
    /// More than the whole pool, were it empty.
    NeverFits {
        /// What the empty pool would hold.
        never_fits: NeverFits,
    },
    /// Too little is free in the window.
    CapacityShort {
        /// The window asked for.
        window: TimeWindow,
        /// What is short where, and when.
        shortage: Shortage,
    },
    /// The user's price is below the provider's.
    PriceShort {
        /// The most the user would pay.
        asked: MicroCredits,
        /// What it costs.
        price: MicroCredits,
    },
    /// No start inside the user's bounds and the horizon fits.
    NoStartFits {
        /// The first start looked at.
        from: Timestamp,
        /// The last start looked at.
        until: Timestamp,
    },
    /// The price cannot be counted.
    PriceOverflow,
}
