//! `GET /OpenPEX/reservations`: the caller's reservations, newest first; everybody's for operators
//! and auditors.

use axum::extract::State;
use axum::response::Response;
use openpex_aggregates::reservation::StatusName;

use crate::http::docs::{CallerProblems, PageQuery, WindowQuery};
use crate::http::own_writes::wait_for_own_writes;
use crate::http::problem::Problem;
use crate::http::reply::listed;
use crate::http::request::{Caller, ListQuery};
use crate::http::state::AppState;
use crate::http::wire::ReservationOut;

/// List reservations.
///
/// Filtered by `status`, `from`, `to` and `template`, paged by `limit` and `cursor`.
#[utoipa::path(
    get,
    path = "/OpenPEX/reservations",
    operation_id = "listReservations",
    tag = "Reservations",
    params(("status" = Option<String>, Query, description = "Only these, separated by commas or repeated: INITIATED, COUNTERED, ACCEPTED, CONFIRM_REQUESTED, CONFIRMED, ACTIVATED, REJECTED, WITHDRAWN, LAPSED, CANCELLED, EXPIRED"), WindowQuery, PageQuery),
    responses((status = 200, description = "Newest first", body = Vec<ReservationOut>, headers(("Link" = Option<String>, description = "The next part, where there is one (rel=\"next\")"))), CallerProblems)
)]
pub async fn list(
    State(app): State<AppState>,
    caller: Caller,
    query: ListQuery,
) -> Result<Response, Problem> {
    let names: Vec<&str> = StatusName::ALL[1..]
        .iter()
        .map(|name| name.as_str())
        .collect();
    let by_name = |text: &str| {
        StatusName::ALL[1..]
            .iter()
            .find(|n| n.as_str() == text)
            .copied()
    };
    let mut filter = query.filter(&names, by_name)?;
    filter.owner = caller.sees_only();
    let page = query.page()?;
    wait_for_own_writes(&app, &caller).await?;
    let found = app.reads.list_reservations(&filter, &page).await?;
    let entries: Vec<_> = found.entries.iter().map(ReservationOut::of).collect();
    Ok(listed(&query, &entries, found.next.as_deref()))
}
