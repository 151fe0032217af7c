//! What the service, the hypervisor and the operator do.

use openpex_aggregates::instance::{
    Effect, EffectOutcome, FailedAttempt, InstanceSpec, Observation, PowerState,
};
use openpex_aggregates::live::{Actor, Command, InstanceControl, Sighting};
use openpex_aggregates::negotiation::{Bargaining, Tactic};
use openpex_aggregates::node::NodeStatus;
use openpex_aggregates::policy::Quotas;
use openpex_aggregates::pricing::{Pricing, Rates};
use openpex_aggregates::refunds::{RefundSchedule, RefundStep};
use openpex_aggregates::{InstanceId, MicroCredits, UserId};

use super::{HOUR, World};

impl World {
    pub(super) fn outstanding(&self) -> Vec<(InstanceId, EffectOutcome)> {
        let effects = self.live.outstanding_effects().into_iter();
        effects
            .map(|outstanding| {
                let InstanceSpec { instance_id, .. } = outstanding.spec;
                let result = Ok(done(outstanding.effect));
                let (effect_id, attempt) = (outstanding.effect_id, outstanding.attempt);
                let outcome = EffectOutcome {
                    effect_id,
                    attempt,
                    result,
                };
                (instance_id, outcome)
            })
            .collect()
    }

    pub(super) fn succeed(&mut self, instance_id: InstanceId) {
        let found = self.outstanding().into_iter().find(|o| o.0 == instance_id);
        if let Some((_, outcome)) = found {
            let command = Command::RecordOutcome {
                instance_id,
                outcome,
            };
            self.ask(command, None).unwrap();
        }
    }

    /// The dispatcher reports: mostly a success, at times a failure, a wrong or an old reply.
    pub(super) fn report(&mut self) {
        let outstanding = self.outstanding();
        let Some((instance_id, mut outcome)) = self.rng.pick(&outstanding).cloned() else {
            return;
        };
        // Some can never be done, until an operator has looked.
        let cursed = instance_id.0.as_u128() % 5 == 0;
        match self.rng.next() % 20 {
            0..14 if !cursed => {}
            0..18 => {
                outcome.result = Err(FailedAttempt {
                    code: "HOST_OFFLINE".into(),
                    message: "lost".into(),
                });
            }
            18 => {
                outcome.result = Ok(Observation {
                    power_state: PowerState::Paused,
                    ip_address: None,
                });
            }
            _ => outcome.attempt = outcome.attempt.saturating_sub(1),
        }
        let command = Command::RecordOutcome {
            instance_id,
            outcome,
        };
        self.ask(command, None).unwrap();
    }

    pub(super) fn instance(&mut self) -> Option<(InstanceId, UserId, u64)> {
        let mut all: Vec<_> = self
            .live
            .instances()
            .map(|(id, tracked)| (id, tracked.state.user_id, tracked.sequence))
            .collect();
        all.sort_unstable_by_key(|(id, ..)| *id);
        self.rng.pick(&all).copied()
    }

    pub(super) fn control(&mut self) {
        let Some((instance_id, user_id, _)) = self.instance() else {
            return;
        };
        let actor = Actor {
            user_id,
            is_operator: false,
        };
        let all = [
            InstanceControl::Start,
            InstanceControl::Stop,
            InstanceControl::Reboot,
            InstanceControl::Revive,
            InstanceControl::Delete,
        ];
        // Rarely the end of it.
        let choice = if self.rng.chance(90) { &all[..4] } else { &all };
        let control = *self.rng.pick(choice).unwrap();
        let command = Command::ControlInstance {
            instance_id,
            control,
        };
        let _maybe_refused = self.ask(command, Some(actor));
    }

    pub(super) fn observe(&mut self) {
        let Some((instance_id, _, sequence)) = self.instance() else {
            return;
        };
        let states = [PowerState::Halted, PowerState::Running, PowerState::Unknown];
        let sighting = Sighting {
            instance_id,
            as_of: sequence - u64::from(self.rng.chance(20)),
            observation: Observation {
                power_state: *self.rng.pick(&states).unwrap(),
                ip_address: self.rng.chance(50).then(|| "10.0.0.7".to_owned()),
            },
        };
        self.ask(Command::RecordObservations(vec![sighting]), None)
            .unwrap();
    }

