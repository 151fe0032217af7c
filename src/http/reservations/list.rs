//! `GET /OpenPEX/reservations`: the caller's reservations, newest first; everybody's for operators
//! and auditors.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use openpex_aggregates::reservation::StatusName;

use crate::http::csv::Csv;
use crate::http::docs::{CallerProblems, OwnerQuery, PageQuery, ReservationsQuery, WindowQuery};
use crate::http::own_writes::wait_for_own_writes;
use crate::http::ports::{Listed, ReservationListFilter};
use crate::http::problem::Problem;
use crate::http::reply::{linked, listed};
use crate::http::request::{Caller, ListQuery};
use crate::http::state::AppState;
use crate::http::wire::ReservationOut;

/// The parameters that only this list takes.
const OWN: [&str; 2] = ["type", "series"];
const FILE_NAME: &str = "reservations.csv";

/// List reservations.
///
/// Filtered by each parameter, paged by `limit` and `cursor`. A user who names somebody else's `userid` gets
/// an empty list.
#[utoipa::path(
    get,
    path = "/OpenPEX/reservations",
    operation_id = "listReservations",
    tag = "Reservations",
    params(("status" = Option<String>, Query, description = "Only these, separated by commas or repeated: INITIATED, COUNTERED, ACCEPTED, CONFIRM_REQUESTED, CONFIRMED, ACTIVATED, REJECTED, WITHDRAWN, LAPSED, CANCELLED, EXPIRED"), WindowQuery, ReservationsQuery, OwnerQuery, PageQuery),
    responses((status = 200, description = "Newest first", content((Vec<ReservationOut> = "application/json"), (String = "text/csv")), headers(("Link" = Option<String>, description = "The next part, where there is one (rel=\"next\")"))), CallerProblems)
)]
pub async fn list(
    State(app): State<AppState>,
    caller: Caller,
    query: ListQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    query.check_known(&OWN)?;
    let filter = read_filter(&query)?;
    let (page, csv) = (query.page()?, query.wants_csv(&headers)?);
    wait_for_own_writes(&app, &caller).await?;
    let found = match caller.sees_of(filter.common.owner) {
        Ok(owner) => {
            let mut filter = filter;
            filter.common.owner = owner;
            app.reads.list_reservations(&filter, &page).await?
        }
        Err(_) => Listed::nothing(),
    };
    let next = found.next.as_deref();
    if csv {
        let mut csv = Csv::with_columns(&ReservationOut::COLUMNS);
        found
            .entries
            .iter()
            .for_each(|view| csv.push(ReservationOut::fields(view)));
        return Ok(linked(&query, csv.into_answer(FILE_NAME), next));
    }
    let entries: Vec<_> = found.entries.iter().map(ReservationOut::of).collect();
    Ok(listed(&query, &entries, next))
}

fn read_filter(query: &ListQuery) -> Result<ReservationListFilter, Problem> {
    let known = &StatusName::ALL[1..];
    let names: Vec<&str> = known.iter().map(|name| name.as_str()).collect();
    let by_name = |text: &str| known.iter().find(|name| name.as_str() == text).copied();
    Ok(ReservationListFilter {
        common: query.filter(&names, by_name)?,
        instance_type: query.text("type"),
        series: query.read("series", "the id of a series")?,
    })
}
