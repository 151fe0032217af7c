//! The views as the rest of the service sees them: open, wait, query.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, watch};

use crate::accounts::Accounts;
use crate::error::ViewsError;
use crate::instances::Instances;
use crate::nodes::Nodes;
use crate::over_time::Bookings;
use crate::owners::Owners;
use crate::policy::SitePolicy;
use crate::projector::Projector;
use crate::reservations::Reservations;
use crate::series::SeriesViews;
use crate::source::EventSource;
use crate::standing_requests::StandingRequests;
use crate::statistics::Statistics;
use crate::store::{Location, Row, Statement, Store};

/// All views of one ledger; clones share them.
#[derive(Clone)]
pub struct Views {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) store: Store,
    /// How far the views have got; `None` while they may not be shown.
    pub(crate) reached: watch::Sender<Option<u64>>,
    /// The highest position that a reader has waited for.
    pub(crate) asked_for: watch::Sender<u64>,
    /// Whoever writes holds it.
    pub(crate) projector: Mutex<Projector>,
}

impl Views {
    /// Opens the views of the ledger with this `--database-url`: in PostgreSQL in the schema `views` of
    /// the same database, in SQLite in the file `views.db` beside the ledger's. Makes them where there
    /// are none.
    ///
    /// Queries say [`ViewsError::NotReady`] until a [`crate::Runner`] has seen that they are of this
    /// ledger.
    ///
    /// # Errors
    /// [`ViewsError::BadUrl`], [`ViewsError::Migration`], or the store's.
    pub async fn open(ledger_url: &str) -> Result<Self, ViewsError> {
        let store = Store::open(Location::beside_ledger(ledger_url)?).await?;
        let inner = Inner {
            store,
            reached: watch::Sender::new(None),
            asked_for: watch::Sender::new(0),
            projector: Mutex::default(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The last event that is in the views; `None` while they may not be shown.
    #[must_use]
    pub fn reached(&self) -> Option<u64> {
        *self.inner.reached.borrow()
    }

    /// Tells of every change of [`Self::reached`].
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Option<u64>> {
        self.inner.reached.subscribe()
    }

    /// Waits until the event at `position` is in the views, so that a caller sees its own write; at
    /// most `patience`. Answers whether it is.
    pub async fn wait_for(&self, position: u64, patience: Duration) -> bool {
        let mut reached = self.inner.reached.subscribe();
        self.inner.asked_for.send_if_modified(|highest| {
            let higher = position > *highest;
            *highest = position.max(*highest);
            higher
        });
        let there = reached.wait_for(|reached| reached.is_some_and(|at| at >= position));
        tokio::time::timeout(patience, there)
            .await
            .is_ok_and(|seen| seen.is_ok())
    }

    /// Folds the whole ledger anew, in one transaction: readers see the views as they were, then as
    /// they are. Answers with the last position.
    ///
    /// Waits for its turn where a runner is writing. It reads on until it has met the end of the ledger.
    ///
    /// # Errors
    /// Where the ledger or the store fails, or the ledger itself has a hole. Nothing has changed then.
    pub async fn rebuild<S: EventSource>(&self, source: &S) -> Result<u64, ViewsError> {
        let mut projector = self.inner.projector.lock().await;
        projector.rebuild(&self.inner, source).await
    }

    /// Queries of the reservations.
    #[must_use]
    pub const fn reservations(&self) -> Reservations<'_> {
        Reservations(self)
    }

    /// Queries of the instances.
    #[must_use]
    pub const fn instances(&self) -> Instances<'_> {
        Instances(self)
    }

    /// Queries of the nodes.
    #[must_use]
    pub const fn nodes(&self) -> Nodes<'_> {
        Nodes(self)
    }

    /// Queries of the accounts.
    #[must_use]
    pub const fn accounts(&self) -> Accounts<'_> {
        Accounts(self)
    }

    /// Queries of the series.
    #[must_use]
    pub const fn series(&self) -> SeriesViews<'_> {
        SeriesViews(self)
    }

    /// Queries of the standing requests.
    #[must_use]
    pub const fn standing_requests(&self) -> StandingRequests<'_> {
        StandingRequests(self)
    }

    /// Queries of whose things are.
    #[must_use]
    pub const fn owners(&self) -> Owners<'_> {
        Owners(self)
    }

    /// Queries of the bookings.
    #[must_use]
    pub const fn bookings(&self) -> Bookings<'_> {
        Bookings(self)
    }

    /// Sums over time.
    #[must_use]
    pub const fn statistics(&self) -> Statistics<'_> {
        Statistics(self)
    }

    /// Queries of the policy in force.
    #[must_use]
    pub const fn policy(&self) -> SitePolicy<'_> {
        SitePolicy(self)
    }

    /// Closes all connections, after those who have one.
    pub async fn close(&self) {
        self.inner.store.close().await;
    }

    /// Reads rows, if the views may be shown.
    pub(crate) async fn fetch<T: Row>(&self, statement: &Statement) -> Result<Vec<T>, ViewsError> {
        if self.reached().is_none() {
            return Err(ViewsError::NotReady);
        }
        self.inner.store.fetch(statement).await
    }
}
