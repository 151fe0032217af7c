//! The live state as it is kept between runs: a cache of the fold, never a truth of its own.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::delivery::Delivery;
use super::{Live, Tracked, timed};
use crate::account::Account;
use crate::capacity::CapacityError;
use crate::instance::Instance;
use crate::node::Node;
use crate::reservation::Reservation;
use crate::series::Series;
use crate::site::Site;
use crate::standing::StandingRequest;
use crate::{InstanceId, NodeName, ReservationId, SeriesId, StandingRequestId, Timestamp, UserId};

/// The aggregates of a [`Live`]; capacity and timed commands follow from them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveSnapshot {
    #[serde(serialize_with = "write_shared", deserialize_with = "read_shared")]
    reservations: Vec<(ReservationId, Arc<Tracked<Reservation>>)>,
    #[serde(serialize_with = "write_shared", deserialize_with = "read_shared")]
    instances: Vec<(InstanceId, Arc<Tracked<Instance>>)>,
    nodes: Vec<(NodeName, Tracked<Node>)>,
    site: Tracked<Site>,
    accounts: Vec<(UserId, Tracked<Account>)>,
    #[serde(
        default,
        serialize_with = "write_shared",
        deserialize_with = "read_shared"
    )]
    series: Vec<(SeriesId, Arc<Tracked<Series>>)>,
    #[serde(default)]
    standing: Vec<(StandingRequestId, Tracked<StandingRequest>)>,
    #[serde(default)]
    standing_made: u64,
    delivery: Vec<(InstanceId, Delivery)>,
    last_recorded_at: Timestamp,
}

impl Live {
    /// What has to be kept of this state, in the order of the ids.
    ///
    /// It shares the aggregates with this state: cheap to take, and unchanged by what comes later.
    #[must_use]
    pub fn snapshot(&self) -> LiveSnapshot {
        let mut reservations: Vec<_> = self
            .reservations
            .iter()
            .map(|(id, tracked)| (*id, Arc::clone(tracked)))
            .collect();
        reservations.sort_unstable_by_key(|(id, _)| *id);
        let mut instances: Vec<_> = self
            .instances
            .iter()
            .map(|(id, tracked)| (*id, Arc::clone(tracked)))
            .collect();
        instances.sort_unstable_by_key(|(id, _)| *id);
        let mut delivery: Vec<_> = self.delivery.iter().map(|(id, d)| (*id, *d)).collect();
        delivery.sort_unstable_by_key(|(id, _)| *id);
        LiveSnapshot {
            reservations,
            instances,
            nodes: self
                .nodes
                .iter()
                .map(|(name, node)| (name.clone(), node.clone()))
                .collect(),
            site: self.site.clone(),
            accounts: self
                .accounts
                .iter()
                .map(|(id, a)| (*id, a.clone()))
                .collect(),
            series: self
                .series
                .iter()
                .map(|(id, tracked)| (*id, Arc::clone(tracked)))
                .collect(),
            standing: self
                .standing
                .iter()
                .map(|(id, tracked)| (*id, tracked.clone()))
                .collect(),
            standing_made: self.standing_made,
            delivery,
            last_recorded_at: self.last_recorded_at,
        }
    }
}

fn write_shared<Id: Serialize, A: Serialize, S: Serializer>(
    shared: &[(Id, Arc<A>)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(
        shared
            .iter()
            .map(|(id, aggregate)| (id, aggregate.as_ref())),
    )
}

fn read_shared<'de, Id: Deserialize<'de>, A: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<(Id, Arc<A>)>, D::Error> {
    let owned = Vec::<(Id, A)>::deserialize(deserializer)?;
    let shared = owned.into_iter().map(|(id, a)| (id, Arc::new(a)));
    Ok(shared.collect())
}

impl TryFrom<LiveSnapshot> for Live {
    type Error = CapacityError;

    /// The state that was kept.
    ///
    /// # Errors
    /// Where what it books is on no node it has: then it was never the state of a ledger.
    fn try_from(kept: LiveSnapshot) -> Result<Self, CapacityError> {
        let mut live = Self {
            site: kept.site,
            accounts: kept.accounts.into_iter().collect(),
            series: kept.series.into_iter().collect(),
            standing_made: kept.standing_made,
            delivery: kept.delivery.into_iter().collect(),
            last_recorded_at: kept.last_recorded_at,
            ..Self::default()
        };
        for (name, node) in kept.nodes {
            live.count_node(&node.state)?;
            live.nodes.insert(name, node);
        }
        for (id, tracked) in kept.reservations {
            let reservation = &tracked.state;
            live.book(&reservation.claims())?;
            let user = live.users.entry(reservation.user_id).or_default();
            user.count_session(false, reservation.is_session());
            user.reservations.insert(id);
            if let Some(series_id) = reservation.series_id {
                live.occurrences_of.entry(series_id).or_default().insert(id);
            }
            live.await_reservation(id, timed::DueOfReservation::default(), &tracked.state);
            live.reservations.insert(id, tracked);
        }
        for (id, tracked) in kept.standing {
            live.await_standing(id, &tracked.state);
            live.standing.insert(id, tracked);
        }
        for (id, tracked) in kept.instances {
            live.instances_of
                .entry(tracked.state.spec.reservation_id)
                .or_default()
                .insert(id);
            live.await_instance(id, &tracked.state);
            live.instances.insert(id, tracked);
        }
        Ok(live)
    }
}
