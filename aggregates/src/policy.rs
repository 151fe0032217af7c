//! The site's policy: instance types, templates, limits, hold times and prices.
//!
//! Every decision depends on it, so it is in the ledger: adopting one is an event of the site, and
//! an answer names the version it was decided under.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::money::{MICROS_PER_CREDIT, ParseCreditsError};
use crate::negotiation::{Bargaining, BargainingError};
use crate::pricing::{Pricing, PricingError};
use crate::refunds::{RefundError, RefundSchedule};
use crate::{MicroCredits, Resources, Timestamp};

/// Most offers one answer can hold (PROTOCOL).
pub const ALTERNATIVES_MAX: u32 = 4;

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
    /// Most offers in one answer, and so most holds of one session; 1 to [`ALTERNATIVES_MAX`].
    #[serde(default = "alternatives_max")]
    pub alternatives_max: u32,
    /// Most negotiations that one user has open at the same time.
    #[serde(default = "sessions_max")]
    pub sessions_max: u32,
    /// Most changes of one reservation.
    #[serde(default = "changes_max")]
    pub changes_max: u32,
    /// Most standing requests of one user.
    #[serde(default = "standing_requests_max")]
    pub standing_requests_max: u32,
}

const fn alternatives_max() -> u32 {
    ALTERNATIVES_MAX
}

const fn sessions_max() -> u32 {
    200
}

const fn changes_max() -> u32 {
    50
}

const fn standing_requests_max() -> u32 {
    20
}

/// What one user may have; `None` is no bound.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quotas {
    /// Reservations that have not ended, held ones included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live_reservations: Option<u32>,
    /// vCPUs at one instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vcpus_at_once: Option<u64>,
    /// vCPU-hours from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vcpu_hours_ahead: Option<u64>,
}

impl Limits {
    /// The last start that can be had, seen from `now`.
    #[must_use]
    pub const fn horizon_from(&self, now: Timestamp) -> Timestamp {
        now.saturating_add(self.horizon_ms)
    }
}

impl Quotas {
    /// Whether anything is bounded.
    #[must_use]
    pub fn are_set(&self) -> bool {
        *self != Self::default()
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
    /// How the provider bargains.
    #[serde(default)]
    pub bargaining: Bargaining,
    /// What is given back on cancelling.
    #[serde(default)]
    pub refunds: RefundSchedule,
    /// Which share of the optional instances of an offer is held, in parts per million.
    #[serde(default = "claim_risk_ppm")]
    pub claim_risk_ppm: u32,
    /// What a new account is given.
    #[serde(default = "opening_grant")]
    pub opening_grant: MicroCredits,
    /// How long an instance may take to run before that counts as not delivered, in milliseconds.
    #[serde(default = "delivery_grace_ms")]
    pub delivery_grace_ms: i64,
    /// What one user may have.
    #[serde(default)]
    pub quotas: Quotas,
}

const fn claim_risk_ppm() -> u32 {
    800_000
}

const fn opening_grant() -> MicroCredits {
    MicroCredits(1_000_000 * MICROS_PER_CREDIT)
}

const fn delivery_grace_ms() -> i64 {
    5 * MINUTE_MS
}

/// A policy that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// A number is outside of its bounds.
    #[error("{what} is {found}; at least {min} and at most {max} can be")]
    OutOfRange {
        /// Which number.
        what: &'static str,
        /// What it is.
        found: i64,
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// There is no instance type, or two have the same name.
    #[error(
        "the instance types are {names:?}; there must be one at least, each with a name of its own"
    )]
    Types {
        /// Their names.
        names: Vec<String>,
    },
    /// An instance type needs nothing of anything.
    #[error("instance type {name:?} needs no vCPU, memory or disk")]
    EmptyType {
        /// Its name.
        name: String,
    },
    /// The opening grant does not read.
    #[error("opening grant: {0}")]
    OpeningGrant(ParseCreditsError),
    /// The prices make no sense.
    #[error("pricing: {0}")]
    Pricing(#[from] PricingError),
    /// The bargaining makes no sense.
    #[error("bargaining: {0}")]
    Bargaining(#[from] BargainingError),
    /// The refunds make no sense.
    #[error("refunds: {0}")]
    Refunds(#[from] RefundError),
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
                alternatives_max: alternatives_max(),
                sessions_max: sessions_max(),
                changes_max: changes_max(),
                standing_requests_max: standing_requests_max(),
            },
            hold_secs: 600,
            session_secs: 1_800,
            pricing: Pricing::default(),
            bargaining: Bargaining::default(),
            refunds: RefundSchedule::default(),
            claim_risk_ppm: claim_risk_ppm(),
            opening_grant: opening_grant(),
            delivery_grace_ms: delivery_grace_ms(),
            quotas: Quotas::default(),
        }
    }
}

impl Policy {
    /// Whether it can be put in force.
    ///
    /// # Errors
    /// The first thing in it that makes no sense, with its numbers.
    pub fn check(&self) -> Result<(), PolicyError> {
        let limits = &self.limits;
        let at_most = i64::MAX / 4;
        for (what, found, min, max) in [
            ("instances_max", limits.instances_max.into(), 1, 1_000_000),
            (
                "duration_min_ms",
                limits.duration_min_ms,
                1,
                limits.duration_max_ms,
            ),
            ("duration_max_ms", limits.duration_max_ms, 1, at_most),
            ("horizon_ms", limits.horizon_ms, 1, at_most),
            (
                "start_grace_secs",
                limits.start_grace_secs,
                0,
                DAY_MS / SECOND_MS,
            ),
            ("rounds_max", limits.rounds_max.into(), 1, 10_000),
            (
                "alternatives_max",
                limits.alternatives_max.into(),
                1,
                ALTERNATIVES_MAX.into(),
            ),
            (
                "sessions_max",
                limits.sessions_max.into(),
                1,
                u32::MAX.into(),
            ),
            ("changes_max", limits.changes_max.into(), 0, 10_000),
            (
                "standing_requests_max",
                limits.standing_requests_max.into(),
                0,
                10_000,
            ),
            ("hold_secs", self.hold_secs, 1, DAY_MS),
            ("session_secs", self.session_secs, 1, DAY_MS),
            ("claim_risk_ppm", self.claim_risk_ppm.into(), 0, 1_000_000),
            ("delivery_grace_ms", self.delivery_grace_ms, 0, DAY_MS),
        ] {
            if !(min..=max).contains(&found) {
                return Err(PolicyError::OutOfRange {
                    what,
                    found,
                    min,
                    max,
                });
            }
        }
        self.check_types()?;
        self.pricing.check()?;
        self.bargaining.check()?;
        self.refunds.check()?;
        Ok(())
    }

    fn check_types(&self) -> Result<(), PolicyError> {
        let names: Vec<String> = self.types.iter().map(|t| t.name.clone()).collect();
        let distinct: BTreeSet<&String> = names.iter().collect();
        if names.is_empty() || distinct.len() < names.len() || names.iter().any(String::is_empty) {
            return Err(PolicyError::Types { names });
        }
        match self.types.iter().find(|t| t.size == Resources::ZERO) {
            Some(empty) => Err(PolicyError::EmptyType {
                name: empty.name.clone(),
            }),
            None => Ok(()),
        }
    }

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
