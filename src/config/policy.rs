//! The part of the configuration that becomes the site's policy.

use openpex_aggregates::policy::{InstanceType, Policy};
use openpex_aggregates::pricing::Pricing;
use serde::Deserialize;

/// What a configuration file may change of the default policy (`[policy]`).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PolicyOptions {
    /// Instance types, instead of the paper's Table 1.
    pub types: Option<Vec<InstanceType>>,
    /// Templates, instead of those the pool has.
    pub templates: Option<Vec<String>>,
    /// How prices are made.
    pub pricing: Option<Pricing>,
    /// Most instances of one reservation.
    pub instances_max: Option<u32>,
    /// Shortest reservation, in seconds.
    pub duration_min_secs: Option<u32>,
    /// Longest reservation, in seconds.
    pub duration_max_secs: Option<u32>,
    /// How far ahead a start may be, in days.
    pub horizon_days: Option<u16>,
    /// How late a start may come in and then mean now, in seconds.
    pub start_grace_secs: Option<u32>,
    /// Most proposals in one negotiation.
    pub rounds_max: Option<u32>,
}

const SECOND_MS: i64 = 1_000;
const DAY_MS: i64 = 86_400_000;

impl PolicyOptions {
    /// The default policy with what these options change.
    #[must_use]
    pub fn into_policy(self, hold_secs: Option<u32>, session_secs: Option<u32>) -> Policy {
        let mut policy = Policy::default();
        let limits = &mut policy.limits;
        let set = |field: &mut i64, value: Option<u32>, unit: i64| {
            if let Some(value) = value {
                *field = i64::from(value) * unit;
            }
        };
        set(
            &mut limits.duration_min_ms,
            self.duration_min_secs,
            SECOND_MS,
        );
        set(
            &mut limits.duration_max_ms,
            self.duration_max_secs,
            SECOND_MS,
        );
        set(
            &mut limits.horizon_ms,
            self.horizon_days.map(u32::from),
            DAY_MS,
        );
        set(&mut limits.start_grace_secs, self.start_grace_secs, 1);
        limits.instances_max = self.instances_max.unwrap_or(limits.instances_max);
        limits.rounds_max = self.rounds_max.unwrap_or(limits.rounds_max);
        set(&mut policy.hold_secs, hold_secs, 1);
        set(&mut policy.session_secs, session_secs, 1);
        policy.types = self.types.unwrap_or(policy.types);
        policy.templates = self.templates.unwrap_or(policy.templates);
        policy.pricing = self.pricing.unwrap_or(policy.pricing);
        policy
    }
}
