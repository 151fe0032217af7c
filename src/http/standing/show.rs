//! `GET /OpenPEX/standing-requests/{id}`: one standing request.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::StandingPath;
use crate::http::docs::{CallerProblems, NoneMatchHeader, NotThere};
use crate::http::own_writes::wait_for_own_writes;
use crate::http::problem::Problem;
use crate::http::reply::{json, tagged};
use crate::http::request::Caller;
use crate::http::state::AppState;
use crate::http::wire::StandingRequestOut;

/// Show a standing request.
///
/// Its representation, or 304 where the client has it already.
#[utoipa::path(
    get,
    path = "/OpenPEX/standing-requests/{id}",
    operation_id = "getStandingRequest",
    tag = "Standing requests",
    params(("id" = String, Path, format = Uuid, description = "The id of a standing request"), NoneMatchHeader),
    responses((status = 200, description = "The standing request", body = StandingRequestOut, headers(("ETag" = String, description = "How far it has got"))), (status = 304, description = "Nothing has changed since"), CallerProblems, NotThere)
)]
pub async fn show(
    State(app): State<AppState>,
    caller: Caller,
    StandingPath(id): StandingPath,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    wait_for_own_writes(&app, &caller).await?;
    let view = app.reads.find_standing_request(id).await?;
    let view = view
        .filter(|view| caller.may_see(view.request.user_id))
        .ok_or_else(|| Problem::not_found("standing request"))?;
    let out = StandingRequestOut::of(view.id, &view.request, view.position);
    Ok(tagged(&headers, view.sequence, json(StatusCode::OK, &out)))
}
