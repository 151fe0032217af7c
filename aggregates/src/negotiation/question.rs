//! Why a question is refused that asks what could be had, and binds nobody.

use crate::Timestamp;
use crate::terms::TermsError;

/// A rule of a question that is broken, with the numbers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuestionError {
    /// A rule that a proposal has, too.
    #[error("{error}")]
    Terms {
        /// The parameter of the question that breaks it.
        field: &'static str,
        /// The rule.
        error: TermsError,
    },
    /// The range ends before it begins.
    #[error("the range ends at {to}, before it begins at {from}")]
    RangeReversed {
        /// Where it begins.
        from: Timestamp,
        /// Where it ends.
        to: Timestamp,
    },
    /// The step is too short or too long.
    #[error("a step of {asked_ms} ms; at least {min_ms} and at most {max_ms} ms can be")]
    StepOutOfRange {
        /// What was asked for.
        asked_ms: i64,
        /// The shortest.
        min_ms: i64,
        /// The longest.
        max_ms: i64,
    },
    /// More steps than one answer holds.
    #[error("{steps} steps from the beginning to the end; at most {max} can be in one answer")]
    TooManySteps {
        /// How many there would be.
        steps: i64,
        /// The limit.
        max: i64,
    },
    /// More steps of all nodes together than one answer holds.
    #[error(
        "{steps} steps of {nodes} nodes; at most {max} steps of all nodes can be in one answer"
    )]
    TooManyNodeSteps {
        /// How many nodes there would be.
        nodes: i64,
        /// How many steps each would have.
        steps: i64,
        /// The limit of all steps together.
        max: i64,
    },
    /// The number of entries is out of range.
    #[error("{asked} entries asked for; at least 1 and at most {max} can be")]
    LimitOutOfRange {
        /// What was asked for.
        asked: i64,
        /// The limit.
        max: u32,
    },
}

impl QuestionError {
    /// The parameter that breaks the rule.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Terms { field, .. } => field,
            Self::RangeReversed { .. } => "to",
            Self::StepOutOfRange { .. } | Self::TooManySteps { .. } => "step",
            Self::LimitOutOfRange { .. } | Self::TooManyNodeSteps { .. } => "limit",
        }
    }

    /// A stable name of the rule.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Terms { error, .. } => error.code(),
            Self::RangeReversed { .. } => "range_reversed",
            Self::StepOutOfRange { .. } => "step_out_of_range",
            Self::TooManySteps { .. } => "too_many_steps",
            Self::LimitOutOfRange { .. } => "limit_out_of_range",
            Self::TooManyNodeSteps { .. } => "too_many_node_steps",
        }
    }
}
