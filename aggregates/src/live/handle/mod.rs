//! Deciding commands on the live state: one after the other, each on what the one before left.

mod books;
mod due;
mod instances;
mod negotiate;
mod series;
mod standing;

use std::sync::Arc;

pub use series::decide_on_ended_series;
pub use standing::decide_on_ended_standing;

use self::books::Entries;
use super::command::{Actor, Answer, Command, Message};
use super::fact::{Fact, NewFact};
use super::{CommandRefusal, Live, Tracked};
use crate::capacity::Pool;
use crate::instance::{InstanceCommand, RemovalCause};
use crate::negotiation::Desk;
use crate::policy::Policy;
use crate::reservation::{
    Reservation, ReservationCommand, ReservationContext, ReservationEvent, Status,
};
use crate::sender::Sender;
use crate::terms::Terms;
use crate::{ReservationId, SeriesId, Timestamp, UserId};

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
    /// Whether it is only asked what would be answered.
    is_rehearsal: bool,
    /// The reservation as a rehearsal would leave it.
    rehearsed: Option<Tracked<Reservation>>,
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
            is_rehearsal: false,
            rehearsed: None,
        };
        let answer = session.handle(command, actor)?;
        session.meet_waiting();
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

    /// What happens where a negotiation is opened, and terms are proposed in it at once.
    fn decide_on_opening(
        &mut self,
        before: &Reservation,
        (user_id, series_id): (UserId, Option<SeriesId>),
        terms: Option<Terms>,
        now: Timestamp,
    ) -> Result<Vec<ReservationEvent>, CommandRefusal> {
        let initiate = ReservationCommand::InitiateReservation { user_id, series_id };
        let mut events = self.decide_on(before, initiate, now)?;
        if let Some(terms) = terms {
            // Nothing is recorded before all of it is decided: a refusal changes nothing.
            let mut opened = before.clone();
            events.iter().for_each(|event| opened.fold(event));
            let propose = ReservationCommand::ProposeTerms(Box::new(terms));
            events.extend(self.decide_on(&opened, propose, now)?);
        }
        Ok(events)
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
            Command::Rehearse {
                reservation_id,
                opens,
                proposal,
            } => {
                self.is_rehearsal = true;
                if opens {
                    self.open(reservation_id, user_of(actor), Some(proposal))?;
                } else {
                    self.live.owned(reservation_id, actor)?;
                    self.negotiate(reservation_id, Message::Counter(proposal))?;
                }
                Ok(self.reservation_answer(reservation_id))
            }
            Command::Open {
                reservation_id,
                proposal,
            } => {
                self.open(reservation_id, user_of(actor), proposal)?;
                Ok(self.reservation_answer(reservation_id))
            }
            Command::Negotiate {
                reservation_id,
                message,
            } => {
                self.live.owned(reservation_id, actor)?;
                self.negotiate(reservation_id, message)?;
                Ok(self.reservation_answer(reservation_id))
            }
            Command::Delete(id) => {
                self.live.owned(id, actor)?;
                self.delete(id)?;
                Ok(self.reservation_answer(id))
            }
            Command::Activate(id) => {
                self.live.owned(id, actor)?;
                self.activate(id, Sender::User)?;
                Ok(self.reservation_answer(id))
            }
            Command::Options {
                reservation_id,
                request,
            } => {
                self.live.owned(reservation_id, actor)?;
                self.reservation(reservation_id, request.into(), None)?;
                Ok(self.reservation_answer(reservation_id))
            }
            Command::Series { series_id, request } => self.series(series_id, request, actor),
            Command::Standing {
                standing_request_id,
                request,
            } => self.standing(standing_request_id, request, actor),
            Command::Ask(question) => self.live.answer(&question, self.now),
            Command::OpenAccount(user_id) => Ok(self.open_account(user_id)),
            Command::GrantCredits {
                user_id,
                amount,
                note,
            } => self.grant_credits(user_id, amount, (note, actor)),
            Command::ControlInstance { .. }
            | Command::RecordOutcome { .. }
            | Command::RecordObservations(_)
            | Command::SightNodes(_)
            | Command::AdoptPolicy(_)
            | Command::FireDue { .. } => self.operate(command, actor),
        }
    }

    /// What is asked of instances, and what the service itself asks.
    fn operate(
        &mut self,
        command: Command,
        actor: Option<Actor>,
    ) -> Result<Answer, CommandRefusal> {
        match command {
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
                policy.check()?;
                for event in self.live.site.state.adopt(*policy) {
                    self.record(Fact::Site(event), Sender::Provider);
                }
                Ok(Answer::Done)
            }
            Command::FireDue { facts_max } => {
                self.fire_due(facts_max);
                Ok(Answer::Done)
            }
            Command::Open { .. }
            | Command::Negotiate { .. }
            | Command::Rehearse { .. }
            | Command::Delete(_)
            | Command::Activate(_)
            | Command::Options { .. }
            | Command::Series { .. }
            | Command::Standing { .. }
            | Command::Ask(_)
            | Command::OpenAccount(_)
            | Command::GrantCredits { .. } => self.handle(command, actor),
        }
    }

    fn delete(&mut self, id: ReservationId) -> Result<(), CommandRefusal> {
        let agreed = |live: &Live| {
            let known = live.reservation(id);
            known.is_some_and(|t| t.state.status.name().is_agreed())
        };
        let was_agreed = agreed(self.live);
        if was_agreed {
            self.credit_undelivered(id)?;
        }
        self.reservation(id, ReservationCommand::DeleteReservation, None)?;
        if was_agreed {
            self.remove_instances(id, RemovalCause::Cancelled);
        }
        Ok(())
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

    /// Decides for a reservation and records what happens; `sender` says who activates it, where
    /// that is not the usual one.
    fn reservation(
        &mut self,
        id: ReservationId,
        command: ReservationCommand,
        sender: Option<Sender>,
    ) -> Result<(), CommandRefusal> {
        let known = self.live.reservations.get(&id).cloned().unwrap_or_default();
        let events = self.live.decide_on(&known.state, command, self.now)?;
        self.carry(id, known, events, sender)
    }

    /// Records what was decided for a reservation, with the entries it makes in its user's
    /// account; nothing of it where the account or a quota does not allow it.
    fn carry(
        &mut self,
        id: ReservationId,
        before: Arc<Tracked<Reservation>>,
        events: Vec<ReservationEvent>,
        sender: Option<Sender>,
    ) -> Result<(), CommandRefusal> {
        let entries = self.entries_of(id, &before.state, &events)?;
        let adds = self.live.policy().quotas.are_set()
            && events.iter().any(ReservationEvent::adds_holdings);
        if self.is_rehearsal || adds {
            let mut after = Tracked::clone(&before);
            for event in &events {
                after.state.fold(event);
                after.sequence += 1;
            }
            let user_id = after.state.user_id;
            if adds {
                self.live
                    .check_quotas(user_id, &[(id, &after.state)], self.now)?;
            }
            if self.is_rehearsal {
                self.rehearsed = Some(after);
                return Ok(());
            }
        }
        let reshaped = events
            .iter()
            .any(|event| matches!(event, ReservationEvent::ReservationChanged { .. }))
            && matches!(before.state.status, Status::Activated { .. });
        let before_change = reshaped.then(|| before.state.clone());
        // What is still shared would have to be copied to be changed.
        drop(before);
        self.record_decided(id, events, entries, sender);
        match before_change {
            Some(before) => self.reshape(id, &before),
            None => Ok(()),
        }
    }

    /// Records what happens to a reservation between the entries that come before and after it.
    fn record_decided(
        &mut self,
        id: ReservationId,
        events: Vec<ReservationEvent>,
        entries: Entries,
        sender: Option<Sender>,
    ) {
        self.record_entries(entries.opening);
        for event in events {
            // Who activates it says so; what follows from that has its usual sender.
            let sender = sender
                .filter(|_| matches!(event, ReservationEvent::ReservationActivated { .. }))
                .unwrap_or_else(|| event.usual_sender());
            self.record(Fact::Reservation(id, event), sender);
        }
        self.record_entries(entries.moved);
    }

    fn reservation_answer(&self, id: ReservationId) -> Answer {
        let stands = || self.live.reservation(id).cloned();
        let Tracked { state, sequence } =
            self.rehearsed.clone().or_else(stands).unwrap_or_default();
        Answer::Reservation {
            reservation_id: id,
            reservation: Box::new(state),
            sequence,
        }
    }
}

fn user_of(actor: Option<Actor>) -> UserId {
    actor.map_or(UserId(0), |actor| actor.user_id)
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
    let (mut pool, policy) = (Pool::default(), Policy::default());
    let provider = Desk::new(&mut pool, &policy);
    let context = ReservationContext {
        provider: &provider,
        now,
    };
    Ok(reservation.decide(command, &context)?)
}
