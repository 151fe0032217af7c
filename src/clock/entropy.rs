//! The one place that draws randomness: ids, salts, keys and generated passwords.

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

/// A new random UUID (version 4).
#[must_use]
pub fn new_uuid() -> Uuid {
    uuid::Builder::from_random_bytes(random_bytes()).into_uuid()
}
