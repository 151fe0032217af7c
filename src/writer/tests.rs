//! The writer on a store that fails when it is told to.

use std::sync::Arc;
use std::time::Duration;

use openpex_aggregates::live::{Actor, Answer, Command, Live};
use openpex_aggregates::node::{NodeSighting, NodeStatus};
use openpex_aggregates::policy::Policy;
use openpex_aggregates::terms::Proposal;
use openpex_aggregates::{NodeName, ReservationId, Resources, Timestamp, UserId};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::replay::fold_by_pages;
use super::{
    Committed, IdempotencyKey, WriteError, WriteRequest, Writer, WriterExit, WriterHandle,
    fold_ledger, stored_fact,
};
use crate::clock::TestClock;
use crate::ledger::{Append, AppendFault, Ledger, LedgerError, MemoryStore, NewEvent};

const TEMPLATE: &str = "a template";

struct Bench {
    store: MemoryStore,
    handle: WriterHandle,
    stop: CancellationToken,
    task: JoinSet<WriterExit>,
}

async fn bench(store: MemoryStore) -> Bench {
    let ledger = Ledger::Memory(store.clone());
    let claim = ledger
        .claim_writer("a test", Duration::from_secs(1))
        .await
        .unwrap();
    let folded = fold_ledger(&ledger).await.unwrap();
    let clock = Arc::new(TestClock::new(Timestamp(1_000_000)));
    let (writer, handle, _effects) = Writer::new(ledger, claim, clock, folded);
    let stop = CancellationToken::new();
    let mut task = JoinSet::new();
    task.spawn(writer.run(stop.clone()));
    let bench = Bench {
        store,
        handle,
        stop,
        task,
    };
    let policy = Policy {
        templates: vec![TEMPLATE.to_owned()],
        ..Policy::default()
    };
    bench
        .ask(Command::AdoptPolicy(Box::new(policy)))
        .await
        .unwrap();
    let node = NodeSighting {
        name: NodeName("n1".to_owned()),
        pool: "p".to_owned(),
        capacity: Resources {
            vcpus: 16,
            memory_mib: 32_768,
            disk_gib: 500,
        },
        status: NodeStatus::InService,
    };
    bench.ask(Command::SightNodes(vec![node])).await.unwrap();
    bench
}

impl Bench {
    async fn ask(&self, command: Command) -> Result<Committed, WriteError> {
        self.handle.submit(WriteRequest::by_service(command)).await
    }

    async fn propose(&self, number: u128) -> Result<Committed, WriteError> {
        self.handle.submit(proposal(number)).await
    }

    async fn head(&self) -> u64 {
        Ledger::Memory(self.store.clone())
            .head()
            .await
            .unwrap()
            .position
    }

    async fn end(mut self) -> WriterExit {
        self.stop.cancel();
        self.task.join_next().await.unwrap().unwrap()
    }
}

fn proposal(number: u128) -> WriteRequest {
    let proposal = Proposal {
        instance_type: "SMALL".to_owned(),
        instances_fixed: 1,
        starts_at: Timestamp(10_000_000),
        duration_ms: 3_600_000,
        template: TEMPLATE.to_owned(),
        ..Proposal::default()
    };
    WriteRequest {
        command: Command::Open {
            reservation_id: ReservationId(Uuid::from_u128(number)),
            proposal: Some(proposal),
        },
        actor: Some(Actor {
            user_id: UserId(7),
            is_operator: false,
        }),
        expected_sequence: None,
        idempotency: Some(IdempotencyKey {
            user_id: UserId(7),
            key: number.to_string(),
            fingerprint: [0; 32],
        }),
        request_id: None,
    }
}

fn status(committed: &Committed) -> &'static str {
    match &committed.answer {
        Answer::Reservation { reservation, .. } => reservation.status.name().as_str(),
        Answer::Instance { .. }
        | Answer::Account { .. }
        | Answer::Series { .. }
        | Answer::StandingRequest { .. }
        | Answer::Search(_)
        | Answer::Availability(_)
        | Answer::AvailabilityOfNodes(_)
        | Answer::Done => "none",
    }
}

/// How many reservations the live state holds.
async fn live_reservations(bench: &Bench) -> usize {
    bench.handle.inspect(|live| live.counts().0).await.unwrap()
}

