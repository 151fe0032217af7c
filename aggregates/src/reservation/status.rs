//! Where a reservation stands; each variant carries exactly what is true in it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::offer::{Evidence, Offer};
use crate::Timestamp;
use crate::terms::Terms;

/// An offer that was made, and whether it still holds its capacity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingOffer {
    /// What was offered.
    pub offer: Offer,
    /// Whether its capacity is held.
    pub held: bool,
}

/// The status of a reservation with its data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// Nothing has been said.
    #[default]
    Absent,
    /// A session is open, nothing was proposed.
    Initiated,
    /// The provider made counter-offers.
    Countered {
        /// What was asked for.
        asked: Terms,
        /// What was offered instead.
        offers: Vec<StandingOffer>,
        /// Why.
        evidence: Evidence,
    },
    /// The provider accepted what was asked.
    Accepted {
        /// What was asked for.
        asked: Terms,
        /// What is granted.
        standing: StandingOffer,
    },
    /// The user accepted a counter-offer and has to confirm it.
    ConfirmRequested {
        /// What was asked for.
        asked: Terms,
        /// What the user accepted.
        standing: StandingOffer,
    },
    /// Both agreed.
    Confirmed {
        /// On what.
        agreement: Offer,
    },
    /// The instances were started.
    Activated {
        /// What both agreed on.
        agreement: Offer,
        /// Since when.
        activated_at: Timestamp,
    },
    /// The provider could offer nothing. An end.
    Rejected {
        /// What was asked for.
        asked: Terms,
        /// Why.
        evidence: Evidence,
    },
    /// The user gave up before anything was confirmed. An end.
    Withdrawn {
        /// What was asked for last, if anything.
        asked: Option<Terms>,
    },
    /// The session ran out. An end.
    Lapsed {
        /// What was asked for last, if anything.
        asked: Option<Terms>,
    },
    /// The user cancelled what was confirmed. An end.
    Cancelled {
        /// What both had agreed on.
        agreement: Offer,
        /// When.
        cancelled_at: Timestamp,
    },
    /// The window is over. An end.
    Expired {
        /// What both had agreed on.
        agreement: Offer,
        /// Whether it was never activated.
        no_show: bool,
    },
}

/// The name of a status, without its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "each is the status of the same name")]
pub enum StatusName {
    Absent,
    Initiated,
    Countered,
    Accepted,
    ConfirmRequested,
    Confirmed,
    Activated,
    Rejected,
    Withdrawn,
    Lapsed,
    Cancelled,
    Expired,
}

impl StatusName {
    /// Every status, in the order of a reservation's life.
    pub const ALL: [Self; 12] = [
        Self::Absent,
        Self::Initiated,
        Self::Countered,
        Self::Accepted,
        Self::ConfirmRequested,
        Self::Confirmed,
        Self::Activated,
        Self::Rejected,
        Self::Withdrawn,
        Self::Lapsed,
        Self::Cancelled,
        Self::Expired,
    ];

    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "ABSENT",
            Self::Initiated => "INITIATED",
            Self::Countered => "COUNTERED",
            Self::Accepted => "ACCEPTED",
            Self::ConfirmRequested => "CONFIRM_REQUESTED",
            Self::Confirmed => "CONFIRMED",
            Self::Activated => "ACTIVATED",
            Self::Rejected => "REJECTED",
            Self::Withdrawn => "WITHDRAWN",
            Self::Lapsed => "LAPSED",
            Self::Cancelled => "CANCELLED",
            Self::Expired => "EXPIRED",
        }
    }

    /// Whether nothing more can happen.
    #[must_use]
    pub const fn is_end(self) -> bool {
        matches!(
            self,
            Self::Rejected | Self::Withdrawn | Self::Lapsed | Self::Cancelled | Self::Expired
        )
    }

    /// Whether it is still being negotiated: initiated, and neither confirmed nor ended.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(
            self,
            Self::Initiated | Self::Countered | Self::Accepted | Self::ConfirmRequested
        )
    }

    /// Whether both agreed and it is not over.
    #[must_use]
    pub const fn is_agreed(self) -> bool {
        matches!(self, Self::Confirmed | Self::Activated)
    }

    /// What a user may say next.
    #[must_use]
    pub const fn allowed(self) -> &'static [&'static str] {
        match self {
            Self::Absent => &["initiate"],
            Self::Initiated => &["COUNTER", "REJECT", "DELETE"],
            Self::Countered => &["ACCEPT", "COUNTER", "REJECT", "DELETE"],
            Self::Accepted => &["CONFIRM", "COUNTER", "REJECT", "DELETE"],
            Self::ConfirmRequested => &["CONFIRM", "REJECT", "DELETE"],
            Self::Confirmed => &["COUNTER", "options", "activate", "DELETE"],
            Self::Activated => &["COUNTER", "DELETE"],
            Self::Rejected | Self::Withdrawn | Self::Lapsed | Self::Cancelled | Self::Expired => {
                &[]
            }
        }
    }
}

