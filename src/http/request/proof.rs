//! What a request shows to be let in: HTTP Basic (RFC 7617), an API token (RFC 6750), or the cookie of
//! a session.
//!
//! Failed passwords are counted; tokens and sessions are not, since nobody guesses 256 random bits, and a
//! program with an old token must not lock out the people beside it.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::header::{AUTHORIZATION, SET_COOKIE, WWW_AUTHENTICATE};
use axum::http::{Extensions, HeaderMap, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::time::Instant;

use super::auth::Caller;
use super::cookie::SessionCookie;
use super::throttle::network_of;
use crate::accounts::{Account, Login, LoginSecret, OpenedSession};
use crate::http::problem::Problem;
use crate::http::state::AppState;

const CHALLENGE: &str = "Basic realm=\"OpenPEX\", charset=\"UTF-8\"";

/// A name and a password, from where they came. Has no `Debug`: it holds a secret.
pub struct Credentials {
    /// The name.
    pub username: String,
    /// The password.
    pub password: String,
    /// The network they came from, where it is known.
    pub network: Option<IpAddr>,
}

/// What a request shows to be let in. Has no `Debug`: it holds a secret.
pub enum Proof {
    /// A name and a password.
    Password(Credentials),
    /// An API token.
    Token(LoginSecret),
    /// A cookie; `None` where it does not read.
    Cookie(SessionCookie, Option<LoginSecret>),
}

impl Credentials {
    /// Those that HTTP Basic (RFC 7617) writes as `encoded`.
    fn read(encoded: &str, network: Option<IpAddr>) -> Option<Self> {
        let decoded = STANDARD.decode(encoded).ok()?;
        let decoded = String::from_utf8(decoded).ok()?;
        let (username, password) = decoded.split_once(':')?;
        Some(Self {
            username: username.to_owned(),
            password: password.to_owned(),
            network,
        })
    }

    /// The account they belong to.
    ///
    /// # Errors
    /// 401 where they are wrong, 429 where they were wrong too often.
    pub async fn verify(&self, app: &AppState) -> Result<Account, Problem> {
        self.check_wait(app)?;
        let found = app
            .authenticator
            .verify_basic(&self.username, &self.password);
        let found = found.await?;
        self.note(app, found.is_some());
        found.ok_or_else(wrong)
    }

    /// The session that they open.
    ///
    /// # Errors
    /// As [`Credentials::verify`].
    pub async fn open_session(&self, app: &AppState) -> Result<OpenedSession, Problem> {
        self.check_wait(app)?;
        let (now, gate) = (app.clock.now(), &app.authenticator);
        let opened = gate
            .open_session(&self.username, &self.password, now)
            .await?;
        self.note(app, opened.is_some());
        opened.ok_or_else(wrong)
    }

    /// Checks that they have not been wrong too often.
    ///
    /// # Errors
    /// 429 with when to come back.
    pub fn check_wait(&self, app: &AppState) -> Result<(), Problem> {
        let wait = app
            .throttle()
            .wait(&self.username, self.network, Instant::now());
        let Some(wait) = wait else {
            return Ok(());
        };
        let secs = wait.as_secs().saturating_add(1);
        let detail = format!("too many failed log-ins; come back in {secs} s");
        Err(
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_failures", detail)
                .with("retryAfterSecs", secs)
                .retry_after(secs),
        )
    }

    /// Counts whether they were right.
    pub fn note(&self, app: &AppState, right: bool) {
        if right {
            app.throttle().note_success(&self.username, self.network);
        } else {
            app.throttle()
                .note_failure(&self.username, self.network, Instant::now());
        }
    }
}

fn wrong() -> Problem {
    unauthorized("credentials_wrong", "the name or the password is wrong")
}

impl Proof {
    /// What a request carries. With an `Authorization` header its cookie is not looked at.
    ///
    /// # Errors
    /// 401 where there is such a header that cannot be read.
    pub fn of(
        headers: &HeaderMap,
        extensions: &Extensions,
        app: &AppState,
    ) -> Result<Option<Self>, Problem> {
        let Some(sent) = headers.get(AUTHORIZATION) else {
            let cookie = SessionCookie::of(headers, app.site.public_url.as_ref());
            let found = cookie.and_then(|cookie| Some((cookie, cookie.sent(headers)?)));
            return Ok(found.map(|(cookie, text)| Self::Cookie(cookie, LoginSecret::parse(&text))));
        };
        let network = network_from(extensions);
        let read = sent.to_str().ok().and_then(|text| {
            let (scheme, rest) = text.split_once(' ')?;
            match scheme.to_ascii_lowercase().as_str() {
                "basic" => Credentials::read(rest.trim(), network).map(Self::Password),
                "bearer" => LoginSecret::parse_token(rest.trim()).map(Self::Token),
                _ => None,
            }
        });
        read.map(Some).ok_or_else(|| {
            let detail = "the Authorization header does not read as HTTP Basic, nor as Bearer with \
                          an API token such as opx_…";
            unauthorized("credentials_unreadable", detail)
        })
    }

    /// Ends the session of a cookie with this text, if there is one.
    ///
    /// # Errors
    /// 503 where the store cannot be reached.
    pub async fn end_session(app: &AppState, text: &str) -> Result<(), Problem> {
        match LoginSecret::parse(text) {
            Some(secret) => Ok(app.authenticator.end_session(&secret).await?),
            None => Ok(()),
        }
    }

    /// Who is let in by it.
    ///
    /// # Errors
    /// 401 where it is wrong or has ended, 429 where a password was wrong too often.
    pub async fn check(&self, app: &AppState) -> Result<Caller, Problem> {
        let now = app.clock.now();
        match self {
            Self::Password(credentials) => Ok(Caller {
                account: credentials.verify(app).await?,
                login: Login::Password,
                expires_at: None,
            }),
            Self::Token(secret) => {
                let used = app.authenticator.use_token(secret, now).await?;
                let (id, account) = used.ok_or_else(|| {
                    let detail = "there is no such API token; it may have expired or been deleted";
                    unauthorized("token_wrong", detail)
                })?;
                Ok(Caller {
                    account,
                    login: Login::Token(id),
                    expires_at: None,
                })
            }
            Self::Cookie(cookie, secret) => {
                let used = match secret {
                    Some(secret) => app.authenticator.use_session(secret, now).await?,
                    None => None,
                };
                let session = used.ok_or_else(|| {
                    unauthorized("session_ended", "the session has ended; log in again")
                        .header(SET_COOKIE, &cookie.cleared())
                })?;
                Ok(Caller {
                    account: session.account,
                    login: Login::Session(session.id),
                    expires_at: Some(session.expires_at),
                })
            }
        }
    }
}

/// The network a request came from, where the server was told to note it.
pub(in crate::http) fn network_from(extensions: &Extensions) -> Option<IpAddr> {
    extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(peer)| network_of(peer.ip()))
}

pub(in crate::http) fn unauthorized(code: &'static str, detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, code, detail).header(WWW_AUTHENTICATE, CHALLENGE)
}
