//! `GET /OpenPEX/reservations/{id}`: one reservation.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::ReservationPath;
use crate::http::docs::{CallerProblems, NoneMatchHeader, NotThere};
use crate::http::problem::Problem;
use crate::http::reply::{json, tagged};
use crate::http::request::Caller;
use crate::http::state::AppState;
use crate::http::wire::ReservationOut;

/// Show a reservation.
///
/// Its representation, or 304 where the client has it already.
#[utoipa::path(
    get,
    path = "/OpenPEX/reservations/{id}",
    operation_id = "getReservation",
    tag = "Reservations",
    params(("id" = String, Path, format = Uuid, description = "The id of a reservation"), NoneMatchHeader),
    responses((status = 200, description = "The reservation", body = ReservationOut, headers(("ETag" = String, description = "How far it has got"))), (status = 304, description = "Nothing has changed since"), CallerProblems, NotThere)
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
