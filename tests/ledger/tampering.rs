//! Every way to tamper with a ledger is found, and where.

use openpex::ledger::{Append, BrokenRule, Head, VerifyError};
use openpex_aggregates::Timestamp;

use crate::site::{Site, all, answer, append, events, verify};

/// Two streams of ten events each, a claim on the last position, and the guards taken off.
async fn ledger_of_twenty(site: &Site) -> Head {
    let claim = site.claim().await;
    let head = append(&*site.ledger, &claim, Head::EMPTY, &events("a", 1, 10))
        .await
        .unwrap();
    let (batch, answers) = (events("b", 1, 10), [answer("k", 20)]);
    let append = Append {
        epoch: claim.epoch(),
        head,
        events: &batch,
        answers: &answers,
    };
    let head = site.ledger.append(append).await.unwrap();
    let report = verify(&site.ledger).await.unwrap();
    assert_eq!(
        (report.events, report.streams, report.head_hash),
        (20, 2, head.hash)
    );
    site.disarm().await;
    head
}

/// What verification says after these statements.
async fn broken_by(site: &Site, statements: &str) -> (u64, BrokenRule) {
    site.sql(statements).await.unwrap();
    match verify(&site.ledger).await.unwrap_err() {
        VerifyError::Broken { position, rule } => (position, rule),
        VerifyError::Unreadable(error) => panic!("{error:?}"),
    }
}

macro_rules! assert_hash_broken_at {
    ($found:expr, $position:expr) => {
        let (position, rule) = $found;
        assert_eq!(position, $position, "{rule}");
        assert!(matches!(rule, BrokenRule::Hash { .. }), "{rule}");
    };
}

async fn a_changed_payload(site: Site) {
    ledger_of_twenty(&site).await;
    let found = broken_by(
        &site,
        "UPDATE events SET payload = '{\"by\": 8}' WHERE position = 7",
    );
    assert_hash_broken_at!(found.await, 7);
}

async fn a_payload_that_only_says_it_otherwise(site: Site) {
    ledger_of_twenty(&site).await;
    let found = broken_by(
        &site,
        "UPDATE events SET payload = '{\"by\":7}' WHERE position = 7",
    );
    assert_hash_broken_at!(found.await, 7);
}

async fn changed_metadata(site: Site) {
    ledger_of_twenty(&site).await;
    let sql = "UPDATE events SET metadata = '{\"sender\":\"clock\"}' WHERE position = 20";
    assert_hash_broken_at!(broken_by(&site, sql).await, 20);
}

async fn a_changed_recorded_at(site: Site) {
    ledger_of_twenty(&site).await;
    let sql = "UPDATE events SET recorded_at = recorded_at + 1 WHERE position = 1";
    assert_hash_broken_at!(broken_by(&site, sql).await, 1);
}

async fn an_event_given_to_another_stream(site: Site) {
    ledger_of_twenty(&site).await;
    let sql = "UPDATE events SET aggregate_id = 'b', sequence = 11 WHERE position = 10";
    assert_hash_broken_at!(broken_by(&site, sql).await, 10);
}

async fn two_events_in_each_others_place(site: Site) {
    ledger_of_twenty(&site).await;
    let sql = "UPDATE events SET position = 100 WHERE position = 4; \
        UPDATE events SET position = 4 WHERE position = 5; \
        UPDATE events SET position = 5 WHERE position = 100";
    assert_hash_broken_at!(broken_by(&site, sql).await, 4);
}

async fn a_missing_event(site: Site) {
    ledger_of_twenty(&site).await;
    let (position, rule) = broken_by(&site, "DELETE FROM events WHERE position = 12").await;
    assert_eq!(
        (position, rule),
        (12, BrokenRule::PositionMissing { found: 13 })
    );
    // The service's own reading finds it too, rather than fold what is left.
    let folded = site
        .ledger
        .fold_page(0, 20, &mut |_| Ok(()))
        .await
        .unwrap_err();
    assert_eq!(
        folded.to_string(),
        "after position 11 comes 13: events are missing"
    );
}

