//! The live state: everything that is not finished, as one fold of the ledger.
//!
//! Owns the aggregates that are not finished, capacity over time and the timed commands; shared by
//! the writer, the simulation and an auditor. What has ended is forgotten: memory is bounded by
//! what is live. Never reads a clock and never does I/O; the same facts give the same state.

mod command;
mod delivery;
mod echo;
mod fact;
mod fold;
mod handle;
mod questions;
mod refusal;
mod snapshot;
#[cfg(test)]
mod tests;
mod timed;
mod users;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

pub use command::{
    Actor, Answer, CancelFrom, Command, InstanceControl, Message, OptionsRequest, Question,
    SeriesRequest, Sighting, StandingAsk,
};
pub use fact::{Fact, FoldError, NewFact};
pub use handle::{Handled, decide_on_ended, decide_on_ended_series, decide_on_ended_standing};
pub use refusal::CommandRefusal;
pub use snapshot::LiveSnapshot;
pub use timed::TimedCommand;
pub use users::QuotaExceeded;

use self::delivery::Delivery;
use self::users::UserHoldings;
use crate::account::Account;
use crate::capacity::Pool;
use crate::instance::{Effect, Instance, InstanceSpec, Wanted};
use crate::node::Node;
use crate::policy::Policy;
use crate::reservation::Reservation;
use crate::series::Series;
use crate::site::Site;
use crate::standing::StandingRequest;
use crate::{InstanceId, NodeName, ReservationId, SeriesId, StandingRequestId, Timestamp, UserId};

/// An aggregate and how far its stream has got.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Tracked<A> {
    /// Its state.
    pub state: A,
    /// The number of its newest event; 0 before the first.
    pub sequence: u64,
}

/// An effect that was intended and whose outcome is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutstandingEffect {
    /// Numbers what was wanted of the instance.
    pub effect_id: u64,
    /// Which try.
    pub attempt: u32,
    /// What is to be done.
    pub effect: Effect,
    /// To what.
    pub spec: InstanceSpec,
}

/// Everything that is not finished.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// Shared with a snapshot that is being written: taking one copies no aggregate, and the fold
    /// copies only what it changes meanwhile.
    reservations: HashMap<ReservationId, Arc<Tracked<Reservation>>>,
    instances: HashMap<InstanceId, Arc<Tracked<Instance>>>,
    /// Ordered, so that a state from a snapshot goes through them as the one it was taken of.
    instances_of: HashMap<ReservationId, BTreeSet<InstanceId>>,
    nodes: BTreeMap<NodeName, Tracked<Node>>,
    site: Tracked<Site>,
    accounts: BTreeMap<UserId, Tracked<Account>>,
    /// What each user has that has not ended.
    users: BTreeMap<UserId, UserHoldings>,
    /// Those of which a reservation is live.
    series: BTreeMap<SeriesId, Arc<Tracked<Series>>>,
    /// The live reservations of each series.
    occurrences_of: BTreeMap<SeriesId, BTreeSet<ReservationId>>,
    /// Those that wait.
    standing: BTreeMap<StandingRequestId, Tracked<StandingRequest>>,
    /// The same in the order of asking.
    waiting: BTreeMap<u64, StandingRequestId>,
    /// How many standing requests there ever were.
    standing_made: u64,
    delivery: HashMap<InstanceId, Delivery>,
    /// Reservations that hold more than both agreed on.
    holding: BTreeSet<ReservationId>,
    pool: Pool,
    timed: BTreeSet<timed::Due>,
    last_recorded_at: Timestamp,
    forgotten_before: Timestamp,
}

impl Live {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A reservation that has not ended.
    #[must_use]
    pub fn reservation(&self, id: ReservationId) -> Option<&Tracked<Reservation>> {
        self.reservations.get(&id).map(Arc::as_ref)
    }

    /// An instance that is not gone.
    #[must_use]
    pub fn instance(&self, id: InstanceId) -> Option<&Tracked<Instance>> {
        self.instances.get(&id).map(Arc::as_ref)
    }

    /// Every instance that is not gone, in no particular order.
    pub fn instances(&self) -> impl Iterator<Item = (InstanceId, &Tracked<Instance>)> {
        self.instances
            .iter()
            .map(|(id, tracked)| (*id, tracked.as_ref()))
    }

    /// Every node, by name.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values().map(|tracked| &tracked.state)
    }

    /// The policy in force.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.site.state.policy
    }

    /// What a user has to spend; `None` before the first entry.
    #[must_use]
    pub fn account(&self, id: UserId) -> Option<&Tracked<Account>> {
        self.accounts.get(&id)
    }

    /// A series of which a reservation is live.
    #[must_use]
    pub fn series(&self, id: SeriesId) -> Option<&Tracked<Series>> {
        self.series.get(&id).map(Arc::as_ref)
    }

    /// A standing request that waits.
    #[must_use]
    pub fn standing_request(&self, id: StandingRequestId) -> Option<&Tracked<StandingRequest>> {
        self.standing.get(&id)
    }

    /// Every account, by its user.
    pub fn accounts(&self) -> impl Iterator<Item = (UserId, &Account)> {
        self.accounts
            .iter()
            .map(|(id, tracked)| (*id, &tracked.state))
    }

    /// Capacity over time.
    #[must_use]
    pub const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// When the newest fact was recorded; no decision may be made before it.
    #[must_use]
    pub const fn last_recorded_at(&self) -> Timestamp {
        self.last_recorded_at
    }

    /// When the next timed command is due.
    #[must_use]
    pub fn next_due_at(&self) -> Option<Timestamp> {
        self.timed.first().map(|(at, _)| *at)
    }

    /// How many reservations, instances and timed commands are live.
    #[must_use]
    pub fn counts(&self) -> (usize, usize, usize) {
        (
            self.reservations.len(),
            self.instances.len(),
            self.timed.len(),
        )
    }

    /// How long an instance that was paid for did not run until `at`, in milliseconds.
    #[must_use]
    pub fn undelivered_ms(&self, id: InstanceId, at: Timestamp) -> i64 {
        let grace_ms = self.policy().delivery_grace_ms;
        match (self.instance(id), self.delivery.get(&id)) {
            (Some(tracked), Some(delivery)) if tracked.state.wanted != Wanted::Gone => {
                delivery.undelivered_until(&tracked.state, at, grace_ms)
            }
            (Some(_) | None, _) => 0,
        }
    }

    /// The effect of one instance whose outcome is awaited.
    #[must_use]
    pub fn outstanding_effect(&self, id: InstanceId) -> Option<OutstandingEffect> {
        let instance = &self.instances.get(&id)?.state;
        let (effect, attempt) = instance.in_flight()?;
        let (effect_id, spec) = (instance.effect_id, instance.spec.clone());
        Some(OutstandingEffect {
            effect_id,
            attempt,
            effect,
            spec,
        })
    }

    /// Every effect whose outcome is awaited, by instance.
    #[must_use]
    pub fn outstanding_effects(&self) -> Vec<OutstandingEffect> {
        let mut ids: Vec<_> = self.instances.keys().copied().collect();
        ids.sort_unstable();
        ids.into_iter()
            .filter_map(|id| self.outstanding_effect(id))
            .collect()
    }
}
