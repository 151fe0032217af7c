//! Folding the ledger into the live state, from the newest snapshot that fits.

use openpex_aggregates::live::{Fact, Live, LiveSnapshot};
use openpex_projections::SourceEvent;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::ledger::{FactText, Head, Ledger, LedgerError, PAGE_EVENTS, Snapshot};

/// The form of a snapshot; one of another form is passed over.
const SNAPSHOT_FORM: u32 = 1;

/// So many pages may wait to be folded; who reads then waits.
const PAGES_AHEAD: usize = 1;

/// A snapshot's body.
#[derive(Serialize, Deserialize)]
struct Kept {
    form: u32,
    live: LiveSnapshot,
}

/// The live state at the ledger's head.
pub struct Folded {
    /// The state.
    pub live: Live,
    /// The head it was folded to.
    pub head: Head,
    /// How many events came after the snapshot.
    pub tail: u64,
}

/// Reads what an event of the ledger says.
///
/// # Errors
/// In words, when it says nothing this program knows.
pub fn stored_fact(text: FactText<'_>) -> Result<Fact, String> {
    Fact::from_stored(
        text.aggregate_type,
        text.aggregate_id,
        text.event_type,
        text.event_version,
        text.payload,
    )
    .map_err(|error| {
        anyhow::Error::new(error)
            .chain()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(": ")
    })
}

/// Folds the whole ledger, starting at the newest snapshot that fits.
///
/// Events are read beside the fold, so that a second core takes half of the work.
///
/// # Errors
/// When the ledger cannot be read, lacks an event, or holds what does not fold.
pub async fn fold_ledger(ledger: &Ledger) -> Result<Folded, LedgerError> {
    fold_by_pages(ledger, PAGE_EVENTS).await
}

/// As [`fold_ledger`], with so many events to a page.
pub(super) async fn fold_by_pages(
    ledger: &Ledger,
    page_events: u32,
) -> Result<Folded, LedgerError> {
    let snapshot = ledger.newest_snapshot().await?;
    let (mut live, from) = match snapshot.and_then(restore) {
        Some((live, position)) => (live, position),
        None => (Live::new(), 0),
    };
    let (pages_in, mut pages) = mpsc::channel(PAGES_AHEAD);
    // It ends with this future, however that ends.
    let mut reading = JoinSet::new();
    reading.spawn(read_pages(ledger.clone(), from, page_events, pages_in));
    while let Some(page) = pages.recv().await {
        for event in page {
            live.fold(&event.fact, event.sequence, event.recorded_at)
                .map_err(|error| LedgerError::FoldRefused {
                    position: event.position,
                    why: error.to_string(),
                })?;
        }
    }
    let read = reading.join_next().await;
    let read = read.expect("invariant: it was spawned");
    let reached = read.map_err(LedgerError::unavailable)??;
    let head = ledger.head().await?;
    if head.position != reached {
        return Err(LedgerError::CutShort {
            last: reached,
            head: head.position,
        });
    }
    Ok(Folded {
        live,
        head,
        tail: reached - from,
    })
}

/// Sends what the events after `from` say, by the page, and answers with the last position read.
async fn read_pages(
    ledger: Ledger,
    from: u64,
    page_events: u32,
    pages: mpsc::Sender<Vec<SourceEvent>>,
) -> Result<u64, LedgerError> {
    let mut last = from;
    loop {
        let page = read_page(&ledger, last, page_events).await?;
        let is_last = page.len() < page_events as usize;
        last = page.last().map_or(last, |event| event.position);
        // Nobody folds any more: then there is an error already, and this one's end does not matter.
        if pages.send(page).await.is_err() || is_last {
            return Ok(last);
        }
    }
}

/// What up to `limit` events after `position` say, in order and without a gap.
///
/// # Errors
/// As [`EventStore::fold_page`], or where one says nothing this program knows.
///
/// [`EventStore::fold_page`]: crate::ledger::EventStore::fold_page
pub async fn read_page(
    ledger: &Ledger,
    position: u64,
    limit: u32,
) -> Result<Vec<SourceEvent>, LedgerError> {
    let mut page = Vec::new();
    let mut keep = |text: FactText<'_>| {
        page.push(SourceEvent {
            position: text.position,
            recorded_at: text.recorded_at,
            sequence: text.sequence,
            fact: stored_fact(text)?,
        });
        Ok(())
    };
    ledger.fold_page(position, limit, &mut keep).await?;
    Ok(page)
}

/// The state a snapshot kept; one that cannot be read is only a cache that is of no use.
fn restore(snapshot: Snapshot) -> Option<(Live, u64)> {
    let Snapshot { position, body, .. } = snapshot;
    let kept = serde_json::from_slice::<Kept>(&body)
        .ok()
        .filter(|kept| kept.form == SNAPSHOT_FORM);
    // It is as large as what is made of it.
    drop(body);
    let live = kept.and_then(|kept| Live::try_from(kept.live).ok());
    if live.is_none() {
        tracing::warn!(position, "a snapshot of another form is passed over");
    }
    live.map(|live| (live, position))
}

/// Keeps the live state at `head` for the next start. Failing to is no failure: it is a cache.
pub async fn save_snapshot(ledger: &Ledger, live: LiveSnapshot, head: Head) {
    let form = SNAPSHOT_FORM;
    // A large state takes long to write down; requests are not to wait for a thread meanwhile.
    let body = tokio::task::spawn_blocking(move || {
        serde_json::to_vec(&Kept { form, live })
            .expect("invariant: states have string keys and no floats")
    });
    let Ok(body) = body.await else { return };
    let snapshot = Snapshot {
        position: head.position,
        hash: head.hash,
        body,
        created_at: head.recorded_at,
    };
    if let Err(error) = ledger.save_snapshot(&snapshot).await {
        tracing::warn!(position = head.position, %error, "the snapshot was not kept");
    }
}