#[tokio::test]
async fn given_an_append_that_fails_then_the_caller_is_told_and_nothing_remains() {
    for fault in [AppendFault::NotAppended, AppendFault::LostBefore] {
        let bench = bench(MemoryStore::new()).await;
        let before = bench.head().await;
        let mut once = Some(fault);
        bench.store.set_faults(move |_| once.take());
        assert_eq!(bench.propose(1).await, Err(WriteError::Unavailable));
        assert_eq!(
            (bench.head().await, live_reservations(&bench).await),
            (before, 0)
        );
        let again = bench.propose(1).await.unwrap();
        assert_eq!((status(&again), again.position), ("ACCEPTED", before + 4));
    }
}

#[tokio::test]
async fn given_an_append_whose_reply_is_lost_then_what_was_appended_is_found() {
    let bench = bench(MemoryStore::new()).await;
    let mut once = Some(AppendFault::LostAfter);
    bench.store.set_faults(move |_| once.take());
    assert_eq!(bench.propose(1).await, Err(WriteError::Unavailable));
    assert_eq!(live_reservations(&bench).await, 1);
    let ledger = Ledger::Memory(bench.store.clone());
    let kept = ledger.find_idempotent(UserId(7), "1").await.unwrap();
    assert_eq!(kept.map(|record| record.position), Some(bench.head().await));
}

/// What is decided on top of a batch that fails must not survive it.
#[tokio::test]
async fn given_many_callers_and_failing_appends_then_each_answer_tells_the_truth() {
    let bench = bench(MemoryStore::new()).await;
    let mut count = 0;
    bench.store.set_faults(move |_| {
        count += 1;
        match count % 5 {
            1 => Some(AppendFault::NotAppended),
            3 => Some(AppendFault::LostAfter),
            _ => None,
        }
    });
    let mut callers = JoinSet::new();
    for number in 1..=200_u128 {
        let handle = bench.handle.clone();
        callers.spawn(async move { (number, handle.submit(proposal(number)).await) });
    }
    let outcomes = callers.join_all().await;
    bench.store.set_faults(|_| None);
    let ledger = Ledger::Memory(bench.store.clone());
    for (number, outcome) in outcomes {
        let kept = ledger
            .find_idempotent(UserId(7), &number.to_string())
            .await
            .unwrap();
        match outcome {
            Ok(committed) => {
                let kept = kept.expect("what was acknowledged is in the ledger");
                assert_eq!(kept.position, committed.position);
            }
            Err(error) => assert_eq!(error, WriteError::Unavailable),
        }
    }
    let folded = fold_ledger(&ledger).await.unwrap();
    let live = bench.handle.inspect(Live::snapshot).await.unwrap();
    assert_eq!(
        folded.live.snapshot(),
        live,
        "the memory is the fold of the ledger"
    );
    assert_eq!(bench.end().await, WriterExit::Stopped);
}

#[tokio::test]
async fn given_another_writer_then_this_one_appends_nothing_and_ends() {
    let mut bench = bench(MemoryStore::new()).await;
    bench.store.cut_off_writer();
    let ledger = Ledger::Memory(bench.store.clone());
    let _other = ledger
        .claim_writer("another", Duration::from_secs(1))
        .await
        .unwrap();
    let before = bench.head().await;
    assert_eq!(bench.propose(1).await, Err(WriteError::Fenced));
    assert_eq!(
        bench.task.join_next().await.unwrap().unwrap(),
        WriterExit::Fenced
    );
    assert_eq!(bench.head().await, before);
    assert_eq!(bench.propose(2).await, Err(WriteError::Stopping));
}

#[tokio::test]
async fn given_a_stop_then_what_was_accepted_is_durable_and_the_next_start_is_the_same() {
    let bench = bench(MemoryStore::new()).await;
    let mut callers = JoinSet::new();
    for number in 1..=50_u128 {
        let handle = bench.handle.clone();
        callers.spawn(async move { handle.submit(proposal(number)).await });
    }
    tokio::task::yield_now().await;
    let store = bench.store.clone();
    assert_eq!(bench.end().await, WriterExit::Stopped);
    let outcomes = callers.join_all().await;
    let durable = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert!(
        outcomes
            .iter()
            .flatten()
            .all(|committed| committed.position > 0)
    );

    let ledger = Ledger::Memory(store);
    let snapshot = ledger
        .newest_snapshot()
        .await
        .unwrap()
        .expect("a snapshot is kept at the end");
    let folded = fold_ledger(&ledger).await.unwrap();
    assert_eq!((snapshot.position, folded.tail), (folded.head.position, 0));
    assert_eq!(folded.live.counts().0, durable);
}

