//! The capacity engine against a brute-force oracle: many small pools, and a few large ones.

mod oracle;
mod properties;
mod soak;
