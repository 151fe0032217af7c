//! Checks a whole ledger, as an auditor would.
//!
//! Only reads, by the page and by the path of the API, so it may run beside the service. Memory grows with
//! the number of streams, not of events.

mod books;

use std::collections::HashMap;
use std::ops::ControlFlow;

use openpex_aggregates::Timestamp;

pub use books::Imbalance;

use self::books::Books;
use super::chain;
use super::error::LedgerError;
use super::event::{ChainHash, Head, StoredEvent};
use super::rules::PAGE_EVENTS;
use super::store::{EventStore, Fold};

/// What was checked and found in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifyReport {
    /// How many events there are.
    pub events: u64,
    /// How many streams they belong to.
    pub streams: u64,
    /// Hash of the last event, to be compared with one noted earlier elsewhere.
    pub head_hash: ChainHash,
}

/// Why a ledger is not in order.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// An event breaks a rule.
    #[error("position {position}: {rule}")]
    Broken {
        /// The position at which it shows.
        position: u64,
        /// The rule.
        rule: BrokenRule,
    },
    /// The ledger could not be read to its end.
    #[error("the ledger could not be checked to its end")]
    Unreadable(#[from] LedgerError),
}

/// The rule an event breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrokenRule {
    /// Positions are gapless from 1.
    #[error("this event is missing, the next one there is at {found}")]
    PositionMissing {
        /// The next position there is.
        found: u64,
    },
    /// The ledger reaches as far as the answers given on it.
    #[error("the ledger ends here, but an answer was given on position {acknowledged}")]
    EndMissing {
        /// The position an answer names.
        acknowledged: u64,
    },
    /// Each hash is that of the event and the one before it.
    #[error("hash {stored} is stored, but the event and those before it give {computed}")]
    Hash {
        /// What the row says.
        stored: ChainHash,
        /// What its content gives.
        computed: ChainHash,
    },
    /// Sequences are gapless from 1 in each stream.
    #[error("{aggregate_type} {aggregate_id} has sequence {found} where {expected} must come")]
    Sequence {
        /// Type of the stream.
        aggregate_type: String,
        /// Id of the stream.
        aggregate_id: String,
        /// The sequence that must come.
        expected: u64,
        /// The one that does.
        found: u64,
    },
    /// Time never runs backwards.
    #[error("recorded at {found}, before the event ahead of it ({previous})")]
    RecordedAt {
        /// The event ahead of it.
        previous: Timestamp,
        /// This event.
        found: Timestamp,
    },
    /// Metadata is a flat JSON object of strings.
    #[error("its metadata is not a flat object of strings: {why}")]
    Metadata {
        /// What is wrong with it.
        why: String,
    },
    /// Every stream folds.
    #[error("it cannot be folded: {why}")]
    Fold {
        /// What the fold said.
        why: String,
    },
    /// What the reservations say was paid, the accounts have paid, and no credit comes from nowhere.
    #[error("the books do not balance: {0}")]
    Books(#[from] Imbalance),
}

/// Reads every event of `store`, checks all rules and shows each event to `fold`.
///
/// The chain shows any change to an event; an end cut off is only seen against what was noted elsewhere:
/// the answers kept here, or a head hash an auditor keeps.
///
/// # Errors
/// The first rule that is broken, and where.
pub async fn verify(store: &dyn EventStore, fold: Fold<'_>) -> Result<VerifyReport, VerifyError> {
    // Read first: the ledger only grows meanwhile.
    let acknowledged = store.acknowledged_position().await?;
    let mut auditor = Auditor {
        head: Head::EMPTY,
        streams: HashMap::new(),
        books: Books::default(),
    };
    loop {
        let after = auditor.head.position;
        let mut broken = None;
        let mut visit = |event: StoredEvent| match auditor.check(&event, fold) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                broken = Some(error);
                ControlFlow::Break(())
            }
        };
        let shown = store.scan(after, PAGE_EVENTS, &mut visit).await?;
        if let Some((position, rule)) = broken {
            return Err(VerifyError::Broken { position, rule });
        }
        if shown < PAGE_EVENTS {
            break;
        }
    }
    let Auditor {
        head,
        streams,
        books,
    } = auditor;
    if acknowledged > head.position {
        let rule = BrokenRule::EndMissing { acknowledged };
        return Err(VerifyError::Broken {
            position: head.position + 1,
            rule,
        });
    }
    books.close().map_err(|imbalance| VerifyError::Broken {
        position: head.position + 1,
        rule: imbalance.into(),
    })?;
    Ok(VerifyReport {
        events: head.position,
        streams: streams.len() as u64,
        head_hash: head.hash,
    })
}

/// What is known of the events checked so far.
struct Auditor {
    head: Head,
    /// Last sequence of each stream, by type and id.
    streams: HashMap<(String, String), u64>,
    books: Books,
}

impl Auditor {
    fn check(&mut self, event: &StoredEvent, fold: Fold<'_>) -> Result<(), (u64, BrokenRule)> {
        let expected = self.head.position + 1;
        if event.position != expected {
            return Err((
                expected,
                BrokenRule::PositionMissing {
                    found: event.position,
                },
            ));
        }
        let at = |rule| (event.position, rule);
        let computed = chain::hash_of(event, self.head.hash);
        if computed != event.hash {
            return Err(at(BrokenRule::Hash {
                stored: event.hash,
                computed,
            }));
        }
        if event.recorded_at < self.head.recorded_at {
            return Err(at(BrokenRule::RecordedAt {
                previous: self.head.recorded_at,
                found: event.recorded_at,
            }));
        }
        self.check_sequence(event).map_err(at)?;
        serde_json::from_str::<HashMap<String, String>>(&event.metadata).map_err(|error| {
            at(BrokenRule::Metadata {
                why: error.to_string(),
            })
        })?;
        self.books
            .enter(event)
            .map_err(|imbalance| at(imbalance.into()))?;
        fold(event.fact_text()).map_err(|why| at(BrokenRule::Fold { why }))?;
        self.head = Head {
            position: event.position,
            hash: event.hash,
            recorded_at: event.recorded_at,
        };
        Ok(())
    }

    fn check_sequence(&mut self, event: &StoredEvent) -> Result<(), BrokenRule> {
        let stream = (event.aggregate_type.clone(), event.aggregate_id.clone());
        let last = self.streams.entry(stream).or_default();
        if event.sequence != *last + 1 {
            return Err(BrokenRule::Sequence {
                aggregate_type: event.aggregate_type.clone(),
                aggregate_id: event.aggregate_id.clone(),
                expected: *last + 1,
                found: event.sequence,
            });
        }
        *last = event.sequence;
        Ok(())
    }
}
