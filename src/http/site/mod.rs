//! What the site is, has and how it is: its settings, nodes, types, templates, accounts, the clock, health.

pub mod clock;
pub mod health;
mod list_users;
mod nodes;
mod settings;
mod show;
mod templates;
mod types;
mod users;

use axum::Router;
use axum::routing::get;

pub use settings::{PublicUrl, SITE_NAME, SiteSettings};

use super::state::AppState;

/// The routes under `/OpenPEX` but the clock.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/OpenPEX/site", get(show::show))
        .route(
            "/OpenPEX/users",
            get(list_users::list).post(users::register),
        )
        .route("/OpenPEX/nodes", get(nodes::list))
        .route("/OpenPEX/types", get(types::list))
        .route("/OpenPEX/templates", get(templates::list))
}
