//! The errors that many endpoints share, described once.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

/// An error (RFC 9457). The numbers that matter are members of their own, named by the `code`.
#[derive(ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "described; `http::problem` writes it")]
pub struct ProblemSchema {
    /// `urn:openpex:problem:` and the code.
    #[schema(rename = "type", example = "urn:openpex:problem:not_allowed_in_state")]
    kind: String,
    /// The code in words.
    title: String,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is wrong and the numbers, for people.
    detail: String,
    /// What is wrong, for programs; a code never changes its meaning.
    #[schema(example = "not_allowed_in_state")]
    code: String,
    /// Of a 422: each field that breaks a rule; `code` is that of the first.
    #[schema(required = false)]
    errors: Vec<FieldErrorSchema>,
    #[serde(flatten)]
    members: Map<String, Value>,
}

/// A field that breaks a rule. The numbers that matter are members of their own, named by the `code`.
#[derive(ToSchema)]
#[schema(as = FieldError)]
#[expect(dead_code, reason = "described; `http::problem` writes it")]
pub struct FieldErrorSchema {
    /// The field by its path in the body, such as `startTime`.
    field: String,
    /// Stable name of the rule.
    code: String,
    /// The rule and the numbers, for people.
    detail: String,
    #[serde(flatten)]
    members: Map<String, Value>,
}

type Described = BTreeMap<String, RefOr<Response>>;

fn described(problems: &[(&str, &str)]) -> Described {
    let answer = |says: &str| {
        let schema = Ref::from_schema_name("Problem");
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let answer = ResponseBuilder::new().description(says);
        RefOr::T(answer.content("application/problem+json", content).build())
    };
    let one = |(status, says): &(&str, &str)| ((*status).to_owned(), answer(says));
    problems.iter().map(one).collect()
}

/// Of every endpoint that needs credentials.
pub struct CallerProblems;

impl IntoResponses for CallerProblems {
    fn responses() -> Described {
        described(&[
            ("400", "The query or a header does not read"),
            ("401", "No credentials, or wrong ones"),
            (
                "429",
                "Too many requests or failed log-ins; Retry-After says when to come back",
            ),
            (
                "500",
                "The service failed at it; the request id leads to its log",
            ),
            ("503", "A passing fault; Retry-After says when to come back"),
        ])
    }
}

/// Of every statistic.
pub struct StatisticsProblems;

impl IntoResponses for StatisticsProblems {
    fn responses() -> Described {
        described(&[
            (
                "403",
                "Only operators and auditors see what is of everybody",
            ),
            ("422", "A parameter breaks a rule"),
        ])
    }
}

/// Of every endpoint whose path names something.
pub struct NotThere;

impl IntoResponses for NotThere {
    fn responses() -> Described {
        described(&[("404", "Not there, or not the caller's to see")])
    }
}

/// Of every endpoint that changes something.
pub struct ChangeProblems;

impl IntoResponses for ChangeProblems {
    fn responses() -> Described {
        described(&[
            (
                "400",
                "Not JSON, an unknown field, one of the wrong type, or a header that does not read",
            ),
            (
                "403",
                "Not with this account, or sent by a page of another site",
            ),
            ("408", "The body was too slow"),
            ("413", "The body is too large"),
            ("415", "The body is not JSON"),
            (
                "422",
                "Fields break rules, or the Idempotency-Key stands for another request; `errors` names each",
            ),
        ])
    }
}

/// Of every command about something that has a state.
pub struct CommandProblems;

impl IntoResponses for CommandProblems {
    fn responses() -> Described {
        described(&[
            (
                "409",
                "Not allowed in this state; `state` and `allowed` say what is",
            ),
            (
                "412",
                "It has changed since the entity tag that If-Match names",
            ),
        ])
    }
}

/// Of every read as of a moment.
pub struct AsOfProblems;

impl IntoResponses for AsOfProblems {
    fn responses() -> Described {
        described(&[(
            "422",
            "`as_of` lies ahead of the ledger or of now, or there is more than can be shown at once",
        )])
    }
}

/// Of the stream of events.
pub struct StreamProblems;

impl IntoResponses for StreamProblems {
    fn responses() -> Described {
        described(&[
            (
                "409",
                "This ledger has not got to that position; `head` is where it is",
            ),
            (
                "410",
                "That position lies too far back: read anew, and listen from now on",
            ),
        ])
    }
}
