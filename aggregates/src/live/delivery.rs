//! How long instances that were paid for did not run.
//!
//! Owns the rule: time counts as not delivered while an instance is wanted running, inside its
//! window, and is not seen running, if that lasts longer than the site's grace. What the user
//! stopped or removed is not missing.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::instance::{Instance, PowerState, Wanted};

/// The times an instance did not run although it should have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Those that are over and were longer than the grace, summed up, in milliseconds.
    undelivered_ms: i64,
    /// Since when it is missing now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    missing_since: Option<Timestamp>,
}

impl Delivery {
    /// Notes how `instance` stands since `at`.
    pub fn note(&mut self, instance: &Instance, at: Timestamp, grace_ms: i64) {
        let runs = instance.observed.power_state == PowerState::Running;
        let is_missing = instance.wanted == Wanted::Running && !runs;
        match self.missing_since {
            None if is_missing => self.missing_since = Some(at),
            Some(_) if !is_missing => {
                self.undelivered_ms = self.undelivered_until(instance, at, grace_ms);
                self.missing_since = None;
            }
            None | Some(_) => {}
        }
    }

    /// All that was not delivered until `at`, or until the window ended before, in milliseconds.
    pub fn undelivered_until(&self, instance: &Instance, at: Timestamp, grace_ms: i64) -> i64 {
        let gap_ms = self.missing_since.map_or(0, |since| {
            at.min(instance.window.ends_at).millis_since(since)
        });
        let counted = if gap_ms > grace_ms { gap_ms } else { 0 };
        self.undelivered_ms.saturating_add(counted)
    }
}
