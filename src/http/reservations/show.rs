//! `GET /OpenPEX/reservations/{id}`: one reservation.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::ReservationPath;
use super::life::{AS_OF, AsOf, Life};
use crate::http::problem::Problem;
use crate::http::reply::{json, tagged};
use crate::http::request::{Caller, Parameters};
use crate::http::state::AppState;
use crate::http::wire::ReservationOut;

/// Its representation, or 304 where the client has it already; with `as_of`, a position or an instant, as
/// it stood then.
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
