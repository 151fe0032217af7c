//! Statistics for operators and auditors: how much was used, what was asked, what it cost.
//!
//! Owns who may ask, the range and the steps of all three. Sums are whole numbers; those that may be
//! larger than a client's numbers are exact, and amounts of money, are decimal text. Each is JSON, or
//! CSV with a line a step where the client asks for it.

mod demand;
mod prices;
mod utilisation;

use openpex_aggregates::TimeWindow;
use openpex_aggregates::live::CommandRefusal;
use openpex_projections::Steps;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::own_writes::wait_for_own_writes;
use super::problem::Problem;
use super::request::{Caller, Parameters};
use super::state::AppState;

/// How far back a statistic goes where the client does not say: a week, in milliseconds.
const RANGE_DEFAULT_MS: i64 = 7 * 24 * 3_600_000;
/// How long a step is where the client does not say: an hour, in milliseconds.
const STEP_DEFAULT_MS: i64 = 3_600_000;

/// The routes of statistics.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(utilisation::utilisation))
        .routes(routes!(demand::demand))
        .routes(routes!(prices::prices))
}

/// Checks that they may see what is of everybody.
fn check_may_see_all(caller: &Caller) -> Result<(), Problem> {
    match caller.sees_only() {
        None => Ok(()),
        Some(_) => Err(Problem::forbidden(
            "operators_and_auditors_only",
            "statistics are of everybody's reservations: only operators and auditors may see them",
        )),
    }
}

/// The range and the steps that are asked for, the last week by the hour where nothing is said; once
/// the views have what the caller did.
async fn steps_of(app: &AppState, caller: &Caller, sent: &Parameters) -> Result<Steps, Problem> {
    let (from, to, step) = (
        sent.instant("from")?,
        sent.instant("to")?,
        sent.integer("step")?,
    );
    let ends_at = to.unwrap_or_else(|| app.clock.now());
    let window = TimeWindow {
        starts_at: from.unwrap_or_else(|| ends_at.saturating_add(-RANGE_DEFAULT_MS)),
        ends_at,
    };
    let steps = Steps::of(window, step.unwrap_or(STEP_DEFAULT_MS))
        .map_err(|error| CommandRefusal::Question(vec![error]))?;
    wait_for_own_writes(app, caller).await?;
    Ok(steps)
}
