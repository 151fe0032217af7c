//! The options themselves, and how they are put together.

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};

use chrono::DateTime;
use clap::{Args, ValueEnum};
use openpex_aggregates::Timestamp;
use serde::Deserialize;

use super::{
    ConfigError, DEFAULT_DATA, DEFAULT_LISTEN, PolicyOptions, PoolConfig, ServeConfig,
    XEN_PASSWORD_VARIABLE,
};
use crate::dispatcher::xen::{Secret, XenOptions, XenTimeouts};
use crate::writer::BATCH_MAX;

/// Who may make an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Registration {
    /// Anyone.
    Open,
    /// Nobody.
    Closed,
}

/// Options of `openpex serve`; each is also an environment variable and a key of the file.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ServeOptions {
    /// TOML file with any of these options
    #[arg(long, env = "OPENPEX_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// Address to listen on [default: 127.0.0.1:8080]
    #[arg(long, env = "OPENPEX_LISTEN", value_name = "ADDR")]
    pub listen: Option<String>,
    /// Folder for the data [default: ./openpex-data]
    #[arg(long, env = "OPENPEX_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Where the ledger is: sqlite:PATH or postgres://… [default: SQLite in the data folder]
    #[arg(
        long,
        env = "OPENPEX_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    pub database_url: Option<String>,
    /// URL of a Xen pool; without it a simulated pool runs inside this process
    #[arg(long, env = "OPENPEX_XEN_URL", value_name = "URL")]
    pub xen_url: Option<String>,
    /// Whom to log in to the pool as; the password is in OPENPEX_XEN_PASSWORD [default: root]
    #[arg(long, env = "OPENPEX_XEN_USER", value_name = "NAME")]
    pub xen_user: Option<String>,
    /// File with the pool's password
    #[arg(long, env = "OPENPEX_XEN_PASSWORD_FILE", value_name = "FILE")]
    pub xen_password_file: Option<PathBuf>,
    /// PEM file with the certificate authority of the pool
    #[arg(long, env = "OPENPEX_XEN_CA_FILE", value_name = "FILE")]
    pub xen_ca_file: Option<PathBuf>,
    /// Hosts of the simulated pool [default: 4]
    #[arg(long, env = "OPENPEX_SIM_HOSTS", value_name = "N")]
    pub sim_hosts: Option<u32>,
    /// vCPUs of each simulated host [default: 16]
    #[arg(long, env = "OPENPEX_SIM_VCPUS", value_name = "N")]
    pub sim_vcpus: Option<u32>,
    /// MiB of memory of each simulated host [default: 32768]
    #[arg(long, env = "OPENPEX_SIM_MEMORY_MIB", value_name = "MIB")]
    pub sim_memory_mib: Option<u32>,
    /// GB of disk of each simulated host [default: 500]
    #[arg(long, env = "OPENPEX_SIM_DISK_GIB", value_name = "GB")]
    pub sim_disk_gib: Option<u32>,
    /// How long an offer holds its capacity, in seconds [default: 600]
    #[arg(long, env = "OPENPEX_HOLD_SECS", value_name = "SECS")]
    pub hold_secs: Option<u32>,
    /// How long a negotiation stays open after the user's last message, in seconds [default: 1800]
    #[arg(long, env = "OPENPEX_SESSION_SECS", value_name = "SECS")]
    pub session_secs: Option<u32>,
    /// Let time stand still until POST /OpenPEX/clock moves it, from START or from now
    #[arg(
        long,
        env = "OPENPEX_TEST_CLOCK",
        value_name = "START",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "now"
    )]
    pub test_clock: Option<String>,
    /// Most commands that become durable in one transaction [default: 512]
    #[arg(long, env = "OPENPEX_BATCH_MAX", value_name = "N")]
    pub batch_max: Option<NonZeroUsize>,
    /// Who may make an account [default: open]
    #[arg(long, env = "OPENPEX_REGISTRATION", value_enum, value_name = "WHO")]
    pub registration: Option<Registration>,
    /// What the site is called [default: OpenPEX]
    #[arg(long, env = "OPENPEX_SITE_NAME", value_name = "NAME")]
    pub site_name: Option<String>,
    /// The time zone the site is in, such as Europe/Zurich [default: UTC]
    #[arg(long, env = "OPENPEX_SITE_ZONE", value_name = "ZONE")]
    pub site_zone: Option<String>,
    /// Where browsers reach the service, such as https://pex.example.org before a proxy with TLS
    #[arg(long, env = "OPENPEX_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// How long a log-in lasts without being used, in seconds [default: 28800]
    #[arg(long, env = "OPENPEX_LOGIN_IDLE_SECS", value_name = "SECS")]
    pub login_idle_secs: Option<NonZeroU32>,
    /// How long a log-in lasts at the most, in seconds [default: 604800]
    #[arg(long, env = "OPENPEX_LOGIN_MAX_SECS", value_name = "SECS")]
    pub login_max_secs: Option<NonZeroU32>,
    /// The policy, only in the file.
    #[arg(skip)]
    pub policy: PolicyOptions,
}

