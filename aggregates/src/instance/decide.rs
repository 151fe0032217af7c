//! What a command does to an instance.

use super::backoff::{ATTEMPTS_MAX, retry_delay_ms};
use super::{
    Effect, Instance, InstanceEvent, InstanceSpec, Observation, PowerState, RemovalCause, Wanted,
    Work,
};
use crate::{TimeWindow, Timestamp, UserId};

/// What can be asked of an instance: by its user, by its reservation, by time or by what was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InstanceCommand {
    /// Make it and start it.
    RequestInstance {
        /// What the dispatcher needs to know of it.
        spec: Box<InstanceSpec>,
        /// Name of its instance type.
        instance_type: String,
        /// Whose it is.
        user_id: UserId,
        /// The window of its reservation.
        window: TimeWindow,
    },
    /// It ends when its reservation does, which has another window now.
    Reschedule(TimeWindow),
    /// Start it again.
    StartInstance,
    /// Shut it down.
    StopInstance,
    /// Reboot it.
    RebootInstance,
    /// Remove it with its disks.
    RemoveInstance(RemovalCause),
    /// Record how a try ended.
    RecordOutcome(EffectOutcome),
    /// Try again what is backing off and due.
    RetryEffect,
    /// Try again what is stuck, from the first attempt.
    ReviveEffect,
    /// Record what a monitor saw.
    RecordObservation(Observation),
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectOutcome {
    /// Of which intent.
    pub effect_id: u64,
    /// Which try.
    pub attempt: u32,
    /// What was seen after it, or why it failed.
    pub result: Result<Observation, FailedAttempt>,
}

/// Why a try failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedAttempt {
    /// XenAPI error code or one of ours.
    pub code: String,
    /// Its parameters or cause.
    pub message: String,
}

/// Why a command is refused; nothing is appended then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InstanceRefusal {
    /// It is going or gone.
    #[error("the instance is being removed; nothing more can be asked of it")]
    BeingRemoved,
    /// It is shut down and cannot be rebooted.
    #[error("the instance is not running; start it instead")]
    NotRunning,
}

type Decided = Result<Vec<InstanceEvent>, InstanceRefusal>;

/// Our code of a try that is said to have succeeded, while what was seen after it says otherwise.
pub const NOT_SEEN_DONE: &str = "NOT_SEEN_DONE";

impl Effect {
    /// What was seen after the effect, unless that contradicts it: then the try failed, so that it
    /// backs off and ends in `Stuck` instead of being repeated without a pause.
    fn expect_done(self, observation: Observation) -> Result<Observation, FailedAttempt> {
        let seen = observation.power_state;
        let done = match self {
            Self::Start | Self::Reboot => seen == PowerState::Running,
            Self::Stop => matches!(seen, PowerState::Halted | PowerState::Unknown),
            Self::Remove => true,
        };
        if done {
            return Ok(observation);
        }
        Err(FailedAttempt {
            code: NOT_SEEN_DONE.to_owned(),
            message: format!("after {self:?} the instance was seen {seen:?}"),
        })
    }
}

impl Instance {
    /// What happens on `command`; no events where it has already taken effect.
    pub fn decide(&self, command: InstanceCommand, now: Timestamp) -> Decided {
        match command {
            InstanceCommand::RequestInstance {
                spec,
                instance_type,
                user_id,
                window,
            } => {
                if self.effect_id > 0 {
                    return Ok(Vec::new());
                }
                let spec = *spec;
                let request = InstanceEvent::InstanceRequested {
                    spec,
                    instance_type,
                    user_id,
                    window,
                };
                Ok(self.and_then_work(vec![request]))
            }
            InstanceCommand::Reschedule(window) => {
                let is_news = self.window != window && self.wanted != Wanted::Gone;
                let event = InstanceEvent::InstanceRescheduled { window };
                Ok(is_news.then_some(event).into_iter().collect())
            }
            InstanceCommand::StartInstance => {
                self.wish(Wanted::Running, InstanceEvent::StartRequested)
            }
            InstanceCommand::StopInstance => {
                self.wish(Wanted::Halted, InstanceEvent::StopRequested)
            }
            InstanceCommand::RebootInstance => self.reboot(),
            InstanceCommand::RemoveInstance(cause) => Ok(self.remove(cause)),
            InstanceCommand::RecordOutcome(outcome) => Ok(self.record(outcome, now)),
            InstanceCommand::RetryEffect => Ok(self.retry(now)),
            InstanceCommand::ReviveEffect => Ok(self.revive()),
            InstanceCommand::RecordObservation(observation) => Ok(self.observe(observation)),
        }
    }

