//! Appending: exact bytes, gapless order, whole or not at all.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use openpex::ledger::{
    APPEND_EVENTS_MAX, Append, AppendFault, ChainHash, EventStore, FactText, Head, LedgerError,
    MemoryStore, NewEvent, StoredEvent, chain,
};
use openpex_aggregates::Timestamp;
use sqlx::PgConnection;
use tokio::task::JoinSet;

use crate::site::{
    Ground, IMPATIENT, Site, all, answer, append, event, events, fold_all, refused, verify,
};

/// Texts that a database or a serialiser might be tempted to tidy up.
const AWKWARD: [&str; 9] = [
    r#"{"b": 1, "a": 2, "b": 3}"#,
    "{ \"spaced\" :\t[ 1 ,\n2 ] }",
    r#"{"n": 1e400, "exact": 0.10, "big": 123456789012345678901234567890, "minus": -0}"#,
    r#"{"who": "Zoë 名前 🙂", "escaped": "\u00e9\u0000\n\"\\/\/"}"#,
    r#""a string alone""#,
    "null",
    " [ ] ",
    r#"{"":""}"#,
    r#"{"quote": "it''s $1 ? :x %s \\x00"}"#,
];

async fn what_is_read_is_byte_for_byte_what_was_appended(site: Site) {
    let claim = site.claim().await;
    let mut sent: Vec<NewEvent> = AWKWARD
        .iter()
        .enumerate()
        .map(|(i, payload)| event("Zoë/名前'; --", i as u64 + 1, payload))
        .collect();
    sent[0].metadata = "{ \"sender\" : \"Zo\\u00eb\" , \"a\":\"\" }".into();
    sent[1].event_type = "Überraschung".into();
    sent[2].recorded_at = Timestamp(i64::MAX);
    for later in &mut sent[3..] {
        later.recorded_at = Timestamp(i64::MAX);
    }
    let head = append(&*site.ledger, &claim, Head::EMPTY, &sent)
        .await
        .unwrap();
    assert_eq!(head.position, sent.len() as u64);
    assert_eq!(head, site.ledger.head().await.unwrap());

    let hashes = chain::extend(Head::EMPTY, &sent);
    let stored = all(&site.ledger).await;
    assert_eq!(stored.len(), sent.len());
    for (i, (stored, sent)) in stored.iter().zip(&sent).enumerate() {
        assert_eq!(stored.position, i as u64 + 1);
        assert_eq!(stored.recorded_at, sent.recorded_at);
        assert_eq!(stored.aggregate_type, sent.aggregate_type);
        assert_eq!(stored.aggregate_id, sent.aggregate_id);
        assert_eq!(stored.sequence, sent.sequence);
        assert_eq!(stored.event_type, sent.event_type);
        assert_eq!(stored.event_version, sent.event_version);
        assert_eq!(stored.payload, sent.payload);
        assert_eq!(stored.metadata, sent.metadata);
        assert_eq!(stored.hash, hashes[i]);
    }
    assert_eq!(
        stored,
        site.ledger
            .read_stream("counter", "Zoë/名前'; --")
            .await
            .unwrap()
    );
    let mut left = stored.iter();
    let mut is_next = |text: FactText<'_>| {
        let next = left.next().map(StoredEvent::fact_text);
        assert_eq!(next, Some(text), "folds are shown what is stored");
        Ok(())
    };
    assert_eq!(fold_all(&site.ledger, &mut is_next).await, head.position);
    assert_eq!(verify(&site.ledger).await.unwrap().head_hash, head.hash);
}

async fn positions_and_sequences_are_gapless_over_batches_of_all_sizes(site: Site) {
    let claim = site.claim().await;
    let mut head = site.ledger.head().await.unwrap();
    assert_eq!(head, Head::EMPTY);
    let mut sequence = 1;
    for size in [1, 2, 3, 63, 64, 65, 127, 200] {
        let batch = events("a", sequence, size);
        head = append(&*site.ledger, &claim, head, &batch).await.unwrap();
        sequence += size;
    }
    let report = verify(&site.ledger).await.unwrap();
    assert_eq!(
        (report.events, report.streams, report.head_hash),
        (525, 1, head.hash)
    );
}

