//! What the site has and how it is: nodes, types, templates, accounts, the clock, health.

pub mod clock;
pub mod health;
mod nodes;
mod templates;
mod types;
mod users;

use axum::Router;
use axum::routing::{get, post};

use super::state::AppState;

/// The routes under `/OpenPEX` but the clock.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/users", post(users::register))
        .route("/nodes", get(nodes::list))
        .route("/types", get(types::list))
        .route("/templates", get(templates::list))
}
