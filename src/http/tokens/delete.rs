//! `DELETE /OpenPEX/tokens/{id}`: takes an API token back.

use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;

use crate::accounts::{Login, TokenId};
use crate::http::docs::{CallerProblems, ChangeProblems, NotThere};
use crate::http::problem::Problem;
use crate::http::request::{Caller, id_of};
use crate::http::state::AppState;

/// The id in the path.
pub struct Which(TokenId);

impl<S: Send + Sync> FromRequestParts<S> for Which {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        id_of(parts, state, "token").await.map(Self)
    }
}

/// Take an API token back.
///
/// 204; from then on it is no more. A token may take itself back, but no other.
#[utoipa::path(
    delete,
    path = "/OpenPEX/tokens/{id}",
    operation_id = "deleteToken",
    tag = "Sessions",
    params(("id" = String, Path, format = Uuid, description = "The token's id")),
    responses(
        (status = 204, description = "It is no more"),
        CallerProblems,
        ChangeProblems,
        NotThere,
    )
)]
pub async fn delete(
    State(app): State<AppState>,
    caller: Caller,
    Which(id): Which,
) -> Result<StatusCode, Problem> {
    if caller.login != Login::Token(id) {
        caller.check_has_password_login()?;
    }
    if app.authenticator.delete_token(caller.user_id(), id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found("token"))
    }
}
