//! Facts of any aggregate, as the ledger stores and gives them back.

use cqrs_es::{Aggregate, DomainEvent};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::account::{Account, AccountEvent};
use crate::capacity::CapacityError;
use crate::instance::{Instance, InstanceEvent};
use crate::node::{Node, NodeEvent};
use crate::reservation::{Reservation, ReservationEvent};
use crate::sender::Sender;
use crate::series::{Series, SeriesEvent};
use crate::site::{SITE_ID, Site, SiteEvent};
use crate::standing::{StandingRequest, StandingRequestEvent};
use crate::{InstanceId, NodeName, ReservationId, SeriesId, StandingRequestId, UserId};

/// An event together with the stream it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Of a reservation.
    Reservation(ReservationId, ReservationEvent),
    /// Of an instance.
    Instance(InstanceId, InstanceEvent),
    /// Of a node.
    Node(NodeName, NodeEvent),
    /// Of the site.
    Site(SiteEvent),
    /// Of a user's account.
    Account(UserId, AccountEvent),
    /// Of a series.
    Series(SeriesId, SeriesEvent),
    /// Of a standing request.
    Standing(StandingRequestId, StandingRequestEvent),
}

/// A fact that was just decided, with its place in its stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFact {
    /// What happened.
    pub fact: Fact,
    /// Its number within its stream, from 1.
    pub sequence: u64,
    /// Who said it.
    pub sender: Sender,
}

/// What the ledger holds is not a fact this version knows.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    /// No such kind of stream.
    #[error("unknown aggregate type {0:?}")]
    UnknownAggregate(String),
    /// The stream's id is not of its kind's form.
    #[error("{id:?} is no id of a {aggregate_type}")]
    BadId {
        /// The kind of stream.
        aggregate_type: String,
        /// What its id is.
        id: String,
    },
    /// The event is of a version that this program does not know.
    #[error("{event_type} has version {version}; this program knows 1")]
    UnknownVersion {
        /// Which event.
        event_type: String,
        /// Its version.
        version: String,
    },
    /// The payload is not of the event's form.
    #[error("the payload of {event_type} does not read")]
    BadPayload {
        /// Which event.
        event_type: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// It books or frees capacity that is not there.
    #[error("capacity does not follow: {0}")]
    Capacity(#[from] CapacityError),
    /// An event is missing before this one, or it comes twice.
    #[error("stream {stream} goes on with event {found} where {expected} should come")]
    SequenceGap {
        /// Which stream.
        stream: String,
        /// What should come.
        expected: u64,
        /// What came.
        found: u64,
    },
}

impl Fact {
    /// The kind of its stream.
    #[must_use]
    pub const fn aggregate_type(&self) -> &'static str {
        match self {
            Self::Reservation(..) => Reservation::TYPE,
            Self::Instance(..) => Instance::TYPE,
            Self::Node(..) => Node::TYPE,
            Self::Site(_) => Site::TYPE,
            Self::Account(..) => Account::TYPE,
            Self::Series(..) => Series::TYPE,
            Self::Standing(..) => StandingRequest::TYPE,
        }
    }

    /// The id of its stream.
    #[must_use]
    pub fn aggregate_id(&self) -> String {
        match self {
            Self::Reservation(id, _) => id.to_string(),
            Self::Instance(id, _) => id.to_string(),
            Self::Node(name, _) => name.to_string(),
            Self::Site(_) => SITE_ID.to_owned(),
            Self::Account(id, _) => id.0.to_string(),
            Self::Series(id, _) => id.to_string(),
            Self::Standing(id, _) => id.to_string(),
        }
    }

    /// The name of the event.
    #[must_use]
    pub fn event_type(&self) -> String {
        match self {
            Self::Reservation(_, event) => event.event_type(),
            Self::Instance(_, event) => event.event_type(),
            Self::Node(_, event) => event.event_type(),
            Self::Site(event) => event.event_type(),
            Self::Account(_, event) => event.event_type(),
            Self::Series(_, event) => event.event_type(),
            Self::Standing(_, event) => event.event_type(),
        }
    }

    /// The version of the event's form.
    #[must_use]
    pub fn event_version(&self) -> String {
        match self {
            Self::Reservation(_, event) => event.event_version(),
            Self::Instance(_, event) => event.event_version(),
            Self::Node(_, event) => event.event_version(),
            Self::Site(event) => event.event_version(),
            Self::Account(_, event) => event.event_version(),
            Self::Series(_, event) => event.event_version(),
            Self::Standing(_, event) => event.event_version(),
        }
    }

    /// The event as the JSON text that is stored and hashed.
    #[must_use]
    pub fn payload(&self) -> String {
        match self {
            Self::Reservation(_, event) => to_json(event),
            Self::Instance(_, event) => to_json(event),
            Self::Node(_, event) => to_json(event),
            Self::Site(event) => to_json(event),
            Self::Account(_, event) => to_json(event),
            Self::Series(_, event) => to_json(event),
            Self::Standing(_, event) => to_json(event),
        }
    }

    /// Reads what the ledger stores back.
    pub fn from_stored(
        aggregate_type: &str,
        aggregate_id: &str,
        event_type: &str,
        version: &str,
        payload: &str,
    ) -> Result<Self, FoldError> {
        if version != "1" {
            let (event_type, version) = (event_type.to_owned(), version.to_owned());
            return Err(FoldError::UnknownVersion {
                event_type,
                version,
            });
        }
        let bad_id = || FoldError::BadId {
            aggregate_type: aggregate_type.to_owned(),
            id: aggregate_id.to_owned(),
        };
        match aggregate_type {
            Reservation::TYPE => {
                let id = aggregate_id.parse().map_err(|_| bad_id())?;
                from_json(event_type, payload).map(|event| Self::Reservation(id, event))
            }
            Instance::TYPE => {
                let id = aggregate_id.parse().map_err(|_| bad_id())?;
                from_json(event_type, payload).map(|event| Self::Instance(id, event))
            }
            Node::TYPE => {
                let name = NodeName(aggregate_id.to_owned());
                from_json(event_type, payload).map(|event| Self::Node(name, event))
            }
            Site::TYPE => from_json(event_type, payload).map(Self::Site),
            Account::TYPE => {
                let id = UserId(aggregate_id.parse().map_err(|_| bad_id())?);
                from_json(event_type, payload).map(|event| Self::Account(id, event))
            }
            Series::TYPE => {
                let id = aggregate_id.parse().map_err(|_| bad_id())?;
                from_json(event_type, payload).map(|event| Self::Series(id, event))
            }
            StandingRequest::TYPE => {
                let id = aggregate_id.parse().map_err(|_| bad_id())?;
                from_json(event_type, payload).map(|event| Self::Standing(id, event))
            }
            other => Err(FoldError::UnknownAggregate(other.to_owned())),
        }
    }
}

fn to_json<E: Serialize>(event: &E) -> String {
    serde_json::to_string(event).expect("invariant: events have string keys and no floats")
}

fn from_json<E: DeserializeOwned>(event_type: &str, payload: &str) -> Result<E, FoldError> {
    serde_json::from_str(payload).map_err(|source| FoldError::BadPayload {
        event_type: event_type.to_owned(),
        source,
    })
}
