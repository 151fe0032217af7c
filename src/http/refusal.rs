//! Every error of the layers below as the problem that a client sees.
//!
//! Owns the mapping: no handler makes up a status for an error of the writer, the domain, the
//! ledger or the accounts. Nothing of a store's own message reaches a client.

use axum::http::StatusCode;
use axum::http::header::ETAG;
use openpex_aggregates::account::AccountRefusal;
use openpex_aggregates::instance::InstanceRefusal;
use openpex_aggregates::live::CommandRefusal;
use openpex_aggregates::negotiation::QuestionError;
use openpex_aggregates::reservation::Refusal;
use openpex_aggregates::terms::TermsError;
use serde_json::json;

use super::ports::ReadError;
use super::problem::{FieldError, Problem};
use super::request::etag_of;
use crate::accounts::{
    AccountError, PASSWORD_BYTES_MAX, PASSWORD_BYTES_MIN, TOKEN_NAME_CHARS_MAX, TOKENS_MAX,
    USERNAME_CHARS_MAX,
};
use crate::ledger::LedgerError;
use crate::writer::WriteError;

impl From<WriteError> for Problem {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Refused(refusal) => refusal.into(),
            WriteError::Stale { expected, found } => stale(expected, found),
            WriteError::QueueFull { limit } => {
                Self::unavailable("queue_full", error.to_string()).with("limit", limit)
            }
            WriteError::Unavailable => Self::unavailable("ledger_unavailable", error.to_string()),
            WriteError::Fenced => Self::unavailable("not_the_writer", error.to_string()),
            WriteError::Stopping => Self::unavailable("stopping", error.to_string()),
        }
    }
}

/// 412: the aggregate has gone on since the caller looked.
pub(super) fn stale(expected: u64, found: u64) -> Problem {
    let detail = format!("sequence {expected} was expected, it is {found}");
    Problem::precondition_failed(detail)
        .with("expected", expected)
        .with("found", found)
        .header(ETAG, &etag_of(found))
}

impl From<CommandRefusal> for Problem {
    fn from(refusal: CommandRefusal) -> Self {
        match refusal {
            CommandRefusal::NotFound(what) => Self::not_found(what),
            CommandRefusal::Terms(errors) => {
                Self::invalid(errors.iter().map(terms_error).collect())
            }
            CommandRefusal::Recurrence(error) => error.into(),
            CommandRefusal::Series(refusal) => refusal.into(),
            CommandRefusal::Standing(refusal) => refusal.into(),
            CommandRefusal::Question(errors) => {
                Self::invalid(errors.iter().map(question_error).collect())
            }
            CommandRefusal::EchoDiffers {
                field,
                ref sent,
                ref on_table,
            } => {
                let error = FieldError::new(field, "echo_differs", refusal.to_string())
                    .with("sent", sent.clone())
                    .with("onTable", on_table.clone());
                Self::invalid(vec![error])
            }
            CommandRefusal::TooManySessions { open, max } => {
                Self::conflict("too_many_sessions", refusal.to_string())
                    .with("open", open)
                    .with("max", max)
            }
            CommandRefusal::Quota(ref quota) => {
                Self::conflict("quota_exceeded", refusal.to_string())
                    .with("quota", quota.quota)
                    .with("limit", quota.limit)
                    .with("wouldBe", quota.would_be)
            }
            CommandRefusal::Account(refusal) => refusal.into(),
            CommandRefusal::Policy(ref error) => Self::invalid(vec![FieldError::new(
                "policy",
                "bad_policy",
                error.to_string(),
            )]),
            CommandRefusal::Reservation(refusal) => refusal.into(),
            CommandRefusal::Instance(refusal) => refusal.into(),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            Refusal::NotAllowed { status } => Self::conflict("not_allowed_in_state", detail)
                .with("state", status.as_str())
                .with("allowed", status.allowed()),
            Refusal::UnknownOffer { offer_id, on_table } => {
                let on_table: Vec<u32> = on_table.into_iter().map(|id| id.0).collect();
                let error = FieldError::new("offer", "unknown_offer", detail)
                    .with("offer", offer_id.0)
                    .with("onTable", on_table);
                Self::invalid(vec![error])
            }
            Refusal::RoundsExhausted { rounds_max } => {
                Self::conflict("rounds_exhausted", detail).with("roundsMax", rounds_max)
            }
            Refusal::ChangesExhausted { changes_max } => {
                Self::conflict("changes_exhausted", detail).with("changesMax", changes_max)
            }
            Refusal::OptionsExceeded { asked, granted } => {
                Self::conflict("options_exceeded", detail)
                    .with("asked", asked)
                    .with("granted", granted)
            }
            Refusal::OptionsShort {
                asked,
                held,
                shortage,
            } => Self::conflict("options_short", detail)
                .with("asked", asked)
                .with("guaranteed", held)
                .with("placeable", held.saturating_add(shortage.placeable)),
            Refusal::ChangeOver { .. } => Self::conflict("change_over", detail),
            Refusal::ChangePending => Self::conflict("change_pending", detail),
            Refusal::Price(_) => Self::conflict("price_overflow", detail),
            Refusal::TooEarly { starts_at, now } => Self::conflict("too_early", detail)
                .with("state", "CONFIRMED")
                .with("allowed", vec!["DELETE"])
                .with("startTime", starts_at.to_rfc1123())
                .with("now", now.to_rfc3339()),
            Refusal::TooLate { ends_at, now } => Self::conflict("too_late", detail)
                .with("state", "CONFIRMED")
                .with("allowed", vec!["DELETE"])
                .with("endTime", ends_at.to_rfc1123())
                .with("now", now.to_rfc3339()),
        }
    }
}

