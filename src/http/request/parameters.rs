//! The query of a question: named parameters, each at most once.

use std::fmt::Write as _;

use axum::extract::Query;
use axum::http::{HeaderMap, Uri};

use super::dates::parse_instant;
use crate::http::csv::wants_csv;
use crate::http::problem::Problem;
use openpex_aggregates::{MicroCredits, Timestamp};

/// The parameters of a question, as they were sent.
#[derive(Debug)]
pub struct Parameters {
    path: String,
    pairs: Vec<(String, String)>,
}

impl Parameters {
    /// Those of `uri`.
    ///
    /// # Errors
    /// 400 where one is not `known`, or comes twice.
    pub fn of(uri: &Uri, known: &[&'static str]) -> Result<Self, Problem> {
        let sent = Self::read(uri, &[])?;
        sent.check_names(known)?;
        Ok(sent)
    }

    /// The same before it is known which there may be; only those of `several` may come twice.
    ///
    /// # Errors
    /// 400 where the query does not read, or another comes twice.
    pub(super) fn read(uri: &Uri, several: &[&str]) -> Result<Self, Problem> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| Problem::malformed("bad_query", "the query does not read"))?;
        for (index, (name, _)) in pairs.iter().enumerate() {
            let may_repeat = several.contains(&name.as_str());
            if !may_repeat && pairs[..index].iter().any(|(other, _)| other == name) {
                return Err(bad(name, format!("parameter {name} comes twice")));
            }
        }
        let path = uri.path().to_owned();
        Ok(Self { path, pairs })
    }

    /// Checks that every one is `known`.
    ///
    /// # Errors
    /// 400 with the first that is not.
    pub(super) fn check_names(&self, known: &[&str]) -> Result<(), Problem> {
        let unknown = |(name, _): &&(String, String)| !known.contains(&name.as_str());
        let Some((name, _)) = self.pairs.iter().find(unknown) else {
            return Ok(());
        };
        let detail = format!("unknown parameter {name:?}; known are {}", known.join(", "));
        let problem = Problem::malformed("unknown_parameter", detail);
        Err(problem.with("parameter", name.clone()))
    }

    /// Every value of a parameter that may come several times.
    pub(super) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let named = self.pairs.iter().filter(move |(known, _)| known == name);
        named.map(|(_, value)| value.as_str())
    }

    /// A parameter as text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// A parameter that must be there.
    ///
    /// # Errors
    /// 400 where it is not.
    pub fn required(&self, name: &str) -> Result<&str, Problem> {
        self.text(name)
            .ok_or_else(|| bad(name, format!("parameter {name} must be given")))
    }

    /// An instant, in either form of a date.
    ///
    /// # Errors
    /// 400 where it does not read.
    pub fn instant(&self, name: &str) -> Result<Option<Timestamp>, Problem> {
        let read =
            |text| parse_instant(text).map_err(|error| bad(name, format!("{name}: {error}")));
        self.text(name).map(read).transpose()
    }

    /// Whether CSV is asked for, by `format` or else by `Accept`.
    ///
    /// # Errors
    /// 400 for a format that there is not.
    pub fn wants_csv(&self, headers: &HeaderMap) -> Result<bool, Problem> {
        match self.text("format") {
            Some("csv") => Ok(true),
            Some("json") => Ok(false),
            None => Ok(wants_csv(headers)),
            Some(other) => {
                let detail = format!("format is json or csv, not {other:?}");
                Err(bad("format", detail))
            }
        }
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// 400 where it is neither.
    pub fn truth(&self, name: &str) -> Result<Option<bool>, Problem> {
        let read = |text: &str| {
            text.parse()
                .map_err(|_| bad(name, format!("{name} is true or false, not {text:?}")))
        };
        self.text(name).map(read).transpose()
    }

    /// A parameter that is one of these words; the first of them where it is left out.
    ///
    /// # Errors
    /// 400 where it is none of them.
    pub fn one_of<W: Copy>(&self, name: &str, words: &[(&str, W)]) -> Result<W, Problem> {
        let sent = self.text(name).unwrap_or(words[0].0);
        let found = words.iter().find(|(word, _)| *word == sent);
        found.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            bad(
                name,
                format!("{name} is one of {}, not {sent:?}", known.join(", ")),
            )
        })
    }

    /// How many entries of a list, from 1 to `max`; `usual` where it is left out.
    ///
    /// # Errors
    /// 400 where it is none of those.
    pub fn limit(&self, usual: u32, max: u32) -> Result<u32, Problem> {
        let Some(text) = self.text("limit") else {
            return Ok(usual);
        };
        let limit = text.parse().ok().filter(|limit| (1..=max).contains(limit));
        limit.ok_or_else(|| {
            let detail = format!("limit is a number from 1 to {max}, not {text:?}");
            bad("limit", detail).with("max", max)
        })
    }

    /// The value of a `Link` header to the part of a list after this one (RFC 8288).
    #[must_use]
    pub fn next_link(&self, cursor: &str) -> String {
        let mut link = format!("<{}?", self.path);
        for (name, value) in self.pairs.iter().filter(|(name, _)| name != "cursor") {
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

    /// A whole number.
    ///
    /// # Errors
    /// 400 where it does not read.
    pub fn integer(&self, name: &str) -> Result<Option<i64>, Problem> {
        let read = |text: &str| {
            text.parse()
                .map_err(|_| bad(name, format!("{name} is a whole number, not {text:?}")))
        };
        self.text(name).map(read).transpose()
    }

    /// An amount of credits.
    ///
    /// # Errors
    /// 400 where it does not read.
    pub fn credits(&self, name: &str) -> Result<Option<MicroCredits>, Problem> {
        let read = |text: &str| {
            text.parse()
                .map_err(|error: openpex_aggregates::money::ParseCreditsError| {
                    bad(name, format!("{name}: {error}"))
                })
        };
        self.text(name).map(read).transpose()
    }
}

/// 400: this parameter does not read.
pub(in crate::http) fn bad(name: &str, detail: String) -> Problem {
    Problem::malformed("bad_parameter", detail).with("parameter", name)
}

/// Appends `text` as a part of a query.
fn percent_encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("invariant: a String takes what is written to it");
        }
    }
}
