//! `GET /OpenPEX/bookings`: what reservations have of the nodes, as bars on a time line; the caller's
//! own, or everybody's for operators and auditors.

use axum::extract::State;
use axum::http::header::LINK;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use openpex_aggregates::{NodeName, ReservationId, TimeWindow, UserId};
use openpex_projections::{Booking, BookingFilter};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::docs::CallerProblems;
use super::limits::{BOOKINGS_LIMIT_DEFAULT, BOOKINGS_LIMIT_MAX};
use super::own_writes::wait_for_own_writes;
use super::ports::Page;
use super::problem::Problem;
use super::reply::{json, with_header};
use super::request::{Caller, Parameters};
use super::state::AppState;
use super::words::{BookingWord, ReservationStatus};

/// How long a time line is where the client does not say: a day, in milliseconds.
const RANGE_DEFAULT_MS: i64 = 24 * 3_600_000;

/// The route of bookings.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Instances of one reservation on one node, over one time.
#[derive(Serialize, ToSchema)]
#[schema(as = Booking)]
#[serde(rename_all = "camelCase")]
struct BookingOut {
    #[schema(value_type = String, format = Uuid)]
    reservation: ReservationId,
    #[schema(value_type = i64, example = 1)]
    userid: UserId,
    #[schema(value_type = String)]
    node: NodeName,
    count: u32,
    #[serde(rename = "type")]
    instance_type: String,
    #[schema(format = DateTime)]
    start_time: String,
    #[schema(format = DateTime)]
    end_time: String,
    /// Where the reservation stands.
    #[schema(value_type = ReservationStatus)]
    status: String,
    /// `firm` where both agreed on it, `held` where it is held for an offer.
    #[schema(value_type = BookingWord)]
    kind: &'static str,
    /// The number of the offer; of several that a reservation holds at most one comes true.
    offer: u32,
}

/// What reservations have of the nodes, as bars on a time line.
///
/// Takes `from`, `to`, `node`, `limit` and `cursor`, all of which may be left out: the next day of
/// every node. Oldest start first.
#[utoipa::path(
    get,
    path = "/OpenPEX/bookings",
    operation_id = "listBookings",
    tag = "Search",
    params(
        ("from" = Option<String>, Query, description = "RFC 3339 or RFC 1123; now where it is left out"),
        ("to" = Option<String>, Query, description = "RFC 3339 or RFC 1123; a day later where it is left out"),
        ("node" = Option<String>, Query, description = "Only this node"),
        ("limit" = Option<u32>, Query, description = "Most entries of this part", minimum = 1),
        ("cursor" = Option<String>, Query, description = "From the `Link` header of the part before it"),
    ),
    responses(
        (status = 200, description = "Oldest start first", body = Vec<BookingOut>,
            headers(("Link" = Option<String>, description = "The next part, where there is one (rel=\"next\")"))),
        CallerProblems,
    )
)]
async fn list(State(app): State<AppState>, caller: Caller, uri: Uri) -> Result<Response, Problem> {
    let sent = Parameters::of(&uri, &["from", "to", "node", "limit", "cursor"])?;
    let starts_at = sent.instant("from")?.unwrap_or_else(|| app.clock.now());
    let to = sent.instant("to")?;
    let filter = BookingFilter {
        window: TimeWindow {
            starts_at,
            ends_at: to.unwrap_or_else(|| starts_at.saturating_add(RANGE_DEFAULT_MS)),
        },
        user_id: caller.sees_only(),
        node: sent.text("node").map(|name| NodeName(name.to_owned())),
    };
    let page = Page {
        limit: sent.limit(BOOKINGS_LIMIT_DEFAULT, BOOKINGS_LIMIT_MAX)?,
        cursor: sent.text("cursor").map(str::to_owned),
    };
    wait_for_own_writes(&app, &caller).await?;
    let found = app.reads.bookings(&filter, &page).await?;
    let entries: Vec<_> = found.entries.into_iter().map(BookingOut::of).collect();
    let answer = json(StatusCode::OK, &entries);
    Ok(match found.next {
        Some(cursor) => with_header(answer, LINK, &sent.next_link(&cursor)),
        None => answer,
    })
}

impl BookingOut {
    fn of(booking: Booking) -> Self {
        Self {
            reservation: booking.reservation_id,
            userid: booking.user_id,
            node: booking.node,
            count: booking.count,
            instance_type: booking.instance_type,
            start_time: booking.window.starts_at.to_rfc3339(),
            end_time: booking.window.ends_at.to_rfc3339(),
            status: booking.status.to_string(),
            kind: booking.kind.as_str(),
            offer: booking.offer,
        }
    }
}
