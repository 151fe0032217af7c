//! Users, nodes and a dispatcher that do random things to a live state, and three others that
//! must agree with it: a fold of the stored facts, a state from a snapshot, and an auditor who
//! decides every command again.

use openpex_aggregates::instance::Effect;
use openpex_aggregates::instance::{
    EffectOutcome, FailedAttempt, InstanceSpec, Observation, PowerState,
};
use openpex_aggregates::live::{
    Actor, Answer, Command, CommandRefusal, Fact, Handled, InstanceControl, Live, LiveSnapshot,
    Message, Sighting,
};
use openpex_aggregates::node::{NodeSighting, NodeStatus};
use openpex_aggregates::policy::{InstanceType, Policy};
use openpex_aggregates::reservation::StatusName;
use openpex_aggregates::terms::Proposal;
use openpex_aggregates::{
    InstanceId, MicroCredits, NodeName, OfferId, ReservationId, Resources, Timestamp, UserId,
};
use uuid::Uuid;

use crate::checker::Record;
use crate::rng::Rng;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const T0: i64 = 1_250_481_600_000;
const TEMPLATE: &str = "T";
/// Most commands that it takes to end everything that is open.
const CLOSING_MAX: usize = 5_000;

pub struct World {
    pub rng: Rng,
    pub records: Vec<Record>,
    pub refusals: usize,
    live: Live,
    folded: Live,
    restored: Live,
    now: i64,
    ids: Vec<ReservationId>,
    opened: u128,
    hosts: Vec<NodeSighting>,
    policy: Policy,
}

type Handling = Result<Handled, CommandRefusal>;

impl World {
    pub fn new(seed: u64) -> Self {
        let named = |name: &str, vcpus, memory_mib, disk_gib| InstanceType {
            name: name.into(),
            size: resources(vcpus, memory_mib, disk_gib),
        };
        let mut policy = Policy {
            types: vec![named("S", 1, 1_024, 10), named("L", 2, 1_024, 30)],
            templates: vec![TEMPLATE.into()],
            ..Policy::default()
        };
        policy.limits.rounds_max = 5;
        policy.limits.horizon_ms = 4 * 24 * HOUR;
        let host = |name: &str, vcpus| NodeSighting {
            name: NodeName(name.into()),
            pool: "p".into(),
            capacity: resources(vcpus, 8_192, 100),
            status: NodeStatus::InService,
        };
        let mut world = Self {
            rng: Rng(seed),
            records: Vec::new(),
            refusals: 0,
            live: Live::new(),
            folded: Live::new(),
            restored: Live::new(),
            now: T0,
            ids: Vec::new(),
            opened: 0,
            hosts: vec![host("n1", 4), host("n2", 3), host("n3", 2)],
            policy,
        };
        let policy = Box::new(world.policy.clone());
        world.ask(Command::AdoptPolicy(policy), None).unwrap();
        let nodes = world.hosts.clone();
        world.ask(Command::SightNodes(nodes), None).unwrap();
        world
    }

    /// One random thing.
    pub fn step(&mut self) {
        match self.rng.next() % 100 {
            0..22 => self.pass_time(),
            22..31 => self.open(),
            31..52 => self.negotiate(),
            52..54 => self.delete(),
            54..57 => self.activate(),
            57..85 => self.report(),
            85..91 => self.control(),
            91..96 => self.observe(),
            96 | 97 => self.change_hosts(),
            98 => self.change_policy(),
            _ => self.restored = self.resumed(),
        }
    }

    /// Lets the clock run and every try succeed until nothing is open; returns what is left.
    pub fn close(&mut self) -> (usize, usize, usize) {
        for _ in 0..CLOSING_MAX {
            for (id, _) in self.outstanding() {
                self.succeed(id);
            }
            let stuck: Vec<InstanceId> = self.live.instances().map(|(id, _)| id).collect();
            for instance_id in stuck {
                let control = InstanceControl::Revive;
                let command = Command::ControlInstance {
                    instance_id,
                    control,
                };
                self.ask(command, None).unwrap();
            }
            let Some(due) = self.live.next_due_at() else {
                if self.live.outstanding_effects().is_empty() {
                    break;
                }
                continue;
            };
            self.now = self.now.max(due.0);
            self.fire(100);
        }
        self.live.counts()
    }

    /// The live state as it is after its snapshot was stored and read.
    fn resumed(&self) -> Live {
        let kept = serde_json::to_string(&self.live.snapshot()).unwrap();
        let read: LiveSnapshot = serde_json::from_str(&kept).unwrap();
        Live::try_from(read).unwrap()
    }

