//! The table of sessions.

use openpex_aggregates::Timestamp;
use sqlx::FromRow;

use super::{AccountStore, Row};
use crate::accounts::secret::SecretHash;
use crate::accounts::sessions::SessionRow;
use crate::accounts::{
    Account, AccountError, LOGIN_SESSIONS_MAX, LoginLifetimes, PasswordHash, SessionId,
};

/// Changes nothing, but makes whoever else opens a session of this user wait for its turn; finds no
/// row where the password is another by now.
const LOCK_ACCOUNT: &str =
    "UPDATE accounts SET zone = zone WHERE user_id = $1 AND password_hash = $2";
const DELETE_ENDED: &str = "\
    DELETE FROM login_sessions WHERE user_id = $1 AND (used_at <= $2 OR opened_at <= $3)";
const INSERT: &str = "\
    INSERT INTO login_sessions (secret_hash, user_id, opened_at, used_at) VALUES ($1, $2, $3, $3)";
const DELETE_TOO_MANY: &str = "\
    DELETE FROM login_sessions WHERE user_id = $1 AND session_id NOT IN \
    (SELECT session_id FROM login_sessions WHERE user_id = $1 ORDER BY session_id DESC LIMIT $2)";
const SELECT: &str = "\
    SELECT session_id, opened_at, used_at, \
    user_id, username, password_hash, role, created_at, zone \
    FROM login_sessions JOIN accounts USING (user_id) WHERE secret_hash = $1";
const SELECT_BY_ID: &str =
    "SELECT session_id, opened_at, used_at FROM login_sessions WHERE session_id = $1";
const NOTE_USE: &str =
    "UPDATE login_sessions SET used_at = $2 WHERE session_id = $1 AND used_at < $2";
const DELETE: &str = "DELETE FROM login_sessions WHERE secret_hash = $1";
/// Every session of a user but one.
pub(super) const DELETE_OTHERS: &str =
    "DELETE FROM login_sessions WHERE user_id = $1 AND session_id <> $2";

#[derive(FromRow)]
struct SessionTimes {
    session_id: i64,
    opened_at: i64,
    used_at: i64,
}

#[derive(FromRow)]
struct WithAccount {
    #[sqlx(flatten)]
    session: SessionTimes,
    #[sqlx(flatten)]
    account: Row,
}

impl SessionTimes {
    fn read(&self) -> SessionRow {
        SessionRow {
            id: SessionId(self.session_id),
            opened_at: Timestamp(self.opened_at),
            used_at: Timestamp(self.used_at),
        }
    }
}

impl AccountStore {
    /// Adds a session, unless the password was changed meanwhile; answers whether it was added. What
    /// has ended goes, and of too many the oldest.
    pub(in crate::accounts) async fn open_session(
        &self,
        (account, stored): (&Account, &PasswordHash),
        secret: &SecretHash,
        now: Timestamp,
        lifetimes: LoginLifetimes,
    ) -> Result<bool, AccountError> {
        let user_id = account.user_id.0;
        Ok(write!(
            self,
            connection => {
                let locked = sqlx::query(LOCK_ACCOUNT).bind(user_id).bind(stored.as_str());
                let locked = locked.execute(&mut *connection).await?.rows_affected() == 1;
                if locked {
                    sqlx::query(DELETE_ENDED)
                        .bind(user_id)
                        .bind(now.saturating_add(-lifetimes.idle_ms).0)
                        .bind(now.saturating_add(-lifetimes.max_ms).0)
                        .execute(&mut *connection)
                        .await?;
                    sqlx::query(INSERT)
                        .bind(secret.as_bytes())
                        .bind(user_id)
                        .bind(now.0)
                        .execute(&mut *connection)
                        .await?;
                    sqlx::query(DELETE_TOO_MANY)
                        .bind(user_id)
                        .bind(LOGIN_SESSIONS_MAX)
                        .execute(&mut *connection)
                        .await?;
                }
                locked
            },
            rows => rows.open_session((account, stored), *secret, now, lifetimes),
        ))
    }

    /// The session of this secret and its account, ended or not.
    pub(in crate::accounts) async fn find_session(
        &self,
        secret: &SecretHash,
    ) -> Result<Option<(SessionRow, Account)>, AccountError> {
        let row: Option<WithAccount> = read!(
            self,
            pool => sqlx::query_as(SELECT).bind(secret.as_bytes()).fetch_optional(pool),
            rows => return Ok(rows.find_session(secret)),
        );
        let read = |row: WithAccount| Ok((row.session.read(), row.account.read()?.0));
        row.map(read).transpose()
    }

    /// The session of this id, ended or not.
    pub(in crate::accounts) async fn find_session_by_id(
        &self,
        id: SessionId,
    ) -> Result<Option<SessionRow>, AccountError> {
        let row: Option<SessionTimes> = read!(
            self,
            pool => sqlx::query_as(SELECT_BY_ID).bind(id.0).fetch_optional(pool),
            rows => return Ok(rows.session(id)),
        );
        Ok(row.map(|row| row.read()))
    }

    /// Notes that a session is used.
    pub(in crate::accounts) async fn note_session_use(
        &self,
        id: SessionId,
        now: Timestamp,
    ) -> Result<(), AccountError> {
        write!(
            self,
            connection => {
                sqlx::query(NOTE_USE).bind(id.0).bind(now.0).execute(connection).await?;
            },
            rows => rows.note_session_use(id, now),
        );
        Ok(())
    }

    /// Ends the session of this secret, if there is one.
    pub(in crate::accounts) async fn delete_session(
        &self,
        secret: &SecretHash,
    ) -> Result<(), AccountError> {
        write!(
            self,
            connection => {
                sqlx::query(DELETE).bind(secret.as_bytes()).execute(connection).await?;
            },
            rows => rows.delete_session(secret),
        );
        Ok(())
    }
}
