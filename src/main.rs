//! The `openpex` binary.

use std::thread;

use clap::Parser as _;
use openpex::cli::Cli;

/// Faster than the C library's where many small values come and go, as in every request here.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads_besides_the_writers())
        .enable_all()
        .build()?;
    runtime.block_on(async {
        openpex::telemetry::set_up();
        cli.run().await
    })
}

/// How many threads serve requests and keep the views: with the writer's own, one for each core.
///
/// With one more, threads that find nothing to do are woken between a request and the writer, and the
/// one proposal that is under way waits for their turns.
fn threads_besides_the_writers() -> usize {
    thread::available_parallelism()
        .map_or(1, |cores| cores.get() - 1)
        .max(1)
}
