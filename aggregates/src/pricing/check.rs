//! What a pricing policy must keep to be used; each broken rule is named with its numbers.

use super::curve::{CURVE_POINTS_MAX, MULTIPLIER_MAX_PPM};
use super::peak::PeakPeriod;
use super::{Pricing, TimeOfDay};
use crate::forms::PPM;
use crate::zone::Zone;

/// Most peak periods of one calendar.
pub const PEAK_PERIODS_MAX: usize = 64;
/// Longest lead time a policy may name, in milliseconds: ten years of 366 days.
pub const LEAD_MAX_MS: i64 = 10 * 366 * 86_400_000;

/// Why a pricing policy cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PricingError {
    /// A curve has no point.
    #[error("{curve} has no points; one is the least")]
    CurveEmpty {
        /// Its name.
        curve: &'static str,
    },
    /// A curve has too many points.
    #[error("{curve} has {points} points; {CURVE_POINTS_MAX} are the most")]
    CurveTooLong {
        /// Its name.
        curve: &'static str,
        /// How many.
        points: usize,
    },
    /// A point is not after the one before it.
    #[error("{curve} goes back: the point at {at} comes after the one at {before}")]
    CurveUnsorted {
        /// Its name.
        curve: &'static str,
        /// Where the point is.
        at: i64,
        /// Where the point listed before it is.
        before: i64,
    },
    /// A point is where no value can be.
    #[error("{curve} has a point at {at}; it must be from 0 to {at_max}")]
    PointOutOfRange {
        /// Its name.
        curve: &'static str,
        /// Where the point is.
        at: i64,
        /// The largest value.
        at_max: i64,
    },
    /// A multiplier is too high.
    #[error("{field} multiplies by {ppm} ppm; {MULTIPLIER_MAX_PPM} ppm are the most")]
    MultiplierTooHigh {
        /// Where it stands.
        field: &'static str,
        /// What it is, in parts per million.
        ppm: u32,
    },
    /// The last minute is no time ahead.
    #[error("last_minute_ms is {last_minute_ms}; it must be from 0 to {LEAD_MAX_MS}")]
    LastMinuteOutOfRange {
        /// What it is, in milliseconds.
        last_minute_ms: i64,
    },
    /// The database has no such zone.
    #[error("\"{time_zone}\" is no time zone of the IANA database, such as \"Europe/Zurich\"")]
    UnknownZone {
        /// What it was said to be.
        time_zone: String,
    },
    /// A calendar has no peak at all.
    #[error("the calendar has no peak periods; for one price at any time the policy is \"flat\"")]
    NoPeriods,
    /// A calendar has too many peak periods.
    #[error("the calendar has {periods} peak periods; {PEAK_PERIODS_MAX} are the most")]
    TooManyPeriods {
        /// How many.
        periods: usize,
    },
    /// A peak period is on no day.
    #[error("peak period {number} is on no day")]
    PeriodWithoutDays {
        /// Its place in the list, from 1 on.
        number: usize,
    },
    /// A peak period ends when it begins.
    #[error(
        "peak period {number} is empty: it begins and ends at {from}; a whole day is from 00:00 \
         until 24:00"
    )]
    PeriodEmpty {
        /// Its place in the list, from 1 on.
        number: usize,
        /// When it begins.
        from: TimeOfDay,
    },
}

impl Pricing {
    /// Whether this policy can be used.
    ///
    /// # Errors
    /// The first rule that is broken, see [`PricingError`].
    pub fn check(&self) -> Result<(), PricingError> {
        match self {
            Self::Flat { rates: _ } => Ok(()),
            Self::Utilisation(policy) => policy.curve.check("curve", PPM.into()),
            Self::LeadTime(policy) => {
                policy.early.check("early", LEAD_MAX_MS)?;
                let last_minute_ms = policy.last_minute_ms;
                if !(0..=LEAD_MAX_MS).contains(&last_minute_ms) {
                    return Err(PricingError::LastMinuteOutOfRange { last_minute_ms });
                }
                policy.last_minute.check("last_minute", PPM.into())
            }
            Self::Calendar(policy) => {
                if Zone::named(&policy.time_zone).is_none() {
                    let time_zone = policy.time_zone.clone();
                    return Err(PricingError::UnknownZone { time_zone });
                }
                periods(&policy.peaks)?;
                multiplier("peak_ppm", policy.peak_ppm)?;
                multiplier("off_peak_ppm", policy.off_peak_ppm)
            }
        }
    }
}

fn periods(peaks: &[PeakPeriod]) -> Result<(), PricingError> {
    let periods = peaks.len();
    if periods == 0 {
        return Err(PricingError::NoPeriods);
    }
    if periods > PEAK_PERIODS_MAX {
        return Err(PricingError::TooManyPeriods { periods });
    }
    for (number, period) in (1..).zip(peaks) {
        if period.days.is_empty() {
            return Err(PricingError::PeriodWithoutDays { number });
        }
        if period.minutes() == 0 {
            let from = period.from;
            return Err(PricingError::PeriodEmpty { number, from });
        }
    }
    Ok(())
}

pub(super) fn multiplier(field: &'static str, ppm: u32) -> Result<(), PricingError> {
    if ppm > MULTIPLIER_MAX_PPM {
        return Err(PricingError::MultiplierTooHigh { field, ppm });
    }
    Ok(())
}
