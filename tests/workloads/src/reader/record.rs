//! A line cut into its fields, and the numbers in them.

use std::ops::RangeInclusive;

use super::{MAX_SECONDS, Problem, SECOND_MS};

/// What separates the fields of a line.
pub(super) enum Separator {
    /// Any run of blanks.
    Blanks,
    /// A comma, blanks around it allowed.
    Comma,
}

/// The fields of one line, as many as there are names.
pub(super) struct Record<'a> {
    names: &'static [&'static str],
    fields: Vec<&'a str>,
}

impl<'a> Record<'a> {
    pub(super) fn split(
        text: &'a str,
        separator: &Separator,
        names: &'static [&'static str],
    ) -> Result<Self, Problem> {
        let fields: Vec<&str> = match separator {
            Separator::Blanks => text.split_ascii_whitespace().collect(),
            Separator::Comma => text.split(',').map(str::trim).collect(),
        };
        let expected = names.len();
        if let Some(field) = names.get(fields.len()) {
            let column = fields.len() + 1;
            return Err(Problem::MissingField {
                field,
                column,
                expected,
            });
        }
        if let Some(extra) = fields.get(expected) {
            let found = (*extra).to_owned();
            return Err(Problem::ExtraField { found, expected });
        }
        Ok(Self { names, fields })
    }

    /// The whole number in the field `at`, counted from 0.
    pub(super) fn whole(&self, at: usize, range: RangeInclusive<i64>) -> Result<i64, Problem> {
        let number = self.fields[at].parse().ok();
        number
            .filter(|number| range.contains(number))
            .ok_or_else(|| self.unexpected(at, "a whole number", &range))
    }

    /// The whole number from zero, or whatever `range` begins with, on.
    pub(super) fn amount(&self, at: usize, range: RangeInclusive<i64>) -> Result<u64, Problem> {
        let amount = self.whole(at, range)?;
        Ok(u64::try_from(amount).expect("invariant: no range of amounts goes below zero"))
    }

    /// The number of instances in the field `at`.
    pub(super) fn instances(&self, at: usize) -> Result<u32, Problem> {
        let instances = self.whole(at, 1..=super::MAX_INSTANCES)?;
        Ok(u32::try_from(instances).expect("invariant: the limit on instances fits"))
    }

    /// The seconds in the field `at`, as milliseconds, from `least_ms` on; finer digits than
    /// milliseconds are cut off.
    pub(super) fn millis(&self, at: usize, least_ms: i64) -> Result<i64, Problem> {
        let range = least_ms..=MAX_SECONDS * SECOND_MS;
        millis_of(self.fields[at])
            .filter(|millis| range.contains(millis))
            .ok_or_else(|| {
                let seconds = least_ms.div_euclid(SECOND_MS)..=MAX_SECONDS;
                self.unexpected(at, "seconds", &seconds)
            })
    }

    fn unexpected(
        &self,
        at: usize,
        expected: &'static str,
        range: &RangeInclusive<i64>,
    ) -> Problem {
        Problem::Number {
            field: self.names[at],
            column: at + 1,
            found: self.fields[at].to_owned(),
            expected,
            least: *range.start(),
            most: *range.end(),
        }
    }
}

/// `12`, `-1` or `0.25` seconds in milliseconds, without a detour over floating point.
fn millis_of(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole.strip_prefix('-').unwrap_or(whole)) || !all_digits(fraction) {
        return None;
    }
    let kept = &fraction[..fraction.len().min(3)];
    let fraction: i64 = format!("{kept:0<3}").parse().ok()?;
    let whole_ms = whole.parse::<i64>().ok()?.checked_mul(SECOND_MS)?;
    if whole.starts_with('-') {
        whole_ms.checked_sub(fraction)
    } else {
        whole_ms.checked_add(fraction)
    }
}
