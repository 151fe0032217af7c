//! How long a restart takes and how much memory it needs, with a snapshot and without.

use std::time::Instant;

use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};

use crate::process::{Process, run};
use crate::stores::Fresh;

/// Kills the service, starts it again, and again without its snapshots.
pub async fn measure(service: Process, fresh: &Fresh) {
    service.kill();
    let (good, said) = run(&["ledger", "verify", "--database-url", &fresh.url()]);
    println!(
        "verify: {} ({})",
        said.trim(),
        if good { "good" } else { "BROKEN" }
    );
    again("killed", fresh).stop();
    again("stopped, with a snapshot at the head", fresh).kill();
    forget_snapshots(&fresh.url()).await;
    again("killed, without snapshots", fresh).kill();
}

fn again(what: &str, fresh: &Fresh) -> Process {
    let begun = Instant::now();
    let service = crate::start(fresh);
    let took = begun.elapsed();
    println!(
        "restart ({what}): ready after {:.2} s, resident {} MiB",
        took.as_secs_f64(),
        service.resident_mib()
    );
    service
}

async fn forget_snapshots(url: &str) {
    let sql = "DELETE FROM snapshots";
    if url.starts_with("postgres") {
        let mut database = PgConnection::connect(url)
            .await
            .expect("the database answers");
        database
            .execute(sql)
            .await
            .expect("snapshots can be dropped");
    } else {
        let mut database = SqliteConnection::connect(url)
            .await
            .expect("the file opens");
        database
            .execute(sql)
            .await
            .expect("snapshots can be dropped");
    }
}
