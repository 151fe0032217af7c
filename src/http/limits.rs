//! Every limit of the REST API, by name.

use std::time::Duration;

/// The largest request body, in bytes.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// How long a body may take to arrive.
pub const BODY_TIME_MAX: Duration = Duration::from_secs(10);
/// How long a whole request may take; what it asked for may still come about after that.
pub const REQUEST_TIME_MAX: Duration = Duration::from_secs(30);
/// How long a move of the test clock may take, with all that becomes due.
pub const CLOCK_TIME_MAX: Duration = Duration::from_secs(600);
/// How far the test clock moves at once: a hundred years, in milliseconds.
pub const CLOCK_ADVANCE_MS_MAX: i64 = 100 * 366 * 24 * 3_600_000;
/// How long a read waits for the views to show its caller's own writes.
pub const READ_WAIT_MAX: Duration = Duration::from_secs(5);
/// Entries of a list where the client names no number.
pub const LIST_LIMIT_DEFAULT: u32 = 50;
/// Most entries of a list.
pub const LIST_LIMIT_MAX: u32 = 200;
/// Most bookings of one part of a list: a time line has many, and each is short.
pub const BOOKINGS_LIMIT_MAX: u32 = 1_000;
/// Bookings of one part of a list where the client names no number.
pub const BOOKINGS_LIMIT_DEFAULT: u32 = 200;
/// Most series of one part of a list: each brings all of its occurrences.
pub const SERIES_LIST_LIMIT_MAX: u32 = 50;
/// The longest `Idempotency-Key`, in bytes.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;
/// The longest note of a grant, in characters.
pub const NOTE_CHARS_MAX: usize = 200;
/// The longest `X-Request-Id` that is taken over from a client, in bytes.
pub const REQUEST_ID_BYTES_MAX: usize = 64;
/// Users whose newest own write is remembered one by one.
pub const OWN_WRITES_USERS_MAX: usize = 10_000;
/// Idempotency locks that are kept before those nobody holds are dropped.
pub const KEYED_LOCKS_KEPT: usize = 1_024;
/// Failed log-ins to one name from one network before the next has to wait.
pub const FAILURES_PER_NAME_MAX: u32 = 10;
/// Failed log-ins from one network, to whatever names, before the next has to wait.
pub const FAILURES_PER_NETWORK_MAX: u32 = 100;
/// How long failed log-ins count, from the first of them.
pub const FAILURE_WINDOW: Duration = Duration::from_secs(60);
/// Names and networks whose failures are counted; more are not.
pub const FAILURES_COUNTED_MAX: usize = 10_000;
/// When to come back after a passing fault.
pub const RETRY_AFTER_SECS: u64 = 1;
/// Event streams that one user may have open.
pub const EVENT_STREAMS_PER_USER_MAX: usize = 16;
/// Event streams that may be open in all.
pub const EVENT_STREAMS_MAX: usize = 512;
/// How far back a stream may begin, in events.
pub const EVENTS_BEHIND_MAX: u64 = 100_000;
/// Most events in one piece of a stream.
pub const CHUNK_EVENTS_MAX: usize = 64;
/// Pieces of a stream that wait for its client, at most.
pub const STREAM_CHUNKS_MAX: usize = 16;
/// How long a stream waits for a client that takes nothing, before it ends.
pub const SLOW_CLIENT_MAX: Duration = Duration::from_secs(10);
/// How long a stream says nothing, before it says how far it is.
pub const STREAM_SILENCE_MAX: Duration = Duration::from_secs(15);
/// How long a stream sends events without checking its credentials anew.
pub const CREDENTIALS_TRUSTED_FOR: Duration = Duration::from_secs(2);
/// Most events of a history, with those of the instances.
pub const HISTORY_EVENTS_MAX: usize = 20_000;
