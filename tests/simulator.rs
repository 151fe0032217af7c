//! The simulated Xen pool, driven over HTTP as its clients drive it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "simulator/events.rs"]
mod events;
#[path = "simulator/faults.rs"]
mod faults;
#[path = "simulator/keeping.rs"]
mod keeping;
#[path = "simulator/life.rs"]
mod life;
#[path = "simulator/limits.rs"]
mod limits;
#[path = "simulator/pool.rs"]
mod pool;
#[path = "simulator/power_states.rs"]
mod power_states;
#[path = "simulator/vendor_client.rs"]
mod vendor_client;
#[path = "simulator/wire.rs"]
mod wire;
