//! `DELETE /OpenPEX/session`: logs a browser out.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, SET_COOKIE};
use axum::response::{IntoResponse as _, Response};

use crate::http::docs::{CallerProblems, ChangeProblems};
use crate::http::problem::Problem;
use crate::http::reply::with_header;
use crate::http::request::{Proof, SessionCookie};
use crate::http::state::AppState;

/// Log out.
///
/// 204 and the cookie is taken away, whether or not there was a session.
#[utoipa::path(
    delete,
    path = "/OpenPEX/session",
    operation_id = "logOut",
    tag = "Sessions",
    security(()),
    responses((status = 204, description = "Nobody is logged in"), CallerProblems, ChangeProblems)
)]
pub async fn delete(State(app): State<AppState>, request: Request) -> Result<Response, Problem> {
    let headers = request.headers();
    let response = StatusCode::NO_CONTENT.into_response();
    let cookie = SessionCookie::of(headers, app.site.public_url.as_ref());
    // With other credentials the cookie is not looked at.
    let cookie = cookie.filter(|_| !headers.contains_key(AUTHORIZATION));
    let Some(cookie) = cookie else {
        return Ok(response);
    };
    if let Some(sent) = cookie.sent(headers) {
        Proof::end_session(&app, &sent).await?;
    }
    Ok(with_header(response, SET_COOKIE, &cookie.cleared()))
}
