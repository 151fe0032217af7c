//! `GET /OpenPEX/offers`: feasible starts with prices over a range, cheapest first, nothing held.

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use openpex_aggregates::TimeWindow;
use openpex_aggregates::live::{Answer, Question};
use openpex_aggregates::negotiation::{PricedStart, SearchAnswer, SearchQuery};
use serde::Serialize;
use serde_json::Value;

use super::ask;
use crate::http::commands::answered_otherwise;
use crate::http::problem::Problem;
use crate::http::reply::json;
use crate::http::request::{Caller, Parameters};
use crate::http::state::AppState;
use crate::http::wire::reasons_out;

const PARAMETERS: [&str; 8] = [
    "type", "count", "duration", "from", "to", "maxPrice", "step", "limit",
];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OffersOut {
    #[serde(rename = "type")]
    instance_type: String,
    num_instances_fixed: u32,
    duration: i64,
    from: String,
    to: String,
    step: i64,
    searched_until: String,
    offers: Vec<StartOut>,
    reasons: Vec<Value>,
    position: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StartOut {
    start_time: String,
    end_time: String,
    price: String,
}

/// Takes `type`, `duration` and what narrows the search; `count` is 1 where it is left out.
#[utoipa::path(
    get,
    path = "/OpenPEX/offers",
    operation_id = "findOffers",
    tag = "Search"
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
