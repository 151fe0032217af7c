//! The views against a direct fold of the same facts, on both stores through one suite.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends where anything is not as it must be, and prints its figures"
)]

mod exactness;
mod feed;
mod ledger;
mod lists;
mod over_time;
mod rebuild;
mod replay;
mod stores;
mod waiting;
