//! What happened to an instance. Stored forever: a changed shape is a new version.

use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};

use super::effect::{Effect, InstanceSpec, Observation};
use crate::sender::Sender;
use crate::{TimeWindow, Timestamp, UserId};

/// A fact about one instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InstanceEvent {
    /// Its reservation was activated: it is wanted running.
    InstanceRequested {
        /// What the dispatcher needs to know of it.
        spec: InstanceSpec,
        /// Name of its instance type.
        instance_type: String,
        /// Whose it is.
        user_id: UserId,
        /// The window of its reservation.
        window: TimeWindow,
    },
    /// Its reservation has another window now.
    InstanceRescheduled {
        /// Which.
        window: TimeWindow,
    },
    /// The user wants it running again.
    StartRequested,
    /// The user wants it shut down.
    StopRequested,
    /// The user wants it rebooted.
    RebootRequested,
    /// It is to go.
    RemovalRequested {
        /// Why.
        cause: RemovalCause,
    },
    /// The dispatcher is about to be told; recorded before it is.
    EffectIntended {
        /// Numbers what was wanted; tries of one effect share a number.
        effect_id: u64,
        /// What is to be done.
        effect: Effect,
        /// Which try this is, from 1.
        attempt: u32,
    },
    /// The effect is true on the hypervisor.
    EffectSucceeded {
        /// Of which intent.
        effect_id: u64,
        /// What was done.
        effect: Effect,
        /// At which try.
        attempt: u32,
        /// What was seen after it.
        observation: Observation,
    },
    /// The try failed, or its outcome is not known.
    EffectFailed {
        /// Of which intent.
        effect_id: u64,
        /// What was tried.
        effect: Effect,
        /// Which try it was.
        attempt: u32,
        /// XenAPI error code or one of ours.
        code: String,
        /// Its parameters or cause.
        message: String,
        /// When it is tried again.
        retry_at: Timestamp,
    },
    /// The last try failed: an operator has to look.
    EffectStuck {
        /// Of which intent.
        effect_id: u64,
        /// What was tried.
        effect: Effect,
        /// How many tries failed.
        attempts: u32,
        /// XenAPI error code or one of ours.
        code: String,
        /// Its parameters or cause.
        message: String,
    },
    /// A monitor saw it change by itself.
    PowerStateObserved {
        /// What was seen.
        observation: Observation,
    },
    /// Its VM and disks are gone. An end.
    InstanceRemoved,
}

/// Why an instance is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemovalCause {
    /// The user deleted it.
    User,
    /// Its reservation was cancelled.
    Cancelled,
    /// Its reservation was changed to fewer instances.
    Changed,
    /// Its reservation's window is over.
    Expired,
}

impl InstanceEvent {
    /// Who says it.
    #[must_use]
    pub const fn usual_sender(&self) -> Sender {
        match self {
            Self::StartRequested
            | Self::StopRequested
            | Self::RebootRequested
            | Self::RemovalRequested {
                cause: RemovalCause::User | RemovalCause::Cancelled | RemovalCause::Changed,
            } => Sender::User,
            Self::RemovalRequested {
                cause: RemovalCause::Expired,
            } => Sender::Clock,
            Self::InstanceRequested { .. }
            | Self::InstanceRescheduled { .. }
            | Self::EffectIntended { .. } => Sender::Provider,
            Self::EffectSucceeded { .. }
            | Self::EffectFailed { .. }
            | Self::EffectStuck { .. }
            | Self::PowerStateObserved { .. }
            | Self::InstanceRemoved => Sender::Hypervisor,
        }
    }
}

impl DomainEvent for InstanceEvent {
    fn event_type(&self) -> String {
        match self {
            Self::InstanceRequested { .. } => "InstanceRequested",
            Self::InstanceRescheduled { .. } => "InstanceRescheduled",
            Self::StartRequested => "StartRequested",
            Self::StopRequested => "StopRequested",
            Self::RebootRequested => "RebootRequested",
            Self::RemovalRequested { .. } => "RemovalRequested",
            Self::EffectIntended { .. } => "EffectIntended",
            Self::EffectSucceeded { .. } => "EffectSucceeded",
            Self::EffectFailed { .. } => "EffectFailed",
            Self::EffectStuck { .. } => "EffectStuck",
            Self::PowerStateObserved { .. } => "PowerStateObserved",
            Self::InstanceRemoved => "InstanceRemoved",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
