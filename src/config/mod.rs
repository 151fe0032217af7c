//! What the service is told at its start: the command line, else the environment, else a TOML
//! file, else the defaults.
//!
//! Owns the names and defaults of every option. Secrets come only from the environment or from
//! files, never from the command line, where every user of the machine can read them.

mod options;
mod policy;
mod site;

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use openpex_aggregates::Timestamp;
use openpex_aggregates::policy::{Policy, PolicyError};

use crate::accounts::LoginLifetimes;
use crate::dispatcher::xen::XenOptions;
use crate::http::SiteSettings;

pub use options::{LedgerOptions, Registration, ServeOptions};
pub use policy::PolicyOptions;

/// Where the service listens unless told otherwise.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:8080";
/// Where the service keeps its data unless told otherwise.
pub const DEFAULT_DATA: &str = "./openpex-data";
/// The environment variable with the operator's first password.
pub const ADMIN_PASSWORD_VARIABLE: &str = "OPENPEX_ADMIN_PASSWORD";
/// The environment variable with the pool's password.
pub const XEN_PASSWORD_VARIABLE: &str = "OPENPEX_XEN_PASSWORD";

/// Everything the service needs to know, complete.
#[derive(Debug)]
pub struct ServeConfig {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where to keep data.
    pub data: PathBuf,
    /// The ledger: `sqlite:…` or `postgres://…`.
    pub database_url: String,
    /// What runs the instances.
    pub pool: PoolConfig,
    /// Where the test clock starts, if there is one; `None` inside means now.
    pub test_clock: Option<Option<Timestamp>>,
    /// Most commands that become durable in one transaction.
    pub batch_max: NonZeroUsize,
    /// Whether anyone may register.
    pub registration_open: bool,
    /// What the site is called, and where it is.
    pub site: SiteSettings,
    /// How long sessions last.
    pub login_lifetimes: LoginLifetimes,
    /// The policy to put in force; its templates are empty where the pool's own are meant.
    pub policy: Policy,
}

/// What runs the instances.
#[derive(Debug)]
pub enum PoolConfig {
    /// A simulated pool inside this process.
    Simulated {
        /// Number of hosts.
        hosts: u32,
        /// vCPUs of each.
        vcpus: u32,
        /// MiB of memory of each.
        memory_mib: u32,
        /// GB of disk of each.
        disk_gib: u32,
    },
    /// A Xen pool.
    Xen(XenOptions),
}

/// What is wrong with the options.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not of the right form.
    #[error("{} is not a valid configuration", path.display())]
    BadFile {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// An option's value is not of the right form.
    #[error("{option}: {value:?} is not {expected}")]
    BadValue {
        /// Which option.
        option: &'static str,
        /// Its value.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
    /// The policy makes no sense.
    #[error("the policy makes no sense")]
    BadPolicy(#[from] PolicyError),
    /// A Xen pool was named without its password.
    #[error("--xen-url needs a password in {XEN_PASSWORD_VARIABLE} or --xen-password-file")]
    NoXenPassword,
}
