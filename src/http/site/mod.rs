//! What the site has and how it is: nodes, types, templates, accounts, the clock, health.

mod clock;
mod health;
mod nodes;
mod templates;
mod types;
mod users;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::state::AppState;

/// The routes of what is answered at once: all but the clock's.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(users::register))
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
