//! The domain of OpenPEX, pure: what a reservation, an instance and a node are, and how the
//! provider decides.
//!
//! Nothing here reads a clock, draws a random number or does I/O. Time and ids come in with the
//! command, so an auditor can decide again from the ledger and must get the same answer.

pub mod account;
pub mod capacity;
mod forms;
#[cfg(test)]
mod golden;
pub mod ids;
pub mod instance;
pub mod live;
pub mod money;
pub mod negotiation;
pub mod node;
pub mod policy;
pub mod pricing;
pub mod recurrence;
pub mod refunds;
pub mod reservation;
pub mod resources;
#[cfg(test)]
mod samples;
pub mod sender;
pub mod series;
pub mod site;
pub mod standing;
pub mod terms;
pub mod time;
pub mod weekdays;
mod zone;

pub use ids::{InstanceId, NodeName, OfferId, ReservationId, SeriesId, StandingRequestId, UserId};
pub use money::MicroCredits;
pub use resources::{Dimension, Resources};
pub use time::{TimeWindow, Timestamp};
