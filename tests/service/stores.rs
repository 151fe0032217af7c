//! A fresh ledger for each test, on either store.

use std::path::PathBuf;

use sqlx::{Connection as _, Executor as _, PgConnection};

/// Which store a test runs on.
#[derive(Clone, Copy, Debug)]
pub enum Store {
    Sqlite,
    Postgres,
}

/// A data folder and a database that nobody else has.
pub struct Fresh {
    folder: tempfile::TempDir,
    database: Option<(String, String)>,
}

impl Fresh {
    pub async fn new(store: Store) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = match store {
            Store::Sqlite => None,
            Store::Postgres => Some(make_database().await),
        };
        Self { folder, database }
    }

    pub fn data(&self) -> String {
        self.folder.path().display().to_string()
    }

    pub fn url(&self) -> String {
        match &self.database {
            None => format!("sqlite:{}", self.folder.path().join("ledger.db").display()),
            Some((url, _)) => url.clone(),
        }
    }

    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("a file can be written");
        path
    }
}

async fn make_database() -> (String, String) {
    let server = std::env::var("OPENPEX_TEST_POSTGRES_URL").expect(
        "OPENPEX_TEST_POSTGRES_URL names a throw-away PostgreSQL: run tests/run, or start one \
         with tests/postgres.sh start DIR and export the URL it prints",
    );
    let name = format!(
        "openpex_service_{}",
        uuid::Builder::from_random_bytes(openpex::clock::entropy::random_bytes())
            .into_uuid()
            .as_simple()
    );
    let mut admin = PgConnection::connect(&server)
        .await
        .expect("the test server answers");
    admin
        .execute(format!("CREATE DATABASE {name}").as_str())
        .await
        .expect("a database is made");
    let (base, _) = server.rsplit_once('/').expect("the URL names a database");
    (format!("{base}/{name}"), name)
}

impl Drop for Fresh {
    fn drop(&mut self) {
        let Some((_, name)) = self.database.take() else {
            return;
        };
        let Ok(server) = std::env::var("OPENPEX_TEST_POSTGRES_URL") else {
            return;
        };
        // Dropped from inside a runtime, so the clean-up has one of its own.
        let drop = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async move {
                if let Ok(mut admin) = PgConnection::connect(&server).await {
                    let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                    let _ = admin.execute(sql.as_str()).await;
                }
            });
        });
        let _ = drop.join();
    }
}
