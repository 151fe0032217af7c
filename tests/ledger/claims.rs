//! One writer at a time.

use std::time::Duration;

use openpex::ledger::{Access, Head, Ledger, LedgerError, WriterClaim};
use sqlx::Executor;

use crate::site::{Ground, IMPATIENT, Site, append, events, refused, verify};

/// Longer than any release takes to be noticed.
const PATIENT: Duration = Duration::from_secs(10);

async fn the_second_writer_is_told_who_the_first_is(site: Site) {
    let first = site
        .ledger
        .claim_writer("host-a:17", IMPATIENT)
        .await
        .unwrap();
    let elsewhere = site.open_again(Access::ReadWrite).await;
    let patience = Duration::from_millis(150);
    let error = elsewhere
        .claim_writer("host-b:99", patience)
        .await
        .unwrap_err();
    let LedgerError::AnotherWriter {
        holder,
        epoch,
        waited,
    } = error
    else {
        panic!("{error:?}")
    };
    assert_eq!((holder.as_str(), epoch), ("host-a:17", first.epoch()));
    assert!(waited >= patience, "{waited:?}");
    assert!(first.is_held().await);
    append(&*site.ledger, &first, Head::EMPTY, &events("a", 1, 1))
        .await
        .unwrap();
}

async fn a_claim_that_ends_lets_the_next_writer_in(site: Site) {
    let first = site.claim().await;
    let epoch = first.epoch();
    drop(first);
    let second = site.ledger.claim_writer("second", PATIENT).await.unwrap();
    assert_eq!((second.epoch(), second.holder()), (epoch + 1, "second"));
    second.release().await;
    let third = site
        .open_again(Access::ReadWrite)
        .await
        .claim_writer("third", PATIENT)
        .await;
    assert_eq!(third.unwrap().epoch(), epoch + 2);
}

async fn a_writer_that_waits_takes_over_when_the_first_ends(site: Site) {
    let first = site.claim().await;
    let elsewhere = site.open_again(Access::ReadWrite).await;
    let (second, ()) = tokio::join!(elsewhere.claim_writer("second", PATIENT), async {
        tokio::task::yield_now().await;
        first.release().await;
    });
    assert!(second.unwrap().is_held().await);
}

async fn a_writer_whose_successor_has_claimed_cannot_append(site: Site) {
    let (stale, _fresh) = overtaken(&site).await;
    let head = site.ledger.head().await.unwrap();
    let error = refused(&site, &stale, head, &events("b", 1, 1)).await;
    let LedgerError::Fenced { ours, current } = error else {
        panic!("{error:?}")
    };
    assert_eq!((ours, current), (stale.epoch(), stale.epoch() + 1));
    assert!(!stale.is_held().await);
    assert_eq!(site.ledger.head().await.unwrap(), head);
}

/// A claim that has lost its lock without knowing, and the one that came after.
async fn overtaken(site: &Site) -> (WriterClaim, WriterClaim) {
    let stale = site.claim().await;
    append(&*site.ledger, &stale, Head::EMPTY, &events("a", 1, 1))
        .await
        .unwrap();
    match &site.ground {
        Ground::Memory(store) => store.cut_off_writer(),
        Ground::Sqlite(folder) => {
            // A lock file somebody has removed.
            let mut path = crate::site::file(folder).into_os_string();
            path.push(".writer-lock");
            std::fs::remove_file(path).unwrap();
        }
        Ground::Postgres(_) => site.sql(END_SESSIONS_WITH_LOCKS).await.unwrap(),
    }
    let fresh = site
        .open_again(Access::ReadWrite)
        .await
        .claim_writer("fresh", PATIENT)
        .await;
    (stale, fresh.unwrap())
}

/// What a fail-over or a cut cable does to the writer's session.
const END_SESSIONS_WITH_LOCKS: &str = "SELECT pg_terminate_backend(pid) FROM pg_locks \
    WHERE locktype = 'advisory' AND pid <> pg_backend_pid() \
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

