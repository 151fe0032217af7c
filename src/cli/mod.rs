//! The command line: one binary, subcommands.
//!
//! Owns what is printed on standard output. Everything else is in the modules that the commands
//! start.

mod ledger;
mod openapi;
mod print;
pub mod serve;
mod xen_sim;

use clap::{Parser, Subcommand};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::config::{LedgerOptions, ServeOptions};

pub use print::say;

/// OpenPEX sells virtual-machine capacity ahead of time.
#[derive(Debug, Parser)]
#[command(name = "openpex", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the REST API (the default)
    Serve(Box<ServeOptions>),
    /// Serve a simulated Xen pool that speaks XenAPI over HTTP
    XenSim(xen_sim::XenSimOptions),
    /// Print the description of the REST API (OpenAPI 3.1, JSON), as served at /OpenPEX/openapi.json
    Openapi,
    /// Look after the ledger
    #[command(subcommand)]
    Ledger(LedgerCommand),
}

#[derive(Debug, Subcommand)]
enum LedgerCommand {
    /// Check the whole hash chain, that no position or sequence is missing, and that every stream folds
    Verify(LedgerOptions),
}

impl Cli {
    /// Runs what was asked for until it is done.
    ///
    /// # Errors
    /// Whatever stops it, in words for whoever typed the command.
    pub async fn run(self) -> anyhow::Result<()> {
        match self.command {
            None => {
                // The environment is read as if `serve` had been typed.
                let Self { command } = Self::parse_from(["openpex", "serve"]);
                match command {
                    Some(Command::Serve(options)) => serve::run(*options).await,
                    Some(Command::XenSim(_) | Command::Openapi | Command::Ledger(_)) | None => {
                        Ok(())
                    }
                }
            }
            Some(Command::Serve(options)) => serve::run(*options).await,
            Some(Command::XenSim(options)) => xen_sim::run(options).await,
            Some(Command::Openapi) => openapi::print(),
            Some(Command::Ledger(LedgerCommand::Verify(options))) => ledger::verify(options).await,
        }
    }
}

/// SIGTERM and SIGINT, taken from when this is made: whoever has been told where we serve may stop
/// us at once.
struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for one of them and names it.
    async fn any(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
