//! Facts as they really come: a small pool, and users, clocks and hypervisors that do all they can.

use openpex_aggregates::instance::{EffectOutcome, FailedAttempt, Observation, PowerState};
use openpex_aggregates::live::{Actor, Command, InstanceControl, Live, Message, NewFact, Sighting};
use openpex_aggregates::node::{NodeSighting, NodeStatus};
use openpex_aggregates::policy::Policy;
use openpex_aggregates::reservation::StatusName;
use openpex_aggregates::terms::Proposal;
use openpex_aggregates::{NodeName, ReservationId, Resources, Timestamp, UserId};
use openpex_projections::SourceEvent;
use uuid::Uuid;

const MINUTE_MS: i64 = 60_000;
pub const TEMPLATES: [&str; 2] = ["Etch", "Sarge"];
pub const USERS: u64 = 3;

/// A pool in use.
pub struct Feed {
    live: Live,
    pub now: Timestamp,
    random: u64,
    opened: Vec<(ReservationId, UserId)>,
    position: u64,
    /// Every fact so far that was not taken yet.
    pub events: Vec<SourceEvent>,
}

impl Feed {
    /// Four nodes and a policy; the same seed gives the same facts.
    pub fn new(seed: u64) -> Self {
        let mut feed = Self {
            live: Live::new(),
            now: Timestamp(1_250_000_000_000),
            random: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            opened: Vec::new(),
            position: 0,
            events: Vec::new(),
        };
        let mut policy = Policy {
            templates: TEMPLATES.map(str::to_owned).to_vec(),
            ..Policy::default()
        };
        // A few users stand for many.
        policy.limits.sessions_max = u32::MAX;
        feed.say(Command::AdoptPolicy(Box::new(policy)), None);
        feed.sight_nodes(16, NodeStatus::InService);
        feed
    }

    /// A pool that has been in use for so many commands.
    pub fn after(seed: u64, commands: usize) -> Self {
        let mut feed = Self::new(seed);
        for _ in 0..commands {
            feed.go_on();
        }
        feed
    }

    /// The facts that came since the last call.
    pub fn take(&mut self) -> Vec<SourceEvent> {
        std::mem::take(&mut self.events)
    }

    /// How many reservations were opened.
    #[allow(dead_code, reason = "the benchmark counts them, the tests do not")]
    pub fn opened(&self) -> usize {
        self.opened.len()
    }

    fn below(&mut self, n: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % n
    }

    fn say(&mut self, command: Command, actor: Option<Actor>) {
        // What is out of turn is refused and gives no facts; that is part of real use.
        let Ok(handled) = self.live.handle(command, actor, self.now) else {
            return;
        };
        for NewFact { fact, sequence, .. } in handled.facts {
            self.position += 1;
            self.events.push(SourceEvent {
                position: self.position,
                recorded_at: self.now,
                sequence,
                fact,
            });
        }
    }

    /// One more thing happens.
    pub fn go_on(&mut self) {
        match self.below(20) {
            0..=5 => self.open(),
            6..=11 => self.answer(),
            12 => self.delete_or_activate(),
            13 | 14 => self.control_instance(),
            15 => {
                let minutes = self.below(20);
                self.now = self
                    .now
                    .saturating_add(i64::try_from(minutes).unwrap() * MINUTE_MS);
                self.say(Command::FireDue { facts_max: 1_000 }, None);
            }
            16 | 17 => self.finish_effects(),
            18 => self.observe(),
            _ => {
                let vcpus = 16 + self.below(3);
                let status = [
                    NodeStatus::InService,
                    NodeStatus::Lost,
                    NodeStatus::Draining,
                ];
                let status = status[usize::try_from(self.below(3)).unwrap()];
                self.sight_nodes(vcpus, status);
            }
        }
    }

    /// A new reservation, with a proposal nearly always.
    pub fn open(&mut self) {
        let user_id = UserId(i64::try_from(1 + self.below(USERS)).unwrap());
        let reservation_id = Uuid::new_v5(&Uuid::nil(), &self.position.to_be_bytes());
        let reservation_id = ReservationId(reservation_id);
        let proposal = (self.below(8) > 0).then(|| self.proposal());
        self.opened.push((reservation_id, user_id));
        let open = Command::Open {
            reservation_id,
            proposal,
        };
        let actor = Actor {
            user_id,
            is_operator: false,
        };
        self.say(open, Some(actor));
    }

    /// A new reservation without a proposal.
    pub fn initiate(&mut self) {
        let reservation_id = Uuid::new_v5(&Uuid::nil(), &self.position.to_be_bytes());
        let reservation_id = ReservationId(reservation_id);
        let proposal = None;
        let open = Command::Open {
            reservation_id,
            proposal,
        };
        self.say(open, None);
    }

    /// So much later that every session has run out.
    pub fn let_sessions_lapse(&mut self) {
        self.now = self.now.saturating_add(24 * 60 * MINUTE_MS);
        self.say(Command::FireDue { facts_max: 10_000 }, None);
    }

