//! What a site has that names a pricing policy and nothing else of it.

use super::{Curve, PeakPeriod, Pricing, Rates, TimeOfDay};
use crate::MicroCredits;
use crate::weekdays::WeekdaySet;

const DAY_MS: i64 = 86_400_000;

impl Default for Rates {
    /// A credit for a vCPU, a quarter for a GiB of memory and a thousandth for a GiB of disk, an
    /// hour each.
    fn default() -> Self {
        Self {
            vcpu_hour: MicroCredits(1_000_000),
            memory_gib_hour: MicroCredits(250_000),
            disk_gib_hour: MicroCredits(1_000),
        }
    }
}

impl Default for Pricing {
    fn default() -> Self {
        Self::Flat {
            rates: Rates::default(),
        }
    }
}

/// Over utilisation: four fifths of the rates for an empty pool, the rates for a half full one,
/// half as much again at four fifths, two and a half times the rates for the last of it.
pub(super) fn utilisation() -> Curve {
    Curve::through(&[
        (0, 800_000),
        (500_000, 1_000_000),
        (800_000, 1_500_000),
        (1_000_000, 2_500_000),
    ])
}

/// Over lead time: the rates up to a day ahead, a tenth less a week ahead, a fifth less a month
/// (30 days) ahead and more.
pub(super) fn early() -> Curve {
    Curve::through(&[
        (DAY_MS, 1_000_000),
        (7 * DAY_MS, 900_000),
        (30 * DAY_MS, 800_000),
    ])
}

/// The last minute is the last day.
pub(super) const fn last_minute_ms() -> i64 {
    DAY_MS
}

/// Over utilisation in the last minute: seven tenths of the rates where all is left, the rates
/// for a half full pool, half as much again for the last of it.
pub(super) fn last_minute() -> Curve {
    Curve::through(&[(0, 700_000), (500_000, 1_000_000), (1_000_000, 1_500_000)])
}

/// Calendars go by UTC.
pub(super) fn time_zone() -> String {
    "UTC".to_owned()
}

/// Peak is from eight to six on Monday to Friday.
pub(super) fn peaks() -> Vec<PeakPeriod> {
    vec![PeakPeriod {
        days: WeekdaySet::WORKING,
        from: TimeOfDay::hour(8),
        until: TimeOfDay::hour(18),
    }]
}

/// In peak a quarter more than the rates.
pub(super) const fn peak_ppm() -> u32 {
    1_250_000
}

/// Off peak a fifth less than the rates.
pub(super) const fn off_peak_ppm() -> u32 {
    800_000
}
