//! The representation of a series: what was asked, and every occurrence with where it stands.

use std::collections::HashMap;

use openpex_aggregates::recurrence::{Frequency, IfNotAll, Recurrence, RecurrenceEnd};
use openpex_aggregates::reservation::StatusName;
use openpex_aggregates::series::{LeftOut, Occurrence, Series, SeriesStatus, SeriesStatusName};
use openpex_aggregates::weekdays::WeekdaySet;
use openpex_aggregates::{ReservationId, SeriesId, TimeWindow, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use super::reason::{ReasonOut, by_name, reasons_out};
use super::words::{
    FrequencyWord, IfNotAllWord, Reply, ReservationStatus, SeriesStatus as SeriesWord, WeekdayWord,
};
use crate::http::ports::SeriesView;

/// A series as clients see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Series)]
#[serde(rename_all = "camelCase")]
pub struct SeriesOut {
    #[schema(value_type = String, format = Uuid)]
    id: SeriesId,
    #[schema(value_type = Reply)]
    reply: &'static str,
    #[schema(value_type = SeriesWord)]
    status: &'static str,
    #[schema(value_type = i64, example = 1)]
    userid: UserId,
    #[serde(rename = "type")]
    instance_type: String,
    template: String,
    num_instances_fixed: u32,
    num_instances_option: u32,
    #[schema(example = "Mon, 17 Aug 2009 04:49:03 GMT")]
    start_time: String,
    /// In milliseconds.
    #[schema(example = 3_600_000)]
    duration: i64,
    recurrence: RecurrenceOut,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "4.935")]
    price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    expires_at: Option<String>,
    occurrences: Vec<OccurrenceOut>,
    /// Those that do not fit, and why.
    skipped: Vec<SkippedOut>,
    #[schema(format = DateTime)]
    created_at: String,
    position: u64,
}

/// How a series comes again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Recurrence)]
#[serde(rename_all = "camelCase")]
struct RecurrenceOut {
    #[schema(value_type = FrequencyWord)]
    frequency: &'static str,
    #[schema(value_type = Vec<WeekdayWord>)]
    days: WeekdaySet,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = Date)]
    until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    count: Option<u32>,
    time_zone: String,
    #[schema(value_type = IfNotAllWord)]
    if_not_all: &'static str,
}

/// One reservation of a series.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Occurrence)]
#[serde(rename_all = "camelCase")]
struct OccurrenceOut {
    number: u32,
    #[schema(value_type = String, format = Uuid)]
    reservation: ReservationId,
    #[schema(example = "Mon, 17 Aug 2009 04:49:03 GMT")]
    start_time: String,
    #[schema(example = "Mon, 17 Aug 2009 04:49:03 GMT")]
    end_time: String,
    /// The start by the clocks of the series' zone.
    #[schema(required)]
    local_start: Option<String>,
    #[schema(example = "4.935")]
    price: String,
    /// Left out where it had ended before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<ReservationStatus>)]
    status: Option<&'static str>,
}

/// An occurrence that does not fit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SkippedOccurrence)]
#[serde(rename_all = "camelCase")]
struct SkippedOut {
    number: u32,
    #[schema(example = "Mon, 17 Aug 2009 04:49:03 GMT")]
    start_time: String,
    #[schema(required)]
    local_start: Option<String>,
    /// Why it does not fit.
    #[serde(serialize_with = "by_name")]
    reasons: Vec<ReasonOut>,
}

/// The reservations that a series came to, in order.
pub fn reservations_of(view: &SeriesView) -> Vec<ReservationId> {
    let occurrences = view.series.occurrences().iter();
    occurrences.map(|one| one.reservation_id).collect()
}

impl SeriesOut {
    /// What the views have of a series and of its reservations.
    #[must_use]
    pub fn shown(view: &SeriesView, statuses: &HashMap<ReservationId, StatusName>) -> Self {
        let of_each: Vec<_> = reservations_of(view)
            .iter()
            .map(|id| statuses.get(id).copied())
            .collect();
        Self::of(view.id, &view.series, &of_each, view.position)
    }

