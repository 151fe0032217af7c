//! The query of a list: filters, `limit` and `cursor`.

use axum::extract::{FromRequestParts, Query};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use std::fmt::Write as _;
use std::str::FromStr;

use super::dates::parse_instant;
use crate::http::csv::wants_csv;
use crate::http::limits::{LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX};
use crate::http::ports::{ListFilter, Page};
use crate::http::problem::Problem;
use openpex_aggregates::{Timestamp, UserId};

/// The parameters that name a part of a list.
const PAGING: [&str; 2] = ["limit", "cursor"];
/// The parameters of every list that can be filtered.
const FILTERS: [&str; 6] = ["status", "from", "to", "template", "userid", "format"];

/// The query of a list, as it was sent.
#[derive(Debug)]
pub struct ListQuery {
    path: String,
    pairs: Vec<(String, String)>,
}

impl<S: Send + Sync> FromRequestParts<S> for ListQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|_| Problem::malformed("bad_query", "the query does not read"))?;
        for (index, (name, _)) in pairs.iter().enumerate() {
            if name != "status" && pairs[..index].iter().any(|(other, _)| other == name) {
                let detail = format!("parameter {name} comes twice");
                return Err(bad_parameter("bad_parameter", name, detail));
            }
        }
        Ok(Self {
            path: parts.uri.path().to_owned(),
            pairs,
        })
    }
}

fn bad_parameter(code: &'static str, name: &str, detail: String) -> Problem {
    Problem::malformed(code, detail).with("parameter", name)
}

impl ListQuery {
    fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Checks that every parameter is one of `own`, or one that every list takes.
    ///
    /// # Errors
    /// 400 with the first that is not.
    pub fn check_known(&self, own: &[&str]) -> Result<(), Problem> {
        self.check_names(&[&FILTERS, own, &PAGING].concat())
    }

    fn check_names(&self, known: &[&str]) -> Result<(), Problem> {
        let unknown = |(name, _): &&(String, String)| !known.contains(&name.as_str());
        let Some((name, _)) = self.pairs.iter().find(unknown) else {
            return Ok(());
        };
        let known = known.join(", ");
        let detail = format!("unknown parameter {name:?}; known are {known}");
        Err(bad_parameter("unknown_parameter", name, detail))
    }

    /// A parameter that reads as a `what`.
    ///
    /// # Errors
    /// 400 where it does not.
    pub fn read<T: FromStr>(&self, name: &str, what: &str) -> Result<Option<T>, Problem> {
        let read = |text: &str| {
            text.parse().map_err(|_| {
                bad_parameter(
                    "bad_parameter",
                    name,
                    format!("{name} is {what}, not {text:?}"),
                )
            })
        };
        self.get(name).map(read).transpose()
    }

    /// A parameter as text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// Whether CSV is asked for, by `format` or else by `Accept`.
    ///
    /// # Errors
    /// 400 for a format that there is not.
    pub fn wants_csv(&self, headers: &HeaderMap) -> Result<bool, Problem> {
        match self.get("format") {
            Some("csv") => Ok(true),
            Some("json") => Ok(false),
            None => Ok(wants_csv(headers)),
            Some(other) => {
                let detail = format!("format is json or csv, not {other:?}");
                Err(bad_parameter("bad_parameter", "format", detail))
            }
        }
    }

    /// What is asked for; `read_status` reads a status by its name, `names` are all of them.
    ///
    /// # Errors
    /// 400 with the parameter that does not read.
    pub fn filter<S>(
        &self,
        names: &[&str],
        read_status: impl Fn(&str) -> Option<S>,
    ) -> Result<ListFilter<S>, Problem> {
        let sent = self.pairs.iter().filter(|(name, _)| name == "status");
        let statuses = sent
            .flat_map(|(_, value)| value.split(','))
            .map(|name| {
                read_status(name).ok_or_else(|| {
                    let detail = format!("unknown status {name:?}; known are {}", names.join(", "));
                    bad_parameter("bad_parameter", "status", detail)
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(ListFilter {
            owner: self.read("userid", "the number of a user")?.map(UserId),
            statuses,
            from: self.instant("from")?,
            to: self.instant("to")?,
            template: self.get("template").map(str::to_owned),
        })
    }

    fn instant(&self, name: &str) -> Result<Option<Timestamp>, Problem> {
        let read = |text| {
            parse_instant(text)
                .map_err(|error| bad_parameter("bad_parameter", name, format!("{name}: {error}")))
        };
        self.get(name).map(read).transpose()
    }

    /// Which part is asked for, of a list that takes no filters.
    ///
    /// # Errors
    /// 400 where there is one, or where the part does not read.
    pub fn page_only(&self) -> Result<Page, Problem> {
        self.check_names(&PAGING)?;
        self.page()
    }

    /// Which part is asked for.
    ///
    /// # Errors
    /// 400 where `limit` is not between 1 and [`LIST_LIMIT_MAX`].
    pub fn page(&self) -> Result<Page, Problem> {
        let cursor = self.get("cursor").map(str::to_owned);
        let Some(text) = self.get("limit") else {
            return Ok(Page {
                limit: LIST_LIMIT_DEFAULT,
                cursor,
            });
        };
        let limit = text
            .parse()
            .ok()
            .filter(|limit| (1..=LIST_LIMIT_MAX).contains(limit));
        let Some(limit) = limit else {
            let detail = format!("limit is a number from 1 to {LIST_LIMIT_MAX}, not {text:?}");
            return Err(bad_parameter("bad_parameter", "limit", detail).with("max", LIST_LIMIT_MAX));
        };
        Ok(Page { limit, cursor })
    }
}

/// The value of a `Link` header to the part after this one (RFC 8288).
#[must_use]
pub fn next_link(query: &ListQuery, cursor: &str) -> String {
    link_to_next(&query.path, &query.pairs, cursor)
}

/// The same for a path and the parameters that were sent to it.
pub(super) fn link_to_next(path: &str, pairs: &[(String, String)], cursor: &str) -> String {
    let mut link = format!("<{path}?");
    for (name, value) in pairs.iter().filter(|(name, _)| name != "cursor") {
        link.push_str(name);
        link.push('=');
        percent_encode(value, &mut link);
        link.push('&');
    }
    link.push_str("cursor=");
    percent_encode(cursor, &mut link);
    link.push_str(">; rel=\"next\"");
    link
}

/// Appends `text` as a part of a query.
pub(in crate::http) fn percent_encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("invariant: a String takes what is written to it");
        }
    }
}
