//! A long history, made fast: the real writer, in this process, on a ledger that a service has begun.
//!
//! Every event is decided by the domain and appended by the ledger, in the batches that a busy service
//! would make; only HTTP and the pool are left out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use openpex::clock::{Clock, TestClock, entropy};
use openpex::ledger::{Access, Ledger};
use openpex::process_manager::settle;
use openpex::writer::{Committed, Effects, WriteRequest, Writer, WriterHandle, fold_ledger};
use openpex_aggregates::instance::{Effect, EffectOutcome, Observation, PowerState};
use openpex_aggregates::live::{Actor, Command, Message, OutstandingEffect};
use openpex_aggregates::terms::Proposal;
use openpex_aggregates::{ReservationId, Timestamp, UserId};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const HOUR_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;
/// Reservations that are asked for at once; as many small instances fit on the pool of 50 hosts.
const WAVE: usize = 600;
/// How long what is asked of the ledger may take to be claimed.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was made.
pub struct History {
    pub events: u64,
    pub ended: usize,
    pub live: usize,
    pub took: Duration,
}

struct Maker {
    handle: WriterHandle,
    clock: Arc<dyn Clock>,
    test_clock: TestClock,
    owners: Vec<UserId>,
}

/// Makes the ledger at `url` grow to `events`: half of it reservations that were started and have ended,
/// half of it such as are confirmed for the year to come.
pub async fn grow(url: &str, owners: Vec<UserId>, events: u64) -> History {
    let begun = Instant::now();
    let ledger = Ledger::open(url, Access::ReadWrite)
        .await
        .expect("the ledger opens");
    let claim = ledger
        .claim_writer("a benchmark", PATIENCE)
        .await
        .expect("nobody else writes");
    let folded = fold_ledger(&ledger).await.expect("the ledger folds");
    let test_clock = TestClock::new(folded.head.recorded_at);
    let clock: Arc<dyn Clock> = Arc::new(test_clock.clone());
    let (writer, handle, effects) = Writer::new(ledger.clone(), claim, clock.clone(), folded);
    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    tasks.spawn(carry_out(effects, handle.clone()));
    let mut writing = JoinSet::new();
    writing.spawn(writer.run(stop.clone()));
    let maker = Maker {
        handle,
        clock,
        test_clock,
        owners,
    };
    let (mut ended, mut live) = (0, 0);
    while maker.head() < events / 2 {
        maker.live_through().await;
        ended += WAVE;
    }
    while maker.head() < events {
        maker.book_ahead(live).await;
        live += WAVE;
    }
    let events = maker.head();
    stop.cancel();
    while writing.join_next().await.is_some() {}
    tasks.shutdown().await;
    ledger.close().await;
    History {
        events,
        ended,
        live,
        took: begun.elapsed(),
    }
}

/// A pool on which everything succeeds at once.
async fn carry_out(mut effects: Effects, handle: WriterHandle) {
    let mut reports = JoinSet::new();
    while let Some(released) = effects.recv().await {
        for effect in released {
            let handle = handle.clone();
            reports.spawn(async move { handle.submit(succeeded(&effect)).await });
        }
        while let Some(reported) = reports.try_join_next() {
            reported
                .expect("a report comes to its end")
                .expect("the writer takes it");
        }
    }
}

fn succeeded(effect: &OutstandingEffect) -> WriteRequest {
    let power_state = match effect.effect {
        Effect::Start | Effect::Reboot => PowerState::Running,
        Effect::Stop => PowerState::Halted,
        Effect::Remove => PowerState::Unknown,
    };
    let outcome = EffectOutcome {
        effect_id: effect.effect_id,
        attempt: effect.attempt,
        result: Ok(Observation {
            power_state,
            ip_address: None,
        }),
    };
    WriteRequest::by_service(Command::RecordOutcome {
        instance_id: effect.spec.instance_id,
        outcome,
    })
}

impl Maker {
    fn head(&self) -> u64 {
        *self.handle.head().borrow()
    }

    /// One wave of reservations from their proposals to their ends.
    async fn live_through(&self) {
        let now = self.clock.now();
        let starts_at = now.saturating_add(10 * MINUTE_MS);
        self.agree(0, |_| starts_at).await;
        for at in [starts_at, starts_at.saturating_add(HOUR_MS)] {
            settle(&self.handle, &self.clock, &self.test_clock, at)
                .await
                .expect("the writer runs");
        }
    }

    /// One wave of reservations for the year to come.
    async fn book_ahead(&self, before: usize) {
        let now = self.clock.now();
        let start = |number: usize| {
            let hour = i64::try_from((before + number) % 8_000).expect("invariant: hours fit");
            now.saturating_add((24 + hour) * HOUR_MS)
        };
        self.agree(before, start).await;
    }

    async fn agree(&self, before: usize, starts_at: impl Fn(usize) -> Timestamp) {
        let ids: Vec<_> = (0..WAVE)
            .map(|number| {
                let owner = self.owners[(before + number) % self.owners.len()];
                let id = ReservationId(entropy::new_uuid());
                (id, owner, starts_at(number))
            })
            .collect();
        let opened = ids.iter().map(|(id, owner, starts_at)| {
            let command = Command::Open {
                reservation_id: *id,
                proposal: Some(proposal(*starts_at)),
            };
            self.ask(command, *owner)
        });
        join_all(opened).await;
        let confirmed = ids.iter().map(|(id, owner, _)| {
            let command = Command::Negotiate {
                reservation_id: *id,
                message: Message::Confirm { echo: None },
            };
            self.ask(command, *owner)
        });
        join_all(confirmed).await;
    }

    async fn ask(&self, command: Command, user_id: UserId) -> Committed {
        let request = WriteRequest {
            actor: Some(Actor {
                user_id,
                is_operator: false,
            }),
            request_id: Some(entropy::new_uuid().to_string()),
            ..WriteRequest::by_service(command)
        };
        let committed = self.handle.submit(request).await;
        committed.expect("the pool has room, and the ledger takes it")
    }
}

fn proposal(starts_at: Timestamp) -> Proposal {
    Proposal {
        instance_type: "SMALL".to_owned(),
        instances_fixed: 1,
        starts_at,
        duration_ms: HOUR_MS,
        template: "PEX Debian Etch 4.0 Template".to_owned(),
        ..Proposal::default()
    }
}