    /// What the series' state says, its occurrences standing so.
    #[must_use]
    pub fn of(
        id: SeriesId,
        series: &Series,
        statuses: &[Option<StatusName>],
        position: u64,
    ) -> Self {
        let asked = series.asked.clone();
        let (terms, recurrence) = asked
            .map(|a| (a.terms, Some(a.recurrence)))
            .unwrap_or_default();
        let duration_ms = terms.window.duration_ms();
        let recurrence = recurrence.as_ref();
        let standing = |(one, status): (&Occurrence, &Option<StatusName>)| {
            let window = TimeWindow::starting(one.starts_at, duration_ms);
            OccurrenceOut {
                number: one.number,
                reservation: one.reservation_id,
                start_time: window.starts_at.to_rfc1123(),
                end_time: window.ends_at.to_rfc1123(),
                local_start: recurrence.and_then(|r| r.local_time(one.starts_at)),
                price: one.price.to_string(),
                status: status.map(StatusName::as_str),
            }
        };
        let skipped = |one: &LeftOut| SkippedOut {
            number: one.number,
            start_time: one.starts_at.to_rfc1123(),
            local_start: recurrence.and_then(|r| r.local_time(one.starts_at)),
            reasons: reasons_out(&one.evidence.reasons),
        };
        let occurrences = series.occurrences().iter().zip(statuses);
        Self {
            id,
            reply: reply_of(series),
            status: status_of(series, statuses),
            userid: series.user_id,
            instance_type: terms.instance_type,
            template: terms.template,
            num_instances_fixed: terms.instances_fixed,
            num_instances_option: terms.instances_option,
            start_time: terms.window.starts_at.to_rfc1123(),
            duration: duration_ms,
            price: series.plan().map(|plan| plan.price.to_string()),
            expires_at: match &series.status {
                SeriesStatus::Held { expires_at, .. } => Some(expires_at.to_rfc3339()),
                SeriesStatus::Absent
                | SeriesStatus::Rejected { .. }
                | SeriesStatus::Confirmed { .. }
                | SeriesStatus::Withdrawn { .. } => None,
            },
            occurrences: occurrences.map(standing).collect(),
            skipped: left_out(series).iter().map(skipped).collect(),
            recurrence: RecurrenceOut::of(recurrence),
            created_at: series.asked_at.to_rfc3339(),
            position,
        }
    }
}

fn left_out(series: &Series) -> &[LeftOut] {
    match &series.status {
        SeriesStatus::Rejected { left_out } => left_out,
        SeriesStatus::Absent => &[],
        SeriesStatus::Held { plan, .. }
        | SeriesStatus::Confirmed { plan }
        | SeriesStatus::Withdrawn { plan } => &plan.left_out,
    }
}

/// The provider's last word, in the paper's terms.
const fn reply_of(series: &Series) -> &'static str {
    match series.status_name() {
        SeriesStatusName::Held => "ACCEPT",
        SeriesStatusName::Confirmed => "REQUEST_SUCCESS",
        SeriesStatusName::Absent | SeriesStatusName::Rejected | SeriesStatusName::Withdrawn => {
            "REJECT"
        }
    }
}

/// Where it stands; a series whose occurrences have all ended stands where they do.
fn status_of(series: &Series, statuses: &[Option<StatusName>]) -> &'static str {
    let all = |so: StatusName| statuses.iter().all(|status| *status == Some(so));
    if statuses.is_empty() {
        series.status_name().as_str()
    } else if all(StatusName::Lapsed) {
        StatusName::Lapsed.as_str()
    } else if all(StatusName::Cancelled) {
        StatusName::Cancelled.as_str()
    } else {
        series.status_name().as_str()
    }
}

impl RecurrenceOut {
    fn of(recurrence: Option<&Recurrence>) -> Self {
        let frequency = recurrence.map_or(Frequency::Daily, |r| r.frequency);
        let end = recurrence.map_or(RecurrenceEnd::Count(0), |r| r.end);
        let (until, count) = match end {
            RecurrenceEnd::Until(date) => (Some(date.to_string()), None),
            RecurrenceEnd::Count(count) => (None, Some(count)),
        };
        Self {
            frequency: match frequency {
                Frequency::Daily => "daily",
                Frequency::Weekdays => "weekdays",
                Frequency::Weekly { .. } => "weekly",
            },
            days: frequency.days(),
            until,
            count,
            time_zone: recurrence.map(|r| r.time_zone.clone()).unwrap_or_default(),
            if_not_all: match recurrence.map(|r| r.if_not_all).unwrap_or_default() {
                IfNotAll::Reject => "reject",
                IfNotAll::Skip => "skip",
            },
        }
    }
}
