//! A fresh place for the views of each test, and a way to tamper with what is in it.

use std::process::Command;
use std::sync::OnceLock;

use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use uuid::Uuid;

const POSTGRES_URL: &str = "OPENPEX_TEST_POSTGRES_URL";

/// A ledger's URL that no other test has; gone with this value as far as it lies in files.
pub struct Fresh {
    pub url: String,
    kept: Kept,
}

enum Kept {
    /// Removes itself.
    Folder {
        _folder: tempfile::TempDir,
    },
    Database(String),
}

impl Drop for Fresh {
    fn drop(&mut self) {
        let Kept::Database(name) = &self.kept else {
            return;
        };
        // On a thread with a runtime of its own: here one is running already, or unwinding.
        let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        let dropped = std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.unwrap().block_on(on_server(sql));
        });
        if dropped.join().is_err() {
            println!("database {name} was left behind");
        }
    }
}

async fn on_server(sql: String) {
    let mut connection = PgConnection::connect(server_url()).await.unwrap();
    connection.execute(sql.as_str()).await.unwrap();
    connection.close().await.unwrap();
}

/// The server's URL: the one that is named, else that of a server which ends with this process.
fn server_url() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| std::env::var(POSTGRES_URL).unwrap_or_else(|_| start_server()))
}

fn start_server() -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/postgres.sh");
    let folder = std::env::temp_dir().join(format!("openpex-views-{}", unique().as_simple()));
    let started = Command::new(script)
        .arg("start")
        .arg(folder)
        .arg(std::process::id().to_string())
        .output();
    let how = format!(
        "set {POSTGRES_URL} to the URL of a PostgreSQL superuser, such as \
         postgres://postgres@127.0.0.1:5432/postgres: it is not set, and {script} gives no server"
    );
    let started = started.expect(&how);
    let complaint = String::from_utf8_lossy(&started.stderr);
    assert!(started.status.success(), "{how}: {complaint}");
    String::from_utf8(started.stdout).unwrap().trim().to_owned()
}

/// `url` with another database, its options kept.
fn with_database(url: &str, name: &str) -> String {
    let (address, options) = url.split_once('?').unwrap_or((url, ""));
    let host_at = address.find("://").expect("a URL") + 3;
    let end = address[host_at..]
        .find('/')
        .map_or(address.len(), |slash| host_at + slash);
    format!("{}/{name}?{options}", &address[..end])
}

impl Fresh {
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("ledger.db").display());
        let kept = Kept::Folder { _folder: folder };
        Self { url, kept }
    }

    pub async fn postgres() -> Self {
        let database = format!("openpex_views_{}", unique().as_simple());
        on_server(format!("CREATE DATABASE {database}")).await;
        let url = with_database(server_url(), &database);
        Self {
            url,
            kept: Kept::Database(database),
        }
    }

    /// Runs SQL on the tables of the views behind the program's back.
    pub async fn tamper(&self, sql: &str) {
        if let Some(ledger) = self.url.strip_prefix("sqlite:") {
            let views = std::path::Path::new(ledger).with_file_name("views.db");
            let url = format!("sqlite:{}", views.display());
            let mut connection = SqliteConnection::connect(&url).await.unwrap();
            connection.execute(sql).await.unwrap();
            connection.close().await.unwrap();
        } else {
            let mut connection = PgConnection::connect(&self.url).await.unwrap();
            connection
                .execute("SET search_path TO views")
                .await
                .unwrap();
            connection.execute(sql).await.unwrap();
            connection.close().await.unwrap();
        }
    }

    /// The lines of text that SQL gives, behind the program's back.
    pub async fn lines(&self, sql: &str) -> Vec<String> {
        if let Some(ledger) = self.url.strip_prefix("sqlite:") {
            let views = std::path::Path::new(ledger).with_file_name("views.db");
            let url = format!("sqlite:{}", views.display());
            let mut connection = SqliteConnection::connect(&url).await.unwrap();
            let lines = sqlx::query_scalar(sql).fetch_all(&mut connection);
            lines.await.unwrap()
        } else {
            let mut connection = PgConnection::connect(&self.url).await.unwrap();
            connection
                .execute("SET search_path TO views")
                .await
                .unwrap();
            let lines = sqlx::query_scalar(sql).fetch_all(&mut connection);
            lines.await.unwrap()
        }
    }

    /// One number that SQL gives, behind the program's back.
    pub async fn number(&self, sql: &str) -> i64 {
        if let Some(ledger) = self.url.strip_prefix("sqlite:") {
            let views = std::path::Path::new(ledger).with_file_name("views.db");
            let url = format!("sqlite:{}", views.display());
            let mut connection = SqliteConnection::connect(&url).await.unwrap();
            let number = sqlx::query_scalar(sql).fetch_one(&mut connection);
            number.await.unwrap()
        } else {
            let mut connection = PgConnection::connect(&self.url).await.unwrap();
            connection
                .execute("SET search_path TO views")
                .await
                .unwrap();
            let number = sqlx::query_scalar(sql).fetch_one(&mut connection);
            number.await.unwrap()
        }
    }
}

/// A name that no other test has, in this process or another.
fn unique() -> Uuid {
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().display().to_string();
    let pid = std::process::id();
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{name} {pid}").as_bytes())
}

/// Makes a test of each function for each store.
macro_rules! on_both_stores {
    ($($(#[$attribute:meta])* $name:ident),* $(,)?) => {
        mod sqlite {
            $($(#[$attribute])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::stores::Fresh::sqlite().await).await;
            })*
        }
        mod postgres {
            $($(#[$attribute])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::stores::Fresh::postgres().await).await;
            })*
        }
    };
}
pub(crate) use on_both_stores;
