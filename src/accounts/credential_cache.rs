//! Remembers for a short while which credentials were right, so that a client that sends HTTP Basic with
//! every request pays for argon2 once a minute, also one that sends many at once.
//!
//! Only successes are remembered, and none that was being checked while an account was forgotten: a
//! password that is changed in that moment must not come back. What is kept of a password is an HMAC under a key made at start and
//! never written anywhere, over the name, the password and the stored hash.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use tokio::sync::watch;

use super::{Account, PasswordHash};
use crate::clock::entropy;

/// How long a success is remembered: so long may a changed role or password stay unnoticed.
pub const CREDENTIAL_LIFETIME: Duration = Duration::from_secs(60);
/// How many accounts' successes are remembered.
pub const CREDENTIALS_MAX: usize = 10_000;

pub(super) struct CredentialCache {
    key: [u8; 32],
    verified: Mutex<HashMap<String, Verified>>,
    /// Checks that are under way, by the digest of what is checked.
    under_way: Mutex<HashMap<[u8; 32], watch::Receiver<()>>>,
    forgotten: AtomicU64,
}

/// The first check of some credentials; when it is dropped, those who wait for it go on.
pub(super) struct Checking<'a> {
    cache: &'a CredentialCache,
    digest: [u8; 32],
    _over: watch::Sender<()>,
}

impl Drop for Checking<'_> {
    fn drop(&mut self) {
        self.cache.checks().remove(&self.digest);
    }
}

/// How often an account had been forgotten when a check began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Era(u64);

struct Verified {
    account: Account,
    stored: PasswordHash,
    digest: [u8; 32],
    until: Instant,
}

impl CredentialCache {
    pub(super) fn new() -> Self {
        Self {
            key: entropy::random_bytes(),
            verified: Mutex::default(),
            under_way: Mutex::default(),
            forgotten: AtomicU64::new(0),
        }
    }

    /// To be asked before an account is read that [`CredentialCache::keep`] is to remember.
    pub(super) fn era(&self) -> Era {
        Era(self.forgotten.load(Ordering::SeqCst))
    }

    /// The account, if these credentials were right a short while before `now`.
    pub(super) fn find(&self, now: Instant, username: &str, password: &str) -> Option<Account> {
        let verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        let known = verified.get(username).filter(|known| now < known.until)?;
        let digest = self.digest([username, password, known.stored.as_str()]);
        bool::from(digest.ct_eq(&known.digest)).then(|| known.account.clone())
    }

    /// Remembers that these credentials, read in `era`, were found right at `now`.
    pub(super) fn keep(
        &self,
        (now, era): (Instant, Era),
        account: &Account,
        password: &str,
        stored: PasswordHash,
    ) {
        let digest = self.digest([&account.username, password, stored.as_str()]);
        let until = now + CREDENTIAL_LIFETIME;
        let entry = Verified {
            account: account.clone(),
            stored,
            digest,
            until,
        };
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if era != self.era() {
            return;
        }
        if verified.len() >= CREDENTIALS_MAX && !verified.contains_key(&account.username) {
            verified.retain(|_, known| now < known.until);
            if verified.len() >= CREDENTIALS_MAX {
                // All are fresh: forget one, which costs its owner one hash.
                let oldest = verified.iter().min_by_key(|(_, known)| known.until);
                if let Some(name) = oldest.map(|(name, _)| name.clone()) {
                    verified.remove(&name);
                }
            }
        }
        verified.insert(account.username.clone(), entry);
    }

    /// Forgets an account, whose password or role has changed.
    pub(super) fn forget(&self, username: &str) {
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        verified.remove(username);
    }

    /// Begins to check these credentials, unless the same are being checked: then `None`, once that check
    /// is over.
    pub(super) async fn begin_check(&self, username: &str, password: &str) -> Option<Checking<'_>> {
        let digest = self.digest([username, password]);
        let mut other = match self.checks().entry(digest) {
            Entry::Occupied(other) => other.get().clone(),
            Entry::Vacant(nobody) => {
                let (over, under_way) = watch::channel(());
                nobody.insert(under_way);
                return Some(Checking {
                    cache: self,
                    digest,
                    _over: over,
                });
            }
        };
        // Nothing is ever sent: it ends when the sender is dropped.
        let _ = other.changed().await;
        None
    }

    fn checks(&self) -> MutexGuard<'_, HashMap<[u8; 32], watch::Receiver<()>>> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn digest<const N: usize>(&self, texts: [&str; N]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key)
            .expect("invariant: HMAC takes a key of any length");
        for text in texts {
            // The length keeps the end of one from passing for the start of the next.
            mac.update(&(text.len() as u64).to_be_bytes());
            mac.update(text.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use openpex_aggregates::{Timestamp, UserId};

    use super::super::Role;
    use super::*;

    fn account(username: &str) -> Account {
        Account {
            user_id: UserId(1),
            username: username.into(),
            role: Role::User,
            created_at: Timestamp(0),
            zone: None,
        }
    }

    fn stored() -> PasswordHash {
        PasswordHash::from_stored("$argon2id$…".into())
    }

    #[test]
    fn a_success_is_remembered_for_its_lifetime_and_only_for_its_own_password() {
        let (cache, now) = (CredentialCache::new(), Instant::now());
        assert_eq!(cache.find(now, "zoe", "correct horse"), None);
        cache.keep(
            (now, cache.era()),
            &account("zoe"),
            "correct horse",
            stored(),
        );
        let late = now + CREDENTIAL_LIFETIME - Duration::from_nanos(1);
        assert_eq!(
            cache.find(late, "zoe", "correct horse"),
            Some(account("zoe"))
        );
        assert_eq!(cache.find(late, "zoe", "wrong horse"), None);
        assert_eq!(cache.find(late, "Zoe", "correct horse"), None);
        assert_eq!(
            cache.find(now + CREDENTIAL_LIFETIME, "zoe", "correct horse"),
            None
        );
    }

    #[test]
    fn a_full_cache_forgets_the_oldest_for_the_newest() {
        let (cache, now) = (CredentialCache::new(), Instant::now());
        let names: Vec<String> = (0..=CREDENTIALS_MAX).map(|i| format!("user{i}")).collect();
        for (age, name) in (0..).zip(&names) {
            let at = now + Duration::from_micros(age);
            cache.keep((at, cache.era()), &account(name), "correct horse", stored());
        }
        assert_eq!(cache.verified.lock().unwrap().len(), CREDENTIALS_MAX);
        assert_eq!(cache.find(now, &names[0], "correct horse"), None);
        assert!(cache.find(now, &names[1], "correct horse").is_some());
        assert!(
            cache
                .find(now, &names[CREDENTIALS_MAX], "correct horse")
                .is_some()
        );
    }

    #[test]
    fn a_forgotten_account_is_checked_again() {
        let (cache, now) = (CredentialCache::new(), Instant::now());
        cache.keep(
            (now, cache.era()),
            &account("zoe"),
            "correct horse",
            stored(),
        );
        let before = cache.era();
        cache.forget("zoe");
        assert_eq!(cache.find(now, "zoe", "correct horse"), None);
        // Its check had begun before the password was changed.
        cache.keep((now, before), &account("zoe"), "correct horse", stored());
        assert_eq!(cache.find(now, "zoe", "correct horse"), None);
    }
}
