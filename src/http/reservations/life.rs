//! What has happened to a reservation and its instances, now or as of an earlier moment.
//!
//! Read from the ledger itself, not from a view: it is never behind, and the past is all there. Time
//! never goes back in the ledger, so a moment is a position in it: everything up to there had happened.

use axum::http::StatusCode;
use cqrs_es::Aggregate as _;
use openpex_aggregates::instance::Instance;
use openpex_aggregates::reservation::Reservation;
use openpex_aggregates::{InstanceId, ReservationId, Timestamp};

use crate::http::ended::{Cold, fold_reservation};
use crate::http::limits::{HISTORY_EVENTS_MAX, READ_WAIT_MAX};
use crate::http::ports::ReservationView;
use crate::http::problem::Problem;
use crate::http::request::{Caller, Parameters, parse_instant};
use crate::http::state::AppState;
use crate::ledger::StoredEvent;

/// The parameter that names a moment.
pub const AS_OF: &str = "as_of";
/// The event after which a reservation has instances.
const ACTIVATED: &str = "ReservationActivated";

/// As of when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// As of now.
    Now,
    /// As the event at this position left it.
    Position(u64),
    /// As it stood at this instant, what happened right then included.
    Instant(Timestamp),
}

impl AsOf {
    /// What `query` says: a position, or an instant in either form of a date.
    ///
    /// # Errors
    /// 400 where it is neither.
    pub fn of(query: &Parameters) -> Result<Self, Problem> {
        let Some(text) = query.text(AS_OF) else {
            return Ok(Self::Now);
        };
        if let Ok(position) = text.parse() {
            return Ok(Self::Position(position));
        }
        parse_instant(text).map(Self::Instant).map_err(|error| {
            let detail = format!("{AS_OF} is a position or an instant: {error}");
            Problem::malformed("bad_parameter", detail).with("parameter", AS_OF)
        })
    }

    fn includes(self, event: &StoredEvent) -> bool {
        match self {
            Self::Now => true,
            Self::Position(position) => event.position <= position,
            Self::Instant(at) => event.recorded_at <= at,
        }
    }

    /// A moment that is still to come is refused: what it will show is not known.
    fn check_not_ahead(self, app: &AppState, head: u64) -> Result<(), Problem> {
        let now = app.clock.now();
        let ahead = match self {
            Self::Now => false,
            Self::Position(position) => position > head,
            Self::Instant(at) => at > now,
        };
        if !ahead {
            return Ok(());
        }
        let now = now.to_rfc3339();
        let detail =
            format!("{AS_OF} lies ahead: the ledger ends at position {head}, now is {now}");
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "as_of_ahead", detail);
        Err(problem.with("head", head).with("now", now))
    }
}

/// A reservation as it stood, with every event up to then.
pub struct Life {
    /// As it stood.
    pub cold: Cold<Reservation>,
    /// Where the ledger ended when it was read: nothing after that is in here.
    head: u64,
    /// Its events, oldest first.
    pub events: Vec<StoredEvent>,
    /// Its instances in the order of their making, each with its events.
    pub instances: Vec<(InstanceId, Vec<StoredEvent>)>,
}

impl Life {
    /// Reads what had happened to a reservation, without its instances.
    ///
    /// # Errors
    /// 404 where it is not theirs to see, not there or not there yet; 422 for a moment to come.
    pub async fn read(
        app: &AppState,
        caller: &Caller,
        id: ReservationId,
        as_of: AsOf,
    ) -> Result<Self, Problem> {
        // First, so that what is read one after the other is of one moment.
        let head = app.ledger.head().await?.position;
        let mut events = app
            .ledger
            .read_stream(Reservation::TYPE, &id.to_string())
            .await?;
        events.retain(|event| event.position <= head);
        let whole = fold_reservation(&events)?
            .filter(|cold| caller.may_see(cold.state.user_id))
            .ok_or_else(|| Problem::not_found("reservation"))?;
        let cold = if as_of == AsOf::Now {
            whole
        } else {
            as_of.check_not_ahead(app, head)?;
            let first = (events[0].position, events[0].recorded_at);
            events.retain(|event| as_of.includes(event));
            fold_reservation(&events)?.ok_or_else(|| not_yet_there(first))?
        };
        Ok(Self {
            cold,
            head,
            events,
            instances: Vec::new(),
        })
    }

    fn shows(&self, event: &StoredEvent, as_of: AsOf) -> bool {
        event.position <= self.head && as_of.includes(event)
    }

    /// The same with its instances.
    ///
    /// # Errors
    /// 503 where the views do not say in time which these are; 422 where there is too much of it.
    pub async fn with_instances(
        mut self,
        app: &AppState,
        id: ReservationId,
        as_of: AsOf,
    ) -> Result<Self, Problem> {
        if !self.events.iter().any(|e| e.event_type == ACTIVATED) {
            return Ok(self);
        }
        let head = self.head;
        let there = tokio::time::timeout(READ_WAIT_MAX, app.reads.wait_for(head)).await;
        there.map_err(|_| {
            let detail = format!("the views have not reached position {head} yet");
            Problem::unavailable("views_behind", detail).with("position", head)
        })??;
        let view = app.reads.find_reservation(id).await?;
        let ids = view.map(|view| view.instances).unwrap_or_default();
        let mut count = self.events.len();
        for id in ids {
            let key = id.to_string();
            let mut events = app.ledger.read_stream(Instance::TYPE, &key).await?;
            events.retain(|event| self.shows(event, as_of));
            count += events.len();
            check_length(count)?;
            if !events.is_empty() {
                self.instances.push((id, events));
            }
        }
        Ok(self)
    }

    /// What lists and single reads show of it.
    #[must_use]
    pub fn view(self, id: ReservationId) -> ReservationView {
        ReservationView {
            id,
            reservation: self.cold.state,
            sequence: self.cold.sequence,
            position: self.cold.position,
            instances: self.instances.into_iter().map(|(id, _)| id).collect(),
        }
    }
}

fn check_length(count: usize) -> Result<(), Problem> {
    if count <= HISTORY_EVENTS_MAX {
        return Ok(());
    }
    let detail = format!(
        "more than {HISTORY_EVENTS_MAX} events with those of its instances: ask with \
         instances=false"
    );
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "history_too_long", detail);
    Err(problem.with("limit", HISTORY_EVENTS_MAX))
}

fn not_yet_there((position, at): (u64, Timestamp)) -> Problem {
    let at = at.to_rfc3339();
    let detail =
        format!("the reservation began later, with the event at position {position}, {at}");
    Problem::new(StatusCode::NOT_FOUND, "not_yet_there", detail)
        .with("firstPosition", position)
        .with("firstAt", at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_is_only_so_long() {
        assert!(check_length(HISTORY_EVENTS_MAX).is_ok());
        let refused = check_length(HISTORY_EVENTS_MAX + 1).unwrap_err();
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
}