impl From<AccountRefusal> for Problem {
    fn from(refusal: AccountRefusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            AccountRefusal::InsufficientCredits { needed, balance } => {
                Self::conflict("insufficient_credits", detail)
                    .with("needed", needed.to_string())
                    .with("balance", balance.to_string())
            }
            AccountRefusal::TooMany { amount, granted } => {
                let error = FieldError::new("amount", "too_many_credits", detail)
                    .with("amount", amount.to_string())
                    .with("granted", granted.to_string());
                Self::invalid(vec![error])
            }
        }
    }
}

impl From<InstanceRefusal> for Problem {
    fn from(refusal: InstanceRefusal) -> Self {
        let (state, allowed) = match refusal {
            InstanceRefusal::BeingRemoved => ("GONE", vec!["DELETE"]),
            InstanceRefusal::NotRunning => ("HALTED", vec!["start", "stop", "DELETE"]),
        };
        Self::conflict("not_allowed_in_state", refusal.to_string())
            .with("state", state)
            .with("allowed", allowed)
    }
}

fn question_error(error: &QuestionError) -> FieldError {
    let field = FieldError::new(error.field(), error.code(), error.to_string());
    match error {
        QuestionError::Terms { field, error } => FieldError {
            field,
            ..terms_error(error)
        },
        QuestionError::RangeReversed { from, to } => field
            .with("from", from.to_rfc1123())
            .with("to", to.to_rfc1123()),
        QuestionError::StepOutOfRange {
            asked_ms,
            min_ms,
            max_ms,
        } => field
            .with("asked", *asked_ms)
            .with("min", *min_ms)
            .with("max", *max_ms),
        QuestionError::TooManySteps { steps, max } => field.with("steps", *steps).with("max", *max),
        QuestionError::TooManyNodeSteps { nodes, steps, max } => field
            .with("nodes", *nodes)
            .with("steps", *steps)
            .with("max", *max),
        QuestionError::LimitOutOfRange { asked, max } => {
            field.with("asked", *asked).with("min", 1).with("max", *max)
        }
    }
}

