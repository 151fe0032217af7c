//! A simulated Xen pool that speaks XenAPI over HTTP.
//!
//! Owns a pool's worth of hosts, templates, VMs, disks, tasks and events in memory, answers XML-RPC
//! and JSON-RPC as xapi does, keeps a journal of what was done to it, and lets faults be planted.
//! It stands in for a real pool wherever the Dispatcher of the paper speaks to one: it shares no
//! code with that dispatcher, and knows nothing of reservations.
//!
//! What is faithful, and what is not: methods, wire forms, error codes and the order of checks
//! follow xapi (XENAPI.md), memory is admitted as xapi admits it. The pool's coordinator answers
//! even when its host is down, there are no control domains, disks hold no bytes, and vCPUs and
//! thin-provisioned disks are not limited in sum. What is not simulated answers
//! `MESSAGE_METHOD_UNKNOWN`.

mod calls;
mod connection;
mod control;
mod core;
mod events;
mod faults;
mod handle;
mod journal;
mod json;
mod options;
mod server;
mod state;
mod state_file;
mod value;
mod xml;

use std::io;
use std::sync::Arc;

use openpex_aggregates::Timestamp;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use self::faults::{Fault, FaultError, FaultKind};
pub use self::journal::{Entry, Subject};
pub use self::options::{Limits, PoolOptions};
pub use self::state_file::StateFileError;
pub use self::value::Failure;
use crate::clock::Clock;

/// A simulated pool; clones are the same pool.
#[derive(Clone)]
pub struct SimulatedPool {
    core: Arc<core::Core>,
}

impl SimulatedPool {
    /// Makes the pool, or takes it up where its state file left it.
    ///
    /// Dates, boot delays and the ends of idle sessions follow `clock`. `stop` ends `serve`.
    pub fn new(
        options: PoolOptions,
        clock: Arc<dyn Clock>,
        stop: CancellationToken,
    ) -> Result<Self, StateFileError> {
        Ok(Self {
            core: core::Core::new(options, clock, stop)?,
        })
    }

    /// Serves the pool on `listener` until it is stopped, which takes seconds at most.
    pub async fn serve(&self, listener: TcpListener) -> io::Result<()> {
        server::serve(Arc::clone(&self.core), listener).await
    }

    /// Plants a fault; one without a method happens at once.
    pub fn plant(&self, fault: Fault) -> Result<(), FaultError> {
        self.core.plant(fault).map(|_| ())
    }

    /// Forgets the faults that are planted.
    pub fn clear_faults(&self) {
        self.core.faults().clear();
    }

    /// The journal entries after a sequence; 0 for all.
    #[must_use]
    pub fn journal_after(&self, sequence: u64) -> Vec<Entry> {
        self.core.lock().journal.page(sequence, usize::MAX).to_vec()
    }

    /// The present instant of the pool.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.core.now()
    }
}
