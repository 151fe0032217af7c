//! `GET /OpenPEX/instances/{vm_id}`: one instance.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::InstancePath;
use crate::http::docs::{CallerProblems, NoneMatchHeader, NotThere};
use crate::http::own_writes::wait_for_own_writes;
use crate::http::problem::Problem;
use crate::http::reply::{json, tagged};
use crate::http::request::Caller;
use crate::http::state::AppState;
use crate::http::wire::InstanceOut;

/// Show an instance.
///
/// Its representation, or 304 where the client has it already.
#[utoipa::path(
    get,
    path = "/OpenPEX/instances/{vm_id}",
    operation_id = "getInstance",
    tag = "Instances",
    params(("vm_id" = String, Path, format = Uuid, description = "The id of an instance"), NoneMatchHeader),
    responses((status = 200, description = "The instance", body = InstanceOut, headers(("ETag" = String, description = "How far it has got"))), (status = 304, description = "Nothing has changed since"), CallerProblems, NotThere)
)]
pub async fn show(
    State(app): State<AppState>,
    caller: Caller,
    path: InstancePath,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    wait_for_own_writes(&app, &caller).await?;
    let found = app.reads.find_instance(path.id).await?;
    let view = found
        .filter(|view| caller.may_see(view.instance.user_id))
        .ok_or_else(|| Problem::not_found("instance"))?;
    path.notes
        .note_reservation(view.instance.spec.reservation_id);
    path.notes.note_position(view.position);
    let full = json(
        StatusCode::OK,
        &InstanceOut::of(&view.instance, view.position),
    );
    Ok(tagged(&headers, view.sequence, full))
}
