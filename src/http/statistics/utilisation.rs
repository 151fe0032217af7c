//! `GET /OpenPEX/statistics/utilisation`: how much of the nodes was booked, and of that really used.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use openpex_aggregates::NodeName;
use openpex_projections::{
    AmountsMs, Steps, Utilisation, UtilisationBy, UtilisationSeries, UtilisationStep,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{check_may_see_all, steps_of};
use crate::http::csv::Csv;
use crate::http::docs::{CallerProblems, StatisticsProblems, StepsQuery};
use crate::http::problem::Problem;
use crate::http::reply::json;
use crate::http::request::{Caller, Parameters};
use crate::http::state::AppState;
use crate::http::words::{AnswerForm, SummedBy};

#[derive(Serialize, ToSchema)]
#[schema(as = Utilisation)]
#[serde(rename_all = "camelCase")]
struct UtilisationOut {
    #[schema(format = DateTime)]
    from: String,
    #[schema(format = DateTime)]
    to: String,
    /// In milliseconds; the last step may be shorter.
    step: i64,
    /// Until when `used` is known: the time of the answer.
    #[schema(format = DateTime)]
    used_until: String,
    series: Vec<SeriesOut>,
}

/// The steps of one node, or of all together.
#[derive(Serialize, ToSchema)]
#[schema(as = UtilisationSeries)]
struct SeriesOut {
    /// `null` for all together.
    #[schema(required, value_type = Option<String>)]
    node: Option<NodeName>,
    steps: Vec<StepOut>,
}

/// One step. Divided by its length in milliseconds an amount is the average over it.
#[derive(Serialize, ToSchema)]
#[schema(as = UtilisationStep)]
#[serde(rename_all = "camelCase")]
struct StepOut {
    #[schema(format = DateTime)]
    from: String,
    #[schema(format = DateTime)]
    to: String,
    /// vCPUs times milliseconds.
    vcpu_ms: AmountOut,
    /// MiB of memory times milliseconds.
    memory_mb_ms: AmountOut,
    /// GiB of disk times milliseconds.
    disk_gb_ms: AmountOut,
}

/// Exact whole numbers as text, since they may be larger than a number of JSON holds exactly.
#[derive(Serialize, ToSchema)]
#[schema(as = UtilisationAmount)]
struct AmountOut {
    /// What both agreed on, past and future.
    booked: String,
    /// What instances had that were seen to run.
    used: String,
    /// What the nodes had that were in service or draining.
    capacity: String,
}

/// How much of the nodes was booked and used.
///
/// Takes `from`, `to` and `step` (in milliseconds), all of which may be left out, `by` (`total` or
/// `node`), `node` (that one alone) and `format` (`json` or `csv`).
#[utoipa::path(
    get,
    path = "/OpenPEX/statistics/utilisation",
    operation_id = "getUtilisation",
    tag = "Statistics",
    params(
        StepsQuery,
        ("by" = Option<SummedBy>, Query, description = "All nodes together where it is left out"),
        ("node" = Option<String>, Query, description = "Only this node"),
        ("format" = Option<AnswerForm>, Query, description = "By `Accept` where it is left out"),
    ),
    responses(
        (status = 200, description = "A line a step", content((UtilisationOut = "application/json"), (String = "text/csv"))),
        CallerProblems,
        StatisticsProblems,
    )
)]
pub async fn utilisation(
    State(app): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    check_may_see_all(&caller)?;
    let sent = Parameters::of(&uri, &["from", "to", "step", "by", "node", "format"])?;
    let by_node = sent.one_of("by", &[("total", false), ("node", true)])?;
    let by = match sent.text("node") {
        Some(name) => UtilisationBy::One(NodeName(name.to_owned())),
        None if by_node => UtilisationBy::Node,
        None => UtilisationBy::Total,
    };
    let as_csv = sent.wants_csv(&headers)?;
    let steps = steps_of(&app, &caller, &sent).await?;
    let now = app.clock.now();
    let found = app.reads.utilisation(&steps, &by, now).await?;
    if as_csv {
        return Ok(to_csv(&found).into_answer("utilisation.csv"));
    }
    let used_until = now.min(steps.window().ends_at).to_rfc3339();
    let series = found.series.into_iter().map(SeriesOut::of).collect();
    Ok(json(
        StatusCode::OK,
        &UtilisationOut::of(&steps, used_until, series),
    ))
}

impl UtilisationOut {
    fn of(steps: &Steps, used_until: String, series: Vec<SeriesOut>) -> Self {
        Self {
            from: steps.window().starts_at.to_rfc3339(),
            to: steps.window().ends_at.to_rfc3339(),
            step: steps.step_ms(),
            used_until,
            series,
        }
    }
}

impl SeriesOut {
    fn of(series: UtilisationSeries) -> Self {
        Self {
            node: series.node,
            steps: series.steps.iter().map(StepOut::of).collect(),
        }
    }
}

impl StepOut {
    fn of(step: &UtilisationStep) -> Self {
        let amount = |of: fn(&AmountsMs) -> u128| AmountOut {
            booked: of(&step.booked).to_string(),
            used: of(&step.used).to_string(),
            capacity: of(&step.capacity).to_string(),
        };
        Self {
            from: step.window.starts_at.to_rfc3339(),
            to: step.window.ends_at.to_rfc3339(),
            vcpu_ms: amount(|of| of.vcpu_ms),
            memory_mb_ms: amount(|of| of.memory_mib_ms),
            disk_gb_ms: amount(|of| of.disk_gib_ms),
        }
    }
}

fn to_csv(found: &Utilisation) -> Csv {
    let mut csv = Csv::with_columns(&[
        "node",
        "from",
        "to",
        "vcpuMsBooked",
        "vcpuMsUsed",
        "vcpuMsCapacity",
        "memoryMbMsBooked",
        "memoryMbMsUsed",
        "memoryMbMsCapacity",
        "diskGbMsBooked",
        "diskGbMsUsed",
        "diskGbMsCapacity",
    ]);
    for series in &found.series {
        let node = series.node.as_ref().map_or("", |node| node.0.as_str());
        for step in series.steps.iter().map(StepOut::of) {
            let mut cells = vec![node.to_owned(), step.from, step.to];
            for of in [step.vcpu_ms, step.memory_mb_ms, step.disk_gb_ms] {
                cells.extend([of.booked, of.used, of.capacity]);
            }
            csv.push(&cells);
        }
    }
    csv
}