    /// Asks for other terms of some reservation that runs, and confirms what comes of it.
    #[allow(dead_code, reason = "the tests need it, the benchmark does not")]
    pub fn change_running(&mut self) {
        let running = self.opened.iter().rev().find_map(|(id, user_id)| {
            let state = &self.live.reservation(*id)?.state;
            let agreement = state.status.agreement()?;
            let runs = state.status.name() == StatusName::Activated;
            (runs && state.changes < 3).then(|| (*id, *user_id, agreement.terms.clone()))
        });
        let Some((reservation_id, user_id, terms)) = running else {
            return;
        };
        let minutes = i64::try_from(self.below(90)).unwrap() - 30;
        let proposal = Proposal {
            instance_type: terms.instance_type.clone(),
            instances_fixed: i64::try_from(1 + self.below(6)).unwrap(),
            starts_at: terms.window.starts_at,
            duration_ms: terms.window.duration_ms() + minutes * MINUTE_MS,
            template: terms.template.clone(),
            ..Proposal::default()
        };
        let is_operator = false;
        let actor = Actor {
            user_id,
            is_operator,
        };
        let echo = None;
        for message in [Message::Counter(proposal), Message::Confirm { echo }] {
            let negotiate = Command::Negotiate {
                reservation_id,
                message,
            };
            self.say(negotiate, Some(actor));
        }
    }

    fn proposal(&mut self) -> Proposal {
        let types = ["SMALL", "MEDIUM", "LARGE", "XLARGE"];
        let int = |n: u64| i64::try_from(n).unwrap();
        Proposal {
            instance_type: types[usize::try_from(self.below(4)).unwrap()].to_owned(),
            instances_fixed: int(1 + self.below(6)),
            instances_option: int(self.below(3)),
            starts_at: self.now.saturating_add(int(self.below(600)) * MINUTE_MS),
            duration_ms: int(1 + self.below(300)) * MINUTE_MS,
            template: TEMPLATES[usize::try_from(self.below(2)).unwrap()].to_owned(),
            auto_start: (self.below(4) == 0).then_some(false),
            ..Proposal::default()
        }
    }

    /// One of the newest forty reservations, with its owner.
    fn some_reservation(&mut self) -> Option<(ReservationId, Actor)> {
        let newest = u64::try_from(self.opened.len().min(40)).unwrap();
        let back = usize::try_from(self.below(newest.max(1))).unwrap();
        let (id, user_id) = *self.opened.iter().rev().nth(back)?;
        let is_operator = false;
        Some((
            id,
            Actor {
                user_id,
                is_operator,
            },
        ))
    }

    fn answer(&mut self) {
        let Some((reservation_id, actor)) = self.some_reservation() else {
            return;
        };
        let status = self.live.reservation(reservation_id);
        let status = status.map(|tracked| tracked.state.status.name());
        let (offer, echo) = (None, None);
        let message = match (status, self.below(6)) {
            (_, 0) => Message::Counter(self.proposal()),
            (_, 1) => Message::Reject,
            (Some(StatusName::Countered), _) => Message::Accept { offer, echo },
            (_, _) => Message::Confirm { echo },
        };
        let negotiate = Command::Negotiate {
            reservation_id,
            message,
        };
        self.say(negotiate, Some(actor));
    }

    fn delete_or_activate(&mut self) {
        let Some((id, actor)) = self.some_reservation() else {
            return;
        };
        let command = match self.below(2) {
            0 => Command::Delete(id),
            _ => Command::Activate(id),
        };
        self.say(command, Some(actor));
    }

    fn control_instance(&mut self) {
        let mut ids: Vec<_> = self.live.instances().map(|(id, _)| id).collect();
        ids.sort_unstable();
        if ids.is_empty() {
            return;
        }
        let count = u64::try_from(ids.len()).unwrap();
        let instance_id = ids[usize::try_from(self.below(count)).unwrap()];
        let controls = [
            InstanceControl::Start,
            InstanceControl::Stop,
            InstanceControl::Reboot,
            InstanceControl::Delete,
            InstanceControl::Revive,
        ];
        let control = controls[usize::try_from(self.below(5)).unwrap()];
        let command = Command::ControlInstance {
            instance_id,
            control,
        };
        self.say(command, None);
    }

    fn finish_effects(&mut self) {
        for outstanding in self.live.outstanding_effects() {
            let seen = Observation {
                power_state: PowerState::Running,
                ip_address: Some(format!("10.0.0.{}", self.below(250))),
            };
            let failed = FailedAttempt {
                code: "HOST_OFFLINE".to_owned(),
                message: "no reply".to_owned(),
            };
            let result = match self.below(5) {
                0 => Err(failed),
                _ => Ok(seen),
            };
            let outcome = EffectOutcome {
                effect_id: outstanding.effect_id,
                attempt: outstanding.attempt,
                result,
            };
            let instance_id = outstanding.spec.instance_id;
            let command = Command::RecordOutcome {
                instance_id,
                outcome,
            };
            self.say(command, None);
        }
    }

    fn observe(&mut self) {
        let mut seen: Vec<_> = self
            .live
            .instances()
            .map(|(id, tracked)| (id, tracked.sequence))
            .collect();
        seen.sort_unstable();
        seen.truncate(3);
        let mut sightings = Vec::new();
        for (instance_id, as_of) in seen {
            let states = [PowerState::Halted, PowerState::Paused, PowerState::Running];
            let power_state = states[usize::try_from(self.below(3)).unwrap()];
            let ip_address = None;
            let observation = Observation {
                power_state,
                ip_address,
            };
            sightings.push(Sighting {
                instance_id,
                as_of,
                observation,
            });
        }
        self.say(Command::RecordObservations(sightings), None);
    }

    fn sight_nodes(&mut self, vcpus: u64, status_of_last: NodeStatus) {
        let sighting = |n: u64| NodeSighting {
            name: NodeName(format!("node-{n}")),
            pool: "pool".to_owned(),
            capacity: Resources {
                vcpus: if n == 2 { vcpus } else { 16 },
                memory_mib: 32_768,
                disk_gib: 500,
            },
            status: if n == 3 {
                status_of_last
            } else {
                NodeStatus::InService
            },
        };
        self.say(Command::SightNodes((0..4).map(sighting).collect()), None);
    }
}
