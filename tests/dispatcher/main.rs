//! The Xen dispatcher against scripted servers and the simulated pool.

mod effects;
mod gate;
mod interrupted;
mod inventory;
mod logs;
mod pool;
mod sessions;
mod tls;
