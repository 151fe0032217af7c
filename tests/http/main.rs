//! The REST API through its real router, on the real writer, ledger and views, with a clock that
//! stands still until it is moved. Only the hypervisor is left out: its outcomes are recorded here.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod access;
mod accounts;
mod agreements;
mod bad_input;
mod conformance;
mod dialogues;
mod events;
mod idempotency;
mod instances;
mod lists;
mod openapi;
mod past;
mod portal;
mod search;
mod series;
mod service;
mod sessions;
mod site;
#[path = "../support/sse.rs"]
mod sse;
mod standing;
mod statistics;
mod tokens;
