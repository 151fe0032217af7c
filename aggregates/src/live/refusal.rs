//! Why a command is refused.

use super::users::QuotaExceeded;
use crate::account::AccountRefusal;
use crate::instance::InstanceRefusal;
use crate::negotiation::QuestionError;
use crate::policy::PolicyError;
use crate::recurrence::RecurrenceError;
use crate::reservation::Refusal;
use crate::series::SeriesRefusal;
use crate::standing::StandingRefusal;
use crate::terms::TermsError;

/// Why a command is refused; nothing is appended then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandRefusal {
    /// It is not there, has ended, or is not the actor's.
    #[error("there is no such live {0}")]
    NotFound(&'static str),
    /// The proposal breaks rules.
    #[error("{} rules of a proposal are broken", .0.len())]
    Terms(Vec<TermsError>),
    /// The recurrence makes no sense.
    #[error(transparent)]
    Recurrence(#[from] RecurrenceError),
    /// The series does not allow it.
    #[error(transparent)]
    Series(#[from] SeriesRefusal),
    /// The standing request does not allow it.
    #[error(transparent)]
    Standing(#[from] StandingRefusal),
    /// The question breaks rules.
    #[error("{} rules of a question are broken", .0.len())]
    Question(Vec<QuestionError>),
    /// The terms sent back are not those on the table.
    #[error("{field} was sent back as {sent}; on the table is {on_table}")]
    EchoDiffers {
        /// The field of the wire form.
        field: &'static str,
        /// What was sent.
        sent: String,
        /// What is offered.
        on_table: String,
    },
    /// The user has too many negotiations open.
    #[error("{open} negotiations are open; at most {max} can be at the same time for one user")]
    TooManySessions {
        /// How many there are.
        open: u32,
        /// The limit.
        max: u32,
    },
    /// More than the user may have.
    #[error(transparent)]
    Quota(#[from] QuotaExceeded),
    /// The account does not allow it.
    #[error(transparent)]
    Account(#[from] AccountRefusal),
    /// The policy makes no sense.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// Not in this state.
    #[error(transparent)]
    Reservation(#[from] Refusal),
    /// Not in this state.
    #[error(transparent)]
    Instance(#[from] InstanceRefusal),
}
