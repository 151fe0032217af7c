//! The one session with the pool, and every call through it.
//!
//! Owns log-in, log-out, the way to the master and the repetition of a call whose session had
//! expired. Never shows the password or a session reference to anyone: failures are cleaned of
//! both before they leave.
//!
//! # Design notes
//! The session is behind an async mutex that is held while logging in, so that callers who come
//! meanwhile wait and share the result, be it a session or (see [`Held::failure`]) a failure. A
//! call itself holds nothing. A session is dropped only by a caller who saw that very one fail
//! (`number`), so a late failure cannot throw away a fresh session.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use reqwest::Url;
use tokio::sync::Mutex;
use tracing::{Instrument, debug, debug_span};
use xmlrpc::Value;

use super::codec::{decode, encode, text};
use super::failures::{XenError, XenFailure};
use super::options::{XenOptions, XenOptionsError};
use super::wire::Wire;

/// Names us among the pool's sessions: stable, since the pool drops the oldest of 500 a name.
const ORIGINATOR: &str = concat!("openpex/", env!("CARGO_PKG_VERSION"));

/// The API version we speak; the pool only records it.
const API_VERSION: &str = "2.21";

/// How often one call may be sent on to another master.
const MAX_REDIRECTS: u32 = 3;

/// The pool, through one shared session.
#[derive(Debug)]
pub(super) struct Sessions {
    wire: Wire,
    options: XenOptions,
    base: Url,
    held: Mutex<Held>,
    log_ins: AtomicU64,
}

#[derive(Default)]
struct Held {
    session: Option<Arc<Session>>,
    /// The last log-in that failed, and its number: shared by those who waited for it.
    failure: Option<(u64, XenError)>,
    /// The master, once a member has named it.
    master: Option<Url>,
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held")
            .field("logged_in", &self.session.is_some())
            .finish()
    }
}

struct Session {
    reference: String,
    url: Url,
    number: u64,
}

impl Sessions {
    pub(super) fn new(options: XenOptions) -> Result<Self, XenOptionsError> {
        let base = options.base_url()?;
        let wire = Wire::new(&options)?;
        let held = Mutex::default();
        Ok(Self {
            wire,
            options,
            base,
            held,
            log_ins: AtomicU64::new(0),
        })
    }

    pub(super) fn options(&self) -> &XenOptions {
        &self.options
    }

    /// Calls `method` with the session before `args`.
    ///
    /// An expired session is renewed once and the call repeated once: the pool refused it before
    /// doing anything, so this cannot do it twice. The same holds for a member that is not master.
    pub(super) async fn call(&self, method: &str, args: &[Value]) -> Result<Value, XenError> {
        let span = debug_span!("xen_call", method);
        self.call_through(method, args, None).instrument(span).await
    }

    /// [`Sessions::call`] of what may take as long as `patience`.
    pub(super) async fn call_patiently(
        &self,
        method: &str,
        args: &[Value],
        patience: Duration,
    ) -> Result<Value, XenError> {
        let span = debug_span!("xen_call", method);
        let called = self.call_through(method, args, Some(patience));
        called.instrument(span).await
    }

    async fn call_through(
        &self,
        method: &str,
        args: &[Value],
        patience: Option<Duration>,
    ) -> Result<Value, XenError> {
        let mut renewed = false;
        let mut redirects = 0;
        loop {
            let session = self.session().await?;
            let mut all = vec![text(&session.reference)];
            all.extend_from_slice(args);
            let failed = match self.send(&session.url, method, (&all, patience)).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            if failed.has_code("SESSION_INVALID") && !renewed {
                renewed = true;
                // The master is most likely where it was.
                self.drop_session(&session, Some(session.url.clone())).await;
            } else if let Some(master) = self.master_named_by(&failed)
                && redirects < MAX_REDIRECTS
            {
                redirects += 1;
                self.drop_session(&session, Some(master)).await;
            } else {
                if matches!(failed, XenError::ConnectionFailed { .. }) && session.url != self.base {
                    // The master we were sent to is gone: the next log-in asks the configured
                    // member again, which knows the new one.
                    self.drop_session(&session, None).await;
                }
                return Err(self.cleaned(failed, &session.reference));
            }
        }
    }

