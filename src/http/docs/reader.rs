//! The reader of the description, at `/docs`: Swagger UI, served from this binary under a policy that
//! lets it load and ask nothing elsewhere.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use utoipa_swagger_ui::{Config, serve};

use crate::http::problem::{Problem, unknown_route};
use crate::http::state::AppState;

const PAGE: &str = include_str!("page.html");
const READER: &str = include_str!("reader.js");
/// What is served of Swagger UI's files.
const FILES: [&str; 2] = ["swagger-ui.css", "swagger-ui-bundle.js"];
const HEADERS: [(HeaderName, HeaderValue); 3] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
             connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

/// The routes of the page and of what it loads.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/docs", get(page))
        .route("/docs/{file}", get(file))
}

async fn page() -> impl IntoResponse {
    (HEADERS, Html(PAGE))
}

async fn file(Path(name): Path<String>) -> Result<Response, Problem> {
    if name == "reader.js" {
        let content_type = [(CONTENT_TYPE, "text/javascript; charset=utf-8")];
        return Ok((HEADERS, content_type, READER).into_response());
    }
    if !FILES.contains(&name.as_str()) {
        return Err(unknown_route());
    }
    let config = Arc::new(Config::from("/OpenPEX/openapi.json"));
    // An embedded file cannot fail to be read; only the initialiser, which is not served, is made.
    let found = serve(&name, config).ok().flatten();
    let Some(file) = found else {
        tracing::error!(name, "a file of the reader is not there");
        return Err(Problem::internal());
    };
    let content_type = [(CONTENT_TYPE, file.content_type)];
    Ok((HEADERS, content_type, file.bytes.into_owned()).into_response())
}
