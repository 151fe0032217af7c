//! Everything that can be asked of the live state, and the answers.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::instance::{EffectOutcome, Instance, InstanceCommand, Observation, RemovalCause};
use crate::negotiation::{
    Availability, AvailabilityQuery, NodeAvailability, NodeAvailabilityQuery, SearchAnswer,
    SearchQuery,
};
use crate::node::NodeSighting;
use crate::policy::Policy;
use crate::recurrence::Recurrence;
use crate::reservation::{Reservation, StatusName};
use crate::series::Series;
use crate::standing::{StandingProposal, StandingRequest};
use crate::terms::Proposal;
use crate::{
    InstanceId, MicroCredits, OfferId, ReservationId, SeriesId, StandingRequestId, Timestamp,
    UserId,
};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Their account.
    pub user_id: UserId,
    /// Whether they may act on what is not theirs.
    pub is_operator: bool,
}

impl Actor {
    /// Whether this actor may act on what belongs to `owner`.
    #[must_use]
    pub fn may_act_for(self, owner: UserId) -> bool {
        self.is_operator || self.user_id == owner
    }
}

/// A request to change something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Open a negotiation, with a first proposal or without.
    Open {
        /// Its id, made at the edge.
        reservation_id: ReservationId,
        /// What is asked for first.
        proposal: Option<Proposal>,
    },
    /// Say something in a negotiation.
    Negotiate {
        /// Which.
        reservation_id: ReservationId,
        /// What.
        message: Message,
    },
    /// Withdraw or cancel a reservation.
    Delete(ReservationId),
    /// Start a reservation's instances.
    Activate(ReservationId),
    /// Claim or drop optional instances.
    Options {
        /// Of which reservation.
        reservation_id: ReservationId,
        /// What.
        request: OptionsRequest,
    },
    /// Answer a proposal as if it were made, and record nothing.
    Rehearse {
        /// In which negotiation.
        reservation_id: ReservationId,
        /// Whether it would open that negotiation.
        opens: bool,
        /// What is asked for.
        proposal: Proposal,
    },
    /// Ask for a series, or something of one.
    Series {
        /// Which; its id is made at the edge.
        series_id: SeriesId,
        /// What.
        request: SeriesRequest,
    },
    /// Make a standing request, or give one up.
    Standing {
        /// Which; its id is made at the edge.
        standing_request_id: StandingRequestId,
        /// What.
        request: StandingAsk,
    },
    /// Answer what could be had; nothing is held and nothing recorded.
    Ask(Question),
    /// Give a user an account, if there is none yet.
    OpenAccount(UserId),
    /// Give a user credits.
    GrantCredits {
        /// Whom.
        user_id: UserId,
        /// How many.
        amount: MicroCredits,
        /// What for, in the operator's words.
        note: String,
    },
    /// Do something with an instance.
    ControlInstance {
        /// Which.
        instance_id: InstanceId,
        /// What.
        control: InstanceControl,
    },
    /// Record how a try of the dispatcher ended.
    RecordOutcome {
        /// Of which instance.
        instance_id: InstanceId,
        /// How.
        outcome: EffectOutcome,
    },
    /// Record what the VM Monitor saw.
    RecordObservations(Vec<Sighting>),
    /// Record what the Node Monitor saw: all nodes of the site.
    SightNodes(Vec<NodeSighting>),
    /// Put a policy in force.
    AdoptPolicy(Box<Policy>),
    /// Do what is due.
    FireDue {
        /// How many facts are enough for one decision; the timed command that reaches it is still
        /// done whole, the others stay due.
        facts_max: usize,
    },
}

/// What a user wants of a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeriesRequest {
    /// Have it.
    Ask {
        /// The terms of the first occurrence.
        proposal: Box<Proposal>,
        /// When it comes again.
        recurrence: Recurrence,
    },
    /// Confirm all that is held.
    Confirm,
    /// Give up what is not confirmed.
    Withdraw,
    /// End every occurrence that starts from then on; all that are not over where nothing is said.
    Cancel(Option<CancelFrom>),
}

/// From when on a series is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelFrom {
    /// From the beginning of a day in the zone of the series.
    Date(NaiveDate),
    /// From an instant.
    Instant(Timestamp),
}

/// What a user wants of a standing request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StandingAsk {
    /// Make it.
    Make(Box<StandingProposal>),
    /// Give it up.
    Withdraw,
}

/// What anybody may ask of the live state; the answer binds nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// At which starts terms could be had.
    Search(SearchQuery),
    /// What is free over time.
    Availability(AvailabilityQuery),
    /// What is free over time on each node.
    AvailabilityOfNodes(Box<NodeAvailabilityQuery>),
}

/// What a user says in a negotiation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// New terms.
    Counter(Proposal),
    /// Yes to a counter-offer.
    Accept {
        /// Which; by number.
        offer: Option<OfferId>,
        /// Which; by its terms sent back.
        echo: Option<Proposal>,
    },
    /// Confirm what was accepted.
    Confirm {
        /// The terms sent back.
        echo: Option<Proposal>,
    },
    /// No.
    Reject,
}

/// What a user wants with optional instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionsRequest {
    /// Have so many of them.
    Claim(u32),
    /// Give up so many of them.
    Drop(u32),
}

/// What a user may do with an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceControl {
    /// Start it again.
    Start,
    /// Shut it down.
    Stop,
    /// Reboot it.
    Reboot,
    /// Remove it.
    Delete,
    /// Try again what is stuck.
    Revive,
}

impl From<InstanceControl> for InstanceCommand {
    fn from(control: InstanceControl) -> Self {
        match control {
            InstanceControl::Start => Self::StartInstance,
            InstanceControl::Stop => Self::StopInstance,
            InstanceControl::Reboot => Self::RebootInstance,
            InstanceControl::Delete => Self::RemoveInstance(RemovalCause::User),
            InstanceControl::Revive => Self::ReviveEffect,
        }
    }
}

/// What the VM Monitor saw of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Which.
    pub instance_id: InstanceId,
    /// How far its stream had got before the monitor looked; what came later makes it stale.
    pub as_of: u64,
    /// What was seen.
    pub observation: Observation,
}

/// What a command is answered with; complete, so that it can be kept and given again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// A reservation as the command left it.
    Reservation {
        /// Which.
        reservation_id: ReservationId,
        /// As it stands.
        reservation: Box<Reservation>,
        /// How far its stream has got.
        sequence: u64,
    },
    /// An instance as the command left it.
    Instance {
        /// Which.
        instance_id: InstanceId,
        /// As it stands.
        instance: Box<Instance>,
        /// How far its stream has got.
        sequence: u64,
    },
    /// An account as the command left it.
    Account {
        /// Whose.
        user_id: UserId,
        /// As it stands.
        account: Account,
    },
    /// A series as the command left it.
    Series {
        /// Which.
        series_id: SeriesId,
        /// As it stands.
        series: Box<Series>,
        /// Where its occurrences stand, in order; `None` for those that had ended before.
        statuses: Vec<Option<StatusName>>,
        /// How far its stream has got.
        sequence: u64,
    },
    /// A standing request as the command left it.
    StandingRequest {
        /// Which.
        standing_request_id: StandingRequestId,
        /// As it stands.
        request: Box<StandingRequest>,
        /// How far its stream has got.
        sequence: u64,
    },
    /// At which starts terms could be had.
    Search(Box<SearchAnswer>),
    /// What is free over time.
    Availability(Box<Availability>),
    /// What is free over time on each node.
    AvailabilityOfNodes(Box<NodeAvailability>),
    /// Nothing to tell.
    Done,
}
