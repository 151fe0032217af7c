//! The session of a browser: log in, who am I, log out.

mod create;
mod delete;
mod show;

use openpex_aggregates::{Timestamp, UserId};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::state::AppState;
use super::wire::words::RoleWord;
use crate::accounts::Account;

/// The routes of the session.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(show::show, create::create, delete::delete))
}

/// Who is logged in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
#[serde(rename_all = "camelCase")]
struct SessionOut {
    #[schema(value_type = i64, example = 1)]
    userid: UserId,
    username: String,
    #[schema(value_type = RoleWord)]
    role: &'static str,
    /// A zone of the IANA database; null where the browser's is meant.
    #[schema(required)]
    zone: Option<&'static str>,
    /// When the session ends unless it is used; none where there is no session.
    #[schema(required, format = DateTime)]
    expires_at: Option<String>,
}

impl SessionOut {
    fn of(account: &Account, expires_at: Option<Timestamp>) -> Self {
        Self {
            userid: account.user_id,
            username: account.username.clone(),
            role: account.role.as_str(),
            zone: account.zone.map(|zone| zone.as_str()),
            expires_at: expires_at.map(Timestamp::to_rfc3339),
        }
    }
}
