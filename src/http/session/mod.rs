//! The session of a browser: log in, who am I, log out.

mod create;
mod delete;
mod show;

use axum::Router;
use axum::routing::get;
use openpex_aggregates::{Timestamp, UserId};
use serde::Serialize;

use super::state::AppState;
use crate::accounts::Account;

/// The routes of the session.
pub fn routes() -> Router<AppState> {
    let session = get(show::show).post(create::create).delete(delete::delete);
    Router::new().route("/OpenPEX/session", session)
}

/// Who is logged in.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionOut {
    userid: UserId,
    username: String,
    role: &'static str,
    zone: Option<&'static str>,
    /// When the session ends unless it is used; none where there is no session.
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
