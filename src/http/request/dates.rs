//! Instants as clients write them: RFC 1123 (`Mon, 17 Aug 2009 04:49:03 GMT`) or RFC 3339.

use chrono::format::ParseErrorKind;
use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveTime, Weekday};
use openpex_aggregates::Timestamp;

use crate::http::problem::FieldError;

/// The longest text that can be a date.
const DATE_BYTES_MAX: usize = 64;
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const SECONDS_PER_MINUTE: i32 = 60;
const MINUTES_PER_HOUR: i32 = 60;

/// Why a text is not an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// Neither form.
    #[error(
        "not a date of RFC 1123 such as \"Mon, 17 Aug 2009 04:49:03 GMT\", nor of RFC 3339 such as \
         \"2009-08-17T04:49:03Z\""
    )]
    Unreadable,
    /// The calendar or the clock has no such instant.
    #[error("there is no such date or time")]
    DoesNotExist,
    /// The weekday is not that of the date.
    #[error("that day is a {right}, not a {sent}")]
    WrongWeekday {
        /// What was sent.
        sent: Weekday,
        /// What it is.
        right: Weekday,
    },
}

impl DateError {
    /// The error of a field.
    #[must_use]
    pub fn at(self, field: &'static str) -> FieldError {
        let code = match self {
            Self::Unreadable => "date_unreadable",
            Self::DoesNotExist => "date_does_not_exist",
            Self::WrongWeekday { .. } => "wrong_weekday",
        };
        let error = FieldError::new(field, code, self.to_string());
        match self {
            Self::WrongWeekday { right, .. } => error.with("weekday", right.to_string()),
            Self::Unreadable | Self::DoesNotExist => error,
        }
    }
}

/// The instant that `text` names, cut off to the millisecond.
///
/// # Errors
/// Where it names none.
pub fn parse_instant(text: &str) -> Result<Timestamp, DateError> {
    if text.len() > DATE_BYTES_MAX || !text.is_ascii() {
        return Err(DateError::Unreadable);
    }
    if text.as_bytes().get(4) == Some(&b'-') {
        return DateTime::parse_from_rfc3339(text)
            .map(|at| Timestamp(at.timestamp_millis()))
            .map_err(|error| {
                let kind = error.kind();
                if matches!(
                    kind,
                    ParseErrorKind::OutOfRange | ParseErrorKind::Impossible
                ) {
                    DateError::DoesNotExist
                } else {
                    DateError::Unreadable
                }
            });
    }
    parse_rfc1123(text)
}

fn parse_rfc1123(text: &str) -> Result<Timestamp, DateError> {
    let (weekday, rest) = match text.split_once(',') {
        Some((weekday, rest)) => (Some(read_weekday(weekday.trim())?), rest),
        // RFC 822, which RFC 1123 amends, lets the weekday be left out.
        None => (None, text),
    };
    let words: Vec<&str> = rest.split_ascii_whitespace().collect();
    let &[day, month, year, time, zone] = words.as_slice() else {
        return Err(DateError::Unreadable);
    };
    let (day, year) = (number(day, 1..=2)?, number(year, 4..=4)?);
    let month = MONTHS
        .iter()
        .zip(1..)
        .find(|(name, _)| name.eq_ignore_ascii_case(month));
    let (_, month) = month.ok_or(DateError::Unreadable)?;
    let year = i32::try_from(year).map_err(|_| DateError::Unreadable)?;
    let date = NaiveDate::from_ymd_opt(year, month, day).ok_or(DateError::DoesNotExist)?;
    if let Some(sent) = weekday.filter(|sent| *sent != date.weekday()) {
        return Err(DateError::WrongWeekday {
            sent,
            right: date.weekday(),
        });
    }
    let at = date
        .and_time(read_time(time)?)
        .and_local_timezone(read_zone(zone)?)
        .single()
        .ok_or(DateError::DoesNotExist)?;
    Ok(Timestamp(at.timestamp_millis()))
}

fn read_weekday(word: &str) -> Result<Weekday, DateError> {
    if word.len() != 3 {
        return Err(DateError::Unreadable);
    }
    word.parse().map_err(|_| DateError::Unreadable)
}

