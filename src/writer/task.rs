//! The writer's loop.

use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use openpex_aggregates::Timestamp;
use openpex_aggregates::live::{Command, Live};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::batch::{Batch, Waiting};
use super::recent::Recent;
use super::replay::{Folded, fold_ledger};
use super::request::{Committed, WriteError, WriteRequest};
use super::snapshots::Snapshots;
use super::{Effects, Job, QUEUE_MAX, WriterHandle};
use crate::clock::Clock;
use crate::ledger::{Append, Head, Ledger, LedgerError, WriterClaim};

/// Most commands decided into one batch, unless told otherwise.
pub const BATCH_MAX: NonZeroUsize = NonZeroUsize::new(512).expect("512 is not 0");

/// Events in a batch at which no more is decided into it; the last decision may go beyond.
const BATCH_EVENTS_MAX: usize = 4_096;

/// How long to wait before the ledger is folded again after the first, second, … failure.
const REFOLD_DELAYS_MS: [u64; 5] = [50, 200, 1_000, 2_000, 5_000];

/// Why the writer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriterExit {
    /// It was asked to.
    Stopped,
    /// Another writer has taken over.
    Fenced,
}

type InFlight = Pin<Box<dyn Future<Output = (Batch, Result<Head, LedgerError>)> + Send>>;

/// The writer before it runs.
pub struct Writer {
    ledger: Ledger,
    claim: WriterClaim,
    clock: Arc<dyn Clock>,
    live: Live,
    /// The newest durable event.
    durable: Head,
    /// The position of the newest decided event.
    decided: u64,
    snapshots: Snapshots,
    queue: mpsc::Receiver<Job>,
    head: watch::Sender<u64>,
    recent: Recent,
    next_due: watch::Sender<Option<Timestamp>>,
    effects: mpsc::UnboundedSender<Vec<openpex_aggregates::live::OutstandingEffect>>,
    pending: Batch,
    in_flight: Option<InFlight>,
    batch_max: NonZeroUsize,
    drained: bool,
    /// Where everything but deciding and appending is done.
    elsewhere: Handle,
}

/// What the loop does next.
enum Step {
    Job(Job),
    Appended(Box<(Batch, Result<Head, LedgerError>)>),
    /// Look at what is due, and whether it is time for a snapshot.
    Due,
    /// Nobody can send anything any more, and everything that was sent has been taken.
    Drained,
    Stop,
}

impl Writer {
    /// A writer at the head of `folded`, with the handle to it and the effects it lets go.
    ///
    /// # Panics
    /// Outside of a runtime.
    #[must_use]
    pub fn new(
        ledger: Ledger,
        claim: WriterClaim,
        clock: Arc<dyn Clock>,
        folded: Folded,
    ) -> (Self, WriterHandle, Effects) {
        let Folded { live, head, tail } = folded;
        let (queue_in, queue) = mpsc::channel(QUEUE_MAX);
        let (effects, effects_out) = mpsc::unbounded_channel();
        let (head_in, head_out) = watch::channel(head.position);
        let (next_due, next_due_out) = watch::channel(live.next_due_at());
        let recent = Recent::default();
        let snapshot_at = head.position.saturating_sub(tail);
        let elsewhere = Handle::current();
        let writer = Self {
            snapshots: Snapshots::new(ledger.clone(), snapshot_at, elsewhere.clone()),
            elsewhere,
            ledger,
            claim,
            clock,
            live,
            durable: head,
            decided: head.position,
            queue,
            head: head_in,
            recent: recent.clone(),
            next_due,
            effects,
            pending: Batch::default(),
            in_flight: None,
            batch_max: BATCH_MAX,
            drained: false,
        };
        let handle = WriterHandle {
            queue: queue_in,
            head: head_out,
            recent,
            next_due: next_due_out,
        };
        (writer, handle, effects_out)
    }

    /// Decides at most `commands` into one batch.
    #[must_use]
    pub const fn with_batch_max(mut self, commands: NonZeroUsize) -> Self {
        self.batch_max = commands;
        self
    }

    /// Runs on the thread that calls it, which must be one that may block, until it ends.
    ///
    /// So an append that has come back, and what is to be decided next, never waits behind the requests
    /// that share their threads: all of them wait for it. What takes long and nobody waits for, as
    /// snapshots, is done where the writer was made.
    ///
    /// # Panics
    /// Where the operating system has no more descriptors for a runtime.
    pub fn run_here(self, stop: &CancellationToken) -> WriterExit {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime of one thread can be made");
        runtime.block_on(self.run(stop.clone()))
    }

