//! The `openpex` binary.

fn main() {}
