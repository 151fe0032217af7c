//! `GET /OpenPEX/account`: who the caller is, and what they have to spend.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use openpex_aggregates::account::Account;

use crate::http::docs::CallerProblems;
use crate::http::own_writes::wait_for_own_writes;
use crate::http::problem::Problem;
use crate::http::reply::json;
use crate::http::request::Caller;
use crate::http::state::AppState;
use crate::http::wire::AccountOut;

/// Show the caller's account.
///
/// The balance; before its first entry, what the account will be opened with.
#[utoipa::path(
    get,
    path = "/OpenPEX/account",
    operation_id = "getAccount",
    tag = "Accounts",
    responses((status = 200, description = "The account", body = AccountOut), CallerProblems)
)]
pub async fn show(State(app): State<AppState>, caller: Caller) -> Result<Response, Problem> {
    wait_for_own_writes(&app, &caller).await?;
    let account = match app.reads.account(caller.user_id()).await? {
        Some(account) => account,
        None => {
            let grant = app.reads.policy().await?.opening_grant;
            Account {
                balance: grant,
                granted: grant,
                ..Account::default()
            }
        }
    };
    let out = AccountOut::of(caller.user_id(), &account).named(&caller.account);
    Ok(json(StatusCode::OK, &out))
}
