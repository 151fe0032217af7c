//! The `openpex` binary.

use clap::Parser as _;
use openpex::cli::Cli;

/// Faster than the C library's where many small values come and go, as in every request here.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    openpex::telemetry::set_up();
    cli.run().await
}
