//! What happened to a reservation. Stored forever: a changed shape is a new version.

use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};

use super::offer::{Evidence, Offer};
use crate::sender::Sender;
use crate::terms::Terms;
use crate::{OfferId, Timestamp, UserId};

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
    },
    /// The user proposed terms.
    TermsProposed {
        /// The number of the proposal, from 1.
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
    /// The instances are made and started.
    ReservationActivated {
        /// When.
        at: Timestamp,
    },
    /// The user gave up before anything was confirmed.
    ReservationWithdrawn,
    /// The session ran out before anything was confirmed.
    ReservationLapsed,
    /// The user cancelled what was confirmed; its capacity is free from `at` on.
    ReservationCancelled {
        /// When.
        at: Timestamp,
    },
    /// The window is over.
    ReservationExpired {
        /// Whether it was never activated.
        no_show: bool,
    },
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
            | Self::ReservationWithdrawn
            | Self::ReservationCancelled { .. } => Sender::User,
            Self::TermsAccepted { .. }
            | Self::TermsCountered { .. }
            | Self::TermsRejected { .. }
            | Self::ReservationConfirmed { .. } => Sender::Provider,
            Self::HoldsEnded {
                cause: HoldEndCause::Expired | HoldEndCause::Lapsed,
                ..
            }
            | Self::ReservationLapsed
            | Self::ReservationExpired { .. } => Sender::Clock,
            Self::HoldsEnded { .. } => Sender::Provider,
        }
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
            Self::ReservationActivated { .. } => "ReservationActivated",
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