    /// Decides and appends until `stop`, or until another writer takes over.
    ///
    /// What waits when it is stopped is still decided; the claim is given up at the end.
    pub async fn run(mut self, stop: CancellationToken) -> WriterExit {
        // Effects that were intended before this run: the dispatcher looks before it acts again.
        self.let_go(self.live.outstanding_effects());
        let exit = loop {
            let step = self.next_step(&stop).await;
            let appended = match step {
                Step::Job(job) => {
                    self.take(job);
                    None
                }
                Step::Appended(done) => Some(*done),
                Step::Due => None,
                Step::Drained => {
                    self.drained = true;
                    None
                }
                Step::Stop => break WriterExit::Stopped,
            };
            if let Some((batch, outcome)) = appended
                && let Err(exit) = self.after_append(batch, outcome, &stop).await
            {
                break exit;
            }
            self.take_waiting();
            self.fire_due();
            self.start_append();
            self.take_snapshot_if_due();
        };
        // A writer that ends in the middle of a failure has a state that rests on nothing.
        let whole = exit == WriterExit::Stopped && self.decided == self.durable.position;
        if whole {
            self.snapshots.take_last(&self.live, self.durable).await;
        }
        self.claim.release().await;
        exit
    }

    async fn next_step(&mut self, stop: &CancellationToken) -> Step {
        let due = self.is_due();
        let idle = self.in_flight.is_none() && self.pending.is_empty();
        let has_room = self.has_room();
        let in_flight = self.in_flight.as_mut();
        let appended = async {
            match in_flight {
                Some(append) => append.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            done = appended => {
                self.in_flight = None;
                Step::Appended(Box::new(done))
            }
            () = std::future::ready(()), if due && has_room && self.pending.events.is_empty() => {
                Step::Due
            }
            () = std::future::ready(()), if self.drained && idle => Step::Stop,
            job = self.queue.recv(), if has_room && !self.drained => {
                job.map_or(Step::Drained, Step::Job)
            }
            () = stop.cancelled(), if !self.queue.is_closed() => {
                // What was accepted before is still decided: `recv` ends when it is drained.
                self.queue.close();
                Step::Due
            }
            () = self.snapshots.wait(&self.live, self.durable.position), if idle => Step::Due,
        }
    }

    /// The present, never before the newest event.
    fn now(&self) -> Timestamp {
        self.clock.now().max(self.live.last_recorded_at())
    }

    fn is_due(&self) -> bool {
        self.live
            .next_due_at()
            .is_some_and(|at| at <= self.clock.now())
    }

    /// Whether anything more may be decided before the next append.
    fn has_room(&self) -> bool {
        self.pending.outcomes.len() < self.batch_max.get()
            && self.pending.events.len() < BATCH_EVENTS_MAX
            // Only a state that is durable whole can be kept: what comes now waits for that.
            && !self.snapshots.is_overdue(self.durable.position)
    }

    fn take_waiting(&mut self) {
        while self.has_room()
            && let Ok(job) = self.queue.try_recv()
        {
            self.take(job);
        }
    }

    fn take(&mut self, job: Job) {
        self.fire_due();
        match job {
            Job::Write(request, waiting) => self.decide(&request, waiting),
            Job::Inspect(look) => look(&self.live),
            Job::Wake => {}
        }
    }

    /// Does what is due before anything else is decided, as far as the batch has room.
    fn fire_due(&mut self) {
        let room = BATCH_EVENTS_MAX.saturating_sub(self.pending.events.len());
        if !self.has_room() || !self.is_due() {
            return;
        }
        let request = WriteRequest::by_service(Command::FireDue { facts_max: room });
        let now = self.now();
        match self.live.handle(request.command.clone(), None, now) {
            Ok(handled) => self.add(handled.facts, now, &request),
            Err(refused) => tracing::error!(%refused, "invariant: timed commands are not refused"),
        }
    }

    fn add(
        &mut self,
        facts: Vec<openpex_aggregates::live::NewFact>,
        now: Timestamp,
        by: &WriteRequest,
    ) {
        self.decided += u64::try_from(facts.len()).unwrap_or(u64::MAX);
        self.pending.add_facts(facts, now, by);
    }

    fn decide(&mut self, request: &WriteRequest, waiting: Waiting) {
        let outcome = self.outcome_of(request);
        self.pending.outcomes.push((waiting, outcome));
    }

    fn outcome_of(&mut self, request: &WriteRequest) -> Result<Committed, WriteError> {
        if let (Some(expected), Some(found)) = (
            request.expected_sequence,
            self.sequence_of(&request.command),
        ) && expected != found
        {
            return Err(WriteError::Stale { expected, found });
        }
        let now = self.now();
        let handled = self
            .live
            .handle(request.command.clone(), request.actor, now)?;
        self.add(handled.facts, now, request);
        let committed = Committed {
            answer: handled.answer,
            position: self.decided,
        };
        self.pending.keep_answer(request, &committed, now);
        Ok(committed)
    }

    fn sequence_of(&self, command: &Command) -> Option<u64> {
        match command {
            Command::Negotiate {
                reservation_id: id, ..
            }
            | Command::Options {
                reservation_id: id, ..
            }
            | Command::Rehearse {
                reservation_id: id, ..
            }
            | Command::Delete(id)
            | Command::Activate(id) => self.live.reservation(*id).map(|t| t.sequence),
            Command::ControlInstance { instance_id, .. } => {
                self.live.instance(*instance_id).map(|t| t.sequence)
            }
            Command::Series { series_id, .. } => self.live.series(*series_id).map(|t| t.sequence),
            Command::Standing {
                standing_request_id: id,
                ..
            } => self.live.standing_request(*id).map(|t| t.sequence),
            Command::Open { .. }
            | Command::Ask(_)
            | Command::OpenAccount(_)
            | Command::GrantCredits { .. }
            | Command::RecordOutcome { .. }
            | Command::RecordObservations(_)
            | Command::SightNodes(_)
            | Command::AdoptPolicy(_)
            | Command::FireDue { .. } => None,
        }
    }

    fn start_append(&mut self) {
        self.next_due.send_if_modified(|next| {
            let changed = *next != self.live.next_due_at();
            *next = self.live.next_due_at();
            changed
        });
        if self.in_flight.is_some() || self.pending.is_empty() {
            return;
        }
        let batch = std::mem::take(&mut self.pending);
        let (ledger, head, epoch) = (self.ledger.clone(), self.durable, self.claim.epoch());
        self.in_flight = Some(Box::pin(async move {
            if batch.events.is_empty() && batch.answers.is_empty() {
                return (batch, Ok(head));
            }
            let append = Append {
                epoch,
                head,
                events: &batch.events,
                answers: &batch.answers,
            };
            let outcome = ledger.append(append).await;
            (batch, outcome)
        }));
    }

    async fn after_append(
        &mut self,
        mut batch: Batch,
        outcome: Result<Head, LedgerError>,
        stop: &CancellationToken,
    ) -> Result<(), WriterExit> {
        match outcome {
            Ok(head) => {
                self.durable = head;
                self.snapshots.note_append();
                let effects = batch
                    .intents
                    .iter()
                    .filter_map(|id| self.live.outstanding_effect(*id))
                    .collect();
                self.let_go(effects);
                // Before the head moves: who is woken by it finds them.
                self.recent.keep(batch.take_facts(head.position));
                self.head.send_replace(head.position);
                for (waiting, outcome) in batch.outcomes {
                    // A caller that went away misses nothing: the command is durable.
                    let _ = waiting.send(outcome);
                }
                Ok(())
            }
            Err(error @ LedgerError::Fenced { .. }) => {
                tracing::error!(%error, "this writer has been replaced and stops");
                batch.fail(&WriteError::Fenced);
                std::mem::take(&mut self.pending).fail(&WriteError::Fenced);
                Err(WriterExit::Fenced)
            }
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "an append failed; the ledger is folded again"
                );
                batch.fail(&WriteError::Unavailable);
                std::mem::take(&mut self.pending).fail(&WriteError::Unavailable);
                self.fold_again(stop).await
            }
        }
    }

    /// Hands effects to the process manager. Only what is still awaited is carried out.
    fn let_go(&self, effects: Vec<openpex_aggregates::live::OutstandingEffect>) {
        if !effects.is_empty() {
            // Without a process manager the service is stopping; the next start finds the intents.
            let _ = self.effects.send(effects);
        }
    }

    async fn fold_again(&mut self, stop: &CancellationToken) -> Result<(), WriterExit> {
        let mut delays = REFOLD_DELAYS_MS
            .iter()
            .copied()
            .chain(std::iter::repeat(5_000));
        loop {
            // By connections that do not hang on this thread.
            let ledger = self.ledger.clone();
            let folding = self
                .elsewhere
                .spawn(async move { fold_ledger(&ledger).await });
            let folded = folding.await.map_err(LedgerError::unavailable);
            match folded.and_then(|folded| folded) {
                Ok(Folded { live, head, .. }) => {
                    self.live = live;
                    self.durable = head;
                    self.decided = head.position;
                    self.head.send_replace(head.position);
                    self.let_go(self.live.outstanding_effects());
                    return Ok(());
                }
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the ledger cannot be folded; trying again"
                    );
                    let delay = delays.next().unwrap_or(5_000);
                    tokio::select! {
                        () = stop.cancelled() => return Err(WriterExit::Stopped),
                        () = tokio::time::sleep(Duration::from_millis(delay)) => {}
                    }
                }
            }
        }
    }

    fn take_snapshot_if_due(&mut self) {
        if self.in_flight.is_none() && self.pending.is_empty() {
            self.snapshots.take_if_due(&self.live, self.durable);
        }
    }
}
