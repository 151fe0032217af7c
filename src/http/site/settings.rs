//! What the site's configuration tells the API.

use std::fmt;

use crate::accounts::ZoneName;

/// The site's own name where none is configured.
pub const SITE_NAME: &str = "OpenPEX";

/// What the site is called, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteSettings {
    /// Its name, as people read it.
    pub name: String,
    /// The zone it is in.
    pub zone: ZoneName,
    /// The address under which browsers reach it, where that is not the one it listens on.
    pub public_url: Option<PublicUrl>,
}

impl Default for SiteSettings {
    fn default() -> Self {
        Self {
            name: SITE_NAME.to_owned(),
            zone: ZoneName::UTC,
            public_url: None,
        }
    }
}

/// The origin under which browsers reach the service: scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    origin: String,
    is_secure: bool,
}

impl PublicUrl {
    /// Reads `https://host[:port]` or `http://host[:port]`; `None` where it is neither, or has a path.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let url = reqwest::Url::parse(text).ok()?;
        let is_secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let is_bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        is_bare.then(|| Self {
            origin: url.origin().ascii_serialization(),
            is_secure,
        })
    }

    /// Whether browsers reach it over TLS.
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// Whether this is the origin that a page of it has.
    #[must_use]
    pub fn is_origin(&self, origin: &str) -> bool {
        self.origin == origin
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_origin_is_a_public_url_and_it_reads_as_browsers_write_it() {
        for (text, origin, is_secure) in [
            ("https://PEX.example.org/", "https://pex.example.org", true),
            (
                "https://pex.example.org:443",
                "https://pex.example.org",
                true,
            ),
            (
                "https://pex.example.org:8443",
                "https://pex.example.org:8443",
                true,
            ),
            ("http://[::1]:8080", "http://[::1]:8080", false),
        ] {
            let url = PublicUrl::parse(text).unwrap();
            assert!(url.is_origin(origin), "{url}");
            assert_eq!(url.is_secure(), is_secure);
        }
        for text in [
            "pex.example.org",
            "ftp://pex.example.org",
            "https://",
            "https://pex.example.org/portal",
            "https://pex.example.org/?a",
            "https://me:secret@pex.example.org",
            "",
        ] {
            assert_eq!(PublicUrl::parse(text), None, "{text}");
        }
    }
}
