//! Whose events are: asked of the views once, and remembered, since an owner never changes.
//!
//! Bounded: when too many are remembered, all are forgotten and asked for again.

use std::collections::HashMap;
use std::hash::Hash;
use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cqrs_es::Aggregate as _;
use openpex_aggregates::account::Account;
use openpex_aggregates::instance::Instance;
use openpex_aggregates::reservation::Reservation;
use openpex_aggregates::series::Series;
use openpex_aggregates::standing::StandingRequest;
use openpex_aggregates::{InstanceId, ReservationId, SeriesId, StandingRequestId, UserId};
use openpex_projections::{Views, ViewsError};

use crate::ledger::StoredEvent;

/// Most owners that are remembered.
pub const OWNERS_MAX: usize = 65_536;

/// Whose something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    /// The user.
    pub user_id: UserId,
    /// The reservation it is, or is of.
    pub reservation: Option<ReservationId>,
}

/// What has an owner that the views know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Owned {
    Reservation(ReservationId),
    Instance(InstanceId),
    Series(SeriesId),
    Standing(StandingRequestId),
}

impl Owned {
    fn of(event: &StoredEvent) -> Option<Self> {
        let id = event.aggregate_id.as_str();
        match event.aggregate_type.as_str() {
            Reservation::TYPE => id.parse().ok().map(Self::Reservation),
            Instance::TYPE => id.parse().ok().map(Self::Instance),
            Series::TYPE => id.parse().ok().map(Self::Series),
            StandingRequest::TYPE => id.parse().ok().map(Self::Standing),
            _ => None,
        }
    }
}

/// The owners that were asked for lately.
#[derive(Debug, Default)]
pub(super) struct OwnerCache(Mutex<HashMap<Owned, Owner>>);

impl OwnerCache {
    /// Whose each of `events` is, in their order; every view has reached them.
    pub(super) async fn of(
        &self,
        views: &Views,
        events: &[StoredEvent],
    ) -> Result<Vec<Option<Owner>>, ViewsError> {
        let asked: Vec<Option<Owned>> = events.iter().map(Owned::of).collect();
        let mut found = HashMap::new();
        let mut unknown = Vec::new();
        {
            let known = self.known();
            for owned in asked.iter().flatten() {
                match known.get(owned) {
                    Some(owner) => {
                        found.insert(*owned, *owner);
                    }
                    None => unknown.push(*owned),
                }
            }
        }
        let learnt = ask(views, unknown).await?;
        self.keep(&learnt);
        found.extend(learnt);
        let owner_of = |(event, owned): (&StoredEvent, &Option<Owned>)| match owned {
            Some(owned) => found.get(owned).copied(),
            None => account_owner(event),
        };
        Ok(events.iter().zip(&asked).map(owner_of).collect())
    }

    fn keep(&self, learnt: &HashMap<Owned, Owner>) {
        let mut known = self.known();
        if known.len().saturating_add(learnt.len()) > OWNERS_MAX {
            known.clear();
        }
        known.extend(learnt.iter().take(OWNERS_MAX));
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Owned, Owner>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An account's id is its owner's.
fn account_owner(event: &StoredEvent) -> Option<Owner> {
    if event.aggregate_type != Account::TYPE {
        return None;
    }
    let user_id = i64::from_str(&event.aggregate_id).ok().map(UserId)?;
    Some(Owner {
        user_id,
        reservation: None,
    })
}

async fn ask(views: &Views, unknown: Vec<Owned>) -> Result<HashMap<Owned, Owner>, ViewsError> {
    let (mut reservations, mut instances) = (Vec::new(), Vec::new());
    let (mut series, mut standing) = (Vec::new(), Vec::new());
    for owned in unknown {
        match owned {
            Owned::Reservation(id) => reservations.push(id),
            Owned::Instance(id) => instances.push(id),
            Owned::Series(id) => series.push(id),
            Owned::Standing(id) => standing.push(id),
        }
    }
    let owners = views.owners();
    let mut learnt = HashMap::new();
    let mut learn = |owned, user_id, reservation| {
        let owner = Owner {
            user_id,
            reservation,
        };
        learnt.insert(owned, owner);
    };
    for (id, user_id) in owners.of_reservations(&once(reservations)).await? {
        learn(Owned::Reservation(id), user_id, Some(id));
    }
    for (id, (user_id, reservation)) in owners.of_instances(&once(instances)).await? {
        learn(Owned::Instance(id), user_id, Some(reservation));
    }
    for (id, user_id) in owners.of_series(&once(series)).await? {
        learn(Owned::Series(id), user_id, None);
    }
    for (id, user_id) in owners.of_standing_requests(&once(standing)).await? {
        learn(Owned::Standing(id), user_id, None);
    }
    Ok(learnt)
}

/// Each id once.
fn once<Id: Ord>(mut ids: Vec<Id>) -> Vec<Id> {
    ids.sort_unstable();
    ids.dedup();
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_owners_than_are_remembered_are_forgotten_and_learnt_again() {
        let cache = OwnerCache::default();
        let owned = |n: usize| Owned::Reservation(ReservationId(uuid::Uuid::from_u128(n as u128)));
        let owner = Owner {
            user_id: UserId(7),
            reservation: None,
        };
        for n in 0..=OWNERS_MAX {
            cache.keep(&HashMap::from([(owned(n), owner)]));
            assert_eq!(cache.known().get(&owned(n)), Some(&owner));
        }
        assert_eq!(cache.known().len(), 1);
    }
}
