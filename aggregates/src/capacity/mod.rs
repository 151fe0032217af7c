//! Capacity over time.
