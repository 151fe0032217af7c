//! The part of the configuration that becomes the site's policy.

use openpex_aggregates::negotiation::Bargaining;
use openpex_aggregates::policy::{InstanceType, Policy, PolicyError, Quotas};
use openpex_aggregates::pricing::Pricing;
use openpex_aggregates::refunds::RefundSchedule;
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
    /// Most offers in one answer, and so most holds of one session.
    pub alternatives_max: Option<u32>,
    /// Most negotiations that one user has open at the same time.
    pub sessions_max: Option<u32>,
    /// Most changes of one reservation.
    pub changes_max: Option<u32>,
    /// Most standing requests of one user.
    pub standing_requests_max: Option<u32>,
    /// How the provider bargains.
    pub bargaining: Option<Bargaining>,
    /// What is given back on cancelling.
    pub refunds: Option<RefundSchedule>,
    /// Which share of the optional instances of an offer is held, in percent.
    pub claim_risk_percent: Option<u8>,
    /// What a new account is given, in credits as decimal text.
    pub opening_grant: Option<String>,
    /// How long an instance may take to run before that counts as not delivered, in seconds.
    pub delivery_grace_secs: Option<u32>,
    /// What one user may have.
    pub quotas: Option<Quotas>,
}

const SECOND_MS: i64 = 1_000;
const DAY_MS: i64 = 86_400_000;
const PPM_PER_PERCENT: u32 = 10_000;

impl PolicyOptions {
    /// The default policy with what these options change.
    ///
    /// # Errors
    /// Where what they come to makes no sense.
    pub fn into_policy(
        self,
        hold_secs: Option<u32>,
        session_secs: Option<u32>,
    ) -> Result<Policy, PolicyError> {
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
        for (limit, value) in [
            (&mut limits.rounds_max, self.rounds_max),
            (&mut limits.alternatives_max, self.alternatives_max),
            (&mut limits.sessions_max, self.sessions_max),
            (&mut limits.changes_max, self.changes_max),
            (
                &mut limits.standing_requests_max,
                self.standing_requests_max,
            ),
        ] {
            *limit = value.unwrap_or(*limit);
        }
        set(&mut policy.hold_secs, hold_secs, 1);
        set(&mut policy.session_secs, session_secs, 1);
        policy.types = self.types.unwrap_or(policy.types);
        policy.templates = self.templates.unwrap_or(policy.templates);
        policy.pricing = self.pricing.unwrap_or(policy.pricing);
        policy.bargaining = self.bargaining.unwrap_or(policy.bargaining);
        policy.refunds = self.refunds.unwrap_or(policy.refunds);
        policy.quotas = self.quotas.unwrap_or(policy.quotas);
        if let Some(percent) = self.claim_risk_percent {
            policy.claim_risk_ppm = u32::from(percent) * PPM_PER_PERCENT;
        }
        if let Some(grant) = self.opening_grant {
            policy.opening_grant = grant.parse().map_err(PolicyError::OpeningGrant)?;
        }
        set(
            &mut policy.delivery_grace_ms,
            self.delivery_grace_secs,
            SECOND_MS,
        );
        policy.check()?;
        Ok(policy)
    }
}