fn terms_error(error: &TermsError) -> FieldError {
    let field = FieldError::new(error.field(), error.code(), error.to_string());
    match error {
        TermsError::UnknownType { asked, known } | TermsError::UnknownTemplate { asked, known } => {
            field
                .with("asked", asked.clone())
                .with("known", json!(known))
        }
        TermsError::InstancesFixedOutOfRange { asked, max } => {
            field.with("asked", *asked).with("min", 1).with("max", *max)
        }
        TermsError::InstancesOptionOutOfRange { asked, max } => {
            field.with("asked", *asked).with("min", 0).with("max", *max)
        }
        TermsError::DurationOutOfRange {
            asked_ms,
            min_ms,
            max_ms,
        } => field
            .with("asked", *asked_ms)
            .with("min", *min_ms)
            .with("max", *max_ms),
        TermsError::StartInThePast {
            asked,
            now,
            grace_secs,
        } => field
            .with("asked", asked.to_rfc1123())
            .with("now", now.to_rfc3339())
            .with("graceSecs", *grace_secs),
        TermsError::StartPastHorizon { asked, horizon } => field
            .with("asked", asked.to_rfc1123())
            .with("horizon", horizon.to_rfc3339()),
        TermsError::EndInThePast { asked, now } => field
            .with("end", asked.to_rfc1123())
            .with("now", now.to_rfc3339()),
        TermsError::FixedWhileRunning { asked, agreed, .. } => field
            .with("asked", asked.clone())
            .with("agreed", agreed.clone()),
        TermsError::EarliestStartAfterStart { earliest, start } => field
            .with("earliestStart", earliest.to_rfc1123())
            .with("startTime", start.to_rfc1123()),
        TermsError::LatestEndBeforeEnd { latest, end } => field
            .with("latestEnd", latest.to_rfc1123())
            .with("endTime", end.to_rfc1123()),
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::BadCursor => {
                Self::malformed("bad_parameter", error.to_string()).with("parameter", "cursor")
            }
            ReadError::TooManyRows { max } => Self::invalid(vec![
                FieldError::new("to", "too_many_rows", error.to_string()).with("max", max),
            ]),
            ReadError::TooManyNodeSteps { nodes, steps, max } => Self::invalid(vec![
                FieldError::new("step", "too_many_node_steps", error.to_string())
                    .with("nodes", nodes)
                    .with("steps", steps)
                    .with("max", max),
            ]),
            ReadError::Unavailable(ref source) => {
                tracing::error!(%error, %source, "a read failed");
                Self::unavailable("views_unavailable", error.to_string())
            }
        }
    }
}

impl From<LedgerError> for Problem {
    fn from(error: LedgerError) -> Self {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "the ledger failed a request"
        );
        Self::unavailable("ledger_unavailable", "the ledger cannot be read or written")
    }
}

/// A new password in `field` is too short or too long.
#[must_use]
pub fn password_length(field: &'static str, bytes: usize) -> FieldError {
    let detail = AccountError::PasswordLength { bytes }.to_string();
    FieldError::new(field, "password_length", detail)
        .with("bytes", bytes)
        .with("min", PASSWORD_BYTES_MIN)
        .with("max", PASSWORD_BYTES_MAX)
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        let detail = error.to_string();
        match error {
            AccountError::UsernameLength { characters } => Self::invalid(vec![
                FieldError::new("username", "username_length", detail)
                    .with("characters", characters)
                    .with("min", 1)
                    .with("max", USERNAME_CHARS_MAX),
            ]),
            AccountError::UsernameCharacter { character } => Self::invalid(vec![
                FieldError::new("username", "username_character", detail)
                    .with("character", character.to_string()),
            ]),
            AccountError::UsernameTaken => Self::conflict("username_taken", detail),
            AccountError::PasswordLength { bytes } => {
                Self::invalid(vec![password_length("password", bytes)])
            }
            AccountError::TokenNameLength { characters } => Self::invalid(vec![
                FieldError::new("name", "token_name_length", detail)
                    .with("characters", characters)
                    .with("min", 1)
                    .with("max", TOKEN_NAME_CHARS_MAX),
            ]),
            AccountError::TokenNameCharacter => Self::invalid(vec![FieldError::new(
                "name",
                "token_name_character",
                detail,
            )]),
            AccountError::TooManyTokens => {
                Self::conflict("too_many_tokens", detail).with("max", TOKENS_MAX)
            }
            AccountError::Busy => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "log_ins_busy", detail).retry_after(1)
            }
            AccountError::Unavailable(_) => {
                tracing::error!(error = &error as &dyn std::error::Error, "accounts failed");
                Self::unavailable("accounts_unavailable", detail)
            }
            AccountError::Hashing { .. }
            | AccountError::Unreadable { .. }
            | AccountError::UnreadableToken { .. } => {
                tracing::error!(error = &error as &dyn std::error::Error, "accounts failed");
                Self::internal()
            }
        }
    }
}
