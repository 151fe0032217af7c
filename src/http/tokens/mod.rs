//! API tokens: what a user's programs show instead of the password.

mod create;
mod delete;
mod list;

use openpex_aggregates::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::state::AppState;
use crate::accounts::Token;

/// The routes of tokens.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(delete::delete))
}

/// A token as its user sees it, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiToken)]
#[serde(rename_all = "camelCase")]
struct TokenOut {
    #[schema(format = Uuid)]
    id: String,
    name: String,
    #[schema(format = DateTime)]
    created_at: String,
    /// None for never.
    #[schema(required, format = DateTime)]
    expires_at: Option<String>,
    /// To the minute; none before it is used.
    #[schema(required, format = DateTime)]
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
