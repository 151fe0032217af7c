//! The pool that runs the instances: a Xen pool, or a simulated one inside this process that is
//! spoken to like a real one.

use std::sync::Arc;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::config::{PoolConfig, ServeConfig};
use crate::dispatcher::xen::{Secret, XenDispatcher, XenOptions, XenTimeouts};
use crate::simulator::{PoolOptions, SimulatedPool};

/// The name of the file in which the simulated pool keeps its state.
const STATE_FILE: &str = "simulated-pool.jsonl";

/// A pool and what is spoken to it.
pub struct Pool {
    /// Speaks to it.
    pub dispatcher: Arc<XenDispatcher>,
    /// Its URL, where it is simulated in this process.
    pub simulated: Option<String>,
}

/// Starts the simulated pool if there is to be one, and makes the dispatcher.
///
/// `stop` ends the simulated pool, which runs on `tasks`.
pub async fn start(
    config: &ServeConfig,
    clock: &Arc<dyn Clock>,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> anyhow::Result<Pool> {
    let (options, simulated) = match &config.pool {
        PoolConfig::Xen(options) => (options.clone(), None),
        PoolConfig::Simulated {
            hosts,
            vcpus,
            memory_mib,
            disk_gib,
        } => {
            let pool = PoolOptions {
                hosts: *hosts,
                vcpus: *vcpus,
                memory_mib: *memory_mib,
                disk_gib: *disk_gib,
                state_file: Some(config.data.join(STATE_FILE)),
                ..PoolOptions::default()
            };
            let options = simulate(pool, clock, tasks, stop).await?;
            let url = options.url.clone();
            (options, Some(url))
        }
    };
    let dispatcher = XenDispatcher::new(options).context("reaching the pool")?;
    Ok(Pool {
        dispatcher: Arc::new(dispatcher),
        simulated,
    })
}

async fn simulate(
    options: PoolOptions,
    clock: &Arc<dyn Clock>,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> anyhow::Result<XenOptions> {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .context("listening for the simulated pool")?;
    let url = format!("http://{}", listener.local_addr()?);
    let (user, password) = (options.user.clone(), Secret::new(options.password.clone()));
    let pool = SimulatedPool::new(options, clock.clone(), stop.clone())
        .context("starting the simulated pool")?;
    tasks.spawn(async move {
        if let Err(error) = pool.serve(listener).await {
            tracing::error!(%error, "the simulated pool ended");
        }
    });
    Ok(XenOptions {
        url,
        user,
        password,
        ca_file: None,
        timeouts: XenTimeouts::default(),
    })
}
