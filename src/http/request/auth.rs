//! Who asks, and what they may do.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use openpex_aggregates::live::Actor;
use openpex_aggregates::{Timestamp, UserId};

use super::proof::{Proof, unauthorized};
use crate::accounts::{Account, Login, Role};
use crate::http::observe::RequestNotes;
use crate::http::problem::Problem;
use crate::http::state::AppState;

/// The account that asks.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Whose credentials were sent.
    pub account: Account,
    /// What they were.
    pub login: Login,
    /// When the session ends that let them in; `None` where it was something else.
    pub expires_at: Option<Timestamp>,
}

/// What is asked for is somebody else's.
#[derive(Clone, Copy, Debug)]
pub struct NothingToSee;

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let proof = Proof::of(&parts.headers, &parts.extensions, app)?.ok_or_else(|| {
            let detail = "log in, or send a name and a password or an API token";
            unauthorized("credentials_missing", detail)
        })?;
        let caller = proof.check(app).await?;
        RequestNotes::of(&parts.extensions).note_user(caller.user_id());
        Ok(caller)
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

    /// Checks that a person logged in: an API token that got into wrong hands must not give them more
    /// than its own rights, or for longer.
    ///
    /// # Errors
    /// 403 for an API token.
    pub fn check_has_password_login(&self) -> Result<(), Problem> {
        match self.login {
            Login::Password | Login::Session(_) => Ok(()),
            Login::Token(_) => {
                let detail = "an API token may not do this; log in with name and password";
                Err(Problem::forbidden("needs_password_login", detail))
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
