//! A ledger of its own for each test, and the events the tests append to it.

use std::mem::discriminant;
use std::path::PathBuf;
use std::time::Duration;

use openpex::ledger::{
    Access, Append, EventStore, Fold, Head, IdempotencyRecord, Ledger, LedgerError, MemoryStore,
    NewEvent, PAGE_EVENTS, StoredEvent, WriterClaim,
};
use openpex_aggregates::{Timestamp, UserId};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Executor};
use tempfile::TempDir;

use crate::support::postgres::TestDatabase;

/// For claims that must succeed or fail at once.
pub const IMPATIENT: Duration = Duration::ZERO;

/// A ledger, and what lies under it.
pub struct Site {
    pub ledger: Ledger,
    pub ground: Ground,
}

/// Where the ledger is.
pub enum Ground {
    Memory(MemoryStore),
    Sqlite(TempDir),
    Postgres(TestDatabase),
}

impl Site {
    pub fn memory() -> Self {
        let store = MemoryStore::new();
        Self {
            ledger: Ledger::Memory(store.clone()),
            ground: Ground::Memory(store),
        }
    }

    pub async fn sqlite() -> Self {
        Self::on(Ground::Sqlite(tempfile::tempdir().unwrap())).await
    }

    pub async fn postgres() -> Self {
        Self::on(Ground::Postgres(TestDatabase::create().await)).await
    }

    async fn on(ground: Ground) -> Self {
        let ledger = ground.open(Access::ReadWrite).await.unwrap();
        Self { ledger, ground }
    }

    /// The ledger opened once more, as another process would.
    pub async fn open_again(&self, access: Access) -> Ledger {
        self.ground.open(access).await.unwrap()
    }

    pub async fn claim(&self) -> WriterClaim {
        self.ledger.claim_writer("test", IMPATIENT).await.unwrap()
    }

    /// Runs statements on the database itself, past the ledger.
    pub async fn sql(&self, statements: &str) -> Result<(), sqlx::Error> {
        match &self.ground {
            Ground::Memory(_) => panic!("there is no database"),
            Ground::Sqlite(folder) => {
                let options = SqliteConnectOptions::new().filename(file(folder));
                options.connect().await?.execute(statements).await?;
            }
            Ground::Postgres(database) => {
                database.connect().await.execute(statements).await?;
            }
        }
        Ok(())
    }

    /// Switches off what makes the database refuse to change events: what a thief with its password does.
    pub async fn disarm(&self) {
        let disarm = match &self.ground {
            Ground::Memory(_) => panic!("there is no database"),
            Ground::Sqlite(_) => {
                "DROP TRIGGER events_refuse_update; DROP TRIGGER events_refuse_delete"
            }
            Ground::Postgres(_) => "DROP TRIGGER events_are_append_only ON events",
        };
        self.sql(disarm).await.unwrap();
    }
}

impl Ground {
    pub fn url(&self) -> String {
        match self {
            Self::Memory(_) => panic!("memory has no URL"),
            Self::Sqlite(folder) => format!("sqlite:{}", file(folder).display()),
            Self::Postgres(database) => database.url().to_owned(),
        }
    }

    pub async fn open(&self, access: Access) -> Result<Ledger, LedgerError> {
        match self {
            Self::Memory(store) => Ok(Ledger::Memory(store.clone())),
            Self::Sqlite(_) | Self::Postgres(_) => Ledger::open(&self.url(), access).await,
        }
    }
}

pub fn file(folder: &TempDir) -> PathBuf {
    folder
        .path()
        .join("in a folder/that is not there yet/ledger.db")
}

/// An event of a stream `id`, recorded at 1,000 ms plus its sequence.
pub fn event(id: &str, sequence: u64, payload: &str) -> NewEvent {
    NewEvent {
        aggregate_type: "counter",
        aggregate_id: id.into(),
        sequence,
        event_type: "CounterRaised".into(),
        event_version: "1".into(),
        payload: payload.into(),
        metadata: r#"{"sender":"user"}"#.into(),
        recorded_at: Timestamp(1_000),
    }
}

/// `count` events of the stream `id`, from sequence `first` on.
pub fn events(id: &str, first: u64, count: u64) -> Vec<NewEvent> {
    (first..first + count)
        .map(|n| event(id, n, &format!(r#"{{"by": {n}}}"#)))
        .collect()
}

/// The answer to a request under `key`.
pub fn answer(key: &str, position: u64) -> IdempotencyRecord {
    IdempotencyRecord {
        user_id: UserId(7),
        key: key.into(),
        fingerprint: [9; 32],
        answer: r#"{"reply": "ACCEPT", "who": "Zoë"}"#.into(),
        position,
        created_at: Timestamp(1_234),
    }
}

/// Appends events under a claim's epoch.
pub async fn append(
    store: &dyn EventStore,
    claim: &WriterClaim,
    head: Head,
    events: &[NewEvent],
) -> Result<Head, LedgerError> {
    store
        .append(Append {
            epoch: claim.epoch(),
            head,
            events,
            answers: &[],
        })
        .await
}

/// Why a batch is refused: for the same with an answer to keep, which stores may take in another way, as
/// without.
pub async fn refused(
    site: &Site,
    claim: &WriterClaim,
    head: Head,
    events: &[NewEvent],
) -> LedgerError {
    let answers = [answer("refused", head.position + 1)];
    let append = |answers| {
        site.ledger.append(Append {
            epoch: claim.epoch(),
            head,
            events,
            answers,
        })
    };
    let error = append(&[]).await.unwrap_err();
    let with_answer = append(&answers).await.unwrap_err();
    assert_eq!(discriminant(&error), discriminant(&with_answer));
    let kept = site.ledger.find_idempotent(answers[0].user_id, "refused");
    assert_eq!(kept.await.unwrap(), None);
    error
}

/// Every event there is, of which none may be missing.
pub async fn all(ledger: &Ledger) -> Vec<StoredEvent> {
    let events = ledger.read_after(0, u32::MAX).await.unwrap();
    assert!(
        events
            .iter()
            .map(|event| event.position)
            .eq(1..=events.len() as u64)
    );
    events
}

/// Folds every event there is, and answers with the last position.
pub async fn fold_all(ledger: &Ledger, fold: Fold<'_>) -> u64 {
    let mut last = 0;
    loop {
        let reached = ledger.fold_page(last, PAGE_EVENTS, fold).await.unwrap();
        if reached == last {
            return last;
        }
        last = reached;
    }
}

/// Verifies with a fold that takes everything.
pub async fn verify(
    ledger: &Ledger,
) -> Result<openpex::ledger::VerifyReport, openpex::ledger::VerifyError> {
    ledger.verify(&mut |_| Ok(())).await
}
