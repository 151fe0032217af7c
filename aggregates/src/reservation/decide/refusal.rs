//! Why a command to a reservation is refused; nothing is appended then.

use crate::capacity::Shortage;
use crate::pricing::PriceOverflow;
use crate::reservation::{ChangeEndCause, StatusName};
use crate::{OfferId, Timestamp};

/// Why a command is refused; nothing is appended then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The command is not allowed in this status.
    #[error("not allowed while the reservation is {status}; allowed: {}", allowed_text(*.status))]
    NotAllowed {
        /// Where the reservation stands.
        status: StatusName,
    },
    /// The named offer is not on the table.
    #[error("offer {offer_id} is not on the table; on it are {}", list(.on_table))]
    UnknownOffer {
        /// What was named.
        offer_id: OfferId,
        /// What there is.
        on_table: Vec<OfferId>,
    },
    /// No more proposals.
    #[error("{rounds_max} proposals were made, and no more can be in one negotiation")]
    RoundsExhausted {
        /// The limit.
        rounds_max: u32,
    },
    /// No more changes.
    #[error("{changes_max} changes were asked for, and no more can be of one reservation")]
    ChangesExhausted {
        /// The limit.
        changes_max: u32,
    },
    /// More optional instances than there are.
    #[error("{asked} optional instances named; {granted} can be claimed or dropped")]
    OptionsExceeded {
        /// How many were named.
        asked: u32,
        /// How many there are.
        granted: u32,
    },
    /// Optional instances beyond those that are held do not fit any more.
    #[error(
        "{asked} optional instances were claimed; {held} of them are held, \
         and for the others {shortage}"
    )]
    OptionsShort {
        /// How many were claimed.
        asked: u32,
        /// How many are held for sure.
        held: u32,
        /// Why the others do not fit.
        shortage: Box<Shortage>,
    },
    /// The change that is meant is off.
    #[error("the change is off: {}; the agreement stays as it was", cause.in_words())]
    ChangeOver {
        /// Why.
        cause: ChangeEndCause,
    },
    /// What the options would be added to is being changed.
    #[error("a change is being negotiated; confirm or reject it first")]
    ChangePending,
    /// The price leaves the range of money.
    #[error("{0}")]
    Price(#[from] PriceOverflow),
    /// The window has not begun.
    #[error("the reservation starts at {starts_at}; it is {now}")]
    TooEarly {
        /// When it can be activated.
        starts_at: Timestamp,
        /// When it was asked.
        now: Timestamp,
    },
    /// The window is over.
    #[error("that could be asked until {ends_at}; it is {now}")]
    TooLate {
        /// Until when it could be asked.
        ends_at: Timestamp,
        /// When it was asked.
        now: Timestamp,
    },
}

fn allowed_text(status: StatusName) -> String {
    let allowed = status.allowed();
    if allowed.is_empty() {
        "nothing, it has ended".to_owned()
    } else {
        allowed.join(", ")
    }
}

fn list(offers: &[OfferId]) -> String {
    offers
        .iter()
        .map(OfferId::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}
