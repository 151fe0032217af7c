//! The pricing policies that have more to say than rates.

use serde::{Deserialize, Serialize};

use super::{Curve, PeakPeriod, Rates, curve, defaults};
use crate::forms;

/// Dearer the fuller the pool already is over the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UtilisationPricing {
    /// What an hour costs where the curve is at one whole.
    #[serde(default)]
    pub rates: Rates,
    /// The multiplier by utilisation, in parts per million.
    #[serde(
        default = "defaults::utilisation",
        deserialize_with = "curve::over_utilisation"
    )]
    pub curve: Curve,
}

/// Cheaper the earlier it is booked; in the last minute by what is left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeadTimePricing {
    /// What an hour costs where the curve is at one whole.
    #[serde(default)]
    pub rates: Rates,
    /// The multiplier by lead time, in milliseconds before the start.
    #[serde(default = "defaults::early", deserialize_with = "curve::over_lead")]
    pub early: Curve,
    /// A lead time shorter than this is the last minute; 0 for no last minute at all.
    #[serde(
        default = "defaults::last_minute_ms",
        deserialize_with = "forms::millis"
    )]
    pub last_minute_ms: i64,
    /// The multiplier in the last minute, by utilisation in parts per million.
    #[serde(
        default = "defaults::last_minute",
        deserialize_with = "curve::over_utilisation"
    )]
    pub last_minute: Curve,
}

impl LeadTimePricing {
    pub(super) const fn is_last_minute(&self, lead_ms: i64) -> bool {
        lead_ms < self.last_minute_ms
    }
}

/// One multiplier in peak and another off peak, by the clocks of a zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarPricing {
    /// What an hour costs at a multiplier of one whole.
    #[serde(default)]
    pub rates: Rates,
    /// The IANA name of the zone.
    #[serde(default = "defaults::time_zone")]
    pub time_zone: String,
    /// When it is peak; where periods overlap, the time counts once.
    #[serde(default = "defaults::peaks")]
    pub peaks: Vec<PeakPeriod>,
    /// The multiplier in peak.
    #[serde(default = "defaults::peak_ppm", deserialize_with = "forms::ppm")]
    pub peak_ppm: u32,
    /// The multiplier off peak.
    #[serde(default = "defaults::off_peak_ppm", deserialize_with = "forms::ppm")]
    pub off_peak_ppm: u32,
}
