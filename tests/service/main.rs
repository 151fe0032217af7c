//! The whole service as its users meet it: the real binary, driven over HTTP.
//!
//! Each test has a ledger, a pool and ports of its own.

mod client;
mod crash;
mod journal;
mod life;
mod process;
mod stores;
