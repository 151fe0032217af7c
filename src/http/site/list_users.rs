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
use crate::http::request::{Caller, Parameters, percent_encode};
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
    let limit = limit_of(&parameters)?;
    let more = limit.saturating_add(1);
    let found = app.authenticator.accounts().list(&filter, more).await?;
    let page = usize::try_from(limit).unwrap_or(usize::MAX);
    let entries: Vec<UserOut> = found.iter().take(page).map(Into::into).collect();
    let last = entries.last().filter(|_| found.len() > page);
    let link = last.map(|last| next_link(&filter, limit, last.userid));
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

fn limit_of(parameters: &Parameters) -> Result<u32, Problem> {
    let asked = parameters.integer("limit")?;
    let Some(asked) = asked else {
        return Ok(LIST_LIMIT_DEFAULT);
    };
    let limit = u32::try_from(asked).ok();
    limit
        .filter(|limit| (1..=LIST_LIMIT_MAX).contains(limit))
        .ok_or_else(|| {
            let detail = format!("limit is a number from 1 to {LIST_LIMIT_MAX}, not {asked}");
            bad("limit", detail).with("max", LIST_LIMIT_MAX)
        })
}

fn bad(name: &str, detail: String) -> Problem {
    Problem::malformed("bad_parameter", detail).with("parameter", name)
}

/// The value of a `Link` header to the part after this one (RFC 8288).
fn next_link(filter: &AccountFilter, limit: u32, last: UserId) -> String {
    let mut query = format!("limit={limit}&cursor={}", last.0);
    if let Some(role) = filter.role {
        query.push_str("&role=");
        query.push_str(role.as_str());
    }
    if !filter.name.is_empty() {
        query.push_str("&name=");
        percent_encode(&filter.name, &mut query);
    }
    format!("</OpenPEX/users?{query}>; rel=\"next\"")
}
