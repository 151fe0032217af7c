//! Structured logs.
//!
//! Owns where they go (standard error, so that standard output stays the announcement's) and how
//! much of them there is (`OPENPEX_LOG`, in the form of `RUST_LOG`). Never a secret: those that log
//! have types that do not print them.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Sets the process's logging up: JSON lines when `OPENPEX_LOG_FORMAT=json`, else text.
pub fn set_up() {
    let filter = EnvFilter::try_from_env("OPENPEX_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,hyper=warn"));
    let json = std::env::var("OPENPEX_LOG_FORMAT").is_ok_and(|format| format == "json");
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let done = if json {
        builder.json().try_init()
    } else {
        builder.try_init()
    };
    // Logging that was set up before, by a test for example, stays as it is.
    drop(done);
}
