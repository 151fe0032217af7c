//! The instances of a reservation, and what the monitors see of them and of the nodes.

use uuid::Uuid;

use super::Session;
use crate::capacity::{Placement, PlacementPart};
use crate::instance::{InstanceCommand, InstanceSpec, RemovalCause, Wanted};
use crate::live::command::{Actor, Answer, InstanceControl, Sighting};
use crate::live::fact::Fact;
use crate::live::{CommandRefusal, Tracked};
use crate::node::{NodeSighting, NodeStatus};
use crate::reservation::{Offer, Reservation, ReservationCommand, Status};
use crate::sender::Sender;
use crate::{InstanceId, NodeName, ReservationId};

impl Session<'_> {
    pub(super) fn activate(
        &mut self,
        id: ReservationId,
        sender: Sender,
    ) -> Result<(), CommandRefusal> {
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
        let nodes = agreement.placement.clone();
        self.request_instances(id, &tracked.state, agreement, (1, &nodes))
    }

    /// Asks for an instance on each of `nodes`, numbered from `first` on.
    fn request_instances(
        &mut self,
        id: ReservationId,
        reservation: &Reservation,
        agreement: &Offer,
        (first, nodes): (u32, &Placement),
    ) -> Result<(), CommandRefusal> {
        for (index, node) in (first..).zip(nodes.nodes()) {
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
                user_id: reservation.user_id,
                window: agreement.terms.window,
            };
            self.instance(instance_id, command)?;
        }
        Ok(())
    }

    /// Brings the instances of a running reservation to what was agreed on since `before`: those
    /// that are gone from a node go, those that came are made, and all end when it ends.
    pub(super) fn reshape(
        &mut self,
        id: ReservationId,
        before: &Reservation,
    ) -> Result<(), CommandRefusal> {
        let Some(tracked) = self.live.reservations.get(&id).cloned() else {
            return Ok(());
        };
        let (Status::Activated { agreement: was, .. }, Status::Activated { agreement, .. }) =
            (&before.status, &tracked.state.status)
        else {
            return Ok(());
        };
        let (stay, _) = was.placement.split_at(agreement.terms.instances_fixed);
        // What its user has removed already counts first where some are to go.
        let mut spare = self
            .live_instances(id, before)
            .without(&agreement.placement);
        for index in (1..=before.instances_made).rev() {
            let instance_id = instance_id_of(id, index);
            let Some(node) = self.node_of_wanted(instance_id) else {
                continue;
            };
            match spare.0.iter_mut().find(|p| p.node == node && p.count > 0) {
                Some(part) => {
                    part.count -= 1;
                    self.credit_instance(id, instance_id)?;
                    let cause = RemovalCause::Changed;
                    self.instance_if_live(instance_id, InstanceCommand::RemoveInstance(cause));
                }
                None => {
                    let command = InstanceCommand::Reschedule(agreement.terms.window);
                    self.instance_if_live(instance_id, command);
                }
            }
        }
        let came = agreement.placement.without(&stay);
        let next = before.instances_made.saturating_add(1);
        self.request_instances(id, &tracked.state, agreement, (next, &came))
    }

    /// Where an instance is that is not to go.
    fn node_of_wanted(&self, id: InstanceId) -> Option<NodeName> {
        let known = self.live.instance(id).map(|tracked| &tracked.state);
        let wanted = known.filter(|instance| instance.wanted != Wanted::Gone)?;
        Some(wanted.spec.node.clone())
    }

    /// The instances of a reservation that are not to go, node by node.
    fn live_instances(&self, id: ReservationId, reservation: &Reservation) -> Placement {
        let indices = 1..=reservation.instances_made;
        let nodes = indices.filter_map(|index| self.node_of_wanted(instance_id_of(id, index)));
        nodes.fold(Placement::default(), |placement, node| {
            placement.and(&Placement(vec![PlacementPart { node, count: 1 }]))
        })
    }

    /// Gives back the price of what the instances of a reservation did not deliver.
    pub(super) fn credit_undelivered(&mut self, id: ReservationId) -> Result<(), CommandRefusal> {
        let instances = self.live.instances_of.get(&id).cloned().unwrap_or_default();
        for instance_id in instances {
            self.credit_instance(id, instance_id)?;
        }
        Ok(())
    }

    fn credit_instance(
        &mut self,
        id: ReservationId,
        instance_id: InstanceId,
    ) -> Result<(), CommandRefusal> {
        let undelivered_ms = self.live.undelivered_ms(instance_id, self.now);
        if undelivered_ms <= 0 {
            return Ok(());
        }
        let command = ReservationCommand::CreditUndelivered {
            instance_id,
            undelivered_ms,
        };
        self.reservation(id, command, None)
    }

    pub(super) fn instance(
        &mut self,
        id: InstanceId,
        command: InstanceCommand,
    ) -> Result<(), CommandRefusal> {
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
    pub(super) fn instance_if_live(&mut self, id: InstanceId, command: InstanceCommand) {
        if self.live.instances.contains_key(&id) {
            let refused = self.instance(id, command);
            debug_assert!(
                refused.is_ok(),
                "the service's own commands are never refused"
            );
        }
    }

    pub(super) fn control_instance(
        &mut self,
        id: InstanceId,
        control: InstanceControl,
        actor: Option<Actor>,
    ) -> Result<Answer, CommandRefusal> {
        let reservation_id = self
            .live
            .instances
            .get(&id)
            .filter(|t| actor.is_none_or(|a| a.may_act_for(t.state.user_id)))
            .map(|t| t.state.spec.reservation_id)
            .ok_or(CommandRefusal::NotFound("instance"))?;
        if control == InstanceControl::Delete {
            self.credit_instance(reservation_id, id)?;
        }
        self.instance(id, control.into())?;
        let Tracked { state, sequence } = self.live.instance(id).cloned().unwrap_or_default();
        Ok(Answer::Instance {
            instance_id: id,
            instance: Box::new(state),
            sequence,
        })
    }

    pub(super) fn remove_instances(&mut self, id: ReservationId, cause: RemovalCause) {
        let instances = self.live.instances_of.get(&id).cloned().unwrap_or_default();
        for instance_id in instances {
            self.instance_if_live(instance_id, InstanceCommand::RemoveInstance(cause));
        }
    }

    pub(super) fn observe(&mut self, sighting: Sighting) {
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

    pub(super) fn sight_nodes(&mut self, sightings: &[NodeSighting]) {
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
}

/// The id of the `index`th instance of a reservation: the same at every replay.
fn instance_id_of(id: ReservationId, index: u32) -> InstanceId {
    InstanceId(Uuid::new_v5(&id.0, &index.to_be_bytes()))
}