/// Options of the `openpex ledger` commands.
#[derive(Debug, Clone, Default, Args)]
pub struct LedgerOptions {
    /// TOML file of the service
    #[arg(long, env = "OPENPEX_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder of the service's data [default: ./openpex-data]
    #[arg(long, env = "OPENPEX_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Where the ledger is: sqlite:PATH or postgres://… [default: SQLite in the data folder]
    #[arg(
        long,
        env = "OPENPEX_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    pub database_url: Option<String>,
}

impl LedgerOptions {
    /// The URL of the ledger.
    ///
    /// # Errors
    /// When the configuration file cannot be read.
    pub fn database_url(self) -> Result<String, ConfigError> {
        let options = ServeOptions {
            config: self.config,
            data: self.data,
            database_url: self.database_url,
            ..ServeOptions::default()
        };
        let options = options.with_file()?;
        let data = options.data.unwrap_or_else(|| PathBuf::from(DEFAULT_DATA));
        Ok(options.database_url.unwrap_or_else(|| ledger_file(&data)))
    }
}

fn ledger_file(data: &Path) -> String {
    format!("sqlite:{}", data.join("ledger.db").display())
}

impl ServeOptions {
    /// These options over those of the file they name.
    fn with_file(self) -> Result<Self, ConfigError> {
        let Some(path) = self.config.clone() else {
            return Ok(self);
        };
        let text = std::fs::read_to_string(&path).map_err(|source| ConfigError::Unreadable {
            path: path.clone(),
            source,
        })?;
        let file: Self = toml::from_str(&text).map_err(|source| ConfigError::BadFile {
            path,
            source: Box::new(source),
        })?;
        Ok(Self {
            config: self.config,
            listen: self.listen.or(file.listen),
            data: self.data.or(file.data),
            database_url: self.database_url.or(file.database_url),
            xen_url: self.xen_url.or(file.xen_url),
            xen_user: self.xen_user.or(file.xen_user),
            xen_password_file: self.xen_password_file.or(file.xen_password_file),
            xen_ca_file: self.xen_ca_file.or(file.xen_ca_file),
            sim_hosts: self.sim_hosts.or(file.sim_hosts),
            sim_vcpus: self.sim_vcpus.or(file.sim_vcpus),
            sim_memory_mib: self.sim_memory_mib.or(file.sim_memory_mib),
            sim_disk_gib: self.sim_disk_gib.or(file.sim_disk_gib),
            hold_secs: self.hold_secs.or(file.hold_secs),
            session_secs: self.session_secs.or(file.session_secs),
            test_clock: self.test_clock.or(file.test_clock),
            batch_max: self.batch_max.or(file.batch_max),
            registration: self.registration.or(file.registration),
            site_name: self.site_name.or(file.site_name),
            site_zone: self.site_zone.or(file.site_zone),
            public_url: self.public_url.or(file.public_url),
            login_idle_secs: self.login_idle_secs.or(file.login_idle_secs),
            login_max_secs: self.login_max_secs.or(file.login_max_secs),
            policy: file.policy,
        })
    }

