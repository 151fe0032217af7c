//! Sessions of the XenAPI; none outlives the process.

use std::collections::BTreeMap;
use std::time::Duration;

use openpex_aggregates::Timestamp;

use crate::simulator::handle::Handle;
use crate::simulator::options::Limits;
use crate::simulator::value::{Failure, Field, XenValue, field};

/// A client that has logged in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    pub handle: Handle,
    pub user: String,
    pub originator: String,
    pub created: Timestamp,
    pub last_active: Timestamp,
    /// Grows with every use of any session, so that the order of uses is known even when the clock
    /// stands still.
    pub last_use: u64,
}

impl Session {
    /// Its record.
    #[must_use]
    pub fn record(&self, this_host: Handle) -> Vec<Field> {
        vec![
            field("uuid", self.handle.uuid()),
            field("this_host", this_host),
            field("this_user", Handle::NULL),
            field("last_active", self.last_active),
            field("pool", false),
            field("other_config", XenValue::empty_map()),
            field("is_local_superuser", true),
            field("subject", Handle::NULL),
            field("validation_time", self.created),
            field("auth_user_sid", ""),
            field("auth_user_name", &self.user),
            field("rbac_permissions", XenValue::empty_list()),
            field("tasks", XenValue::empty_list()),
            field("parent", Handle::NULL),
            field("originator", &self.originator),
            field("client_certificate", false),
        ]
    }
}

/// All sessions.
#[derive(Debug, Default)]
pub struct Sessions {
    open: BTreeMap<Handle, Session>,
    uses: u64,
}

impl Sessions {
    /// Opens one; where that is too many, the longest unused goes.
    pub fn open(&mut self, mut session: Session, limits: &Limits) -> Handle {
        let handle = session.handle;
        self.uses += 1;
        session.last_use = self.uses;
        let same = session.originator.clone();
        self.open.insert(handle, session);
        self.thin(limits.sessions_per_originator, |other| {
            other.originator == same
        });
        self.thin(limits.sessions, |_| true);
        handle
    }

    fn thin(&mut self, most: usize, concerned: impl Fn(&Session) -> bool) {
        let concerned: Vec<&Session> = self.open.values().filter(|s| concerned(s)).collect();
        if concerned.len() > most
            && let Some(oldest) = concerned
                .iter()
                .min_by_key(|s| s.last_use)
                .map(|s| s.handle)
        {
            self.open.remove(&oldest);
        }
    }

    /// Notes a call made in the session; `SESSION_INVALID` if there is none, or if it was idle for
    /// longer than `idle`.
    pub fn use_one(
        &mut self,
        text: &str,
        now: Timestamp,
        idle: Option<Duration>,
    ) -> Result<Handle, Failure> {
        let invalid = || Failure::new("SESSION_INVALID", [text]);
        let handle: Handle = text.parse().map_err(|_| invalid())?;
        let session = self.open.get_mut(&handle).ok_or_else(invalid)?;
        let unused = u128::try_from(now.millis_since(session.last_active)).unwrap_or(0);
        if idle.is_some_and(|idle| unused > idle.as_millis()) {
            self.open.remove(&handle);
            return Err(invalid());
        }
        session.last_active = now;
        self.uses += 1;
        session.last_use = self.uses;
        Ok(handle)
    }

    /// The session if it is open.
    #[must_use]
    pub fn find(&self, handle: Handle) -> Option<&Session> {
        self.open.get(&handle)
    }

    /// Ends a session.
    pub fn close(&mut self, handle: Handle) {
        self.open.remove(&handle);
    }

    /// Ends all sessions.
    pub fn close_all(&mut self) {
        self.open.clear();
    }
}
