//! What prices depend on beside the terms: the time, and how full the pool is.

use super::utilisation::utilisation_ppm;
use crate::capacity::Pool;
use crate::pricing::Market;
use crate::{TimeWindow, Timestamp};

/// The market as one decision sees it.
pub struct PoolMarket<'a> {
    /// What is booked.
    pub pool: &'a Pool,
    /// When it is decided.
    pub now: Timestamp,
}

impl Market for PoolMarket<'_> {
    fn now(&self) -> Timestamp {
        self.now
    }

    /// From now on: what is past is forgotten at some time or other, so it must not count.
    fn utilisation_ppm(&self, window: TimeWindow) -> u32 {
        let ahead = TimeWindow {
            starts_at: window.starts_at.max(self.now),
            ..window
        };
        utilisation_ppm(self.pool, ahead)
    }
}
