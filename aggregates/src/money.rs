//! Money: integer micro-credits, never a float.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Micro-credits in one credit.
pub const MICROS_PER_CREDIT: u64 = 1_000_000;

/// An amount of simulated currency, in millionths of a credit; never negative.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct MicroCredits(pub u64);

/// Why a text is not an amount of credits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseCreditsError {
    /// Something other than digits and one point.
    #[error("not a decimal number of credits such as \"12.50\"")]
    NotDecimal,
    /// More than six digits after the point.
    #[error("more than 6 digits after the point; the smallest amount is 0.000001 credits")]
    TooFine,
    /// More than 18,446,744,073,709.551615 credits.
    #[error("more than 18446744073709.551615 credits")]
    TooLarge,
}

impl MicroCredits {
    /// Sum, or `None` past the largest amount.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}

impl FromStr for MicroCredits {
    type Err = ParseCreditsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) {
            return Err(ParseCreditsError::NotDecimal);
        }
        if part.len() > 6 {
            return Err(ParseCreditsError::TooFine);
        }
        let whole: u64 = whole.parse().map_err(|_| ParseCreditsError::TooLarge)?;
        let part: u64 = format!("{part:0<6}")
            .parse()
            .map_err(|_| ParseCreditsError::NotDecimal)?;
        whole
            .checked_mul(MICROS_PER_CREDIT)
            .and_then(|micros| micros.checked_add(part))
            .map(Self)
            .ok_or(ParseCreditsError::TooLarge)
    }
}

impl fmt::Display for MicroCredits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / MICROS_PER_CREDIT, self.0 % MICROS_PER_CREDIT);
        if part == 0 {
            return write!(f, "{whole}");
        }
        let digits = format!("{part:06}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_a_decimal_when_parsed_and_printed_then_it_is_the_same_amount() {
        for (text, micros, printed) in [
            ("0", 0, "0"),
            ("12.5", 12_500_000, "12.5"),
            ("12.500000", 12_500_000, "12.5"),
            ("0.000001", 1, "0.000001"),
            ("18446744073709.551615", u64::MAX, "18446744073709.551615"),
        ] {
            let amount: MicroCredits = text.parse().unwrap();
            assert_eq!((amount.0, amount.to_string().as_str()), (micros, printed));
        }
    }

    #[test]
    fn given_a_bad_amount_when_parsed_then_the_rule_is_named() {
        for (text, error) in [
            ("", ParseCreditsError::NotDecimal),
            ("-1", ParseCreditsError::NotDecimal),
            ("1e3", ParseCreditsError::NotDecimal),
            ("1.", ParseCreditsError::NotDecimal),
            ("1.0000001", ParseCreditsError::TooFine),
            ("18446744073709.551616", ParseCreditsError::TooLarge),
            ("99999999999999999999999", ParseCreditsError::TooLarge),
        ] {
            assert_eq!(text.parse::<MicroCredits>(), Err(error), "{text}");
        }
    }
}
