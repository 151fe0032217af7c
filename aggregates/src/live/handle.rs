//! Deciding commands on the live state: one after the other, each on what the one before left.

use uuid::Uuid;

use super::command::{Actor, Answer, Command, CommandRefusal, InstanceControl, Message, Sighting};
use super::echo::find_echoed;
use super::fact::{Fact, NewFact};
use super::timed::TimedCommand;
use super::{Live, Tracked};
use crate::instance::{InstanceCommand, InstanceSpec, RemovalCause};
use crate::negotiation::Desk;
use crate::node::{NodeSighting, NodeStatus};
use crate::reservation::{
    Reservation, ReservationCommand, ReservationContext, ReservationEvent, Status,
};
use crate::sender::Sender;
use crate::terms::Proposal;
use crate::{InstanceId, OfferId, ReservationId, Timestamp, UserId};

/// What a command led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handled {
    /// What happened, in order; already folded in. Empty where it had taken effect before.
    pub facts: Vec<NewFact>,
    /// What the sender is told.
    pub answer: Answer,
}

/// One decision in progress.
struct Session<'a> {
    live: &'a mut Live,
    now: Timestamp,
    facts: Vec<NewFact>,
}

impl Live {
    /// Decides `command` and folds in what happens.
    ///
    /// `actor` is `None` for what the service itself asks. `now` must not be before
    /// [`Live::last_recorded_at`].
    ///
    /// # Errors
    /// Where a rule is broken; nothing has changed then.
    pub fn handle(
        &mut self,
        command: Command,
        actor: Option<Actor>,
        now: Timestamp,
    ) -> Result<Handled, CommandRefusal> {
        let mut session = Session {
            live: self,
            now,
            facts: Vec::new(),
        };
        let answer = session.handle(command, actor)?;
        let facts = session.facts;
        for new in &facts {
            self.forget_ended(&new.fact);
        }
        Ok(Handled { facts, answer })
    }

    /// What `command` does to `reservation`, with all of the pool and the policy in force.
    fn decide_on(
        &mut self,
        reservation: &Reservation,
        command: ReservationCommand,
        now: Timestamp,
    ) -> Result<Vec<ReservationEvent>, CommandRefusal> {
        let provider = Desk::new(&mut self.pool, &self.site.state.policy);
        let context = ReservationContext {
            provider: &provider,
            now,
        };
        Ok(reservation.decide(command, &context)?)
    }

    fn owned(
        &self,
        id: ReservationId,
        actor: Option<Actor>,
    ) -> Result<&Tracked<Reservation>, CommandRefusal> {
        self.reservation(id)
            .filter(|t| actor.is_none_or(|a| a.may_act_for(t.state.user_id)))
            .ok_or(CommandRefusal::NotFound("reservation"))
    }
}

