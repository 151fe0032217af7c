//! Series: the same terms again and again, each occurrence a reservation of its own.

mod create;
mod delete;
mod list;
mod read;
mod refusal;
mod show;
mod update;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::ETAG;
use axum::http::request::Parts;
use axum::response::Response;
use openpex_aggregates::SeriesId;
use openpex_aggregates::live::Answer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::commands::answered_otherwise;
use super::problem::Problem;
use super::reply::{json, with_header};
use super::request::{etag_of, id_of};
use super::state::AppState;
use super::wire::SeriesOut;
use crate::writer::Committed;

/// The routes under `/OpenPEX/series`.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(show::show, update::update, delete::delete))
}

/// The series that a path names; what is no id of one is no series'.
struct SeriesPath(SeriesId);

impl<S: Send + Sync> FromRequestParts<S> for SeriesPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        id_of(parts, state, "series").await.map(Self)
    }
}

/// The answer to a command about a series; the same for the same command, however late.
fn answer(committed: &Committed) -> Result<(SeriesId, Response), Problem> {
    let position = committed.position;
    if let Answer::Series {
        series_id,
        series,
        statuses,
        sequence,
    } = &committed.answer
    {
        let body = SeriesOut::of(*series_id, series, statuses, position);
        let response = json(StatusCode::OK, &body);
        let response = with_header(response, ETAG, &etag_of(*sequence));
        return Ok((*series_id, response));
    }
    Err(answered_otherwise(position))
}
