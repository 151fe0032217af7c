//! What comes in: credentials, bodies, keys, preconditions, dates and queries, each checked before
//! anything else happens.

mod auth;
mod body;
mod dates;
mod fields;
mod idempotency;
mod origin;
mod parameters;
mod path_id;
mod precondition;
mod query;
mod recheck;
mod throttle;

pub(super) use auth::network_from;
pub use auth::{Caller, Credentials, credentials_of};
pub use body::Sent;
pub use dates::parse_instant;
pub use fields::Fields;
pub use idempotency::KeyedLocks;
pub use parameters::Parameters;
pub use path_id::id_of;
pub use precondition::{etag_of, is_unchanged};
pub use query::{ListQuery, next_link};
pub use recheck::Recheck;
pub use throttle::Throttle;