async fn the_first_event_missing(site: Site) {
    ledger_of_twenty(&site).await;
    let (position, rule) = broken_by(&site, "DELETE FROM events WHERE position = 1").await;
    assert_eq!(
        (position, rule),
        (1, BrokenRule::PositionMissing { found: 2 })
    );
}

async fn an_end_cut_off_although_it_was_acknowledged(site: Site) {
    ledger_of_twenty(&site).await;
    let (position, rule) = broken_by(&site, "DELETE FROM events WHERE position > 18").await;
    assert_eq!(
        (position, rule),
        (19, BrokenRule::EndMissing { acknowledged: 20 })
    );
}

async fn a_gap_in_a_stream_whose_chain_is_right(site: Site) {
    let claim = site.claim().await;
    let mut batch = events("a", 1, 3);
    batch[2].sequence = 4;
    append(&*site.ledger, &claim, Head::EMPTY, &batch)
        .await
        .unwrap();
    let VerifyError::Broken { position, rule } = verify(&site.ledger).await.unwrap_err() else {
        panic!()
    };
    let expected = BrokenRule::Sequence {
        aggregate_type: "counter".into(),
        aggregate_id: "a".into(),
        expected: 3,
        found: 4,
    };
    assert_eq!((position, rule), (3, expected));
}

async fn a_time_that_runs_backwards_in_a_chain_that_was_forged(site: Site) {
    let claim = site.claim().await;
    append(&*site.ledger, &claim, Head::EMPTY, &events("a", 1, 2))
        .await
        .unwrap();
    site.disarm().await;
    // A forger who knows the rules of the chain, but not that of time.
    let mut last = all(&site.ledger).await.remove(1);
    last.recorded_at = Timestamp(1);
    let first = site.ledger.read_after(0, 1).await.unwrap().remove(0);
    let hash = openpex::ledger::chain::hash_of(&last, first.hash);
    let forged = match &site.ground {
        crate::site::Ground::Postgres(_) => format!("'\\x{hash}'"),
        crate::site::Ground::Memory(_) | crate::site::Ground::Sqlite(_) => format!("x'{hash}'"),
    };
    let sql = format!("UPDATE events SET recorded_at = 1, hash = {forged} WHERE position = 2");
    let (position, rule) = broken_by(&site, &sql).await;
    let expected = BrokenRule::RecordedAt {
        previous: Timestamp(1_000),
        found: Timestamp(1),
    };
    assert_eq!((position, rule), (2, expected));
}

async fn an_event_that_does_not_fold(site: Site) {
    ledger_of_twenty(&site).await;
    let mut fold = |event: openpex::ledger::FactText<'_>| match event.position {
        15 => Err("no such transition".to_owned()),
        _ => Ok(()),
    };
    let error = site.ledger.verify(&mut fold).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "position 15: it cannot be folded: no such transition"
    );
}

async fn nothing_while_the_writer_goes_on(site: Site) {
    let claim = site.claim().await;
    let reader = site.open_again(openpex::ledger::Access::ReadOnly).await;
    let mut head = Head::EMPTY;
    for round in 0..30 {
        let (batch, answers) = (
            events(&format!("r{round}"), 1, 10),
            [answer(&format!("k{round}"), head.position + 10)],
        );
        let append = Append {
            epoch: claim.epoch(),
            head,
            events: &batch,
            answers: &answers,
        };
        let (appended, report) = tokio::join!(site.ledger.append(append), verify(&reader));
        head = appended.unwrap();
        assert!(report.unwrap().events >= round * 10);
    }
}

crate::on_every_database!(
    a_changed_payload,
    a_payload_that_only_says_it_otherwise,
    changed_metadata,
    a_changed_recorded_at,
    an_event_given_to_another_stream,
    two_events_in_each_others_place,
    a_missing_event,
    the_first_event_missing,
    an_end_cut_off_although_it_was_acknowledged,
    a_gap_in_a_stream_whose_chain_is_right,
    a_time_that_runs_backwards_in_a_chain_that_was_forged,
    an_event_that_does_not_fold,
    nothing_while_the_writer_goes_on,
);
