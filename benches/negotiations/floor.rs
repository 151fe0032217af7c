//! The limits: rows of an event's size into the same database, one a commit by many connections, or many
//! a commit by one.

use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};
use tokio::task::LocalSet;

use crate::figures::{Times, number};

/// JSON of about the size of an event's; with the row's other columns it takes about 560 bytes.
const ROW_BYTES: usize = 510;

/// What single-row inserts made.
#[derive(Default)]
pub struct Singles {
    pub times: Times,
    took: Duration,
}

impl Singles {
    /// Adds what was made later; the times are no longer sorted.
    pub fn add(&mut self, later: Self) {
        self.times.append(later.times);
        self.took += later.took;
    }

    /// Rows a second.
    pub fn rate(&self) -> f64 {
        number(self.times.len()) / self.took.as_secs_f64()
    }
}

/// Runs `work` on a thread of its own, as the clients of the service have it.
async fn on_own_thread<T: Send + 'static>(work: impl AsyncFnOnce() -> T + Send + 'static) -> T {
    let thread = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime
            .expect("a runtime can be made")
            .block_on(LocalSet::new().run_until(work()))
    });
    thread.await.expect("the inserts come to their end")
}

fn row() -> String {
    format!(r#"{{"terms": "{}"}}"#, "x".repeat(ROW_BYTES - 13))
}

async fn postgres(url: &str) -> PgConnection {
    PgConnection::connect(url)
        .await
        .expect("the database takes the connection")
}

/// A file beside the ledger's, so that its one writer is not in the way.
async fn sqlite(url: &str) -> SqliteConnection {
    let file = url
        .trim_start_matches("sqlite:")
        .replace("ledger.db", "floor.db");
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let mut connection = SqliteConnection::connect_with(&options)
        .await
        .expect("the file opens");
    let table = "CREATE TABLE IF NOT EXISTS floor (position INTEGER PRIMARY KEY, id TEXT NOT NULL, \
        payload TEXT NOT NULL) STRICT";
    connection.execute(table).await.expect("a table is made");
    connection
}

async fn make_table(url: &str) {
    let table = "CREATE TABLE IF NOT EXISTS floor (position BIGSERIAL PRIMARY KEY, id TEXT NOT NULL, \
        payload JSON NOT NULL)";
    let mut connection = postgres(url).await;
    connection.execute(table).await.expect("a table is made");
}

const ID: &str = "f07640d4-32bc-4db6-857e-32b5595ba066";
const INSERT: &str = "INSERT INTO floor (id, payload) VALUES ($1, $2)";
const INSERT_AS_JSON: &str = "INSERT INTO floor (id, payload) VALUES ($1, $2::json)";

/// Rows that `clients` insert, each its own commit. SQLite has one writer, however many clients ask.
pub async fn single_rows(url: &str, clients: usize, time: Duration) -> Singles {
    let url = url.to_owned();
    let (times, took) = on_own_thread(async move || {
        if url.starts_with("postgres") {
            singles_postgres(&url, clients, time).await
        } else {
            let (mut connection, row) = (sqlite(&url).await, row());
            let (mut times, begun) = (Times::default(), Instant::now());
            while begun.elapsed() < time {
                let before = Instant::now();
                let insert = sqlx::query(INSERT).bind(ID).bind(&row);
                let inserted = insert.execute(&mut connection).await;
                inserted.expect("a row goes in");
                times.push(before.elapsed());
            }
            (times, begun.elapsed())
        }
    })
    .await;
    Singles { times, took }
}

async fn singles_postgres(url: &str, clients: usize, time: Duration) -> (Times, Duration) {
    make_table(url).await;
    let mut connections = Vec::new();
    for _ in 0..clients {
        connections.push(postgres(url).await);
    }
    let begun = Instant::now();
    let tasks = connections.into_iter().map(|mut connection| {
        tokio::task::spawn_local(async move {
            let (mut times, row) = (Times::default(), row());
            while begun.elapsed() < time {
                let before = Instant::now();
                let insert = sqlx::query(INSERT_AS_JSON).bind(ID).bind(&row);
                let inserted = insert.execute(&mut connection).await;
                inserted.expect("a row goes in");
                times.push(before.elapsed());
            }
            times
        })
    });
    let mut all = Times::default();
    for task in tasks.collect::<Vec<_>>() {
        all.append(task.await.expect("a client comes to its end"));
    }
    (all, begun.elapsed())
}

/// Rows a second by one writer with `rows` a commit: a statement a row, and one statement for all.
pub async fn batches(url: &str, rows: usize, time: Duration) -> (f64, f64) {
    let url = url.to_owned();
    let made = on_own_thread(async move || {
        if url.starts_with("postgres") {
            make_table(&url).await;
            let mut connection = postgres(&url).await;
            let by_row = rows_by_row(&mut connection, rows, time).await;
            (by_row, unnested(&mut connection, rows, time).await)
        } else {
            let mut connection = sqlite(&url).await;
            let by_row = rows_by_row_sqlite(&mut connection, rows, time).await;
            (by_row, many_values(&mut connection, rows, time).await)
        }
    });
    made.await
}

async fn rows_by_row(connection: &mut PgConnection, rows: usize, time: Duration) -> f64 {
    let (row, begun, mut done) = (row(), Instant::now(), 0);
    while begun.elapsed() < time {
        connection.execute("BEGIN").await.expect("it begins");
        for _ in 0..rows {
            let insert = sqlx::query(INSERT_AS_JSON).bind(ID).bind(&row);
            insert
                .execute(&mut *connection)
                .await
                .expect("a row goes in");
        }
        connection.execute("COMMIT").await.expect("it commits");
        done += rows;
    }
    number(done) / begun.elapsed().as_secs_f64()
}

async fn unnested(connection: &mut PgConnection, rows: usize, time: Duration) -> f64 {
    let sql = "INSERT INTO floor (id, payload) SELECT id, payload::json \
        FROM UNNEST($1::text[], $2::text[]) AS r (id, payload)";
    let (row, ids) = (row(), vec![ID; rows]);
    let payloads = vec![row.as_str(); rows];
    let (begun, mut done) = (Instant::now(), 0);
    while begun.elapsed() < time {
        let insert = sqlx::query(sql).bind(&ids).bind(&payloads);
        insert
            .execute(&mut *connection)
            .await
            .expect("the rows go in");
        done += rows;
    }
    number(done) / begun.elapsed().as_secs_f64()
}

async fn rows_by_row_sqlite(connection: &mut SqliteConnection, rows: usize, time: Duration) -> f64 {
    let (row, begun, mut done) = (row(), Instant::now(), 0);
    while begun.elapsed() < time {
        connection
            .execute("BEGIN IMMEDIATE")
            .await
            .expect("it begins");
        for _ in 0..rows {
            let insert = sqlx::query(INSERT).bind(ID).bind(&row);
            insert
                .execute(&mut *connection)
                .await
                .expect("a row goes in");
        }
        connection.execute("COMMIT").await.expect("it commits");
        done += rows;
    }
    number(done) / begun.elapsed().as_secs_f64()
}

async fn many_values(connection: &mut SqliteConnection, rows: usize, time: Duration) -> f64 {
    let places = vec!["(?, ?)"; rows].join(", ");
    let sql = format!("INSERT INTO floor (id, payload) VALUES {places}");
    let (row, begun, mut done) = (row(), Instant::now(), 0);
    while begun.elapsed() < time {
        let mut insert = sqlx::query(&sql);
        for _ in 0..rows {
            insert = insert.bind(ID).bind(&row);
        }
        insert
            .execute(&mut *connection)
            .await
            .expect("the rows go in");
        done += rows;
    }
    number(done) / begun.elapsed().as_secs_f64()
}
