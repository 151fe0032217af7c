//! What happened to a series. Stored forever: a changed shape is a new version.

use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};

use super::{LeftOut, Plan};
use crate::recurrence::Recurrence;
use crate::sender::Sender;
use crate::terms::Terms;
use crate::{MicroCredits, Timestamp, UserId};

/// A fact about one series.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SeriesEvent {
    /// A user asked for the same terms again and again.
    SeriesAsked {
        /// Whose it is.
        user_id: UserId,
        /// When.
        at: Timestamp,
        /// The terms of the first occurrence.
        terms: Terms,
        /// When it comes again.
        recurrence: Recurrence,
    },
    /// The provider accepted: each occurrence is a reservation of its own, and held.
    SeriesAccepted {
        /// What can be had.
        plan: Plan,
        /// Until when it is held.
        expires_at: Timestamp,
    },
    /// The provider could not give what was asked.
    SeriesRejected {
        /// The occurrences that do not fit, and why.
        left_out: Vec<LeftOut>,
    },
    /// The user confirmed, and all that was held is agreed on.
    SeriesConfirmed {
        /// The numbers of the occurrences that were confirmed with it.
        occurrences: Vec<u32>,
        /// What they cost together.
        price: MicroCredits,
    },
    /// The user gave it up before it was confirmed.
    SeriesWithdrawn,
    /// The user cancelled all that starts from some time on.
    SeriesCancelled {
        /// From when on; all of it where nothing was said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Timestamp>,
        /// The numbers of the occurrences that ended with it.
        occurrences: Vec<u32>,
    },
}

impl SeriesEvent {
    /// Who says it.
    #[must_use]
    pub const fn usual_sender(&self) -> Sender {
        match self {
            Self::SeriesAsked { .. } | Self::SeriesWithdrawn | Self::SeriesCancelled { .. } => {
                Sender::User
            }
            Self::SeriesAccepted { .. }
            | Self::SeriesRejected { .. }
            | Self::SeriesConfirmed { .. } => Sender::Provider,
        }
    }
}

impl DomainEvent for SeriesEvent {
    fn event_type(&self) -> String {
        match self {
            Self::SeriesAsked { .. } => "SeriesAsked",
            Self::SeriesAccepted { .. } => "SeriesAccepted",
            Self::SeriesRejected { .. } => "SeriesRejected",
            Self::SeriesConfirmed { .. } => "SeriesConfirmed",
            Self::SeriesWithdrawn => "SeriesWithdrawn",
            Self::SeriesCancelled { .. } => "SeriesCancelled",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