    /// The session, logging in when there is none; concurrent callers share one log-in.
    async fn session(&self) -> Result<Arc<Session>, XenError> {
        let seen = self.log_ins.load(Ordering::Acquire);
        let mut held = self.held.lock().await;
        if let Some(session) = &held.session {
            return Ok(Arc::clone(session));
        }
        if let Some((number, failure)) = &held.failure
            && *number > seen
        {
            // That log-in began after we came, so its failure is news to us.
            return Err(failure.clone());
        }
        let number = self.log_ins.fetch_add(1, Ordering::AcqRel) + 1;
        match self.log_in(&mut held, number).await {
            Ok(session) => {
                let session = Arc::new(session);
                held.session = Some(Arc::clone(&session));
                held.failure = None;
                Ok(session)
            }
            Err(failure) => {
                held.master = None;
                held.failure = Some((number, failure.clone()));
                Err(failure)
            }
        }
    }

    async fn log_in(&self, held: &mut Held, number: u64) -> Result<Session, XenError> {
        let (user, password) = (&self.options.user, self.options.password.expose());
        let args = [
            text(user),
            text(password),
            text(API_VERSION),
            text(ORIGINATOR),
        ];
        let method = "session.login_with_password";
        for _ in 0..=MAX_REDIRECTS {
            let url = held.master.clone().unwrap_or_else(|| self.base.clone());
            match self.send(&url, method, (&args, None)).await {
                Ok(Value::String(reference)) => {
                    return Ok(Session {
                        reference,
                        url,
                        number,
                    });
                }
                Ok(_) => {
                    let (method, expected) = (method.to_owned(), "a reference");
                    return Err(XenError::ReplyUnexpected { method, expected });
                }
                Err(error) => match self.master_named_by(&error) {
                    Some(master) => held.master = Some(master),
                    None => return Err(self.cleaned(error, "")),
                },
            }
        }
        let (code, params) = (
            "HOST_IS_SLAVE".to_owned(),
            vec!["no member is master".to_owned()],
        );
        Err(XenError::Failure(XenFailure { code, params }))
    }

    async fn send(
        &self,
        url: &Url,
        method: &str,
        (args, patience): (&[Value], Option<Duration>),
    ) -> Result<Value, XenError> {
        let body = encode(method, args)?;
        let began = Instant::now();
        let outcome = match self.wire.post(url, method, (body, patience)).await {
            Ok(reply) => decode(method, reply).await,
            Err(error) => Err(error),
        };
        let millis = began.elapsed().as_millis();
        match &outcome {
            Ok(_) => debug!(method, millis, "the pool answered"),
            Err(XenError::Failure(failure)) => {
                debug!(method, millis, code = failure.code, "the pool refused");
            }
            Err(error) => debug!(method, millis, %error, "the call failed"),
        }
        outcome
    }

    /// Forgets `session` unless it was already replaced; the next log-in is tried at `master`.
    async fn drop_session(&self, session: &Session, master: Option<Url>) {
        let mut held = self.held.lock().await;
        if held
            .session
            .as_ref()
            .is_some_and(|current| current.number == session.number)
        {
            held.session = None;
            held.master = master;
        }
    }

    /// Where `HOST_IS_SLAVE` sends us: the master's address, with our scheme and port unless it
    /// brings a port of its own.
    fn master_named_by(&self, error: &XenError) -> Option<Url> {
        let XenError::Failure(failure) = error else {
            return None;
        };
        if failure.code != "HOST_IS_SLAVE" {
            return None;
        }
        let address = failure.params.first()?;
        let mut url = self.base.clone();
        if let Ok(ip) = address.parse() {
            url.set_ip_host(ip).ok()?;
        } else if let Some((host, port)) = address.rsplit_once(':') {
            url.set_host(Some(host)).ok()?;
            url.set_port(Some(port.parse().ok()?)).ok()?;
        } else {
            url.set_host(Some(address)).ok()?;
        }
        Some(url)
    }

    /// Takes the password and the session reference out of a failure's parameters.
    fn cleaned(&self, error: XenError, reference: &str) -> XenError {
        let XenError::Failure(failure) = error else {
            return error;
        };
        XenError::Failure(
            failure
                .without(reference)
                .without(self.options.password.expose()),
        )
    }

    /// Logs out if logged in; a pool that does not answer drops the session by itself in a day.
    pub(super) async fn close(&self) {
        let session = self.held.lock().await.session.take();
        if let Some(session) = session
            && let Err(error) = self
                .send(
                    &session.url,
                    "session.logout",
                    (&[text(&session.reference)], None),
                )
                .await
        {
            let error = self.cleaned(error, &session.reference);
            debug!(%error, "could not log out");
        }
    }
}