fn read_time(word: &str) -> Result<NaiveTime, DateError> {
    let parts: Vec<&str> = word.split(':').collect();
    let (hours, minutes, seconds) = match parts.as_slice() {
        [hours, minutes, seconds] => (*hours, *minutes, *seconds),
        [hours, minutes] => (*hours, *minutes, "00"),
        _ => return Err(DateError::Unreadable),
    };
    let two = |digits| number(digits, 2..=2);
    NaiveTime::from_hms_opt(two(hours)?, two(minutes)?, two(seconds)?)
        .ok_or(DateError::DoesNotExist)
}

fn read_zone(word: &str) -> Result<FixedOffset, DateError> {
    let (sign, digits) = match word {
        "GMT" | "UTC" | "UT" | "Z" => (1, "0000"),
        _ => match (word.strip_prefix('+'), word.strip_prefix('-')) {
            (Some(digits), _) => (1, digits),
            (_, Some(digits)) => (-1, digits),
            (None, None) => return Err(DateError::Unreadable),
        },
    };
    let whole = i32::try_from(number(digits, 4..=4)?).map_err(|_| DateError::Unreadable)?;
    let minutes = (whole / 100) * MINUTES_PER_HOUR + whole % 100;
    FixedOffset::east_opt(sign * minutes * SECONDS_PER_MINUTE).ok_or(DateError::DoesNotExist)
}

fn number(digits: &str, length: std::ops::RangeInclusive<usize>) -> Result<u32, DateError> {
    let is_number = length.contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    digits
        .parse()
        .ok()
        .filter(|_| is_number)
        .ok_or(DateError::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_either_form_when_parsed_then_it_is_the_same_instant() {
        for text in [
            "Mon, 17 Aug 2009 04:49:03 GMT",
            "17 Aug 2009 04:49:03 GMT",
            "Mon, 17 Aug 2009 06:49:03 +0200",
            "mon, 17 aug 2009 04:49:03 UTC",
            "2009-08-17T04:49:03Z",
            "2009-08-17T04:49:03.000000Z",
            "2009-08-16T23:49:03-05:00",
        ] {
            let at = parse_instant(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(at.to_rfc1123(), "Mon, 17 Aug 2009 04:49:03 GMT", "{text}");
        }
    }

    #[test]
    fn given_no_instant_when_parsed_then_the_reason_is_named() {
        let wrong = DateError::WrongWeekday {
            sent: Weekday::Tue,
            right: Weekday::Mon,
        };
        for (text, error) in [
            ("Mon, 31 Feb 2009 04:49:03 GMT", DateError::DoesNotExist),
            ("Sun, 29 Feb 2009 04:49:03 GMT", DateError::DoesNotExist),
            ("Mon, 17 Aug 2009 24:00:00 GMT", DateError::DoesNotExist),
            ("Mon, 17 Aug 2009 04:49:61 GMT", DateError::DoesNotExist),
            ("2009-02-31T00:00:00Z", DateError::DoesNotExist),
            ("2009-13-01T00:00:00Z", DateError::DoesNotExist),
            ("2009-08-17T25:00:00Z", DateError::DoesNotExist),
            ("Tue, 17 Aug 2009 04:49:03 GMT", wrong),
            ("Mon, 17 Aug 09 04:49:03 GMT", DateError::Unreadable),
            ("Mon, 17 Aug 2009 04:49:03", DateError::Unreadable),
            ("Mon, 17 Aug 2009 04:49:03 CEST", DateError::Unreadable),
            ("Mon, +7 Aug 2009 04:49:03 GMT", DateError::Unreadable),
            ("2009-08-17", DateError::Unreadable),
            ("tomorrow", DateError::Unreadable),
            ("", DateError::Unreadable),
            ("１７ Aug 2009 04:49:03 GMT", DateError::Unreadable),
        ] {
            assert_eq!(parse_instant(text), Err(error), "{text}");
        }
        assert_eq!(
            parse_instant(&"9".repeat(100_000)),
            Err(DateError::Unreadable)
        );
    }
}
