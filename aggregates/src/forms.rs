//! The forms in which configuration may write a share and a time, beside plain integers.
//!
//! Owns the reading only: what is written to the ledger is always the integer.

use std::fmt;

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// One whole, in parts per million.
pub(crate) const PPM: u32 = 1_000_000;

const PPM_OF_PERCENT: u64 = 10_000;

/// Reads parts per million: an integer, or a percentage such as `"12.5%"`, at most four digits
/// after the point.
pub(crate) fn ppm<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let value = deserializer.deserialize_any(IntegerOr {
        parse: percentage,
        expecting: "parts per million, or a percentage such as \"12.5%\"",
    })?;
    u32::try_from(value).map_err(|_| D::Error::custom(format!("{value} ppm is out of range")))
}

/// Reads milliseconds: an integer, or a number and a unit such as `"90m"` (`ms`, `s`, `m`, `h`,
/// `d` of 24 hours).
pub(crate) fn millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    deserializer.deserialize_any(IntegerOr {
        parse: span,
        expecting: "milliseconds, or a number with a unit such as \"90m\", \"24h\" or \"7d\"",
    })
}

struct IntegerOr {
    parse: fn(&str) -> Option<i64>,
    expecting: &'static str,
}

impl Visitor<'_> for IntegerOr {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expecting)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<i64, E> {
        Ok(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<i64, E> {
        i64::try_from(value).map_err(|_| E::custom(format!("{value} is out of range")))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<i64, E> {
        (self.parse)(text).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
    }
}

fn digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

fn percentage(text: &str) -> Option<i64> {
    let number = text.strip_suffix('%')?.trim_end();
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    if part.len() > 4 {
        return None;
    }
    digits::<u64>(part)?;
    let part: u64 = digits(&format!("{part:0<4}"))?;
    let value = digits::<u64>(whole)?.checked_mul(PPM_OF_PERCENT)?;
    i64::try_from(value.checked_add(part)?).ok()
}

fn span(text: &str) -> Option<i64> {
    let unit_at = text.find(|at: char| !at.is_ascii_digit())?;
    let (number, unit) = text.split_at(unit_at);
    let unit_ms: i64 = match unit.trim_start() {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    digits::<i64>(number)?.checked_mul(unit_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_a_percentage_when_read_then_it_is_exact_parts_per_million() {
        for (text, value) in [
            ("0%", Some(0)),
            ("80%", Some(800_000)),
            ("12.5 %", Some(125_000)),
            ("0.0001%", Some(1)),
            ("250%", Some(2_500_000)),
            ("0.00001%", None),
            ("-1%", None),
            ("1.%", None),
            (".5%", None),
            ("%", None),
            ("50", None),
            ("99999999999999999999%", None),
            ("9999999999999999%", None),
        ] {
            assert_eq!(percentage(text), value, "{text}");
        }
    }

    #[test]
    fn given_a_time_with_a_unit_when_read_then_it_is_milliseconds() {
        for (text, value) in [
            ("500ms", Some(500)),
            ("30 s", Some(30_000)),
            ("90m", Some(5_400_000)),
            ("24h", Some(86_400_000)),
            ("7d", Some(604_800_000)),
            ("7", None),
            ("h", None),
            ("-7d", None),
            ("7 weeks", None),
            ("106751991168d", None),
            ("", None),
        ] {
            assert_eq!(span(text), value, "{text}");
        }
    }
}
