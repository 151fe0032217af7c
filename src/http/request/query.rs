//! The query of a list: filters, `limit` and `cursor`.

use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::parameters::{Parameters, bad};
use crate::http::limits::{LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX};
use crate::http::ports::{ListFilter, Page};
use crate::http::problem::Problem;
use openpex_aggregates::UserId;

/// The parameters that name a part of a list.
const PAGING: [&str; 2] = ["limit", "cursor"];
/// The parameters of every list that can be filtered.
const FILTERS: [&str; 6] = ["status", "from", "to", "template", "userid", "format"];

/// The query of a list, as it was sent.
#[derive(Debug)]
pub struct ListQuery {
    sent: Parameters,
}

impl<S: Send + Sync> FromRequestParts<S> for ListQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // Several statuses may be given one by one.
        let sent = Parameters::read(&parts.uri, &["status"])?;
        Ok(Self { sent })
    }
}

impl ListQuery {
    /// Checks that every parameter is one of `own`, or one that every list takes.
    ///
    /// # Errors
    /// 400 with the first that is not.
    pub fn check_known(&self, own: &[&str]) -> Result<(), Problem> {
        self.sent.check_names(&[&FILTERS, own, &PAGING].concat())
    }

    /// A parameter that reads as a `what`.
    ///
    /// # Errors
    /// 400 where it does not.
    pub fn read<T: FromStr>(&self, name: &str, what: &str) -> Result<Option<T>, Problem> {
        let read = |text: &str| {
            text.parse()
                .map_err(|_| bad(name, format!("{name} is {what}, not {text:?}")))
        };
        self.sent.text(name).map(read).transpose()
    }

    /// A parameter as text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.sent.text(name).map(str::to_owned)
    }

    /// Whether CSV is asked for, by `format` or else by `Accept`.
    ///
    /// # Errors
    /// 400 for a format that there is not.
    pub fn wants_csv(&self, headers: &HeaderMap) -> Result<bool, Problem> {
        self.sent.wants_csv(headers)
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
        let sent = self.sent.all("status");
        let statuses = sent
            .flat_map(|value| value.split(','))
            .map(|name| {
                read_status(name).ok_or_else(|| {
                    let detail = format!("unknown status {name:?}; known are {}", names.join(", "));
                    bad("status", detail)
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(ListFilter {
            owner: self.read("userid", "the number of a user")?.map(UserId),
            statuses,
            from: self.sent.instant("from")?,
            to: self.sent.instant("to")?,
            template: self.sent.text("template").map(str::to_owned),
        })
    }

    /// Which part is asked for, of a list that takes no filters.
    ///
    /// # Errors
    /// 400 where there is one, or where the part does not read.
    pub fn page_only(&self) -> Result<Page, Problem> {
        self.sent.check_names(&PAGING)?;
        self.page()
    }

    /// Which part is asked for.
    ///
    /// # Errors
    /// 400 where `limit` is not between 1 and [`LIST_LIMIT_MAX`].
    pub fn page(&self) -> Result<Page, Problem> {
        Ok(Page {
            limit: self.sent.limit(LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX)?,
            cursor: self.sent.text("cursor").map(str::to_owned),
        })
    }

    /// The value of a `Link` header to the part after this one (RFC 8288).
    #[must_use]
    pub fn next_link(&self, cursor: &str) -> String {
        self.sent.next_link(cursor)
    }
}
