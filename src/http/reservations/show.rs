//! `GET /OpenPEX/reservations/{id}`: one reservation.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::ReservationPath;
use crate::http::problem::Problem;
use crate::http::reply::{json, tagged};
use crate::http::request::Caller;
use crate::http::state::AppState;
use crate::http::wire::ReservationOut;

/// Its representation, or 304 where the client has it already.
#[utoipa::path(
    get,
    path = "/OpenPEX/reservations/{id}",
    operation_id = "getReservation",
    tag = "Reservations"
)]
pub async fn show(
    State(app): State<AppState>,
    caller: Caller,
    path: ReservationPath,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let view = path.find(&app, &caller).await?;
    let full = json(StatusCode::OK, &ReservationOut::of(&view));
    Ok(tagged(&headers, view.sequence, full))
}
