//! Remembers how far each user has written, so that a read shows its caller's own writes; to those
//! who see everybody's reservations, everybody's.
//!
//! Bounded: when too many users are remembered, all are forgotten at once and everybody waits for
//! the highest of their positions instead. That waits longer than needed, never shorter.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use openpex_aggregates::UserId;

use super::limits::{OWN_WRITES_USERS_MAX, READ_WAIT_MAX};
use super::problem::Problem;
use super::request::Caller;
use super::state::AppState;

/// The newest position each user was answered with.
#[derive(Debug, Default)]
pub struct OwnWrites {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    by_user: HashMap<UserId, u64>,
    /// What everybody is taken to have written.
    floor: u64,
    /// The newest position anybody was answered with.
    newest: u64,
}

impl OwnWrites {
    /// Where everybody may have written up to `head`.
    #[must_use]
    pub fn starting_at(head: u64) -> Self {
        Self {
            seen: Mutex::new(Seen {
                by_user: HashMap::new(),
                floor: head,
                newest: head,
            }),
        }
    }

    /// `user_id` was answered with `position`.
    pub fn note(&self, user_id: UserId, position: u64) {
        let mut seen = self.seen();
        if seen.by_user.len() >= OWN_WRITES_USERS_MAX && !seen.by_user.contains_key(&user_id) {
            seen.by_user.clear();
            seen.floor = seen.newest;
        }
        seen.newest = seen.newest.max(position);
        let newest = seen.by_user.entry(user_id).or_default();
        *newest = position.max(*newest);
    }

    /// Everybody was told of `position`, as when the test clock has been moved.
    pub fn note_for_all(&self, position: u64) {
        let mut seen = self.seen();
        seen.floor = seen.floor.max(position);
        seen.newest = seen.newest.max(position);
    }

    /// What a read of somebody who sees everybody's reservations must show.
    #[must_use]
    pub fn position_of_all(&self) -> u64 {
        self.seen().newest
    }

    /// What a read of `user_id` must show.
    #[must_use]
    pub fn position_of(&self, user_id: UserId) -> u64 {
        let seen = self.seen();
        seen.by_user
            .get(&user_id)
            .copied()
            .unwrap_or(0)
            .max(seen.floor)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until the views show everything that the caller has written, or that anybody has been
/// told was written where the caller sees it all.
///
/// # Errors
/// 503 where they do not get there in [`READ_WAIT_MAX`].
pub async fn wait_for_own_writes(app: &AppState, caller: &Caller) -> Result<(), Problem> {
    let position = match caller.sees_only() {
        Some(user_id) => app.own_writes().position_of(user_id),
        None => app.own_writes().position_of_all(),
    };
    match tokio::time::timeout(READ_WAIT_MAX, app.reads.wait_for(position)).await {
        Ok(reached) => Ok(reached?),
        Err(_) => {
            let detail = format!("the views have not reached position {position} yet");
            Err(Problem::unavailable("views_behind", detail).with("position", position))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_more_users_than_are_remembered_when_they_read_then_nobody_sees_less_than_they_wrote() {
        let writes = OwnWrites::starting_at(3);
        assert_eq!(writes.position_of(UserId(1)), 3);
        let users = i64::try_from(OWN_WRITES_USERS_MAX).unwrap() + 1;
        for user in 1..=users {
            writes.note(UserId(user), 10 + user.unsigned_abs());
        }
        for user in 1..=users {
            assert!(writes.position_of(UserId(user)) >= 10 + user.unsigned_abs());
        }
        assert_eq!(writes.seen().by_user.len(), 1);
        writes.note(UserId(users), 1);
        assert_eq!(writes.position_of(UserId(users)), 10 + users.unsigned_abs());
        assert_eq!(writes.position_of_all(), 10 + users.unsigned_abs());
        writes.note_for_all(1_000_000);
        assert_eq!(writes.position_of_all(), 1_000_000);
    }
}
