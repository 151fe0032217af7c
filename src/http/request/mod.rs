//! What comes in: credentials, bodies, keys, preconditions, dates and queries, each checked before
//! anything else happens.

mod auth;
mod body;
mod cookie;
mod dates;
mod fields;
mod idempotency;
mod origin;
mod parameters;
mod path_id;
mod precondition;
mod proof;
mod query;
mod throttle;

pub use auth::Caller;
pub use body::Sent;
pub use cookie::SessionCookie;
pub use dates::parse_instant;
pub use fields::Fields;
pub use idempotency::KeyedLocks;
pub use origin::{check_own_site, guard_browsers};
pub use parameters::Parameters;
pub(super) use parameters::bad;
pub use path_id::id_of;
pub use precondition::{etag_of, is_unchanged};
pub use proof::{Credentials, Proof};
pub(super) use proof::{network_from, unauthorized};
pub use query::ListQuery;
pub use throttle::Throttle;
