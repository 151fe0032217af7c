//! The site's policy: instance types, templates, limits, hold times and prices.
//!
//! Every decision depends on it, so it is in the ledger: adopting one is an event of the site, and
//! an answer names the version it was decided under.

use serde::{Deserialize, Serialize};

use crate::pricing::Pricing;
use crate::{Resources, Timestamp};

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// A named size (the paper's Table 1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceType {
    /// Its name, such as `SMALL`.
    pub name: String,
    /// What one instance needs.
    pub size: Resources,
}

/// The bounds of what can be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Most fixed instances of one reservation, and most optional ones.
    pub instances_max: u32,
    /// Shortest reservation, in milliseconds.
    pub duration_min_ms: i64,
    /// Longest reservation, in milliseconds.
    pub duration_max_ms: i64,
    /// How far ahead a start may be, in milliseconds.
    pub horizon_ms: i64,
    /// How late a start may come in and then mean now, in seconds.
    pub start_grace_secs: i64,
    /// Most proposals in one negotiation.
    pub rounds_max: u32,
}

impl Limits {
    /// The last start that can be had, seen from `now`.
    #[must_use]
    pub const fn horizon_from(&self, now: Timestamp) -> Timestamp {
        now.saturating_add(self.horizon_ms)
    }
}

/// All that a decision depends on beside the state, the command and the time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Counts the policies this site has adopted, from 1; 0 before the first.
    pub version: u32,
    /// What sizes there are.
    pub types: Vec<InstanceType>,
    /// Names of the operating-system templates that can be asked for.
    pub templates: Vec<String>,
    /// The bounds of what can be asked for.
    pub limits: Limits,
    /// How long an offer holds its capacity, in seconds.
    pub hold_secs: i64,
    /// How long a negotiation stays open after the user's last message, in seconds; never
    /// shorter than a hold.
    pub session_secs: i64,
    /// How prices are made.
    pub pricing: Pricing,
}

impl Default for Policy {
    fn default() -> Self {
        let named = |name: &str, vcpus, memory_mib, disk_gib| InstanceType {
            name: name.to_owned(),
            size: Resources {
                vcpus,
                memory_mib,
                disk_gib,
            },
        };
        Self {
            version: 0,
            types: vec![
                named("SMALL", 1, 768, 10),
                named("MEDIUM", 2, 1536, 20),
                named("LARGE", 3, 2560, 40),
                named("XLARGE", 4, 3584, 60),
            ],
            templates: Vec::new(),
            limits: Limits {
                instances_max: 1_000,
                duration_min_ms: MINUTE_MS,
                duration_max_ms: 366 * DAY_MS,
                horizon_ms: 400 * DAY_MS,
                start_grace_secs: 60,
                rounds_max: 20,
            },
            hold_secs: 600,
            session_secs: 1_800,
            pricing: Pricing::default(),
        }
    }
}

impl Policy {
    /// What one instance of the named type needs.
    #[must_use]
    pub fn size_of(&self, instance_type: &str) -> Option<Resources> {
        self.types
            .iter()
            .find(|t| t.name == instance_type)
            .map(|t| t.size)
    }

    /// When a hold taken at `now` runs out.
    #[must_use]
    pub const fn hold_expires_at(&self, now: Timestamp) -> Timestamp {
        now.saturating_add(self.hold_secs.saturating_mul(SECOND_MS))
    }

    /// When a session whose last message came at `now` runs out.
    #[must_use]
    pub fn session_ends_at(&self, now: Timestamp) -> Timestamp {
        now.saturating_add(
            self.session_secs
                .max(self.hold_secs)
                .saturating_mul(SECOND_MS),
        )
    }
}
