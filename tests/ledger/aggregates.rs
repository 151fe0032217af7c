//! postgres-es and sqlite-es read our streams.

use std::collections::HashMap;

use cqrs_es::event_sink::EventSink;
use cqrs_es::persist::{
    EventUpcaster, PersistedEventRepository, PersistedEventStore, SemanticVersionEventUpcaster,
};
use cqrs_es::{Aggregate, DomainEvent, EventStore};
use openpex::ledger::{Head, LedgerError};
use postgres_es::PostgresEventRepository;
use serde::{Deserialize, Serialize};
use sqlite_es::SqliteEventRepository;

use crate::site::{Ground, Site, append, event, events, file};

/// Counts up.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Counter {
    total: i64,
    raises: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct CounterRaised {
    by: i64,
}

impl DomainEvent for CounterRaised {
    fn event_type(&self) -> String {
        "CounterRaised".into()
    }
    fn event_version(&self) -> String {
        "1".into()
    }
}

#[derive(Debug, thiserror::Error)]
#[error("never")]
struct Never;

impl Aggregate for Counter {
    const TYPE: &'static str = "counter";
    type Command = ();
    type Event = CounterRaised;
    type Error = Never;
    type Services = ();

    async fn handle(&mut self, (): (), (): &(), _: &EventSink<Self>) -> Result<(), Never> {
        Ok(())
    }
    fn apply(&mut self, event: CounterRaised) {
        self.total += event.by;
        self.raises += 1;
    }
}

async fn an_aggregate_is_loaded_from_its_stream(site: Site) {
    let claim = site.claim().await;
    assert_eq!(
        site.ledger
            .load_aggregate::<Counter>("a", &[])
            .await
            .unwrap(),
        None
    );
    let mut batch = events("a", 1, 4);
    batch.extend(events("b", 1, 2));
    batch.push(event("a", 5, r#"{"by": -20}"#));
    append(&*site.ledger, &claim, Head::EMPTY, &batch)
        .await
        .unwrap();
    let (counter, sequence) = site
        .ledger
        .load_aggregate::<Counter>("a", &[])
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (counter, sequence),
        (
            Counter {
                total: -10,
                raises: 5
            },
            5
        )
    );
}

async fn an_event_of_an_earlier_version_is_brought_up_to_date(site: Site) {
    let claim = site.claim().await;
    let mut old = event("a", 1, r#"{"increment": 4}"#);
    old.event_version = "0.1.0".into();
    let new = event("a", 2, r#"{"by": 5}"#);
    append(&*site.ledger, &claim, Head::EMPTY, &[old, new])
        .await
        .unwrap();

    let error = site
        .ledger
        .load_aggregate::<Counter>("a", &[])
        .await
        .unwrap_err();
    assert!(
        matches!(error, LedgerError::UnreadableStream { .. }),
        "{error:?}"
    );
    let rename = |payload: serde_json::Value| serde_json::json!({"by": payload["increment"]});
    let upcaster: Box<dyn EventUpcaster> = Box::new(SemanticVersionEventUpcaster::new(
        "CounterRaised",
        "1.0.0",
        Box::new(rename),
    ));
    let loaded = site
        .ledger
        .load_aggregate::<Counter>("a", &[upcaster])
        .await
        .unwrap();
    assert_eq!(
        loaded.unwrap(),
        (
            Counter {
                total: 9,
                raises: 2
            },
            2
        )
    );
}

async fn a_stream_with_a_hole_is_not_loaded(site: Site) {
    let claim = site.claim().await;
    let mut batch = events("a", 1, 3);
    batch[2].sequence = 4;
    append(&*site.ledger, &claim, Head::EMPTY, &batch)
        .await
        .unwrap();
    let error = site
        .ledger
        .load_aggregate::<Counter>("a", &[])
        .await
        .unwrap_err();
    assert!(
        matches!(error, LedgerError::UnreadableStream { .. }),
        "{error:?}"
    );
}

crate::on_every_store!(
    an_aggregate_is_loaded_from_its_stream,
    an_event_of_an_earlier_version_is_brought_up_to_date,
    a_stream_with_a_hole_is_not_loaded,
);

/// As a program that knows nothing of OpenPEX but the name of the table would.
async fn read_by_a_stock_repository(repository: impl PersistedEventRepository, id: &str) {
    let store = PersistedEventStore::<_, Counter>::new_event_store(repository);
    let loaded = store.load_events(id).await.unwrap();
    assert_eq!(
        loaded.iter().map(|e| e.sequence).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert_eq!(loaded[2].payload, CounterRaised { by: 3 });
    assert_eq!(
        loaded[2].metadata,
        HashMap::from([("sender".to_owned(), "user".to_owned())])
    );
    let context = store.load_aggregate(id).await.unwrap();
    assert_eq!(
        context.aggregate,
        Counter {
            total: 6,
            raises: 3
        }
    );
}

#[tokio::test]
async fn stock_repositories_read_our_streams() {
    for site in [Site::sqlite().await, Site::postgres().await] {
        let claim = site.claim().await;
        append(&*site.ledger, &claim, Head::EMPTY, &events("a", 1, 3))
            .await
            .unwrap();
        match &site.ground {
            Ground::Memory(_) => unreachable!(),
            Ground::Sqlite(folder) => {
                let url = format!("sqlite:{}", file(folder).display());
                let pool = sqlite_es::default_sqlite_pool(&url).await;
                read_by_a_stock_repository(SqliteEventRepository::new(pool), "a").await;
            }
            Ground::Postgres(database) => {
                let pool = postgres_es::default_postgress_pool(database.url()).await;
                read_by_a_stock_repository(PostgresEventRepository::new(pool), "a").await;
            }
        }
    }
}
