//! OpenPEX: everything of the service that touches the world, around the pure domain of
//! `openpex-aggregates`.

pub mod accounts;
pub mod cli;
pub mod clock;
pub mod config;
pub mod dispatcher;
pub mod event_feed;
pub mod http;
pub mod ledger;
pub mod monitors;
pub mod portal;
pub mod process_manager;
pub mod read_side;
pub mod simulator;
pub mod telemetry;
pub mod writer;
