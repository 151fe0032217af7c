//! The ledger and the accounts, against memory, SQLite and PostgreSQL.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test panics where it fails"
)]

mod accounts;
mod aggregates;
mod append;
mod books;
mod claims;
mod database;
mod idempotency;
mod logins;
mod opening;
mod reading;
mod site;
mod snapshots;
#[path = "../support/mod.rs"]
mod support;
mod tampering;

/// Runs each of these functions against every store.
macro_rules! on_every_store {
    ($($test:ident),+ $(,)?) => {
        mod memory {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::site::Site::memory()).await;
            })+
        }
        mod sqlite {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::site::Site::sqlite().await).await;
            })+
        }
        mod postgres {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::site::Site::postgres().await).await;
            })+
        }
    };
}

/// Runs each of these functions against the stores that are databases.
macro_rules! on_every_database {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::site::Site::sqlite().await).await;
            })+
        }
        mod postgres {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::site::Site::postgres().await).await;
            })+
        }
    };
}

pub(crate) use {on_every_database, on_every_store};
