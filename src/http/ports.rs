//! What the REST API asks of the rest of the service.
//!
//! Each is a trait because it has two implementations: the service's, and the one in memory that
//! the simulation and the tests run on.

use std::collections::HashMap;

use async_trait::async_trait;
use openpex_aggregates::account::Account;
use openpex_aggregates::instance::{Instance, PowerState};
use openpex_aggregates::node::Node;
use openpex_aggregates::policy::Policy;
use openpex_aggregates::reservation::{Reservation, StatusName};
use openpex_aggregates::series::Series;
use openpex_aggregates::standing::StandingRequest;
use openpex_aggregates::{
    InstanceId, NodeName, ReservationId, SeriesId, StandingRequestId, Timestamp, UserId,
};

use openpex_projections::{
    Booking, BookingFilter, Demand, Prices, Steps, Utilisation, UtilisationBy,
};

use crate::writer::{Committed, WriteError, WriteRequest};

/// Takes commands to the single writer.
#[async_trait]
pub trait CommandGate: Send + Sync + 'static {
    /// Decides a command and makes what happens durable, with its idempotent answer.
    ///
    /// # Errors
    /// Refused, or not known to have taken effect.
    async fn submit(&self, request: WriteRequest) -> Result<Committed, WriteError>;
}

/// Answers reads from the views.
#[async_trait]
pub trait ReadSide: Send + Sync + 'static {
    /// Returns once every view has reached `position`; the caller bounds how long it waits.
    async fn wait_for(&self, position: u64) -> Result<(), ReadError>;

    /// A reservation, live or ended.
    async fn find_reservation(
        &self,
        id: ReservationId,
    ) -> Result<Option<ReservationView>, ReadError>;

    /// Reservations, newest first.
    async fn list_reservations(
        &self,
        filter: &ReservationListFilter,
        page: &Page,
    ) -> Result<Listed<ReservationView>, ReadError>;

    /// An instance, live or gone.
    async fn find_instance(&self, id: InstanceId) -> Result<Option<InstanceView>, ReadError>;

    /// Instances, newest first.
    async fn list_instances(
        &self,
        filter: &InstanceListFilter,
        page: &Page,
    ) -> Result<Listed<InstanceView>, ReadError>;

    /// A series.
    async fn find_series(&self, id: SeriesId) -> Result<Option<SeriesView>, ReadError>;

    /// The series of one user, or everybody's, newest first.
    async fn list_series(
        &self,
        owner: Option<UserId>,
        page: &Page,
    ) -> Result<Listed<SeriesView>, ReadError>;

    /// Where these reservations stand; those that are not there are left out.
    async fn statuses(
        &self,
        ids: &[ReservationId],
    ) -> Result<HashMap<ReservationId, StatusName>, ReadError>;

    /// A standing request.
    async fn find_standing_request(
        &self,
        id: StandingRequestId,
    ) -> Result<Option<StandingRequestView>, ReadError>;

    /// The standing requests of one user, or everybody's, newest first.
    async fn list_standing_requests(
        &self,
        owner: Option<UserId>,
        page: &Page,
    ) -> Result<Listed<StandingRequestView>, ReadError>;

    /// Every node, by name.
    async fn nodes(&self) -> Result<Vec<Node>, ReadError>;

    /// How many instances each node has, and since when it is as it is.
    async fn node_loads(&self) -> Result<HashMap<NodeName, NodeLoad>, ReadError>;

    /// Bookings, oldest start first.
    async fn bookings(
        &self,
        filter: &BookingFilter,
        page: &Page,
    ) -> Result<Listed<Booking>, ReadError>;

    /// How much of the nodes was, is and will be used; nothing is after `now`.
    async fn utilisation(
        &self,
        steps: &Steps,
        by: &UtilisationBy,
        now: Timestamp,
    ) -> Result<Utilisation, ReadError>;

    /// What was asked, and how it was answered.
    async fn demand(&self, steps: &Steps) -> Result<Demand, ReadError>;

    /// What both agreed to pay.
    async fn prices(&self, steps: &Steps) -> Result<Prices, ReadError>;

    /// What a user has to spend; `None` before the first entry.
    async fn account(&self, user_id: UserId) -> Result<Option<Account>, ReadError>;

    /// The policy in force.
    async fn policy(&self) -> Result<Policy, ReadError>;
}

