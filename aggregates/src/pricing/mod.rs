//! Prices: what a provider asks for terms, by a named policy whose inputs are recorded.
//!
//! Owns the policies and their arithmetic: integers throughout, multipliers in parts per million,
//! and one rounding, up to the next micro-credit, at the very end. Every quote carries the policy
//! and all that was asked of the market, so that it can be made again from the ledger alone
//! ([`Quote::again`]), with another database of time zones or after the pool has changed.
//!
//! Must never read a clock or the pool by itself: a [`Market`] answers, and only what a policy
//! needs is asked of it.

mod check;
mod curve;
mod defaults;
mod peak;
mod policies;
#[cfg(test)]
mod tests;

pub use check::{LEAD_MAX_MS, PEAK_PERIODS_MAX, PricingError};
pub use curve::{CURVE_POINTS_MAX, Curve, CurvePoint, MULTIPLIER_MAX_PPM};
pub use peak::{CALENDAR_WINDOW_MAX_MS, NotATimeOfDay, PeakPeriod, TimeOfDay};
pub use policies::{CalendarPricing, LeadTimePricing, UtilisationPricing};

use serde::{Deserialize, Serialize};

use crate::forms::PPM;
use crate::terms::Terms;
use crate::{MicroCredits, Resources, TimeWindow, Timestamp};

const HOUR_MS: u128 = 3_600_000;
const MIB_PER_GIB: u128 = 1_024;

/// What an hour of each dimension costs, in micro-credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// For a vCPU.
    pub vcpu_hour: MicroCredits,
    /// For a GiB of memory.
    pub memory_gib_hour: MicroCredits,
    /// For a GiB of disk.
    pub disk_gib_hour: MicroCredits,
}

/// How prices are made.
///
/// In configuration every field may be left out, shares may be percentages (`"120%"`) and times
/// may have a unit (`"24h"`). Every quote carries its policy, so all but the smallest are boxed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "policy", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Pricing {
    /// The same rates at any time and load.
    Flat {
        /// What an hour costs.
        #[serde(default)]
        rates: Rates,
    },
    /// Dearer the fuller the pool already is over the window.
    Utilisation(Box<UtilisationPricing>),
    /// Cheaper the earlier it is booked; in the last minute by what is left.
    LeadTime(Box<LeadTimePricing>),
    /// One multiplier in peak and another off peak, by the clocks of a zone.
    Calendar(Box<CalendarPricing>),
}

/// What a price is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PricedTerms {
    /// What one instance has.
    pub size: Resources,
    /// How many of them.
    pub instances: u32,
    /// From when until when.
    pub window: TimeWindow,
}

impl PricedTerms {
    /// So many instances of the size and in the window of `terms`.
    #[must_use]
    pub const fn of(terms: &Terms, instances: u32) -> Self {
        Self {
            size: terms.size,
            instances,
            window: terms.window,
        }
    }
}

/// What a policy may ask about the time and the pool.
pub trait Market {
    /// When the price is asked.
    fn now(&self) -> Timestamp;

    /// How much of the pool is taken over `window` already, in parts per million.
    fn utilisation_ppm(&self, window: TimeWindow) -> u32;
}

/// What the market answered and what became of it; only what the policy needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceInputs {
    /// How long before the start the price was asked, in milliseconds; not below 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_ms: Option<i64>,
    /// How much of the pool was taken over the window, at most one whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utilisation_ppm: Option<u32>,
    /// What the rates were multiplied by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multiplier_ppm: Option<u32>,
    /// How much of the window is in peak, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_ms: Option<i64>,
    /// How much of the window is off peak, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub off_peak_ms: Option<i64>,
}

impl PriceInputs {
    /// Whether nothing was asked, as under a flat policy.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A price and what it was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// For the whole of the terms.
    pub price: MicroCredits,
    /// The pricing policy and its rates.
    pub pricing: Pricing,
    /// What is paid for, summed over the instances.
    pub resources: Resources,
    /// For how long, in milliseconds.
    pub duration_ms: i64,
    /// What else the policy looked at; none under a flat policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Box<PriceInputs>>,
}

/// These terms have no price: it leaves the range of money or resources, their window cannot be
/// counted in the calendar's zone, or a recorded quote lacks an input of its policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the price of these terms is more than can be counted")]
pub struct PriceOverflow;

impl Pricing {
    /// The provider's price, rounded up to a micro-credit.
    ///
    /// # Errors
    /// [`PriceOverflow`] where there is no price; under a `calendar` also for a window longer than
    /// [`CALENDAR_WINDOW_MAX_MS`] or a zone that [`Self::check`] refuses.
    pub fn quote(&self, ask: &PricedTerms, market: &dyn Market) -> Result<Quote, PriceOverflow> {
        let resources = ask
            .size
            .checked_mul(ask.instances.into())
            .ok_or(PriceOverflow)?;
        let inputs = self.ask(ask.window, market).ok_or(PriceOverflow)?;
        let mut quote = Quote {
            price: MicroCredits(0),
            pricing: self.clone(),
            resources,
            duration_ms: ask.window.duration_ms(),
            inputs: (!inputs.is_empty()).then(|| Box::new(inputs)),
        };
        quote.price = quote.again()?;
        Ok(quote)
    }

