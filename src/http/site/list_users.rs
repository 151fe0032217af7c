//! `GET /OpenPEX/users`: the accounts of the site, newest first, for operators and auditors.

use axum::extract::State;
use axum::http::header::LINK;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use openpex_aggregates::UserId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::{Account, AccountFilter, Role};
use crate::http::docs::{CallerProblems, PageQuery, ProblemSchema};
use crate::http::limits::{LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX};
use crate::http::ports::ReadError;
use crate::http::problem::Problem;
use crate::http::reply::{json, with_header};
use crate::http::request::{Caller, Parameters, bad};
use crate::http::state::AppState;
use crate::http::wire::words::RoleWord;

/// An account as those see it who run the site.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
#[serde(rename_all = "camelCase")]
struct UserOut {
    #[schema(value_type = i64, example = 1)]
    userid: UserId,
    username: String,
    #[schema(value_type = RoleWord)]
    role: &'static str,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(required)]
    zone: Option<&'static str>,
}

impl From<&Account> for UserOut {
    fn from(account: &Account) -> Self {
        Self {
            userid: account.user_id,
            username: account.username.clone(),
            role: account.role.as_str(),
            created_at: account.created_at.to_rfc3339(),
            zone: account.zone.map(|zone| zone.as_str()),
        }
    }
}

/// The accounts of the site, newest first.
///
/// Filtered by `name` (any part of it) and `role`, paged by `limit` and `cursor`.
#[utoipa::path(
    get,
    path = "/OpenPEX/users",
    operation_id = "listUsers",
    tag = "Accounts",
    params(
        PageQuery,
        ("name" = Option<String>, Query, description = "Any part of the name"),
        ("role" = Option<RoleWord>, Query, description = "Of this role only"),
    ),
    responses(
        (status = 200, description = "A part of the list", body = Vec<UserOut>,
            headers(("Link" = Option<String>, description = "The next part, where there is one (rel=\"next\")"))),
        CallerProblems,
        (status = 403, description = "Only operators and auditors see the accounts of others",
            body = ProblemSchema, content_type = "application/problem+json"),
    )
)]
pub async fn list(
    State(app): State<AppState>,
    caller: Caller,
    uri: Uri,
) -> Result<Response, Problem> {
    if caller.sees_only().is_some() {
        let detail = "only operators and auditors see the accounts of others";
        return Err(Problem::forbidden("operator_or_auditor_only", detail));
    }
    let parameters = Parameters::of(&uri, &["name", "role", "limit", "cursor"])?;
    let filter = filter_of(&parameters)?;
    let limit = parameters.limit(LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX)?;
    let more = limit.saturating_add(1);
    let found = app.authenticator.accounts().list(&filter, more).await?;
    let page = usize::try_from(limit).unwrap_or(usize::MAX);
    let entries: Vec<UserOut> = found.iter().take(page).map(Into::into).collect();
    let last = entries.last().filter(|_| found.len() > page);
    let link = last.map(|last| parameters.next_link(&last.userid.0.to_string()));
    let response = json(StatusCode::OK, &entries);
    Ok(match link {
        Some(link) => with_header(response, LINK, &link),
        None => response,
    })
}

fn filter_of(parameters: &Parameters) -> Result<AccountFilter, Problem> {
    let role = match parameters.text("role") {
        None => None,
        Some(name) => Some(Role::parse(name).ok_or_else(|| {
            let known = Role::ALL.map(Role::as_str).join(", ");
            bad("role", format!("unknown role {name:?}; known are {known}"))
        })?),
    };
    let cursor = parameters.text("cursor").map(str::parse).transpose();
    Ok(AccountFilter {
        name: parameters.text("name").unwrap_or_default().to_owned(),
        role,
        before: cursor.map_err(|_| ReadError::BadCursor)?.map(UserId),
    })
}
