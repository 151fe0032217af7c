//! The id in a path.

use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use crate::http::problem::Problem;

/// The id of a `what` that the path names.
///
/// # Errors
/// 404 where it does not read: what is no id of one is none's.
pub async fn id_of<Id: FromStr, S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    what: &'static str,
) -> Result<Id, Problem> {
    let path = Path::<String>::from_request_parts(parts, state).await;
    path.ok()
        .and_then(|path| path.parse().ok())
        .ok_or_else(|| Problem::not_found(what))
}
