//! What every handler shares.

use std::sync::Arc;

use tokio_util::task::TaskTracker;

use super::events::StreamPlaces;
use super::own_writes::OwnWrites;
use super::ports::{ClockControl, CommandGate, ReadSide, Readiness};
use super::request::{KeyedLocks, Throttle};
use super::site::SiteSettings;
use crate::accounts::Authenticator;
use crate::clock::Clock;
use crate::event_feed::EventFeed;
use crate::ledger::Ledger;

/// What the REST API is built from.
pub struct Parts {
    /// Takes commands to the writer.
    pub commands: Arc<dyn CommandGate>,
    /// Answers reads.
    pub reads: Arc<dyn ReadSide>,
    /// Histories, what has ended, and answers kept under idempotency keys.
    pub ledger: Ledger,
    /// What happens, for those who listen.
    pub events: EventFeed,
    /// Registers and checks accounts.
    pub authenticator: Authenticator,
    /// The service's clock.
    pub clock: Arc<dyn Clock>,
    /// Moves the clock, where it is a test clock.
    pub clock_control: Option<Arc<dyn ClockControl>>,
    /// Says whether the service can do its work.
    pub readiness: Arc<dyn Readiness>,
    /// Commands run on it, so that a client that hangs up cancels nothing.
    pub tasks: TaskTracker,
    /// Whether anybody may register; otherwise only operators make accounts.
    pub registration_open: bool,
    /// What the site is called, and where it is.
    pub site: SiteSettings,
    /// The ledger's head when the service started: no read shows less.
    pub head_at_start: u64,
}

/// What every handler shares; clones share it.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// The parts and what the API remembers between requests.
pub(super) struct Shared {
    pub(super) parts: Parts,
    pub(super) own_writes: OwnWrites,
    pub(super) locks: KeyedLocks,
    pub(super) throttle: Throttle,
    pub(super) event_streams: StreamPlaces,
}

impl AppState {
    /// Over these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let own_writes = OwnWrites::starting_at(parts.head_at_start);
        let (locks, throttle) = (KeyedLocks::default(), Throttle::default());
        Self(Arc::new(Shared {
            parts,
            own_writes,
            locks,
            throttle,
            event_streams: StreamPlaces::default(),
        }))
    }
}

impl std::ops::Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0.parts
    }
}

impl AppState {
    pub(super) fn own_writes(&self) -> &OwnWrites {
        &self.0.own_writes
    }

    pub(super) fn locks(&self) -> &KeyedLocks {
        &self.0.locks
    }

    pub(super) fn throttle(&self) -> &Throttle {
        &self.0.throttle
    }
    pub(super) fn event_streams(&self) -> &StreamPlaces {
        &self.0.event_streams
    }
}
