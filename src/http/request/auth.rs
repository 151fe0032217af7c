//! Who asks: HTTP Basic (RFC 7617).

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openpex_aggregates::UserId;
use openpex_aggregates::live::Actor;
use tokio::time::Instant;

use super::throttle::network_of;
use crate::accounts::{Account, Role};
use crate::http::observe::RequestNotes;
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

/// The account that asks.
#[derive(Debug)]
pub struct Caller {
    /// Whose credentials were sent.
    pub account: Account,
}

/// What is asked for is somebody else's.
#[derive(Clone, Copy, Debug)]
pub struct NothingToSee;

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let credentials = credentials_of(&parts.headers, &parts.extensions)?
            .ok_or_else(|| unauthorized("credentials_missing", "send a name and a password"))?;
        let account = credentials.verify(app).await?;
        RequestNotes::of(&parts.extensions).note_user(account.user_id);
        Ok(Self { account })
    }
}

impl Caller {
    /// Their id.
    #[must_use]
    pub const fn user_id(&self) -> UserId {
        self.account.user_id
    }

    /// Who they are to the domain.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor {
            user_id: self.user_id(),
            is_operator: self.account.role == Role::Operator,
        }
    }

    /// Whose entries their lists hold; `None` for everybody's.
    #[must_use]
    pub fn sees_only(&self) -> Option<UserId> {
        match self.account.role {
            Role::User => Some(self.user_id()),
            Role::Operator | Role::Auditor => None,
        }
    }

    /// Whose entries they see of those of `asked`, or of everybody's: `Ok(None)` for everybody's, and
    /// `Err` where they may see none of them.
    pub fn sees_of(&self, asked: Option<UserId>) -> Result<Option<UserId>, NothingToSee> {
        match (self.sees_only(), asked) {
            (None, asked) => Ok(asked),
            (Some(own), None) => Ok(Some(own)),
            (Some(own), Some(asked)) if own == asked => Ok(Some(own)),
            (Some(_), Some(_)) => Err(NothingToSee),
        }
    }

    /// Whether what belongs to `owner` is there for them.
    #[must_use]
    pub fn may_see(&self, owner: UserId) -> bool {
        self.sees_only().is_none_or(|user_id| user_id == owner)
    }

    /// Checks that they may change things.
    ///
    /// # Errors
    /// 403 for an auditor.
    pub fn check_may_change(&self) -> Result<(), Problem> {
        match self.account.role {
            Role::User | Role::Operator => Ok(()),
            Role::Auditor => {
                let detail = "an auditor's account reads everything and changes nothing";
                Err(Problem::forbidden("read_only_account", detail))
            }
        }
    }

    /// Checks that they run the site.
    ///
    /// # Errors
    /// 403 for everybody else.
    pub fn check_is_operator(&self) -> Result<(), Problem> {
        match self.account.role {
            Role::Operator => Ok(()),
            Role::User | Role::Auditor => Err(Problem::forbidden(
                "operator_only",
                "only an operator may do this",
            )),
        }
    }
}

impl Credentials {
    /// The account they belong to.
    ///
    /// # Errors
    /// 401 where they are wrong, 429 where they were wrong too often.
    pub async fn verify(&self, app: &AppState) -> Result<Account, Problem> {
        let Self {
            username,
            password,
            network,
        } = self;
        if let Some(wait) = app.throttle().wait(username, *network, Instant::now()) {
            let secs = wait.as_secs().saturating_add(1);
            let detail = format!("too many failed log-ins; come back in {secs} s");
            return Err(
                Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_failures", detail)
                    .with("retryAfterSecs", secs)
                    .retry_after(secs),
            );
        }
        match app.authenticator.verify_basic(username, password).await? {
            Some(account) => {
                app.throttle().note_success(username, *network);
                Ok(account)
            }
            None => {
                app.throttle()
                    .note_failure(username, *network, Instant::now());
                Err(unauthorized(
                    "credentials_wrong",
                    "the name or the password is wrong",
                ))
            }
        }
    }
}

/// The credentials that a request carries.
///
/// # Errors
/// 401 where there are some that cannot be read.
pub fn credentials_of(
    headers: &HeaderMap,
    extensions: &Extensions,
) -> Result<Option<Credentials>, Problem> {
    let Some(sent) = headers.get(AUTHORIZATION) else {
        return Ok(None);
    };
    let network = network_from(extensions);
    let read = sent.to_str().ok().and_then(|text| {
        let (scheme, encoded) = text.split_once(' ')?;
        let decoded = STANDARD.decode(encoded.trim()).ok()?;
        let decoded = String::from_utf8(decoded).ok()?;
        let (username, password) = decoded.split_once(':')?;
        let (username, password) = (username.to_owned(), password.to_owned());
        let is_basic = scheme.eq_ignore_ascii_case("basic");
        is_basic.then_some(Credentials {
            username,
            password,
            network,
        })
    });
    match read {
        Some(credentials) => Ok(Some(credentials)),
        None => {
            let detail = "the Authorization header does not read as HTTP Basic";
            Err(unauthorized("credentials_unreadable", detail))
        }
    }
}

/// The network a request came from, where the server was told to note it.
pub(in crate::http) fn network_from(extensions: &Extensions) -> Option<IpAddr> {
    extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(peer)| network_of(peer.ip()))
}

fn unauthorized(code: &'static str, detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, code, detail).header(WWW_AUTHENTICATE, CHALLENGE)
}
