//! The Xen dispatcher against scripted servers and the simulated pool.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions, and these are their helpers"
)]

mod effects;
mod gate;
mod interrupted;
mod inventory;
mod logs;
mod pool;
mod sessions;
mod tls;
