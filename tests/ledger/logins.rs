//! Sessions, API tokens and passwords on every store.

use openpex::accounts::{
    Account, AccountError, AccountFilter, AccountStore, Authenticator, HashCost,
    LOGIN_SESSIONS_MAX, Login, LoginLifetimes, LoginSecret, PasswordChange, Passwords, Role,
    TOKENS_MAX, TokenName, USE_NOTED_EVERY_MS, ZoneName,
};
use openpex::ledger::{Access, Ledger};
use openpex_aggregates::{Timestamp, UserId};

use crate::site::{Ground, Site};

const PASSWORD: &str = "correct horse battery";
const NOW: Timestamp = Timestamp(1_000_000_000);
const LIFETIMES: LoginLifetimes = LoginLifetimes {
    idle_ms: 10 * USE_NOTED_EVERY_MS,
    max_ms: 25 * USE_NOTED_EVERY_MS,
};

fn gate_of(ledger: &Ledger) -> Authenticator {
    let passwords = Passwords::new(HashCost::LEAST).unwrap();
    Authenticator::new(AccountStore::beside(ledger), passwords).with_lifetimes(LIFETIMES)
}

async fn with_user(site: &Site, name: &str) -> (Authenticator, Account) {
    let gate = gate_of(&site.ledger);
    gate.register(name, PASSWORD, Role::User, NOW)
        .await
        .unwrap();
    let account = gate.verify_basic(name, PASSWORD).await.unwrap().unwrap();
    (gate, account)
}

async fn open(gate: &Authenticator, name: &str, now: Timestamp) -> LoginSecret {
    let opened = gate.open_session(name, PASSWORD, now).await.unwrap();
    opened.unwrap().secret
}

async fn make(gate: &Authenticator, owner: UserId, end: Option<Timestamp>) -> LoginSecret {
    let name = TokenName::parse("laptop").unwrap();
    gate.make_token(owner, name, end, NOW).await.unwrap().1
}

/// Everything the service does with these tables, for a role that may do no more.
pub async fn use_everything(ledger: &Ledger) {
    let gate = gate_of(ledger);
    gate.register("kim", PASSWORD, Role::User, NOW)
        .await
        .unwrap();
    let kim = gate.verify_basic("kim", PASSWORD).await.unwrap().unwrap();
    let later = NOW.saturating_add(USE_NOTED_EVERY_MS);
    let session = open(&gate, "kim", NOW).await;
    assert!(gate.use_session(&session, later).await.unwrap().is_some());
    let token = make(&gate, kim.user_id, None).await;
    let (id, _) = gate.use_token(&token, later).await.unwrap().unwrap();
    assert!(gate.delete_token(kim.user_id, id).await.unwrap());
    gate.set_zone(&kim, Some(ZoneName::UTC)).await.unwrap();
    let passwords = (PASSWORD, "another password");
    let changed = gate.change_password(&kim, passwords, None).await.unwrap();
    assert_eq!(changed, PasswordChange::Made);
    assert!(gate.use_session(&session, later).await.unwrap().is_none());
    gate.end_session(&session).await.unwrap();
}

async fn a_session_lasts_while_it_is_used_but_not_for_ever(site: Site) {
    let (gate, zoe) = with_user(&site, "zoe").await;
    let wrong = gate.open_session("zoe", "wrong password", NOW).await;
    assert!(wrong.unwrap().is_none());
    let secret = open(&gate, "zoe", NOW).await;
    let at = |minutes: i64| NOW.saturating_add(minutes * USE_NOTED_EVERY_MS);
    // Used at 0, 9 and 18 minutes; idle would be over at 10, 19 and 28, and 25 is the end of all.
    for (used, ends) in [(0, 10), (9, 19), (18, 25)] {
        let session = gate.use_session(&secret, at(used)).await.unwrap().unwrap();
        assert_eq!(
            (session.account, session.expires_at),
            (zoe.clone(), at(ends))
        );
    }
    let last = at(25).saturating_add(-1);
    assert!(gate.use_session(&secret, last).await.unwrap().is_some());
    assert!(gate.use_session(&secret, at(25)).await.unwrap().is_none());

    let idle = open(&gate, "zoe", NOW).await;
    let id = gate.use_session(&idle, NOW).await.unwrap().unwrap().id;
    let login = Login::Session(id);
    // To look whether it goes on is no use of it.
    let last = at(10).saturating_add(-1);
    assert!(gate.is_still_in(&zoe, login, last).await.unwrap());
    assert!(!gate.is_still_in(&zoe, login, at(10)).await.unwrap());
    assert!(gate.use_session(&idle, at(10)).await.unwrap().is_none());
    let stranger = LoginSecret::parse(&"A".repeat(43)).unwrap();
    assert!(gate.use_session(&stranger, NOW).await.unwrap().is_none());
}

