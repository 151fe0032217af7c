//! Peak and off-peak: which part of a window lies in which, by the clocks of a zone.
//!
//! Owns the arithmetic of a week of local time. An instant is in peak if what the clocks show then
//! is in a peak period; so an hour that the clocks skip is in neither, and one that they show
//! twice counts twice.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::TimeWindow;
use crate::weekdays::WeekdaySet;
use crate::zone::{STRETCHED_WINDOW_MAX_MS, Zone};

/// Longest window that a calendar prices, in milliseconds.
pub const CALENDAR_WINDOW_MAX_MS: i64 = STRETCHED_WINDOW_MAX_MS;

const MINUTE_MS: i64 = 60_000;
const MINUTES_OF_DAY: u16 = 24 * 60;
const DAY_MS: i64 = MINUTE_MS * 24 * 60;
const WEEK_MS: i64 = 7 * DAY_MS;
/// 1970-01-01 was a Thursday, three days into a week that begins on Monday.
const EPOCH_IN_WEEK_MS: i64 = 3 * DAY_MS;

/// A time on the clock, to the minute: `"08:30"`; `"24:00"` is the end of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(u16);

/// A text is not a time on the clock.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no time of day such as \"08:30\", from \"00:00\" to \"24:00\"")]
pub struct NotATimeOfDay(String);

impl TimeOfDay {
    /// The full hour, at most the 24th.
    pub(super) const fn hour(hour: u16) -> Self {
        let minutes = hour.saturating_mul(60);
        Self(if minutes < MINUTES_OF_DAY {
            minutes
        } else {
            MINUTES_OF_DAY
        })
    }
}

impl FromStr for TimeOfDay {
    type Err = NotATimeOfDay;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let two = |part: &str| {
            let plain = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| part.parse::<u16>().ok()).flatten()
        };
        text.split_once(':')
            .and_then(|(hour, minute)| Some((two(hour)?, two(minute)?)))
            .filter(|(_, minute)| *minute < 60)
            .map(|(hour, minute)| hour * 60 + minute)
            .filter(|minutes| *minutes <= MINUTES_OF_DAY)
            .map(Self)
            .ok_or_else(|| NotATimeOfDay(text.to_owned()))
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = NotATimeOfDay;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// A time of the week that is dear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeakPeriod {
    /// The days on which it begins.
    pub days: WeekdaySet,
    /// When it begins.
    pub from: TimeOfDay,
    /// When it is over; on the next day where that is earlier than `from`.
    pub until: TimeOfDay,
}

impl PeakPeriod {
    /// How long it is by the clock, in minutes; 0 where it ends when it begins.
    pub(super) fn minutes(self) -> u16 {
        let (from, until) = (self.from.0, self.until.0);
        if until >= from {
            until - from
        } else {
            until + MINUTES_OF_DAY - from
        }
    }
}

/// The peak periods of a week, joined: disjoint spans in order, in milliseconds since Monday 00:00.
struct PeakWeek(Vec<(i64, i64)>);

impl PeakWeek {
    fn of(periods: &[PeakPeriod]) -> Self {
        let mut spans = Vec::new();
        for period in periods {
            for day in period.days.days() {
                let midnight = i64::from(day.num_days_from_monday()) * DAY_MS;
                let from = midnight + i64::from(period.from.0) * MINUTE_MS;
                let until = from + i64::from(period.minutes()) * MINUTE_MS;
                spans.push((from.min(WEEK_MS), until.min(WEEK_MS)));
                // What begins on Sunday and crosses midnight goes on at the start of the week.
                spans.push(((from - WEEK_MS).max(0), (until - WEEK_MS).max(0)));
            }
        }
        spans.retain(|(from, until)| from < until);
        spans.sort_unstable();
        let mut joined: Vec<(i64, i64)> = Vec::new();
        for (from, until) in spans {
            match joined.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(until),
                Some(_) | None => joined.push((from, until)),
            }
        }
        Self(joined)
    }

    /// Milliseconds of peak in the first `until_ms` of a week.
    fn before(&self, until_ms: i64) -> i64 {
        let part = |(from, until): &(i64, i64)| until_ms.clamp(*from, *until) - from;
        self.0.iter().map(part).sum()
    }

    /// Milliseconds of peak from a fixed Monday until `local_ms`, which counts from 1970 on.
    fn until(&self, local_ms: i64) -> i64 {
        let at = local_ms.saturating_add(EPOCH_IN_WEEK_MS);
        let weeks = at.div_euclid(WEEK_MS);
        weeks
            .saturating_mul(self.before(WEEK_MS))
            .saturating_add(self.before(at.rem_euclid(WEEK_MS)))
    }
}

/// Milliseconds of `window` in peak; `None` where the zone is unknown, or the window longer than
/// [`CALENDAR_WINDOW_MAX_MS`] or past the years that can be counted.
pub(super) fn peak_ms(window: TimeWindow, zone: &str, periods: &[PeakPeriod]) -> Option<i64> {
    let week = PeakWeek::of(periods);
    let stretches = Zone::named(zone)?.stretches(window)?;
    let of_stretch = stretches.iter().map(|stretch| {
        let local = |at: i64| at.saturating_add(stretch.offset_ms);
        let TimeWindow { starts_at, ends_at } = stretch.window;
        week.until(local(ends_at.0))
            .saturating_sub(week.until(local(starts_at.0)))
    });
    Some(of_stretch.sum())
}
