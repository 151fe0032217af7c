//! `GET /OpenPEX/reservations/{id}`: one reservation.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::ReservationPath;
use super::life::{AS_OF, AsOf, Life};
use crate::http::docs::{AsOfProblems, AsOfQuery, CallerProblems, NoneMatchHeader, NotThere};
use crate::http::problem::Problem;
use crate::http::reply::{json, tagged};
use crate::http::request::{Caller, Parameters};
use crate::http::state::AppState;
use crate::http::wire::ReservationOut;

/// Show a reservation.
///
/// Its representation, or 304 where the client has it already; with `as_of`, as it stood then.
#[utoipa::path(
    get,
    path = "/OpenPEX/reservations/{id}",
    operation_id = "getReservation",
    tag = "Reservations",
    params(("id" = String, Path, format = Uuid, description = "The id of a reservation"), AsOfQuery, NoneMatchHeader),
    responses((status = 200, description = "The reservation", body = ReservationOut, headers(("ETag" = String, description = "How far it has got"))), (status = 304, description = "Nothing has changed since"), CallerProblems, NotThere, AsOfProblems)
)]
pub async fn show(
    State(app): State<AppState>,
    caller: Caller,
    path: ReservationPath,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let view = match AsOf::of(&Parameters::of(&uri, &[AS_OF])?)? {
        AsOf::Now => path.find(&app, &caller).await?,
        as_of @ (AsOf::Position(_) | AsOf::Instant(_)) => {
            let life = Life::read(&app, &caller, path.id, as_of).await?;
            let life = life.with_instances(&app, path.id, as_of).await?;
            life.view(path.id)
        }
    };
    let full = json(StatusCode::OK, &ReservationOut::of(&view));
    Ok(tagged(&headers, view.sequence, full))
}