impl Session<'_> {
    fn handle(&mut self, command: Command, actor: Option<Actor>) -> Result<Answer, CommandRefusal> {
        match command {
            Command::Open {
                reservation_id,
                proposal,
            } => {
                let user_id = actor.map_or(UserId(0), |a| a.user_id);
                self.open(reservation_id, user_id, proposal)
            }
            Command::Negotiate {
                reservation_id,
                message,
            } => {
                self.live.owned(reservation_id, actor)?;
                self.negotiate(reservation_id, message)
            }
            Command::Delete(id) => {
                let was_confirmed = self
                    .live
                    .owned(id, actor)?
                    .state
                    .status
                    .agreement()
                    .is_some();
                self.reservation(id, ReservationCommand::DeleteReservation, None)?;
                if was_confirmed {
                    self.remove_instances(id, RemovalCause::Cancelled);
                }
                Ok(self.reservation_answer(id))
            }
            Command::Activate(id) => {
                self.live.owned(id, actor)?;
                self.activate(id, Sender::User)?;
                Ok(self.reservation_answer(id))
            }
            Command::ControlInstance {
                instance_id,
                control,
            } => self.control_instance(instance_id, control, actor),
            Command::RecordOutcome {
                instance_id,
                outcome,
            } => {
                self.instance_if_live(instance_id, InstanceCommand::RecordOutcome(outcome));
                Ok(Answer::Done)
            }
            Command::RecordObservations(sightings) => {
                sightings
                    .into_iter()
                    .for_each(|sighting| self.observe(sighting));
                Ok(Answer::Done)
            }
            Command::SightNodes(sightings) => {
                self.sight_nodes(&sightings);
                Ok(Answer::Done)
            }
            Command::AdoptPolicy(policy) => {
                for event in self.live.site.state.adopt(*policy) {
                    self.record(Fact::Site(event), Sender::Provider);
                }
                Ok(Answer::Done)
            }
            Command::FireDue { facts_max } => {
                self.fire_due(facts_max);
                Ok(Answer::Done)
            }
        }
    }

    fn record(&mut self, fact: Fact, sender: Sender) {
        let sequence = self
            .live
            .apply(&fact, self.now)
            .expect("invariant: what was just decided can be folded");
        self.facts.push(NewFact {
            fact,
            sequence,
            sender,
        });
    }

    /// Decides for a reservation and records what happens; `sender` only where it is not the usual.
    fn reservation(
        &mut self,
        id: ReservationId,
        command: ReservationCommand,
        sender: Option<Sender>,
    ) -> Result<(), CommandRefusal> {
        let known = self.live.reservations.get(&id).cloned().unwrap_or_default();
        let events = self.live.decide_on(&known.state, command, self.now)?;
        // What is still shared would have to be copied to be changed.
        drop(known);
        self.record_all(id, events, sender);
        Ok(())
    }

    fn record_all(
        &mut self,
        id: ReservationId,
        events: Vec<ReservationEvent>,
        sender: Option<Sender>,
    ) {
        for event in events {
            let sender = sender.unwrap_or_else(|| event.usual_sender());
            self.record(Fact::Reservation(id, event), sender);
        }
    }

    fn open(
        &mut self,
        id: ReservationId,
        user_id: UserId,
        proposal: Option<Proposal>,
    ) -> Result<Answer, CommandRefusal> {
        let terms = match proposal {
            None => None,
            Some(proposal) => Some(
                proposal
                    .into_terms(self.live.policy(), self.now)
                    .map_err(CommandRefusal::Terms)?,
            ),
        };
        let known = self.live.reservations.get(&id).map(|t| t.state.clone());
        let mut opened = known.unwrap_or_default();
        let initiate = ReservationCommand::InitiateReservation { user_id };
        let mut events = self.live.decide_on(&opened, initiate, self.now)?;
        if let Some(terms) = terms {
            // Nothing is recorded before all of it is decided: a refusal changes nothing.
            events.iter().for_each(|event| opened.fold(event));
            let propose = ReservationCommand::ProposeTerms(Box::new(terms));
            events.extend(self.live.decide_on(&opened, propose, self.now)?);
        }
        self.record_all(id, events, None);
        Ok(self.reservation_answer(id))
    }

    fn negotiate(&mut self, id: ReservationId, message: Message) -> Result<Answer, CommandRefusal> {
        let command = match message {
            Message::Counter(proposal) => {
                let terms = proposal
                    .into_terms(self.live.policy(), self.now)
                    .map_err(CommandRefusal::Terms)?;
                ReservationCommand::ProposeTerms(Box::new(terms))
            }
            Message::Accept { offer, echo } => {
                ReservationCommand::AcceptOffer(self.meant_offer(id, offer, echo.as_ref())?)
            }
            Message::Confirm { echo } => {
                self.meant_offer(id, None, echo.as_ref())?;
                ReservationCommand::ConfirmReservation
            }
            Message::Reject => ReservationCommand::RejectOffers,
        };
        self.reservation(id, command, None)?;
        Ok(self.reservation_answer(id))
    }

    /// The offer that is meant by its number or by its terms sent back.
    fn meant_offer(
        &self,
        id: ReservationId,
        named: Option<OfferId>,
        echo: Option<&Proposal>,
    ) -> Result<Option<OfferId>, CommandRefusal> {
        let (Some(echo), Some(tracked)) = (echo, self.live.reservations.get(&id)) else {
            return Ok(named);
        };
        let status = &tracked.state.status;
        let on_table = status
            .standing_offers()
            .iter()
            .map(|standing| &standing.offer)
            .chain(status.agreement())
            .filter(|offer| named.is_none_or(|named| offer.offer_id == named));
        Ok(find_echoed(on_table, echo)?
            .map(|offer| offer.offer_id)
            .or(named))
    }

    fn reservation_answer(&self, id: ReservationId) -> Answer {
        let Tracked { state, sequence } = self.live.reservation(id).cloned().unwrap_or_default();
        Answer::Reservation {
            reservation_id: id,
            reservation: Box::new(state),
            sequence,
        }
    }

    fn activate(&mut self, id: ReservationId, sender: Sender) -> Result<(), CommandRefusal> {
        let before = self.facts.len();
        self.reservation(id, ReservationCommand::ActivateReservation, Some(sender))?;
        if self.facts.len() == before {
            return Ok(());
        }
        let Some(tracked) = self.live.reservations.get(&id).cloned() else {
            return Ok(());
        };
        let Status::Activated { agreement, .. } = &tracked.state.status else {
            return Ok(());
        };
        for (index, node) in (1_u32..).zip(agreement.placement.nodes()) {
            let instance_id = instance_id_of(id, index);
            let simple = id.0.as_simple().to_string();
            let command = InstanceCommand::RequestInstance {
                spec: Box::new(InstanceSpec {
                    instance_id,
                    reservation_id: id,
                    // The end of the id: its beginning is the time, which others share.
                    name: format!("pex-{}-{index}", &simple[20..]),
                    template: agreement.terms.template.clone(),
                    size: agreement.terms.size,
                    node: node.clone(),
                }),
                instance_type: agreement.terms.instance_type.clone(),
                user_id: tracked.state.user_id,
                window: agreement.terms.window,
            };
            self.instance(instance_id, command)?;
        }
        Ok(())
    }

    fn instance(&mut self, id: InstanceId, command: InstanceCommand) -> Result<(), CommandRefusal> {
        let known = self.live.instances.get(&id).cloned().unwrap_or_default();
        let events = known.state.decide(command, self.now)?;
        // What is still shared would have to be copied to be changed.
        drop(known);
        for event in events {
            let sender = event.usual_sender();
            self.record(Fact::Instance(id, event), sender);
        }
        Ok(())
    }

    /// For what the service itself asks of an instance, which is never refused.
    fn instance_if_live(&mut self, id: InstanceId, command: InstanceCommand) {
        if self.live.instances.contains_key(&id) {
            let refused = self.instance(id, command);
            debug_assert!(
                refused.is_ok(),
                "the service's own commands are never refused"
            );
        }
    }

    fn control_instance(
        &mut self,
        id: InstanceId,
        control: InstanceControl,
        actor: Option<Actor>,
    ) -> Result<Answer, CommandRefusal> {
        self.live
            .instances
            .get(&id)
            .filter(|t| actor.is_none_or(|a| a.may_act_for(t.state.user_id)))
            .ok_or(CommandRefusal::NotFound("instance"))?;
        self.instance(id, control.into())?;
        let Tracked { state, sequence } = self.live.instance(id).cloned().unwrap_or_default();
        Ok(Answer::Instance {
            instance_id: id,
            instance: Box::new(state),
            sequence,
        })
    }

    fn remove_instances(&mut self, id: ReservationId, cause: RemovalCause) {
        let instances = self.live.instances_of.get(&id).cloned().unwrap_or_default();
        for instance_id in instances {
            self.instance_if_live(instance_id, InstanceCommand::RemoveInstance(cause));
        }
    }

    fn observe(&mut self, sighting: Sighting) {
        let Sighting {
            instance_id,
            as_of,
            observation,
        } = sighting;
        let fresh = self
            .live
            .instances
            .get(&instance_id)
            .is_some_and(|t| t.sequence == as_of);
        if fresh {
            self.instance_if_live(instance_id, InstanceCommand::RecordObservation(observation));
        }
    }

    fn sight_nodes(&mut self, sightings: &[NodeSighting]) {
        for sighting in sightings {
            self.sight_node(sighting);
        }
        let missing: Vec<NodeSighting> = self
            .live
            .nodes()
            .filter(|node| sightings.iter().all(|s| s.name != node.name))
            .map(|node| NodeSighting {
                name: node.name.clone(),
                pool: node.pool.clone(),
                capacity: node.capacity,
                status: NodeStatus::Retired,
            })
            .collect();
        for sighting in &missing {
            self.sight_node(sighting);
        }
    }

    fn sight_node(&mut self, sighting: &NodeSighting) {
        let known = self.live.nodes.get(&sighting.name).map(|t| t.state.clone());
        for event in known.unwrap_or_default().sight(sighting) {
            self.record(Fact::Node(sighting.name.clone(), event), Sender::Hypervisor);
        }
    }

    fn fire_due(&mut self, facts_max: usize) {
        while self.facts.len() < facts_max
            && let Some(due) = self.live.timed.first().copied()
            && due.0 <= self.now
        {
            let before = self.facts.len();
            self.fire(due.1);
            if self.facts.len() == before {
                // A timed command follows from the state, so firing it changes the state.
                debug_assert!(false, "nothing happened on {due:?}");
                self.live.timed.remove(&due);
            }
        }
    }

    fn fire(&mut self, timed: TimedCommand) {
        let refused = match timed {
            TimedCommand::EndReservation(id) => self.end(id),
            TimedCommand::ExpireHolds(id) => {
                self.reservation(id, ReservationCommand::ExpireHolds, None)
            }
            TimedCommand::LapseSession(id) => {
                self.reservation(id, ReservationCommand::LapseSession, None)
            }
            TimedCommand::ActivateReservation(id) => {
                // After a long stop the window may be over: nothing is started only to be ended.
                let over = self.live.reservations.get(&id).is_some_and(|t| {
                    let agreement = t.state.status.agreement();
                    agreement.is_some_and(|offer| offer.terms.window.ends_at <= self.now)
                });
                if over {
                    self.end(id)
                } else {
                    self.activate(id, Sender::Clock)
                }
            }
            TimedCommand::RetryEffect(id) => self.instance(id, InstanceCommand::RetryEffect),
        };
        debug_assert!(refused.is_ok(), "timed commands are never refused");
    }

    fn end(&mut self, id: ReservationId) -> Result<(), CommandRefusal> {
        self.reservation(id, ReservationCommand::EndReservation, None)?;
        self.remove_instances(id, RemovalCause::Expired);
        Ok(())
    }
}

/// The id of the `index`th instance of a reservation: the same at every replay.
fn instance_id_of(id: ReservationId, index: u32) -> InstanceId {
    InstanceId(Uuid::new_v5(&id.0, &index.to_be_bytes()))
}

/// Decides a message to a reservation that has ended, which can only be a repeat or a refusal.
///
/// # Errors
/// Where the message is not the one that ended it.
pub fn decide_on_ended(
    reservation: &Reservation,
    command: ReservationCommand,
    now: Timestamp,
) -> Result<Vec<ReservationEvent>, CommandRefusal> {
    let (mut pool, policy) = (
        crate::capacity::Pool::default(),
        crate::policy::Policy::default(),
    );
    let provider = Desk::new(&mut pool, &policy);
    let context = ReservationContext {
        provider: &provider,
        now,
    };
    Ok(reservation.decide(command, &context)?)
}
