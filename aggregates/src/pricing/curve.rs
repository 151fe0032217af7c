//! Multipliers that change with something: a share used, or a time ahead.

use serde::{Deserialize, Deserializer, Serialize};

use super::PricingError;
use crate::forms::{self, PPM};

/// Most points of one curve.
pub const CURVE_POINTS_MAX: usize = 64;
/// Largest multiplier, in parts per million: a hundred times the rates.
pub const MULTIPLIER_MAX_PPM: u32 = 100 * PPM;

/// One point of a [`Curve`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CurvePoint {
    /// Where it is: parts per million of utilisation, or milliseconds of lead time.
    pub at: i64,
    /// What the rates are multiplied by there, in parts per million.
    pub multiplier_ppm: u32,
}

/// A multiplier as a function of `at`: straight lines between its points, level before the first
/// and after the last.
///
/// Between two points the exact value is rounded down to a whole part per million, so that it is
/// never above the dearer nor below the cheaper of the two, and never turns between them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Curve {
    /// In the order of `at`, each place once.
    pub points: Vec<CurvePoint>,
}

impl Curve {
    /// The curve through these places and multipliers.
    #[must_use]
    pub fn through(points: &[(i64, u32)]) -> Self {
        let point = |&(at, multiplier_ppm): &(i64, u32)| CurvePoint { at, multiplier_ppm };
        Self {
            points: points.iter().map(point).collect(),
        }
    }

    /// The multiplier at `at`, in parts per million; one whole for a curve without points.
    ///
    /// Total: a curve that [`Self::check`] refuses has a value everywhere, too.
    #[must_use]
    pub fn at(&self, at: i64) -> u32 {
        let (Some(first), Some(last)) = (self.points.first(), self.points.last()) else {
            return PPM;
        };
        let after = self.points.partition_point(|point| point.at <= at);
        let (Some(right), Some(left)) = (
            self.points.get(after),
            after.checked_sub(1).and_then(|left| self.points.get(left)),
        ) else {
            return if after == 0 { first } else { last }.multiplier_ppm;
        };
        between(*left, *right, at)
    }

    /// Whether it can be used, for places from 0 to `at_max`; `curve` is its name in the error.
    pub(super) fn check(&self, curve: &'static str, at_max: i64) -> Result<(), PricingError> {
        let points = self.points.len();
        if points == 0 {
            return Err(PricingError::CurveEmpty { curve });
        }
        if points > CURVE_POINTS_MAX {
            return Err(PricingError::CurveTooLong { curve, points });
        }
        for pair in self.points.windows(2) {
            if let [before, after] = pair
                && before.at >= after.at
            {
                return Err(PricingError::CurveUnsorted {
                    curve,
                    at: after.at,
                    before: before.at,
                });
            }
        }
        for point in &self.points {
            let at = point.at;
            if !(0..=at_max).contains(&at) {
                return Err(PricingError::PointOutOfRange { curve, at, at_max });
            }
            super::check::multiplier(curve, point.multiplier_ppm)?;
        }
        Ok(())
    }
}

/// The value at `at` of the line through both, rounded down.
fn between(left: CurvePoint, right: CurvePoint, at: i64) -> u32 {
    let wide = i128::from;
    let width = wide(right.at) - wide(left.at);
    if width <= 0 {
        return right.multiplier_ppm;
    }
    let rise = wide(right.multiplier_ppm.into()) - wide(left.multiplier_ppm.into());
    let along = (wide(at) - wide(left.at)).clamp(0, width);
    // At most 2^32 times 2^64, so it cannot overflow.
    let value = wide(left.multiplier_ppm.into()) + (rise * along).div_euclid(width);
    u32::try_from(value).unwrap_or(left.multiplier_ppm)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UtilisationPoint {
    #[serde(deserialize_with = "forms::ppm")]
    at: u32,
    #[serde(deserialize_with = "forms::ppm")]
    multiplier_ppm: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LeadPoint {
    #[serde(deserialize_with = "forms::millis")]
    at: i64,
    #[serde(deserialize_with = "forms::ppm")]
    multiplier_ppm: u32,
}

/// Reads a curve over utilisation, whose places may be percentages.
pub(super) fn over_utilisation<'de, D: Deserializer<'de>>(from: D) -> Result<Curve, D::Error> {
    let points = Vec::<UtilisationPoint>::deserialize(from)?.into_iter();
    let point = |point: UtilisationPoint| CurvePoint {
        at: point.at.into(),
        multiplier_ppm: point.multiplier_ppm,
    };
    Ok(Curve {
        points: points.map(point).collect(),
    })
}

/// Reads a curve over lead time, whose places may have a unit.
pub(super) fn over_lead<'de, D: Deserializer<'de>>(from: D) -> Result<Curve, D::Error> {
    let points = Vec::<LeadPoint>::deserialize(from)?.into_iter();
    let point = |point: LeadPoint| CurvePoint {
        at: point.at,
        multiplier_ppm: point.multiplier_ppm,
    };
    Ok(Curve {
        points: points.map(point).collect(),
    })
}
