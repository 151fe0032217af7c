//! A user's own account: the password, the settings, the balance, its entries, and what operators
//! grant.

mod entries;
mod grant;
mod password;
mod settings;
mod show;

use axum::Router;
use axum::routing::{get, post, put};

use super::state::AppState;

/// The routes of accounts.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/OpenPEX/account", get(show::show))
        .route("/OpenPEX/account/password", put(password::change))
        .route("/OpenPEX/account/settings", put(settings::put))
        .route("/OpenPEX/account/entries", get(entries::entries))
        .route("/OpenPEX/users/{userid}/grants", post(grant::grant))
}
