//! Workloads, real and generated, that drive the capacity engine and a brute-force oracle of it
//! through the same questions, so that their answers can be compared request by request.
//!
//! Owns the readers of workload traces, a generator of logs for where no trace is at hand, the
//! driver that lets a whole trace be answered, and the oracle. Must never reach into the engine:
//! it asks what [`openpex_aggregates::capacity::Pool`] offers to everybody. The traces themselves
//! are no part of the project; [`traces::folder`] says where they are looked for.

pub mod capacity;
pub mod driver;
pub mod oracle;
pub mod outcome;
pub mod reader;
pub mod request;
pub mod rng;
pub mod synthetic;
pub mod traces;

pub use capacity::Capacity;
pub use driver::{Answering, drive};
pub use outcome::{Answer, Decision, Outcome, Totals};
pub use request::{Request, in_order_of_arrival};
