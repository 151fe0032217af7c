//! `openpex serve`: puts the parts together, serves until it is told to stop, and takes them apart
//! again in the right order.
//!
//! Owns the order of start and stop. Start: ledger and claim, fold, pool, writer, process manager,
//! policy and nodes, views, accounts, HTTP. Stop: no new requests, no new effects, what the writer
//! has accepted is decided and durable, a snapshot is kept, the claim is given up.

mod parts;
mod pool;
mod site;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use axum::serve::ListenerExt as _;
use openpex_projections::{Runner, Views};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::pool::Pool;
use super::{StopSignals, say};
use crate::accounts::{AccountStore, Authenticator, HashCost, Passwords};
use crate::clock::{Clock, SystemClock, TestClock};
use crate::config::{ServeConfig, ServeOptions};
use crate::event_feed::EventFeed;
use crate::http::{AppState, Parts};
use crate::ledger::{Access, CLAIM_PATIENCE, Ledger};
use crate::monitors::Monitors;
use crate::process_manager::{carry_out_effects, keep_time};
use crate::read_side::{LedgerSource, ViewReads};
use crate::writer::{Effects, Writer, WriterExit, WriterHandle, fold_ledger};

/// How long requests and effects under way may take to end after the service is told to stop.
const DRAIN: Duration = Duration::from_secs(5);

/// How long to wait for the views before saying again that they are being folded.
const VIEWS_PATIENCE: Duration = Duration::from_secs(10);

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// Whatever keeps it from starting, or makes it stop by itself.
pub async fn run(options: ServeOptions) -> anyhow::Result<()> {
    let config = options.into_config(|name| std::env::var(name).ok())?;
    tokio::fs::create_dir_all(&config.data)
        .await
        .with_context(|| format!("making the data folder {}", config.data.display()))?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("listening on {}", config.listen))?;
    let ledger = Ledger::open(&config.database_url, Access::ReadWrite)
        .await
        .context("opening the ledger")?;
    let served = serve(config, listener, ledger.clone()).await;
    ledger.close().await;
    served
}

/// How long logging out of the pool may take.
const LOG_OUT: Duration = Duration::from_secs(2);

/// The tasks of a running service, and how to end them.
#[derive(Default)]
struct Running {
    /// Ends the parts that begin new work.
    stop: CancellationToken,
    /// Ends the writer and the views, after everything else.
    stop_last: CancellationToken,
    /// Everything but the writer and the views.
    tasks: TaskTracker,
    /// The views' runner.
    last: TaskTracker,
}

async fn serve(config: ServeConfig, listener: TcpListener, ledger: Ledger) -> anyhow::Result<()> {
    let holder = format!("{} (pid {})", listener.local_addr()?, std::process::id());
    let claim = ledger
        .claim_writer(&holder, CLAIM_PATIENCE)
        .await
        .context("claiming the ledger")?;
    let folded = fold_ledger(&ledger).await.context("folding the ledger")?;
    let (clock, test_clock) = make_clock(&config, folded.head.recorded_at);
    let running = Running::default();
    let pool = pool::start(&config, &clock, &running.last, &running.stop_last).await?;
    let (writer, handle, effects) = Writer::new(ledger.clone(), claim, clock.clone(), folded);
    let mut writing = JoinSet::new();
    let writer = writer.with_batch_max(config.batch_max);
    // However this function is left, the writer's thread ends.
    let _stopped = running.stop_last.clone().drop_guard();
    let stop = running.stop_last.clone();
    writing.spawn_blocking(move || writer.run_here(&stop));

    let monitors = Monitors::new(pool.dispatcher.clone(), handle.clone());
    site::adopt_policy(&handle, config.policy, pool.dispatcher.as_ref()).await?;
    site::first_look_at_nodes(&monitors).await;
    running.start_workers(&handle, effects, &clock, &pool, &monitors);
    let views = open_views(&config.database_url, &ledger, &handle, &running).await?;
    let authenticator = Authenticator::new(
        AccountStore::beside(&ledger),
        Passwords::new(HashCost::OWASP)?,
    )
    .with_lifetimes(config.login_lifetimes);
    site::make_operator(&authenticator, clock.now()).await?;

    let clock_control = test_clock
        .map(|test_clock| parts::TestClockControl::shared(&handle, &clock, test_clock, &monitors));
    let head_at_start = *handle.head().borrow();
    let (tasks, stop) = (&running.tasks, running.stop.clone());
    let events = EventFeed::start(ledger.clone(), views.clone(), tasks, stop);
    let app = crate::http::router(AppState::new(Parts {
        commands: Arc::new(handle.clone()),
        reads: Arc::new(ViewReads::new(views.clone())),
        ledger: ledger.clone(),
        events,
        authenticator,
        clock,
        clock_control,
        readiness: Arc::new(parts::ServiceReadiness::new(handle, views.clone())),
        tasks: running.tasks.clone(),
        registration_open: config.registration_open,
        site: config.site,
        head_at_start,
    }));
    let mut signals = StopSignals::new()?;
    announce(&listener, &config.database_url, pool.simulated.as_deref())?;
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let listener = listener.tap_io(|connection| {
        // A page that takes several packets is not to wait until the first is acknowledged.
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY is not set");
        }
    });
    let serving =
        axum::serve(listener, app).with_graceful_shutdown(running.stop.clone().cancelled_owned());
    let serving = running.tasks.spawn(async move { serving.await });

    let ended = tokio::select! {
        signal = signals.any() => {
            tracing::info!(signal, "stopping");
            None
        }
        exit = writing.join_next() => exit,
    };
    running.drain(serving, writing, &pool).await;
    views.close().await;
    match ended {
        None => Ok(()),
        Some(Ok(WriterExit::Fenced)) => Err(anyhow!("another writer has taken over this ledger")),
        Some(Ok(WriterExit::Stopped)) => Err(anyhow!("the writer stopped by itself")),
        Some(Err(failure)) => Err(anyhow!(failure).context("the writer failed")),
    }
}

