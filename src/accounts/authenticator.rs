//! Registers accounts and checks credentials.
//!
//! Whether a user exists cannot be told from how long a refusal takes: an unknown name costs a hash as a
//! wrong password does.

use std::sync::Arc;
use std::time::Instant;

use openpex_aggregates::{Timestamp, UserId};

use super::credential_cache::CredentialCache;
use super::{
    Account, AccountError, AccountStore, Login, LoginLifetimes, PasswordHash, Passwords, Role,
    SessionId, Username, ZoneName,
};

/// Registration and login; clones share it.
#[derive(Clone)]
pub struct Authenticator {
    accounts: AccountStore,
    passwords: Passwords,
    cache: Arc<CredentialCache>,
    lifetimes: LoginLifetimes,
}

/// How it went with a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordChange {
    /// It is in force, now or since an earlier request that was repeated.
    Made,
    /// The current password was another.
    CurrentWrong,
}

impl Authenticator {
    /// Over these accounts.
    #[must_use]
    pub fn new(accounts: AccountStore, passwords: Passwords) -> Self {
        Self {
            accounts,
            passwords,
            cache: Arc::new(CredentialCache::new()),
            lifetimes: LoginLifetimes::default(),
        }
    }

    /// The same with sessions that last this long.
    #[must_use]
    pub fn with_lifetimes(self, lifetimes: LoginLifetimes) -> Self {
        Self { lifetimes, ..self }
    }

    pub(super) fn lifetimes(&self) -> LoginLifetimes {
        self.lifetimes
    }

    /// The accounts themselves.
    #[must_use]
    pub fn accounts(&self) -> &AccountStore {
        &self.accounts
    }

    /// Makes an account.
    ///
    /// # Errors
    /// The name or the password breaks a rule, or the name is taken.
    pub async fn register(
        &self,
        username: &str,
        password: &str,
        role: Role,
        at: Timestamp,
    ) -> Result<UserId, AccountError> {
        let username = Username::parse(username)?;
        // Asked first, since a hash is dear; asked again by the insert, since somebody may come between.
        if self.accounts.is_taken(&username).await? {
            return Err(AccountError::UsernameTaken);
        }
        let hash = self.passwords.hash(password).await?;
        self.accounts.register(&username, &hash, role, at).await
    }

    /// Makes the site's first operator, unless there is one; answers whether it was made.
    ///
    /// # Errors
    /// As [`Authenticator::register`].
    pub async fn ensure_operator(
        &self,
        username: &str,
        password: &str,
        at: Timestamp,
    ) -> Result<Option<UserId>, AccountError> {
        if self.accounts.has_operator().await? {
            return Ok(None);
        }
        self.register(username, password, Role::Operator, at)
            .await
            .map(Some)
    }

    /// The account these HTTP Basic credentials belong to; `None` if they are wrong.
    ///
    /// Many requests with the same right credentials at once cost one hash.
    ///
    /// # Errors
    /// [`AccountError::Busy`], or the store's.
    pub async fn verify_basic(
        &self,
        username: &str,
        password: &str,
    ) -> Result<Option<Account>, AccountError> {
        if let Some(account) = self.cache.find(Instant::now(), username, password) {
            return Ok(Some(account));
        }
        let _first = self.cache.begin_check(username, password).await;
        // Somebody else may have checked it meanwhile.
        if let Some(account) = self.cache.find(Instant::now(), username, password) {
            return Ok(Some(account));
        }
        let era = self.cache.era();
        let found = self.check(username, password).await?;
        Ok(found.map(|(account, stored)| {
            let now = (Instant::now(), era);
            self.cache.keep(now, &account, password, stored);
            account
        }))
    }

    /// The account that has this name and this password just now, at the price of a hash.
    pub(super) async fn check(
        &self,
        username: &str,
        password: &str,
    ) -> Result<Option<(Account, PasswordHash)>, AccountError> {
        // A name that breaks the rules is nobody's; it is not looked up, but costs the same.
        let found = match Username::parse(username) {
            Ok(username) => self.accounts.find_by_username(&username).await?,
            Err(_) => None,
        };
        let stored = found.as_ref().map(|(_, stored)| stored);
        let fits = self.passwords.verify(password, stored).await?;
        Ok(found.filter(|_| fits))
    }

    /// Gives an account a new password and ends all of its sessions but `keep`. API tokens stay.
    ///
    /// Asked again after it was done, it is a success.
    ///
    /// # Errors
    /// [`AccountError::PasswordLength`], [`AccountError::Busy`], or the store's.
    pub async fn change_password(
        &self,
        account: &Account,
        (current, new): (&str, &str),
        keep: Option<SessionId>,
    ) -> Result<PasswordChange, AccountError> {
        Passwords::check_length(new)?;
        let username = &account.username;
        let Some((_, old)) = self.check(username, current).await? else {
            let is_made = self.check(username, new).await?.is_some();
            return Ok(if is_made {
                PasswordChange::Made
            } else {
                PasswordChange::CurrentWrong
            });
        };
        let new = self.passwords.hash(new).await?;
        let user_id = account.user_id;
        let is_made = self
            .accounts
            .replace_password(user_id, (&old, &new), keep)
            .await?;
        self.forget(username);
        // Where it was changed by somebody else meanwhile, it is no longer the current one.
        Ok(if is_made {
            PasswordChange::Made
        } else {
            PasswordChange::CurrentWrong
        })
    }

