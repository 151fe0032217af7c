//! A fresh PostgreSQL database for each test.
//!
//! The server is the one `OPENPEX_TEST_POSTGRES_URL` names (a superuser's URL; `tests/run` sets it), or
//! else one that `tests/postgres.sh` starts for this process and that ends with it.

use std::process::Command;
use std::sync::OnceLock;

use openpex::clock::entropy;
use sqlx::{Connection, Executor, PgConnection};

/// Names the server to use.
const URL_VARIABLE: &str = "OPENPEX_TEST_POSTGRES_URL";

/// A database that is dropped with this value.
pub struct TestDatabase {
    name: String,
    url: String,
}

impl TestDatabase {
    /// Makes an empty database.
    pub async fn create() -> Self {
        let name = format!("openpex_test_{}", entropy::new_uuid().simple());
        on_server(format!("CREATE DATABASE {name}")).await;
        let url = with_database(server_url(), &name);
        Self { name, url }
    }

    /// Its URL, as a superuser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A connection of its own, past the ledger.
    pub async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.unwrap()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // A thread with a runtime of its own: here we may be inside of one, or unwinding.
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let dropped = std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.unwrap().block_on(on_server(sql));
        });
        if dropped.join().is_err() {
            eprintln!("database {} was left behind", self.name);
        }
    }
}

/// Runs a statement on the server's own database.
pub async fn on_server(sql: String) {
    let mut connection = PgConnection::connect(server_url()).await.unwrap();
    connection.execute(&*sql).await.unwrap();
    connection.close().await.unwrap();
}

/// `url` with another database, its options kept.
fn with_database(url: &str, name: &str) -> String {
    let (address, options) = match url.split_once('?') {
        Some((address, options)) => (address, format!("?{options}")),
        None => (url, String::new()),
    };
    let host_at = address.find("://").unwrap() + 3;
    let end = address[host_at..]
        .find('/')
        .map_or(address.len(), |slash| host_at + slash);
    format!("{}/{name}{options}", &address[..end])
}

fn server_url() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| match std::env::var(URL_VARIABLE) {
        Ok(url) => url,
        Err(_) => start_server(&[]),
    })
}

/// Starts a server with these settings that ends with this process.
pub fn start_server(settings: &[&str]) -> String {
    let folder = format!("openpex-postgres-{}", entropy::new_uuid().simple());
    let output = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/postgres.sh"))
        .arg("start")
        .arg(std::env::temp_dir().join(folder))
        .arg(std::process::id().to_string())
        .args(settings)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
