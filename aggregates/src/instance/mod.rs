//! The Instance aggregate: a virtual machine of a reservation, as wanted and as observed.

mod effect;

pub use effect::{Effect, InstanceSpec, Observation, PowerState};