    /// Everything the service needs to know; `env` looks an environment variable up.
    ///
    /// # Errors
    /// When the file cannot be read, or a value is not of the right form.
    pub fn into_config(
        self,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<ServeConfig, ConfigError> {
        let options = self.with_file()?;
        let listen = options
            .listen
            .clone()
            .unwrap_or_else(|| DEFAULT_LISTEN.to_owned());
        let listen: SocketAddr = listen.parse().map_err(|_| ConfigError::BadValue {
            option: "--listen",
            value: listen,
            expected: "an address and a port such as 127.0.0.1:8080",
        })?;
        let data = options
            .data
            .clone()
            .unwrap_or_else(|| PathBuf::from(DEFAULT_DATA));
        Ok(ServeConfig {
            listen,
            database_url: options
                .database_url
                .clone()
                .unwrap_or_else(|| ledger_file(&data)),
            data,
            pool: options.pool(env)?,
            test_clock: options
                .test_clock
                .as_deref()
                .map(clock_start)
                .transpose()?
                .flatten(),
            batch_max: options.batch_max.unwrap_or(BATCH_MAX),
            registration_open: options.registration != Some(Registration::Closed),
            site: options.site()?,
            login_lifetimes: options.login_lifetimes(),
            policy: options
                .policy
                .into_policy(options.hold_secs, options.session_secs)?,
        })
    }

    fn pool(&self, env: impl Fn(&str) -> Option<String>) -> Result<PoolConfig, ConfigError> {
        let Some(url) = self.xen_url.clone() else {
            return Ok(PoolConfig::Simulated {
                hosts: self.sim_hosts.unwrap_or(4),
                vcpus: self.sim_vcpus.unwrap_or(16),
                memory_mib: self.sim_memory_mib.unwrap_or(32_768),
                disk_gib: self.sim_disk_gib.unwrap_or(500),
            });
        };
        let from_file = |path: &PathBuf| {
            std::fs::read_to_string(path)
                .map(|text| text.trim_end_matches(['\r', '\n']).to_owned())
                .map_err(|source| ConfigError::Unreadable {
                    path: path.clone(),
                    source,
                })
        };
        let password = match &self.xen_password_file {
            Some(path) => Some(from_file(path)?),
            None => env(XEN_PASSWORD_VARIABLE),
        };
        Ok(PoolConfig::Xen(XenOptions {
            url,
            user: self.xen_user.clone().unwrap_or_else(|| "root".to_owned()),
            password: password
                .map(Secret::new)
                .ok_or(ConfigError::NoXenPassword)?,
            ca_file: self.xen_ca_file.clone(),
            timeouts: XenTimeouts::default(),
        }))
    }
}

/// `None` for no test clock, `Some(None)` for one that starts now.
fn clock_start(text: &str) -> Result<Option<Option<Timestamp>>, ConfigError> {
    match text {
        "" | "0" | "false" | "off" => Ok(None),
        "1" | "true" | "on" | "now" => Ok(Some(None)),
        other => DateTime::parse_from_rfc3339(other)
            .or_else(|_| DateTime::parse_from_rfc2822(other))
            .map(|at| Some(Some(Timestamp::from(at.to_utc()))))
            .map_err(|_| ConfigError::BadValue {
                option: "--test-clock",
                value: other.to_owned(),
                expected: "a time such as 2009-08-17T04:00:00Z, true or false",
            }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_no_options_when_completed_then_the_defaults_of_the_readme_hold() {
        let config = ServeOptions::default().into_config(|_| None).unwrap();
        assert_eq!(config.listen.to_string(), DEFAULT_LISTEN);
        assert_eq!(config.database_url, "sqlite:./openpex-data/ledger.db");
        assert!(config.registration_open && config.test_clock.is_none());
        assert!(matches!(
            config.pool,
            PoolConfig::Simulated {
                hosts: 4,
                vcpus: 16,
                memory_mib: 32_768,
                disk_gib: 500
            }
        ));
    }

    #[test]
    fn given_a_file_and_an_option_when_completed_then_the_option_wins() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            file.path(),
            "listen = \"127.0.0.1:1\"\nhold-secs = 30\n[policy]\nrounds-max = 3\n",
        )
        .unwrap();
        let options = ServeOptions {
            config: Some(file.path().to_owned()),
            listen: Some("127.0.0.1:2".to_owned()),
            ..ServeOptions::default()
        };
        let config = options.into_config(|_| None).unwrap();
        assert_eq!(config.listen.port(), 2);
        assert_eq!(
            (config.policy.hold_secs, config.policy.limits.rounds_max),
            (30, 3)
        );
    }

    #[test]
    fn given_bad_options_when_completed_then_the_error_names_them() {
        let complete =
            |options: ServeOptions| options.into_config(|_| None).unwrap_err().to_string();
        let listen = ServeOptions {
            listen: Some("here".into()),
            ..ServeOptions::default()
        };
        assert!(complete(listen).contains("--listen"));
        let clock = ServeOptions {
            test_clock: Some("soon".into()),
            ..ServeOptions::default()
        };
        assert!(complete(clock).contains("--test-clock"));
        let xen = ServeOptions {
            xen_url: Some("http://x".into()),
            ..ServeOptions::default()
        };
        assert!(complete(xen).contains(XEN_PASSWORD_VARIABLE));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "lisen = \"x\"").unwrap();
        let options = ServeOptions {
            config: Some(file.path().into()),
            ..ServeOptions::default()
        };
        assert!(complete(options).contains("not a valid configuration"));
    }
}
