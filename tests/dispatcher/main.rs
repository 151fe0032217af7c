//! The Xen dispatcher against scripted servers and the simulated pool.

mod gate;
mod logs;
mod sessions;
mod tls;
