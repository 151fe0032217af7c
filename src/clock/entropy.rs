//! The one place that draws randomness: ids, salts, keys and generated passwords.

use openpex_aggregates::Timestamp;
use uuid::Uuid;

/// `N` bytes from the operating system's generator.
///
/// # Panics
/// When the operating system cannot give randomness: nothing secret can be made then.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that draws randomness"
)]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("invariant: the operating system gives randomness");
    bytes
}

/// A new UUID that sorts by the time it was made at, random besides (version 7, RFC 9562).
///
/// What is stored under such ids goes to the end of an index, where random ones would each touch
/// another page of it.
#[must_use]
pub fn new_uuid_at(now: Timestamp) -> Uuid {
    // Before 1970 there was nothing to sort.
    let millis = u64::try_from(now.0).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random_bytes()).into_uuid()
}

/// A new random UUID (version 4).
#[must_use]
pub fn new_uuid() -> Uuid {
    uuid::Builder::from_random_bytes(random_bytes()).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_their_time_and_differ_within_it() {
        let at = |millis| new_uuid_at(Timestamp(millis));
        assert!(at(1_700_000_000_000) < at(1_700_000_000_001));
        assert_ne!(at(5), at(5));
        assert_eq!(at(5).get_version_num(), 7);
        assert!(at(-1) < at(1));
    }
}
