//! A batch: decided commands whose events become durable together.

use openpex_aggregates::Timestamp;
use openpex_aggregates::instance::InstanceEvent;
use openpex_aggregates::live::{Answer, Fact, NewFact};
use openpex_projections::SourceEvent;
use tokio::sync::oneshot;

use super::request::{Committed, WriteError, WriteRequest};
use crate::ledger::{IdempotencyRecord, NewEvent};

/// Who waits for a command's outcome.
pub type Waiting = oneshot::Sender<Result<Committed, WriteError>>;

/// Who said it, and in which request: a flat object from string to string.
#[derive(serde::Serialize)]
struct Metadata<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<&'a str>,
    sender: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
}

/// Decided, not yet durable.
#[derive(Default)]
pub struct Batch {
    /// What happened, in order.
    pub events: Vec<NewEvent>,
    /// The same as facts.
    facts: Vec<Fact>,
    /// The answers that are kept under a key.
    pub answers: Vec<IdempotencyRecord>,
    /// Who is told what once the events are durable.
    pub outcomes: Vec<(Waiting, Result<Committed, WriteError>)>,
    /// Instances for which an effect was intended.
    pub intents: Vec<openpex_aggregates::InstanceId>,
}

impl Batch {
    /// Whether nothing was decided.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.outcomes.is_empty()
    }

    /// Adds the facts of one decision.
    pub fn add_facts(&mut self, facts: Vec<NewFact>, at: Timestamp, by: &WriteRequest) {
        for NewFact {
            fact,
            sequence,
            sender,
        } in facts
        {
            let metadata = Metadata {
                request: by.request_id.as_deref(),
                sender: sender.as_str(),
                user: by.actor.map(|actor| actor.user_id.to_string()),
            };
            self.note_effect(&fact);
            self.events.push(NewEvent {
                aggregate_type: fact.aggregate_type(),
                aggregate_id: fact.aggregate_id(),
                sequence,
                event_type: fact.event_type(),
                event_version: fact.event_version(),
                payload: fact.payload(),
                metadata: to_json(&metadata),
                recorded_at: at,
            });
            self.facts.push(fact);
        }
    }

    /// Takes the facts out, as they are in the ledger once its newest event is at `head`.
    pub fn take_facts(&mut self, head: u64) -> Vec<SourceEvent> {
        let count = u64::try_from(self.facts.len()).unwrap_or(u64::MAX);
        let facts = std::mem::take(&mut self.facts).into_iter();
        (head.saturating_sub(count) + 1..)
            .zip(facts.zip(&self.events))
            .map(|(position, (fact, event))| SourceEvent {
                position,
                recorded_at: event.recorded_at,
                sequence: event.sequence,
                fact,
            })
            .collect()
    }

    fn note_effect(&mut self, fact: &Fact) {
        let Fact::Instance(id, event) = fact else {
            return;
        };
        if let InstanceEvent::EffectIntended { .. } = event {
            self.intents.push(*id);
        }
        if let InstanceEvent::EffectStuck {
            effect,
            attempts,
            code,
            ..
        } = event
        {
            let alert = "an effect is stuck: an operator has to look, and then to revive it";
            tracing::error!(instance = %id, ?effect, attempts, code, alert);
        }
    }

    /// Keeps an answer under the request's key, if it has one.
    pub fn keep_answer(&mut self, by: &WriteRequest, committed: &Committed, at: Timestamp) {
        if let Some(key) = &by.idempotency {
            self.answers.push(IdempotencyRecord {
                user_id: key.user_id,
                key: key.key.clone(),
                fingerprint: key.fingerprint,
                answer: to_json::<Answer>(&committed.answer),
                position: committed.position,
                created_at: at,
            });
        }
    }

    /// Tells everyone that this batch did not become durable.
    pub fn fail(self, error: &WriteError) {
        for (waiting, _) in self.outcomes {
            // A caller that went away misses nothing.
            let _ = waiting.send(Err(error.clone()));
        }
    }
}

fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("invariant: answers have string keys and no floats")
}
