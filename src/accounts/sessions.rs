//! Sessions of browsers: opened with name and password, kept up by use, ended by the service's clock.
//!
//! # Design notes
//!
//! That a session is used is written down at most every [`USE_NOTED_EVERY_MS`], or every eighth of the
//! idle time where that is shorter: a page that asks ten times a second does not write as often. So a
//! session may end that much earlier than its idle time after its very last use, never later.

use openpex_aggregates::Timestamp;

use super::secret::LoginSecret;
use super::{Account, AccountError, Authenticator};

/// Most sessions of one user that are open at a time; opening one more ends the oldest.
pub const LOGIN_SESSIONS_MAX: i64 = 20;
/// How often it is written down that a session or a token is in use, in milliseconds.
pub const USE_NOTED_EVERY_MS: i64 = 60_000;
/// The part of the idle time after which a use is written down at the latest.
const IDLE_PARTS: i64 = 8;

/// How long a session lasts, by the service's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginLifetimes {
    /// Without being used, in milliseconds.
    pub idle_ms: i64,
    /// At the most, in milliseconds.
    pub max_ms: i64,
}

impl Default for LoginLifetimes {
    /// Eight hours, and seven days.
    fn default() -> Self {
        Self {
            idle_ms: 8 * 3_600_000,
            max_ms: 7 * 24 * 3_600_000,
        }
    }
}

impl LoginLifetimes {
    /// When a session ends that is not used again; from then on it is no more.
    pub(super) fn end_of(&self, opened_at: Timestamp, used_at: Timestamp) -> Timestamp {
        let idle = used_at.saturating_add(self.idle_ms);
        idle.min(opened_at.saturating_add(self.max_ms))
    }

    /// Whether a use at `now` is to be written down.
    fn is_to_be_noted(&self, used_at: Timestamp, now: Timestamp) -> bool {
        now.millis_since(used_at) >= USE_NOTED_EVERY_MS.min(self.idle_ms / IDLE_PARTS)
    }
}

/// Names a session; not a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub i64);

/// A session as it is stored, but for its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SessionRow {
    pub(super) id: SessionId,
    pub(super) opened_at: Timestamp,
    pub(super) used_at: Timestamp,
}

/// A session that a request belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginSession {
    /// Its name.
    pub id: SessionId,
    /// Whose it is.
    pub account: Account,
    /// When it ends unless it is used again.
    pub expires_at: Timestamp,
}

/// A session that was just opened. Has no `Debug`: it holds a secret.
pub struct OpenedSession {
    /// Whose it is.
    pub account: Account,
    /// What the browser shows from now on.
    pub secret: LoginSecret,
    /// When it ends unless it is used.
    pub expires_at: Timestamp,
}

impl Authenticator {
    /// Opens a session; `None` where the name or the password is wrong.
    ///
    /// # Errors
    /// [`AccountError::Busy`], or the store's.
    pub async fn open_session(
        &self,
        username: &str,
        password: &str,
        now: Timestamp,
    ) -> Result<Option<OpenedSession>, AccountError> {
        let Some((account, stored)) = self.check(username, password).await? else {
            return Ok(None);
        };
        let secret = LoginSecret::draw();
        let lifetimes = self.lifetimes();
        let opened = self
            .accounts()
            .open_session((&account, &stored), &secret.hash(), now, lifetimes)
            .await?;
        // A password that was changed meanwhile opens nothing any more.
        Ok(opened.then(|| OpenedSession {
            expires_at: lifetimes.end_of(now, now),
            account,
            secret,
        }))
    }

    /// The session of this secret, which is thereby used; `None` where it has ended or never was.
    ///
    /// # Errors
    /// The store's.
    pub async fn use_session(
        &self,
        secret: &LoginSecret,
        now: Timestamp,
    ) -> Result<Option<LoginSession>, AccountError> {
        let Some((mut row, account)) = self.accounts().find_session(&secret.hash()).await? else {
            return Ok(None);
        };
        let lifetimes = self.lifetimes();
        if now >= lifetimes.end_of(row.opened_at, row.used_at) {
            return Ok(None);
        }
        if lifetimes.is_to_be_noted(row.used_at, now) {
            match self.accounts().note_session_use(row.id, now).await {
                Ok(()) => row.used_at = now,
                // It ends a little earlier; that is no reason to turn its user away now.
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "the use of a session is not noted"
                    );
                }
            }
        }
        Ok(Some(LoginSession {
            id: row.id,
            account,
            expires_at: lifetimes.end_of(row.opened_at, row.used_at),
        }))
    }

    /// Ends the session of this secret, if there is one.
    ///
    /// # Errors
    /// The store's.
    pub async fn end_session(&self, secret: &LoginSecret) -> Result<(), AccountError> {
        self.accounts().delete_session(&secret.hash()).await
    }

    /// Whether a session goes on; to ask does not use it.
    pub(super) async fn is_session_open(
        &self,
        id: SessionId,
        now: Timestamp,
    ) -> Result<bool, AccountError> {
        let row = self.accounts().find_session_by_id(id).await?;
        Ok(row.is_some_and(|row| now < self.lifetimes().end_of(row.opened_at, row.used_at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFETIMES: LoginLifetimes = LoginLifetimes {
        idle_ms: 1_000,
        max_ms: 2_500,
    };

    #[test]
    fn a_session_ends_when_idle_or_at_the_latest_whichever_is_first() {
        let end = |used_at| LIFETIMES.end_of(Timestamp(10_000), Timestamp(used_at));
        assert_eq!(end(10_000), Timestamp(11_000));
        assert_eq!(end(11_500), Timestamp(12_500));
        assert_eq!(end(12_000), Timestamp(12_500));
        assert_eq!(
            LoginLifetimes::default().end_of(Timestamp::MAX, Timestamp::MAX),
            Timestamp::MAX
        );
    }

    #[test]
    fn a_use_is_noted_once_a_minute_or_sooner_where_the_idle_time_is_short() {
        let noted = |lifetimes: LoginLifetimes, after| {
            lifetimes.is_to_be_noted(Timestamp(0), Timestamp(after))
        };
        let usual = LoginLifetimes::default();
        assert!(!noted(usual, USE_NOTED_EVERY_MS - 1));
        assert!(noted(usual, USE_NOTED_EVERY_MS));
        assert!(!noted(LIFETIMES, 124));
        assert!(noted(LIFETIMES, 125));
    }
}
