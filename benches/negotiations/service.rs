//! The real service, and what it wrote, read past it.

use std::time::{Duration, Instant};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};

use crate::cores;
use crate::process::Process;
use crate::stores::Fresh;
use crate::wire::ADMIN_PASSWORD;

/// How long a service may take to be ready: it may have to fold a million events, twice.
const READY_WITHIN: Duration = Duration::from_secs(600);

/// How often it is looked whether the views are level.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// How long the views may take to be level, and then the service to be at rest, before it is given up.
const REST_WITHIN: Duration = Duration::from_secs(60);
/// How long a service and its database must have had nothing to do to be at rest; more than the second
/// after which the writer takes a snapshot.
const QUIET: Duration = Duration::from_millis(1_500);
/// The share of a core that is nothing to do.
const IDLE: f64 = 0.15;
/// How often it is looked whether they have.
const LOOK_AT_CORES: Duration = Duration::from_millis(200);

/// A policy for users who stand for many.
const ROOMY: &str = "[policy]\nsessions-max = 1000000\nopening-grant = \"1000000000000\"\n";

/// A running service.
pub struct Service {
    process: Process,
    /// Where it listens, without a scheme.
    pub address: String,
    /// How long it took until it was ready.
    pub started_in: Duration,
}

impl Service {
    /// Starts it on `fresh` with a simulated pool of 50 hosts inside, and with these options.
    pub fn start(fresh: &Fresh, options: &[&str]) -> Self {
        let (data, url) = (fresh.data(), fresh.url());
        let mut args = vec!["serve", "--listen", "127.0.0.1:0"];
        args.extend(["--data", &data, "--database-url", &url]);
        if !options.contains(&"--sim-hosts") {
            args.extend(["--sim-hosts", "50"]);
        }
        // A few users stand for many: what one user may have must not end the load.
        let roomy = fresh.file("roomy.toml", ROOMY).display().to_string();
        if !options.contains(&"--config") {
            args.extend(["--config", &roomy]);
        }
        args.extend(options);
        let env = [
            ("OPENPEX_ADMIN_PASSWORD", ADMIN_PASSWORD),
            ("OPENPEX_XEN_PASSWORD", "openpex"),
            ("OPENPEX_LOG", "error"),
        ];
        let begun = Instant::now();
        let process = Process::try_start_within(READY_WITHIN, &args, &env)
            .unwrap_or_else(|failure| panic!("{failure}"));
        let address = process.url.trim_start_matches("http://").to_owned();
        let started_in = begun.elapsed();
        Self {
            process,
            address,
            started_in,
        }
    }

    /// Seconds of a core that it has had.
    pub fn cpu(&self) -> f64 {
        cores::of_process(self.process.id())
    }

    /// Waits until the views are level and nobody works, so that nothing of what went before is in the way
    /// of what is measured next: neither the views nor the snapshot that is kept when nobody writes.
    pub async fn rest(&self, database: &mut Database) {
        let is_level = database.is_level_within(REST_WITHIN).await;
        assert!(is_level, "the views are not level");
        let processes = database.processes().await;
        let cpu = || self.cpu() + processes.as_ref().map_or(0.0, |all| all.seconds());
        let begun = Instant::now();
        let (mut quiet_since, mut before) = (begun, cpu());
        while quiet_since.elapsed() < QUIET {
            assert!(begun.elapsed() < REST_WITHIN, "the service does not rest");
            tokio::time::sleep(LOOK_AT_CORES).await;
            let now = cpu();
            if now - before > IDLE * LOOK_AT_CORES.as_secs_f64() {
                quiet_since = Instant::now();
            }
            before = now;
        }
    }

    /// What it holds of memory, in MiB.
    pub fn resident_mib(&self) -> u64 {
        cores::memory_mib(self.process.id(), "VmRSS:")
    }

    /// The most it has held of memory, in MiB.
    pub fn peak_mib(&self) -> u64 {
        cores::memory_mib(self.process.id(), "VmHWM:")
    }

    pub fn kill(self) {
        self.process.kill();
    }

    pub fn stop(self) {
        let status = self.process.stop();
        assert!(status.success(), "it ended with {status}");
    }
}

/// A simulated pool in a process of its own, so that its memory is not the service's.
pub struct Pool {
    process: Process,
    pub url: String,
}

