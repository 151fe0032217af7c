//! Folding facts into the live state.

use std::sync::Arc;

use super::fact::{Fact, FoldError};
use super::{Live, Tracked, timed};
use crate::account::AccountEvent;
use crate::capacity::CapacityError;
use crate::instance::{Instance, InstanceEvent};
use crate::node::{Node, NodeEvent, NodeStatus};
use crate::reservation::{Claim, Reservation, ReservationEvent};
use crate::series::SeriesEvent;
use crate::standing::{StandingRequest, StandingRequestEvent};
use crate::{InstanceId, NodeName, ReservationId, SeriesId, StandingRequestId, Timestamp, UserId};

/// How often the past is forgotten, in milliseconds of recorded time.
const FORGET_EVERY_MS: i64 = 60_000;

impl Live {
    /// Folds a fact of the ledger, and forgets what it ends.
    ///
    /// # Errors
    /// Where the fact does not follow its stream's newest one, or moves capacity that is not there.
    pub fn fold(&mut self, fact: &Fact, sequence: u64, at: Timestamp) -> Result<(), FoldError> {
        let newest = match fact {
            Fact::Reservation(id, _) => self.reservations.get(id).map(|t| t.sequence),
            Fact::Instance(id, _) => self.instances.get(id).map(|t| t.sequence),
            Fact::Node(name, _) => self.nodes.get(name).map(|t| t.sequence),
            Fact::Site(_) => Some(self.site.sequence),
            Fact::Account(id, _) => self.accounts.get(id).map(|t| t.sequence),
            Fact::Series(id, _) => self.series.get(id).map(|t| t.sequence),
            Fact::Standing(id, _) => self.standing.get(id).map(|t| t.sequence),
        };
        let expected = newest.unwrap_or(0).saturating_add(1);
        if sequence != expected {
            let stream = format!("{}/{}", fact.aggregate_type(), fact.aggregate_id());
            return Err(FoldError::SequenceGap {
                stream,
                expected,
                found: sequence,
            });
        }
        self.apply(fact, at)?;
        self.forget_ended(fact);
        Ok(())
    }

    /// Folds a fact that was just decided; what it ends stays until [`Self::forget_ended`].
    pub(super) fn apply(&mut self, fact: &Fact, at: Timestamp) -> Result<u64, FoldError> {
        self.last_recorded_at = self.last_recorded_at.max(at);
        if at.millis_since(self.forgotten_before) >= FORGET_EVERY_MS {
            self.forgotten_before = at;
            self.pool.forget_before(at);
        }
        let sequence = match fact {
            Fact::Reservation(id, event) => self.apply_reservation(*id, event)?,
            Fact::Instance(id, event) => self.apply_instance(*id, event, at),
            Fact::Account(id, event) => self.apply_account(*id, event),
            Fact::Series(id, event) => self.apply_series(*id, event),
            Fact::Standing(id, event) => self.apply_standing(*id, event),
            Fact::Node(name, event) => self.apply_node(name, event)?,
            Fact::Site(event) => {
                self.site.state.fold(event);
                self.site.sequence += 1;
                self.site.sequence
            }
        };
        Ok(sequence)
    }

    fn apply_reservation(
        &mut self,
        id: ReservationId,
        event: &ReservationEvent,
    ) -> Result<u64, CapacityError> {
        let mut shared = self.reservations.remove(&id).unwrap_or_default();
        let due_before = timed::of_reservation(id, &shared.state);
        let (open_before, claims_before) = (shared.state.is_session(), shared.state.claims());
        let Tracked { state, sequence } = Arc::make_mut(&mut shared);
        state.fold(event);
        *sequence += 1;
        let sequence = *sequence;
        self.await_reservation(id, due_before, state);
        let user = self.users.entry(state.user_id).or_default();
        user.count_session(open_before, state.is_session());
        if sequence == 1 {
            user.reservations.insert(id);
        }
        if let Some(series_id) = state.series_id {
            self.occurrences_of.entry(series_id).or_default().insert(id);
        }
        let claims = state.claims();
        self.reservations.insert(id, shared);
        if claims != claims_before {
            self.move_capacity(&claims_before, &claims)?;
        }
        Ok(sequence)
    }

    /// Frees what was claimed before and books what is now; a node that has shrunk since may hold
    /// more than it has.
    fn move_capacity(&mut self, before: &[Claim], after: &[Claim]) -> Result<(), CapacityError> {
        for claim in before {
            self.pool
                .release(&claim.placement, claim.window, claim.size)?;
        }
        self.book(after)
    }

    /// Books what a reservation claims.
    pub(super) fn book(&mut self, claims: &[Claim]) -> Result<(), CapacityError> {
        claims.iter().try_for_each(|claim| {
            self.pool
                .force_book(&claim.placement, claim.window, claim.size)
        })
    }

    /// Notes what a reservation waits for, and no longer what it has waited for until now.
    pub(super) fn await_reservation(
        &mut self,
        id: ReservationId,
        before: timed::DueOfReservation,
        reservation: &Reservation,
    ) {
        let now = timed::of_reservation(id, reservation);
        for (before, now) in before.into_iter().zip(now) {
            if before == now {
                continue;
            }
            if let Some(due) = before {
                self.timed.remove(&due);
            }
            self.timed.extend(now);
        }
        if reservation.holds_more_than_agreed() {
            self.holding.insert(id);
        } else {
            self.holding.remove(&id);
        }
    }

