//! What can go wrong on the read side.

use sqlx::migrate::MigrateError;

use crate::source::SourceError;

/// Why the views could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ViewsError {
    /// The database URL does not say where the views are.
    #[error("bad database url: {0}")]
    BadUrl(&'static str),
    /// The tables could not be made or brought up to date.
    #[error("the tables of the views could not be migrated")]
    Migration(#[source] Box<MigrateError>),
    /// The database failed.
    #[error("the database of the views failed")]
    Database(#[from] sqlx::Error),
    /// The ledger could not be read.
    #[error("the ledger could not be read after position {after}")]
    Source {
        /// What was read before.
        after: u64,
        /// Why.
        #[source]
        source: SourceError,
    },
    /// The ledger gave another event than the next.
    #[error("the ledger goes on with position {found} where {expected} should come")]
    PositionGap {
        /// Which should come.
        expected: u64,
        /// Which came.
        found: u64,
    },
    /// A view and the ledger disagree on how far a stream has got.
    #[error("stream {stream} goes on with event {found} where the view expects {expected}")]
    SequenceGap {
        /// Which stream.
        stream: String,
        /// What the view expects.
        expected: u64,
        /// What came.
        found: u64,
    },
    /// A row of a view does not read; it was not written by this version of the program.
    #[error("row {key:?} of view {view} does not read")]
    BadRow {
        /// Which view.
        view: &'static str,
        /// Which row.
        key: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A view has a row already that the ledger begins only now.
    #[error("view {view} has a row already that begins only now")]
    RowThere {
        /// Which view.
        view: &'static str,
        /// What the database said.
        #[source]
        source: sqlx::Error,
    },
    /// Something else moved the checkpoint: another runner on the same database.
    #[error("the checkpoint is not at position {expected} any more")]
    Overtaken {
        /// Where this runner left it.
        expected: u64,
    },
    /// A newer program wrote the views; only [`crate::Views::rebuild`] takes them back.
    #[error("the views are of version {stored}; this program writes {ours}")]
    NewerVersion {
        /// The version that is stored.
        stored: i64,
        /// The version of this program.
        ours: i64,
    },
    /// The views are not known to be of this ledger yet, or are being folded anew.
    #[error("the views are not ready")]
    NotReady,
    /// A statistic would go through more rows than one answer may cost.
    #[error("more than {max} rows are in this time")]
    TooManyRows {
        /// The limit.
        max: u64,
    },
    /// A statistic by node would have more steps of all nodes together than one answer holds.
    #[error("{nodes} nodes of {steps} steps each; at most {max} steps of all can be in one answer")]
    TooManyNodeSteps {
        /// How many nodes there are.
        nodes: i64,
        /// How many steps each would have.
        steps: i64,
        /// The limit of all steps together.
        max: i64,
    },
    /// A page of no rows, or of too many, was asked for.
    #[error("a page of {asked} rows; at least 1 and at most {max} can be")]
    LimitOutOfRange {
        /// How many were asked for.
        asked: usize,
        /// The limit.
        max: usize,
    },
}

impl ViewsError {
    /// Whether only folding the views anew can help.
    pub(crate) const fn means_damage(&self) -> bool {
        matches!(
            self,
            Self::SequenceGap { .. } | Self::BadRow { .. } | Self::RowThere { .. }
        )
    }
}
