//! `GET /OpenPEX/session`: who the caller is, by whatever they were let in.

use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::SessionOut;
use crate::http::docs::CallerProblems;
use crate::http::problem::Problem;
use crate::http::reply::json;
use crate::http::request::{Caller, Proof, unauthorized};
use crate::http::state::AppState;

/// Who the caller is.
///
/// By whatever credentials they sent. 401 `no_session` where nobody is logged in, `session_ended` where somebody was.
#[utoipa::path(
    get,
    path = "/OpenPEX/session",
    operation_id = "getSession",
    tag = "Sessions",
    responses((status = 200, description = "Who they are", body = SessionOut), CallerProblems)
)]
pub async fn show(State(app): State<AppState>, request: Request) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    if Proof::of(&parts.headers, &parts.extensions, &app)?.is_none() {
        return Err(unauthorized("no_session", "nobody is logged in"));
    }
    let caller = Caller::from_request_parts(&mut parts, &app).await?;
    let out = SessionOut::of(&caller.account, caller.expires_at);
    Ok(json(StatusCode::OK, &out))
}
