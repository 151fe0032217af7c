//! The stream of events: what happened, told as it happens, to whom it concerns.

mod frame;
mod listen;
mod places;
mod stream;

use axum::Router;
use axum::routing::get;

use super::state::AppState;

pub use places::StreamPlaces;

/// The route `/OpenPEX/events`.
pub fn routes() -> Router<AppState> {
    Router::new().route("/OpenPEX/events", get(listen::listen))
}
