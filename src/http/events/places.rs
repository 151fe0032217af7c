//! How many streams are open, of each user and in all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use openpex_aggregates::UserId;

use crate::http::limits::{EVENT_STREAMS_MAX, EVENT_STREAMS_PER_USER_MAX, RETRY_AFTER_SECS};
use crate::http::problem::Problem;

/// The places that are taken; clones share them.
#[derive(Clone, Debug, Default)]
pub struct StreamPlaces(Arc<Mutex<HashMap<UserId, usize>>>);

/// A place that is taken until it is dropped.
#[derive(Debug)]
pub struct StreamPlace {
    places: StreamPlaces,
    user_id: UserId,
}

impl StreamPlaces {
    /// Takes a place for a stream of `user_id`.
    ///
    /// # Errors
    /// 429 where the user has, or all have, as many as there may be.
    pub fn take(&self, user_id: UserId) -> Result<StreamPlace, Problem> {
        let mut taken = self.taken();
        let own = taken.get(&user_id).copied().unwrap_or(0);
        if own >= EVENT_STREAMS_PER_USER_MAX {
            return Err(too_many("user", EVENT_STREAMS_PER_USER_MAX));
        }
        if taken.values().sum::<usize>() >= EVENT_STREAMS_MAX {
            return Err(too_many("site", EVENT_STREAMS_MAX));
        }
        taken.insert(user_id, own + 1);
        drop(taken);
        let places = self.clone();
        Ok(StreamPlace { places, user_id })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<UserId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        if let Some(own) = taken.get_mut(&self.user_id) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.user_id);
            }
        }
    }
}

fn too_many(of: &'static str, limit: usize) -> Problem {
    let detail = format!("{limit} event streams of this {of} are open, and no more may be");
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_streams", detail)
        .with("of", of)
        .with("limit", limit)
        .retry_after(RETRY_AFTER_SECS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_end_at_the_limit_of_a_user_and_of_all_and_come_back() {
        let places = StreamPlaces::default();
        let mut kept = Vec::new();
        for n in 0..EVENT_STREAMS_MAX {
            let user = i64::try_from(n / EVENT_STREAMS_PER_USER_MAX).unwrap();
            kept.push(places.take(UserId(user)).unwrap());
        }
        let refused = |user| places.take(UserId(user)).unwrap_err().status();
        assert_eq!(refused(0), StatusCode::TOO_MANY_REQUESTS, "a user's limit");
        assert_eq!(
            refused(-1),
            StatusCode::TOO_MANY_REQUESTS,
            "the site's limit"
        );
        drop(kept.pop());
        let last = places.take(UserId(-1)).unwrap();
        assert_eq!(refused(-2), StatusCode::TOO_MANY_REQUESTS);
        drop((kept, last));
        assert!(
            places.taken().is_empty(),
            "nothing is remembered of those who left"
        );
    }
}