    /// Asks the live state, and everybody who must agree with it.
    pub fn ask(&mut self, command: Command, actor: Option<Actor>) -> Handling {
        let now = Timestamp(self.now);
        let before = self.live.snapshot();
        let answer = self.live.handle(command.clone(), actor, now);
        // An auditor: what was folded from the ledger decides the same.
        let audited = self.folded.clone().handle(command.clone(), actor, now);
        assert_eq!(audited, answer, "the auditor on {command:?} at {now}");
        let resumed = self.restored.handle(command.clone(), actor, now);
        assert_eq!(resumed, answer, "after a snapshot, on {command:?} at {now}");
        match &answer {
            Ok(handled) => self.store(handled),
            Err(_) => {
                self.refusals += 1;
                assert_eq!(self.live.snapshot(), before, "refused, yet changed");
            }
        }
        for (name, other) in [("fold", &self.folded), ("snapshot", &self.restored)] {
            assert_eq!(other.snapshot(), self.live.snapshot(), "{name}");
            assert_eq!(other.next_due_at(), self.live.next_due_at(), "{name}");
            assert_eq!(other.counts(), self.live.counts(), "{name}");
        }
        if let Ok(handled) = &answer {
            self.expect_repeat_is_quiet(&command, actor, handled);
        }
        answer
    }

    /// Stores facts as the ledger does, and folds them as they are read back.
    fn store(&mut self, handled: &Handled) {
        for new in &handled.facts {
            let payload = new.fact.payload();
            let (stream, id) = (new.fact.aggregate_type(), new.fact.aggregate_id());
            let (name, version) = (new.fact.event_type(), new.fact.event_version());
            let read = Fact::from_stored(stream, &id, &name, &version, &payload).unwrap();
            assert_eq!(read, new.fact);
            self.folded
                .fold(&read, new.sequence, Timestamp(self.now))
                .unwrap();
            self.records.push(Record {
                at: self.now,
                stream: stream.to_owned(),
                id,
                sequence: new.sequence,
                sender: new.sender.as_str(),
                payload: serde_json::from_str(&payload).unwrap(),
            });
        }
    }

    /// A message that took effect, sent again at once, appends nothing.
    fn expect_repeat_is_quiet(&self, command: &Command, actor: Option<Actor>, first: &Handled) {
        let judged_again = first
            .facts
            .iter()
            .any(|new| new.fact.event_type().starts_with("Terms"));
        let repeated = match command {
            Command::Negotiate { message, .. } => {
                matches!(message, Message::Counter(_)) || !judged_again
            }
            Command::Delete(_)
            | Command::Activate(_)
            | Command::ControlInstance { .. }
            | Command::RecordOutcome { .. }
            | Command::SightNodes(_)
            | Command::AdoptPolicy(_) => true,
            Command::Open { .. }
            | Command::Options { .. }
            | Command::Rehearse { .. }
            | Command::OpenAccount(_)
            | Command::GrantCredits { .. }
            | Command::Series { .. }
            | Command::Standing { .. }
            | Command::Ask(_)
            | Command::RecordObservations(_)
            | Command::FireDue { .. } => false,
        };
        let ended = |answer: &Answer| match answer {
            Answer::Reservation { reservation, .. } => reservation.status.name().is_end(),
            Answer::Instance { .. }
            | Answer::Account { .. }
            | Answer::Series { .. }
            | Answer::StandingRequest { .. }
            | Answer::Search(_)
            | Answer::Availability(_)
            | Answer::Done => false,
        };
        if !repeated || ended(&first.answer) {
            return;
        }
        let now = Timestamp(self.now);
        let again = self.live.clone().handle(command.clone(), actor, now);
        let again = again.unwrap_or_else(|error| panic!("{command:?} again: {error}"));
        assert!(again.facts.is_empty(), "{command:?} again: {again:?}");
        assert_eq!(again.answer, first.answer, "{command:?} again");
    }

    fn fire(&mut self, facts_max: usize) {
        self.ask(Command::FireDue { facts_max }, None).unwrap();
    }

    fn pass_time(&mut self) {
        let due = self.live.next_due_at();
        self.now = match self.rng.next() % 20 {
            0 | 1 => self.now,
            2..9 => self.now + self.rng.between(0, MINUTE),
            9..17 => due.map_or(self.now, |at| at.0.max(self.now)),
            17 | 18 => self.now + self.rng.between(0, 20 * MINUTE),
            _ => self.now + self.rng.between(0, 8 * HOUR),
        };
        // Mostly everything that is due is done; sometimes the service lags behind.
        match self.rng.next() % 4 {
            0 => self.fire(1),
            1 => {}
            _ => self.fire(1_000),
        }
    }

    fn user(&mut self) -> Actor {
        Actor {
            user_id: UserId(self.rng.between(1, 3)),
            is_operator: self.rng.chance(2),
        }
    }

