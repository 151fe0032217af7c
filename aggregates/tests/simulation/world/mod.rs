//! Users, nodes and a dispatcher that do random things to a live state, and three others that
//! must agree with it: a fold of the stored facts, a state from a snapshot, and an auditor who
//! decides every command again.

mod site;
mod users;

use std::collections::BTreeMap;

use openpex_aggregates::live::{
    Actor, Answer, Command, CommandRefusal, Fact, Handled, InstanceControl, Live, LiveSnapshot,
    Message,
};
use openpex_aggregates::node::{NodeSighting, NodeStatus};
use openpex_aggregates::policy::{InstanceType, Policy};
use openpex_aggregates::reservation::{Reservation, Status, StatusName};
use openpex_aggregates::{InstanceId, MicroCredits, NodeName, ReservationId, Resources, Timestamp};

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
    /// How often which command was refused.
    pub refusals: BTreeMap<String, usize>,
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
        let mut rng = Rng(seed);
        // In some histories users soon have nothing left.
        let credits = *rng.pick(&[3, 15, 60, 1_000_000, 1_000_000]).unwrap();
        policy.opening_grant = MicroCredits(credits * 1_000_000);
        policy.delivery_grace_ms = *rng.pick(&[0, MINUTE, 5 * MINUTE]).unwrap();
        let host = |name: &str, vcpus| NodeSighting {
            name: NodeName(name.into()),
            pool: "p".into(),
            capacity: resources(vcpus, 8_192, 100),
            status: NodeStatus::InService,
        };
        let mut world = Self {
            rng,
            records: Vec::new(),
            refusals: BTreeMap::new(),
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
            0..21 => self.pass_time(),
            21..29 => self.open(),
            29..48 => self.negotiate(),
            48..57 => self.change(),
            57..61 => self.options(),
            61..63 => self.delete(),
            63..66 => self.activate(),
            66..86 => self.report(),
            86..90 => self.control(),
            90..95 => self.observe(),
            95 | 96 => self.change_hosts(),
            97 => self.grant(),
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
        let foretold = self.rehearse(&command, actor);
        let answer = self.live.handle(command.clone(), actor, now);
        if let Some(foretold) = foretold {
            let real = answer.as_ref().map(|handled| &handled.answer);
            assert_eq!(
                foretold.as_ref(),
                real,
                "the dry run of {command:?} at {now}"
            );
        }
        // An auditor: what was folded from the ledger decides the same.
        let audited = self.folded.clone().handle(command.clone(), actor, now);
        assert_eq!(audited, answer, "the auditor on {command:?} at {now}");
        let resumed = self.restored.handle(command.clone(), actor, now);
        assert_eq!(resumed, answer, "after a snapshot, on {command:?} at {now}");
        match &answer {
            Ok(handled) => self.store(handled),
            Err(refusal) => {
                let kind = format!("{refusal:?}");
                let kind = kind
                    .split([' ', '{', '('])
                    .take(2)
                    .collect::<Vec<_>>()
                    .join(" ");
                *self.refusals.entry(kind).or_default() += 1;
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

    /// What a dry run of a proposal says; it changes nothing.
    fn rehearse(
        &mut self,
        command: &Command,
        actor: Option<Actor>,
    ) -> Option<Result<Answer, CommandRefusal>> {
        let (reservation_id, opens, proposal) = if let Command::Open {
            reservation_id,
            proposal: Some(proposal),
        } = command
        {
            (*reservation_id, true, proposal)
        } else if let Command::Negotiate {
            reservation_id,
            message: Message::Counter(proposal),
        } = command
        {
            (*reservation_id, false, proposal)
        } else {
            return None;
        };
        let rehearsal = Command::Rehearse {
            reservation_id,
            opens,
            proposal: proposal.clone(),
        };
        let before = self.live.snapshot();
        let foretold = self.live.handle(rehearsal, actor, Timestamp(self.now));
        assert_eq!(self.live.snapshot(), before, "a dry run changed something");
        Some(foretold.map(|handled| {
            assert!(
                handled.facts.is_empty(),
                "a dry run said {:?}",
                handled.facts
            );
            handled.answer
        }))
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
            // A change that was rejected leaves nothing to repeat: it is judged again.
            Command::Negotiate { message, .. } => match message {
                Message::Counter(_) => !was_change_rejected(&first.answer),
                Message::Reject => true,
                Message::Accept { .. } | Message::Confirm { .. } => !judged_again,
            },
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
        let ended = stands(&first.answer).is_some_and(StatusName::is_end);
        if !repeated || ended {
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
}

const fn reservation_of(answer: &Answer) -> Option<&Reservation> {
    match answer {
        Answer::Reservation { reservation, .. } => Some(reservation),
        Answer::Instance { .. }
        | Answer::Account { .. }
        | Answer::Series { .. }
        | Answer::StandingRequest { .. }
        | Answer::Search(_)
        | Answer::Availability(_)
        | Answer::AvailabilityOfNodes(_)
        | Answer::Done => None,
    }
}

fn stands(answer: &Answer) -> Option<StatusName> {
    reservation_of(answer).map(|reservation| reservation.status.name())
}

fn was_change_rejected(answer: &Answer) -> bool {
    let change = reservation_of(answer).and_then(|reservation| reservation.change.as_deref());
    matches!(change, Some(Status::Rejected { .. }))
}

const fn resources(vcpus: u64, memory_mib: u64, disk_gib: u64) -> Resources {
    Resources {
        vcpus,
        memory_mib,
        disk_gib,
    }
}