impl fmt::Display for StatusName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Status {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> StatusName {
        match self {
            Self::Absent => StatusName::Absent,
            Self::Initiated => StatusName::Initiated,
            Self::Countered { .. } => StatusName::Countered,
            Self::Accepted { .. } => StatusName::Accepted,
            Self::ConfirmRequested { .. } => StatusName::ConfirmRequested,
            Self::Confirmed { .. } => StatusName::Confirmed,
            Self::Activated { .. } => StatusName::Activated,
            Self::Rejected { .. } => StatusName::Rejected,
            Self::Withdrawn { .. } => StatusName::Withdrawn,
            Self::Lapsed { .. } => StatusName::Lapsed,
            Self::Cancelled { .. } => StatusName::Cancelled,
            Self::Expired { .. } => StatusName::Expired,
        }
    }

    /// What was asked for last, while it is being negotiated or after that failed.
    #[must_use]
    pub const fn asked(&self) -> Option<&Terms> {
        match self {
            Self::Countered { asked, .. }
            | Self::Accepted { asked, .. }
            | Self::ConfirmRequested { asked, .. }
            | Self::Rejected { asked, .. } => Some(asked),
            Self::Withdrawn { asked } | Self::Lapsed { asked } => asked.as_ref(),
            Self::Absent
            | Self::Initiated
            | Self::Confirmed { .. }
            | Self::Activated { .. }
            | Self::Cancelled { .. }
            | Self::Expired { .. } => None,
        }
    }

    /// What both agreed on, once they have.
    #[must_use]
    pub const fn agreement(&self) -> Option<&Offer> {
        match self {
            Self::Confirmed { agreement }
            | Self::Activated { agreement, .. }
            | Self::Cancelled { agreement, .. }
            | Self::Expired { agreement, .. } => Some(agreement),
            Self::Absent
            | Self::Initiated
            | Self::Countered { .. }
            | Self::Accepted { .. }
            | Self::ConfirmRequested { .. }
            | Self::Rejected { .. }
            | Self::Withdrawn { .. }
            | Self::Lapsed { .. } => None,
        }
    }

    /// The offers on the table, best first, held or not.
    #[must_use]
    pub fn standing_offers(&self) -> &[StandingOffer] {
        match self {
            Self::Countered { offers, .. } => offers,
            Self::Accepted { standing, .. } | Self::ConfirmRequested { standing, .. } => {
                std::slice::from_ref(standing)
            }
            Self::Absent
            | Self::Initiated
            | Self::Confirmed { .. }
            | Self::Activated { .. }
            | Self::Rejected { .. }
            | Self::Withdrawn { .. }
            | Self::Lapsed { .. }
            | Self::Cancelled { .. }
            | Self::Expired { .. } => &[],
        }
    }

    /// The offers that hold capacity.
    pub fn held_offers(&self) -> impl Iterator<Item = &Offer> {
        self.standing_offers()
            .iter()
            .filter(|s| s.held)
            .map(|s| &s.offer)
    }
}
