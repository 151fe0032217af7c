//! `GET /OpenPEX/offers`: feasible starts with prices over a range, cheapest first, nothing held.

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use openpex_aggregates::TimeWindow;
use openpex_aggregates::live::{Answer, Question};
use openpex_aggregates::negotiation::{PricedStart, SearchAnswer, SearchQuery};
use serde::Serialize;
use utoipa::ToSchema;

use super::ask;
use crate::http::commands::answered_otherwise;
use crate::http::docs::{CallerProblems, ProblemSchema};
use crate::http::problem::Problem;
use crate::http::reply::json;
use crate::http::request::{Caller, Parameters};
use crate::http::state::AppState;
use crate::http::wire::{ReasonOut, by_name, reasons_out};

const PARAMETERS: [&str; 8] = [
    "type", "count", "duration", "from", "to", "maxPrice", "step", "limit",
];

/// Feasible starts, cheapest first; nothing is held.
#[derive(Serialize, ToSchema)]
#[schema(as = OffersFound)]
#[serde(rename_all = "camelCase")]
struct OffersOut {
    #[serde(rename = "type")]
    instance_type: String,
    num_instances_fixed: u32,
    /// In milliseconds.
    duration: i64,
    #[schema(format = DateTime)]
    from: String,
    #[schema(format = DateTime)]
    to: String,
    /// How far apart the starts are that were tried, in milliseconds.
    step: i64,
    /// How far the search came.
    #[schema(format = DateTime)]
    searched_until: String,
    offers: Vec<StartOut>,
    /// Why there is none, where there is none.
    #[serde(serialize_with = "by_name")]
    reasons: Vec<ReasonOut>,
    position: u64,
}

/// A feasible start.
#[derive(Serialize, ToSchema)]
#[schema(as = PricedStart)]
#[serde(rename_all = "camelCase")]
struct StartOut {
    #[schema(format = DateTime)]
    start_time: String,
    #[schema(format = DateTime)]
    end_time: String,
    #[schema(example = "4.935")]
    price: String,
}

/// Find feasible starts with prices.
///
/// Takes `type`, `duration` and what narrows the search; `count` is 1 where it is left out.
#[utoipa::path(
    get,
    path = "/OpenPEX/offers",
    operation_id = "findOffers",
    tag = "Search",
    params(("type" = String, Query, description = "The name of an instance type", example = "XLARGE"), ("duration" = i64, Query, description = "In milliseconds", example = 3_600_000), ("count" = Option<i64>, Query, description = "Instances; 1 where it is left out"), ("from" = Option<String>, Query, description = "The first start (RFC 3339 or RFC 1123); now where it is left out"), ("to" = Option<String>, Query, description = "The last start (RFC 3339 or RFC 1123)"), ("maxPrice" = Option<String>, Query, description = "The most it may cost: a decimal string in credits"), ("step" = Option<i64>, Query, description = "How far apart the starts are that are tried, in milliseconds"), ("limit" = Option<i64>, Query, description = "Most starts")),
    responses((status = 200, description = "Cheapest first; nothing is held", body = OffersOut), CallerProblems, (status = 422, description = "A parameter breaks a rule", body = ProblemSchema, content_type = "application/problem+json"))
)]
pub async fn offers(
    State(app): State<AppState>,
    caller: Caller,
    uri: Uri,
) -> Result<Response, Problem> {
    let sent = Parameters::of(&uri, &PARAMETERS)?;
    let duration = sent.integer("duration")?;
    let query = SearchQuery {
        instance_type: sent.required("type")?.to_owned(),
        count: sent.integer("count")?.unwrap_or(1),
        duration_ms: match duration {
            Some(duration_ms) => duration_ms,
            None => sent.required("duration").map(|_| 0)?,
        },
        from: sent.instant("from")?,
        to: sent.instant("to")?,
        step_ms: sent.integer("step")?,
        price_max: sent.credits("maxPrice")?,
        limit: sent.integer("limit")?,
    };
    match ask(&app, &caller, Question::Search(query)).await? {
        (Answer::Search(found), position) => {
            Ok(json(StatusCode::OK, &OffersOut::of(*found, position)))
        }
        (_, position) => Err(answered_otherwise(position)),
    }
}

impl OffersOut {
    fn of(found: SearchAnswer, position: u64) -> Self {
        let duration_ms = found.duration_ms;
        let start = |start: &PricedStart| {
            let window = TimeWindow::starting(start.starts_at, duration_ms);
            StartOut {
                start_time: window.starts_at.to_rfc3339(),
                end_time: window.ends_at.to_rfc3339(),
                price: start.price.to_string(),
            }
        };
        Self {
            offers: found.starts.iter().map(start).collect(),
            reasons: reasons_out(&found.reasons),
            instance_type: found.instance_type,
            num_instances_fixed: found.count,
            duration: duration_ms,
            from: found.from.to_rfc3339(),
            to: found.to.to_rfc3339(),
            step: found.step_ms,
            searched_until: found.searched_until.to_rfc3339(),
            position,
        }
    }
}