async fn of_too_many_sessions_the_oldest_ends_also_at_one_instant(site: Site) {
    let (gate, _) = with_user(&site, "zoe").await;
    gate.register("max", PASSWORD, Role::User, NOW)
        .await
        .unwrap();
    let other = open(&gate, "max", NOW).await;
    let mut secrets = Vec::new();
    for _ in 0..=LOGIN_SESSIONS_MAX {
        secrets.push(open(&gate, "zoe", NOW).await);
    }
    let mut open = Vec::new();
    for secret in &secrets {
        open.push(gate.use_session(secret, NOW).await.unwrap().is_some());
    }
    assert!(!open[0] && open[1..].iter().all(|is_open| *is_open));
    assert!(gate.use_session(&other, NOW).await.unwrap().is_some());
    gate.end_session(&secrets[5]).await.unwrap();
    gate.end_session(&secrets[5]).await.unwrap();
    assert!(gate.use_session(&secrets[5], NOW).await.unwrap().is_none());
    assert!(gate.use_session(&secrets[6], NOW).await.unwrap().is_some());
}

async fn a_new_password_ends_the_other_sessions_and_only_the_current_one_makes_it(site: Site) {
    let (gate, zoe) = with_user(&site, "zoe").await;
    let (mine, other) = (open(&gate, "zoe", NOW).await, open(&gate, "zoe", NOW).await);
    let token = make(&gate, zoe.user_id, None).await;
    let keep = gate.use_session(&mine, NOW).await.unwrap().map(|s| s.id);
    let change = |current, new| gate.change_password(&zoe, (current, new), keep);
    let wrong = change("wrong password", "a new password").await.unwrap();
    assert_eq!(wrong, PasswordChange::CurrentWrong);
    assert!(gate.use_session(&other, NOW).await.unwrap().is_some());
    let short = change(PASSWORD, "short").await;
    assert!(matches!(
        short,
        Err(AccountError::PasswordLength { bytes: 5 })
    ));
    // The second time it is done already.
    for _ in 0..2 {
        let made = change(PASSWORD, "a new password").await.unwrap();
        assert_eq!(made, PasswordChange::Made);
    }
    assert!(gate.use_session(&mine, NOW).await.unwrap().is_some());
    assert!(gate.use_session(&other, NOW).await.unwrap().is_none());
    assert!(gate.use_token(&token, NOW).await.unwrap().is_some());
    // Also the remembered success of the old one is gone.
    let old = gate.verify_basic("zoe", PASSWORD).await.unwrap();
    assert_eq!(old, None);
    let new = gate.verify_basic("zoe", "a new password").await.unwrap();
    assert_eq!(new, Some(zoe));
    let opened = gate.open_session("zoe", PASSWORD, NOW).await.unwrap();
    assert!(opened.is_none());
}

async fn tokens_are_good_until_they_expire_or_are_taken_back(site: Site) {
    let (gate, zoe) = with_user(&site, "zoe").await;
    gate.register("max", PASSWORD, Role::User, NOW)
        .await
        .unwrap();
    let max = gate.verify_basic("max", PASSWORD).await.unwrap().unwrap();
    let end = NOW.saturating_add(5_000);
    let (short, long) = (
        make(&gate, zoe.user_id, Some(end)).await,
        make(&gate, zoe.user_id, None).await,
    );
    let before = end.saturating_add(-1);
    let (id, account) = gate.use_token(&short, before).await.unwrap().unwrap();
    assert_eq!(account, zoe);
    assert!(gate.use_token(&short, end).await.unwrap().is_none());
    let still = |at| gate.is_still_in(&zoe, Login::Token(id), at);
    assert!(still(before).await.unwrap() && !still(end).await.unwrap());
    let listed = gate.tokens_of(zoe.user_id).await.unwrap();
    assert_eq!(listed.len(), 2);
    let used = listed.iter().find(|token| token.id == id).unwrap();
    assert_eq!(
        (used.expires_at, used.last_used_at),
        (Some(end), Some(before))
    );
    assert_eq!(gate.tokens_of(max.user_id).await.unwrap(), []);

    let (id, _) = gate.use_token(&long, end).await.unwrap().unwrap();
    assert!(!gate.delete_token(max.user_id, id).await.unwrap());
    assert!(gate.use_token(&long, end).await.unwrap().is_some());
    assert!(gate.delete_token(zoe.user_id, id).await.unwrap());
    assert!(!gate.delete_token(zoe.user_id, id).await.unwrap());
    assert!(gate.use_token(&long, end).await.unwrap().is_none());
    assert!(!gate.is_still_in(&zoe, Login::Token(id), NOW).await.unwrap());
}

