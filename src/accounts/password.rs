//! Hashing passwords (argon2id) without stopping the service.
//!
//! A hash takes tens of milliseconds and 19 MiB on purpose. So few run at once, on threads of their own,
//! and few wait: who comes after them is told to come back, before memory or patience runs out.

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::phc;
use argon2::password_hash::{Error as HashError, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use super::AccountError;
use crate::clock::entropy;

/// The shortest password, in bytes.
pub const PASSWORD_BYTES_MIN: usize = 8;
/// The longest password, in bytes.
pub const PASSWORD_BYTES_MAX: usize = 1_024;
/// How many hashes are computed at once.
pub const HASHES_AT_ONCE: usize = 2;
/// How many hashes may be under way or waiting.
pub const HASHES_WAITING_MAX: usize = 64;

/// How dear a hash is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl HashCost {
    /// What OWASP's Password Storage Cheat Sheet asks of argon2id: 19 MiB, two passes, one lane.
    pub const OWASP: Self = Self {
        memory_kib: 19_456,
        passes: 2,
    };

    /// The least argon2 allows, for tests.
    pub const LEAST: Self = Self {
        memory_kib: Params::MIN_M_COST,
        passes: 1,
    };
}

/// A hash as a PHC string. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// A hash that was stored.
    pub(super) fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The form to store.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash")
    }
}

/// Hashes and verifies; clones share the limits.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    /// A permit for each hash under way or waiting.
    room: Arc<Semaphore>,
    /// A permit for each hash under way.
    turn: Arc<Semaphore>,
    /// What a password of a user who does not exist is checked against.
    decoy: PasswordHash,
}

impl Passwords {
    /// Makes hashes of this cost. Computes one at once, on this thread.
    ///
    /// # Errors
    /// [`AccountError::Hashing`] when argon2 does not allow the cost.
    pub fn new(cost: HashCost) -> Result<Self, AccountError> {
        let params = Params::new(cost.memory_kib, cost.passes, 1, None).map_err(hashing)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let decoy = hash(&argon2, &entropy::random_bytes::<32>())?;
        Ok(Self {
            argon2,
            room: Arc::new(Semaphore::new(HASHES_WAITING_MAX)),
            turn: Arc::new(Semaphore::new(HASHES_AT_ONCE)),
            decoy,
        })
    }

    /// Checks that a new password is neither too short nor too long.
    pub(super) fn check_length(password: &str) -> Result<(), AccountError> {
        let bytes = password.len();
        if (PASSWORD_BYTES_MIN..=PASSWORD_BYTES_MAX).contains(&bytes) {
            Ok(())
        } else {
            Err(AccountError::PasswordLength { bytes })
        }
    }

    /// The hash of a new password.
    ///
    /// # Errors
    /// [`AccountError::PasswordLength`], [`AccountError::Busy`].
    pub async fn hash(&self, password: &str) -> Result<PasswordHash, AccountError> {
        Self::check_length(password)?;
        let (argon2, password) = (self.argon2.clone(), password.to_owned());
        self.in_turn(move || hash(&argon2, password.as_bytes()))
            .await
    }

    /// Whether `password` is the one that was hashed. Without a hash the answer is no, and takes as long.
    ///
    /// # Errors
    /// [`AccountError::Busy`]; [`AccountError::Hashing`] when the stored hash is not one.
    pub async fn verify(
        &self,
        password: &str,
        stored: Option<&PasswordHash>,
    ) -> Result<bool, AccountError> {
        if password.len() > PASSWORD_BYTES_MAX {
            return Ok(false);
        }
        let is_known = stored.is_some();
        let stored = stored.unwrap_or(&self.decoy).clone();
        let (argon2, password) = (self.argon2.clone(), password.to_owned());
        let fits = self
            .in_turn(move || verify(&argon2, password.as_bytes(), &stored))
            .await?;
        Ok(fits && is_known)
    }

    /// Runs `work` on a thread where it may take its time.
    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, AccountError> + Send + 'static,
    ) -> Result<T, AccountError> {
        let room = Arc::clone(&self.room)
            .try_acquire_owned()
            .map_err(|_| AccountError::Busy)?;
        let turn = Arc::clone(&self.turn)
            .acquire_owned()
            .await
            .map_err(hashing)?;
        // The permits go with the work, which runs to its end even if nobody waits for it any more.
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop((turn, room));
            done
        });
        done.await.map_err(hashing)?
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passwords")
            .field("params", self.argon2.params())
            .finish_non_exhaustive()
    }
}

