//! The body that asks for a series.

use chrono::NaiveDate;
use openpex_aggregates::recurrence::{Frequency, IfNotAll, Recurrence, RecurrenceEnd, weekday_at};
use openpex_aggregates::terms::Proposal;
use openpex_aggregates::weekdays::WeekdaySet;
use utoipa::ToSchema;

use crate::http::problem::{FieldError, Problem};
use crate::http::request::Fields;
use crate::http::wire::words::{FrequencyWord, IfNotAllWord, WeekdayWord};
use crate::http::wire::{ProposalBody, ProposalIn};

/// What asks for a series.
#[derive(ToSchema)]
#[schema(as = NewSeries)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "described; `read_series` reads it")]
pub struct SeriesBody {
    /// The first occurrence.
    proposal: ProposalBody,
    recurrence: RecurrenceBody,
}

/// How a series comes again; it ends at a date or after so many.
#[derive(ToSchema)]
#[schema(as = NewRecurrence)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "described; `RecurrenceIn` reads it")]
pub struct RecurrenceBody {
    frequency: FrequencyWord,
    /// Of a weekly series; left out, it comes on the day of the first.
    days: Option<Vec<WeekdayWord>>,
    /// The last day on which one may start, in the zone of the series.
    #[schema(format = Date)]
    until: Option<String>,
    /// How many there are.
    #[schema(minimum = 1)]
    count: Option<i64>,
    /// An IANA time zone: every occurrence starts at the same time of its clocks.
    #[schema(example = "Europe/Zurich")]
    time_zone: String,
    /// `reject` where it is left out.
    if_not_all: Option<IfNotAllWord>,
}

/// The fields of `recurrence`, none checked against another.
struct RecurrenceIn {
    frequency: Option<String>,
    days: Option<Vec<String>>,
    until: Option<String>,
    count: Option<i64>,
    time_zone: Option<String>,
    if_not_all: Option<String>,
}

/// Reads `{"proposal": {…}, "recurrence": {…}}`.
///
/// # Errors
/// 400 where a field is unknown or of the wrong type, 422 where one is missing or makes no sense.
pub fn read_series(body: &[u8]) -> Result<(Proposal, Recurrence), Problem> {
    let mut fields = Fields::of_body(body)?;
    let proposal = fields.object("proposal", "proposal.")?;
    let recurrence = fields.object("recurrence", "recurrence.")?;
    fields.finish()?;
    let missing = |name| Problem::invalid(vec![FieldError::required(name)]);
    let proposal = ProposalIn::read(proposal.ok_or_else(|| missing("proposal"))?)?;
    let recurrence = RecurrenceIn::read(recurrence.ok_or_else(|| missing("recurrence"))?)?;
    let proposal = proposal.into_proposal()?;
    let recurrence = recurrence.into_recurrence(&proposal)?;
    Ok((proposal, recurrence))
}

impl RecurrenceIn {
    fn read(mut fields: Fields) -> Result<Self, Problem> {
        let read = Self {
            frequency: fields.text("frequency")?,
            days: fields.texts("days")?,
            until: fields.text("until")?,
            count: fields.integer("count")?,
            time_zone: fields.text("timeZone")?,
            if_not_all: fields.text("ifNotAll")?,
        };
        fields.finish()?;
        Ok(read)
    }

    fn into_recurrence(self, first: &Proposal) -> Result<Recurrence, Problem> {
        let mut errors = Vec::new();
        let time_zone = self.time_zone.unwrap_or_else(|| {
            errors.push(FieldError::required("timeZone"));
            String::new()
        });
        let if_not_all = match self.if_not_all.as_deref() {
            None | Some("reject") => IfNotAll::Reject,
            Some("skip") => IfNotAll::Skip,
            Some(other) => {
                errors.push(unknown("ifNotAll", other, &["reject", "skip"]));
                IfNotAll::Reject
            }
        };
        let end = end_of(self.until.as_deref(), self.count, &mut errors);
        if !errors.is_empty() {
            return Err(Problem::invalid(errors));
        }
        let frequency = match (self.frequency.as_deref(), self.days) {
            (Some("daily"), None) => Frequency::Daily,
            (Some("weekdays"), None) => Frequency::Weekdays,
            (Some("weekly"), Some(names)) => Frequency::Weekly {
                days: days_of(&names)?,
            },
            // Without days, it comes on the day of the first.
            (Some("weekly"), None) => {
                let day = weekday_at(&time_zone, first.starts_at);
                let day = day.map_err(openpex_aggregates::live::CommandRefusal::Recurrence)?;
                Frequency::Weekly {
                    days: [day].into_iter().collect(),
                }
            }
            (Some("daily" | "weekdays"), Some(_)) => {
                let detail = "days can be named of a weekly series only";
                let error = FieldError::new("days", "days_not_weekly", detail);
                return Err(Problem::invalid(vec![error]));
            }
            (Some(other), _) => {
                let known = ["daily", "weekly", "weekdays"];
                return Err(Problem::invalid(vec![unknown("frequency", other, &known)]));
            }
            (None, _) => return Err(Problem::invalid(vec![FieldError::required("frequency")])),
        };
        Ok(Recurrence {
            frequency,
            end,
            time_zone,
            if_not_all,
        })
    }
}

fn end_of(until: Option<&str>, count: Option<i64>, errors: &mut Vec<FieldError>) -> RecurrenceEnd {
    let date = until.map(|text| NaiveDate::parse_from_str(text, "%Y-%m-%d"));
    match (date, count) {
        (Some(Ok(date)), None) => return RecurrenceEnd::Until(date),
        // What is negative is out of range like none at all.
        (None, Some(count)) => return RecurrenceEnd::Count(u32::try_from(count).unwrap_or(0)),
        (Some(Err(_)), None) => {
            let detail = "not a date such as \"2026-12-31\"";
            errors.push(FieldError::new("until", "date_unreadable", detail));
        }
        (Some(_), Some(_)) => {
            let detail = "either until or count is given, not both";
            errors.push(FieldError::new("count", "until_and_count", detail));
        }
        (None, None) => {
            let detail = "until or count must be given";
            errors.push(FieldError::new("until", "required", detail));
        }
    }
    RecurrenceEnd::Count(0)
}

fn days_of(names: &[String]) -> Result<WeekdaySet, Problem> {
    serde_json::from_value(names.into()).map_err(|error| {
        let error = FieldError::new("days", "unknown_day", error.to_string());
        Problem::invalid(vec![error])
    })
}

fn unknown(field: &'static str, sent: &str, known: &[&str]) -> FieldError {
    let code = if field == "frequency" {
        "unknown_frequency"
    } else {
        "unknown_choice"
    };
    FieldError::none_of(field, code, sent, known)
}
