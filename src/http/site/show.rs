//! `GET /OpenPEX/site`: what anybody may know of the site before they log in.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use openpex_aggregates::negotiation::Bargaining;
use openpex_aggregates::policy::Policy;
use openpex_aggregates::pricing::Pricing;
use serde::Serialize;
use utoipa::ToSchema;

use crate::accounts::{PASSWORD_BYTES_MAX, PASSWORD_BYTES_MIN, USERNAME_CHARS_MAX};
use crate::http::docs::CallerProblems;
use crate::http::problem::Problem;
use crate::http::reply::json;
use crate::http::state::AppState;
use crate::http::wire::words::{BargainingWord, PricingWord};

const PPM_PER_PERCENT: u32 = 10_000;

/// The site.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Site)]
#[serde(rename_all = "camelCase")]
struct SiteOut {
    name: String,
    /// The zone it is in.
    zone: &'static str,
    registration_open: bool,
    test_clock: bool,
    version: &'static str,
    limits: LimitsOut,
    bargaining: BargainingName,
    pricing: PricingName,
    /// Which share of the optional instances of an offer is held.
    claim_risk_percent: u32,
}

/// The bounds of what can be asked for; durations in milliseconds.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SiteLimits)]
#[serde(rename_all = "camelCase")]
struct LimitsOut {
    instances_max: u32,
    duration_min_ms: i64,
    duration_max_ms: i64,
    horizon_ms: i64,
    rounds_max: u32,
    alternatives_max: u32,
    password_bytes_min: usize,
    password_bytes_max: usize,
    username_chars_max: usize,
}

/// Which policy of prices, without its numbers: those are the provider's.
#[derive(Debug, Serialize, ToSchema)]
struct PricingName {
    #[schema(value_type = PricingWord)]
    policy: &'static str,
}

/// Which policy of negotiation, without its numbers.
#[derive(Debug, Serialize, ToSchema)]
struct BargainingName {
    #[schema(value_type = BargainingWord)]
    policy: &'static str,
}

/// What anybody may know of the site.
///
/// Needs no credentials.
#[utoipa::path(
    get,
    path = "/OpenPEX/site",
    operation_id = "getSite",
    tag = "Site",
    security(()),
    responses((status = 200, description = "The site", body = SiteOut), CallerProblems)
)]
pub async fn show(State(app): State<AppState>) -> Result<Response, Problem> {
    let policy = app.reads.policy().await?;
    let out = SiteOut {
        name: app.site.name.clone(),
        zone: app.site.zone.as_str(),
        registration_open: app.registration_open,
        test_clock: app.clock_control.is_some(),
        version: env!("CARGO_PKG_VERSION"),
        limits: limits_of(&policy),
        bargaining: BargainingName {
            policy: match policy.bargaining {
                Bargaining::TakeItOrLeaveIt => "take-it-or-leave-it",
                Bargaining::Concession { .. } => "concession",
            },
        },
        pricing: PricingName {
            policy: match policy.pricing {
                Pricing::Flat { .. } => "flat",
                Pricing::Utilisation(_) => "utilisation",
                Pricing::LeadTime(_) => "lead-time",
                Pricing::Calendar(_) => "calendar",
            },
        },
        claim_risk_percent: policy.claim_risk_ppm / PPM_PER_PERCENT,
    };
    Ok(json(StatusCode::OK, &out))
}

fn limits_of(policy: &Policy) -> LimitsOut {
    let limits = &policy.limits;
    LimitsOut {
        instances_max: limits.instances_max,
        duration_min_ms: limits.duration_min_ms,
        duration_max_ms: limits.duration_max_ms,
        horizon_ms: limits.horizon_ms,
        rounds_max: limits.rounds_max,
        alternatives_max: limits.alternatives_max,
        password_bytes_min: PASSWORD_BYTES_MIN,
        password_bytes_max: PASSWORD_BYTES_MAX,
        username_chars_max: USERNAME_CHARS_MAX,
    }
}
