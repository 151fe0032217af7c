//! A user's own account: the password, the settings, the balance, its entries, and what operators
//! grant.

mod entries;
mod grant;
mod password;
mod settings;
mod show;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::state::AppState;

/// The routes of accounts.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(show::show))
        .routes(routes!(password::change))
        .routes(routes!(settings::put))
        .routes(routes!(entries::entries))
        .routes(routes!(grant::grant))
}
