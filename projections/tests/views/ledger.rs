//! A ledger in memory, and a runner on it that can be dropped at any await.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use openpex_projections::{EventSource, Runner, SourceError, SourceEvent, Views};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

/// How long a test waits for what must come.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A ledger in memory.
#[derive(Clone)]
pub struct Ledger {
    events: Arc<Mutex<Vec<SourceEvent>>>,
    pub head: watch::Sender<u64>,
    /// How many of the next reads fail.
    pub failing: Arc<AtomicUsize>,
    /// How many reads there were.
    pub reads: Arc<AtomicUsize>,
}

impl Ledger {
    pub fn new(events: Vec<SourceEvent>) -> Self {
        let head = events.last().map_or(0, |event| event.position);
        Self {
            events: Arc::new(Mutex::new(events)),
            head: watch::Sender::new(head),
            failing: Arc::default(),
            reads: Arc::default(),
        }
    }

    pub fn append(&self, events: Vec<SourceEvent>) -> u64 {
        let mut all = self.events.lock().unwrap();
        all.extend(events);
        let head = all.last().map_or(0, |event| event.position);
        drop(all);
        self.head.send_replace(head);
        head
    }

    pub fn head(&self) -> u64 {
        *self.head.borrow()
    }

    pub fn events(&self) -> Vec<SourceEvent> {
        self.events.lock().unwrap().clone()
    }

    /// Makes the ledger another one.
    pub fn change(&self, change: impl FnOnce(&mut Vec<SourceEvent>)) {
        change(&mut self.events.lock().unwrap());
    }
}

impl EventSource for Ledger {
    async fn read_after(
        &self,
        position: u64,
        limit: usize,
    ) -> Result<Vec<SourceEvent>, SourceError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        // Another task may run between any two reads, as with a real one.
        tokio::task::yield_now().await;
        let all = self.events.lock().unwrap();
        // Under the lock: what was appended after it was made to fail is never read without failing.
        let fails = |left: usize| left.checked_sub(1);
        if self
            .failing
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, fails)
            .is_ok()
        {
            return Err("the ledger is away".into());
        }
        let after = all.iter().filter(|event| event.position > position);
        Ok(after.take(limit).cloned().collect())
    }
}

/// A runner at work; dropped, it ends where it is.
pub struct Running {
    tasks: JoinSet<()>,
    stop: Option<oneshot::Sender<()>>,
}

impl Running {
    pub fn start(views: &Views, ledger: &Ledger, page_events: usize) -> Self {
        let (stop, stopped) = oneshot::channel();
        let runner = Runner::new(views.clone()).with_page_events(page_events);
        let (source, head) = (ledger.clone(), ledger.head.subscribe());
        let mut tasks = JoinSet::new();
        tasks.spawn(runner.run(source, head, async { drop(stopped.await) }));
        let stop = Some(stop);
        Self { tasks, stop }
    }

    /// Stops it in order and waits for its end.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
    }

    /// Drops it wherever it is, and waits until it is gone.
    pub async fn kill(mut self) {
        self.tasks.shutdown().await;
    }
}

/// Opens the views and runs them level with the ledger.
pub async fn level(url: &str, ledger: &Ledger) -> (Views, Running) {
    let views = Views::open(url).await.unwrap();
    let running = Running::start(&views, ledger, 1_000);
    assert!(views.wait_for(ledger.head(), PATIENCE).await);
    (views, running)
}
