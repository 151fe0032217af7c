//! `GET /OpenPEX/tokens`: the caller's API tokens, newest first; never their secrets.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::TokenOut;
use crate::http::problem::Problem;
use crate::http::reply::json;
use crate::http::request::Caller;
use crate::http::state::AppState;

/// All of them, those that have expired included: there are never more than
/// [`crate::accounts::TOKENS_MAX`].
pub async fn list(State(app): State<AppState>, caller: Caller) -> Result<Response, Problem> {
    let tokens = app.authenticator.tokens_of(caller.user_id()).await?;
    let entries: Vec<TokenOut> = tokens.into_iter().map(Into::into).collect();
    Ok(json(StatusCode::OK, &entries))
}
