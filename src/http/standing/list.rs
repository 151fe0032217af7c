//! `GET /OpenPEX/standing-requests`: the caller's standing requests, newest first; everybody's for
//! operators and auditors.

use axum::extract::State;
use axum::response::Response;

use crate::http::docs::{CallerProblems, PageQuery};
use crate::http::own_writes::wait_for_own_writes;
use crate::http::ports::StandingRequestView;
use crate::http::problem::Problem;
use crate::http::reply::listed;
use crate::http::request::{Caller, ListQuery};
use crate::http::state::AppState;
use crate::http::wire::StandingRequestOut;

/// List standing requests.
///
/// Paged by `limit` and `cursor`.
#[utoipa::path(
    get,
    path = "/OpenPEX/standing-requests",
    operation_id = "listStandingRequests",
    tag = "Standing requests",
    params(PageQuery),
    responses((status = 200, description = "Newest first", body = Vec<StandingRequestOut>, headers(("Link" = Option<String>, description = "The next part, where there is one (rel=\"next\")"))), CallerProblems)
)]
pub async fn list(
    State(app): State<AppState>,
    caller: Caller,
    query: ListQuery,
) -> Result<Response, Problem> {
    let page = query.page_only()?;
    wait_for_own_writes(&app, &caller).await?;
    let owner = caller.sees_only();
    let found = app.reads.list_standing_requests(owner, &page).await?;
    let out =
        |view: &StandingRequestView| StandingRequestOut::of(view.id, &view.request, view.position);
    let entries: Vec<_> = found.entries.iter().map(out).collect();
    Ok(listed(&query, &entries, found.next.as_deref()))
}
