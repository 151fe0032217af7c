//! The Instance aggregate: a virtual machine of a reservation, as wanted and as observed.
//!
//! Owns the rule that joins the two ([`wanted_effect`]): intent before effect, one effect at a
//! time, attempts that back off and end in a visible `Stuck`. It never talks to a hypervisor.

mod aggregate;
mod backoff;
mod decide;
mod effect;
mod event;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use backoff::{ATTEMPTS_MAX, retry_delay_ms};
pub use decide::{EffectOutcome, FailedAttempt, InstanceCommand, InstanceRefusal, NOT_SEEN_DONE};
pub use effect::{Effect, InstanceSpec, Observation, PowerState};
pub use event::{InstanceEvent, RemovalCause};

use crate::{TimeWindow, Timestamp, UserId};

/// What we want of an instance; never what was seen of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// It runs.
    #[default]
    Running,
    /// It is shut down, its disks stay.
    Halted,
    /// It does not exist.
    Gone,
}

/// What the dispatcher is doing for an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Nothing.
    #[default]
    Idle,
    /// The effect was intended; its outcome is not known yet.
    InFlight {
        /// What is being done.
        effect: Effect,
        /// Which try this is, from 1.
        attempt: u32,
    },
    /// The last try failed; the next one is due at `retry_at`.
    BackingOff {
        /// What is to be done.
        effect: Effect,
        /// How many tries failed.
        attempts: u32,
        /// When to try again.
        retry_at: Timestamp,
        /// Why the last try failed.
        code: String,
    },
    /// Every try failed: an operator has to look.
    Stuck {
        /// What could not be done.
        effect: Effect,
        /// How many tries failed.
        attempts: u32,
        /// Why the last try failed.
        code: String,
    },
}

/// An instance from the decision to make it until its VM is gone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// What the dispatcher needs to know of it.
    pub spec: InstanceSpec,
    /// Name of its instance type.
    pub instance_type: String,
    /// Whose it is.
    pub user_id: UserId,
    /// The window of its reservation.
    pub window: TimeWindow,
    /// What we want of it.
    pub wanted: Wanted,
    /// What was seen of it last.
    pub observed: Observation,
    /// A reboot that was asked for and has not been done.
    pub reboot_pending: bool,
    /// Numbers what was wanted one after the other; tries of one effect share a number.
    pub effect_id: u64,
    /// What the dispatcher is doing for it.
    pub work: Work,
    /// Whether its VM and disks are gone.
    pub removed: bool,
}

/// What is missing between what we want and what was seen; the one place that joins the two.
#[must_use]
pub const fn wanted_effect(
    wanted: Wanted,
    observed: PowerState,
    reboot_pending: bool,
) -> Option<Effect> {
    match (wanted, observed) {
        (Wanted::Gone, _) => Some(Effect::Remove),
        (Wanted::Running, PowerState::Running) if reboot_pending => Some(Effect::Reboot),
        (Wanted::Running, PowerState::Running) | (Wanted::Halted, PowerState::Halted) => None,
        (Wanted::Running, _) => Some(Effect::Start),
        // A VM that is not there is not running either.
        (Wanted::Halted, PowerState::Unknown) => None,
        (Wanted::Halted, PowerState::Running | PowerState::Paused | PowerState::Suspended) => {
            Some(Effect::Stop)
        }
    }
}

impl Instance {
    /// What is missing, if anything.
    #[must_use]
    pub fn missing_effect(&self) -> Option<Effect> {
        if self.removed {
            return None;
        }
        let observed = self.observed.power_state;
        let missing = wanted_effect(self.wanted, observed, self.reboot_pending);
        match self.work {
            Work::Idle | Work::InFlight { .. } => missing,
            // A try that failed may have had its effect, so what was seen before it does not count.
            Work::BackingOff { .. } | Work::Stuck { .. } => missing.or(Some(match self.wanted {
                Wanted::Running => Effect::Start,
                Wanted::Halted => Effect::Stop,
                Wanted::Gone => Effect::Remove,
            })),
        }
    }

    /// The effect whose outcome is awaited, with its attempt.
    #[must_use]
    pub const fn in_flight(&self) -> Option<(Effect, u32)> {
        match self.work {
            Work::InFlight { effect, attempt } => Some((effect, attempt)),
            Work::Idle | Work::BackingOff { .. } | Work::Stuck { .. } => None,
        }
    }

    const fn want_stopped(&mut self, wanted: Wanted) {
        self.wanted = wanted;
        self.reboot_pending = false;
    }

    /// Folds one event.
    pub fn fold(&mut self, event: &InstanceEvent) {
        match event {
            InstanceEvent::InstanceRequested {
                spec,
                instance_type,
                user_id,
                window,
            } => {
                self.spec = spec.clone();
                self.instance_type.clone_from(instance_type);
                (self.user_id, self.window) = (*user_id, *window);
                self.wanted = Wanted::Running;
            }
            InstanceEvent::InstanceRescheduled { window } => self.window = *window,
            InstanceEvent::StartRequested => self.wanted = Wanted::Running,
            InstanceEvent::StopRequested => self.want_stopped(Wanted::Halted),
            InstanceEvent::RebootRequested => self.reboot_pending = true,
            InstanceEvent::RemovalRequested { .. } => self.want_stopped(Wanted::Gone),
            InstanceEvent::EffectIntended {
                effect_id,
                effect,
                attempt,
            } => {
                self.effect_id = *effect_id;
                self.work = Work::InFlight {
                    effect: *effect,
                    attempt: *attempt,
                };
            }
            InstanceEvent::EffectSucceeded {
                effect,
                observation,
                ..
            } => {
                self.observed = observation.clone();
                self.work = Work::Idle;
                if matches!(effect, Effect::Reboot | Effect::Start) {
                    self.reboot_pending = false;
                }
            }
            InstanceEvent::EffectFailed {
                effect,
                attempt,
                code,
                retry_at,
                ..
            } => {
                self.work = Work::BackingOff {
                    effect: *effect,
                    attempts: *attempt,
                    retry_at: *retry_at,
                    code: code.clone(),
                };
            }
            InstanceEvent::EffectStuck {
                effect,
                attempts,
                code,
                ..
            } => {
                self.work = Work::Stuck {
                    effect: *effect,
                    attempts: *attempts,
                    code: code.clone(),
                };
            }
            InstanceEvent::PowerStateObserved { observation } => {
                self.observed = observation.clone();
            }
            InstanceEvent::InstanceRemoved => self.removed = true,
        }
    }
}
