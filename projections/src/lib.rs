//! The read side of OpenPEX (the paper's Persistence, as its readers see it): views folded from the
//! ledger, for the API, the portal and analysts.
//!
//! Owns the tables of the views and how far they have got. A page of events and the checkpoint behind
//! it are one transaction, so every event is in the views exactly once, whatever crashes when. The
//! views are never a truth of their own: they can be thrown away and folded again.
//!
//! # Design notes
//! [`Runner`] is the one task that writes; it is woken when the ledger grows. A reader who must see
//! its own write waits with [`Views::wait_for`] for the position of the answer it got. Until the views
//! are known to be of this ledger and of this program's folds, queries say [`ViewsError::NotReady`];
//! a rebuild is one transaction, so nobody ever sees half of it.

mod accounts;
mod checkpoint;
mod error;
mod instances;
mod list;
mod nodes;
mod over_time;
mod owners;
mod page;
mod policy;
mod projector;
mod reservations;
mod runner;
mod series;
mod source;
mod standing_requests;
mod statistics;
mod store;
mod table;
mod views;

pub use accounts::{AccountView, Accounts};
pub use checkpoint::VIEWS_VERSION;
pub use error::ViewsError;
pub use instances::{InstanceFilter, InstanceView, Instances};
pub use list::{LIST_LIMIT_MAX, Listed, Page};
pub use nodes::{NodeView, Nodes};
pub use over_time::{Booking, BookingCursor, BookingFilter, BookingKind, Bookings};
pub use owners::Owners;
pub use policy::{PolicyView, SitePolicy};
pub use reservations::{ReservationFilter, ReservationView, Reservations};
pub use runner::{PAGE_EVENTS, RETRY_DELAYS_MS, Runner};
pub use series::{SeriesView, SeriesViews};
pub use source::{EventSource, SourceError, SourceEvent};
pub use standing_requests::{StandingRequestView, StandingRequests};
pub use statistics::{
    Agreed, AmountsMs, Demand, DemandStep, PerVcpuHour, PriceStep, Prices,
    STATISTICS_NODE_STEPS_MAX, STATISTICS_ROWS_MAX, STATISTICS_STEP_MIN_MS, STATISTICS_STEPS_MAX,
    Statistics, Steps, Tally, Utilisation, UtilisationBy, UtilisationSeries, UtilisationStep,
    credits,
};
pub use table::View;
pub use views::Views;
