//! The tables of accounts, sessions and tokens, beside the ledger in the same database.
//!
//! The statements are the same in both databases; what differs is the connection that writes.

/// What a query answers, read from whichever store there is; no reader waits for a writer.
macro_rules! read {
    ($store:expr, $pool:ident => $query:expr, $rows:ident => $memory:expr $(,)?) => {
        match $store {
            crate::accounts::AccountStore::Postgres(store) => {
                let $pool = store.pool();
                $query.await?
            }
            crate::accounts::AccountStore::Sqlite(store) => {
                let $pool = store.readers();
                $query.await?
            }
            crate::accounts::AccountStore::Memory(accounts) => {
                let $rows = accounts.rows();
                $memory
            }
        }
    };
}

/// What these statements answer, run in one transaction that either commits all of them or, where
/// one fails, none.
macro_rules! write {
    ($store:expr, $connection:ident => $statements:expr, $rows:ident => $memory:expr $(,)?) => {
        match $store {
            crate::accounts::AccountStore::Postgres(store) => {
                let mut transaction = store.pool().begin().await?;
                let $connection = &mut *transaction;
                let done = $statements;
                transaction.commit().await?;
                done
            }
            crate::accounts::AccountStore::Sqlite(store) => {
                let mut lease = store.writer().lease().await?;
                let mut transaction = sqlx::Connection::begin(&mut *lease).await?;
                let $connection = &mut *transaction;
                let done = $statements;
                transaction.commit().await?;
                // Where a statement fails, it is not given back, which closes it and ends its transaction.
                lease.give_back();
                done
            }
            crate::accounts::AccountStore::Memory(accounts) => {
                let mut $rows = accounts.rows();
                $memory
            }
        }
    };
}

mod memory;
mod sessions;
mod tokens;

use openpex_aggregates::{Timestamp, UserId};
use sqlx::FromRow;

pub use self::memory::MemoryAccounts;
use super::{Account, AccountError, PasswordHash, Role, SessionId, Username, ZoneName};
use crate::ledger::{Ledger, PostgresStore, SqliteStore};

/// A name that is there already adds no row.
const INSERT: &str = "\
    INSERT INTO accounts (username, username_folded, password_hash, role, created_at) \
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT (username_folded) DO NOTHING RETURNING user_id";
const SELECT_BY_NAME: &str = "\
    SELECT user_id, username, password_hash, role, created_at, zone FROM accounts \
    WHERE username_folded = $1";
const SELECT_BY_ID: &str = "\
    SELECT user_id, username, password_hash, role, created_at, zone FROM accounts \
    WHERE user_id = $1";
const SELECT_OPERATOR: &str =
    "SELECT user_id FROM accounts WHERE role = 'operator' ORDER BY user_id LIMIT 1";
/// `$1` is a pattern of `LIKE`, `$2` a role or empty for all, `$3` the id before which they come.
const SELECT_LIST: &str = "\
    SELECT user_id, username, password_hash, role, created_at, zone FROM accounts \
    WHERE username_folded LIKE $1 ESCAPE '\\' AND ($2 = '' OR role = $2) AND user_id < $3 \
    ORDER BY user_id DESC LIMIT $4";
const UPDATE_PASSWORD: &str = "\
    UPDATE accounts SET password_hash = $3 WHERE user_id = $1 AND password_hash = $2";
const UPDATE_ZONE: &str = "UPDATE accounts SET zone = $2 WHERE user_id = $1";

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

/// Which accounts are wanted, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountFilter {
    /// Whose names have this in them, in whatever letter case; all where empty.
    pub name: String,
    /// Of this role only.
    pub role: Option<Role>,
    /// Made before this one.
    pub before: Option<UserId>,
}

