//! Capacity over time: what every node has left at every instant, and what can be promised of it
//! (the Allocator of the paper, section 3.2).
//!
//! Owns the usage of each node as an exact step function of time ([`Profile`]), the same of all
//! nodes laid out by time (`timeline`), the nodes of a site ([`Pool`]), and the questions a decision asks of them: where does this fit, and if it does
//! not, why not, when would it, and how much of it would. Offers that are held and reservations
//! that are confirmed count alike: both are booked windows.
//!
//! Must never read a clock, round time to a grid, answer approximately, or book a window that
//! would exceed a capacity (`Pool::force_book`, for the fold of history, is the named exception).
//! Windows are half open, so what ends at an instant is gone before what starts at it comes.

mod amounts;
mod evidence;
mod placement;
mod pool;
mod profile;
mod timeline;

pub use amounts::MAX_NODE_AMOUNT;
pub use evidence::{MAX_BINDING_NODES, NeverFits, NodeShortage, Shortage};
pub use placement::{Placement, PlacementPart};
pub use pool::{
    CapacityError, FreeCapacity, FreeStep, MAX_FREE_STEPS, NodeState, Pool, UsageReport,
};
pub use profile::{Profile, ProfileError};
