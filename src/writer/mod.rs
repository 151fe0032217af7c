//! The single writer: the one task that decides and appends.
//!
//! Owns the live state and the only right to append to the ledger. It takes whatever commands
//! wait, decides them one after the other, appends all their events in one transaction and only
//! then answers. If an append fails it throws its memory away and folds the ledger again. Nothing
//! else may append, and a caller that goes away never cancels a decision half-way.

mod request;

pub use request::{Committed, IdempotencyKey, WriteError, WriteRequest};
