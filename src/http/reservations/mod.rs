//! Reservations: the negotiation and what came of it (Table 2, rows 1 to 6, and the history).

mod activate;
mod create;
mod delete;
mod dry_run;
mod explain;
mod history;
mod life;
mod list;
mod options;
mod refund;
mod show;
mod update;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::ETAG;
use axum::http::request::Parts;
use axum::response::Response;
use openpex_aggregates::ReservationId;
use openpex_aggregates::live::Answer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::commands::answered_otherwise;
use super::observe::RequestNotes;
use super::own_writes::wait_for_own_writes;
use super::ports::ReservationView;
use super::problem::Problem;
use super::reply::{json, with_header};
use super::request::{Caller, etag_of, id_of};
use super::state::AppState;
use super::wire::NegotiationAnswer;
use crate::writer::Committed;

/// The routes under `/OpenPEX/reservations`.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(show::show, update::update, delete::delete))
        .routes(routes!(activate::activate))
        .routes(routes!(options::options))
        .routes(routes!(refund::refund))
        .routes(routes!(explain::explain))
        .routes(routes!(history::history))
}

/// The reservation that a path names; what is no id of one is no reservation's.
struct ReservationPath {
    id: ReservationId,
    notes: RequestNotes,
}

impl<S: Send + Sync> FromRequestParts<S> for ReservationPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let id = id_of(parts, state, "reservation").await?;
        let notes = RequestNotes::of(&parts.extensions);
        notes.note_reservation(id);
        Ok(Self { id, notes })
    }
}

impl ReservationPath {
    /// The reservation as the views have it, with the caller's own writes.
    ///
    /// # Errors
    /// 404 where it is not there or not theirs to see.
    async fn find(&self, app: &AppState, caller: &Caller) -> Result<ReservationView, Problem> {
        wait_for_own_writes(app, caller).await?;
        let found = app.reads.find_reservation(self.id).await?;
        let view = found
            .filter(|view| caller.may_see(view.reservation.user_id))
            .ok_or_else(|| Problem::not_found("reservation"))?;
        self.notes.note_position(view.position);
        Ok(view)
    }
}

/// The answer to a command about a reservation; the same for the same command, however late.
fn answer(committed: &Committed, notes: &RequestNotes) -> Result<Response, Problem> {
    let position = committed.position;
    let Answer::Reservation {
        reservation_id,
        reservation,
        sequence,
    } = &committed.answer
    else {
        return Err(answered_otherwise(position));
    };
    let (id, sequence) = (*reservation_id, *sequence);
    notes.note_reservation(id);
    notes.note_position(position);
    let body = NegotiationAnswer::of(id, reservation, position);
    Ok(with_header(
        json(StatusCode::OK, &body),
        ETAG,
        &etag_of(sequence),
    ))
}
