//! The views against a direct fold of the same facts, on both stores through one suite.

mod exactness;
mod feed;
mod ledger;
mod lists;
mod measure;
mod rebuild;
mod replay;
mod stores;
mod waiting;
