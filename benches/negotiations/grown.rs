//! A grown ledger: restarts, a rebuild of the views, `ledger verify` and pages of a list, beside a plain
//! ordered read of the same table.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::TryStreamExt as _;
use openpex::ledger::{Access, Ledger};
use openpex::writer::fold_ledger;
use openpex_aggregates::{Timestamp, UserId};
use sqlx::Row as _;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, PgConnection, SqliteConnection};

use crate::cores;
use crate::figures::target;
use crate::service::{Database, Service};
use crate::stores::{Fresh, Store};
use crate::{history, load, pages};

/// Whose reservations they are.
const OWNERS: usize = 10;
/// How many turns the plain read and the fold take, one after the other.
const TURNS: u32 = 3;
/// Rows that SQLite's thread may be ahead, as in the ledger.
const ROWS_AHEAD: usize = 1_024;
const ORDERED_READ: &str = "SELECT position, recorded_at, aggregate_type, aggregate_id, sequence, \
    event_type, event_version, payload, metadata, hash FROM events ORDER BY position";
const ORDERED_READ_AS_TEXT: &str = "SELECT position, recorded_at, aggregate_type, aggregate_id, sequence, \
    event_type, event_version, payload::text, metadata::text, hash FROM events ORDER BY position";

/// Prints what a ledger of `events` costs.
pub async fn measure(store: Store, events: u64) {
    let fresh = Fresh::new(store).await;
    let service = start(&fresh);
    let owners = load::make_users(&service.address, "owner", OWNERS).await;
    service.stop();
    let ids = owners.iter().map(|owner| UserId(owner.id)).collect();
    let made = history::grow(&fresh.url(), ids, events).await;
    println!(
        "{} events of {} reservations that have ended and {} that are confirmed, made in {:.1} s, {:.0} events/s in process",
        made.events,
        made.ended,
        made.live,
        made.took.as_secs_f64(),
        rate(made.events, made.took),
    );
    let service = start(&fresh);
    print_start(
        "with a snapshot at the head, views to be brought level",
        &service,
    );
    service.rest(&mut Database::open(&fresh).await).await;
    let now = newest(&fresh).await;
    pages::measure(&service, &owners[0], now).await;
    println!(
        "  after the load the service holds {} MiB",
        service.resident_mib()
    );
    service.kill();
    let service = start(&fresh);
    print_start("after SIGKILL", &service);
    service.stop();
    let service = start(&fresh);
    print_start("with a snapshot at the head", &service);
    print_snapshot(&fresh).await;
    let at_head = service.started_in;
    service.kill();
    replay(&fresh, store).await;
    rebuild(&fresh, at_head).await;
    verify(&fresh).await;
}

fn start(fresh: &Fresh) -> Service {
    Service::start(fresh, &["--test-clock"])
}

fn print_start(what: &str, service: &Service) {
    println!(
        "  restart {what}: ready after {:.2} s, holds {} MiB, held at most {} MiB",
        service.started_in.as_secs_f64(),
        service.resident_mib(),
        service.peak_mib(),
    );
}

async fn print_snapshot(fresh: &Fresh) {
    let sql = "SELECT CAST(length(body) AS BIGINT) FROM snapshots \
        WHERE position >= $1 AND position >= length($2) ORDER BY position DESC LIMIT 1";
    let bytes = Database::open(fresh).await.numbers(sql, 0, "").await;
    let mib = bytes.first().map_or(0, |bytes| bytes / 1_048_576);
    println!("  the newest snapshot has {mib} MiB");
}

fn rate(events: u64, took: Duration) -> f64 {
    f64::from(u32::try_from(events).unwrap_or(u32::MAX)) / took.as_secs_f64()
}

/// The time of the newest event, which a test clock goes on from.
async fn newest(fresh: &Fresh) -> Timestamp {
    let mut database = Database::open(fresh).await;
    let head = database.head().await;
    Timestamp(database.recorded_at(head).await.expect("a head is there"))
}

