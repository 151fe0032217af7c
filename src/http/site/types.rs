//! `GET /OpenPEX/types`: the sizes an instance can have.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::http::docs::CallerProblems;
use crate::http::problem::Problem;
use crate::http::reply::json;
use crate::http::request::Caller;
use crate::http::state::AppState;
use crate::http::wire::TypeOut;

/// List the sizes an instance can have.
///
/// All of them.
#[utoipa::path(
    get,
    path = "/OpenPEX/types",
    operation_id = "listInstanceTypes",
    tag = "Site",
    responses((status = 200, description = "All of them", body = Vec<TypeOut>), CallerProblems)
)]
pub async fn list(State(app): State<AppState>, _: Caller) -> Result<Response, Problem> {
    let entries: Vec<TypeOut> = app
        .reads
        .policy()
        .await?
        .types
        .into_iter()
        .map(Into::into)
        .collect();
    Ok(json(StatusCode::OK, &entries))
}
