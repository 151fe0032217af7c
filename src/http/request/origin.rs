//! Requests that a page of another site makes its visitor's browser send.

use axum::http::HeaderMap;

use crate::http::problem::Problem;

/// Refuses what a browser says comes from another site (Fetch Metadata): it would carry the
/// visitor's credentials without their will.
///
/// # Errors
/// 403.
pub(super) fn refuse_cross_site(headers: &HeaderMap) -> Result<(), Problem> {
    let site = headers.get("sec-fetch-site").map(|value| value.as_bytes());
    if site.is_some_and(|site| site == b"cross-site" || site == b"same-site") {
        let detail = "a page of another site may not change anything here";
        return Err(Problem::forbidden("cross_site_request", detail));
    }
    Ok(())
}