crate::on_every_store!(
    the_second_writer_is_told_who_the_first_is,
    a_claim_that_ends_lets_the_next_writer_in,
    a_writer_that_waits_takes_over_when_the_first_ends,
    a_writer_whose_successor_has_claimed_cannot_append,
);

#[tokio::test]
async fn a_writer_whose_session_was_cut_off_knows_it_holds_nothing() {
    let site = Site::postgres().await;
    let claim = site.claim().await;
    assert!(claim.is_held().await);
    site.sql(END_SESSIONS_WITH_LOCKS).await.unwrap();
    assert!(!claim.is_held().await);
}

#[tokio::test]
async fn a_takeover_waits_for_the_append_under_way_and_finds_its_events() {
    let site = Site::postgres().await;
    let Ground::Postgres(database) = &site.ground else {
        unreachable!()
    };
    let claim = site.claim().await;
    // An append under way holds the writer's row; its events are not committed yet.
    let mut under_way = database.connect().await;
    under_way
        .execute("BEGIN; SELECT epoch FROM ledger_writer FOR SHARE")
        .await
        .unwrap();
    site.sql(END_SESSIONS_WITH_LOCKS).await.unwrap();
    let elsewhere = site.open_again(Access::ReadWrite).await;
    let takeover = elsewhere.claim_writer("fresh", PATIENT);
    tokio::pin!(takeover);
    let early = tokio::time::timeout(Duration::from_millis(200), &mut takeover).await;
    assert!(early.is_err(), "it did not wait");
    under_way.execute("COMMIT").await.unwrap();
    assert_eq!(takeover.await.unwrap().epoch(), claim.epoch() + 1);
}

#[tokio::test]
async fn an_append_waits_for_the_takeover_under_way_and_is_refused() {
    let site = Site::postgres().await;
    let Ground::Postgres(database) = &site.ground else {
        unreachable!()
    };
    let claim = site.claim().await;
    let mut under_way = database.connect().await;
    under_way
        .execute("BEGIN; UPDATE ledger_writer SET epoch = epoch + 1")
        .await
        .unwrap();
    let events = events("a", 1, 1);
    let appending = append(&*site.ledger, &claim, Head::EMPTY, &events);
    tokio::pin!(appending);
    let early = tokio::time::timeout(Duration::from_millis(200), &mut appending).await;
    assert!(early.is_err(), "it did not wait");
    under_way.execute("COMMIT").await.unwrap();
    let error = appending.await.unwrap_err();
    assert!(matches!(error, LedgerError::Fenced { .. }), "{error:?}");
    assert_eq!(site.ledger.head().await.unwrap(), Head::EMPTY);
}

#[tokio::test]
async fn an_append_on_a_lost_connection_is_of_unknown_outcome_and_the_next_gets_through() {
    let site = Site::postgres().await;
    let claim = site.claim().await;
    let one = append(&*site.ledger, &claim, Head::EMPTY, &events("a", 1, 1))
        .await
        .unwrap();
    let end_the_appending_session = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE query LIKE 'INSERT INTO events%' AND datname = current_database()";
    site.sql(end_the_appending_session).await.unwrap();
    let error = append(&*site.ledger, &claim, one, &events("a", 2, 1))
        .await
        .unwrap_err();
    assert!(matches!(error, LedgerError::OutcomeUnknown(_)), "{error:?}");
    assert_eq!(site.ledger.head().await.unwrap(), one);
    append(&*site.ledger, &claim, one, &events("a", 2, 1))
        .await
        .unwrap();
    verify(&site.ledger).await.unwrap();
}

#[tokio::test]
async fn a_ledger_opened_to_be_read_cannot_be_claimed_or_appended_to() {
    for site in [Site::sqlite().await, Site::postgres().await] {
        let claim = site.claim().await;
        let reader: Ledger = site.open_again(Access::ReadOnly).await;
        let error = append(&*reader, &claim, Head::EMPTY, &events("a", 1, 1))
            .await
            .unwrap_err();
        assert!(matches!(error, LedgerError::NotAppended(_)), "{error:?}");
        claim.release().await;
        assert!(reader.claim_writer("reader", PATIENT).await.is_err());
    }
}
