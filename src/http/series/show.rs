//! `GET /OpenPEX/series/{id}`: one series, with where each occurrence stands.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::SeriesPath;
use crate::http::docs::{CallerProblems, NotThere};
use crate::http::own_writes::wait_for_own_writes;
use crate::http::problem::Problem;
use crate::http::reply::json;
use crate::http::request::Caller;
use crate::http::state::AppState;
use crate::http::wire::{SeriesOut, reservations_of};

/// Show a series.
///
/// Its representation. It has no entity tag: its occurrences go on without it.
#[utoipa::path(
    get,
    path = "/OpenPEX/series/{id}",
    operation_id = "getSeries",
    tag = "Series",
    params(("id" = String, Path, format = Uuid, description = "The id of a series")),
    responses((status = 200, description = "The series, with where each occurrence stands", body = SeriesOut), CallerProblems, NotThere)
)]
pub async fn show(
    State(app): State<AppState>,
    caller: Caller,
    SeriesPath(id): SeriesPath,
) -> Result<Response, Problem> {
    wait_for_own_writes(&app, &caller).await?;
    let view = app.reads.find_series(id).await?;
    let view = view
        .filter(|view| caller.may_see(view.series.user_id))
        .ok_or_else(|| Problem::not_found("series"))?;
    let statuses = app.reads.statuses(&reservations_of(&view)).await?;
    Ok(json(StatusCode::OK, &SeriesOut::shown(&view, &statuses)))
}