impl AccountFilter {
    /// The pattern of `LIKE`, whose own characters stand for themselves.
    fn pattern(&self) -> String {
        let mut pattern = String::from("%");
        for character in self.name.to_ascii_lowercase().chars() {
            if matches!(character, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(character);
        }
        pattern.push('%');
        pattern
    }

    fn fits(&self, account: &Account) -> bool {
        account
            .username
            .to_ascii_lowercase()
            .contains(&self.name.to_ascii_lowercase())
            && self.role.is_none_or(|role| role == account.role)
            && self.before.is_none_or(|before| account.user_id < before)
    }
}

#[derive(FromRow)]
struct Row {
    user_id: i64,
    username: String,
    password_hash: String,
    role: String,
    created_at: i64,
    zone: Option<String>,
}

impl Row {
    fn read(self) -> Result<(Account, PasswordHash), AccountError> {
        let user_id = UserId(self.user_id);
        let role = Role::parse(&self.role).ok_or_else(|| AccountError::Unreadable {
            user_id,
            why: format!("its role is `{}`", self.role),
        })?;
        let account = Account {
            user_id,
            username: self.username,
            role,
            created_at: Timestamp(self.created_at),
            // A zone that a later database has dropped is as good as none.
            zone: self.zone.as_deref().and_then(ZoneName::parse),
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
        // All rows are fetched: only at its end has the statement run.
        let user_ids: Vec<i64> = write!(
            self,
            connection => sqlx::query_scalar(INSERT)
                .bind(username.as_str())
                .bind(username.folded())
                .bind(password_hash.as_str())
                .bind(role.as_str())
                .bind(at.0)
                .fetch_all(connection)
                .await?,
            rows => rows.register(username, password_hash, (role, at)).into_iter().collect(),
        );
        let user_id = user_ids.first().copied().map(UserId);
        user_id.ok_or(AccountError::UsernameTaken)
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
        let row: Option<Row> = read!(
            self,
            pool => sqlx::query_as(SELECT_BY_NAME).bind(folded).fetch_optional(pool),
            rows => return Ok(rows.find_folded(&folded)),
        );
        row.map(Row::read).transpose()
    }

    /// The account with this id.
    ///
    /// # Errors
    /// The store's.
    pub async fn find(&self, user_id: UserId) -> Result<Option<Account>, AccountError> {
        let row: Option<Row> = read!(
            self,
            pool => sqlx::query_as(SELECT_BY_ID).bind(user_id.0).fetch_optional(pool),
            rows => return Ok(rows.account(user_id).cloned()),
        );
        Ok(row.map(Row::read).transpose()?.map(|(account, _)| account))
    }

    /// The accounts that fit, newest first, at most `limit`.
    ///
    /// # Errors
    /// The store's.
    pub async fn list(
        &self,
        filter: &AccountFilter,
        limit: u32,
    ) -> Result<Vec<Account>, AccountError> {
        let rows: Vec<Row> = read!(
            self,
            pool => sqlx::query_as(SELECT_LIST)
                .bind(filter.pattern())
                .bind(filter.role.map_or("", Role::as_str))
                .bind(filter.before.map_or(i64::MAX, |before| before.0))
                .bind(i64::from(limit))
                .fetch_all(pool),
            rows => return Ok(rows.list(filter, limit)),
        );
        let read = |row: Row| row.read().map(|(account, _)| account);
        rows.into_iter().map(read).collect()
    }

    /// Whether the site has an operator.
    ///
    /// # Errors
    /// The store's.
    pub async fn has_operator(&self) -> Result<bool, AccountError> {
        let found: Option<i64> = read!(
            self,
            pool => sqlx::query_scalar(SELECT_OPERATOR).fetch_optional(pool),
            rows => return Ok(rows.has_operator()),
        );
        Ok(found.is_some())
    }

    /// Puts `new` in the place of the password `old` and ends all sessions of the account but `keep`;
    /// answers whether it was `old` still.
    pub(super) async fn replace_password(
        &self,
        user_id: UserId,
        (old, new): (&PasswordHash, &PasswordHash),
        keep: Option<SessionId>,
    ) -> Result<bool, AccountError> {
        Ok(write!(
            self,
            connection => {
                let done = sqlx::query(UPDATE_PASSWORD)
                    .bind(user_id.0)
                    .bind(old.as_str())
                    .bind(new.as_str())
                    .execute(&mut *connection)
                    .await?;
                let is_replaced = done.rows_affected() == 1;
                if is_replaced {
                    sqlx::query(sessions::DELETE_OTHERS)
                        .bind(user_id.0)
                        .bind(keep.map_or(0, |id| id.0))
                        .execute(&mut *connection)
                        .await?;
                }
                is_replaced
            },
            rows => rows.replace_password(user_id, (old, new), keep),
        ))
    }

    /// Keeps in which zone a user wants times shown.
    pub(super) async fn set_zone(
        &self,
        user_id: UserId,
        zone: Option<ZoneName>,
    ) -> Result<(), AccountError> {
        write!(
            self,
            connection => {
                sqlx::query(UPDATE_ZONE)
                    .bind(user_id.0)
                    .bind(zone.map(|zone| zone.as_str()))
                    .execute(connection)
                    .await?;
            },
            rows => rows.set_zone(user_id, zone),
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_like_takes_for_a_pattern_stands_for_itself() {
        let named = |name: &str| AccountFilter {
            name: name.into(),
            ..AccountFilter::default()
        };
        assert_eq!(named("").pattern(), "%%");
        assert_eq!(named(r"A_b%c\d").pattern(), r"%a\_b\%c\\d%");
    }
}