    /// What this policy must know of the market, and the multiplier that follows.
    fn ask(&self, window: TimeWindow, market: &dyn Market) -> Option<PriceInputs> {
        let utilisation = || Some(market.utilisation_ppm(window).min(PPM));
        let mut inputs = PriceInputs::default();
        match self {
            Self::Flat { .. } => {}
            Self::Utilisation(_) => inputs.utilisation_ppm = utilisation(),
            Self::LeadTime(policy) => {
                let lead_ms = window.starts_at.millis_since(market.now()).max(0);
                inputs.lead_ms = Some(lead_ms);
                if policy.is_last_minute(lead_ms) {
                    inputs.utilisation_ppm = utilisation();
                }
            }
            Self::Calendar(policy) => {
                let peak_ms = peak::peak_ms(window, &policy.time_zone, &policy.peaks)?;
                inputs.peak_ms = Some(peak_ms);
                inputs.off_peak_ms = Some(window.duration_ms().checked_sub(peak_ms)?);
            }
        }
        inputs.multiplier_ppm = self.multiplier_ppm(&inputs);
        Some(inputs)
    }

    /// The one multiplier that follows from the inputs; none where there is more or less than one.
    fn multiplier_ppm(&self, inputs: &PriceInputs) -> Option<u32> {
        match self {
            Self::Flat { .. } | Self::Calendar(_) => None,
            Self::Utilisation(policy) => Some(policy.curve.at(inputs.utilisation_ppm?.into())),
            Self::LeadTime(policy) => {
                let lead_ms = inputs.lead_ms?;
                if policy.is_last_minute(lead_ms) {
                    return Some(policy.last_minute.at(inputs.utilisation_ppm?.into()));
                }
                Some(policy.early.at(lead_ms))
            }
        }
    }

    /// What an hour of each dimension costs before any multiplier.
    #[must_use]
    pub fn rates(&self) -> Rates {
        match self {
            Self::Flat { rates } => *rates,
            Self::Utilisation(policy) => policy.rates,
            Self::LeadTime(policy) => policy.rates,
            Self::Calendar(policy) => policy.rates,
        }
    }
}

impl Quote {
    /// The price made again from what is recorded here alone; of a quote that
    /// [`Pricing::quote`] gave, the same.
    ///
    /// The multiplier is not taken from the inputs but follows from them again.
    ///
    /// # Errors
    /// [`PriceOverflow`], which of a quote that was given means that it was changed since.
    pub fn again(&self) -> Result<MicroCredits, PriceOverflow> {
        self.weighted_ms()
            .and_then(|weighted| price(self.pricing.rates(), self.resources, weighted))
            .ok_or(PriceOverflow)
    }

    /// What else the policy looked at; empty under a flat policy.
    #[must_use]
    pub fn inputs(&self) -> PriceInputs {
        self.inputs.as_deref().copied().unwrap_or_default()
    }

    /// The duration, each part of it times its multiplier; in milliseconds times one million.
    fn weighted_ms(&self) -> Option<u128> {
        let times = |ms: i64, ppm: u32| u128::try_from(ms).ok()?.checked_mul(ppm.into());
        let inputs = self.inputs();
        match &self.pricing {
            Pricing::Flat { .. } => times(self.duration_ms, PPM),
            Pricing::Utilisation(_) | Pricing::LeadTime(_) => {
                times(self.duration_ms, self.pricing.multiplier_ppm(&inputs)?)
            }
            Pricing::Calendar(policy) => {
                let (peak_ms, off_peak_ms) = (inputs.peak_ms?, inputs.off_peak_ms?);
                if peak_ms.checked_add(off_peak_ms)? != self.duration_ms {
                    return None;
                }
                times(peak_ms, policy.peak_ppm)?
                    .checked_add(times(off_peak_ms, policy.off_peak_ppm)?)
            }
        }
    }
}

/// Rates times resources times weighted time, rounded up once.
fn price(rates: Rates, resources: Resources, weighted_ms: u128) -> Option<MicroCredits> {
    let times = |amount: u64, rate: MicroCredits| u128::from(amount).checked_mul(rate.0.into());
    // Everything is scaled by MIB_PER_GIB so that memory needs no division of its own.
    let whole = times(resources.vcpus, rates.vcpu_hour)?
        .checked_add(times(resources.disk_gib, rates.disk_gib_hour)?)?
        .checked_mul(MIB_PER_GIB)?;
    let per_hour = whole.checked_add(times(resources.memory_mib, rates.memory_gib_hour)?)?;
    let micros = per_hour
        .checked_mul(weighted_ms)?
        .div_ceil(HOUR_MS * MIB_PER_GIB * u128::from(PPM));
    u64::try_from(micros).ok().map(MicroCredits)
}
