//! Opening a ledger: what is made, what is refused.

use openpex::ledger::{Access, Ledger, LedgerError};
use sqlx::Executor;
use tokio::task::JoinSet;

use crate::site::{Ground, IMPATIENT, Site, file, verify};
use crate::support::postgres::{TestDatabase, start_server};

#[tokio::test]
async fn a_url_of_no_known_store_is_refused() {
    for url in ["mysql://root@db/openpex", "ledger.db", "sqlite::memory:"] {
        let Err(error) = Ledger::open(url, Access::ReadWrite).await else {
            panic!("{url}")
        };
        assert!(matches!(error, LedgerError::BadUrl { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn reading_makes_nothing() {
    let ground = Ground::Sqlite(tempfile::tempdir().unwrap());
    let Err(error) = ground.open(Access::ReadOnly).await else {
        panic!()
    };
    assert!(matches!(error, LedgerError::NotThere { .. }), "{error:?}");
    let Ground::Sqlite(folder) = &ground else {
        unreachable!()
    };
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

    let ground = Ground::Postgres(TestDatabase::create().await);
    let Err(error) = ground.open(Access::ReadOnly).await else {
        panic!()
    };
    assert!(matches!(error, LedgerError::NotMigrated), "{error:?}");
}

#[tokio::test]
async fn many_may_open_a_new_ledger_at_once() {
    for ground in [
        Ground::Sqlite(tempfile::tempdir().unwrap()),
        Ground::Postgres(TestDatabase::create().await),
    ] {
        let mut tasks = JoinSet::new();
        for _ in 0..12 {
            let url = ground.url();
            tasks.spawn(async move { Ledger::open(&url, Access::ReadWrite).await.unwrap() });
        }
        let ledgers = tasks.join_all().await;
        assert_eq!(verify(&ledgers[0]).await.unwrap().events, 0);
    }
}

#[tokio::test]
async fn the_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let site = Site::sqlite().await;
    let Ground::Sqlite(folder) = &site.ground else {
        unreachable!()
    };
    let mode = std::fs::metadata(file(folder))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_ledger_of_a_later_release_is_not_touched() {
    for site in [Site::sqlite().await, Site::postgres().await] {
        let later = "INSERT INTO _sqlx_migrations (version, description, success, checksum, \
            execution_time) SELECT 9999, 'later', success, checksum, 0 FROM _sqlx_migrations \
            WHERE version = 1";
        site.sql(later).await.unwrap();
        for access in [Access::ReadOnly, Access::ReadWrite] {
            let Err(error) = site.ground.open(access).await else {
                panic!()
            };
            let refused = matches!(error, LedgerError::NotMigrated | LedgerError::Migration(_));
            assert!(refused, "{error:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_does_not_sync_is_refused_by_the_name_of_the_setting() {
    for setting in ["fsync", "full_page_writes"] {
        let url = start_server(&[&format!("{setting}=off")]);
        let Err(error) = Ledger::open(&url, Access::ReadWrite).await else {
            panic!("{setting}")
        };
        let LedgerError::NotDurable {
            setting: found,
            value,
        } = &error
        else {
            panic!("{error:?}")
        };
        assert_eq!((found.as_str(), value.as_str()), (setting, "off"));
        assert!(error.to_string().contains(&format!("{setting} = off")));
    }
}

#[tokio::test]
async fn a_database_that_acknowledges_too_early_is_refused_even_later() {
    let site = Site::postgres().await;
    let Ground::Postgres(database) = &site.ground else {
        unreachable!()
    };
    let mut connection = database.connect().await;
    let name: String = sqlx::query_scalar("SELECT current_database()")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    let alter = format!("ALTER DATABASE {name} SET synchronous_commit = off");
    connection.execute(&*alter).await.unwrap();
    let is_it = |error: &LedgerError| matches!(error, LedgerError::NotDurable { setting, .. } if setting == "synchronous_commit");
    let Err(error) = site.ground.open(Access::ReadWrite).await else {
        panic!()
    };
    assert!(is_it(&error), "{error:?}");
    // A ledger that was open already does not start to write.
    let error = site
        .ledger
        .claim_writer("test", IMPATIENT)
        .await
        .unwrap_err();
    assert!(is_it(&error), "{error:?}");
    // Reading is safe.
    verify(&site.open_again(Access::ReadOnly).await)
        .await
        .unwrap();
}
