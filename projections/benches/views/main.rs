//! The views with 100,000 reservations: events projected a second, and pages of 50 by every filter
//! (PERFORMANCE, targets 8 and 9).
//!
//! `cargo bench -p openpex-projections --bench views`; the PostgreSQL is that of the tests. It asserts
//! nothing about time.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    dead_code,
    unused_imports,
    unused_macros,
    reason = "a benchmark prints figures; it shares the tests' feed and uses part of it"
)]

#[path = "../../tests/views/feed.rs"]
mod feed;
#[path = "../../tests/views/ledger.rs"]
mod ledger;
mod measure;
#[path = "../../tests/views/stores.rs"]
mod stores;

use stores::Fresh;

#[tokio::main]
async fn main() {
    measure::figures(Fresh::sqlite().await).await;
    measure::figures(Fresh::postgres().await).await;
}
