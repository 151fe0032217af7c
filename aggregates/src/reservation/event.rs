//! What happened to a reservation. Stored forever: a changed shape is a new version.

use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};

use super::offer::{Evidence, Offer};
use crate::refunds::RefundQuote;
use crate::sender::Sender;
use crate::terms::Terms;
use crate::{InstanceId, MicroCredits, OfferId, SeriesId, Timestamp, UserId};

/// A fact about one reservation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReservationEvent {
    /// A user opened a session; the stream's id is the paper's `reservationID`.
    ReservationInitiated {
        /// Whose it is.
        user_id: UserId,
        /// When.
        at: Timestamp,
        /// When it lapses if nothing is proposed.
        session_ends_at: Timestamp,
        /// The series it is an occurrence of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        series_id: Option<SeriesId>,
    },
    /// The user proposed terms: the first ones, or once both agreed a change of those.
    TermsProposed {
        /// The number of the proposal in its negotiation, from 1.
        round: u32,
        /// What was asked for.
        terms: Terms,
    },
    /// The provider accepted what was asked; its capacity is held.
    TermsAccepted {
        /// What is granted.
        offer: Offer,
        /// What it was decided from.
        evidence: Evidence,
        /// When the session lapses.
        session_ends_at: Timestamp,
    },
    /// The provider made counter-offers; their capacity is held.
    TermsCountered {
        /// The alternatives, best first.
        offers: Vec<Offer>,
        /// What they were decided from.
        evidence: Evidence,
        /// When the session lapses.
        session_ends_at: Timestamp,
    },
    /// The provider could offer nothing.
    TermsRejected {
        /// What that was decided from.
        evidence: Evidence,
        /// When a change that was rejected is forgotten; `None` where a first negotiation ends.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session_ends_at: Option<Timestamp>,
    },
    /// Offers no longer hold their capacity.
    HoldsEnded {
        /// Which.
        offers: Vec<OfferId>,
        /// Why.
        cause: HoldEndCause,
    },
    /// The user accepted a counter-offer; it stays held.
    OfferAccepted {
        /// Which.
        offer_id: OfferId,
        /// When the session lapses.
        session_ends_at: Timestamp,
    },
    /// The user confirmed and the provider confirms: the hold has become a reservation.
    ReservationConfirmed {
        /// What both agreed on.
        agreement: Offer,
    },
    /// The user confirmed a change: other terms are in force from now on.
    ReservationChanged {
        /// What both agree on now.
        agreement: Offer,
        /// What the whole of it has cost the user after this change.
        paid: MicroCredits,
    },
    /// A change is no longer talked about; the agreement stays as it was.
    ChangeEnded {
        /// Why.
        cause: ChangeEndCause,
    },
    /// The user claimed optional instances: they are part of the agreement now.
    OptionsClaimed {
        /// How many.
        count: u32,
        /// What both agree on now.
        agreement: Offer,
        /// What the whole of it has cost the user after this claim.
        paid: MicroCredits,
    },
    /// Optional instances can no longer be claimed, and hold nothing.
    OptionsEnded {
        /// How many.
        count: u32,
        /// Why.
        cause: OptionsEndCause,
        /// What both agree on now.
        agreement: Offer,
    },
    /// The instances are made and started.
    ReservationActivated {
        /// When.
        at: Timestamp,
    },
    /// Capacity was paid for and not delivered: its price is given back.
    CapacityCredited {
        /// The instance that did not run.
        instance_id: InstanceId,
        /// For how long it did not, in milliseconds.
        undelivered_ms: i64,
        /// What is given back.
        amount: MicroCredits,
    },
    /// The user gave up before anything was confirmed.
    ReservationWithdrawn,
    /// The session ran out before anything was confirmed.
    ReservationLapsed,
    /// The user cancelled what was confirmed; its capacity is free from `at` on.
    ReservationCancelled {
        /// When.
        at: Timestamp,
        /// What is given back by the site's schedule; `None` where nothing was paid.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refund: Option<RefundQuote>,
    },
    /// The window is over.
    ReservationExpired {
        /// Whether it was never activated.
        no_show: bool,
    },
}

