//! The floor: rows of an event's size into the same database, one a commit.

use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Executor as _, PgPool, SqlitePool};
use tokio::task::JoinSet;

/// About what an event takes in the ledger.
const ROW_BYTES: usize = 600;

/// Rows a second that `clients` insert, each its own commit.
pub async fn single_row_inserts(url: &str, clients: usize, time: Duration) -> f64 {
    let row = "x".repeat(ROW_BYTES);
    let until = Instant::now() + time;
    let mut tasks = JoinSet::new();
    if url.starts_with("postgres") {
        let pool = PgPool::connect(url).await.expect("the database answers");
        pool.execute("CREATE TABLE IF NOT EXISTS floor (id BIGSERIAL PRIMARY KEY, row TEXT)")
            .await
            .expect("a table is made");
        for _ in 0..clients {
            let (pool, row) = (pool.clone(), row.clone());
            tasks.spawn(async move {
                let mut done = 0_u32;
                let mut connection = pool.acquire().await.expect("a connection");
                while Instant::now() < until {
                    let insert = sqlx::query("INSERT INTO floor (row) VALUES ($1)").bind(&row);
                    insert
                        .execute(&mut *connection)
                        .await
                        .expect("a row goes in");
                    done += 1;
                }
                done
            });
        }
    } else {
        // Beside the ledger, so that its one writer is not in the way.
        let file = url
            .trim_start_matches("sqlite:")
            .replace("ledger.db", "floor.db");
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let pool = SqlitePool::connect_with(options)
            .await
            .expect("the file opens");
        pool.execute("CREATE TABLE IF NOT EXISTS floor (id INTEGER PRIMARY KEY, row TEXT)")
            .await
            .expect("a table is made");
        // SQLite has one writer, however many clients there are.
        let one = std::sync::Arc::new(tokio::sync::Mutex::new(pool));
        for _ in 0..clients {
            let (one, row) = (one.clone(), row.clone());
            tasks.spawn(async move {
                let mut done = 0_u32;
                while Instant::now() < until {
                    let pool = one.lock().await;
                    let insert = sqlx::query("INSERT INTO floor (row) VALUES ($1)").bind(&row);
                    insert.execute(&*pool).await.expect("a row goes in");
                    done += 1;
                }
                done
            });
        }
    }
    let done: u32 = tasks.join_all().await.into_iter().sum();
    f64::from(done) / time.as_secs_f64()
}
