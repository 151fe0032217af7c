//! `GET /OpenPEX/instances`: the caller's instances, newest first; everybody's for operators and
//! auditors.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use openpex_aggregates::NodeName;

use crate::http::csv::Csv;
use crate::http::docs::{CallerProblems, InstancesQuery, OwnerQuery, PageQuery, WindowQuery};
use crate::http::own_writes::wait_for_own_writes;
use crate::http::ports::{InstanceListFilter, Listed};
use crate::http::problem::Problem;
use crate::http::reply::{linked, listed};
use crate::http::request::{Caller, ListQuery};
use crate::http::state::AppState;
use crate::http::wire::{InstanceOut, POWER_STATES};

/// The parameters that only this list takes.
const OWN: [&str; 4] = ["reservation", "node", "stuck", "removed"];
const FILE_NAME: &str = "instances.csv";

/// List instances.
///
/// Filtered by each parameter, paged by `limit` and `cursor`. A user who names somebody else's `userid` gets
/// an empty list.
#[utoipa::path(
    get,
    path = "/OpenPEX/instances",
    operation_id = "listInstances",
    tag = "Instances",
    params(("status" = Option<String>, Query, description = "Only these, separated by commas or repeated: HALTED, RUNNING, PAUSED, SUSPENDED, UNKNOWN"), WindowQuery, InstancesQuery, OwnerQuery, PageQuery),
    responses((status = 200, description = "Newest first", content((Vec<InstanceOut> = "application/json"), (String = "text/csv")), headers(("Link" = Option<String>, description = "The next part, where there is one (rel=\"next\")"))), CallerProblems)
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
            app.reads.list_instances(&filter, &page).await?
        }
        Err(_) => Listed::nothing(),
    };
    let next = found.next.as_deref();
    if csv {
        let mut csv = Csv::with_columns(&InstanceOut::COLUMNS);
        let views = found.entries.iter();
        views.for_each(|view| csv.push(InstanceOut::fields(&view.instance)));
        return Ok(linked(&query, csv.into_answer(FILE_NAME), next));
    }
    let shown = found.entries.iter();
    let shown = shown.map(|view| InstanceOut::of(&view.instance, view.position));
    let entries: Vec<_> = shown.collect();
    Ok(listed(&query, &entries, next))
}

fn read_filter(query: &ListQuery) -> Result<InstanceListFilter, Problem> {
    let names = POWER_STATES.map(|(name, _)| name);
    let by_name = |text: &str| {
        let mut known = POWER_STATES.iter();
        known
            .find(|(name, _)| *name == text)
            .map(|(_, state)| *state)
    };
    let truth = |name: &str| query.read(name, "true or false");
    Ok(InstanceListFilter {
        common: query.filter(&names, by_name)?,
        reservation: query.read("reservation", "the id of a reservation")?,
        node: query.text("node").map(NodeName),
        stuck: truth("stuck")?.unwrap_or(false),
        removed: truth("removed")?.unwrap_or(false),
    })
}
