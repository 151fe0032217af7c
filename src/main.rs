//! The `openpex` binary.

use clap::Parser as _;
use openpex::cli::Cli;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    openpex::telemetry::set_up();
    cli.run().await
}
