//! `GET /OpenPEX/availability`: what is free over time, firm and held apart.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use openpex_aggregates::Resources;
use openpex_aggregates::live::{Answer, Question};
use openpex_aggregates::negotiation::{Availability, AvailabilityQuery, AvailableStep};
use serde::Serialize;

use super::ask;
use crate::http::commands::answered_otherwise;
use crate::http::problem::Problem;
use crate::http::reply::json;
use crate::http::request::{Caller, Parameters};
use crate::http::state::AppState;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AvailabilityOut {
    from: String,
    to: String,
    step: i64,
    held_apart: bool,
    capacity: AmountsOut,
    steps: Vec<StepOut>,
    /// Where the answer was cut off, if it was; ask again from there.
    #[serde(skip_serializing_if = "Option::is_none")]
    cut_off_at: Option<String>,
    position: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AmountsOut {
    vcpus: u64,
    memory_mb: u64,
    disk_gb: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StepOut {
    from: String,
    to: String,
    firm: AmountsOut,
    held: AmountsOut,
    free: AmountsOut,
    instances: BTreeMap<String, u32>,
}

/// Takes `from`, `to` and `step` (in milliseconds), all of which may be left out.
#[utoipa::path(
    get,
    path = "/OpenPEX/availability",
    operation_id = "getAvailability",
    tag = "Search"
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
