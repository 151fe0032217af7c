//! Instants and windows, in whole milliseconds of UTC.
//!
//! Owns the arithmetic of time; never reads a clock.

use std::fmt;

use chrono::{DateTime, Datelike, SecondsFormat, Timelike, Utc};
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
            |at| match digits_of(at) {
                Some([century, year, month, day, hour, minute, second]) => {
                    let millis = at.timestamp_subsec_millis();
                    let (first, last) = (digit(millis / 100), two_digits(millis % 100));
                    [
                        century, year, "-", month, "-", day, "T", hour, ":", minute, ":", second,
                        ".", first, last, "Z",
                    ]
                    .concat()
                }
                None => at.to_rfc3339_opts(SecondsFormat::Millis, true),
            },
        )
    }

    /// The form of RFC 1123 (`Mon, 17 Aug 2009 04:49:03 GMT`), as the paper's figures print it.
    ///
    /// Whole seconds: milliseconds are cut off.
    #[must_use]
    pub fn to_rfc1123(self) -> String {
        self.to_datetime().map_or_else(
            || self.0.to_string(),
            |at| match digits_of(at) {
                Some([century, year, _, day, hour, minute, second]) => {
                    let weekday = name_of(WEEKDAYS, at.weekday().num_days_from_monday());
                    let month = name_of(MONTHS, at.month0());
                    [
                        weekday, ", ", day, " ", month, " ", century, year, " ", hour, ":", minute,
                        ":", second, " GMT",
                    ]
                    .concat()
                }
                None => at.format("%a, %d %b %Y %H:%M:%S GMT").to_string(),
            },
        )
    }
}

// An answer has up to a dozen dates, a page of a list hundreds: interpreting a format for each would
// take longer than finding what they say.

const WEEKDAYS: &str = "MonTueWedThuFriSatSun";
const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
/// 00 to 99.
const TWO_DIGITS: &str = "\
    0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
    5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

/// Century, year of it, month, day, hour, minute and second in two digits each, of a year of four.
fn digits_of(at: DateTime<Utc>) -> Option<[&'static str; 7]> {
    let year = u32::try_from(at.year())
        .ok()
        .filter(|year| *year <= 9_999)?;
    let numbers = [
        year / 100,
        year % 100,
        at.month(),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
    ];
    Some(numbers.map(two_digits))
}

fn two_digits(number: u32) -> &'static str {
    nth(TWO_DIGITS, number, 2)
}

fn digit(number: u32) -> &'static str {
    nth("0123456789", number, 1)
}

fn name_of(names: &'static str, number: u32) -> &'static str {
    nth(names, number, 3)
}

/// The `number`th of equally long words.
fn nth(words: &'static str, number: u32, length: usize) -> &'static str {
    let from = usize::try_from(number)
        .unwrap_or(usize::MAX)
        .saturating_mul(length);
    words.get(from..from.saturating_add(length)).unwrap_or("")
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As chrono writes it, by the two forms of old.
    fn check(at: Timestamp) -> Result<(), TestCaseError> {
        let Some(date) = at.to_datetime() else {
            prop_assert_eq!(at.to_rfc3339(), at.0.to_string());
            prop_assert_eq!(at.to_rfc1123(), at.0.to_string());
            return Ok(());
        };
        prop_assert_eq!(
            at.to_rfc3339(),
            date.to_rfc3339_opts(SecondsFormat::Millis, true)
        );
        let rfc1123 = date.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        prop_assert_eq!(at.to_rfc1123(), rfc1123);
        Ok(())
    }

    proptest! {
        #[test]
        fn dates_are_written_as_the_calendar_has_them(
            near in -100_000_000_000_000_i64..300_000_000_000_000,
            any in any::<i64>(),
        ) {
            check(Timestamp(near))?;
            check(Timestamp(any))?;
        }
    }

    #[test]
    fn the_first_and_the_last_year_of_four_digits_are_written_as_the_others() {
        for at in [
            -62_167_219_200_001,
            -62_167_219_200_000,
            253_402_300_799_999,
            253_402_300_800_000,
        ] {
            check(Timestamp(at)).unwrap();
        }
        assert_eq!(
            Timestamp(1_250_484_543_007).to_rfc3339(),
            "2009-08-17T04:49:03.007Z"
        );
        assert_eq!(
            Timestamp(1_250_484_543_007).to_rfc1123(),
            "Mon, 17 Aug 2009 04:49:03 GMT"
        );
    }
}
