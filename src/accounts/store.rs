//! The `accounts` table, beside the ledger in the same database.
//!
//! The statements are the same in both databases; what differs is the connection that writes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openpex_aggregates::{Timestamp, UserId};
use sqlx::{FromRow, SqliteConnection};

use super::{Account, AccountError, PasswordHash, Role, Username};
use crate::ledger::{Ledger, PostgresStore, SqliteStore};

/// A name that is there already adds no row.
const INSERT: &str = "\
    INSERT INTO accounts (username, username_folded, password_hash, role, created_at) \
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT (username_folded) DO NOTHING RETURNING user_id";
const SELECT_BY_NAME: &str = "\
    SELECT user_id, username, password_hash, role, created_at FROM accounts \
    WHERE username_folded = $1";
const SELECT_BY_ID: &str = "\
    SELECT user_id, username, password_hash, role, created_at FROM accounts WHERE user_id = $1";
const SELECT_OPERATOR: &str =
    "SELECT user_id FROM accounts WHERE role = 'operator' ORDER BY user_id LIMIT 1";

/// The accounts of one site; clones share them.
#[derive(Clone)]
pub enum AccountStore {
    /// In PostgreSQL.
    Postgres(PostgresStore),
    /// In an SQLite file.
    Sqlite(SqliteStore),
    /// In memory, beside a ledger in memory.
    Memory(MemoryAccounts),
}

/// Accounts that end with the process, for simulation and tests.
#[derive(Clone, Default)]
pub struct MemoryAccounts {
    rows: Arc<Mutex<BTreeMap<i64, (Account, PasswordHash)>>>,
}

#[derive(FromRow)]
struct Row {
    user_id: i64,
    username: String,
    password_hash: String,
    role: String,
    created_at: i64,
}

impl Row {
    fn read(self) -> Result<(Account, PasswordHash), AccountError> {
        let user_id = UserId(self.user_id);
        let role = Role::from_stored(&self.role).ok_or_else(|| AccountError::Unreadable {
            user_id,
            why: format!("its role is `{}`", self.role),
        })?;
        let account = Account {
            user_id,
            username: self.username,
            role,
            created_at: Timestamp(self.created_at),
        };
        Ok((account, PasswordHash::from_stored(self.password_hash)))
    }
}

impl AccountStore {
    /// The accounts beside this ledger.
    #[must_use]
    pub fn beside(ledger: &Ledger) -> Self {
        match ledger {
            Ledger::Postgres(store) => Self::Postgres(store.clone()),
            Ledger::Sqlite(store) => Self::Sqlite(store.clone()),
            Ledger::Memory(_) => Self::Memory(MemoryAccounts::default()),
        }
    }

    /// Adds an account and answers its id: 1, 2, … though a number may be left out.
    ///
    /// # Errors
    /// [`AccountError::UsernameTaken`], in whatever letter case.
    pub async fn register(
        &self,
        username: &Username,
        password_hash: &PasswordHash,
        role: Role,
        at: Timestamp,
    ) -> Result<UserId, AccountError> {
        let user_id: Option<i64> = match self {
            Self::Postgres(store) => sqlx::query_scalar(INSERT)
                .bind(username.as_str())
                .bind(username.folded())
                .bind(password_hash.as_str())
                .bind(role.as_str())
                .bind(at.0)
                .fetch_optional(store.pool())
                .await
                .map_err(AccountError::Unavailable)?,
            Self::Sqlite(store) => {
                let mut lease = store
                    .writer()
                    .lease()
                    .await
                    .map_err(AccountError::Unavailable)?;
                let added = insert(&mut lease, username, password_hash, (role, at)).await;
                lease.give_back();
                added.map_err(AccountError::Unavailable)?
            }
            Self::Memory(accounts) => accounts.register(username, password_hash, (role, at)),
        };
        user_id.map(UserId).ok_or(AccountError::UsernameTaken)
    }

    /// The account that logs in with exactly this name, and its secret.
    pub(super) async fn find_by_username(
        &self,
        username: &Username,
    ) -> Result<Option<(Account, PasswordHash)>, AccountError> {
        let found = self.find_folded(username).await?;
        Ok(found.filter(|(account, _)| account.username == username.as_str()))
    }

