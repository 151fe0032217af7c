//! `GET /OpenPEX/statistics/prices`: what both agreed to pay.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use openpex_projections::{Agreed, PriceStep, Prices, credits};
use serde::Serialize;
use utoipa::ToSchema;

use super::{check_may_see_all, steps_of};
use crate::http::csv::Csv;
use crate::http::docs::{CallerProblems, StatisticsProblems, StepsQuery};
use crate::http::problem::Problem;
use crate::http::reply::json;
use crate::http::request::{Caller, Parameters};
use crate::http::state::AppState;
use crate::http::words::AnswerForm;

#[derive(Serialize, ToSchema)]
#[schema(as = Prices)]
struct PricesOut {
    #[schema(format = DateTime)]
    from: String,
    #[schema(format = DateTime)]
    to: String,
    /// In milliseconds; the last step may be shorter.
    step: i64,
    steps: Vec<StepOut>,
}

/// What was agreed on in one step.
#[derive(Serialize, ToSchema)]
#[schema(as = PriceStep)]
#[serde(rename_all = "camelCase")]
struct StepOut {
    #[schema(format = DateTime)]
    from: String,
    #[schema(format = DateTime)]
    to: String,
    /// New reservations.
    agreements: AgreedOut,
    /// The same by instance type.
    by_type: BTreeMap<String, AgreedOut>,
    /// Other terms and optional instances of reservations.
    changes: ChangesOut,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Agreed)]
#[serde(rename_all = "camelCase")]
struct AgreedOut {
    count: u64,
    /// Their vCPUs times milliseconds: an exact whole number as text.
    vcpu_ms: String,
    /// What the price lists asked for them, in credits.
    list_price: String,
    /// What was agreed on, in credits.
    agreed_price: String,
    /// `null` where there are none.
    #[schema(required)]
    per_vcpu_hour: Option<PerVcpuHourOut>,
}

/// Prices for an hour of a vCPU, in credits, to the nearest millionth.
#[derive(Serialize, ToSchema)]
#[schema(as = PerVcpuHour)]
struct PerVcpuHourOut {
    min: String,
    /// That of the agreement in the middle; between two, half of both.
    median: String,
    /// All credits by all vCPU hours.
    mean: String,
    max: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PriceChanges)]
struct ChangesOut {
    count: u64,
    /// By how many credits they made reservations dearer together; with a minus where cheaper.
    credits: String,
}

/// What both agreed to pay.
///
/// Takes `from`, `to` and `step` (in milliseconds), all of which may be left out, and `format` (`json`
/// or `csv`).
#[utoipa::path(
    get,
    path = "/OpenPEX/statistics/prices",
    operation_id = "getPrices",
    tag = "Statistics",
    params(
        StepsQuery,
        ("format" = Option<AnswerForm>, Query, description = "By `Accept` where it is left out"),
    ),
    responses(
        (status = 200, description = "A line a step", content((PricesOut = "application/json"), (String = "text/csv"))),
        CallerProblems,
        StatisticsProblems,
    )
)]
pub async fn prices(
    State(app): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    check_may_see_all(&caller)?;
    let sent = Parameters::of(&uri, &["from", "to", "step", "format"])?;
    let as_csv = sent.wants_csv(&headers)?;
    let steps = steps_of(&app, &caller, &sent).await?;
    let found = app.reads.prices(&steps).await?;
    if as_csv {
        return Ok(to_csv(&found).into_answer("prices.csv"));
    }
    let window = steps.window();
    let answer = PricesOut {
        from: window.starts_at.to_rfc3339(),
        to: window.ends_at.to_rfc3339(),
        step: steps.step_ms(),
        steps: found.steps.iter().map(StepOut::of).collect(),
    };
    Ok(json(StatusCode::OK, &answer))
}

/// An amount that is never below zero, as decimal text.
fn amount(micros: u128) -> String {
    credits(i128::try_from(micros).unwrap_or(i128::MAX))
}

impl AgreedOut {
    fn of(agreed: &Agreed) -> Self {
        let prices = agreed.per_vcpu_hour();
        Self {
            count: agreed.count,
            vcpu_ms: agreed.vcpu_ms.to_string(),
            list_price: amount(agreed.list_micros),
            agreed_price: amount(agreed.agreed_micros),
            per_vcpu_hour: prices.map(|prices| PerVcpuHourOut {
                min: amount(prices.min),
                median: amount(prices.median),
                mean: amount(prices.mean),
                max: amount(prices.max),
            }),
        }
    }
}

impl StepOut {
    fn of(step: &PriceStep) -> Self {
        let by_type = step.by_type.iter();
        Self {
            from: step.window.starts_at.to_rfc3339(),
            to: step.window.ends_at.to_rfc3339(),
            agreements: AgreedOut::of(&step.all),
            by_type: by_type
                .map(|(name, agreed)| (name.clone(), AgreedOut::of(agreed)))
                .collect(),
            changes: ChangesOut {
                count: step.changes,
                credits: credits(step.changes_micros),
            },
        }
    }
}

/// A line for all of a step, whose type is empty, and one for each of its types.
fn to_csv(found: &Prices) -> Csv {
    let mut csv = Csv::with_columns(&[
        "from",
        "to",
        "type",
        "count",
        "vcpuMs",
        "listPrice",
        "agreedPrice",
        "perVcpuHourMin",
        "perVcpuHourMedian",
        "perVcpuHourMean",
        "perVcpuHourMax",
        "changesCount",
        "changesCredits",
    ]);
    for step in found.steps.iter().map(StepOut::of) {
        let (from, to) = (step.from, step.to);
        let mut push = |of_type: &str, agreed: AgreedOut, changes: [String; 2]| {
            let mut cells = vec![from.clone(), to.clone(), of_type.to_owned()];
            cells.extend([
                agreed.count.to_string(),
                agreed.vcpu_ms,
                agreed.list_price,
                agreed.agreed_price,
            ]);
            let prices = agreed.per_vcpu_hour;
            let prices = prices.map(|of| [of.min, of.median, of.mean, of.max]);
            cells.extend(prices.unwrap_or_default());
            cells.extend(changes);
            csv.push(&cells);
        };
        let changes = [step.changes.count.to_string(), step.changes.credits];
        push("", step.agreements, changes);
        for (of_type, agreed) in step.by_type {
            push(&of_type, agreed, [String::new(), String::new()]);
        }
    }
    csv
}
