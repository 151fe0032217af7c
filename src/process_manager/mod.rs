//! The process manager (the paper's Event Queue): time becomes commands, intents become effects.
//!
//! Owns nothing durable. The timed commands live in the writer's state and are decided there; this
//! only wakes the writer when one is due. Intents come from the writer once they are durable, are
//! handed to the dispatcher, and their outcome goes back to the writer. It never decides anything
//! and never appends.
//!
//! # Design notes
//!
//! An effect that is being carried out is known by `(instance, effect, attempt)`; after the writer
//! has folded the ledger again it hands out every intent once more, and those are not begun twice.
//! A process that dies here loses nothing: the next one finds the intents in the ledger, and the
//! dispatcher looks before it acts.

mod places;
mod settle;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use openpex_aggregates::InstanceId;
use openpex_aggregates::instance::{EffectOutcome, FailedAttempt};
use openpex_aggregates::live::{Command, OutstandingEffect};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use settle::settle;

use self::places::Places;
use crate::clock::Clock;
use crate::dispatcher::{Dispatcher, EffectOrder};
use crate::writer::{Effects, WriteError, WriteRequest, WriterHandle};

/// How long one try of an effect may take before its outcome counts as unknown.
const EFFECT_TIMEOUT: Duration = Duration::from_secs(1_800);

/// How long to wait before an outcome is offered to the writer again.
const OUTCOME_RETRY: Duration = Duration::from_millis(200);

/// How long the writer may leave a wake-up unanswered before it is woken again.
const WAKE_AGAIN: Duration = Duration::from_secs(1);

/// Which try of which effect.
type Try = (InstanceId, u64, u32);

/// Wakes the writer whenever a timed command is due, until `stop`.
pub async fn keep_time(writer: WriterHandle, clock: Arc<dyn Clock>, stop: CancellationToken) {
    let mut next_due = writer.next_due();
    loop {
        let due = *next_due.borrow_and_update();
        let wait = async {
            match due {
                Some(at) => clock.sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            changed = next_due.changed() => {
                if changed.is_err() {
                    return;
                }
            }
            () = wait => {
                writer.wake().await;
                // The writer tells the next time once it has dealt with this one.
                tokio::select! {
                    () = stop.cancelled() => return,
                    changed = next_due.changed() => {
                        if changed.is_err() {
                            return;
                        }
                    }
                    // A clock that was set back may have woken the writer too early.
                    () = tokio::time::sleep(WAKE_AGAIN) => {}
                }
            }
        }
    }
}

/// Carries out effects as the writer lets them go, until `stop`.
pub async fn carry_out_effects(
    mut effects: Effects,
    writer: WriterHandle,
    dispatcher: Arc<dyn Dispatcher>,
    tasks: TaskTracker,
    stop: CancellationToken,
) {
    let crew = Crew {
        writer,
        dispatcher,
        places: Places::new(),
        begun: Arc::default(),
        stop: stop.clone(),
    };
    loop {
        let released = tokio::select! {
            () = stop.cancelled() => return,
            released = effects.recv() => released,
        };
        let Some(released) = released else { return };
        for effect in released {
            let this = (effect.spec.instance_id, effect.effect_id, effect.attempt);
            if crew.begin(this) {
                let crew = crew.clone();
                tasks.spawn(async move { crew.carry_out(effect, this).await });
            }
        }
    }
}

#[derive(Clone)]
struct Crew {
    writer: WriterHandle,
    dispatcher: Arc<dyn Dispatcher>,
    places: Places,
    begun: Arc<Mutex<HashSet<Try>>>,
    stop: CancellationToken,
}

impl Crew {
    fn begin(&self, this: Try) -> bool {
        self.begun
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(this)
    }

    fn end(&self, this: Try) {
        self.begun
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&this);
    }

    async fn carry_out(&self, effect: OutstandingEffect, this: Try) {
        let _place = tokio::select! {
            () = self.stop.cancelled() => return,
            place = self.places.take(&effect.spec.node) => place,
        };
        let OutstandingEffect {
            effect_id,
            attempt,
            effect,
            spec,
        } = effect;
        let instance_id = spec.instance_id;
        let order = EffectOrder {
            effect,
            spec,
            effect_id,
        };
        let tried = tokio::time::timeout(EFFECT_TIMEOUT, self.dispatcher.carry_out(&order));
        let result = match tried.await {
            Ok(Ok(observation)) => Ok(observation),
            Ok(Err(failed)) => {
                tracing::warn!(instance = %instance_id, effect = ?effect, attempt, code = failed.code, "an effect failed");
                Err(FailedAttempt {
                    code: failed.code,
                    message: failed.message,
                })
            }
            Err(_) => Err(FailedAttempt {
                code: "TIMED_OUT".to_owned(),
                message: format!("no outcome within {} s", EFFECT_TIMEOUT.as_secs()),
            }),
        };
        let outcome = EffectOutcome {
            effect_id,
            attempt,
            result,
        };
        self.report(instance_id, outcome).await;
        self.end(this);
    }

    /// Offers an outcome to the writer until it is durable; a repeat is no second event.
    async fn report(&self, instance_id: InstanceId, outcome: EffectOutcome) {
        loop {
            let command = Command::RecordOutcome {
                instance_id,
                outcome: outcome.clone(),
            };
            match self.writer.submit(WriteRequest::by_service(command)).await {
                Ok(_) | Err(WriteError::Stopping | WriteError::Fenced) => return,
                Err(error) => {
                    tracing::warn!(instance = %instance_id, %error, "an outcome is not recorded yet");
                    tokio::select! {
                        () = self.stop.cancelled() => return,
                        () = tokio::time::sleep(OUTCOME_RETRY) => {}
                    }
                }
            }
        }
    }
}