/// A reservation as the views have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservationView {
    /// Its id.
    pub id: ReservationId,
    /// As it stands.
    pub reservation: Reservation,
    /// How far its stream has got.
    pub sequence: u64,
    /// The position of its newest event.
    pub position: u64,
    /// Its instances, in the order in which they were made.
    pub instances: Vec<InstanceId>,
}

/// A series as the views have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesView {
    /// Its id.
    pub id: SeriesId,
    /// As it stands.
    pub series: Series,
    /// How far its stream has got.
    pub sequence: u64,
    /// The position of its newest event.
    pub position: u64,
}

/// A standing request as the views have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingRequestView {
    /// Its id.
    pub id: StandingRequestId,
    /// As it stands.
    pub request: StandingRequest,
    /// How far its stream has got.
    pub sequence: u64,
    /// The position of its newest event.
    pub position: u64,
}

/// An instance as the views have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceView {
    /// As it stands; its spec holds its id.
    pub instance: Instance,
    /// How far its stream has got.
    pub sequence: u64,
    /// The position of its newest event.
    pub position: u64,
}

/// What a node has to do, as the views have it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeLoad {
    /// Its instances that are not gone.
    pub instances: u64,
    /// Since when it has what it has and is as it is.
    pub since: Option<Timestamp>,
}

/// Which entries of a list are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListFilter<S> {
    /// Of one user only.
    pub owner: Option<UserId>,
    /// In one of these statuses; any where empty.
    pub statuses: Vec<S>,
    /// Whose window ends after this.
    pub from: Option<Timestamp>,
    /// Whose window starts before this.
    pub to: Option<Timestamp>,
    /// Of this template.
    pub template: Option<String>,
}

/// Which reservations are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservationListFilter {
    /// What both lists can be asked for.
    pub common: ListFilter<StatusName>,
    /// Of this instance type.
    pub instance_type: Option<String>,
    /// Occurrences of this series.
    pub series: Option<SeriesId>,
}

/// Which instances are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceListFilter {
    /// What both lists can be asked for.
    pub common: ListFilter<PowerState>,
    /// Of this reservation.
    pub reservation: Option<ReservationId>,
    /// On this node.
    pub node: Option<NodeName>,
    /// Only those that are stuck.
    pub stuck: bool,
    /// Also those whose VM is gone.
    pub removed: bool,
}

/// Which part of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Most entries.
    pub limit: u32,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<T> {
    /// The entries.
    pub entries: Vec<T>,
    /// Where the next part begins, if there is one.
    pub next: Option<String>,
}

impl<T> Listed<T> {
    /// No entries, and no more to come.
    #[must_use]
    pub const fn nothing() -> Self {
        Self {
            entries: Vec::new(),
            next: None,
        }
    }
}

/// Why a read could not be answered.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The cursor is none that a list gave.
    #[error("the cursor is none that this list gave")]
    BadCursor,
    /// A statistic would go through more rows than one answer may cost.
    #[error("more than {max} rows are in this time; ask for a shorter one")]
    TooManyRows {
        /// The limit.
        max: u64,
    },
    /// A statistic by node would have more steps of all nodes together than one answer holds.
    #[error(
        "{steps} steps of {nodes} nodes; at most {max} steps of all nodes can be in one answer"
    )]
    TooManyNodeSteps {
        /// How many nodes there are.
        nodes: i64,
        /// How many steps each would have.
        steps: i64,
        /// The limit of all steps together.
        max: i64,
    },
    /// The views cannot be read.
    #[error("the views cannot be read")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Moves the test clock.
#[async_trait]
pub trait ClockControl: Send + Sync + 'static {
    /// Moves to `at`, which is not before the present, and returns when everything that became due
    /// has been done.
    async fn move_to(&self, at: Timestamp) -> Result<(), ClockError>;
}

/// Why the test clock did not get where it was to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// What became due could not be done in time.
    #[error("the clock was moved, but what became due has not been done: {0}")]
    NotSettled(String),
}

/// Says whether the service can do its work.
#[async_trait]
pub trait Readiness: Send + Sync + 'static {
    /// Each part the service needs, and whether it is there.
    async fn checks(&self) -> Vec<ReadinessCheck>;
}

/// One part the service needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadinessCheck {
    /// Which.
    pub name: &'static str,
    /// What is wrong with it; `None` where it is ready.
    pub fault: Option<String>,
}
