//! Folding facts into the live state.

use std::sync::Arc;

use super::fact::{Fact, FoldError};
use super::{Live, Tracked, timed};
use crate::capacity::CapacityError;
use crate::instance::{Instance, InstanceEvent};
use crate::node::{Node, NodeEvent, NodeStatus};
use crate::reservation::{Offer, Reservation, ReservationEvent};
use crate::{InstanceId, NodeName, ReservationId, Timestamp};

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
            Fact::Instance(id, event) => self.apply_instance(*id, event),
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
        for due in timed::of_reservation(id, &shared.state)
            .into_iter()
            .flatten()
        {
            self.timed.remove(&due);
        }
        self.move_capacity(&shared.state, event)?;
        let Tracked { state, sequence } = Arc::make_mut(&mut shared);
        state.fold(event);
        *sequence += 1;
        let sequence = *sequence;
        self.await_reservation(id, state);
        self.reservations.insert(id, shared);
        Ok(sequence)
    }

    /// Books and frees what `event` changes; `before` is the reservation before it.
    fn move_capacity(
        &mut self,
        before: &Reservation,
        event: &ReservationEvent,
    ) -> Result<(), CapacityError> {
        match event {
            ReservationEvent::TermsAccepted { offer, .. } => self.book(offer),
            ReservationEvent::TermsCountered { offers, .. } => {
                offers.iter().try_for_each(|offer| self.book(offer))
            }
            ReservationEvent::HoldsEnded { offers, .. } => before
                .status
                .held_offers()
                .filter(|offer| offers.contains(&offer.offer_id))
                .try_for_each(|offer| self.free_from(offer, offer.terms.window.starts_at)),
            ReservationEvent::ReservationCancelled { at } => match before.status.agreement() {
                Some(offer) => self.free_from(offer, *at),
                None => Ok(()),
            },
            ReservationEvent::ReservationInitiated { .. }
            | ReservationEvent::TermsProposed { .. }
            | ReservationEvent::TermsRejected { .. }
            | ReservationEvent::OfferAccepted { .. }
            | ReservationEvent::ReservationConfirmed { .. }
            | ReservationEvent::ReservationActivated { .. }
            | ReservationEvent::ReservationWithdrawn
            | ReservationEvent::ReservationLapsed
            | ReservationEvent::ReservationExpired { .. } => Ok(()),
        }
    }

    /// Books an offer's capacity; a node that has shrunk since may hold more than it has.
    pub(super) fn book(&mut self, offer: &Offer) -> Result<(), CapacityError> {
        self.pool
            .force_book(&offer.placement, offer.terms.window, offer.terms.size)
    }

    /// Frees what an offer books from `at` on.
    fn free_from(&mut self, offer: &Offer, at: Timestamp) -> Result<(), CapacityError> {
        let (window, size) = (offer.terms.window, offer.terms.size);
        if at <= window.starts_at {
            self.pool.release(&offer.placement, window, size)
        } else {
            self.pool
                .shorten(&offer.placement, window, size, at.min(window.ends_at))
        }
    }

    pub(super) fn await_reservation(&mut self, id: ReservationId, reservation: &Reservation) {
        self.timed
            .extend(timed::of_reservation(id, reservation).into_iter().flatten());
    }

    fn apply_instance(&mut self, id: InstanceId, event: &InstanceEvent) -> u64 {
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
        self.await_instance(id, state);
        self.instances.insert(id, shared);
        sequence
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
                if self
                    .reservations
                    .get(id)
                    .is_some_and(|t| t.state.status.name().is_end())
                {
                    self.reservations.remove(id);
                }
            }
            Fact::Instance(id, _) => {
                if self.instances.get(id).is_some_and(|t| t.state.removed) {
                    self.forget_instance(*id);
                }
            }
            Fact::Node(..) | Fact::Site(_) => {}
        }
    }

    fn forget_instance(&mut self, id: InstanceId) {
        let Some(gone) = self.instances.remove(&id) else {
            return;
        };
        let reservation_id = gone.state.spec.reservation_id;
        if let Some(of_it) = self.instances_of.get_mut(&reservation_id) {
            of_it.remove(&id);
            if of_it.is_empty() {
                self.instances_of.remove(&reservation_id);
            }
        }
    }
}
