//! Search without commitment: what could be had, when, and for how much. Nothing is held.
//!
//! Questions go to the writer like commands, so the answers are never behind; nothing is kept of
//! them.

mod availability;
mod offers;

use openpex_aggregates::live::{Answer, Command, Question};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::Problem;
use super::request::Caller;
use super::state::AppState;
use crate::writer::WriteRequest;

/// The routes of questions.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(offers::offers))
        .routes(routes!(availability::availability))
}

/// Has the writer answer, and says as of which position.
async fn ask(
    app: &AppState,
    caller: &Caller,
    question: Question,
) -> Result<(Answer, u64), Problem> {
    let request = WriteRequest {
        actor: Some(caller.actor()),
        ..WriteRequest::by_service(Command::Ask(question))
    };
    let committed = app.commands.submit(request).await?;
    Ok((committed.answer, committed.position))
}