async fn a_user_has_so_many_tokens_and_those_that_expired_make_room(site: Site) {
    let (gate, zoe) = with_user(&site, "zoe").await;
    let end = NOW.saturating_add(1);
    for _ in 0..TOKENS_MAX {
        make(&gate, zoe.user_id, Some(end)).await;
    }
    let again = |at| {
        let name = TokenName::parse("one more").unwrap();
        gate.make_token(zoe.user_id, name, None, at)
    };
    assert!(matches!(again(NOW).await, Err(AccountError::TooManyTokens)));
    again(end).await.unwrap();
    assert_eq!(gate.tokens_of(zoe.user_id).await.unwrap().len(), 1);
    // At once, they are not more than one by one.
    let attempts = (0..TOKENS_MAX + 5).map(|_| again(end));
    let outcomes = futures_util::future::join_all(attempts).await;
    let made = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(i64::try_from(made).unwrap(), TOKENS_MAX - 1);
}

async fn accounts_are_listed_newest_first_by_name_and_role(site: Site) {
    let (gate, zoe) = with_user(&site, "Zoe_1").await;
    for (name, role) in [
        ("zoeX1", Role::User),
        ("admin", Role::Operator),
        ("eve", Role::Auditor),
    ] {
        gate.register(name, PASSWORD, role, NOW).await.unwrap();
    }
    let zone = ZoneName::parse("Europe/Zurich");
    let zoe = gate.set_zone(&zoe, zone).await.unwrap();
    let again = gate.verify_basic("Zoe_1", PASSWORD).await.unwrap();
    assert_eq!(again.unwrap().zone, zone);
    let list = async |name: &str, role, before, limit| {
        let name = name.to_owned();
        let filter = AccountFilter { name, role, before };
        let found = gate.accounts().list(&filter, limit).await.unwrap();
        found.iter().map(|a| a.user_id.0).collect::<Vec<_>>()
    };
    assert_eq!(list("", None, None, 10).await, [4, 3, 2, 1]);
    assert_eq!(list("", None, Some(UserId(4)), 2).await, [3, 2]);
    assert_eq!(list("ZOE", None, None, 10).await, [2, 1]);
    // `_` stands for itself, not for any character.
    assert_eq!(list("e_1", None, None, 10).await, [1]);
    assert_eq!(list("%", None, None, 10).await, [0; 0]);
    assert_eq!(list("", Some(Role::Auditor), None, 10).await, [4]);
    let only = AccountFilter {
        name: "e_1".to_owned(),
        ..AccountFilter::default()
    };
    assert_eq!(gate.accounts().list(&only, 1).await.unwrap(), [zoe]);
}

crate::on_every_store!(
    a_session_lasts_while_it_is_used_but_not_for_ever,
    of_too_many_sessions_the_oldest_ends_also_at_one_instant,
    a_new_password_ends_the_other_sessions_and_only_the_current_one_makes_it,
    tokens_are_good_until_they_expire_or_are_taken_back,
    a_user_has_so_many_tokens_and_those_that_expired_make_room,
    accounts_are_listed_newest_first_by_name_and_role,
);

#[tokio::test]
async fn sessions_and_tokens_survive_a_restart_and_no_secret_is_stored() {
    for site in [Site::sqlite().await, Site::postgres().await] {
        let (gate, zoe) = with_user(&site, "zoe").await;
        let session = open(&gate, "zoe", NOW).await;
        let token = make(&gate, zoe.user_id, None).await;
        site.ledger.close().await;
        let again = site.open_again(Access::ReadWrite).await;
        let gate = gate_of(&again);
        assert!(gate.use_session(&session, NOW).await.unwrap().is_some());
        assert!(gate.use_token(&token, NOW).await.unwrap().is_some());
        again.close().await;
        if let Ground::Sqlite(folder) = &site.ground {
            let bytes = std::fs::read(crate::site::file(folder)).unwrap();
            for secret in [&session, &token] {
                let text = secret.to_text();
                let found = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
                assert!(!found(text.as_bytes()));
                let raw = base64::Engine::decode(
                    &base64::engine::general_purpose::URL_SAFE_NO_PAD,
                    &text,
                );
                assert!(!found(&raw.unwrap()));
            }
        }
    }
}
