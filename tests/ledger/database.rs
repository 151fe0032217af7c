//! The database itself keeps the ledger append-only, whoever asks it.

use openpex::ledger::{Access, Append, Head, Ledger};
use sqlx::Executor;

use crate::site::{Ground, IMPATIENT, Site, all, answer, append, events, verify};
use crate::support::postgres::on_server;

async fn events_cannot_be_changed_by_any_statement(site: Site) {
    let claim = site.claim().await;
    append(&*site.ledger, &claim, Head::EMPTY, &events("a", 1, 3))
        .await
        .unwrap();
    let before = all(&site.ledger).await;
    let hash = match &site.ground {
        Ground::Postgres(_) => "decode(repeat('00', 32), 'hex')",
        Ground::Memory(_) | Ground::Sqlite(_) => "zeroblob(32)",
    };
    let row = |position: u64, id: &str, sequence: u64| {
        format!(
            "(position, recorded_at, aggregate_type, aggregate_id, sequence, event_type, \
            event_version, payload, metadata, hash) VALUES ({position}, 1, 'counter', '{id}', \
            {sequence}, 'E', '1', '{{}}', '{{}}', {hash})"
        )
    };
    let mut statements = vec![
        "UPDATE events SET payload = '{}' WHERE position = 2".to_owned(),
        "UPDATE events SET payload = payload".to_owned(),
        "DELETE FROM events WHERE position = 3".to_owned(),
        "DELETE FROM events".to_owned(),
    ];
    let upsert = "ON CONFLICT (position) DO UPDATE SET payload = excluded.payload";
    statements.push(format!("INSERT INTO events {} {upsert}", row(2, "x", 1)));
    match &site.ground {
        Ground::Postgres(_) => statements.extend([
            "TRUNCATE events".to_owned(),
            "SET session_replication_role = replica; DELETE FROM events".to_owned(),
        ]),
        Ground::Memory(_) | Ground::Sqlite(_) => statements.extend([
            // These delete the row in their way, without a word to ordinary triggers.
            format!("INSERT OR REPLACE INTO events {}", row(2, "x", 1)),
            format!("REPLACE INTO events {}", row(4, "a", 2)),
        ]),
    }
    for statement in statements {
        let error = site
            .sql(&statement)
            .await
            .expect_err(&statement)
            .to_string();
        assert!(
            error.contains("openpex: the ledger is append-only"),
            "{statement}: {error}"
        );
        assert_eq!(all(&site.ledger).await, before, "{statement}");
    }
    verify(&site.ledger).await.unwrap();
}

async fn rows_that_cannot_be_events_are_refused(site: Site) {
    let hash = |bytes: usize| match &site.ground {
        Ground::Postgres(_) => format!("decode(repeat('00', {bytes}), 'hex')"),
        Ground::Memory(_) | Ground::Sqlite(_) => format!("zeroblob({bytes})"),
    };
    for (position, sequence, payload, bytes) in [
        (0, 1, "{}", 32),
        (-1, 1, "{}", 32),
        (1, 0, "{}", 32),
        (1, 1, "{", 32),
        (1, 1, "{}", 31),
    ] {
        let hash = hash(bytes);
        let sql = format!(
            "INSERT INTO events (position, recorded_at, aggregate_type, aggregate_id, \
            sequence, event_type, event_version, payload, metadata, hash) VALUES ({position}, 1, \
            'counter', 'a', {sequence}, 'E', '1', '{payload}', '{{}}', {hash})"
        );
        site.sql(&sql).await.expect_err(&sql);
    }
    site.sql("INSERT INTO ledger_writer VALUES (2, 1, 'x')")
        .await
        .unwrap_err();
}

crate::on_every_database!(
    events_cannot_be_changed_by_any_statement,
    rows_that_cannot_be_events_are_refused,
);

#[tokio::test]
async fn a_role_with_the_granted_rights_can_serve_but_not_unmake_anything() {
    let site = Site::postgres().await;
    let Ground::Postgres(database) = &site.ground else {
        unreachable!()
    };
    for role in ["openpex_service", "openpex_reader"] {
        let make = format!(
            "DO $$ BEGIN CREATE ROLE {role} LOGIN; \
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        );
        on_server(make).await;
    }
    site.sql(include_str!("../../migrations/postgres/roles.sql"))
        .await
        .unwrap();
    let as_role = |role: &str| database.url().replacen("postgres@", &format!("{role}@"), 1);

    let service = Ledger::open(&as_role("openpex_service"), Access::ReadWrite)
        .await
        .unwrap();
    let claim = service.claim_writer("service", IMPATIENT).await.unwrap();
    let (batch, answers) = (events("a", 1, 2), [answer("k", 2)]);
    let append = Append {
        epoch: claim.epoch(),
        head: Head::EMPTY,
        events: &batch,
        answers: &answers,
    };
    service.append(append).await.unwrap();
    crate::accounts::register_and_log_in(&service).await;
    crate::logins::use_everything(&service).await;
    crate::snapshots::save_one(&service).await;

    let reader = Ledger::open(&as_role("openpex_reader"), Access::ReadOnly)
        .await
        .unwrap();
    assert_eq!(verify(&reader).await.unwrap().events, 2);

    for role in ["openpex_service", "openpex_reader"] {
        let mut connection = connect(&as_role(role)).await;
        for statement in [
            "UPDATE events SET payload = '{}'",
            "DELETE FROM events",
            "TRUNCATE events",
            "DROP TRIGGER events_are_append_only ON events",
            "ALTER TABLE events DISABLE TRIGGER ALL",
            "UPDATE idempotency SET answer = ''",
            "DELETE FROM idempotency",
        ] {
            let error = connection
                .execute(statement)
                .await
                .expect_err(statement)
                .to_string();
            let refused = ["permission denied", "must be owner"]
                .iter()
                .any(|r| error.contains(r));
            assert!(refused, "{role}: {statement}: {error}");
        }
        if role == "openpex_reader" {
            for table in ["accounts", "login_sessions", "api_tokens"] {
                let look = format!("SELECT * FROM {table}");
                connection.execute(&*look).await.unwrap_err();
            }
        }
    }
}

async fn connect(url: &str) -> sqlx::PgConnection {
    sqlx::Connection::connect(url).await.unwrap()
}
