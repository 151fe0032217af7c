//! The ledger: every event of OpenPEX in one gapless, hash-chained, append-only order (the paper's
//! Persistence).
//!
//! Owns the `events` table, the right to append to it, and the little that must be durable beside it:
//! answers kept under idempotency keys, and snapshots. It never decides anything and, but for the auditor's
//! check of the books, never interprets an event; it never updates or deletes one, and neither does the database.
//!
//! # Design notes
//!
//! There is one writer. It knows the head, so it gives out positions and sequences itself; an append
//! checks the epoch and that it continues exactly the head that is there (position, hash, time), inserts
//! everything, and commits, in one transaction. Appends are made one after the other, so a batch that
//! fails leaves no hole under the next. Readers use connections of their own and never wait for the
//! writer.

pub mod chain;
mod claim;
mod error;
mod event;
mod location;
mod memory;
mod postgres;
mod rows;
mod rules;
mod schema;
mod sole_connection;
mod sqlite;
mod store;
mod streams;
pub mod verify;

use std::ops::Deref;

pub use claim::WriterClaim;
pub use error::{Cause, LedgerError};
pub use event::{
    Append, ChainHash, FactText, Head, IdempotencyRecord, NewEvent, Snapshot, StoredEvent,
};
pub use location::Location;
pub use memory::{AppendFault, MemoryStore};
pub use postgres::PostgresStore;
pub use rules::{
    APPEND_EVENTS_MAX, CLAIM_PATIENCE, PAGE_EVENTS, SNAPSHOT_BYTES_MAX, SNAPSHOTS_KEPT,
};
pub use sqlite::SqliteStore;
pub use store::{EventStore, FactVisitor, Fold, Visitor};
pub use verify::{BrokenRule, Imbalance, VerifyError, VerifyReport};

/// What a ledger is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To serve: makes what is missing and migrates the tables.
    ReadWrite,
    /// To read beside a running service: makes and changes nothing, and cannot append.
    ReadOnly,
}

/// An open ledger; clones share it. The operations are those of [`EventStore`].
#[derive(Clone)]
pub enum Ledger {
    /// In PostgreSQL.
    Postgres(PostgresStore),
    /// In an SQLite file.
    Sqlite(SqliteStore),
    /// In memory, for simulation and tests.
    Memory(MemoryStore),
}

impl Ledger {
    /// Opens the ledger at `sqlite:PATH` or `postgres://…`.
    ///
    /// # Errors
    /// A bad URL, a store that cannot be reached or migrated, or PostgreSQL settings under which it would
    /// lose what it acknowledged.
    pub async fn open(url: &str, access: Access) -> Result<Self, LedgerError> {
        match url.parse()? {
            Location::Sqlite(path) => SqliteStore::open(&path, access).await.map(Self::Sqlite),
            Location::Postgres(options) => PostgresStore::open(*options, access)
                .await
                .map(Self::Postgres),
        }
    }

    /// Checks the whole ledger and shows each event to `fold`; see [`verify::verify`].
    ///
    /// # Errors
    /// The first rule that is broken, and where.
    pub async fn verify(&self, fold: Fold<'_>) -> Result<VerifyReport, VerifyError> {
        verify::verify(&**self, fold).await
    }

    /// Closes the connections; the file of an SQLite ledger is then complete without its log.
    pub async fn close(&self) {
        match self {
            Self::Postgres(store) => store.close().await,
            Self::Sqlite(store) => store.close().await,
            Self::Memory(_) => {}
        }
    }
}

impl Deref for Ledger {
    type Target = dyn EventStore;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Postgres(store) => store,
            Self::Sqlite(store) => store,
            Self::Memory(store) => store,
        }
    }
}