impl Running {
    /// Starts what works beside the requests: time, effects, monitors.
    fn start_workers(
        &self,
        writer: &WriterHandle,
        effects: Effects,
        clock: &Arc<dyn Clock>,
        pool: &Pool,
        monitors: &Monitors,
    ) {
        let Self { tasks, stop, .. } = self;
        tasks.spawn(keep_time(writer.clone(), clock.clone(), stop.clone()));
        tasks.spawn(carry_out_effects(
            effects,
            writer.clone(),
            pool.dispatcher.clone(),
            tasks.clone(),
            stop.clone(),
        ));
        tasks.spawn(monitors.clone().watch_nodes(stop.clone()));
        tasks.spawn(monitors.clone().watch_instances(stop.clone()));
    }

    /// Takes the service apart: what is under way gets [`DRAIN`] to end, what was accepted is
    /// decided.
    async fn drain(
        self,
        serving: JoinHandle<std::io::Result<()>>,
        mut writing: JoinSet<WriterExit>,
        pool: &Pool,
    ) {
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(DRAIN, self.tasks.wait())
            .await
            .is_err()
        {
            // Effects that go on are found again at the next start, requests that go on get no
            // answer.
            tracing::warn!(left = self.tasks.len(), "not everything ended in time");
        }
        serving.abort();
        // A pool that does not answer ends the session by itself, in a day.
        let _ = tokio::time::timeout(LOG_OUT, pool.dispatcher.close()).await;
        self.stop_last.cancel();
        while writing.join_next().await.is_some() {}
        self.last.close();
        self.last.wait().await;
    }
}

fn make_clock(
    config: &ServeConfig,
    newest: openpex_aggregates::Timestamp,
) -> (Arc<dyn Clock>, Option<TestClock>) {
    let Some(start) = config.test_clock else {
        return (Arc::new(SystemClock), None);
    };
    // Time never goes back, and a ledger's own time goes on where it stood.
    let begun = newest.0 > 0;
    let start = match start {
        Some(start) => start.max(newest),
        None if begun => newest,
        None => SystemClock.now(),
    };
    let clock = TestClock::new(start);
    (Arc::new(clock.clone()), Some(clock))
}

/// Opens the views, starts their runner and waits until they are level with the ledger.
async fn open_views(
    database_url: &str,
    ledger: &Ledger,
    writer: &WriterHandle,
    running: &Running,
) -> anyhow::Result<Views> {
    let views = Views::open(database_url)
        .await
        .context("opening the views")?;
    let (head, stop) = (writer.head(), running.stop_last.clone());
    let level_at = *head.borrow();
    let runner = Runner::new(views.clone());
    let source = LedgerSource {
        ledger: ledger.clone(),
        recent: writer.recent(),
    };
    running
        .last
        .spawn(async move { runner.run(source, head, stop.cancelled()).await });
    while !views.wait_for(level_at, VIEWS_PATIENCE).await {
        tracing::info!(
            reached = views.reached(),
            level_at,
            "the views are being folded"
        );
    }
    Ok(views)
}

fn announce(
    listener: &TcpListener,
    database_url: &str,
    simulated: Option<&str>,
) -> anyhow::Result<()> {
    let address = listener.local_addr()?;
    if let Some(pool) = simulated {
        say(format_args!("simulated Xen pool at {pool}"));
    }
    let store = database_url.split(':').next().unwrap_or_default();
    say(format_args!(
        "OpenPEX is ready at http://{address} (portal there, API under /OpenPEX, ledger in {store})"
    ));
    Ok(())
}
