//! Where the views are: beside the ledger whose URL is given.

use std::path::{Path, PathBuf};

use sqlx::postgres::PgConnectOptions;

use crate::error::ViewsError;

/// The file of the views in SQLite, in the folder of the ledger's file.
const SQLITE_FILE: &str = "views.db";

/// Where the views are.
pub(crate) enum Location {
    /// A file of their own, so that their writes never wait on the ledger's.
    Sqlite(PathBuf),
    /// The ledger's database, in a schema of their own.
    Postgres(Box<PgConnectOptions>),
}

impl Location {
    /// Reads the ledger's `--database-url`; what is wrong with it is said without repeating it, since
    /// it may hold a password.
    pub(crate) fn beside_ledger(url: &str) -> Result<Self, ViewsError> {
        let Some((scheme, rest)) = url.split_once(':') else {
            return Err(ViewsError::BadUrl(
                "no scheme; use sqlite:PATH or postgres://…",
            ));
        };
        match scheme {
            "sqlite" => {
                let ledger = Path::new(rest.strip_prefix("//").unwrap_or(rest));
                match ledger.file_name() {
                    None => Err(ViewsError::BadUrl("no file is named")),
                    Some(name) if name == SQLITE_FILE => {
                        Err(ViewsError::BadUrl("views.db is the file of the views"))
                    }
                    Some(_) => Ok(Self::Sqlite(ledger.with_file_name(SQLITE_FILE))),
                }
            }
            "postgres" | "postgresql" => url
                .parse()
                .map(|options| Self::Postgres(Box::new(options)))
                .map_err(|_| ViewsError::BadUrl("not of the form postgres://user@host/database")),
            _ => Err(ViewsError::BadUrl(
                "unknown scheme; use sqlite:PATH or postgres://…",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_the_views_lies_beside_the_ledgers() {
        for (url, file) in [
            ("sqlite:/srv/a b/ledger.db", "/srv/a b/views.db"),
            ("sqlite:///srv/ledger.db", "/srv/views.db"),
            ("sqlite:ledger.db", "views.db"),
        ] {
            let location = Location::beside_ledger(url).unwrap();
            assert!(
                matches!(location, Location::Sqlite(path) if path == Path::new(file)),
                "{url}"
            );
        }
    }

    #[test]
    fn other_urls_are_refused_without_repeating_their_password() {
        for url in [
            "ledger.db",
            "sqlite:",
            "sqlite:/srv/views.db",
            "mysql://root:hunter2@db/openpex",
            "postgres://root:hunter2@db:notaport/openpex",
        ] {
            let error = Location::beside_ledger(url).err().expect(url).to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
