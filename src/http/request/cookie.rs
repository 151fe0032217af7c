//! The cookie of a browser's session.
//!
//! The service speaks plain HTTP, so it cannot see whether TLS is in front of it: `public_url` says so.
//! Without TLS a cookie is only given on a loopback address, where nothing goes over a wire.

use axum::http::HeaderMap;
use axum::http::header::{COOKIE, HOST, ORIGIN};

use crate::accounts::LoginSecret;
use crate::http::site::PublicUrl;

/// Over TLS; the prefix has the browser refuse it from anywhere else (RFC 6265bis).
const SECURE_NAME: &str = "__Host-openpex";
/// On a loopback address.
const LOOPBACK_NAME: &str = "openpex_session";

/// Which cookie a request can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionCookie {
    /// One that the browser sends over TLS only.
    Secure,
    /// One for a loopback address.
    Loopback,
}

impl SessionCookie {
    /// That of a request with these headers; `None` where it would go over a wire in the clear.
    #[must_use]
    pub fn of(headers: &HeaderMap, public_url: Option<&PublicUrl>) -> Option<Self> {
        if public_url.is_some_and(PublicUrl::is_secure) {
            return Some(Self::Secure);
        }
        let host = headers.get(HOST)?.to_str().ok()?;
        // A proxy that passes on another host than the browser asked is given away by the origin.
        let origin_is_near = headers.get(ORIGIN).is_none_or(|origin| {
            let authority = origin.to_str().ok().and_then(authority_of);
            authority.is_some_and(is_loopback)
        });
        (is_loopback(host) && origin_is_near).then_some(Self::Loopback)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Secure => SECURE_NAME,
            Self::Loopback => LOOPBACK_NAME,
        }
    }

    /// What the request carries as this cookie; `None` where it carries none.
    #[must_use]
    pub fn sent(self, headers: &HeaderMap) -> Option<String> {
        values_of(headers, self.name())
            .next()
            .map(ToOwned::to_owned)
    }

    /// `Set-Cookie` with this secret. It has no `Max-Age`: the browser forgets it when it is closed, and
    /// when the session ends is the service's to say.
    #[must_use]
    pub fn set(self, secret: &LoginSecret) -> String {
        format!(
            "{}={}; {}",
            self.name(),
            secret.to_text(),
            self.attributes()
        )
    }

    /// `Set-Cookie` that takes it away.
    #[must_use]
    pub fn cleared(self) -> String {
        format!("{}=; {}; Max-Age=0", self.name(), self.attributes())
    }

    const fn attributes(self) -> &'static str {
        match self {
            Self::Secure => "Path=/; Secure; HttpOnly; SameSite=Strict",
            Self::Loopback => "Path=/; HttpOnly; SameSite=Strict",
        }
    }
}

/// Whether a request carries a session's cookie of either name.
pub(super) fn carries_any(headers: &HeaderMap) -> bool {
    [SECURE_NAME, LOOPBACK_NAME]
        .iter()
        .any(|name| values_of(headers, name).next().is_some())
}

fn values_of<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(COOKIE).iter();
    let pairs = lines.flat_map(|line| line.to_str().unwrap_or_default().split(';'));
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(move |(known, _)| *known == name)
        .map(|(_, value)| value)
}

/// The host and port of an origin such as `http://127.0.0.1:8080`.
pub(super) fn authority_of(origin: &str) -> Option<&str> {
    origin
        .strip_prefix("https://")
        .or_else(|| origin.strip_prefix("http://"))
}

/// Whether this host, with or without a port, is the machine itself.
pub(super) fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    match host.parse::<std::net::IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => {
            let host = host.to_ascii_lowercase();
            host == "localhost" || host.ends_with(".localhost")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn given_a_host_when_there_is_no_tls_then_only_a_loopback_address_has_a_cookie() {
        for near in [
            "127.0.0.1:8080",
            "127.9.9.9",
            "localhost:1",
            "LOCALHOST",
            "portal.localhost",
            "[::1]:8080",
            "[::ffff:127.0.0.1]",
        ] {
            let found = SessionCookie::of(&headers(&[("host", near)]), None);
            assert_eq!(found, Some(SessionCookie::Loopback), "{near}");
        }
        for far in [
            "example.org",
            "localhost.example.org",
            "10.0.0.1:8080",
            "[::2]",
            "",
        ] {
            assert_eq!(
                SessionCookie::of(&headers(&[("host", far)]), None),
                None,
                "{far}"
            );
        }
        assert_eq!(SessionCookie::of(&HeaderMap::new(), None), None);
    }

    #[test]
    fn given_a_proxy_that_hides_the_host_when_the_origin_is_far_then_there_is_no_cookie() {
        let behind = |origin| {
            let headers = headers(&[("host", "127.0.0.1:8080"), ("origin", origin)]);
            SessionCookie::of(&headers, None)
        };
        assert_eq!(behind("https://example.org"), None);
        assert_eq!(behind("null"), None);
        assert_eq!(
            behind("http://localhost:3000"),
            Some(SessionCookie::Loopback)
        );
        let tls = PublicUrl::parse("https://example.org").unwrap();
        let far = headers(&[("host", "127.0.0.1:8080")]);
        assert_eq!(
            SessionCookie::of(&far, Some(&tls)),
            Some(SessionCookie::Secure)
        );
    }

    #[test]
    fn given_cookies_when_read_then_only_the_one_of_the_name_is_found() {
        let sent = headers(&[
            ("cookie", "a=1; openpex_session=one ; __Host-openpex=two"),
            ("cookie", "openpex_session=three"),
        ]);
        assert_eq!(SessionCookie::Loopback.sent(&sent).as_deref(), Some("one"));
        assert_eq!(SessionCookie::Secure.sent(&sent).as_deref(), Some("two"));
        assert!(carries_any(&sent));
        let other = headers(&[(
            "cookie",
            "xopenpex_session=1; openpex_sessions=2; openpex_session",
        )]);
        assert_eq!(SessionCookie::Loopback.sent(&other), None);
        assert!(!carries_any(&other));
    }
}
