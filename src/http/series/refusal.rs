//! What a series refuses, as the problem that a client sees.

use openpex_aggregates::recurrence::RecurrenceError;
use openpex_aggregates::series::SeriesRefusal;
use serde_json::{Value, json};

use crate::http::problem::{FieldError, Problem};

impl From<SeriesRefusal> for Problem {
    fn from(refusal: SeriesRefusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            SeriesRefusal::NotAllowed { status } => Self::conflict("not_allowed_in_state", detail)
                .with("state", status.as_str())
                .with("allowed", status.allowed()),
            SeriesRefusal::HoldsRanOut { occurrences } => {
                let lost: Vec<Value> = occurrences
                    .iter()
                    .map(|one| {
                        json!({
                            "number": one.number,
                            "reservation": one.reservation_id,
                            "startTime": one.starts_at.to_rfc1123(),
                        })
                    })
                    .collect();
                Self::conflict("hold_ran_out", detail).with("occurrences", lost)
            }
            SeriesRefusal::BoundsInSeries { field } => {
                let error = FieldError::new(field, "bounds_in_series", detail);
                Self::invalid(vec![error])
            }
            SeriesRefusal::TooManyHeld { held, asked, max } => {
                Self::conflict("too_many_held_occurrences", detail)
                    .with("held", held)
                    .with("asked", asked)
                    .with("max", max)
            }
        }
    }
}

impl From<RecurrenceError> for Problem {
    fn from(error: RecurrenceError) -> Self {
        let field = |field, code| FieldError::new(field, code, error.to_string());
        let broken = match &error {
            RecurrenceError::UnknownZone { .. } => field("timeZone", "unknown_time_zone"),
            RecurrenceError::NoDays => field("days", "no_days"),
            RecurrenceError::FirstDayLeftOut { date, .. } => {
                field("days", "first_day_left_out").with("date", date.to_string())
            }
            RecurrenceError::UntilBeforeFirst { until, first } => {
                field("until", "until_before_first")
                    .with("until", until.to_string())
                    .with("first", first.to_string())
            }
            RecurrenceError::CountOutOfRange { count } => field("count", "count_out_of_range")
                .with("count", *count)
                .with("max", openpex_aggregates::recurrence::OCCURRENCES_MAX),
            RecurrenceError::TooManyUntil { until, last } => field("until", "too_many_occurrences")
                .with("until", until.to_string())
                .with("last", last.to_string())
                .with("max", openpex_aggregates::recurrence::OCCURRENCES_MAX),
            RecurrenceError::EmptyWindow { .. } => field("duration", "duration_out_of_range"),
            RecurrenceError::Overlapping {
                starts_at,
                duration_ms,
                apart_ms,
            } => field("duration", "occurrences_overlap")
                .with("startTime", starts_at.to_rfc1123())
                .with("duration", *duration_ms)
                .with("apart", *apart_ms),
            RecurrenceError::BeyondCounting => field("until", "beyond_counting"),
        };
        Self::invalid(vec![broken])
    }
}
