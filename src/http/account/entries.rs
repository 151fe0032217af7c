//! `GET /OpenPEX/account/entries`: every entry of the caller's account, newest first.
//!
//! Read from the ledger itself, a page at a time: the entries of an account have no end.

use axum::extract::State;
use axum::response::Response;
use openpex_aggregates::account::AccountEvent;
use openpex_aggregates::live::Fact;

use crate::http::docs::{CallerProblems, PageQuery};
use crate::http::problem::Problem;
use crate::http::reply::listed;
use crate::http::request::{Caller, ListQuery};
use crate::http::state::AppState;
use crate::http::wire::EntryOut;
use crate::ledger::StoredEvent;
use crate::writer::stored_fact;

/// List the entries of the caller's account.
///
/// Paged by `limit` and `cursor`.
#[utoipa::path(
    get,
    path = "/OpenPEX/account/entries",
    operation_id = "listAccountEntries",
    tag = "Accounts",
    params(PageQuery),
    responses((status = 200, description = "Newest first", body = Vec<EntryOut>, headers(("Link" = Option<String>, description = "The next part, where there is one (rel=\"next\")"))), CallerProblems)
)]
pub async fn entries(
    State(app): State<AppState>,
    caller: Caller,
    query: ListQuery,
) -> Result<Response, Problem> {
    let page = query.page()?;
    let cursor = page.cursor.as_deref().map(str::parse::<u64>).transpose();
    let before = cursor.map_err(|_| Problem::from(crate::http::ReadError::BadCursor))?;
    let stream = caller.user_id().0.to_string();
    let stored = app
        .ledger
        .read_stream_back("account", &stream, before, page.limit.saturating_add(1))
        .await?;
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let entries: Vec<EntryOut> = stored
        .iter()
        .take(limit)
        .map(|event| Ok(EntryOut::of(event, &entry_of(event)?)))
        .collect::<Result<_, Problem>>()?;
    let next = (stored.len() > limit)
        .then(|| stored.get(limit.saturating_sub(1)))
        .flatten()
        .map(|event| event.sequence.to_string());
    Ok(listed(&query, &entries, next.as_deref()))
}

fn entry_of(event: &StoredEvent) -> Result<AccountEvent, Problem> {
    match stored_fact(event.fact_text()) {
        Ok(Fact::Account(_, entry)) => Ok(entry),
        Ok(
            Fact::Reservation(..)
            | Fact::Instance(..)
            | Fact::Node(..)
            | Fact::Site(_)
            | Fact::Series(..)
            | Fact::Standing(..),
        )
        | Err(_) => {
            tracing::error!(position = event.position, "an entry does not read");
            Err(Problem::internal())
        }
    }
}
