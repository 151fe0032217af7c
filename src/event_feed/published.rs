//! An event as it is passed on: what a listener is told of it, and whom it concerns.

use std::collections::HashMap;

use openpex_aggregates::account::{Account, AccountEvent};
use openpex_aggregates::live::Fact;
use openpex_aggregates::node::Node;
use openpex_aggregates::site::Site;
use openpex_aggregates::standing::StandingRequest;
use openpex_aggregates::{ReservationId, UserId};

use cqrs_es::Aggregate as _;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::owners::Owner;
use crate::http::words::{AggregateWord, SenderWord};
use crate::ledger::StoredEvent;
use crate::writer::stored_fact;

/// The name under which an event's metadata holds its sender.
pub const SENDER_KEY: &str = "sender";

/// Whom an event concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Everybody with an account.
    All,
    /// Its owner, and those who see everything.
    OwnerAndStaff(UserId),
    /// Those who see everything.
    Staff,
}

/// An event that every view shows by now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedEvent {
    /// Its place in the ledger.
    pub position: u64,
    /// Whom it concerns.
    pub audience: Audience,
    /// The reservation it is about.
    pub reservation: Option<ReservationId>,
    /// Its name.
    pub event: String,
    /// What listeners are told, as JSON without line breaks.
    pub data: String,
}

/// What listeners are told of an event.
#[derive(Serialize, ToSchema)]
pub struct StreamEvent<'a> {
    /// Its place in the ledger.
    position: u64,
    /// When it was decided.
    #[schema(format = DateTime)]
    at: String,
    /// Its name.
    #[schema(example = "ReservationConfirmed")]
    event: &'a str,
    /// What it happened to.
    #[schema(value_type = AggregateWord)]
    aggregate: &'a str,
    /// Which: an id, a user's number, or a node's name.
    id: &'a str,
    /// The reservation it is about.
    #[schema(required, value_type = Option<String>, format = Uuid)]
    reservation: Option<ReservationId>,
    /// Whose it is; null for what is the site's.
    #[schema(required, value_type = Option<i64>)]
    userid: Option<UserId>,
    /// Who said it.
    #[schema(required, value_type = Option<SenderWord>)]
    sender: Option<&'a str>,
}

impl PublishedEvent {
    /// `stored`, which is `owner`'s; `None` where it is nobody's.
    pub(super) fn of(stored: StoredEvent, owner: Option<Owner>) -> Self {
        let reservation = match owner {
            Some(owner) => owner.reservation.or_else(|| entry_of(&stored)),
            None => None,
        };
        let userid = owner.map(|owner| owner.user_id);
        let audience = match userid {
            _ if is_of_the_site(&stored.aggregate_type) => Audience::All,
            Some(user_id) => Audience::OwnerAndStaff(user_id),
            None => {
                tracing::error!(position = stored.position, "an event is nobody's");
                Audience::Staff
            }
        };
        let metadata = metadata_of(&stored);
        let told = StreamEvent {
            position: stored.position,
            at: stored.recorded_at.to_rfc3339(),
            event: &stored.event_type,
            aggregate: aggregate_name(&stored.aggregate_type),
            id: &stored.aggregate_id,
            reservation,
            userid,
            sender: metadata.get(SENDER_KEY).and_then(Value::as_str),
        };
        let data = serde_json::to_string(&told)
            .expect("invariant: what is told has string keys and no floats");
        Self {
            position: stored.position,
            audience,
            reservation,
            event: stored.event_type,
            data,
        }
    }

    /// Whether it is for somebody who sees only what is `user_id`'s; `None` for everything.
    #[must_use]
    pub fn is_for(&self, sees_only: Option<UserId>) -> bool {
        match (self.audience, sees_only) {
            (Audience::All, _) | (_, None) => true,
            (Audience::OwnerAndStaff(owner), Some(user_id)) => owner == user_id,
            (Audience::Staff, Some(_)) => false,
        }
    }
}

/// The name clients know an aggregate's type by.
#[must_use]
pub fn aggregate_name(aggregate_type: &str) -> &str {
    match aggregate_type {
        StandingRequest::TYPE => "standing_request",
        Site::TYPE => "policy",
        // The others are named alike: reservation, instance, account, series, node.
        same => same,
    }
}

/// What an event's metadata says; nothing where it does not read.
#[must_use]
pub fn metadata_of(stored: &StoredEvent) -> HashMap<String, Value> {
    serde_json::from_str(&stored.metadata).unwrap_or_else(|error| {
        tracing::error!(%error, position = stored.position, "an event's metadata does not read");
        HashMap::new()
    })
}

fn is_of_the_site(aggregate_type: &str) -> bool {
    [Node::TYPE, Site::TYPE].contains(&aggregate_type)
}

/// The reservation that an account's entry is about.
fn entry_of(stored: &StoredEvent) -> Option<ReservationId> {
    if stored.aggregate_type != Account::TYPE {
        return None;
    }
    match stored_fact(stored.fact_text()).ok()? {
        Fact::Account(
            _,
            AccountEvent::CreditsCharged { reservation_id, .. }
            | AccountEvent::CreditsRefunded { reservation_id, .. },
        ) => Some(reservation_id),
        Fact::Account(_, AccountEvent::CreditsGranted { .. })
        | Fact::Reservation(..)
        | Fact::Instance(..)
        | Fact::Node(..)
        | Fact::Site(_)
        | Fact::Series(..)
        | Fact::Standing(..) => None,
    }
}
