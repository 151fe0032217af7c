//! What a user has to spend: the balance, its entries, and what operators grant.

mod entries;
mod grant;
mod show;

use axum::Router;
use axum::routing::{get, post};

use super::state::AppState;

/// The routes of accounts.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/OpenPEX/account", get(show::show))
        .route("/OpenPEX/account/entries", get(entries::entries))
        .route("/OpenPEX/users/{userid}/grants", post(grant::grant))
}
