//! `GET /OpenPEX/reservations/{id}/refund`: what would be given back if it were cancelled now.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use openpex_aggregates::reservation::StatusName;
use serde_json::json;

use super::ReservationPath;
use crate::http::problem::Problem;
use crate::http::reply::json;
use crate::http::request::Caller;
use crate::http::state::AppState;

/// The amount, the rule it comes from, and until when it stays as it is.
#[utoipa::path(
    get,
    path = "/OpenPEX/reservations/{id}/refund",
    operation_id = "getRefundQuote",
    tag = "Reservations"
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
    let body = json!({
        "id": path.id,
        "paid": quote.paid.to_string(),
        "refund": quote.amount.to_string(),
        "rule": quote.rule,
        "validUntil": quote.valid_until.map(|at| at.to_rfc3339()),
        "now": now.to_rfc3339(),
        "policyVersion": policy.version,
    });
    Ok(json(StatusCode::OK, &body))
}
