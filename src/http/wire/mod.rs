//! The forms on the wire (PROTOCOL, REST): the paper's fields in the paper's order, then ours.

mod account;
mod answer;
mod instance;
mod message;
mod proposal;
mod reason;
mod reservation;
mod series;
mod site;
mod standing;
pub mod words;

pub use account::{AccountOut, EntryOut, GrantBody};
pub use answer::NegotiationAnswer;
pub use instance::{InstanceOut, POWER_STATES};
pub use message::{MessageBody, read_message};
pub use proposal::{ProposalBody, ProposalIn};
pub use reason::{ReasonOut, by_name, reasons_out};
pub use reservation::ReservationOut;
pub use series::{SeriesOut, reservations_of};
pub use site::{NodeOut, ResourcesOut, TemplateOut, TypeOut};
pub use standing::StandingRequestOut;
