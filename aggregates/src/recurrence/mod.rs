//! Recurring reservations: when each occurrence of a series starts.
//!
//! Owns the rule and its arithmetic over the clocks of a named zone: every occurrence starts at the
//! local time of day of the first and lasts as many elapsed milliseconds. Where the clocks skip
//! that time, the occurrence starts at the first instant after the gap; where they show it twice,
//! at the first of the two (the first occurrence stays where it was asked). Must never ask whether
//! an occurrence can be had: each is a reservation of its own.

#[cfg(test)]
mod tests;

use chrono::{Datelike, NaiveDate, NaiveTime, Weekday};
use serde::{Deserialize, Serialize};

use crate::weekdays::{WeekdaySet, name_of};
use crate::zone::Zone;
use crate::{TimeWindow, Timestamp};

/// Most occurrences of one series.
pub const OCCURRENCES_MAX: u32 = 366;

/// When a reservation comes again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recurrence {
    /// On which days.
    pub frequency: Frequency,
    /// Until when.
    pub end: RecurrenceEnd,
    /// The IANA name of the zone whose clocks and calendar count.
    pub time_zone: String,
    /// What to do where not every occurrence can be had.
    #[serde(default)]
    pub if_not_all: IfNotAll,
}

/// The days on which there is an occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Frequency {
    /// Every day.
    Daily,
    /// Monday to Friday.
    Weekdays,
    /// These days of every week.
    Weekly {
        /// Which.
        days: WeekdaySet,
    },
}

/// Where a series ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecurrenceEnd {
    /// With this day in the series' zone; an occurrence may start on it.
    Until(NaiveDate),
    /// After so many occurrences, the first included.
    Count(u32),
}

/// What to do where not every occurrence can be had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IfNotAll {
    /// Have none of them.
    #[default]
    Reject,
    /// Have the others.
    Skip,
}

/// Why a series has no occurrences.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecurrenceError {
    /// The database has no such zone.
    #[error("\"{time_zone}\" is no time zone of the IANA database, such as \"Europe/Zurich\"")]
    UnknownZone {
        /// What it was said to be.
        time_zone: String,
    },
    /// A weekly series on no day.
    #[error("a weekly series needs at least one day")]
    NoDays,
    /// The first occurrence is on a day that the rule leaves out.
    #[error("the first occurrence is on {date}, a {}, which the rule leaves out", name_of(*day))]
    FirstDayLeftOut {
        /// Its date in the series' zone.
        date: NaiveDate,
        /// What day of the week that is.
        day: Weekday,
    },
    /// The end is before the beginning.
    #[error("the series ends with {until}, before its first occurrence on {first}")]
    UntilBeforeFirst {
        /// The last day.
        until: NaiveDate,
        /// The day of the first occurrence.
        first: NaiveDate,
    },
    /// The count is none or too many.
    #[error("a series of {count} occurrences; it must be from 1 to {OCCURRENCES_MAX}")]
    CountOutOfRange {
        /// How many were asked for.
        count: u32,
    },
    /// More occurrences until the end than one series has.
    #[error("more than {OCCURRENCES_MAX} occurrences until {until}; the last could be on {last}")]
    TooManyUntil {
        /// The last day that was asked for.
        until: NaiveDate,
        /// The day of the last occurrence that one series can have.
        last: NaiveDate,
    },
    /// The first window ends before or when it starts.
    #[error("an occurrence of {duration_ms} ms is no time at all")]
    EmptyWindow {
        /// How long it is, in milliseconds.
        duration_ms: i64,
    },
    /// An occurrence is not over when the next starts.
    #[error(
        "an occurrence lasts {duration_ms} ms, but the one after {starts_at} starts {apart_ms} ms \
         later"
    )]
    Overlapping {
        /// When the occurrence starts.
        starts_at: Timestamp,
        /// How long it lasts, in milliseconds.
        duration_ms: i64,
        /// How long after its start the next one starts, in milliseconds.
        apart_ms: i64,
    },
    /// A start is past the dates that can be counted.
    #[error("an occurrence is beyond the dates that can be counted")]
    BeyondCounting,
}

impl Frequency {
    /// The days of the week on which there is an occurrence.
    #[must_use]
    pub const fn days(self) -> WeekdaySet {
        match self {
            Self::Daily => WeekdaySet::ALL,
            Self::Weekdays => WeekdaySet::WORKING,
            Self::Weekly { days } => days,
        }
    }
}

