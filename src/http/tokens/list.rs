//! `GET /OpenPEX/tokens`: the caller's API tokens, newest first; never their secrets.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::TokenOut;
use crate::http::docs::CallerProblems;
use crate::http::problem::Problem;
use crate::http::reply::json;
use crate::http::request::Caller;
use crate::http::state::AppState;

/// The caller's API tokens.
///
/// All of them, those that have expired included: there are never more than
/// [`crate::accounts::TOKENS_MAX`].
#[utoipa::path(
    get,
    path = "/OpenPEX/tokens",
    operation_id = "listTokens",
    tag = "Sessions",
    responses((status = 200, description = "Newest first", body = Vec<TokenOut>), CallerProblems)
)]
pub async fn list(State(app): State<AppState>, caller: Caller) -> Result<Response, Problem> {
    let tokens = app.authenticator.tokens_of(caller.user_id()).await?;
    let entries: Vec<TokenOut> = tokens.into_iter().map(Into::into).collect();
    Ok(json(StatusCode::OK, &entries))
}
