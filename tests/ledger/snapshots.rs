//! Snapshots are a cache that is tied to the ledger.

use openpex::ledger::{
    ChainHash, Head, Ledger, LedgerError, SNAPSHOT_BYTES_MAX, SNAPSHOTS_KEPT, Snapshot, StoredEvent,
};
use openpex_aggregates::Timestamp;

use crate::site::{Ground, Site, all, append, events};

fn snapshot(event: &StoredEvent, body: &[u8]) -> Snapshot {
    Snapshot {
        position: event.position,
        hash: event.hash,
        body: body.to_vec(),
        created_at: Timestamp(5_000),
    }
}

/// Saves a snapshot of the head and finds it.
pub async fn save_one(ledger: &Ledger) {
    let stored = all(ledger).await;
    let saved = snapshot(stored.last().unwrap(), b"state");
    ledger.save_snapshot(&saved).await.unwrap();
    assert_eq!(ledger.newest_snapshot().await.unwrap(), Some(saved));
}

async fn the_newest_that_fits_is_found(site: Site) {
    let claim = site.claim().await;
    assert_eq!(site.ledger.newest_snapshot().await.unwrap(), None);
    append(&*site.ledger, &claim, Head::EMPTY, &events("a", 1, 9))
        .await
        .unwrap();
    let stored = all(&site.ledger).await;
    let bytes: Vec<u8> = (0..=255).collect();
    for event in &stored[..5] {
        site.ledger
            .save_snapshot(&snapshot(event, &bytes))
            .await
            .unwrap();
    }
    let newest = site.ledger.newest_snapshot().await.unwrap().unwrap();
    assert_eq!(newest, snapshot(&stored[4], &bytes));

    // Of the same position: replaced.
    site.ledger
        .save_snapshot(&snapshot(&stored[4], b"again"))
        .await
        .unwrap();
    assert_eq!(
        site.ledger.newest_snapshot().await.unwrap().unwrap().body,
        b"again"
    );
}

async fn one_that_does_not_fit_the_ledger_is_passed_over(site: Site) {
    let claim = site.claim().await;
    append(&*site.ledger, &claim, Head::EMPTY, &events("a", 1, 9))
        .await
        .unwrap();
    let stored = all(&site.ledger).await;
    site.ledger
        .save_snapshot(&snapshot(&stored[2], b"right"))
        .await
        .unwrap();
    let wrong = Snapshot {
        hash: ChainHash([1; 32]),
        ..snapshot(&stored[3], b"wrong")
    };
    site.ledger.save_snapshot(&wrong).await.unwrap();
    assert_eq!(
        site.ledger.newest_snapshot().await.unwrap().unwrap().body,
        b"right"
    );

    // From a future this ledger no longer has, as after a restored backup.
    let future = Snapshot {
        position: 1_000,
        ..wrong
    };
    site.ledger.save_snapshot(&future).await.unwrap();
    assert_eq!(site.ledger.newest_snapshot().await.unwrap(), None);
    // It does not crowd out those of the present.
    for (event, body) in [(&stored[7], b"seven"), (&stored[8], b"eight")] {
        site.ledger
            .save_snapshot(&snapshot(event, body))
            .await
            .unwrap();
        assert_eq!(
            site.ledger.newest_snapshot().await.unwrap().unwrap().body,
            body
        );
    }
}

async fn one_too_large_is_refused_with_the_numbers(site: Site) {
    let body = vec![0; SNAPSHOT_BYTES_MAX + 1];
    let large = Snapshot {
        position: 1,
        hash: ChainHash::GENESIS,
        body,
        created_at: Timestamp(0),
    };
    let error = site.ledger.save_snapshot(&large).await.unwrap_err();
    let LedgerError::SnapshotTooLarge { bytes, limit } = error else {
        panic!("{error:?}")
    };
    assert_eq!((bytes, limit), (SNAPSHOT_BYTES_MAX + 1, SNAPSHOT_BYTES_MAX));
}

crate::on_every_store!(
    the_newest_that_fits_is_found,
    one_that_does_not_fit_the_ledger_is_passed_over,
    one_too_large_is_refused_with_the_numbers,
);

async fn only_two_are_kept_and_losing_them_loses_nothing(site: Site) {
    let claim = site.claim().await;
    append(&*site.ledger, &claim, Head::EMPTY, &events("a", 1, 9))
        .await
        .unwrap();
    for event in &all(&site.ledger).await {
        site.ledger
            .save_snapshot(&snapshot(event, b"state"))
            .await
            .unwrap();
    }
    let count = "SELECT count(*) FROM snapshots";
    let kept: i64 = match &site.ground {
        Ground::Memory(_) => unreachable!(),
        Ground::Sqlite(folder) => {
            let url = format!("sqlite:{}", crate::site::file(folder).display());
            let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
            sqlx::query_scalar(count).fetch_one(&pool).await.unwrap()
        }
        Ground::Postgres(database) => sqlx::query_scalar(count)
            .fetch_one(&mut database.connect().await)
            .await
            .unwrap(),
    };
    assert_eq!(usize::try_from(kept).unwrap(), SNAPSHOTS_KEPT);
    site.sql("DELETE FROM snapshots").await.unwrap();
    assert_eq!(site.ledger.newest_snapshot().await.unwrap(), None);
    assert_eq!(all(&site.ledger).await.len(), 9);
}

mod databases {
    use super::only_two_are_kept_and_losing_them_loses_nothing;

    crate::on_every_database!(only_two_are_kept_and_losing_them_loses_nothing);
}
