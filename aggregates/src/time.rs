//! Instants and windows, in whole milliseconds of UTC.
//!
//! Owns the arithmetic of time; never reads a clock.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The latest instant, used as "never".
    pub const MAX: Self = Self(i64::MAX);

    /// This instant moved by `millis`, kept inside the range of the type.
    #[must_use]
    pub const fn saturating_add(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this instant; negative if this one is earlier.
    #[must_use]
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The instant as a calendar date, or `None` past the year 262,000.
    #[must_use]
    pub const fn to_datetime(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_millis(self.0)
    }

    /// The form of RFC 3339 with milliseconds, as history and our own fields print it.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        self.to_datetime().map_or_else(
            || self.0.to_string(),
            |at| at.to_rfc3339_opts(SecondsFormat::Millis, true),
        )
    }

    /// The form of RFC 1123 (`Mon, 17 Aug 2009 04:49:03 GMT`), as the paper's figures print it.
    ///
    /// Whole seconds: milliseconds are cut off.
    #[must_use]
    pub fn to_rfc1123(self) -> String {
        self.to_datetime().map_or_else(
            || self.0.to_string(),
            |at| at.format("%a, %d %b %Y %H:%M:%S GMT").to_string(),
        )
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(at: DateTime<Utc>) -> Self {
        Self(at.timestamp_millis())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339())
    }
}

/// A span of time, half open: it holds `starts_at` and everything before `ends_at`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TimeWindow {
    /// First instant inside.
    pub starts_at: Timestamp,
    /// First instant after it.
    pub ends_at: Timestamp,
}

impl TimeWindow {
    /// The window of `duration_ms` milliseconds from `starts_at` on.
    #[must_use]
    pub const fn starting(starts_at: Timestamp, duration_ms: i64) -> Self {
        Self {
            starts_at,
            ends_at: starts_at.saturating_add(duration_ms),
        }
    }

    /// Its length in milliseconds.
    #[must_use]
    pub const fn duration_ms(self) -> i64 {
        self.ends_at.millis_since(self.starts_at)
    }

    /// Whether some instant is inside both.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.starts_at < other.ends_at && other.starts_at < self.ends_at
    }

    /// Whether `at` is inside.
    #[must_use]
    pub fn contains(self, at: Timestamp) -> bool {
        self.starts_at <= at && at < self.ends_at
    }
}

impl fmt::Display for TimeWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.starts_at, self.ends_at)
    }
}
