//! Standing requests: to be told, or offered, when an earlier or cheaper window becomes possible.

mod create;
mod delete;
mod list;
mod read;
mod refusal;
mod show;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::ETAG;
use axum::http::request::Parts;
use axum::response::Response;
use openpex_aggregates::StandingRequestId;
use openpex_aggregates::live::Answer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::commands::answered_otherwise;
use super::problem::Problem;
use super::reply::{json, with_header};
use super::request::{etag_of, id_of};
use super::state::AppState;
use super::wire::StandingRequestOut;
use crate::writer::Committed;

/// The routes under `/OpenPEX/standing-requests`.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(show::show, delete::delete))
}

/// The standing request that a path names; what is no id of one is no request's.
struct StandingPath(StandingRequestId);

impl<S: Send + Sync> FromRequestParts<S> for StandingPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        id_of(parts, state, "standing request").await.map(Self)
    }
}

/// The answer to a command about a standing request; the same for the same command, however late.
fn answer(committed: &Committed) -> Result<(StandingRequestId, Response), Problem> {
    let position = committed.position;
    if let Answer::StandingRequest {
        standing_request_id: id,
        request,
        sequence,
    } = &committed.answer
    {
        let body = StandingRequestOut::of(*id, request, position);
        let response = json(StatusCode::OK, &body);
        let response = with_header(response, ETAG, &etag_of(*sequence));
        return Ok((*id, response));
    }
    Err(answered_otherwise(position))
}