    /// Whether the name is registered, in whatever letter case.
    pub(super) async fn is_taken(&self, username: &Username) -> Result<bool, AccountError> {
        Ok(self.find_folded(username).await?.is_some())
    }

    async fn find_folded(
        &self,
        username: &Username,
    ) -> Result<Option<(Account, PasswordHash)>, AccountError> {
        let folded = username.folded();
        let row = match self {
            Self::Postgres(store) => {
                sqlx::query_as(SELECT_BY_NAME)
                    .bind(folded)
                    .fetch_optional(store.pool())
                    .await
            }
            Self::Sqlite(store) => {
                sqlx::query_as(SELECT_BY_NAME)
                    .bind(folded)
                    .fetch_optional(store.readers())
                    .await
            }
            Self::Memory(accounts) => {
                let rows = accounts.rows();
                let is_it =
                    |row: &&(Account, PasswordHash)| row.0.username.to_ascii_lowercase() == folded;
                return Ok(rows.values().find(is_it).cloned());
            }
        };
        let row: Option<Row> = row.map_err(AccountError::Unavailable)?;
        row.map(Row::read).transpose()
    }

    /// The account with this id.
    ///
    /// # Errors
    /// The store's.
    pub async fn find(&self, user_id: UserId) -> Result<Option<Account>, AccountError> {
        let id = user_id.0;
        let row = match self {
            Self::Postgres(store) => {
                sqlx::query_as(SELECT_BY_ID)
                    .bind(id)
                    .fetch_optional(store.pool())
                    .await
            }
            Self::Sqlite(store) => {
                sqlx::query_as(SELECT_BY_ID)
                    .bind(id)
                    .fetch_optional(store.readers())
                    .await
            }
            Self::Memory(accounts) => {
                return Ok(accounts.rows().get(&id).map(|(account, _)| account.clone()));
            }
        };
        let row: Option<Row> = row.map_err(AccountError::Unavailable)?;
        Ok(row.map(Row::read).transpose()?.map(|(account, _)| account))
    }

    /// Whether the site has an operator.
    ///
    /// # Errors
    /// The store's.
    pub async fn has_operator(&self) -> Result<bool, AccountError> {
        let found = match self {
            Self::Postgres(store) => {
                sqlx::query_scalar(SELECT_OPERATOR)
                    .fetch_optional(store.pool())
                    .await
            }
            Self::Sqlite(store) => {
                sqlx::query_scalar(SELECT_OPERATOR)
                    .fetch_optional(store.readers())
                    .await
            }
            Self::Memory(accounts) => {
                let rows = accounts.rows();
                return Ok(rows
                    .values()
                    .any(|(account, _)| account.role == Role::Operator));
            }
        };
        let found: Option<i64> = found.map_err(AccountError::Unavailable)?;
        Ok(found.is_some())
    }
}

/// All rows are fetched: only the end of the statement commits it, and says so.
async fn insert(
    connection: &mut SqliteConnection,
    username: &Username,
    password_hash: &PasswordHash,
    (role, at): (Role, Timestamp),
) -> Result<Option<i64>, sqlx::Error> {
    let user_ids = sqlx::query_scalar(INSERT)
        .bind(username.as_str())
        .bind(username.folded())
        .bind(password_hash.as_str())
        .bind(role.as_str())
        .bind(at.0)
        .fetch_all(connection)
        .await?;
    Ok(user_ids.first().copied())
}

impl MemoryAccounts {
    fn rows(&self) -> MutexGuard<'_, BTreeMap<i64, (Account, PasswordHash)>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn register(
        &self,
        username: &Username,
        password_hash: &PasswordHash,
        (role, created_at): (Role, Timestamp),
    ) -> Option<i64> {
        let mut rows = self.rows();
        let folded = username.folded();
        if rows
            .values()
            .any(|(account, _)| account.username.to_ascii_lowercase() == folded)
        {
            return None;
        }
        let user_id = rows.last_key_value().map_or(0, |(last, _)| *last) + 1;
        let username = username.as_str().to_owned();
        let account = Account {
            user_id: UserId(user_id),
            username,
            role,
            created_at,
        };
        rows.insert(user_id, (account, password_hash.clone()));
        Some(user_id)
    }
}
