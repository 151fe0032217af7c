//! `GET /OpenPEX/instances`: the caller's instances, newest first; everybody's for operators and
//! auditors.

use axum::extract::State;
use axum::response::Response;

use crate::http::docs::{CallerProblems, PageQuery, WindowQuery};
use crate::http::own_writes::wait_for_own_writes;
use crate::http::problem::Problem;
use crate::http::reply::listed;
use crate::http::request::{Caller, ListQuery};
use crate::http::state::AppState;
use crate::http::wire::{InstanceOut, POWER_STATES};

/// List instances.
///
/// Filtered by `status`, `from`, `to` and `template`, paged by `limit` and `cursor`.
#[utoipa::path(
    get,
    path = "/OpenPEX/instances",
    operation_id = "listInstances",
    tag = "Instances",
    params(("status" = Option<String>, Query, description = "Only these, separated by commas or repeated: HALTED, RUNNING, PAUSED, SUSPENDED, UNKNOWN"), WindowQuery, PageQuery),
    responses((status = 200, description = "Newest first", body = Vec<InstanceOut>, headers(("Link" = Option<String>, description = "The next part, where there is one (rel=\"next\")"))), CallerProblems)
)]
pub async fn list(
    State(app): State<AppState>,
    caller: Caller,
    query: ListQuery,
) -> Result<Response, Problem> {
    let names = POWER_STATES.map(|(name, _)| name);
    let by_name = |text: &str| {
        POWER_STATES
            .iter()
            .find(|(n, _)| *n == text)
            .map(|(_, s)| *s)
    };
    let mut filter = query.filter(&names, by_name)?;
    filter.owner = caller.sees_only();
    let page = query.page()?;
    wait_for_own_writes(&app, &caller).await?;
    let found = app.reads.list_instances(&filter, &page).await?;
    let entries: Vec<_> = found
        .entries
        .iter()
        .map(|view| InstanceOut::of(&view.instance, view.position))
        .collect();
    Ok(listed(&query, &entries, found.next.as_deref()))
}