    pub(super) fn change_hosts(&mut self) {
        let index = usize::try_from(self.rng.next() % 3).unwrap();
        let vcpus = self.rng.next() % 6;
        let host = &mut self.hosts[index];
        match self.rng.next() % 6 {
            0 => host.status = NodeStatus::Lost,
            1 => host.status = NodeStatus::Draining,
            2 => host.capacity.vcpus = vcpus,
            3 => host.capacity.vcpus = 4,
            _ => host.status = NodeStatus::InService,
        }
        let mut seen = self.hosts.clone();
        if self.rng.chance(10) {
            // One that is not told of any more has left its pool.
            seen.remove(index);
        }
        self.ask(Command::SightNodes(seen), None).unwrap();
    }

    /// An operator gives a user credits, or opens an account for nothing yet.
    pub(super) fn grant(&mut self) {
        let user_id = UserId(self.rng.between(1, 4));
        if self.rng.chance(20) {
            self.ask(Command::OpenAccount(user_id), None).unwrap();
            return;
        }
        let command = Command::GrantCredits {
            user_id,
            amount: MicroCredits(self.rng.next() % 30_000_000),
            note: "for good measure".into(),
        };
        self.ask(command, None).unwrap();
    }

    pub(super) fn change_policy(&mut self) {
        let (rng, policy) = (&mut self.rng, &mut self.policy);
        let mut small = |from, to| u32::try_from(rng.between(from, to)).unwrap();
        match small(0, 7) {
            0 => policy.hold_secs = i64::from(small(1, 20)) * 60,
            1 => policy.limits.rounds_max = small(1, 6),
            2 => {
                policy.limits.alternatives_max = small(1, 4);
                policy.limits.sessions_max = small(1, 8);
                policy.limits.changes_max = small(0, 6);
            }
            3 => {
                policy.bargaining = Bargaining::Concession {
                    reserve_ppm: small(500_000, 1_000_000),
                    tactic: [Tactic::Boulware, Tactic::Linear, Tactic::Conceder]
                        [small(0, 2) as usize],
                    deadline_rounds: small(2, 6),
                }
            }
            4 => policy.bargaining = Bargaining::TakeItOrLeaveIt,
            5 => {
                let some = |n: u32| (n > 4).then_some(n);
                policy.quotas = Quotas {
                    live_reservations: some(small(0, 12)),
                    vcpus_at_once: some(small(0, 10)).map(u64::from),
                    vcpu_hours_ahead: some(small(0, 40)).map(u64::from),
                };
            }
            6 => {
                policy.claim_risk_ppm = small(0, 4) * 250_000;
                policy.refunds = schedule(small(0, 1_000_000), small(0, 1_000_000));
            }
            _ => {
                let rate = |n: u32| MicroCredits(u64::from(n));
                policy.pricing = Pricing::Flat {
                    rates: Rates {
                        vcpu_hour: rate(small(500_000, 2_000_000)),
                        memory_gib_hour: rate(small(0, 500_000)),
                        disk_gib_hour: rate(small(0, 2_000)),
                    },
                };
                if small(0, 2) == 0 {
                    policy.pricing = Pricing::Utilisation(Box::new(by_utilisation()));
                }
            }
        }
        let policy = Box::new(self.policy.clone());
        self.ask(Command::AdoptPolicy(policy), None).unwrap();
    }
}

fn schedule(one: u32, other: u32) -> RefundSchedule {
    let step = |hours: i64, refund_ppm| RefundStep {
        lead_ms: hours * HOUR,
        refund_ppm,
    };
    RefundSchedule {
        before_start: vec![step(6, one.max(other)), step(1, one.min(other))],
        unused_ppm: one,
    }
}

/// The policy of that name with all that is left out of a configuration.
fn by_utilisation() -> openpex_aggregates::pricing::UtilisationPricing {
    serde_json::from_str("{}").unwrap()
}

fn done(effect: Effect) -> Observation {
    let power_state = match effect {
        Effect::Start | Effect::Reboot => PowerState::Running,
        Effect::Stop => PowerState::Halted,
        Effect::Remove => PowerState::Unknown,
    };
    Observation {
        power_state,
        ip_address: None,
    }
}
