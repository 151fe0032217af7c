//! Browsers: requests that a page of another site makes its visitor's browser send, and challenges that
//! a browser would answer with a dialog of its own. One layer around all routes.
//!
//! # Design notes
//!
//! A browser says where a request comes from (`Sec-Fetch-Site`, Fetch Metadata). From another site it
//! may change nothing here, whatever it carries. Where a request is let in by what the browser adds by
//! itself, the cookie, the browser has to vouch for it: `same-origin` or `none`, and where an old
//! browser does not say so, its `Origin` is the host it asked. Logging in has to be vouched for as well,
//! or another site could log its visitor in as somebody else.

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::cookie::{authority_of, carries_any, is_loopback};
use crate::http::problem::Problem;
use crate::http::site::PublicUrl;
use crate::http::state::AppState;

/// What a page is told that it has to log in by: nothing that makes the browser ask by itself.
const CHALLENGE_TO_PAGES: HeaderValue = HeaderValue::from_static("Bearer realm=\"OpenPEX\"");

/// Refuses what comes from another site, and keeps browsers' own log-in dialog away from pages.
pub async fn guard_browsers(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let from_page = request.headers().contains_key("sec-fetch-mode");
    let changes = !request.method().is_safe();
    let mut response = match check_site(request.headers(), app.site.public_url.as_ref()) {
        Err(problem) if changes => problem.into_response(),
        Ok(()) | Err(_) => next.run(request).await,
    };
    if from_page && response.status() == StatusCode::UNAUTHORIZED {
        response
            .headers_mut()
            .insert(WWW_AUTHENTICATE, CHALLENGE_TO_PAGES);
    }
    response
}

/// For a request that changes something.
fn check_site(headers: &HeaderMap, public_url: Option<&PublicUrl>) -> Result<(), Problem> {
    let by_cookie = !headers.contains_key(AUTHORIZATION) && carries_any(headers);
    match headers.get("sec-fetch-site") {
        None if !by_cookie => Ok(()),
        None | Some(_) => check_own_site(headers, public_url),
    }
}

/// Checks that a page of this very service sends the request, or nobody's page does.
///
/// # Errors
/// 403.
pub fn check_own_site(headers: &HeaderMap, public_url: Option<&PublicUrl>) -> Result<(), Problem> {
    if let Some(site) = headers.get("sec-fetch-site") {
        return match site.as_bytes() {
            b"same-origin" | b"none" => Ok(()),
            _ => {
                let detail = "a page of another site may not change anything here";
                Err(Problem::forbidden("cross_site_request", detail))
            }
        };
    }
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    if let (Some(origin), Some(host)) = (text(ORIGIN), text(HOST))
        && is_own(origin, host, public_url)
    {
        return Ok(());
    }
    let detail = "a request with a session's cookie, and a log-in, says where it comes from: \
                  Sec-Fetch-Site: same-origin, or an Origin that is the host it asks";
    Err(Problem::forbidden("cross_site_request", detail))
}

fn is_own(origin: &str, host: &str, public_url: Option<&PublicUrl>) -> bool {
    let is_of_host = || authority_of(origin).is_some_and(|own| own.eq_ignore_ascii_case(host));
    match public_url {
        None => is_of_host(),
        // On the machine itself it may be asked past its proxy.
        Some(public) => public.is_origin(origin) || (is_loopback(host) && is_of_host()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(pairs: &[(&'static str, &str)], public_url: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        let public_url = public_url.map(|url| PublicUrl::parse(url).unwrap());
        check_site(&headers, public_url.as_ref()).is_ok()
    }

    const COOKIE: (&str, &str) = ("cookie", "openpex_session=x");
    const HERE: (&str, &str) = ("host", "pex.example.org");

    #[test]
    fn given_a_cookie_when_nothing_vouches_for_the_request_then_it_is_refused() {
        assert!(!checked(&[COOKIE, HERE], None));
        assert!(!checked(&[("cookie", "__Host-openpex=x"), HERE], None));
        assert!(!checked(&[COOKIE, HERE, ("origin", "null")], None));
        assert!(!checked(
            &[COOKIE, HERE, ("origin", "https://evil.example")],
            None
        ));
        assert!(!checked(
            &[COOKIE, HERE, ("origin", "https://pex.example.org.evil")],
            None
        ));
        assert!(!checked(
            &[COOKIE, HERE, ("origin", "https://pex.example.org:81")],
            None
        ));
        for site in ["cross-site", "same-site", "whatever", ""] {
            let own = ("origin", "https://pex.example.org");
            assert!(!checked(
                &[COOKIE, HERE, own, ("sec-fetch-site", site)],
                None
            ));
        }
        assert!(checked(
            &[COOKIE, HERE, ("origin", "https://pex.example.org")],
            None
        ));
        assert!(checked(&[COOKIE, ("sec-fetch-site", "same-origin")], None));
        assert!(checked(&[COOKIE, ("sec-fetch-site", "none")], None));
        assert!(checked(&[HERE, ("cookie", "theme=dark")], None));
        assert!(checked(&[COOKIE, HERE, ("authorization", "Basic x")], None));
    }

    #[test]
    fn given_a_public_url_when_there_is_only_an_origin_then_it_is_that_one() {
        let public = Some("https://pex.example.org");
        let from = |host, origin| checked(&[COOKIE, ("host", host), ("origin", origin)], public);
        assert!(from("10.0.0.1:8080", "https://pex.example.org"));
        assert!(!from("pex.example.org", "http://pex.example.org"));
        assert!(!from("10.0.0.1:8080", "http://10.0.0.1:8080"));
        assert!(from("127.0.0.1:8080", "http://127.0.0.1:8080"));
    }

    #[test]
    fn given_another_site_when_it_sends_credentials_or_none_then_it_is_refused_too() {
        assert!(!checked(
            &[
                ("sec-fetch-site", "cross-site"),
                ("authorization", "Basic x")
            ],
            None
        ));
        assert!(!checked(&[("sec-fetch-site", "same-site")], None));
        assert!(checked(&[], None));
    }
}
