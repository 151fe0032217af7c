//! How fast the ledger is, beside the floor under it: `cargo bench --bench ledger`. Only ratios of one run
//! count.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::float_arithmetic,
    reason = "a measurement is printed, and ends where it fails"
)]
#![allow(
    clippy::print_stderr,
    dead_code,
    reason = "only some of the tests' support is used here"
)]

#[path = "../tests/ledger/site.rs"]
mod site;
#[path = "../tests/support/mod.rs"]
mod support;

use std::io::Write;
use std::time::{Duration, Instant};

use openpex::ledger::{Append, FactText, Head, NewEvent};
use sqlx::{Executor, PgConnection};

use site::{Ground, Site, event, fold_all};

/// How long each figure is taken for.
const SPAN: Duration = Duration::from_secs(2);

/// Events of new streams, each about the size of a reservation's.
fn batch(head: Head, rows: usize) -> Vec<NewEvent> {
    let payload = format!(r#"{{"terms": "{}"}}"#, "x".repeat(490));
    (0..rows as u64)
        .map(|i| {
            event(
                &format!("f07640d4-32bc-4db6-857e-{:012}", head.position + i),
                1,
                &payload,
            )
        })
        .collect()
}

async fn appends_per_second(site: &Site, rows: usize) -> f64 {
    let claim = site.claim().await;
    let mut head = site.ledger.head().await.unwrap();
    let mut appends = 0;
    let began = Instant::now();
    while began.elapsed() < SPAN {
        let events = batch(head, rows);
        let append = Append {
            epoch: claim.epoch(),
            head,
            events: &events,
            answers: &[],
        };
        head = site.ledger.append(append).await.unwrap();
        appends += 1;
    }
    let rate = f64::from(appends) / began.elapsed().as_secs_f64();
    claim.release().await;
    rate
}

/// Syncs of 8 kB a second on the disk of the temporary folder.
fn syncs_per_second() -> f64 {
    let mut file = tempfile::tempfile().unwrap();
    let began = Instant::now();
    let mut syncs = 0;
    while began.elapsed() < SPAN / 4 {
        file.write_all(&[7; 8_192]).unwrap();
        file.sync_data().unwrap();
        syncs += 1;
    }
    f64::from(syncs) / began.elapsed().as_secs_f64()
}

/// Inserts of one row a second in PostgreSQL with no ledger around it; with `in_transaction`, between
/// BEGIN with the check of the epoch, and COMMIT.
async fn bare_inserts_per_second(connection: &mut PgConnection, in_transaction: bool) -> f64 {
    let table = "CREATE TABLE IF NOT EXISTS bare (position BIGSERIAL PRIMARY KEY, id TEXT NOT NULL, \
        payload JSON NOT NULL, UNIQUE (id, position))";
    connection.execute(table).await.unwrap();
    let event = batch(Head::EMPTY, 1).remove(0);
    let mut inserts = 0;
    let began = Instant::now();
    while began.elapsed() < SPAN {
        if in_transaction {
            connection.execute("BEGIN").await.unwrap();
            let epoch = sqlx::query("SELECT epoch FROM ledger_writer WHERE only_row = 1 FOR SHARE");
            epoch.fetch_one(&mut *connection).await.unwrap();
        }
        sqlx::query("INSERT INTO bare (id, payload) VALUES ($1, $2::json)")
            .bind(&event.aggregate_id)
            .bind(&event.payload)
            .execute(&mut *connection)
            .await
            .unwrap();
        if in_transaction {
            connection.execute("COMMIT").await.unwrap();
        }
        inserts += 1;
    }
    f64::from(inserts) / began.elapsed().as_secs_f64()
}

async fn report(name: &str, site: &Site) {
    for rows in [1, 8, 32, 100] {
        let syncs = syncs_per_second();
        let commits = appends_per_second(site, rows).await;
        let rows_per_second = commits * rows as f64;
        println!(
            "{name}, {rows} a commit: {commits:.0} commits/s, {rows_per_second:.0} rows/s; \
             bare syncs {syncs:.0}/s"
        );
    }
    let began = Instant::now();
    let mut bytes = 0;
    let mut fold = |event: FactText<'_>| {
        bytes += event.payload.len();
        Ok(())
    };
    let events = fold_all(&site.ledger, &mut fold).await as f64;
    println!(
        "{name}, fold: {:.0} events/s",
        events / began.elapsed().as_secs_f64()
    );
    let began = Instant::now();
    site.ledger.verify(&mut |_| Ok(())).await.unwrap();
    println!(
        "{name}, verify: {:.0} events/s",
        events / began.elapsed().as_secs_f64()
    );
}

#[tokio::main]
async fn main() {
    report("sqlite", &Site::sqlite().await).await;
    let site = Site::postgres().await;
    report("postgres", &site).await;
    let Ground::Postgres(database) = &site.ground else {
        unreachable!()
    };
    let mut connection = database.connect().await;
    for in_transaction in [false, true] {
        let rate = bare_inserts_per_second(&mut connection, in_transaction).await;
        println!("postgres, bare insert, in a transaction: {in_transaction}: {rate:.0}/s");
    }
}
