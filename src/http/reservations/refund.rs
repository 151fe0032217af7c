//! `GET /OpenPEX/reservations/{id}/refund`: what would be given back if it were cancelled now.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use openpex_aggregates::ReservationId;
use openpex_aggregates::refunds::RefundRule;
use openpex_aggregates::reservation::StatusName;
use serde::Serialize;
use utoipa::ToSchema;

use super::ReservationPath;
use crate::http::docs::{CallerProblems, NotThere, ProblemSchema};
use crate::http::problem::Problem;
use crate::http::reply::json;
use crate::http::request::Caller;
use crate::http::state::AppState;
use crate::http::wire::by_name;

/// What a cancellation would give back now.
#[derive(Serialize, ToSchema)]
#[schema(as = RefundQuote)]
#[serde(rename_all = "camelCase")]
struct QuoteOut {
    #[schema(value_type = String, format = Uuid)]
    id: ReservationId,
    #[schema(format = DateTime)]
    now: String,
    #[schema(example = "4.935")]
    paid: String,
    policy_version: u32,
    #[schema(example = "4.935")]
    refund: String,
    #[serde(serialize_with = "by_name")]
    #[schema(value_type = RuleOut)]
    rule: RefundRule,
    /// The last instant for which this amount is certain; null once it shrinks with the time.
    #[schema(required, format = DateTime)]
    valid_until: Option<String>,
}

/// The rule of the schedule that gave an amount, with its numbers.
#[derive(ToSchema)]
#[schema(as = RefundRule)]
#[serde(tag = "rule", rename_all = "kebab-case")]
#[expect(dead_code, reason = "described; the domain's rule is written")]
enum RuleOut {
    /// A step before the start.
    BeforeStart {
        /// How long before the start it holds, in milliseconds.
        lead_ms: i64,
        /// The share of the price, in millionths.
        refund_ppm: u32,
    },
    /// A share of the price of the unused time.
    Unused {
        /// How much of the time is unused, in milliseconds.
        unused_ms: i64,
        /// How much time was paid for, in milliseconds.
        duration_ms: i64,
        /// The share of its price, in millionths.
        unused_ppm: u32,
    },
}

/// Ask what a cancellation would give back.
///
/// The amount, the rule it comes from, and until when it stays as it is.
#[utoipa::path(
    get,
    path = "/OpenPEX/reservations/{id}/refund",
    operation_id = "getRefundQuote",
    tag = "Reservations",
    params(("id" = String, Path, format = Uuid, description = "The id of a reservation")),
    responses((status = 200, description = "What it would be now", body = QuoteOut), CallerProblems, NotThere, (status = 409, description = "There is nothing to cancel", body = ProblemSchema, content_type = "application/problem+json"))
)]
pub async fn refund(
    State(app): State<AppState>,
    caller: Caller,
    path: ReservationPath,
) -> Result<Response, Problem> {
    let view = path.find(&app, &caller).await?;
    let reservation = &view.reservation;
    let status = reservation.status.name();
    let Some(agreement) = reservation
        .status
        .agreement()
        .filter(|_| status.is_agreed())
    else {
        let detail = format!("there is nothing to cancel while the reservation is {status}");
        let problem = Problem::conflict("not_allowed_in_state", detail);
        return Err(problem.with("state", status.as_str()).with(
            "allowed",
            [StatusName::Confirmed, StatusName::Activated].map(StatusName::as_str),
        ));
    };
    let policy = app.reads.policy().await?;
    let (window, now) = (agreement.terms.window, app.clock.now());
    let quote = policy.refunds.refund(reservation.paid, window, now);
    let body = QuoteOut {
        id: path.id,
        now: now.to_rfc3339(),
        paid: quote.paid.to_string(),
        policy_version: policy.version,
        refund: quote.amount.to_string(),
        rule: quote.rule,
        valid_until: quote.valid_until.map(|at| at.to_rfc3339()),
    };
    Ok(json(StatusCode::OK, &body))
}