    fn apply_instance(&mut self, id: InstanceId, event: &InstanceEvent, at: Timestamp) -> u64 {
        let mut shared = self.instances.remove(&id).unwrap_or_default();
        if let Some(due) = timed::of_instance(id, &shared.state) {
            self.timed.remove(&due);
        }
        if let InstanceEvent::InstanceRequested { spec, .. } = event {
            self.instances_of
                .entry(spec.reservation_id)
                .or_default()
                .insert(id);
        }
        let Tracked { state, sequence } = Arc::make_mut(&mut shared);
        state.fold(event);
        *sequence += 1;
        let sequence = *sequence;
        let grace_ms = self.site.state.policy.delivery_grace_ms;
        self.delivery
            .entry(id)
            .or_default()
            .note(state, at, grace_ms);
        self.await_instance(id, state);
        self.instances.insert(id, shared);
        sequence
    }

    fn apply_account(&mut self, id: UserId, event: &AccountEvent) -> u64 {
        let tracked = self.accounts.entry(id).or_default();
        tracked.state.fold(event);
        tracked.sequence += 1;
        tracked.sequence
    }

    fn apply_series(&mut self, id: SeriesId, event: &SeriesEvent) -> u64 {
        let mut shared = self.series.remove(&id).unwrap_or_default();
        let Tracked { state, sequence } = Arc::make_mut(&mut shared);
        state.fold(event);
        *sequence += 1;
        let sequence = *sequence;
        self.series.insert(id, shared);
        sequence
    }

    fn apply_standing(&mut self, id: StandingRequestId, event: &StandingRequestEvent) -> u64 {
        let mut tracked = self.standing.remove(&id).unwrap_or_default();
        if let Some(due) = timed::of_standing(id, &tracked.state) {
            self.timed.remove(&due);
        }
        tracked.state.fold(event);
        tracked.sequence += 1;
        let sequence = tracked.sequence;
        self.await_standing(id, &tracked.state);
        self.standing.insert(id, tracked);
        sequence
    }

    /// Gives a request its place among those that wait, or takes it out.
    pub(super) fn await_standing(&mut self, id: StandingRequestId, request: &StandingRequest) {
        self.timed.extend(timed::of_standing(id, request));
        self.standing_made = self.standing_made.max(request.turn);
        if request.status.is_end() {
            self.waiting.remove(&request.turn);
        } else {
            self.waiting.insert(request.turn, id);
        }
    }

    pub(super) fn await_instance(&mut self, id: InstanceId, instance: &Instance) {
        self.timed.extend(timed::of_instance(id, instance));
    }

    fn apply_node(&mut self, name: &NodeName, event: &NodeEvent) -> Result<u64, CapacityError> {
        let mut tracked = self.nodes.get(name).cloned().unwrap_or_default();
        tracked.state.fold(event);
        tracked.sequence += 1;
        let sequence = tracked.sequence;
        self.count_node(&tracked.state)?;
        self.nodes.insert(name.clone(), tracked);
        Ok(sequence)
    }

    /// Tells the pool what a node has and whether it takes anything new.
    pub(super) fn count_node(&mut self, node: &Node) -> Result<(), CapacityError> {
        let in_service = node.status == NodeStatus::InService;
        match self.pool.set_capacity(&node.name, node.capacity) {
            Ok(()) => self.pool.set_in_service(&node.name, in_service),
            Err(_) => self
                .pool
                .add_node(node.name.clone(), node.capacity, in_service),
        }
    }

    /// Drops what `fact` has ended.
    pub(super) fn forget_ended(&mut self, fact: &Fact) {
        match fact {
            Fact::Reservation(id, _) => {
                self.forget_reservation(*id);
            }
            Fact::Instance(id, _) => {
                if self.instances.get(id).is_some_and(|t| t.state.removed) {
                    self.forget_instance(*id);
                }
            }
            Fact::Series(id, event) => {
                if matches!(event, SeriesEvent::SeriesRejected { .. }) {
                    self.series.remove(id);
                }
            }
            Fact::Standing(id, _) => {
                let ended = |t: &Tracked<StandingRequest>| t.state.status.is_end();
                if self.standing.get(id).is_some_and(ended) {
                    self.standing.remove(id);
                }
            }
            Fact::Node(..) | Fact::Site(_) | Fact::Account(..) => {}
        }
    }

    fn forget_reservation(&mut self, id: ReservationId) {
        let ended = |t: &Arc<Tracked<Reservation>>| t.state.status.name().is_end();
        let Some(gone) = self.reservations.get(&id).filter(|t| ended(t)) else {
            return;
        };
        let (user_id, series_id) = (gone.state.user_id, gone.state.series_id);
        self.reservations.remove(&id);
        if let Some(series_id) = series_id {
            self.forget_occurrence(series_id, id);
        }
        self.holding.remove(&id);
        if let Some(user) = self.users.get_mut(&user_id) {
            user.reservations.remove(&id);
            if user.reservations.is_empty() {
                self.users.remove(&user_id);
            }
        }
    }

    /// A series is forgotten with the last of its reservations.
    fn forget_occurrence(&mut self, series_id: SeriesId, id: ReservationId) {
        if let Some(of_it) = self.occurrences_of.get_mut(&series_id) {
            of_it.remove(&id);
            if of_it.is_empty() {
                self.occurrences_of.remove(&series_id);
                self.series.remove(&series_id);
            }
        }
    }

    fn forget_instance(&mut self, id: InstanceId) {
        let Some(gone) = self.instances.remove(&id) else {
            return;
        };
        self.delivery.remove(&id);
        let reservation_id = gone.state.spec.reservation_id;
        if let Some(of_it) = self.instances_of.get_mut(&reservation_id) {
            of_it.remove(&id);
            if of_it.is_empty() {
                self.instances_of.remove(&reservation_id);
            }
        }
    }
}
