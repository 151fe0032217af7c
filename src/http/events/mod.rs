//! The stream of events: what happened, told as it happens, to whom it concerns.

mod frame;
mod listen;
mod places;
mod stream;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::state::AppState;

pub use places::StreamPlaces;

/// The route `/OpenPEX/events`.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(listen::listen))
}