/// Why a change is no longer talked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeEndCause {
    /// The user gave it up.
    Withdrawn,
    /// Its session ran out.
    Lapsed,
    /// The reservation was started meanwhile.
    Started,
    /// The reservation ended meanwhile.
    Ended,
}

impl ChangeEndCause {
    /// The cause as part of a sentence.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Withdrawn => "the user gave it up",
            Self::Lapsed => "its session ran out",
            Self::Started => "the reservation started",
            Self::Ended => "the reservation ended",
        }
    }
}

/// Why optional instances can no longer be claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptionsEndCause {
    /// The user dropped them.
    Dropped,
    /// The reservation starts.
    Started,
}

/// Why an offer no longer holds its capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldEndCause {
    /// Its time ran out.
    Expired,
    /// The user proposed other terms.
    Superseded,
    /// The user accepted another offer.
    NotChosen,
    /// The user withdrew.
    Withdrawn,
    /// The session lapsed.
    Lapsed,
    /// The reservation started or ended while a change was talked about.
    Overtaken,
}

impl ReservationEvent {
    /// Who says it: the user, or the provider in answer; the clock where time alone did.
    ///
    /// An activation is the user's or the clock's, which only the command knows.
    #[must_use]
    pub const fn usual_sender(&self) -> Sender {
        match self {
            Self::ReservationInitiated { .. }
            | Self::TermsProposed { .. }
            | Self::OfferAccepted { .. }
            | Self::ReservationActivated { .. }
            | Self::OptionsClaimed { .. }
            | Self::OptionsEnded {
                cause: OptionsEndCause::Dropped,
                ..
            }
            | Self::ChangeEnded {
                cause: ChangeEndCause::Withdrawn,
            }
            | Self::ReservationWithdrawn
            | Self::ReservationCancelled { .. } => Sender::User,
            Self::TermsAccepted { .. }
            | Self::TermsCountered { .. }
            | Self::TermsRejected { .. }
            | Self::ReservationConfirmed { .. }
            | Self::ReservationChanged { .. }
            | Self::ChangeEnded {
                cause: ChangeEndCause::Started | ChangeEndCause::Ended,
            }
            | Self::CapacityCredited { .. } => Sender::Provider,
            Self::HoldsEnded {
                cause: HoldEndCause::Expired | HoldEndCause::Lapsed,
                ..
            }
            | Self::ChangeEnded {
                cause: ChangeEndCause::Lapsed,
            }
            | Self::OptionsEnded { .. }
            | Self::ReservationLapsed
            | Self::ReservationExpired { .. } => Sender::Clock,
            Self::HoldsEnded { .. } => Sender::Provider,
        }
    }
}

impl ReservationEvent {
    /// Whether its user may have more after it: a reservation, or more of the pool.
    #[must_use]
    pub const fn adds_holdings(&self) -> bool {
        matches!(
            self,
            Self::ReservationInitiated { .. }
                | Self::TermsAccepted { .. }
                | Self::TermsCountered { .. }
                | Self::OptionsClaimed { .. }
        )
    }
}

impl DomainEvent for ReservationEvent {
    fn event_type(&self) -> String {
        match self {
            Self::ReservationInitiated { .. } => "ReservationInitiated",
            Self::TermsProposed { .. } => "TermsProposed",
            Self::TermsAccepted { .. } => "TermsAccepted",
            Self::TermsCountered { .. } => "TermsCountered",
            Self::TermsRejected { .. } => "TermsRejected",
            Self::HoldsEnded { .. } => "HoldsEnded",
            Self::OfferAccepted { .. } => "OfferAccepted",
            Self::ReservationConfirmed { .. } => "ReservationConfirmed",
            Self::ReservationChanged { .. } => "ReservationChanged",
            Self::ChangeEnded { .. } => "ChangeEnded",
            Self::OptionsClaimed { .. } => "OptionsClaimed",
            Self::OptionsEnded { .. } => "OptionsEnded",
            Self::ReservationActivated { .. } => "ReservationActivated",
            Self::CapacityCredited { .. } => "CapacityCredited",
            Self::ReservationWithdrawn => "ReservationWithdrawn",
            Self::ReservationLapsed => "ReservationLapsed",
            Self::ReservationCancelled { .. } => "ReservationCancelled",
            Self::ReservationExpired { .. } => "ReservationExpired",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