#[tokio::test]
async fn given_a_sequence_that_is_over_then_the_command_is_not_taken() {
    let bench = bench(MemoryStore::new()).await;
    bench.propose(1).await.unwrap();
    let stale = WriteRequest {
        command: Command::Delete(ReservationId(Uuid::from_u128(1))),
        expected_sequence: Some(2),
        idempotency: None,
        ..proposal(1)
    };
    let outcome = bench.handle.submit(stale).await;
    assert_eq!(
        outcome,
        Err(WriteError::Stale {
            expected: 2,
            found: 3
        })
    );
}

/// The views fold what is handed on in place of what the ledger has.
#[tokio::test]
async fn given_appends_that_fail_now_and_then_what_is_handed_on_is_what_the_ledger_has() {
    let bench = bench(MemoryStore::new()).await;
    let recent = bench.handle.recent();
    let ledger = Ledger::Memory(bench.store.clone());
    let mut reached = 0;
    for fault in [
        None,
        Some(AppendFault::NotAppended),
        Some(AppendFault::LostAfter),
        None,
    ] {
        let mut once = fault;
        bench.store.set_faults(move |_| once.take());
        for number in 1..=2 {
            // Whether it is taken is told elsewhere.
            let _ = bench.propose(u128::from(reached) * 10 + number).await;
        }
        let handed_on = recent.take_after(reached, usize::MAX);
        let stored = ledger.read_after(reached, u32::MAX).await.unwrap();
        if fault == Some(AppendFault::LostAfter) {
            assert!(handed_on.is_empty(), "some of it is in the ledger only");
        } else {
            assert_eq!(handed_on.len(), stored.len(), "after {fault:?}");
        }
        for (event, stored) in handed_on.iter().zip(&stored) {
            assert_eq!(event.position, stored.position);
            assert_eq!(event.recorded_at, stored.recorded_at);
            assert_eq!(event.sequence, stored.sequence);
            assert_eq!(Ok(&event.fact), stored_fact(stored.fact_text()).as_ref());
        }
        reached = bench.head().await;
    }
}

#[tokio::test]
async fn given_any_size_of_page_then_the_fold_is_that_of_the_writer() {
    let bench = bench(MemoryStore::new()).await;
    for number in 1..=5 {
        bench.propose(number).await.unwrap();
    }
    let live = bench.handle.inspect(Live::snapshot).await.unwrap();
    let ledger = Ledger::Memory(bench.store.clone());
    let head = u32::try_from(bench.head().await).unwrap();
    for page in [1, 2, 3, head - 1, head, head + 1] {
        let folded = fold_by_pages(&ledger, page).await.unwrap();
        assert_eq!(folded.live.snapshot(), live, "by {page}");
        assert_eq!(folded.tail, u64::from(head), "by {page}");
    }
    assert_eq!(bench.end().await, WriterExit::Stopped);
}

#[tokio::test]
async fn given_an_event_that_cannot_be_then_the_fold_says_which() {
    let bench = bench(MemoryStore::new()).await;
    bench.propose(1).await.unwrap();
    let ledger = Ledger::Memory(bench.store.clone());
    assert_eq!(bench.end().await, WriterExit::Stopped);
    let claim = ledger
        .claim_writer("a test", Duration::from_secs(1))
        .await
        .unwrap();
    let (head, events) = (
        ledger.head().await.unwrap(),
        ledger.read_after(0, 99).await.unwrap(),
    );
    let said = events.last().unwrap();
    // What can be read, but does not come next in its stream; and what nobody can read.
    let early = NewEvent {
        aggregate_type: "reservation",
        aggregate_id: said.aggregate_id.clone(),
        sequence: said.sequence + 2,
        event_type: said.event_type.clone(),
        event_version: said.event_version.clone(),
        payload: said.payload.clone(),
        metadata: said.metadata.clone(),
        recorded_at: said.recorded_at,
    };
    let unknown = NewEvent {
        sequence: said.sequence + 3,
        payload: "{}".to_owned(),
        ..early.clone()
    };
    ledger
        .append(Append {
            epoch: claim.epoch(),
            head,
            events: &[early, unknown],
            answers: &[],
        })
        .await
        .unwrap();
    for (page, refused) in [(1, head.position + 1), (99, head.position + 2)] {
        match fold_by_pages(&ledger, page).await {
            Err(LedgerError::FoldRefused { position, .. }) => assert_eq!(position, refused),
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("it folds"),
        }
    }
    claim.release().await;
}
