//! The pool at work: one lock around the state, the journal and the file.
//!
//! Owns how a call is run: session, parameters, faults, the time it takes, the journal, and what
//! makes it last. A call's effect is made in a task of its own, so that a client that hangs up does
//! not cancel it.
//!
//! # Design notes
//! Nothing waits while the lock is held. A slow operation takes the lock twice: it is begun
//! (checked, entered in `current_operations`, its memory held), then time passes, then it is
//! finished. In between a harder operation or `task.cancel` may have taken it off the VM; it then
//! ends as `TASK_CANCELLED` without an effect. Latency and the time-out of `event.from` are real
//! time, everything else is the injected clock's.

mod answer;
mod inner;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openpex_aggregates::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::inner::Inner;
use super::faults::{Fault, FaultError, Faults, PoolEvent};
use super::handle::Handle;
use super::journal::Journal;
use super::options::PoolOptions;
use super::state::State;
use super::state::vm::Power;
use super::state_file::{StateFile, StateFileError};
use super::value::Failure;
use crate::clock::Clock;

/// The pool behind its HTTP server.
pub struct Core {
    pub(super) options: PoolOptions,
    clock: Arc<dyn Clock>,
    inner: Mutex<Inner>,
    faults: Mutex<Faults>,
    /// How many calls came in.
    calls: AtomicU64,
    /// The generation of the newest change; also nudged when sessions end.
    changed: watch::Sender<u64>,
    pub(super) tracker: TaskTracker,
    pub(super) stop: CancellationToken,
}

impl Core {
    /// Makes the pool, or takes it up where its state file left it.
    pub fn new(
        options: PoolOptions,
        clock: Arc<dyn Clock>,
        stop: CancellationToken,
    ) -> Result<Arc<Self>, StateFileError> {
        let mut state = State::default();
        let (file, entries) = match &options.state_file {
            Some(path) => {
                let (file, entries) = StateFile::load(path, &mut state)?;
                (Some(file), entries)
            }
            None => (None, Vec::new()),
        };
        state
            .complete(&options)
            .map_err(|reason| StateFileError::Inconsistent {
                path: options.state_file.clone().unwrap_or_default(),
                reason,
            })?;
        let saved = entries.last().map_or(0, |entry| entry.sequence);
        let journal = Journal::new(entries, options.limits.journal_entries);
        let mut inner = Inner {
            state,
            journal,
            file,
            saved,
        };
        let generation =
            inner
                .commit(clock.now(), &options)
                .map_err(|source| StateFileError::Io {
                    path: options.state_file.clone().unwrap_or_default(),
                    source,
                })?;
        Ok(Arc::new(Self {
            faults: Mutex::new(Faults::new(options.seed, options.limits.fault_rules)),
            options,
            clock,
            calls: AtomicU64::new(0),
            inner: Mutex::new(inner),
            changed: watch::Sender::new(generation),
            tracker: TaskTracker::new(),
            stop,
        }))
    }

    /// How many calls came in so far.
    pub(super) fn calls_so_far(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// The present instant of the pool.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The lock. A panic inside it is a bug of one call, after which the tables are still whole.
    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rules of faults.
    pub(super) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends what was done under the lock: generations, the file, and whoever waits for events.
    fn commit(&self, mut inner: MutexGuard<'_, Inner>, now: Timestamp) -> Result<(), Failure> {
        let committed = inner.commit(now, &self.options);
        drop(inner);
        match committed {
            Ok(generation) => {
                self.changed
                    .send_if_modified(|seen| std::mem::replace(seen, generation) != generation);
                Ok(())
            }
            Err(error) => {
                tracing::error!(%error, "the simulated pool cannot write its state file");
                let reason = format!("the pool's state file cannot be written: {error}");
                Err(Failure::new("INTERNAL_ERROR", [reason]))
            }
        }
    }

    /// Plants a fault, or makes it happen at once; `true` if it is now a rule.
    pub(super) fn plant(&self, fault: Fault) -> Result<bool, FaultError> {
        if let Some(PoolEvent::HostDown(host) | PoolEvent::HostUp(host)) = fault.pool_event()
            && !self
                .lock()
                .state
                .hosts
                .iter()
                .any(|known| known.name_label == host)
        {
            return Err(FaultError::UnknownHost(host));
        }
        let event = self.faults().plant(fault)?;
        if let Some(event) = &event {
            self.happen(event);
        }
        Ok(event.is_none())
    }

    /// Makes something happen to the pool that nobody called for.
    pub(super) fn happen(&self, event: &PoolEvent) {
        let now = self.now();
        let mut inner = self.lock();
        match event {
            PoolEvent::SessionsExpire => inner.state.sessions.close_all(),
            PoolEvent::HostDown(name) => inner.set_host_power(name, false, now),
            PoolEvent::HostUp(name) => inner.set_host_power(name, true, now),
        }
        // Whether the file could be written is for the next call to tell.
        let _ = self.commit(inner, now);
        self.changed.send_modify(|_| {});
    }

    /// Halts a running guest from inside, as `operation` says; the power state that forbids it
    /// otherwise.
    pub(super) fn stop_guest(&self, vm: Handle, operation: &str) -> Result<(), Failure> {
        let now = self.now();
        let mut inner = self.lock();
        let power = inner.state.vms.get(vm)?.power;
        if !matches!(power, Power::Running(_)) {
            let params = [
                vm.to_string(),
                "running".to_owned(),
                power.state().lower_case_name().to_owned(),
            ];
            return Err(Failure::new("VM_BAD_POWER_STATE", params));
        }
        inner.halt(vm, operation, now)?;
        self.commit(inner, now)
    }

    /// Tells readers of events of guest tools when they first report; runs until the pool stops.
    pub(super) async fn watch_boots(self: Arc<Self>) {
        let mut changed = self.changed.subscribe();
        loop {
            let next = {
                let inner = self.lock();
                // Whether the file could be written is for the next call to tell.
                let _ = self.commit(inner, self.now());
                changed.borrow_and_update();
                self.lock().state.next_boot()
            };
            tokio::select! {
                () = self.clock.sleep_until(next.unwrap_or(Timestamp::MAX)), if next.is_some() => {}
                // The sender lives in `self`, so the channel cannot close while this waits.
                _ = changed.changed() => {}
                () = self.stop.cancelled() => return,
            }
        }
    }
}
