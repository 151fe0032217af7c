//! Where a ledger is: the `--database-url`.

use std::path::PathBuf;
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;

use super::error::LedgerError;

/// A parsed database URL.
#[derive(Clone, Debug)]
pub enum Location {
    /// `sqlite:PATH` (or `sqlite://PATH`); everything after the scheme is the path, literally.
    Sqlite(PathBuf),
    /// `postgres://…` or `postgresql://…`, with the options of libpq.
    Postgres(Box<PgConnectOptions>),
}

impl FromStr for Location {
    type Err = LedgerError;

    fn from_str(url: &str) -> Result<Self, LedgerError> {
        let bad = |why| LedgerError::BadUrl {
            url: without_password(url),
            why,
        };
        let (scheme, rest) = url
            .split_once(':')
            .ok_or_else(|| bad("it has no scheme; use sqlite:PATH or postgres://…"))?;
        match scheme {
            "sqlite" => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                if path.is_empty() {
                    return Err(bad("it names no file"));
                }
                if path.starts_with(":memory:") {
                    return Err(bad("a ledger in memory would not outlive the process"));
                }
                Ok(Self::Sqlite(path.into()))
            }
            "postgres" | "postgresql" => url
                .parse()
                .map(|options| Self::Postgres(Box::new(options)))
                .map_err(|_| bad("it is not of the form postgres://user@host:port/database")),
            _ => Err(bad(
                "its scheme is unknown; use sqlite:PATH or postgres://…",
            )),
        }
    }
}

/// The URL with the password blotted out, fit for a log.
fn without_password(url: &str) -> String {
    let blotted = || {
        let (scheme, rest) = url.split_once("://")?;
        let (userinfo, host) = rest.rsplit_once('@')?;
        let (user, _password) = userinfo.split_once(':')?;
        Some(format!("{scheme}://{user}:…@{host}"))
    };
    blotted().unwrap_or_else(|| url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_stand_behind_either_form_of_the_scheme() {
        for url in ["sqlite:/srv/a ledger.db", "sqlite:///srv/a ledger.db"] {
            let location: Location = url.parse().unwrap();
            assert!(matches!(location, Location::Sqlite(path) if path == *"/srv/a ledger.db"));
        }
    }

    #[test]
    fn other_urls_are_refused_with_their_reason_and_without_their_password() {
        for (url, why) in [
            ("ledger.db", "no scheme"),
            (
                "mysql://root:hunter2@db/openpex",
                "mysql://root:…@db/openpex",
            ),
            ("mysql://root:hunter2@db/openpex", "scheme is unknown"),
            ("sqlite:", "names no file"),
            ("sqlite::memory:", "outlive"),
            (
                "postgres://root:hunter2@db:notaport/openpex",
                "not of the form",
            ),
        ] {
            let error = url.parse::<Location>().unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
