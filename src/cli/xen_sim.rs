//! `openpex xen-sim`: a simulated Xen pool by itself, for tests and for trying things out.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{StopSignals, say};
use crate::clock::SystemClock;
use crate::simulator::{PoolOptions, SimulatedPool};

/// Options of `openpex xen-sim`.
#[derive(Debug, Args)]
pub struct XenSimOptions {
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:8081", value_name = "ADDR")]
    listen: SocketAddr,
    /// Number of hosts
    #[arg(long, default_value_t = 4, value_name = "N")]
    hosts: u32,
    /// vCPUs of each host
    #[arg(long, default_value_t = 16, value_name = "N")]
    vcpus: u32,
    /// MiB of memory of each host
    #[arg(long, default_value_t = 32_768, value_name = "MIB")]
    memory_mib: u32,
    /// GB of disk of each host
    #[arg(long, default_value_t = 500, value_name = "GB")]
    disk_gib: u32,
    /// Name of a template; may be given several times [default: the paper's three]
    #[arg(long = "template", value_name = "NAME")]
    templates: Vec<String>,
    /// Milliseconds from a VM's start to its guest tools' first report
    #[arg(long, default_value_t = 0, value_name = "MS")]
    boot_ms: u64,
    /// Who may log in
    #[arg(long, default_value = "root", value_name = "NAME")]
    user: String,
    /// With which password; it guards nothing but a simulation
    #[arg(long, default_value = "openpex", value_name = "PASSWORD")]
    password: String,
    /// File in which the pool keeps its state between runs
    #[arg(long, value_name = "FILE")]
    state_file: Option<PathBuf>,
    /// What the random numbers of planted faults start from
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
}

/// Serves the pool until SIGTERM or SIGINT.
pub async fn run(options: XenSimOptions) -> anyhow::Result<()> {
    let defaults = PoolOptions::default();
    let pool = PoolOptions {
        hosts: options.hosts,
        vcpus: options.vcpus,
        memory_mib: options.memory_mib,
        disk_gib: options.disk_gib,
        templates: if options.templates.is_empty() {
            defaults.templates.clone()
        } else {
            options.templates
        },
        boot_delay: Duration::from_millis(options.boot_ms),
        user: options.user,
        password: options.password,
        state_file: options.state_file,
        seed: options.seed,
        ..defaults
    };
    let listener = TcpListener::bind(options.listen)
        .await
        .with_context(|| format!("listening on {}", options.listen))?;
    let address = listener.local_addr()?;
    let stop = CancellationToken::new();
    let pool = SimulatedPool::new(pool, Arc::new(SystemClock), stop.clone())
        .context("starting the pool")?;
    let mut signals = StopSignals::new()?;
    say(format_args!(
        "simulated Xen pool is ready at http://{address}"
    ));
    let serving = pool.serve(listener);
    tokio::pin!(serving);
    tokio::select! {
        served = &mut serving => return served.context("serving the pool"),
        signal = signals.any() => {
            tracing::info!(signal, "stopping");
        }
    }
    stop.cancel();
    serving.await.context("serving the pool")
}
