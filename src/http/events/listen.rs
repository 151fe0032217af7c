//! `GET /OpenPEX/events`: server-sent events from a position on.
//!
//! An event's `id` is its position. `Last-Event-ID` (what a browser sends when it comes back) or `after`
//! says up to where the client has been told; without either, the stream begins where the views are. A
//! position that this ledger has not reached is refused with 409, since it is of another ledger; one that
//! lies too far back with 410: reading the state anew is cheaper than being told all that led to it.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use openpex_aggregates::ReservationId;
use std::convert::Infallible;
use tokio::sync::mpsc;

use super::stream::EventStream;
use crate::event_feed::StreamEvent;
use crate::http::docs::{CallerProblems, NotThere, StreamProblems, StreamQuery};
use crate::http::limits::{EVENTS_BEHIND_MAX, READ_WAIT_MAX, STREAM_CHUNKS_MAX};
use crate::http::own_writes::wait_for_own_writes;
use crate::http::problem::Problem;
use crate::http::request::{Caller, Parameters};
use crate::http::state::AppState;

const LAST_EVENT_ID: &str = "last-event-id";
const PARAMETERS: [&str; 2] = ["after", "reservation"];
/// Tells a proxy to pass on each event as it comes.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// What is asked of a stream.
pub struct Asked {
    /// Up to where the client has been told.
    after: Option<u64>,
    /// The only reservation it is about.
    reservation: Option<ReservationId>,
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = Parameters::of(&parts.uri, &PARAMETERS)?;
        // A browser comes back to the same path, `after` included; its header is the newer of the two.
        let after = match parts.headers.get(LAST_EVENT_ID) {
            Some(id) => Some(position_in(
                "Last-Event-ID",
                id.to_str().unwrap_or_default(),
            )?),
            None => query
                .text("after")
                .map(|text| position_in("after", text))
                .transpose()?,
        };
        let reservation = query.text("reservation").map(str::parse).transpose();
        Ok(Self {
            after,
            reservation: reservation.map_err(|_| Problem::not_found("reservation"))?,
        })
    }
}

fn position_in(name: &'static str, text: &str) -> Result<u64, Problem> {
    text.parse().map_err(|_| {
        let detail = format!("{name} is the position of an event, not {text:?}");
        Problem::malformed("bad_parameter", detail).with("parameter", name)
    })
}

/// Listen to events.
///
/// Server-sent events: each has its position as `id`, its name as `event`, and a `StreamEvent` as `data`;
/// it is sent once every read shows it. `position` says how far the stream is, at its beginning, once it has
/// caught up, and every 15 s of silence; `end` why it ends: the service stops, the credentials have ended,
/// or the client is too slow. A user hears of what is theirs, of nodes and of policy; operators and auditors
/// of everything.
#[utoipa::path(
    get,
    path = "/OpenPEX/events",
    operation_id = "listenToEvents",
    tag = "Events",
    params(StreamQuery, ("Last-Event-ID" = Option<u64>, Header, description = "What a browser sends when it comes back; goes before `after`")),
    responses((status = 200, description = "Goes on until it ends", body = StreamEvent, content_type = "text/event-stream"), CallerProblems, NotThere, StreamProblems)
)]
pub async fn listen(
    State(app): State<AppState>,
    caller: Caller,
    asked: Asked,
) -> Result<Response, Problem> {
    wait_for_own_writes(&app, &caller).await?;
    if let Some(id) = asked.reservation {
        check_visible(&app, &caller, id).await?;
    }
    let place = app.event_streams().take(caller.user_id())?;
    let (begin, head) = begin_at(&app, asked.after).await?;
    let (chunks, received) = mpsc::channel(STREAM_CHUNKS_MAX);
    let stream = EventStream::new(app.clone(), caller, chunks)
        .about(asked.reservation)
        .from(begin, head);
    app.tasks.spawn(async move {
        stream.run().await;
        drop(place);
    });
    let body = unfold(received, |mut received: mpsc::Receiver<Bytes>| async {
        let chunk = received.recv().await?;
        Some((Ok::<_, Infallible>(chunk), received))
    });
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (X_ACCEL_BUFFERING, HeaderValue::from_static("no")),
    ];
    Ok((StatusCode::OK, headers, Body::from_stream(body)).into_response())
}

/// 404 for a reservation that is not there or not theirs.
async fn check_visible(app: &AppState, caller: &Caller, id: ReservationId) -> Result<(), Problem> {
    app.reads
        .find_reservation(id)
        .await?
        .filter(|view| caller.may_see(view.reservation.user_id))
        .map(|_| ())
        .ok_or_else(|| Problem::not_found("reservation"))
}

/// Up to where the client has been told, and how far the views are.
async fn begin_at(app: &AppState, after: Option<u64>) -> Result<(u64, u64), Problem> {
    let reached = || {
        let behind = || Problem::unavailable("views_behind", "the views may not be shown yet");
        app.events.reached().ok_or_else(behind)
    };
    let Some(after) = after else {
        let head = reached()?;
        return Ok((head, head));
    };
    if after > reached()? {
        let head = app.ledger.head().await?.position;
        if after > head {
            let detail = format!("this ledger ends at {head}, so {after} is no position of it");
            return Err(Problem::conflict("position_ahead", detail).with("head", head));
        }
        // The client was told of it in an answer, before the views were there.
        let there = tokio::time::timeout(READ_WAIT_MAX, app.reads.wait_for(after)).await;
        there.map_err(|_| {
            let detail = format!("the views have not reached position {after} yet");
            Problem::unavailable("views_behind", detail).with("position", after)
        })??;
    }
    let head = reached()?;
    check_not_too_old(after, head)?;
    Ok((after, head))
}

/// 410 where more than [`EVENTS_BEHIND_MAX`] events lie between.
fn check_not_too_old(after: u64, head: u64) -> Result<(), Problem> {
    if head.saturating_sub(after) <= EVENTS_BEHIND_MAX {
        return Ok(());
    }
    let detail = format!(
        "{after} lies more than {EVENTS_BEHIND_MAX} events behind {head}: read anew what you show, and \
         listen from now on"
    );
    let gone = Problem::new(StatusCode::GONE, "position_too_old", detail);
    Err(gone.with("head", head).with("limit", EVENTS_BEHIND_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_begins_at_most_so_far_back() {
        assert!(check_not_too_old(7, EVENTS_BEHIND_MAX + 7).is_ok());
        let gone = check_not_too_old(7, EVENTS_BEHIND_MAX + 8).unwrap_err();
        assert_eq!(gone.status(), StatusCode::GONE);
        assert!(
            check_not_too_old(9, 8).is_ok(),
            "the views are a step behind"
        );
    }
}