/// The fold of the whole ledger beside a plain ordered read, and a restart by it.
async fn replay(fresh: &Fresh, store: Store) {
    Database::open(fresh)
        .await
        .execute("DELETE FROM snapshots")
        .await;
    let ledger = Ledger::open(&fresh.url(), Access::ReadOnly)
        .await
        .expect("the ledger opens");
    let (mut read, mut folded) = ((0, Duration::ZERO), (0, Duration::ZERO));
    let mut event_bytes = 0;
    for _ in 0..TURNS {
        let (rows, bytes, took) = ordered_read(&fresh.url()).await;
        event_bytes = bytes / rows;
        read = (read.0 + rows, read.1 + took);
        let begun = Instant::now();
        let live = fold_ledger(&ledger).await.expect("the ledger folds");
        folded = (folded.0 + live.tail, folded.1 + begun.elapsed());
    }
    ledger.close().await;
    let (plain, folding) = (rate(read.0, read.1), rate(folded.0, folded.1));
    println!("  plain ordered read: events of {event_bytes} bytes of JSON, {plain:.0} events/s");
    let least = match store {
        Store::Postgres => 85_000.0,
        Store::Sqlite => 250_000.0,
    };
    let figure = format!(
        "replay {folding:.0} events/s is {:.2} of the plain read (at least 0.6, {least:.0}/s)",
        folding / plain
    );
    target("6", &figure, folding >= 0.6 * plain);
    let service = start(fresh);
    print_start("without snapshots", &service);
    service.stop();
}

/// Events, bytes of payload, and how long it took to see them all in order.
async fn ordered_read(url: &str) -> (u64, u64, Duration) {
    let (mut rows, mut bytes) = (0, 0);
    let mut see = |payload: &str| {
        rows += 1;
        bytes += payload.len() as u64;
    };
    let begun;
    if url.starts_with("postgres") {
        let mut connection = PgConnection::connect(url)
            .await
            .expect("the database answers");
        begun = Instant::now();
        let mut read = sqlx::query(ORDERED_READ_AS_TEXT).fetch(&mut connection);
        while let Some(row) = read.try_next().await.expect("the rows are read") {
            see(row.get(7));
        }
    } else {
        let options = SqliteConnectOptions::new()
            .filename(url.trim_start_matches("sqlite:"))
            .row_buffer_size(ROWS_AHEAD);
        let mut connection = SqliteConnection::connect_with(&options)
            .await
            .expect("the file opens");
        begun = Instant::now();
        let mut read = sqlx::query(ORDERED_READ).fetch(&mut connection);
        while let Some(row) = read.try_next().await.expect("the rows are read") {
            see(row.get(7));
        }
    }
    (rows, bytes, begun.elapsed())
}

/// A start whose views are all folded anew, beside one whose are level.
async fn rebuild(fresh: &Fresh, at_head: Duration) {
    let mut database = Database::open(fresh).await;
    let events = u64::try_from(database.head().await).unwrap_or(0);
    database
        .execute("UPDATE views.checkpoint SET version = 0")
        .await;
    drop(database);
    let service = start(fresh);
    print_start("with all views folded anew", &service);
    let folding = service.started_in.saturating_sub(at_head);
    println!(
        "  rebuild of the views: {:.2} s more than a start with level views, {:.0} events/s",
        folding.as_secs_f64(),
        rate(events, folding)
    );
    service.stop();
}

async fn verify(fresh: &Fresh) {
    let events = u64::try_from(Database::open(fresh).await.head().await).unwrap_or(0);
    let begun = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_openpex"))
        .args(["ledger", "verify", "--database-url", &fresh.url()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut most = 0;
    while child.try_wait().expect("the process is ours").is_none() {
        most = most.max(cores::memory_mib(child.id(), "VmHWM:"));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let took = begun.elapsed();
    let output = child.wait_with_output().expect("the process is ours");
    println!(
        "  ledger verify: {:.2} s, {:.0} events/s, held at most {most} MiB: {}",
        took.as_secs_f64(),
        rate(events, took),
        String::from_utf8_lossy(&output.stdout).trim(),
    );
}