async fn a_position_can_be_taken_once(site: Site) {
    let claim = site.claim().await;
    let one = append(&*site.ledger, &claim, Head::EMPTY, &events("a", 1, 1))
        .await
        .unwrap();
    let error = refused(&site, &claim, Head::EMPTY, &events("b", 1, 2)).await;
    assert!(
        matches!(error, LedgerError::PositionTaken { position: 1 }),
        "{error:?}"
    );
    assert_eq!(site.ledger.head().await.unwrap(), one);
}

async fn an_append_that_would_leave_a_hole_is_refused(site: Site) {
    let claim = site.claim().await;
    let one = append(&*site.ledger, &claim, Head::EMPTY, &events("a", 1, 1))
        .await
        .unwrap();
    let ahead = Head { position: 2, ..one };
    let error = refused(&site, &claim, ahead, &events("b", 1, 1)).await;
    assert!(
        matches!(
            error,
            LedgerError::PositionGap {
                position: 3,
                head: 1
            }
        ),
        "{error:?}"
    );
    assert_eq!(site.ledger.head().await.unwrap(), one);
}

async fn an_append_to_another_history_is_refused(site: Site) {
    let claim = site.claim().await;
    let one = append(&*site.ledger, &claim, Head::EMPTY, &events("a", 1, 1))
        .await
        .unwrap();
    let other = Head {
        hash: ChainHash([7; 32]),
        ..one
    };
    let error = refused(&site, &claim, other, &events("b", 1, 1)).await;
    assert!(
        matches!(error, LedgerError::ForkedChain { position: 1 }),
        "{error:?}"
    );
    assert_eq!(site.ledger.head().await.unwrap(), one);
}

async fn time_cannot_run_backwards(site: Site) {
    let claim = site.claim().await;
    let one = append(&*site.ledger, &claim, Head::EMPTY, &events("a", 1, 1))
        .await
        .unwrap();
    let mut early = event("a", 2, "{}");
    early.recorded_at = Timestamp(999);
    // The writer may not know when the head was recorded: the store does.
    for known in [one.recorded_at, Timestamp(0)] {
        let head = Head {
            recorded_at: known,
            ..one
        };
        let error = refused(&site, &claim, head, &[early.clone()]).await;
        let LedgerError::ClockWentBack {
            recorded_at,
            previous,
        } = error
        else {
            panic!("{error:?}");
        };
        assert_eq!((recorded_at, previous), (Timestamp(999), Timestamp(1_000)));
    }
    let mut late = event("a", 2, "{}");
    late.recorded_at = Timestamp(2_000);
    let error = refused(&site, &claim, one, &[late, event("a", 3, "{}")]).await;
    assert!(
        matches!(error, LedgerError::ClockWentBack { .. }),
        "{error:?}"
    );
    assert_eq!(site.ledger.head().await.unwrap(), one);
}

async fn a_stream_takes_each_sequence_once(site: Site) {
    let claim = site.claim().await;
    let one = append(&*site.ledger, &claim, Head::EMPTY, &events("a", 1, 2))
        .await
        .unwrap();
    let twice_at_once = [event("b", 1, "{}"), event("b", 1, "{}")];
    let after_another = [event("b", 1, "{}"), event("a", 2, "{}")];
    for batch in [&twice_at_once, &after_another] {
        let error = refused(&site, &claim, one, batch).await;
        assert!(matches!(error, LedgerError::StreamConflict), "{error:?}");
        assert_eq!(
            site.ledger.head().await.unwrap(),
            one,
            "half a batch was appended"
        );
    }
    append(&*site.ledger, &claim, one, &[event("b", 1, "{}")])
        .await
        .unwrap();
}

