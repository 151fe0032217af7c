//! How to reach a pool and how long to wait for it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;

/// A password. Neither `Debug` nor `Display` shows it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps `value`.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for the one call that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where the pool is and who we are there.
#[derive(Debug, Clone)]
pub struct XenOptions {
    /// `https://host` or `http://host:port` of any member; the master is found from there.
    pub url: String,
    /// Account on the pool.
    pub user: String,
    /// Its password.
    pub password: Secret,
    /// PEM file of the only certificate authorities (or self-signed host certificates) to trust;
    /// without it, those of the system.
    pub ca_file: Option<PathBuf>,
    /// How long to wait.
    pub timeouts: XenTimeouts,
}

/// How long to wait for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct XenTimeouts {
    /// For a connection to a host.
    pub connect: Duration,
    /// For the whole of one call that only looks or sets.
    pub request: Duration,
    /// For work of the pool (clone, provision, start); after it the effect counts as not done.
    pub task: Duration,
    /// For a guest to shut down or reboot by itself; after it the hard verb is used.
    pub guest_grace: Duration,
}

impl Default for XenTimeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            request: Duration::from_secs(60),
            task: Duration::from_secs(600),
            guest_grace: Duration::from_secs(120),
        }
    }
}

/// Why a dispatcher cannot be made from its options.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XenOptionsError {
    /// The URL is none, or not of a pool.
    #[error("the pool's URL cannot be used: {reason}")]
    Url {
        /// What is wrong with it.
        reason: String,
    },
    /// The CA file is not there or holds no certificate.
    #[error("the CA file {file} cannot be used: {reason}")]
    CaFile {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// TLS could not be set up.
    #[error("TLS cannot be set up: {reason}")]
    Tls {
        /// What is wrong.
        reason: String,
    },
}

impl XenOptions {
    /// The URL that calls go to: `/` is where xapi takes XML-RPC.
    pub(super) fn base_url(&self) -> Result<Url, XenOptionsError> {
        let unusable = |reason: &str| XenOptionsError::Url {
            reason: reason.to_owned(),
        };
        let url = Url::parse(&self.url).map_err(|error| unusable(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(unusable("it is neither http nor https"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            // URLs end in logs; the password has an option of its own.
            return Err(unusable("it holds credentials"));
        }
        if !url.has_host() || url.query().is_some() || url.fragment().is_some() {
            return Err(unusable("it is more or less than a host and a path"));
        }
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(url: &str) -> XenOptions {
        XenOptions {
            url: url.to_owned(),
            user: "root".to_owned(),
            password: Secret::new("hunter2"),
            ca_file: None,
            timeouts: XenTimeouts::default(),
        }
    }

    #[test]
    fn debug_shows_no_password() {
        let shown = format!("{:?}", options("https://pool"));
        assert!(
            shown.contains("Secret(…)") && !shown.contains("hunter2"),
            "{shown}"
        );
    }

    #[test]
    fn urls_that_are_no_pool_are_refused() {
        for url in [
            "",
            "pool",
            "ftp://pool",
            "https://root:pw@pool",
            "https://pool/?a=b",
        ] {
            assert!(options(url).base_url().is_err(), "{url}");
        }
        for url in [
            "https://pool",
            "http://127.0.0.1:8081",
            "http://[::1]:80/RPC2",
        ] {
            assert!(options(url).base_url().is_ok(), "{url}");
        }
    }
}
