//! `GET /OpenPEX/series`: the caller's series, newest first; everybody's for operators and
//! auditors.

use axum::extract::State;
use axum::response::Response;

use crate::http::docs::{CallerProblems, PageQuery};
use crate::http::limits::SERIES_LIST_LIMIT_MAX;
use crate::http::own_writes::wait_for_own_writes;
use crate::http::problem::Problem;
use crate::http::reply::listed;
use crate::http::request::{Caller, ListQuery};
use crate::http::state::AppState;
use crate::http::wire::{SeriesOut, reservations_of};

/// List series.
///
/// Paged by `limit` and `cursor`; a page has at most [`SERIES_LIST_LIMIT_MAX`] series, since each
/// brings all of its occurrences.
#[utoipa::path(
    get,
    path = "/OpenPEX/series",
    operation_id = "listSeries",
    tag = "Series",
    params(PageQuery),
    responses((status = 200, description = "Newest first, at most 50 a part", body = Vec<SeriesOut>, headers(("Link" = Option<String>, description = "The next part, where there is one (rel=\"next\")"))), CallerProblems)
)]
pub async fn list(
    State(app): State<AppState>,
    caller: Caller,
    query: ListQuery,
) -> Result<Response, Problem> {
    let mut page = query.page_only()?;
    page.limit = page.limit.min(SERIES_LIST_LIMIT_MAX);
    wait_for_own_writes(&app, &caller).await?;
    let found = app.reads.list_series(caller.sees_only(), &page).await?;
    let ids: Vec<_> = found.entries.iter().flat_map(reservations_of).collect();
    let statuses = app.reads.statuses(&ids).await?;
    let shown = |view| SeriesOut::shown(view, &statuses);
    let entries: Vec<_> = found.entries.iter().map(shown).collect();
    Ok(listed(&query, &entries, found.next.as_deref()))
}
