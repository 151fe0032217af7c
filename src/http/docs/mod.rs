//! The description of the API (OpenAPI 3.1), made from the endpoints themselves.
//!
//! Owns what no single endpoint says: the title, the tags, how to authenticate. An endpoint is
//! described beside its handler; the router takes none that is not.

mod parameters;
mod problems;
mod reader;

use std::sync::LazyLock;

use axum::http::StatusCode;
use axum::response::Response;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, OpenApi, PathItem, RefOr, Schema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::reply::json;
use super::state::AppState;
use super::words::{AnswerForm, SummedBy};
pub use parameters::{
    AsOfQuery, InstancesQuery, MatchHeader, NoneMatchHeader, OwnerQuery, PageQuery, RepeatHeader,
    ReservationsQuery, StepsQuery, StreamQuery, WindowQuery,
};
pub use problems::{
    AsOfProblems, CallerProblems, ChangeProblems, CommandProblems, NotThere, ProblemSchema,
    StatisticsProblems, StreamProblems,
};
pub use reader::routes;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "OpenPEX", license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")),
    security(("basic" = []), ("bearer" = []), ("cookie" = [])),
    components(schemas(ProblemSchema, AnswerForm, SummedBy)),
    tags(
        (name = "Reservations", description = "Negotiations and what came of them"),
        (name = "Instances", description = "The virtual machines of reservations"),
        (name = "Series", description = "The same terms again and again"),
        (name = "Standing requests", description = "To be told, or offered, when something better becomes possible"),
        (name = "Search", description = "What could be had, when, and for how much; nothing is held"),
        (name = "Sessions", description = "How a browser logs in, and the tokens of programs"),
        (name = "Accounts", description = "Users, balances and their entries"),
        (name = "Events", description = "What happens, as it happens"),
        (name = "Site", description = "What the site has, and its clock"),
        (name = "Statistics", description = "What was used, asked and paid, for operators and auditors"),
        (name = "Health", description = "For whoever runs the process; without credentials"),
    )
)]
struct Described;

/// The description of every endpoint.
#[must_use]
pub fn document() -> OpenApi {
    let described = <Described as utoipa::OpenApi>::openapi();
    let endpoints = OpenApiRouter::with_openapi(described)
        .merge(super::quick())
        .merge(super::patient());
    let mut document = endpoints.into_openapi();
    let components = document.components.get_or_insert_with(Components::new);
    let http = |scheme, says: &str| {
        let scheme = HttpBuilder::new().scheme(scheme).description(Some(says));
        SecurityScheme::Http(scheme.build())
    };
    let cookie = ApiKeyValue::with_description(
        "__Host-openpex",
        "A log-in by POST /OpenPEX/session; on a loopback address without TLS the cookie is called \
         openpex_session. Requests that change something must come from the same origin.",
    );
    for (name, scheme) in [
        (
            "basic",
            http(HttpAuthScheme::Basic, "A name and a password (RFC 7617)"),
        ),
        (
            "bearer",
            http(
                HttpAuthScheme::Bearer,
                "An API token, made by POST /OpenPEX/tokens",
            ),
        ),
        ("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie))),
    ] {
        components.add_security_scheme(name, scheme);
    }
    document
        .paths
        .paths
        .values_mut()
        .for_each(let_bodies_be_left_out);
    document
}

/// A body that can be left out is described as optional, not as one that may be `null`.
fn let_bodies_be_left_out(path: &mut PathItem) {
    let operations = [&mut path.post, &mut path.put];
    let bodies = operations
        .into_iter()
        .flatten()
        .filter_map(|operation| operation.request_body.as_mut());
    for content in bodies.flat_map(|body| body.content.values_mut()) {
        if let Some(RefOr::T(Schema::OneOf(one_of))) = &mut content.schema {
            content.schema = one_of.items.pop();
        }
    }
}

/// The route of the document itself.
pub fn document_route() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(show))
}

/// Show this document.
#[utoipa::path(
    get,
    path = "/OpenPEX/openapi.json",
    operation_id = "getOpenApi",
    tag = "Site",
    security(()),
    responses((status = 200, description = "OpenAPI 3.1", body = Object))
)]
pub async fn show() -> Response {
    // The endpoints are the same as long as the program runs.
    static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(document);
    json(StatusCode::OK, &*DOCUMENT)
}
