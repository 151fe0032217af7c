//! What happened to a standing request. Stored forever: a changed shape is a new version.

use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};

use super::{Bound, Meeting, Mode, Wish};
use crate::sender::Sender;
use crate::terms::Terms;
use crate::{Timestamp, UserId};

/// A fact about one standing request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StandingRequestEvent {
    /// A user wants to be told, or offered, when a wish can be met.
    StandingRequestMade {
        /// Whose it is.
        user_id: UserId,
        /// When.
        at: Timestamp,
        /// Its place in the order of asking, from 1 for the first there ever was.
        turn: u64,
        /// What is wanted.
        terms: Terms,
        /// What would be better.
        wish: Wish,
        /// Better than what; `None` where anything is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        better_than: Option<Bound>,
        /// What to do then.
        mode: Mode,
        /// Until when it waits.
        until: Timestamp,
    },
    /// The wish can be met.
    StandingRequestMet {
        /// With what.
        meeting: Meeting,
    },
    /// The user gave it up.
    StandingRequestWithdrawn,
    /// It waited in vain.
    StandingRequestExpired,
}

impl StandingRequestEvent {
    /// Who says it.
    #[must_use]
    pub const fn usual_sender(&self) -> Sender {
        match self {
            Self::StandingRequestMade { .. } | Self::StandingRequestWithdrawn => Sender::User,
            Self::StandingRequestMet { .. } => Sender::Provider,
            Self::StandingRequestExpired => Sender::Clock,
        }
    }
}

impl DomainEvent for StandingRequestEvent {
    fn event_type(&self) -> String {
        match self {
            Self::StandingRequestMade { .. } => "StandingRequestMade",
            Self::StandingRequestMet { .. } => "StandingRequestMet",
            Self::StandingRequestWithdrawn => "StandingRequestWithdrawn",
            Self::StandingRequestExpired => "StandingRequestExpired",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
