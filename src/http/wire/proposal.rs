//! Proposals, the paper's Figure 7 and the `proposal` of Figures 8 and 9.

use openpex_aggregates::terms::{Proposal, Terms};
use openpex_aggregates::{MicroCredits, ReservationId, Timestamp, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::problem::{FieldError, Problem};
use crate::http::request::{Fields, parse_instant};

/// A proposal as a client sent it: its fields have the right types, no rule was checked yet.
#[derive(Debug, Default)]
pub struct ProposalIn {
    instance_type: Option<String>,
    instances_fixed: Option<i64>,
    instances_option: Option<i64>,
    start_time: Option<String>,
    duration: Option<i64>,
    template: Option<String>,
    auto_start: Option<bool>,
    price: Option<String>,
    earliest_start: Option<String>,
    latest_end: Option<String>,
}

impl ProposalIn {
    /// Reads the fields; `id` and `userid` are ours to say, so what is sent of them is ignored.
    ///
    /// # Errors
    /// 400 with the field that is unknown or of the wrong type.
    pub fn read(mut fields: Fields) -> Result<Self, Problem> {
        let read = Self {
            duration: fields.integer("duration")?,
            instances_fixed: fields.integer("numInstancesFixed")?,
            instances_option: fields.integer("numInstancesOption")?,
            start_time: fields.text("startTime")?,
            template: fields.text("template")?,
            instance_type: fields.text("type")?,
            auto_start: fields.boolean("autoStart")?,
            price: fields.text("price")?,
            earliest_start: fields.text("earliestStart")?,
            latest_end: fields.text("latestEnd")?,
        };
        fields.ignore(&["id", "userid"]);
        fields.finish()?;
        Ok(read)
    }

    /// Whether nothing of the terms was said, as in the answer to an empty first message.
    #[must_use]
    pub const fn is_bare(&self) -> bool {
        self.instance_type.is_none()
            && self.instances_fixed.is_none()
            && self.start_time.is_none()
            && self.duration.is_none()
            && self.template.is_none()
    }

    /// The proposal, for the domain to judge.
    ///
    /// # Errors
    /// 422 with every field that is missing or does not read.
    pub fn into_proposal(self) -> Result<Proposal, Problem> {
        let mut errors = Vec::new();
        let proposal = Proposal {
            duration_ms: FieldError::expect("duration", self.duration, &mut errors),
            instances_fixed: FieldError::expect(
                "numInstancesFixed",
                self.instances_fixed,
                &mut errors,
            ),
            instances_option: self.instances_option.unwrap_or(0),
            starts_at: match self.start_time {
                Some(text) => instant("startTime", &text, &mut errors),
                None => FieldError::expect("startTime", None, &mut errors),
            },
            template: FieldError::expect("template", self.template, &mut errors),
            instance_type: FieldError::expect("type", self.instance_type, &mut errors),
            auto_start: self.auto_start,
            price_limit: self.price.and_then(|text| price(&text, &mut errors)),
            earliest_start_at: self
                .earliest_start
                .map(|text| instant("earliestStart", &text, &mut errors)),
            latest_end_at: self
                .latest_end
                .map(|text| instant("latestEnd", &text, &mut errors)),
        };
        if errors.is_empty() {
            Ok(proposal)
        } else {
            Err(Problem::invalid(errors))
        }
    }
}

fn instant(field: &'static str, text: &str, errors: &mut Vec<FieldError>) -> Timestamp {
    parse_instant(text).unwrap_or_else(|error| {
        errors.push(error.at(field));
        Timestamp::default()
    })
}

fn price(text: &str, errors: &mut Vec<FieldError>) -> Option<MicroCredits> {
    text.parse()
        .map_err(|error: openpex_aggregates::money::ParseCreditsError| {
            errors.push(FieldError::new(
                "price",
                "price_unreadable",
                error.to_string(),
            ));
        })
        .ok()
}

/// Terms as they are asked for. A field may be left out, like one that is null.
#[derive(ToSchema)]
#[schema(
    as = NewProposal,
    example = json!({
        "duration": 3_600_000,
        "numInstancesFixed": 1,
        "numInstancesOption": 0,
        "startTime": "Mon, 17 Aug 2009 04:49:03 GMT",
        "template": "PEX Debian Etch 4.0 Template",
        "type": "XLARGE",
    })
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "described; `ProposalIn` reads it")]
pub struct ProposalBody {
    /// In milliseconds.
    #[schema(minimum = 60_000)]
    duration: i64,
    /// Instances that must be granted.
    #[schema(minimum = 1)]
    num_instances_fixed: i64,
    /// Further instances that are wanted if there is room; 0 where it is left out.
    #[schema(minimum = 0)]
    num_instances_option: Option<i64>,
    /// RFC 1123 or RFC 3339.
    start_time: String,
    /// The name of a template.
    template: String,
    /// The name of an instance type.
    #[serde(rename = "type")]
    instance_type: String,
    /// Whether the instances start by themselves; they do where it is left out.
    auto_start: Option<bool>,
    /// The most that the user would pay for the whole: a decimal string in credits.
    #[schema(example = "4.935")]
    price: Option<String>,
    /// How early it may start (RFC 1123 or RFC 3339).
    earliest_start: Option<String>,
    /// How late it may end (RFC 1123 or RFC 3339).
    latest_end: Option<String>,
    /// Ignored: ours to say.
    id: Option<String>,
    /// Ignored: ours to say.
    userid: Option<i64>,
}

/// A proposal in an answer: the paper's fields in the paper's order; ours only where they say
/// something, so that the paper's dialogues look as they do there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Proposal)]
#[serde(rename_all = "camelCase")]
pub struct ProposalOut {
    #[serde(skip_serializing_if = "Option::is_none")]
    /// In milliseconds.
    #[schema(nullable = false, example = 3_600_000)]
    duration: Option<i64>,
    #[schema(value_type = String, format = Uuid)]
    id: ReservationId,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    num_instances_fixed: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    num_instances_option: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Mon, 17 Aug 2009 04:49:03 GMT")]
    start_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    template: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "XLARGE")]
    instance_type: Option<String>,
    #[schema(value_type = i64, example = 1)]
    userid: UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    auto_start: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "4.935")]
    price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Mon, 17 Aug 2009 04:49:03 GMT")]
    earliest_start: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Mon, 17 Aug 2009 04:49:03 GMT")]
    latest_end: Option<String>,
}

impl ProposalOut {
    /// `terms` of a reservation, if it has any yet.
    #[must_use]
    pub fn of(id: ReservationId, userid: UserId, terms: Option<&Terms>) -> Self {
        Self {
            duration: terms.map(|t| t.window.duration_ms()),
            id,
            num_instances_fixed: terms.map(|t| t.instances_fixed),
            num_instances_option: terms.map(|t| t.instances_option),
            start_time: terms.map(|t| t.window.starts_at.to_rfc1123()),
            template: terms.map(|t| t.template.clone()),
            instance_type: terms.map(|t| t.instance_type.clone()),
            userid,
            auto_start: terms.map(|t| t.auto_start).filter(|auto_start| !auto_start),
            price: terms
                .and_then(|t| t.price_limit)
                .map(|price| price.to_string()),
            earliest_start: terms
                .and_then(|t| t.earliest_start_at)
                .map(Timestamp::to_rfc1123),
            latest_end: terms
                .and_then(|t| t.latest_end_at)
                .map(Timestamp::to_rfc1123),
        }
    }
}
