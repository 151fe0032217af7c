//! The whole service as its users meet it: the real binary, driven over HTTP.
//!
//! Each test has a ledger, a pool and ports of its own.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test that cannot go on fails, and says what it saw"
)]

mod client;
mod crash;
mod events;
mod journal;
mod life;
mod process;
#[path = "../support/sse.rs"]
mod sse;
mod stores;
