//! `POST /OpenPEX/users/{userid}/grants`: an operator gives a user credits.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use openpex_aggregates::live::{Answer, Command};
use openpex_aggregates::money::ParseCreditsError;
use openpex_aggregates::{MicroCredits, UserId};

use crate::http::commands::{answered_otherwise, carry_out};
use crate::http::docs::{CallerProblems, ChangeProblems, CommandProblems, NotThere, RepeatHeader};
use crate::http::limits::NOTE_CHARS_MAX;
use crate::http::problem::{FieldError, Problem};
use crate::http::reply::json;
use crate::http::request::{Caller, Fields, Sent};
use crate::http::state::AppState;
use crate::http::wire::{AccountOut, GrantBody};

/// Give a user credits.
///
/// Takes `{"amount": "12.5", "note": "…"}`; answers with the account after it.
#[utoipa::path(
    post,
    path = "/OpenPEX/users/{userid}/grants",
    operation_id = "grantCredits",
    tag = "Accounts",
    params(("userid" = u64, Path, description = "The id of a user"), RepeatHeader),
    request_body = GrantBody,
    responses((status = 200, description = "The account after it", body = AccountOut), CallerProblems, NotThere, ChangeProblems, CommandProblems)
)]
pub async fn grant(
    State(app): State<AppState>,
    caller: Caller,
    path: Result<Path<u64>, axum::extract::rejection::PathRejection>,
    sent: Sent,
) -> Result<Response, Problem> {
    caller.check_is_operator()?;
    let Path(userid) = path.map_err(|_| Problem::not_found("user"))?;
    let user_id = UserId(i64::try_from(userid).map_err(|_| Problem::not_found("user"))?);
    if app.authenticator.accounts().find(user_id).await?.is_none() {
        return Err(Problem::not_found("user"));
    }
    let (amount, note) = read(&sent.body)?;
    let command = Command::GrantCredits {
        user_id,
        amount,
        note,
    };
    let committed = carry_out(&app, sent.ask(caller.actor(), command)).await?;
    let Answer::Account { user_id, account } = &committed.answer else {
        return Err(answered_otherwise(committed.position));
    };
    Ok(json(StatusCode::OK, &AccountOut::of(*user_id, account)))
}

fn read(body: &[u8]) -> Result<(MicroCredits, String), Problem> {
    let mut fields = Fields::of_body(body)?;
    let (amount, note) = (fields.text("amount")?, fields.text("note")?);
    fields.finish()?;
    let mut errors = Vec::new();
    let amount = match amount.as_deref().map(str::parse) {
        None => Err(FieldError::required("amount")),
        Some(Err(error)) => {
            let error: ParseCreditsError = error;
            Err(FieldError::new(
                "amount",
                "amount_unreadable",
                error.to_string(),
            ))
        }
        Some(Ok(MicroCredits(0))) => {
            let detail = "at least 0.000001 credits must be granted";
            Err(FieldError::new("amount", "amount_out_of_range", detail))
        }
        Some(Ok(amount)) => Ok(amount),
    };
    let note = note.unwrap_or_default();
    let characters = note.chars().count();
    if characters > NOTE_CHARS_MAX {
        let detail = format!("a note of {characters} characters; at most {NOTE_CHARS_MAX} can be");
        let error = FieldError::new("note", "note_too_long", detail);
        errors.push(
            error
                .with("characters", characters)
                .with("max", NOTE_CHARS_MAX),
        );
    }
    match amount {
        Ok(amount) if errors.is_empty() => Ok((amount, note)),
        Ok(_) => Err(Problem::invalid(errors)),
        Err(error) => {
            errors.insert(0, error);
            Err(Problem::invalid(errors))
        }
    }
}
