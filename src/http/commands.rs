//! Takes a client's command to the writer, once for each idempotency key.
//!
//! Owns the order of the steps: hold the key, look whether it was answered, submit, and where the
//! writer no longer has what the command is about, decide on what has ended. A client that hangs up
//! cancels nothing: what the writer was sent it decides, and what has to be kept under a key runs in a
//! task of its own.

use openpex_aggregates::UserId;
use openpex_aggregates::live::{Answer, CommandRefusal};

use super::ended;
use super::limits::RETRY_AFTER_SECS;
use super::problem::{FieldError, Problem};
use super::state::AppState;
use crate::ledger::{IdempotencyRecord, LedgerError};
use crate::writer::{Committed, IdempotencyKey, WriteError, WriteRequest};

/// Carries out a command and answers with what is durable.
///
/// # Errors
/// Every way in which it can be refused or fail; nothing is kept then.
pub async fn carry_out(app: &AppState, request: WriteRequest) -> Result<Committed, Problem> {
    if request.idempotency.is_none() {
        // The writer goes on with what it was sent, and nothing else is left to do.
        return take_and_note(app, request).await;
    }
    let shared = app.clone();
    run_to_its_end(app, async move { take_and_note(&shared, request).await }).await
}

async fn take_and_note(app: &AppState, request: WriteRequest) -> Result<Committed, Problem> {
    let user_id = request.actor.map_or(UserId(0), |actor| actor.user_id);
    let committed = take(app, request).await?;
    app.own_writes().note(user_id, committed.position);
    Ok(committed)
}

/// Runs `work` in a task that goes on when nobody waits for it any more.
///
/// # Errors
/// Its own, and 500 where it panics.
pub async fn run_to_its_end<T: Send + 'static>(
    app: &AppState,
    work: impl Future<Output = Result<T, Problem>> + Send + 'static,
) -> Result<T, Problem> {
    app.tasks.spawn(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "the task of a request ended early");
        Err(Problem::internal())
    })
}

async fn take(app: &AppState, request: WriteRequest) -> Result<Committed, Problem> {
    let _held = match &request.idempotency {
        None => None,
        Some(key) => {
            let held = app.locks().hold(key.user_id, &key.key).await;
            if let Some(kept) = find_kept(app, key).await? {
                return answer_again(&kept);
            }
            Some(held)
        }
    };
    match app.commands.submit(request.clone()).await {
        Ok(committed) => Ok(committed),
        Err(WriteError::Refused(CommandRefusal::NotFound(what))) => {
            let committed = ended::decide(app, &request)
                .await?
                .ok_or_else(|| Problem::not_found(what))?;
            if let Some(key) = &request.idempotency {
                let answer = serde_json::to_string(&committed.answer)
                    .expect("invariant: answers have string keys and no floats");
                keep(app, key, answer, committed.position).await?;
            }
            Ok(committed)
        }
        Err(error) => Err(error.into()),
    }
}

/// What was answered under this key; an error where it was asked with other content.
///
/// # Errors
/// 422 where the key was used for something else, 503 where that cannot be looked up.
pub async fn find_kept(
    app: &AppState,
    key: &IdempotencyKey,
) -> Result<Option<IdempotencyRecord>, Problem> {
    let kept = app.ledger.find_idempotent(key.user_id, &key.key).await?;
    match kept {
        Some(kept) if kept.fingerprint != key.fingerprint => Err(key_reused()),
        kept => Ok(kept),
    }
}

/// Keeps an answer that comes without events.
///
/// # Errors
/// 503 where it cannot be kept.
pub async fn keep(
    app: &AppState,
    key: &IdempotencyKey,
    answer: String,
    position: u64,
) -> Result<(), Problem> {
    let record = IdempotencyRecord {
        user_id: key.user_id,
        key: key.key.clone(),
        fingerprint: key.fingerprint,
        answer,
        position,
        created_at: app.clock.now(),
    };
    match app.ledger.keep_idempotent(&record).await {
        // The key is held, so only another process can have used it, in this very moment.
        Err(LedgerError::IdempotencyKeyTaken) => {
            let detail = "another request with this Idempotency-Key is under way";
            Err(Problem::conflict("idempotency_key_in_use", detail).retry_after(RETRY_AFTER_SECS))
        }
        kept => Ok(kept?),
    }
}

/// 422: the key stands for another request.
#[must_use]
pub fn key_reused() -> Problem {
    let detail = "this Idempotency-Key was used for a request with other content";
    let error = FieldError::new("Idempotency-Key", "idempotency_key_reused", detail);
    Problem::invalid(vec![error])
}

fn answer_again(kept: &IdempotencyRecord) -> Result<Committed, Problem> {
    let answer: Answer = serde_json::from_str(&kept.answer).map_err(|error| {
        tracing::error!(%error, position = kept.position, "a kept answer does not read");
        Problem::internal()
    })?;
    Ok(Committed {
        answer,
        position: kept.position,
    })
}

/// 500: the writer answered one command as if it were another.
#[must_use]
pub fn answered_otherwise(position: u64) -> Problem {
    tracing::error!(position, "a command was answered as another one");
    Problem::internal()
}
