//! The forms on the wire (PROTOCOL, REST): the paper's fields in the paper's order, then ours.

mod account;
mod answer;
mod instance;
mod message;
mod proposal;
mod reservation;
mod series;
mod site;
mod standing;

pub use account::{AccountOut, EntryOut};
pub use answer::{NegotiationAnswer, reasons_out};
pub use instance::{InstanceOut, POWER_STATES};
pub use message::read_message;
pub use proposal::ProposalIn;
pub use reservation::ReservationOut;
pub use series::{SeriesOut, reservations_of};
pub use site::{NodeOut, TemplateOut, TypeOut};
pub use standing::StandingRequestOut;
