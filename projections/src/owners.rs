//! Whose the rows of the views are, many at a time: for those who pass events on and show each only to
//! whom it concerns.

use std::collections::HashMap;

use openpex_aggregates::instance::Instance;
use openpex_aggregates::reservation::Reservation;
use openpex_aggregates::series::Series;
use openpex_aggregates::standing::StandingRequest;
use openpex_aggregates::{InstanceId, ReservationId, SeriesId, StandingRequestId, UserId};

use crate::error::ViewsError;
use crate::source::SourceError;
use crate::table::{KEYS_MAX, Table, columns_of};
use crate::views::Views;

/// Queries of owners; from [`Views::owners`]. What is not there is left out of every answer.
pub struct Owners<'a>(pub(crate) &'a Views);

impl Owners<'_> {
    /// Whose these reservations are.
    ///
    /// # Errors
    /// [`ViewsError::NotReady`], or the store's.
    pub async fn of_reservations(
        &self,
        ids: &[ReservationId],
    ) -> Result<HashMap<ReservationId, UserId>, ViewsError> {
        self.user_ids::<Reservation>(ids).await
    }

    /// Whose these instances are, and of which reservation.
    ///
    /// # Errors
    /// [`ViewsError::NotReady`], or the store's.
    pub async fn of_instances(
        &self,
        ids: &[InstanceId],
    ) -> Result<HashMap<InstanceId, (UserId, ReservationId)>, ViewsError> {
        let mut owners = HashMap::with_capacity(ids.len());
        for ids in ids.chunks(KEYS_MAX) {
            let statement = columns_of::<Instance>("user_id, reservation_id", ids);
            for (key, user_id, reservation) in
                self.0.fetch::<(String, i64, String)>(&statement).await?
            {
                let id = read_key::<Instance>(&key)?;
                let reservation = reservation.parse();
                let reservation =
                    reservation.map_err(|e: uuid::Error| bad::<Instance>(&key, e.into()))?;
                owners.insert(id, (UserId(user_id), reservation));
            }
        }
        Ok(owners)
    }

    /// Whose these series are.
    ///
    /// # Errors
    /// [`ViewsError::NotReady`], or the store's.
    pub async fn of_series(
        &self,
        ids: &[SeriesId],
    ) -> Result<HashMap<SeriesId, UserId>, ViewsError> {
        self.user_ids::<Series>(ids).await
    }

    /// Whose these standing requests are.
    ///
    /// # Errors
    /// [`ViewsError::NotReady`], or the store's.
    pub async fn of_standing_requests(
        &self,
        ids: &[StandingRequestId],
    ) -> Result<HashMap<StandingRequestId, UserId>, ViewsError> {
        self.user_ids::<StandingRequest>(ids).await
    }

    async fn user_ids<A: Table>(
        &self,
        ids: &[A::Id],
    ) -> Result<HashMap<A::Id, UserId>, ViewsError> {
        let mut owners = HashMap::with_capacity(ids.len());
        for ids in ids.chunks(KEYS_MAX) {
            let statement = columns_of::<A>("user_id", ids);
            for (key, user_id) in self.0.fetch::<(String, i64)>(&statement).await? {
                owners.insert(read_key::<A>(&key)?, UserId(user_id));
            }
        }
        Ok(owners)
    }
}

fn read_key<A: Table>(key: &str) -> Result<A::Id, ViewsError> {
    A::read_id(key).map_err(|source| bad::<A>(key, source))
}

fn bad<A: Table>(key: &str, source: SourceError) -> ViewsError {
    ViewsError::BadRow {
        view: A::NAME,
        key: key.to_owned(),
        source,
    }
}
