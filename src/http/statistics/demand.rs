//! `GET /OpenPEX/statistics/demand`: what was asked, and how it was answered.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use openpex_projections::{Demand, DemandStep, Tally};
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
#[schema(as = Demand)]
struct DemandOut {
    #[schema(format = DateTime)]
    from: String,
    #[schema(format = DateTime)]
    to: String,
    /// In milliseconds; the last step may be shorter.
    step: i64,
    steps: Vec<StepOut>,
}

/// The proposals that were answered in one step: the first ones and those of changes.
#[derive(Serialize, ToSchema)]
#[schema(as = DemandStep)]
struct StepOut {
    #[schema(format = DateTime)]
    from: String,
    #[schema(format = DateTime)]
    to: String,
    asked: TallyOut,
    /// Granted as asked.
    accepted: TallyOut,
    countered: BecauseOut,
    rejected: BecauseOut,
    /// New reservations that were confirmed in this step, whenever they were asked for.
    confirmed: TallyOut,
}

#[derive(Clone, Serialize, ToSchema)]
#[schema(as = DemandTally)]
#[serde(rename_all = "camelCase")]
struct TallyOut {
    count: u64,
    /// Their fixed instances.
    instances: u64,
    /// Their vCPUs times milliseconds: an exact whole number as text.
    vcpu_ms: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = DemandRefused)]
struct BecauseOut {
    #[serde(flatten)]
    tally: TallyOut,
    /// How many had each reason, by its code; one may have several.
    reasons: BTreeMap<String, u64>,
}

/// What was asked, and how it was answered.
///
/// Takes `from`, `to` and `step` (in milliseconds), all of which may be left out, and `format` (`json`
/// or `csv`).
#[utoipa::path(
    get,
    path = "/OpenPEX/statistics/demand",
    operation_id = "getDemand",
    tag = "Statistics",
    params(
        StepsQuery,
        ("format" = Option<AnswerForm>, Query, description = "By `Accept` where it is left out"),
    ),
    responses(
        (status = 200, description = "A line a step", content((DemandOut = "application/json"), (String = "text/csv"))),
        CallerProblems,
        StatisticsProblems,
    )
)]
pub async fn demand(
    State(app): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    check_may_see_all(&caller)?;
    let sent = Parameters::of(&uri, &["from", "to", "step", "format"])?;
    let as_csv = sent.wants_csv(&headers)?;
    let steps = steps_of(&app, &caller, &sent).await?;
    let found = app.reads.demand(&steps).await?;
    if as_csv {
        return Ok(to_csv(&found).into_answer("demand.csv"));
    }
    let window = steps.window();
    let answer = DemandOut {
        from: window.starts_at.to_rfc3339(),
        to: window.ends_at.to_rfc3339(),
        step: steps.step_ms(),
        steps: found.steps.iter().map(StepOut::of).collect(),
    };
    Ok(json(StatusCode::OK, &answer))
}

impl TallyOut {
    fn of(tally: Tally) -> Self {
        Self {
            count: tally.count,
            instances: tally.instances,
            vcpu_ms: tally.vcpu_ms.to_string(),
        }
    }

    fn into_cells(self) -> [String; 3] {
        [
            self.count.to_string(),
            self.instances.to_string(),
            self.vcpu_ms,
        ]
    }
}

impl StepOut {
    fn of(step: &DemandStep) -> Self {
        let because = |tally, reasons: &BTreeMap<String, u64>| BecauseOut {
            tally: TallyOut::of(tally),
            reasons: reasons.clone(),
        };
        Self {
            from: step.window.starts_at.to_rfc3339(),
            to: step.window.ends_at.to_rfc3339(),
            asked: TallyOut::of(step.asked),
            accepted: TallyOut::of(step.accepted),
            countered: because(step.countered, &step.countered_because),
            rejected: because(step.rejected, &step.rejected_because),
            confirmed: TallyOut::of(step.confirmed),
        }
    }
}

/// A line a step; a column for each reason that there was.
fn to_csv(found: &Demand) -> Csv {
    let codes = |of: fn(&DemandStep) -> &BTreeMap<String, u64>| -> BTreeSet<String> {
        found
            .steps
            .iter()
            .flat_map(|step| of(step).keys().cloned())
            .collect()
    };
    let countered = codes(|step| &step.countered_because);
    let rejected = codes(|step| &step.rejected_because);
    let mut columns = vec!["from".to_owned(), "to".to_owned()];
    for tally in ["asked", "accepted", "countered", "rejected", "confirmed"] {
        columns.extend(["Count", "Instances", "VcpuMs"].map(|of| format!("{tally}{of}")));
    }
    columns.extend(countered.iter().map(|code| format!("countered:{code}")));
    columns.extend(rejected.iter().map(|code| format!("rejected:{code}")));
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut csv = Csv::with_columns(&columns);
    for step in &found.steps {
        let window = step.window;
        let mut cells = vec![window.starts_at.to_rfc3339(), window.ends_at.to_rfc3339()];
        let tallies = [
            step.asked,
            step.accepted,
            step.countered,
            step.rejected,
            step.confirmed,
        ];
        cells.extend(
            tallies
                .into_iter()
                .flat_map(|tally| TallyOut::of(tally).into_cells()),
        );
        let of = |because: &BTreeMap<String, u64>, code: &String| {
            because.get(code).copied().unwrap_or_default().to_string()
        };
        cells.extend(
            countered
                .iter()
                .map(|code| of(&step.countered_because, code)),
        );
        cells.extend(rejected.iter().map(|code| of(&step.rejected_because, code)));
        csv.push(&cells);
    }
    csv
}
