//! API tokens: what a user's programs show instead of the password.

mod create;
mod delete;
mod list;

use axum::Router;
use axum::routing::get;
use openpex_aggregates::Timestamp;
use serde::Serialize;

use super::state::AppState;
use crate::accounts::Token;

/// The routes of tokens.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/OpenPEX/tokens", get(list::list).post(create::create))
        .route(
            "/OpenPEX/tokens/{id}",
            axum::routing::delete(delete::delete),
        )
}

/// A token as its user sees it, without its secret.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TokenOut {
    id: String,
    name: String,
    created_at: String,
    /// None for never.
    expires_at: Option<String>,
    /// To the minute; none before it is used.
    last_used_at: Option<String>,
}

impl From<Token> for TokenOut {
    fn from(token: Token) -> Self {
        Self {
            id: token.id.to_string(),
            name: token.name,
            created_at: token.created_at.to_rfc3339(),
            expires_at: token.expires_at.map(Timestamp::to_rfc3339),
            last_used_at: token.last_used_at.map(Timestamp::to_rfc3339),
        }
    }
}
