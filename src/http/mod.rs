//! The REST API (the paper's section 4; PROTOCOL, REST).
//!
//! Owns the wire: routes, credentials, bodies, forms, errors. It decides nothing: commands go to the
//! writer, reads to the views and the ledger. One file an endpoint.
//!
//! # Design notes
//!
//! A request passes, from the outside in: trailing slashes off; id, log line and the headers of every
//! answer ([`observe`]); where a browser says it comes from ([`guard_browsers`]); the time it may take; then its handler, which checks who asks, then the
//! path, then headers and body, and only then does anything. A client that
//! hangs up cancels nothing it has asked for ([`commands`]).

mod account;
mod bookings;
mod commands;
mod csv;
mod docs;
mod ended;
mod events;
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
mod session;
mod site;
mod standing;
mod state;
mod statistics;
mod tokens;
mod wire;

use axum::Router;
use axum::middleware;
use axum::response::IntoResponse;
use tower::Layer;
use tower_http::normalize_path::NormalizePathLayer;
use utoipa_axum::router::OpenApiRouter;

pub use docs::document;
pub use ports::{
    ClockControl, ClockError, CommandGate, InstanceListFilter, InstanceView, ListFilter, Listed,
    NodeLoad, Page, ReadError, ReadSide, Readiness, ReadinessCheck, ReservationListFilter,
    ReservationView, SeriesView, StandingRequestView,
};
pub use site::{PublicUrl, SITE_NAME, SiteSettings};
pub use state::{AppState, Parts};
pub(crate) use wire::words;

use limits::{CLOCK_TIME_MAX, REQUEST_TIME_MAX};
use observe::{observe, within};
use problem::{method_not_allowed, unknown_route};
use request::guard_browsers;

/// Everything that is served: the API under `/OpenPEX`, health, and the portal everywhere else.
///
/// Serve it with connect info (`into_make_service_with_connect_info::<SocketAddr>()`), so that
/// failed log-ins are counted by network.
pub fn router(state: AppState) -> Router {
    let quick = Router::from(quick())
        .merge(docs::routes())
        .fallback_service(crate::portal::router(|| unknown_route().into_response()))
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn(|request, next| {
            within(REQUEST_TIME_MAX, request, next)
        }));
    let patient = Router::from(patient())
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn(|request, next| {
            within(CLOCK_TIME_MAX, request, next)
        }));
    let routes = quick
        .merge(patient)
        .layer(middleware::from_fn_with_state(
            state.clone(),
            guard_browsers,
        ))
        .layer(middleware::from_fn(observe))
        .with_state(state);
    // Routes are matched inside of the layer that takes the slash off, so it wraps all of them.
    Router::new().fallback_service(NormalizePathLayer::trim_trailing_slash().layer(routes))
}

/// The endpoints that answer within [`REQUEST_TIME_MAX`]. Every endpoint is registered here or in
/// [`patient`] by `routes!`, which takes none without a description.
fn quick() -> OpenApiRouter<AppState> {
    reservations::routes()
        .merge(instances::routes())
        .merge(site::routes())
        .merge(account::routes())
        .merge(session::routes())
        .merge(tokens::routes())
        .merge(search::routes())
        .merge(series::routes())
        .merge(standing::routes())
        .merge(bookings::routes())
        .merge(statistics::routes())
        .merge(events::routes())
        .merge(docs::document_route())
}

/// The endpoints that may take as long as [`CLOCK_TIME_MAX`].
fn patient() -> OpenApiRouter<AppState> {
    site::clock_routes()
}
