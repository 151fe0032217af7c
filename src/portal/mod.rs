//! Serves the portal: the committed build of `web/`, embedded in the program.
//!
//! Owns its files and the headers they go out with. It knows nothing of the API, of which the portal
//! is a client like any other, and has no state.

use axum::Router;
use axum::extract::Request;
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    REFERRER_POLICY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};

/// Every address of the portal is this page; what it shows is in the address.
const PAGE: &str = "index.html";
/// The names of these files tell their content, so they never change.
const ASSETS: &str = "assets/";
/// Scripts, styles, pictures and the API from here; nothing from elsewhere, nothing inline.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";
const CROSS_ORIGIN_OPENER_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-opener-policy");

#[derive(RustEmbed)]
#[folder = "web/dist"]
struct Files;

/// The portal's files, and its page at every other path that is asked for as a page; what is neither
/// is answered by `otherwise`. Compressed where the client takes it.
pub fn router(otherwise: fn() -> Response) -> Router {
    let serve = move |request: Request| async move {
        let (method, path) = (request.method(), request.uri().path());
        let found = matches!(*method, Method::GET | Method::HEAD)
            .then(|| find(path, request.headers()))
            .flatten();
        match found {
            Some((name, file)) => answer(name, file, request.headers()),
            None => otherwise(),
        }
    };
    // Fonts are compressed already.
    let texts = DefaultPredicate::new().and(NotForContentType::const_new("font/"));
    Router::new()
        .fallback(serve)
        .layer(CompressionLayer::new().compress_when(texts))
}

fn find<'p>(path: &'p str, headers: &HeaderMap) -> Option<(&'p str, EmbeddedFile)> {
    let name = path.trim_start_matches('/');
    if let Some(file) = Files::get(name) {
        return Some((name, file));
    }
    let accepts = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    let is_page = name.is_empty() || accepts.is_some_and(|a| a.contains("text/html"));
    // The API's paths are the API's, also those that it does not have.
    let is_api = name == "OpenPEX" || name.starts_with("OpenPEX/");
    (is_page && !is_api)
        .then(|| Files::get(PAGE))
        .flatten()
        .map(|page| (PAGE, page))
}

fn answer(name: &str, file: EmbeddedFile, headers: &HeaderMap) -> Response {
    let mut etag = String::from("\"");
    for byte in &file.metadata.sha256_hash()[..16] {
        etag += &format!("{byte:02x}");
    }
    etag += "\"";
    let lifetime = if name.starts_with(ASSETS) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let sent = headers
        .get(IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    // What is compressed on the way goes out under a weak tag.
    let mut response = if sent.is_some_and(|sent| sent.contains(&etag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        file.data.into_response()
    };
    let texts = [
        (CONTENT_TYPE, file.metadata.mimetype()),
        (CACHE_CONTROL, lifetime),
        (ETAG, &format!("W/{etag}")),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
    ];
    for (header, text) in texts {
        if let Ok(value) = HeaderValue::from_str(text) {
            response.headers_mut().insert(header, value);
        }
    }
    response
}
