//! Writes the views: page after page from the checkpoint, or all of them anew.
//!
//! Whoever holds it is the only writer of this process. Another process on the same PostgreSQL database
//! may write too: the checkpoint tells, and whoever comes second begins again from where it is.

use crate::checkpoint::{Checkpoint, VIEWS_VERSION};
use crate::error::ViewsError;
use crate::page;
use crate::runner::PAGE_EVENTS;
use crate::source::{EventSource, SourceEvent};
use crate::views::Inner;

/// How many events of a rebuild are logged as one step.
const REBUILD_LOG_EVENTS: u64 = 100_000;

/// Most pages written in one turn; then whoever waits for the projector, as a rebuild does, has it.
const PAGES_A_TURN: usize = 64;

/// How far this process has brought the views.
#[derive(Debug, Default)]
pub(crate) struct Projector {
    /// The checkpoint, once it is known to be of this ledger.
    verified: Option<u64>,
}

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The views have met the end of the ledger.
    Level,
    /// There may be more.
    Behind,
}

/// What a stored checkpoint says of the views.
enum Finding {
    /// They are of this ledger up to here.
    Good(u64),
    /// There are none yet.
    Missing,
    /// They are not, and why.
    Rebuild(&'static str),
}

impl Projector {
    /// Brings the views on towards the end of the ledger, `page_events` a transaction.
    pub(crate) async fn catch_up<S: EventSource>(
        &mut self,
        inner: &Inner,
        source: &S,
        page_events: usize,
    ) -> Result<Turn, ViewsError> {
        let outcome = self.catch_up_from_checkpoint(inner, source, page_events);
        match outcome.await {
            Err(error) if error.means_damage() => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a view is damaged"
                );
                self.hide(inner);
                self.rebuild(inner, source).await.map(|_| Turn::Behind)
            }
            Err(error) => {
                // What is in the database is not known for sure: look before going on.
                self.verified = None;
                Err(error)
            }
            Ok(turn) => Ok(turn),
        }
    }

    async fn catch_up_from_checkpoint<S: EventSource>(
        &mut self,
        inner: &Inner,
        source: &S,
        page_events: usize,
    ) -> Result<Turn, ViewsError> {
        let mut position = match self.verified {
            Some(position) => position,
            None => self.verify(inner, source).await?,
        };
        let mut events = read(source, position, page_events).await?;
        for page in 1..=PAGES_A_TURN {
            let Some(last) = events.last().map(|event| event.position) else {
                return Ok(Turn::Level);
            };
            let is_last = events.len() < page_events;
            // The next page is read while this one is written.
            let next = async {
                if is_last || page == PAGES_A_TURN {
                    return Ok(Vec::new());
                }
                read(source, last, page_events).await
            };
            let (written, next) = tokio::join!(write(inner, position, &events), next);
            written?;
            position = last;
            self.publish(inner, position);
            if is_last {
                return Ok(Turn::Level);
            }
            events = next?;
        }
        Ok(Turn::Behind)
    }

    /// Looks whether the views are of this ledger and of this program; rebuilds them where not.
    async fn verify<S: EventSource>(
        &mut self,
        inner: &Inner,
        source: &S,
    ) -> Result<u64, ViewsError> {
        match examine(inner, source).await? {
            Finding::Good(position) => {
                self.publish(inner, position);
                return Ok(position);
            }
            Finding::Missing => {}
            Finding::Rebuild(why) => tracing::warn!(why, "the views are folded anew"),
        }
        self.hide(inner);
        self.rebuild(inner, source).await
    }

    /// Folds the whole ledger anew in one transaction.
    pub(crate) async fn rebuild<S: EventSource>(
        &mut self,
        inner: &Inner,
        source: &S,
    ) -> Result<u64, ViewsError> {
        self.verified = None;
        let mut tx = inner.store.begin().await?;
        Checkpoint::reset(&mut tx).await?;
        page::clear(&mut tx).await?;
        let (mut position, mut logged) = (0, 0);
        let mut events = read(source, position, PAGE_EVENTS).await?;
        while let Some(last) = events.last() {
            page::write(&mut tx, &events).await?;
            Checkpoint::advance(&mut tx, position, last).await?;
            position = last.position;
            if position - logged >= REBUILD_LOG_EVENTS {
                logged = position;
                tracing::info!(position, "folding the views");
            }
            if events.len() < PAGE_EVENTS {
                break;
            }
            events = read(source, position, PAGE_EVENTS).await?;
        }
        tx.commit().await?;
        self.publish(inner, position);
        inner.store.shrink_log().await?;
        tracing::info!(position, "the views are folded");
        Ok(position)
    }

    fn publish(&mut self, inner: &Inner, position: u64) {
        self.verified = Some(position);
        inner.reached.send_replace(Some(position));
    }

    fn hide(&mut self, inner: &Inner) {
        self.verified = None;
        inner.reached.send_replace(None);
    }
}

/// Compares the checkpoint with the event that the ledger has there.
async fn examine<S: EventSource>(inner: &Inner, source: &S) -> Result<Finding, ViewsError> {
    let Some(found) = Checkpoint::load(&inner.store).await? else {
        return Ok(Finding::Missing);
    };
    if found.version > VIEWS_VERSION {
        // Rebuilding would only make the newer program rebuild in its turn.
        let (stored, ours) = (found.version, VIEWS_VERSION);
        inner.reached.send_replace(None);
        return Err(ViewsError::NewerVersion { stored, ours });
    }
    if found.version < VIEWS_VERSION {
        return Ok(Finding::Rebuild("they are of an older version"));
    }
    let Some(before) = found.position.checked_sub(1) else {
        return Ok(match found.mark.as_str() {
            "" => Finding::Good(0),
            _ => Finding::Rebuild("their checkpoint is damaged"),
        });
    };
    Ok(match read(source, before, 1).await?.first() {
        None => Finding::Rebuild("they are ahead of the ledger"),
        Some(event) if event.mark() != found.mark => Finding::Rebuild("they are of another ledger"),
        Some(_) => Finding::Good(found.position),
    })
}

/// Reads a page that goes on right after `position`.
async fn read<S: EventSource>(
    source: &S,
    position: u64,
    limit: usize,
) -> Result<Vec<SourceEvent>, ViewsError> {
    let events = source.read_after(position, limit).await;
    let mut events = events.map_err(|source| ViewsError::Source {
        after: position,
        source,
    })?;
    // What a source gives beyond the limit is read again with the next page.
    events.truncate(limit);
    page::check_gapless(position, &events)?;
    Ok(events)
}

/// Writes a page and moves the checkpoint behind it, both or neither.
async fn write(inner: &Inner, position: u64, events: &[SourceEvent]) -> Result<(), ViewsError> {
    let Some(last) = events.last() else {
        return Ok(());
    };
    let mut tx = inner.store.begin().await?;
    Checkpoint::advance(&mut tx, position, last).await?;
    page::write(&mut tx, events).await?;
    tx.commit().await
}