    /// Keeps in which zone a user wants times shown; answers the account as it is then.
    ///
    /// # Errors
    /// The store's.
    pub async fn set_zone(
        &self,
        account: &Account,
        zone: Option<ZoneName>,
    ) -> Result<Account, AccountError> {
        self.accounts.set_zone(account.user_id, zone).await?;
        self.forget(&account.username);
        Ok(Account {
            zone,
            ..account.clone()
        })
    }

    /// Whether what let a caller in still does, without counting as a use; for answers that go on for
    /// long. A password that was changed does not end what it has let in before.
    ///
    /// # Errors
    /// The store's.
    pub async fn is_still_in(
        &self,
        account: &Account,
        login: Login,
        now: Timestamp,
    ) -> Result<bool, AccountError> {
        let found = self.accounts.find(account.user_id).await?;
        if found.is_none_or(|found| found.role != account.role) {
            return Ok(false);
        }
        match login {
            Login::Password => Ok(true),
            Login::Session(id) => self.is_session_open(id, now).await,
            Login::Token(id) => {
                let token = self.accounts.find_token_by_id(id).await?;
                Ok(token.is_some_and(|token| token.is_good_at(now)))
            }
        }
    }

    /// Has an account's credentials checked anew, after its password or role was changed.
    pub fn forget(&self, username: &str) {
        self.cache.forget(username);
    }
}

#[cfg(test)]
mod tests {
    use super::super::HashCost;
    use super::super::password::HASHES_WAITING_MAX;
    use super::*;
    use crate::ledger::{Ledger, MemoryStore};

    const PASSWORD: &str = "correct horse";

    /// If only known users cost a hash, the time of a refusal tells who is registered.
    #[tokio::test]
    async fn an_unknown_user_costs_a_hash_as_a_wrong_password_does() {
        let passwords = Passwords::new(HashCost::LEAST).unwrap();
        let accounts = AccountStore::beside(&Ledger::Memory(MemoryStore::new()));
        let gate = Authenticator::new(accounts, passwords.clone());
        gate.register("zoe", PASSWORD, Role::User, Timestamp(5))
            .await
            .unwrap();
        gate.register("max", PASSWORD, Role::User, Timestamp(5))
            .await
            .unwrap();
        assert!(gate.verify_basic("max", PASSWORD).await.unwrap().is_some());

        // With no room for a hash, only what needs none is answered.
        let full = passwords.fill_room().await;
        for name in ["zoe", "nobody", "no such name", ""] {
            let answer = gate.verify_basic(name, "wrong horse").await;
            assert!(
                matches!(answer, Err(AccountError::Busy)),
                "{name}: {answer:?}"
            );
        }
        assert!(matches!(
            gate.verify_basic("max", "wrong").await,
            Err(AccountError::Busy)
        ));
        assert!(
            gate.verify_basic("max", PASSWORD).await.unwrap().is_some(),
            "it is remembered"
        );
        gate.forget("max");
        assert!(matches!(
            gate.verify_basic("max", PASSWORD).await,
            Err(AccountError::Busy)
        ));
        drop(full);
        assert!(gate.verify_basic("zoe", PASSWORD).await.unwrap().is_some());
    }

    /// A client with more requests under way than hashes may wait is not to be told that we are busy,
    /// each time that its password is no longer remembered.
    #[tokio::test]
    async fn many_requests_at_once_are_let_in_by_one_hash() {
        let passwords = Passwords::new(HashCost::LEAST).unwrap();
        let accounts = AccountStore::beside(&Ledger::Memory(MemoryStore::new()));
        let gate = Authenticator::new(accounts, passwords);
        gate.register("zoe", PASSWORD, Role::User, Timestamp(5))
            .await
            .unwrap();
        let at_once = 4 * HASHES_WAITING_MAX;
        for _ in 0..2 {
            let asking = (0..at_once).map(|_| gate.verify_basic("zoe", PASSWORD));
            for answer in futures_util::future::join_all(asking).await {
                assert!(answer.unwrap().is_some());
            }
            gate.forget("zoe");
        }
        // What is wrong is checked each time, as far as there is room.
        let asking = (0..at_once).map(|_| gate.verify_basic("zoe", "wrong horse"));
        let answers = futures_util::future::join_all(asking).await;
        let checked = answers.iter().filter(|answer| matches!(answer, Ok(None)));
        assert!(checked.count() >= HASHES_WAITING_MAX);
        let busy = |answer: &_| matches!(answer, Ok(None) | Err(AccountError::Busy));
        assert!(answers.iter().all(busy));
    }
}
