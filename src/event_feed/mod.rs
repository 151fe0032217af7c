//! The feed of events: what has happened, passed on to whoever listens, once every view shows it.
//!
//! Owns the order and the completeness of what listeners get: every event once, by its position, however
//! far back a listener begins. It never decides who may listen, and nothing waits for a listener.
//!
//! # Design notes
//!
//! One task reads the ledger, once for all listeners, and only while there are some. What it reads goes
//! into a short memory that they share. A listener has nothing but its position: what it needs next is in
//! that memory, or else it reads the ledger by itself. So a listener that is slow or was away needs no
//! room here, and there is no moment between catching up and following at which an event could be lost.

mod owners;
mod published;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use openpex_projections::{Views, ViewsError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use self::owners::OWNERS_MAX;
use self::owners::OwnerCache;
pub use self::published::{
    Audience, PublishedEvent, SENDER_KEY, StreamEvent, aggregate_name, metadata_of,
};
use crate::ledger::{Ledger, LedgerError};

/// Most events that the shared memory holds; a listener further back reads the ledger.
pub const RECENT_EVENTS_MAX: usize = 4_096;
/// Most events that are read from the ledger, or handed to a listener, at once.
pub const PAGE_EVENTS_MAX: u32 = 256;
/// How long to wait after a failed read before the next.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Why a page of events could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The ledger cannot be read.
    #[error("the ledger cannot be read")]
    Ledger(#[from] LedgerError),
    /// The views do not say whose the events are.
    #[error("the views do not say whose the events are")]
    Views(#[from] ViewsError),
    /// The ledger does not go on where the views say that it does.
    #[error("after position {after} the ledger has no event, and the views have reached {reached}")]
    CutShort {
        /// Where it was to go on.
        after: u64,
        /// How far the views are.
        reached: u64,
    },
}

/// The feed of one ledger; clones share it.
#[derive(Clone)]
pub struct EventFeed(Arc<Shared>);

struct Shared {
    ledger: Ledger,
    views: Views,
    owners: OwnerCache,
    recent: Mutex<VecDeque<Arc<PublishedEvent>>>,
    /// Up to where listeners may be told; grows only while there are some.
    published: watch::Sender<u64>,
    listeners: watch::Sender<usize>,
    stop: CancellationToken,
}

impl EventFeed {
    /// Starts the task that reads, on `tasks`; it and all listening end with `stop`.
    #[must_use]
    pub fn start(
        ledger: Ledger,
        views: Views,
        tasks: &TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        let feed = Self(Arc::new(Shared {
            ledger,
            views,
            owners: OwnerCache::default(),
            recent: Mutex::default(),
            published: watch::Sender::new(0),
            listeners: watch::Sender::new(0),
            stop: stop.clone(),
        }));
        let reader = feed.clone();
        tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = reader.read_for_ever() => {}
            }
        });
        feed
    }

    /// How far every view has got; `None` while they may not be shown.
    #[must_use]
    pub fn reached(&self) -> Option<u64> {
        self.0.views.reached()
    }

    /// Is cancelled when the service is told to stop.
    #[must_use]
    pub fn stopped(&self) -> &CancellationToken {
        &self.0.stop
    }

    /// How many listen.
    #[must_use]
    pub fn listeners(&self) -> usize {
        *self.0.listeners.borrow()
    }

    /// Begins to listen.
    #[must_use]
    pub fn listen(&self) -> Listener {
        let published = self.0.published.subscribe();
        self.0.listeners.send_modify(|count| *count += 1);
        Listener {
            feed: self.clone(),
            published,
        }
    }

    async fn read_for_ever(&self) {
        let mut listeners = self.0.listeners.subscribe();
        let mut reached = self.0.views.subscribe();
        loop {
            if listeners.wait_for(|count| *count > 0).await.is_err() {
                return;
            }
            // What came while nobody listened is in the ledger for whom it concerns.
            let head = reached.borrow_and_update().unwrap_or(0);
            self.publish(VecDeque::new(), head);
            while *listeners.borrow_and_update() > 0 {
                let head = reached.borrow_and_update().unwrap_or(0);
                let after = *self.0.published.borrow();
                if head <= after {
                    tokio::select! {
                        _ = reached.changed() => {}
                        _ = listeners.changed() => {}
                    }
                    continue;
                }
                match self.read(after, head).await {
                    Ok(page) => self.publish(page.into(), head),
                    Err(error) => {
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            after,
                            "the feed of events falls behind"
                        );
                        tokio::time::sleep(RETRY_AFTER).await;
                    }
                }
            }
        }
    }

    /// Makes a page known; an empty one says that everything up to `head` is in the ledger only.
    fn publish(&self, page: VecDeque<Arc<PublishedEvent>>, head: u64) {
        let mut recent = self.recent();
        let upto = match page.back() {
            Some(newest) => newest.position,
            None => {
                recent.clear();
                head
            }
        };
        recent.extend(page);
        let too_many = recent.len().saturating_sub(RECENT_EVENTS_MAX);
        recent.drain(..too_many);
        drop(recent);
        self.0.published.send_if_modified(|published| {
            let grows = upto > *published;
            *published = upto.max(*published);
            grows
        });
    }

    /// Some events after `after` and up to `head`, which every view has reached; at least one.
    async fn read(&self, after: u64, head: u64) -> Result<Vec<Arc<PublishedEvent>>, FeedError> {
        let Shared {
            ledger,
            views,
            owners,
            ..
        } = &*self.0;
        let mut events = ledger.read_after(after, PAGE_EVENTS_MAX).await?;
        events.retain(|event| event.position <= head);
        if events.is_empty() {
            let reached = head;
            return Err(FeedError::CutShort { after, reached });
        }
        let owners = owners.of(views, &events).await?;
        let published = events.into_iter().zip(owners);
        Ok(published
            .map(|(event, owner)| Arc::new(PublishedEvent::of(event, owner)))
            .collect())
    }

    /// Events right after `after` from the shared memory; none where they are not there.
    fn recent_after(&self, after: u64) -> Vec<Arc<PublishedEvent>> {
        let recent = self.recent();
        if recent
            .front()
            .is_none_or(|oldest| oldest.position > after + 1)
        {
            return Vec::new();
        }
        let seen = recent.partition_point(|event| event.position <= after);
        let most = usize::try_from(PAGE_EVENTS_MAX).unwrap_or(usize::MAX);
        recent.iter().skip(seen).take(most).cloned().collect()
    }

    fn recent(&self) -> MutexGuard<'_, VecDeque<Arc<PublishedEvent>>> {
        self.0.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who listens; ends with being dropped.
pub struct Listener {
    feed: EventFeed,
    published: watch::Receiver<u64>,
}

impl Listener {
    /// Waits for events after `after`, and answers with some of them: at least one, in order, without a
    /// hole, at most [`PAGE_EVENTS_MAX`]. Dropping the future loses nothing.
    ///
    /// # Errors
    /// Where what is not in the shared memory cannot be read.
    pub async fn next_after(&mut self, after: u64) -> Result<Vec<Arc<PublishedEvent>>, FeedError> {
        let further = self.published.wait_for(|published| *published > after);
        let Ok(head) = further.await.map(|published| *published) else {
            // The feed lives as long as its listeners do.
            return std::future::pending().await;
        };
        let recent = self.feed.recent_after(after);
        if !recent.is_empty() {
            return Ok(recent);
        }
        self.feed.read(after, head).await
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.feed
            .0
            .listeners
            .send_modify(|count| *count = count.saturating_sub(1));
    }
}
