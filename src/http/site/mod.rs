//! What the site is, has and how it is: its settings, nodes, types, templates, accounts, the clock, health.

mod clock;
mod health;
mod list_users;
mod nodes;
mod settings;
mod show;
mod templates;
mod types;
mod users;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use settings::{PublicUrl, SITE_NAME, SiteSettings};

use super::state::AppState;

/// The routes of what is answered at once: all but the clock's.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(show::show))
        .routes(routes!(list_users::list, users::register))
        .routes(routes!(nodes::list))
        .routes(routes!(types::list))
        .routes(routes!(templates::list))
        .routes(routes!(health::livez))
        .routes(routes!(health::readyz))
}

/// The routes of the clock: a move of it takes as long as what becomes due.
pub fn clock_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(clock::now, clock::set))
}
