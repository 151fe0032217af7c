//! Accounts, sessions and tokens that end with the process, for simulation and tests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openpex_aggregates::{Timestamp, UserId};

use super::AccountFilter;
use crate::accounts::secret::SecretHash;
use crate::accounts::sessions::SessionRow;
use crate::accounts::{
    Account, AccountError, LOGIN_SESSIONS_MAX, LoginLifetimes, PasswordHash, Role, SessionId,
    TOKENS_MAX, Token, TokenId, Username, ZoneName,
};

/// Accounts that end with the process; clones share them.
#[derive(Clone, Default)]
pub struct MemoryAccounts {
    rows: Arc<Mutex<Rows>>,
}

/// The tables.
#[derive(Default)]
pub(super) struct Rows {
    accounts: BTreeMap<UserId, (Account, PasswordHash)>,
    sessions: BTreeMap<SessionId, (UserId, SecretHash, SessionRow)>,
    newest_session: i64,
    tokens: BTreeMap<TokenId, (UserId, SecretHash, Token)>,
}

impl MemoryAccounts {
    pub(super) fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rows {
    pub(super) fn register(
        &mut self,
        username: &Username,
        password_hash: &PasswordHash,
        (role, created_at): (Role, Timestamp),
    ) -> Option<i64> {
        if self.find_folded(&username.folded()).is_some() {
            return None;
        }
        let last = self.accounts.last_key_value();
        let user_id = UserId(last.map_or(0, |(last, _)| last.0) + 1);
        let account = Account {
            user_id,
            username: username.as_str().to_owned(),
            role,
            created_at,
            zone: None,
        };
        self.accounts
            .insert(user_id, (account, password_hash.clone()));
        Some(user_id.0)
    }

    pub(super) fn find_folded(&self, folded: &str) -> Option<(Account, PasswordHash)> {
        let mut all = self.accounts.values();
        all.find(|(account, _)| account.username.to_ascii_lowercase() == folded)
            .cloned()
    }

    pub(super) fn account(&self, user_id: UserId) -> Option<&Account> {
        self.accounts.get(&user_id).map(|(account, _)| account)
    }

    pub(super) fn list(&self, filter: &AccountFilter, limit: u32) -> Vec<Account> {
        let all = self.accounts.values().rev().map(|(account, _)| account);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        all.filter(|account| filter.fits(account))
            .take(limit)
            .cloned()
            .collect()
    }

    pub(super) fn has_operator(&self) -> bool {
        let mut all = self.accounts.values();
        all.any(|(account, _)| account.role == Role::Operator)
    }

    pub(super) fn replace_password(
        &mut self,
        user_id: UserId,
        (old, new): (&PasswordHash, &PasswordHash),
        keep: Option<SessionId>,
    ) -> bool {
        match self.accounts.get_mut(&user_id) {
            Some((_, stored)) if stored == old => *stored = new.clone(),
            Some(_) | None => return false,
        }
        self.sessions
            .retain(|id, (owner, ..)| *owner != user_id || Some(*id) == keep);
        true
    }

    pub(super) fn set_zone(&mut self, user_id: UserId, zone: Option<ZoneName>) {
        if let Some((account, _)) = self.accounts.get_mut(&user_id) {
            account.zone = zone;
        }
    }

    pub(super) fn open_session(
        &mut self,
        (account, stored): (&Account, &PasswordHash),
        secret: SecretHash,
        now: Timestamp,
        lifetimes: LoginLifetimes,
    ) -> bool {
        let user_id = account.user_id;
        if self.accounts.get(&user_id).map(|(_, hash)| hash) != Some(stored) {
            return false;
        }
        self.sessions.retain(|_, (owner, _, row)| {
            *owner != user_id || now < lifetimes.end_of(row.opened_at, row.used_at)
        });
        self.newest_session += 1;
        let id = SessionId(self.newest_session);
        let row = SessionRow {
            id,
            opened_at: now,
            used_at: now,
        };
        self.sessions.insert(id, (user_id, secret, row));
        let most = usize::try_from(LOGIN_SESSIONS_MAX).unwrap_or(usize::MAX);
        let own = self.sessions.iter().rev();
        let own = own.filter(|(_, (owner, ..))| *owner == user_id);
        let too_many: Vec<SessionId> = own.skip(most).map(|(id, _)| *id).collect();
        for id in too_many {
            self.sessions.remove(&id);
        }
        true
    }

    pub(super) fn find_session(&self, secret: &SecretHash) -> Option<(SessionRow, Account)> {
        let mut all = self.sessions.values();
        let (owner, _, row) = all.find(|(_, hash, _)| hash == secret)?;
        Some((*row, self.account(*owner)?.clone()))
    }

    pub(super) fn session(&self, id: SessionId) -> Option<SessionRow> {
        self.sessions.get(&id).map(|(_, _, row)| *row)
    }

    pub(super) fn note_session_use(&mut self, id: SessionId, now: Timestamp) {
        if let Some((_, _, row)) = self.sessions.get_mut(&id) {
            row.used_at = row.used_at.max(now);
        }
    }

    pub(super) fn delete_session(&mut self, secret: &SecretHash) {
        self.sessions.retain(|_, (_, hash, _)| hash != secret);
    }

    pub(super) fn add_token(
        &mut self,
        owner: UserId,
        token: &Token,
        secret: SecretHash,
    ) -> Result<(), AccountError> {
        let now = token.created_at;
        self.tokens
            .retain(|_, (of, _, token)| *of != owner || token.is_good_at(now));
        let count = self.tokens.values().filter(|(of, ..)| *of == owner).count();
        if i64::try_from(count).unwrap_or(i64::MAX) >= TOKENS_MAX {
            return Err(AccountError::TooManyTokens);
        }
        self.tokens.insert(token.id, (owner, secret, token.clone()));
        Ok(())
    }

    pub(super) fn tokens_of(&self, owner: UserId) -> Vec<Token> {
        let own = self.tokens.values().filter(|(of, ..)| *of == owner);
        let mut own: Vec<Token> = own.map(|(_, _, token)| token.clone()).collect();
        own.sort_by_key(|token| (std::cmp::Reverse(token.created_at), token.id));
        own
    }

    pub(super) fn find_token(&self, secret: &SecretHash) -> Option<(Token, Account)> {
        let mut all = self.tokens.values();
        let (owner, _, token) = all.find(|(_, hash, _)| hash == secret)?;
        Some((token.clone(), self.account(*owner)?.clone()))
    }

    pub(super) fn token(&self, id: TokenId) -> Option<Token> {
        self.tokens.get(&id).map(|(_, _, token)| token.clone())
    }

    pub(super) fn note_token_use(&mut self, id: TokenId, now: Timestamp) {
        if let Some((_, _, token)) = self.tokens.get_mut(&id) {
            token.last_used_at = Some(now);
        }
    }

    pub(super) fn delete_token(&mut self, owner: UserId, id: TokenId) -> bool {
        let is_own = self.tokens.get(&id).is_some_and(|(of, ..)| *of == owner);
        is_own && self.tokens.remove(&id).is_some()
    }
}