    fn proposal(&mut self) -> Proposal {
        let rng = &mut self.rng;
        // Round times, so that windows touch and repeat.
        let reach = if rng.chance(70) { 6 } else { 60 };
        let from = (self.now / (10 * MINUTE) + rng.between(-1, reach)) * 10 * MINUTE;
        let from = if rng.chance(25) { self.now } else { from };
        let duration_ms = rng.between(1, 12) * if rng.chance(80) { 10 * MINUTE } else { MINUTE };
        let most = if rng.chance(90) { 5 } else { 12 };
        let earliest = from - rng.between(0, 12) * 10 * MINUTE;
        let latest = from + duration_ms + rng.between(0, 12) * 10 * MINUTE;
        Proposal {
            instance_type: if rng.chance(97) { "S" } else { "XXL" }.into(),
            instances_fixed: rng.between(0, most),
            instances_option: rng.between(0, 1),
            starts_at: Timestamp(from),
            duration_ms,
            template: TEMPLATE.into(),
            auto_start: rng.chance(40).then_some(rng.chance(50)),
            price_limit: rng
                .chance(30)
                .then_some(MicroCredits(rng.next() % 20_000_000)),
            earliest_start_at: rng.chance(40).then_some(Timestamp(earliest)),
            latest_end_at: rng.chance(40).then_some(Timestamp(latest)),
        }
    }

    fn open(&mut self) {
        self.opened += 1;
        let reservation_id = ReservationId(Uuid::from_u128(self.opened << 64));
        let proposal = self.rng.chance(85).then(|| self.proposal());
        let actor = self.user();
        let command = Command::Open {
            reservation_id,
            proposal,
        };
        if self.ask(command, Some(actor)).is_ok() {
            self.ids.push(reservation_id);
        }
    }

    /// A reservation, mostly one of the newest, and one who speaks for it: mostly its owner.
    fn someone(&mut self) -> Option<(ReservationId, Actor)> {
        let recent = self.ids.len().saturating_sub(12);
        let id = *if self.rng.chance(90) {
            self.rng.pick(&self.ids[recent..])
        } else {
            self.rng.pick(&self.ids)
        }?;
        let mut actor = self.user();
        if let Some(tracked) = self.live.reservation(id).filter(|_| self.rng.chance(95)) {
            actor.user_id = tracked.state.user_id;
        }
        Some((id, actor))
    }

    fn negotiate(&mut self) {
        let Some((reservation_id, actor)) = self.someone() else {
            return;
        };
        let status = self
            .live
            .reservation(reservation_id)
            .map(|t| t.state.status.name());
        // Mostly what leads on.
        let message = match (self.rng.next() % 10, status) {
            (0..7, Some(StatusName::Accepted | StatusName::ConfirmRequested)) => {
                Message::Confirm { echo: None }
            }
            (0..7, Some(StatusName::Countered)) => Message::Accept {
                offer: None,
                echo: None,
            },
            (0 | 1, _) => Message::Confirm { echo: None },
            (2 | 3, _) => {
                let number = u32::try_from(self.rng.between(1, 6)).unwrap();
                Message::Accept {
                    offer: Some(OfferId(number)),
                    echo: None,
                }
            }
            (4, _) => Message::Reject,
            _ => Message::Counter(self.proposal()),
        };
        let command = Command::Negotiate {
            reservation_id,
            message,
        };
        let _maybe_refused = self.ask(command, Some(actor));
    }

    fn delete(&mut self) {
        if let Some((id, actor)) = self.someone() {
            let _maybe_refused = self.ask(Command::Delete(id), Some(actor));
        }
    }

    fn activate(&mut self) {
        if let Some((id, actor)) = self.someone() {
            let _maybe_refused = self.ask(Command::Activate(id), Some(actor));
        }
    }

    fn outstanding(&self) -> Vec<(InstanceId, EffectOutcome)> {
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

    fn succeed(&mut self, instance_id: InstanceId) {
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
    fn report(&mut self) {
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

    fn instance(&mut self) -> Option<(InstanceId, UserId, u64)> {
        let mut all: Vec<_> = self
            .live
            .instances()
            .map(|(id, tracked)| (id, tracked.state.user_id, tracked.sequence))
            .collect();
        all.sort_unstable_by_key(|(id, ..)| *id);
        self.rng.pick(&all).copied()
    }

    fn control(&mut self) {
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

    fn observe(&mut self) {
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

    fn change_hosts(&mut self) {
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

    fn change_policy(&mut self) {
        self.policy.hold_secs = self.rng.between(1, 20) * 60;
        self.policy.limits.rounds_max = u32::try_from(self.rng.between(0, 6)).unwrap();
        let policy = Box::new(self.policy.clone());
        self.ask(Command::AdoptPolicy(policy), None).unwrap();
    }
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

const fn resources(vcpus: u64, memory_mib: u64, disk_gib: u64) -> Resources {
    Resources {
        vcpus,
        memory_mib,
        disk_gib,
    }
}