impl Pool {
    pub fn start(options: &[&str]) -> Self {
        let mut args = vec!["xen-sim", "--listen", "127.0.0.1:0"];
        args.extend(options);
        let process = Process::start(&args, &[("OPENPEX_LOG", "error")]);
        let url = process.url.clone();
        Self { process, url }
    }

    pub fn resident_mib(&self) -> u64 {
        cores::memory_mib(self.process.id(), "VmRSS:")
    }

    /// How many calls of XenAPI it has had.
    pub async fn calls(&self) -> usize {
        let answer = reqwest::get(format!("{}/_sim/calls", self.url)).await;
        let answer = answer.expect("the pool answers").json().await;
        let answer: serde_json::Value = answer.expect("the pool answers in JSON");
        let calls = answer["calls"].as_u64().expect("a number of calls");
        usize::try_from(calls).expect("invariant: a benchmark's calls can be counted")
    }

    pub fn cpu(&self) -> f64 {
        cores::of_process(self.process.id())
    }
}

/// The database of a service, read past it: in both stores the ledger is `events` and the views are in
/// the schema `views`.
pub enum Database {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

impl Database {
    /// Opens it for reading, or, while no service runs, for making it forget.
    pub async fn open(fresh: &Fresh) -> Self {
        let url = fresh.url();
        if url.starts_with("postgres") {
            let connection = PgConnection::connect(&url).await;
            return Self::Postgres(connection.expect("the database answers"));
        }
        let file = url.trim_start_matches("sqlite:");
        let options = SqliteConnectOptions::new()
            .filename(file)
            .busy_timeout(Duration::from_secs(10));
        let connection = SqliteConnection::connect_with(&options).await;
        let mut connection = connection.expect("the file opens");
        let views = file.replace("ledger.db", "views.db");
        let attach = format!("ATTACH DATABASE '{views}' AS views");
        let attached = connection.execute(attach.as_str()).await;
        attached.expect("the views are attached");
        Self::Sqlite(connection)
    }

    /// The numbers in the one column of `sql`, whose `$1` is `from` and `$2` is `text`.
    pub async fn numbers(&mut self, sql: &str, from: i64, text: &str) -> Vec<i64> {
        let rows = match self {
            Self::Postgres(connection) => {
                let query = sqlx::query_scalar(sql).bind(from).bind(text);
                query.fetch_all(connection).await
            }
            Self::Sqlite(connection) => {
                let query = sqlx::query_scalar(sql).bind(from).bind(text);
                query.fetch_all(connection).await
            }
        };
        rows.expect("the database answers")
    }

    async fn number(&mut self, sql: &str, from: i64) -> Option<i64> {
        let rows = match self {
            Self::Postgres(connection) => {
                let query = sqlx::query_scalar(sql).bind(from);
                query.fetch_optional(connection).await
            }
            Self::Sqlite(connection) => {
                let query = sqlx::query_scalar(sql).bind(from);
                query.fetch_optional(connection).await
            }
        };
        rows.expect("the database answers")
    }

    /// The position of the newest event.
    pub async fn head(&mut self) -> i64 {
        let sql = "SELECT position FROM events WHERE position > $1 ORDER BY position DESC LIMIT 1";
        self.number(sql, 0).await.unwrap_or(0)
    }

    /// How far the views have got.
    pub async fn views_at(&mut self) -> i64 {
        let sql = "SELECT position FROM views.checkpoint WHERE position >= $1";
        self.number(sql, 0).await.unwrap_or(0)
    }

    /// Waits until the views are level, no longer than `within`; whether they are.
    pub async fn is_level_within(&mut self, within: Duration) -> bool {
        let begun = Instant::now();
        while self.views_at().await < self.head().await {
            if begun.elapsed() >= within {
                return false;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        true
    }

    /// When the event at `position` was decided, if there is one.
    pub async fn recorded_at(&mut self, position: i64) -> Option<i64> {
        let sql = "SELECT recorded_at FROM events WHERE position = $1";
        self.number(sql, position).await
    }

    /// Runs a statement for its effect.
    pub async fn execute(&mut self, sql: &str) {
        let done = match self {
            Self::Postgres(connection) => connection.execute(sql).await.map(|_| ()),
            Self::Sqlite(connection) => connection.execute(sql).await.map(|_| ()),
        };
        done.expect("the database does it");
    }

    /// The processes of the database, where it has some of its own.
    pub async fn processes(&mut self) -> Option<cores::Postgres> {
        match self {
            Self::Postgres(connection) => cores::Postgres::behind(connection).await,
            Self::Sqlite(_) => None,
        }
    }
}
