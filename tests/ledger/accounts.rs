//! Accounts on every store.

use openpex::accounts::{
    Account, AccountError, AccountStore, Authenticator, HashCost, Passwords, Role,
};
use openpex::ledger::Ledger;
use openpex_aggregates::{Timestamp, UserId};

use crate::site::{Ground, Site};

const PASSWORD: &str = "correct horse battery";

fn authenticator(ledger: &Ledger) -> Authenticator {
    Authenticator::new(
        AccountStore::beside(ledger),
        Passwords::new(HashCost::LEAST).unwrap(),
    )
}

/// Registers somebody and logs them in.
pub async fn register_and_log_in(ledger: &Ledger) {
    let gate = authenticator(ledger);
    let user_id = gate
        .register("zoe", PASSWORD, Role::User, Timestamp(5))
        .await
        .unwrap();
    let account = gate.verify_basic("zoe", PASSWORD).await.unwrap().unwrap();
    assert_eq!(account.user_id, user_id);
}

async fn users_are_numbered_from_one_and_found_again(site: Site) {
    let gate = authenticator(&site.ledger);
    let zoe = gate
        .register("Zoe", PASSWORD, Role::User, Timestamp(5))
        .await
        .unwrap();
    let max = gate
        .register("max@example.org", PASSWORD, Role::Auditor, Timestamp(6))
        .await
        .unwrap();
    assert_eq!((zoe, max), (UserId(1), UserId(2)));
    let expected = Account {
        user_id: zoe,
        username: "Zoe".into(),
        role: Role::User,
        created_at: Timestamp(5),
        zone: None,
    };
    assert_eq!(
        gate.accounts().find(zoe).await.unwrap(),
        Some(expected.clone())
    );
    assert_eq!(
        gate.accounts().find(max).await.unwrap().unwrap().role,
        Role::Auditor
    );
    assert_eq!(gate.accounts().find(UserId(3)).await.unwrap(), None);
    // Both the hashed way and the remembered one.
    for _ in 0..2 {
        assert_eq!(
            gate.verify_basic("Zoe", PASSWORD).await.unwrap(),
            Some(expected.clone())
        );
    }
}

async fn a_name_can_be_taken_once_in_any_letter_case(site: Site) {
    let gate = authenticator(&site.ledger);
    gate.register("Zoe", PASSWORD, Role::User, Timestamp(5))
        .await
        .unwrap();
    for name in ["Zoe", "zoe", "ZOE"] {
        let error = gate
            .register(name, PASSWORD, Role::User, Timestamp(6))
            .await
            .unwrap_err();
        assert!(matches!(error, AccountError::UsernameTaken), "{error:?}");
    }
    assert_eq!(gate.verify_basic("zoe", PASSWORD).await.unwrap(), None);
}

async fn of_many_who_want_a_name_at_once_one_gets_it(site: Site) {
    let gate = authenticator(&site.ledger);
    let attempts = (0..8).map(|_| gate.register("zoe", PASSWORD, Role::User, Timestamp(5)));
    let outcomes = futures_util::future::join_all(attempts).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for outcome in outcomes {
        assert!(
            matches!(outcome, Ok(_) | Err(AccountError::UsernameTaken)),
            "{outcome:?}"
        );
    }
}

async fn wrong_credentials_are_nobodys(site: Site) {
    let gate = authenticator(&site.ledger);
    gate.register("zoe", PASSWORD, Role::User, Timestamp(5))
        .await
        .unwrap();
    assert!(gate.verify_basic("zoe", PASSWORD).await.unwrap().is_some());
    let long = "x".repeat(100_000);
    for (name, password) in [
        ("zoe", "correct horse"),
        ("zoe", ""),
        ("zoe", &long),
        ("max", PASSWORD),
        ("", ""),
        ("no such\0name", PASSWORD),
        (&long, PASSWORD),
        ("' OR 1=1 --", PASSWORD),
    ] {
        assert_eq!(
            gate.verify_basic(name, password).await.unwrap(),
            None,
            "{name}"
        );
    }
}

async fn bad_names_and_passwords_make_no_account(site: Site) {
    let gate = authenticator(&site.ledger);
    let at = Timestamp(5);
    let error = gate
        .register("", PASSWORD, Role::User, at)
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "a username has 1 to 64 characters, not 0"
    );
    let error = gate
        .register("a b", PASSWORD, Role::User, at)
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "a username has letters, digits and . _ - @ only, not ' '"
    );
    let error = gate
        .register("zoe", "short", Role::User, at)
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "a password has 8 to 1024 bytes, not 5");
    assert_eq!(gate.accounts().find(UserId(1)).await.unwrap(), None);
}

async fn the_first_operator_is_made_once(site: Site) {
    let gate = authenticator(&site.ledger);
    gate.register("zoe", PASSWORD, Role::User, Timestamp(5))
        .await
        .unwrap();
    assert!(!gate.accounts().has_operator().await.unwrap());
    let made = gate
        .ensure_operator("admin", PASSWORD, Timestamp(6))
        .await
        .unwrap();
    assert_eq!(made, Some(UserId(2)));
    assert!(gate.accounts().has_operator().await.unwrap());
    let again = gate
        .ensure_operator("root", "another password", Timestamp(7))
        .await
        .unwrap();
    assert_eq!(again, None);
    let admin = gate.verify_basic("admin", PASSWORD).await.unwrap().unwrap();
    assert_eq!(admin.role, Role::Operator);
    assert_eq!(
        gate.verify_basic("root", "another password").await.unwrap(),
        None
    );
}

crate::on_every_store!(
    users_are_numbered_from_one_and_found_again,
    a_name_can_be_taken_once_in_any_letter_case,
    of_many_who_want_a_name_at_once_one_gets_it,
    wrong_credentials_are_nobodys,
    bad_names_and_passwords_make_no_account,
    the_first_operator_is_made_once,
);

#[tokio::test]
async fn accounts_survive_a_restart_and_no_password_is_stored() {
    for site in [Site::sqlite().await, Site::postgres().await] {
        register_and_log_in(&site.ledger).await;
        site.ledger.close().await;
        let again = site.open_again(openpex::ledger::Access::ReadWrite).await;
        let gate = authenticator(&again);
        assert!(gate.verify_basic("zoe", PASSWORD).await.unwrap().is_some());
        again.close().await;
        if let Ground::Sqlite(folder) = &site.ground {
            let bytes = std::fs::read(crate::site::file(folder)).unwrap();
            let found = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
            assert!(found(b"$argon2id$v=19$"));
            assert!(!found(PASSWORD.as_bytes()));
        }
    }
}
