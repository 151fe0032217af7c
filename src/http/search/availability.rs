//! `GET /OpenPEX/availability`: what is free over time, firm and held apart.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use openpex_aggregates::Resources;
use openpex_aggregates::live::{Answer, Question};
use openpex_aggregates::negotiation::{Availability, AvailabilityQuery, AvailableStep};
use serde::Serialize;
use utoipa::ToSchema;

use super::ask;
use crate::http::commands::answered_otherwise;
use crate::http::docs::{CallerProblems, ProblemSchema};
use crate::http::problem::Problem;
use crate::http::reply::json;
use crate::http::request::{Caller, Parameters};
use crate::http::state::AppState;

/// What is free over time.
#[derive(Serialize, ToSchema)]
#[schema(as = Availability)]
#[serde(rename_all = "camelCase")]
struct AvailabilityOut {
    #[schema(format = DateTime)]
    from: String,
    #[schema(format = DateTime)]
    to: String,
    /// In milliseconds.
    step: i64,
    /// Whether what is held is told apart from what is firm.
    held_apart: bool,
    capacity: AmountsOut,
    steps: Vec<StepOut>,
    /// Where the answer was cut off, if it was; ask again from there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    cut_off_at: Option<String>,
    position: u64,
}

/// Amounts of the three dimensions; memory is in MiB, disk in GiB.
#[derive(Serialize, ToSchema)]
#[schema(as = Amounts)]
#[serde(rename_all = "camelCase")]
struct AmountsOut {
    vcpus: u64,
    memory_mb: u64,
    disk_gb: u64,
}

/// A span of time in which nothing changes, or one step.
#[derive(Serialize, ToSchema)]
#[schema(as = AvailabilityStep)]
#[serde(rename_all = "camelCase")]
struct StepOut {
    #[schema(format = DateTime)]
    from: String,
    #[schema(format = DateTime)]
    to: String,
    firm: AmountsOut,
    held: AmountsOut,
    free: AmountsOut,
    /// How many instances of each type fit.
    instances: BTreeMap<String, u32>,
}

/// Show what is free over time.
///
/// Takes `from`, `to` and `step` (in milliseconds), all of which may be left out.
#[utoipa::path(
    get,
    path = "/OpenPEX/availability",
    operation_id = "getAvailability",
    tag = "Search",
    params(("from" = Option<String>, Query, description = "RFC 3339 or RFC 1123; now where it is left out"), ("to" = Option<String>, Query, description = "RFC 3339 or RFC 1123"), ("step" = Option<i64>, Query, description = "In milliseconds")),
    responses((status = 200, description = "Firm and held told apart", body = AvailabilityOut), CallerProblems, (status = 422, description = "A parameter breaks a rule", body = ProblemSchema, content_type = "application/problem+json"))
)]
pub async fn availability(
    State(app): State<AppState>,
    caller: Caller,
    uri: Uri,
) -> Result<Response, Problem> {
    let sent = Parameters::of(&uri, &["from", "to", "step"])?;
    let query = AvailabilityQuery {
        from: sent.instant("from")?,
        to: sent.instant("to")?,
        step_ms: sent.integer("step")?,
    };
    match ask(&app, &caller, Question::Availability(query)).await? {
        (Answer::Availability(found), position) => {
            Ok(json(StatusCode::OK, &AvailabilityOut::of(*found, position)))
        }
        (_, position) => Err(answered_otherwise(position)),
    }
}

impl AmountsOut {
    const fn of(amounts: Resources) -> Self {
        Self {
            vcpus: amounts.vcpus,
            memory_mb: amounts.memory_mib,
            disk_gb: amounts.disk_gib,
        }
    }
}

impl AvailabilityOut {
    fn of(found: Availability, position: u64) -> Self {
        let reached = found.steps.last().map_or(found.from, |s| s.window.ends_at);
        let cut_off = reached < found.to;
        let step = |step: AvailableStep| StepOut {
            from: step.window.starts_at.to_rfc3339(),
            to: step.window.ends_at.to_rfc3339(),
            firm: AmountsOut::of(step.firm),
            held: AmountsOut::of(step.held),
            free: AmountsOut::of(step.free),
            instances: step.instances,
        };
        Self {
            from: found.from.to_rfc3339(),
            to: found.to.to_rfc3339(),
            step: found.step_ms,
            held_apart: found.is_apart,
            capacity: AmountsOut::of(found.capacity),
            steps: found.steps.into_iter().map(step).collect(),
            cut_off_at: cut_off.then(|| reached.to_rfc3339()),
            position,
        }
    }
}