async fn what_is_not_json_is_refused(site: Site) {
    let claim = site.claim().await;
    for text in ["", "{", "{'a': 1}", "{} {}"] {
        let batch = [event("a", 1, "{}"), event("a", 2, text)];
        let error = refused(&site, &claim, Head::EMPTY, &batch).await;
        assert!(
            matches!(error, LedgerError::NotAppended(_)),
            "{text}: {error:?}"
        );
    }
    assert_eq!(site.ledger.head().await.unwrap(), Head::EMPTY);
    append(&*site.ledger, &claim, Head::EMPTY, &events("a", 1, 1))
        .await
        .unwrap();
}

async fn a_batch_over_the_limit_is_refused_with_the_numbers(site: Site) {
    let claim = site.claim().await;
    let batch = events("a", 1, APPEND_EVENTS_MAX as u64 + 1);
    let error = refused(&site, &claim, Head::EMPTY, &batch).await;
    let LedgerError::TooManyEvents { count, limit } = error else {
        panic!("{error:?}")
    };
    assert_eq!((count, limit), (APPEND_EVENTS_MAX + 1, APPEND_EVENTS_MAX));
    assert_eq!(site.ledger.head().await.unwrap(), Head::EMPTY);
}

async fn of_two_tasks_with_one_epoch_one_wins_each_position(site: Site) {
    const ROUNDS: u64 = 40;
    let claim = site.claim().await;
    let epoch = claim.epoch();
    let wins = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
    let mut tasks = JoinSet::new();
    for task in 0..2 {
        let (ledger, wins) = (site.ledger.clone(), Arc::clone(&wins));
        tasks.spawn(async move {
            loop {
                let head = ledger.head().await.unwrap();
                if head.position >= ROUNDS {
                    return;
                }
                let id = format!("{task}-{}", head.position);
                let batch = events(&id, 1, 1);
                let append = Append {
                    epoch,
                    head,
                    events: &batch,
                    answers: &[],
                };
                match ledger.append(append).await {
                    Ok(_) => wins[task].fetch_add(1, Ordering::Relaxed),
                    Err(LedgerError::PositionTaken { .. }) => continue,
                    Err(error) => panic!("{error:?}"),
                };
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let wins = wins
        .iter()
        .map(|w| w.load(Ordering::Relaxed) as u64)
        .sum::<u64>();
    let report = verify(&site.ledger).await.unwrap();
    assert_eq!(report.events, wins);
    assert!(report.events >= ROUNDS);
}

async fn an_append_cut_off_midway_is_whole_or_not_there(site: Site) {
    let claim = site.claim().await;
    let epoch = claim.epoch();
    for round in 0..120 {
        let head = site.ledger.head().await.unwrap();
        // In turn such as take several statements and such as one can take.
        let count = if round % 2 == 0 { 100 } else { 128 };
        let batch = events(&format!("r{round}"), 1, count);
        let answers = [answer(&format!("k{round}"), head.position + count)];
        let answers = if round % 2 == 0 { &answers[..] } else { &[] };
        let append = Append {
            epoch,
            head,
            events: &batch,
            answers,
        };
        // Later and later: before it starts, in the middle, after it is done.
        let patience = Duration::from_micros(round / 2 * 250);
        let _ = tokio::time::timeout(patience, site.ledger.append(append)).await;
        settle(&site, epoch, &format!("s{round}")).await;

        let stream = site
            .ledger
            .read_stream("counter", &format!("r{round}"))
            .await
            .unwrap();
        assert!(
            stream.is_empty() || stream.len() == batch.len(),
            "{} of {count}",
            stream.len()
        );
        for answer in answers {
            let kept = site.ledger.find_idempotent(answer.user_id, &answer.key);
            assert_eq!(
                kept.await.unwrap().is_some(),
                !stream.is_empty(),
                "events without their answer, or the reverse"
            );
        }
    }
    let report = verify(&site.ledger).await.unwrap();
    assert!(report.events >= 60);
}

/// Appends one event. What was cut off may still be under way: then this waits for it, or is refused
/// because the head has moved, and tries again.
async fn settle(site: &Site, epoch: u64, id: &str) {
    for _ in 0..100 {
        let head = site.ledger.head().await.unwrap();
        let append = Append {
            epoch,
            head,
            events: &events(id, 1, 1),
            answers: &[],
        };
        match site.ledger.append(append).await {
            Ok(_) => return,
            Err(LedgerError::PositionTaken { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("the head never stood still");
}

crate::on_every_store!(
    what_is_read_is_byte_for_byte_what_was_appended,
    positions_and_sequences_are_gapless_over_batches_of_all_sizes,
    a_position_can_be_taken_once,
    an_append_that_would_leave_a_hole_is_refused,
    an_append_to_another_history_is_refused,
    time_cannot_run_backwards,
    a_stream_takes_each_sequence_once,
    what_is_not_json_is_refused,
    a_batch_over_the_limit_is_refused_with_the_numbers,
    of_two_tasks_with_one_epoch_one_wins_each_position,
    an_append_cut_off_midway_is_whole_or_not_there,
);

#[tokio::test]
async fn injected_faults_do_what_they_say() {
    let store = MemoryStore::new();
    let claim = store.claim_writer("test", IMPATIENT).await.unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&asked);
    let mut faults = [
        AppendFault::NotAppended,
        AppendFault::LostBefore,
        AppendFault::LostAfter,
    ]
    .into_iter();
    store.set_faults(move |first| {
        record.lock().unwrap().push(first);
        faults.next()
    });
    let batch = events("a", 1, 2);
    let error = append(&store, &claim, Head::EMPTY, &batch)
        .await
        .unwrap_err();
    assert!(matches!(error, LedgerError::NotAppended(_)));
    let error = append(&store, &claim, Head::EMPTY, &batch)
        .await
        .unwrap_err();
    assert!(matches!(error, LedgerError::OutcomeUnknown(_)));
    assert_eq!(store.head().await.unwrap(), Head::EMPTY);
    let error = append(&store, &claim, Head::EMPTY, &batch)
        .await
        .unwrap_err();
    assert!(matches!(error, LedgerError::OutcomeUnknown(_)));
    let head = store.head().await.unwrap();
    assert_eq!(head.position, 2);
    append(&store, &claim, head, &events("a", 3, 1))
        .await
        .unwrap();
    assert_eq!(*asked.lock().unwrap(), [1, 1, 1, 3]);
}

/// How often the server has gone through the whole of the events, and how often it has looked some up.
async fn scans_of_events(connection: &mut PgConnection) -> (i64, i64) {
    let scans = "SELECT seq_scan, idx_scan FROM pg_stat_user_tables WHERE relname = 'events'";
    sqlx::query_as(scans).fetch_one(connection).await.unwrap()
}

#[tokio::test]
async fn a_ledger_that_was_small_when_it_was_analysed_is_not_gone_through_as_it_grows() {
    const APPENDS: u64 = 30;
    const FLUSHED_WITHIN: Duration = Duration::from_secs(20);
    let site = Site::postgres().await;
    let Ground::Postgres(database) = &site.ground else {
        unreachable!()
    };
    let claim = site.claim().await;
    let mut head = append(&*site.ledger, &claim, Head::EMPTY, &events("a", 1, 9))
        .await
        .unwrap();
    site.sql("ANALYZE events").await.unwrap();
    for _ in 0..APPENDS {
        let next = events("a", head.position + 1, 1);
        head = append(&*site.ledger, &claim, head, &next).await.unwrap();
    }
    claim.release().await;
    // A session tells what it has done when it ends.
    site.ledger.close().await;
    let mut connection = database.connect().await;
    let begun = Instant::now();
    let (mut through, mut looked_up) = (0, 0);
    while through + looked_up < APPENDS.cast_signed() && begun.elapsed() < FLUSHED_WITHIN {
        (through, looked_up) = scans_of_events(&mut connection).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(looked_up >= APPENDS.cast_signed(), "{looked_up} looked up");
    assert!(
        through < APPENDS.cast_signed() / 2,
        "{through} gone through"
    );
}
