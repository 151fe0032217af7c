//! Prices: what a provider asks for terms, by a named policy whose inputs are recorded.
//!
//! Integer arithmetic throughout; a price is rounded up to the next micro-credit once, at the end.

use serde::{Deserialize, Serialize};

use crate::terms::Terms;
use crate::{MicroCredits, Resources};

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "policy", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Pricing {
    /// The same rates at any time and load.
    Flat {
        /// What an hour costs.
        rates: Rates,
    },
}

impl Default for Pricing {
    fn default() -> Self {
        Self::Flat {
            rates: Rates {
                vcpu_hour: MicroCredits(1_000_000),
                memory_gib_hour: MicroCredits(250_000),
                disk_gib_hour: MicroCredits(1_000),
            },
        }
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
}

/// The price of terms leaves the range of money or of resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the price of these terms is more than can be counted")]
pub struct PriceOverflow;

impl Pricing {
    /// The provider's price of the fixed instances of `terms`, rounded up to a micro-credit.
    pub fn quote(&self, terms: &Terms) -> Result<Quote, PriceOverflow> {
        let Self::Flat { rates } = self;
        let count = u64::from(terms.instances_fixed) + u64::from(terms.instances_option);
        let resources = terms.size.checked_mul(count).ok_or(PriceOverflow)?;
        let duration_ms = terms.window.duration_ms();
        let price = flat_price(*rates, resources, duration_ms).ok_or(PriceOverflow)?;
        Ok(Quote {
            price,
            pricing: self.clone(),
            resources,
            duration_ms,
        })
    }
}

fn flat_price(rates: Rates, resources: Resources, duration_ms: i64) -> Option<MicroCredits> {
    let times = |amount: u64, rate: MicroCredits| u128::from(amount).checked_mul(rate.0.into());
    // Everything is scaled by MIB_PER_GIB so that memory needs no division of its own.
    let whole = times(resources.vcpus, rates.vcpu_hour)?
        .checked_add(times(resources.disk_gib, rates.disk_gib_hour)?)?
        .checked_mul(MIB_PER_GIB)?;
    let per_hour = whole.checked_add(times(resources.memory_mib, rates.memory_gib_hour)?)?;
    let duration_ms = u128::try_from(duration_ms).ok()?;
    let micros = per_hour
        .checked_mul(duration_ms)?
        .div_ceil(HOUR_MS * MIB_PER_GIB);
    u64::try_from(micros).ok().map(MicroCredits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{TimeWindow, Timestamp};

    fn terms(size: Resources, count: u32, duration_ms: i64) -> Terms {
        Terms {
            size,
            instances_fixed: count,
            window: TimeWindow::starting(Timestamp(0), duration_ms),
            ..Terms::default()
        }
    }

    #[test]
    fn given_an_xlarge_hour_when_priced_flat_then_each_dimension_counts_once() {
        let size = Resources {
            vcpus: 4,
            memory_mib: 3_584,
            disk_gib: 60,
        };
        let quote = Pricing::default()
            .quote(&terms(size, 1, 3_600_000))
            .unwrap();
        // 4 × 1 + 3.5 × 0.25 + 60 × 0.001
        assert_eq!(quote.price.to_string(), "4.935");
    }

    #[test]
    fn given_a_fraction_of_a_micro_credit_when_priced_then_it_is_rounded_up_once() {
        let size = Resources {
            vcpus: 1,
            memory_mib: 768,
            disk_gib: 10,
        };
        let one_ms = Pricing::default().quote(&terms(size, 1, 1)).unwrap();
        assert_eq!(one_ms.price, MicroCredits(1));
    }

    #[test]
    fn given_terms_beyond_counting_when_priced_then_it_is_an_error_not_a_wrap() {
        let size = Resources {
            vcpus: u64::MAX,
            memory_mib: 0,
            disk_gib: 0,
        };
        assert_eq!(
            Pricing::default().quote(&terms(size, 2, 1)),
            Err(PriceOverflow)
        );
        assert_eq!(
            Pricing::default().quote(&terms(size, 1, 3_600_000)),
            Err(PriceOverflow)
        );
    }
}