impl Recurrence {
    /// The starts of all occurrences, in order; the first is that of `first`.
    ///
    /// # Errors
    /// The first rule that is broken, see [`RecurrenceError`].
    pub fn occurrences(&self, first: TimeWindow) -> Result<Vec<Timestamp>, RecurrenceError> {
        let zone = zone_of(&self.time_zone)?;
        let duration_ms = first.duration_ms();
        if duration_ms <= 0 {
            return Err(RecurrenceError::EmptyWindow { duration_ms });
        }
        let shown = zone
            .local(first.starts_at)
            .ok_or(RecurrenceError::BeyondCounting)?;
        let dates = self.dates(shown.date())?;
        let mut starts = vec![first.starts_at];
        for date in dates.into_iter().skip(1) {
            let starts_at = start_on(zone, date, shown.time())?;
            let before = starts.last().copied().unwrap_or(first.starts_at);
            let apart_ms = starts_at.millis_since(before);
            if apart_ms < duration_ms {
                return Err(RecurrenceError::Overlapping {
                    starts_at: before,
                    duration_ms,
                    apart_ms,
                });
            }
            starts.push(starts_at);
        }
        Ok(starts)
    }

    /// When the day of this date begins in the series' zone.
    ///
    /// # Errors
    /// [`RecurrenceError::UnknownZone`], [`RecurrenceError::BeyondCounting`].
    pub fn day_begins_at(&self, date: NaiveDate) -> Result<Timestamp, RecurrenceError> {
        start_on(zone_of(&self.time_zone)?, date, NaiveTime::MIN)
    }

    /// What the clocks of the series' zone show at `at`, in the form of RFC 3339; `None` past the
    /// years that can be counted.
    #[must_use]
    pub fn local_time(&self, at: Timestamp) -> Option<String> {
        let local = Zone::named(&self.time_zone)?.local(at)?;
        let ahead = local.signed_duration_since(at.to_datetime()?.naive_utc());
        let minutes = ahead.num_minutes();
        let (sign, minutes) = (if minutes < 0 { '-' } else { '+' }, minutes.unsigned_abs());
        let shown = local.format("%Y-%m-%dT%H:%M:%S");
        Some(format!(
            "{shown}{sign}{:02}:{:02}",
            minutes / 60,
            minutes % 60
        ))
    }

    /// The days of all occurrences, from `first` on.
    fn dates(&self, first: NaiveDate) -> Result<Vec<NaiveDate>, RecurrenceError> {
        let days = self.frequency.days();
        if days.is_empty() {
            return Err(RecurrenceError::NoDays);
        }
        if !days.contains(first.weekday()) {
            return Err(RecurrenceError::FirstDayLeftOut {
                date: first,
                day: first.weekday(),
            });
        }
        let on_a_day = first
            .iter_days()
            .filter(|date| days.contains(date.weekday()));
        let most = OCCURRENCES_MAX as usize;
        match self.end {
            RecurrenceEnd::Count(count) => {
                if !(1..=OCCURRENCES_MAX).contains(&count) {
                    return Err(RecurrenceError::CountOutOfRange { count });
                }
                let dates: Vec<_> = on_a_day.take(count as usize).collect();
                if dates.len() < count as usize {
                    return Err(RecurrenceError::BeyondCounting);
                }
                Ok(dates)
            }
            RecurrenceEnd::Until(until) => {
                if until < first {
                    return Err(RecurrenceError::UntilBeforeFirst { until, first });
                }
                let until_then = on_a_day.take_while(|date| *date <= until);
                let mut dates: Vec<_> = until_then.take(most + 1).collect();
                if dates.len() > most {
                    dates.truncate(most);
                    let last = dates.last().copied().unwrap_or(first);
                    return Err(RecurrenceError::TooManyUntil { until, last });
                }
                Ok(dates)
            }
        }
    }
}

/// The day of the week that `at` is in the zone of this name.
///
/// # Errors
/// [`RecurrenceError::UnknownZone`], [`RecurrenceError::BeyondCounting`].
pub fn weekday_at(time_zone: &str, at: Timestamp) -> Result<Weekday, RecurrenceError> {
    let local = zone_of(time_zone)?.local(at);
    Ok(local.ok_or(RecurrenceError::BeyondCounting)?.weekday())
}

fn zone_of(time_zone: &str) -> Result<Zone, RecurrenceError> {
    Zone::named(time_zone).ok_or_else(|| RecurrenceError::UnknownZone {
        time_zone: time_zone.to_owned(),
    })
}

fn start_on(zone: Zone, date: NaiveDate, time: NaiveTime) -> Result<Timestamp, RecurrenceError> {
    zone.first_instant(date.and_time(time))
        .ok_or(RecurrenceError::BeyondCounting)
}
