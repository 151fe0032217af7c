//! The capacity engine against a brute-force oracle: many small pools, and a few large ones.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod oracle;
mod properties;
mod soak;
