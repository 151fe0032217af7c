//! The REST API (the paper's section 4; PROTOCOL, REST).
//!
//! Owns the wire: routes, credentials, bodies, forms, errors. It decides nothing: commands go to the
//! writer, reads to the views and the ledger. One file an endpoint.
//!
//! # Design notes
//!
//! A request passes, from the outside in: trailing slashes off; id, log line and the headers of every
//! answer ([`observe`]); the time it may take; then its handler, which checks who asks, then the
//! path, then headers and body, and only then does anything. A client that
//! hangs up cancels nothing it has asked for ([`commands`]).

mod account;
mod bookings;
mod commands;
mod csv;
mod ended;
mod instances;
pub mod limits;
mod observe;
mod own_writes;
mod ports;
mod problem;
mod refusal;
mod reply;
mod request;
mod reservations;
mod search;
mod series;
mod site;
mod standing;
mod state;
mod statistics;
mod wire;

use axum::Router;
use axum::middleware;
use axum::routing::get;
use tower::Layer;
use tower_http::normalize_path::NormalizePathLayer;

pub use ports::{
    ClockControl, ClockError, CommandGate, InstanceView, ListFilter, Listed, NodeLoad, Page,
    ReadError, ReadSide, Readiness, ReadinessCheck, ReservationView, SeriesView,
    StandingRequestView,
};
pub use reservations::SENDER_KEY;
pub use state::{AppState, Parts};

use limits::{CLOCK_TIME_MAX, REQUEST_TIME_MAX};
use observe::{observe, within};
use problem::{method_not_allowed, unknown_route};
use site::{clock, health};

/// Everything that is served: the API under `/OpenPEX`, health, and the page at `/`.
///
/// Serve it with connect info (`into_make_service_with_connect_info::<SocketAddr>()`), so that
/// failed log-ins are counted by network.
pub fn router(state: AppState) -> Router {
    let quick = reservations::routes()
        .merge(instances::routes())
        .merge(site::routes())
        .merge(account::routes())
        .merge(search::routes())
        .merge(series::routes())
        .merge(standing::routes())
        .merge(bookings::routes())
        .merge(statistics::routes())
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .merge(crate::portal::routes())
        .fallback(unknown_route)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn(|request, next| {
            within(REQUEST_TIME_MAX, request, next)
        }));
    let patient = Router::new()
        .route("/OpenPEX/clock", get(clock::now).post(clock::set))
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn(|request, next| {
            within(CLOCK_TIME_MAX, request, next)
        }));
    let routes = quick
        .merge(patient)
        .layer(middleware::from_fn(observe))
        .with_state(state);
    // Routes are matched inside of the layer that takes the slash off, so it wraps all of them.
    Router::new().fallback_service(NormalizePathLayer::trim_trailing_slash().layer(routes))
}
