//! `GET` and `POST /OpenPEX/clock`: the service's time, and the test clock's hand.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use openpex_aggregates::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::commands::{find_kept, keep, run_to_its_end};
use crate::http::docs::{CallerProblems, ChangeProblems, ProblemSchema, RepeatHeader};
use crate::http::limits::CLOCK_ADVANCE_MS_MAX;
use crate::http::ports::ClockError;
use crate::http::problem::{FieldError, Problem};
use crate::http::reply::json;
use crate::http::request::{Caller, Fields, Sent, parse_instant};
use crate::http::state::AppState;
use crate::writer::IdempotencyKey;

/// The service's time.
#[derive(Serialize, ToSchema)]
#[schema(as = Clock)]
#[serde(rename_all = "camelCase")]
struct ClockOut {
    #[schema(format = DateTime, example = "2009-08-17T04:00:00.000Z")]
    now: String,
    /// Whether operators can move it.
    test_clock: bool,
}

/// Where the test clock is to move: one of the two.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "described; `read_move` reads it")]
struct ClockMove {
    /// By so many milliseconds.
    #[schema(minimum = 0, maximum = 3_162_240_000_000_i64)]
    advance_ms: Option<i64>,
    /// To this instant (RFC 3339 or RFC 1123).
    #[schema(example = "Mon, 17 Aug 2009 05:00:00 GMT")]
    now: Option<String>,
}

fn show(app: &AppState, now: Timestamp) -> Response {
    let test_clock = app.clock_control.is_some();
    json(
        StatusCode::OK,
        &ClockOut {
            now: now.to_rfc3339(),
            test_clock,
        },
    )
}

/// Show what time it is for the service.
///
/// What time it is for the service.
#[utoipa::path(
    get,
    path = "/OpenPEX/clock",
    operation_id = "getClock",
    tag = "Site",
    responses((status = 200, description = "The time", body = ClockOut), CallerProblems)
)]
pub async fn now(State(app): State<AppState>, _: Caller) -> Response {
    show(&app, app.clock.now())
}

/// Where the test clock is to move.
#[derive(Clone, Copy)]
enum Move {
    By(i64),
    To(Timestamp),
}

/// Move the test clock.
///
/// Moves the test clock and answers when everything that became due has been done.
#[utoipa::path(
    post,
    path = "/OpenPEX/clock",
    operation_id = "moveClock",
    tag = "Site",
    params(RepeatHeader),
    request_body = ClockMove,
    responses(
        (status = 200, description = "The time it is then", body = ClockOut),
        CallerProblems,
        ChangeProblems,
        (
            status = 409,
            description = "The service has no test clock",
            body = ProblemSchema,
            content_type = "application/problem+json"
        ),
    )
)]
pub async fn set(
    State(app): State<AppState>,
    caller: Caller,
    sent: Sent,
) -> Result<Response, Problem> {
    caller.check_is_operator()?;
    if app.clock_control.is_none() {
        let detail = "the service runs on the system's clock; start it with --test-clock";
        return Err(Problem::conflict("no_test_clock", detail));
    }
    let wanted = read_move(&sent.body)?;
    let key = sent.key_of(caller.user_id(), &sent.body);
    let shared = app.clone();
    let at = run_to_its_end(&app, async move { move_once(&shared, key, wanted).await }).await?;
    Ok(show(&app, at))
}

fn read_move(body: &[u8]) -> Result<Move, Problem> {
    let mut fields = Fields::of_body(body)?;
    let (by, to) = (fields.integer("advance_ms")?, fields.text("now")?);
    fields.finish()?;
    match (by, to) {
        (Some(by), None) if (0..=CLOCK_ADVANCE_MS_MAX).contains(&by) => Ok(Move::By(by)),
        (Some(by), None) => {
            let detail = format!("is from 0 to {CLOCK_ADVANCE_MS_MAX}, not {by}");
            let error = FieldError::new("advance_ms", "advance_out_of_range", detail);
            let error = error.with("min", 0).with("max", CLOCK_ADVANCE_MS_MAX);
            Err(Problem::invalid(vec![error]))
        }
        (None, Some(text)) => match parse_instant(&text) {
            Ok(at) => Ok(Move::To(at)),
            Err(error) => Err(Problem::invalid(vec![error.at("now")])),
        },
        (None, None) | (Some(_), Some(_)) => {
            let detail = "give either advance_ms or now";
            Err(Problem::invalid(vec![FieldError::new(
                "advance_ms",
                "one_of_two",
                detail,
            )]))
        }
    }
}

/// The same key moves the clock once.
async fn move_once(
    app: &AppState,
    key: Option<IdempotencyKey>,
    wanted: Move,
) -> Result<Timestamp, Problem> {
    let Some(key) = key else {
        return move_clock(app, wanted).await;
    };
    let _held = app.locks().hold(key.user_id, &key.key).await;
    if let Some(kept) = find_kept(app, &key).await? {
        return kept
            .answer
            .parse()
            .map(Timestamp)
            .map_err(|_| Problem::internal());
    }
    let at = move_clock(app, wanted).await?;
    let head = app.ledger.head().await?;
    keep(app, &key, at.0.to_string(), head.position).await?;
    Ok(at)
}

async fn move_clock(app: &AppState, wanted: Move) -> Result<Timestamp, Problem> {
    let Some(control) = &app.clock_control else {
        return Err(Problem::internal());
    };
    let now = app.clock.now();
    let at = match wanted {
        Move::By(by) => now.saturating_add(by),
        Move::To(at) => at,
    };
    let problem = |code, detail: String| {
        let error = FieldError::new("now", code, detail).with("now", now.to_rfc3339());
        Problem::invalid(vec![error])
    };
    if at < now {
        return Err(problem(
            "clock_backwards",
            format!("{at} is before the present, {now}"),
        ));
    }
    if at.millis_since(now) > CLOCK_ADVANCE_MS_MAX {
        let detail = format!("more than {CLOCK_ADVANCE_MS_MAX} ms ahead of {now}");
        return Err(problem("advance_out_of_range", detail));
    }
    match control.move_to(at).await {
        Ok(()) => {
            // Whoever reads after the answer sees what became due.
            app.own_writes()
                .note_for_all(app.ledger.head().await?.position);
            Ok(at)
        }
        Err(error @ ClockError::NotSettled(_)) => {
            Err(Problem::unavailable("clock_not_settled", error.to_string()))
        }
    }
}