fn hash(argon2: &Argon2<'_>, password: &[u8]) -> Result<PasswordHash, AccountError> {
    let salt = entropy::random_bytes::<16>();
    let hash: phc::PasswordHash = argon2
        .hash_password_with_salt(password, &salt)
        .map_err(hashing)?;
    Ok(PasswordHash(hash.to_string()))
}

/// The cost is that of the stored hash, so old hashes stay good when the cost is raised.
fn verify(
    argon2: &Argon2<'_>,
    password: &[u8],
    stored: &PasswordHash,
) -> Result<bool, AccountError> {
    let stored = phc::PasswordHash::new(&stored.0).map_err(hashing)?;
    match argon2.verify_password(password, &stored) {
        Ok(()) => Ok(true),
        Err(HashError::PasswordInvalid) => Ok(false),
        Err(error) => Err(hashing(error)),
    }
}

fn hashing(error: impl fmt::Display) -> AccountError {
    AccountError::Hashing {
        why: error.to_string(),
    }
}

#[cfg(test)]
impl Passwords {
    /// Leaves no room for another hash until the permit is dropped.
    pub(super) async fn fill_room(&self) -> tokio::sync::SemaphorePermit<'_> {
        let all = u32::try_from(HASHES_WAITING_MAX).expect("invariant: the limit is small");
        self.room
            .acquire_many(all)
            .await
            .expect("invariant: it is never closed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passwords() -> Passwords {
        Passwords::new(HashCost::LEAST).unwrap()
    }

    #[tokio::test]
    async fn only_the_password_that_was_hashed_verifies() {
        let passwords = passwords();
        let stored = passwords.hash("correct horse").await.unwrap();
        assert!(
            stored.as_str().starts_with("$argon2id$v=19$m=8,t=1,p=1$"),
            "{}",
            stored.as_str()
        );
        assert!(
            passwords
                .verify("correct horse", Some(&stored))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify("correct hors", Some(&stored))
                .await
                .unwrap()
        );
        assert!(!passwords.verify("correct horse", None).await.unwrap());
        assert!(
            !passwords
                .verify(&"x".repeat(5_000), Some(&stored))
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn the_same_password_hashes_differently_each_time_and_shows_in_no_debug() {
        let passwords = passwords();
        let one = passwords.hash("correct horse").await.unwrap();
        let other = passwords.hash("correct horse").await.unwrap();
        assert_ne!(one, other);
        assert_eq!(format!("{one:?}"), "PasswordHash");
        assert!(!format!("{passwords:?}").contains("$argon2"));
    }

    #[tokio::test]
    async fn passwords_of_a_wrong_length_are_refused_with_the_number() {
        let passwords = passwords();
        for bytes in [0, PASSWORD_BYTES_MIN - 1, PASSWORD_BYTES_MAX + 1] {
            let error = passwords.hash(&"x".repeat(bytes)).await.unwrap_err();
            assert!(matches!(error, AccountError::PasswordLength { bytes: b } if b == bytes));
        }
        for bytes in [PASSWORD_BYTES_MIN, PASSWORD_BYTES_MAX] {
            passwords.hash(&"x".repeat(bytes)).await.unwrap();
        }
    }

    #[tokio::test]
    async fn when_too_many_wait_the_next_is_turned_away_at_once() {
        let passwords = passwords();
        let waiting = passwords.fill_room().await;
        assert!(matches!(
            passwords.hash("correct horse").await,
            Err(AccountError::Busy)
        ));
        drop(waiting);
        passwords.hash("correct horse").await.unwrap();
    }

    #[test]
    fn what_nobodys_password_is_checked_against_costs_the_same() {
        let decoy = passwords().decoy;
        assert!(
            decoy.as_str().starts_with("$argon2id$v=19$m=8,t=1,p=1$"),
            "{}",
            decoy.as_str()
        );
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_still_verifies() {
        let dear = Passwords::new(HashCost {
            memory_kib: 64,
            passes: 2,
        })
        .unwrap();
        let stored = dear.hash("correct horse").await.unwrap();
        assert!(
            passwords()
                .verify("correct horse", Some(&stored))
                .await
                .unwrap()
        );
    }
}