    fn wish(&self, wanted: Wanted, event: InstanceEvent) -> Decided {
        if self.wanted == Wanted::Gone {
            return Err(InstanceRefusal::BeingRemoved);
        }
        if self.wanted == wanted {
            return Ok(Vec::new());
        }
        Ok(self.and_then_work(vec![event]))
    }

    fn reboot(&self) -> Decided {
        match self.wanted {
            Wanted::Gone => Err(InstanceRefusal::BeingRemoved),
            Wanted::Halted => Err(InstanceRefusal::NotRunning),
            Wanted::Running if self.reboot_pending => Ok(Vec::new()),
            Wanted::Running => Ok(self.and_then_work(vec![InstanceEvent::RebootRequested])),
        }
    }

    fn remove(&self, cause: RemovalCause) -> Vec<InstanceEvent> {
        if self.wanted == Wanted::Gone {
            return Vec::new();
        }
        self.and_then_work(vec![InstanceEvent::RemovalRequested { cause }])
    }

    fn record(&self, outcome: EffectOutcome, now: Timestamp) -> Vec<InstanceEvent> {
        let EffectOutcome {
            effect_id,
            attempt,
            result,
        } = outcome;
        let awaited = self.in_flight().filter(|(_, try_no)| *try_no == attempt);
        let (Some((effect, _)), true) = (awaited, effect_id == self.effect_id) else {
            // A late reply of a try that was already accounted for.
            return Vec::new();
        };
        match result.and_then(|observation| effect.expect_done(observation)) {
            Ok(observation) => {
                let success = InstanceEvent::EffectSucceeded {
                    effect_id,
                    effect,
                    attempt,
                    observation,
                };
                if effect == Effect::Remove {
                    return vec![success, InstanceEvent::InstanceRemoved];
                }
                self.and_then_work(vec![success])
            }
            Err(FailedAttempt { code, message }) => {
                let failure = match retry_delay_ms(attempt) {
                    Some(delay_ms) if attempt < ATTEMPTS_MAX => {
                        let retry_at = now.saturating_add(delay_ms);
                        InstanceEvent::EffectFailed {
                            effect_id,
                            effect,
                            attempt,
                            code,
                            message,
                            retry_at,
                        }
                    }
                    _ => {
                        let attempts = attempt;
                        InstanceEvent::EffectStuck {
                            effect_id,
                            effect,
                            attempts,
                            code,
                            message,
                        }
                    }
                };
                self.and_then_work(vec![failure])
            }
        }
    }

    fn retry(&self, now: Timestamp) -> Vec<InstanceEvent> {
        match self.work {
            Work::BackingOff {
                effect,
                attempts,
                retry_at,
                ..
            } if retry_at <= now => {
                let attempt = attempts + 1;
                vec![InstanceEvent::EffectIntended {
                    effect_id: self.effect_id,
                    effect,
                    attempt,
                }]
            }
            Work::Idle | Work::InFlight { .. } | Work::BackingOff { .. } | Work::Stuck { .. } => {
                Vec::new()
            }
        }
    }

    fn revive(&self) -> Vec<InstanceEvent> {
        match self.work {
            Work::Stuck { effect, .. } => {
                // A number of its own: a late reply of the tries before must not count for it.
                let effect_id = self.effect_id + 1;
                vec![InstanceEvent::EffectIntended {
                    effect_id,
                    effect,
                    attempt: 1,
                }]
            }
            Work::Idle | Work::InFlight { .. } | Work::BackingOff { .. } => Vec::new(),
        }
    }

    fn observe(&self, observation: Observation) -> Vec<InstanceEvent> {
        if self.removed || self.work != Work::Idle || self.observed == observation {
            return Vec::new();
        }
        self.and_then_work(vec![InstanceEvent::PowerStateObserved { observation }])
    }

    /// `events`, followed by the intent of what is missing after them.
    fn and_then_work(&self, mut events: Vec<InstanceEvent>) -> Vec<InstanceEvent> {
        let mut after = self.clone();
        events.iter().for_each(|event| after.fold(event));
        let Some(missing) = after.missing_effect() else {
            return events;
        };
        let free = match after.work {
            Work::Idle => true,
            Work::InFlight { .. } => false,
            // Another wish starts afresh; the same one keeps its place in the schedule.
            Work::BackingOff { effect, .. } | Work::Stuck { effect, .. } => effect != missing,
        };
        if free {
            let effect_id = after.effect_id + 1;
            events.push(InstanceEvent::EffectIntended {
                effect_id,
                effect: missing,
                attempt: 1,
            });
        }
        events
    }
}
