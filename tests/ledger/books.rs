//! An entry that does not follow is found by the books, however right the chain around it is.

use openpex::ledger::{BrokenRule, Head, Imbalance, NewEvent, VerifyError};
use serde_json::{Value, json};

use crate::site::{Site, append, verify};

const ID: &str = "f07640d4-32bc-4db6-857e-32b5595ba066";

/// Events of one user's money, as the service stores them; each a stream, its event and what it says.
fn history() -> Vec<(&'static str, &'static str, Value)> {
    let entry = |amount: u64, cause: &str, balance: u64| json!({"amount": amount, "reservation_id": ID, "cause": cause, "balance": balance});
    vec![
        (
            "account",
            "CreditsGranted",
            json!({"amount": 100, "cause": "opening", "balance": 100}),
        ),
        (
            "reservation",
            "ReservationInitiated",
            json!({"user_id": 7, "at": 0, "session_ends_at": 9}),
        ),
        (
            "reservation",
            "ReservationConfirmed",
            json!({"agreement": {"quote": {"price": 45}, "agreed_price": 40}}),
        ),
        ("account", "CreditsCharged", entry(40, "confirmed", 60)),
        ("reservation", "ReservationChanged", json!({"paid": 55})),
        ("account", "CreditsCharged", entry(15, "changed", 45)),
        ("reservation", "CapacityCredited", json!({"amount": 5})),
        ("account", "CreditsRefunded", entry(5, "undelivered", 50)),
        (
            "reservation",
            "ReservationCancelled",
            json!({"refund": {"amount": 20}}),
        ),
        ("account", "CreditsRefunded", entry(20, "cancelled", 70)),
    ]
}

/// A ledger of these events, whose chain is right.
async fn kept(site: &Site, history: &[(&'static str, &'static str, Value)]) {
    let claim = site.claim().await;
    let mut sequences = std::collections::HashMap::new();
    let events: Vec<NewEvent> = history
        .iter()
        .map(|(stream, event, says)| {
            let sequence = sequences.entry(*stream).or_insert(0);
            *sequence += 1;
            let id = if *stream == "account" { "7" } else { ID };
            NewEvent {
                aggregate_type: stream,
                event_type: (*event).to_owned(),
                ..crate::site::event(id, *sequence, &json!({ *event: says }).to_string())
            }
        })
        .collect();
    append(&*site.ledger, &claim, Head::EMPTY, &events)
        .await
        .unwrap();
}

/// Where the books of a history do not balance once `tamper` has changed it, and why.
async fn imbalance(
    site: &Site,
    tamper: impl FnOnce(&mut Vec<(&'static str, &'static str, Value)>),
) -> (u64, Imbalance) {
    let mut history = history();
    tamper(&mut history);
    kept(site, &history).await;
    let error = verify(&site.ledger).await.unwrap_err();
    let VerifyError::Broken {
        position,
        rule: BrokenRule::Books(why),
    } = error
    else {
        panic!("{error:?}")
    };
    (position, why)
}

async fn books_that_balance(site: Site) {
    kept(&site, &history()).await;
    assert_eq!(verify(&site.ledger).await.unwrap().events, 10);
}

async fn an_entry_of_another_amount(site: Site) {
    let found = imbalance(&site, |history| {
        history[5].2["amount"] = json!(14);
        history[5].2["balance"] = json!(46);
    });
    let expected = Imbalance::Entry {
        found: format!("-14 in account 7 for reservation {ID}"),
        due: format!("-15 in account 7 for reservation {ID}"),
    };
    assert_eq!(found.await, (6, expected));
}

async fn a_balance_that_does_not_follow(site: Site) {
    let found = imbalance(&site, |history| history[7].2["balance"] = json!(51));
    let expected = Imbalance::Balance {
        account: "7".into(),
        before: 45,
        moved: 5,
        stated: 51,
    };
    assert_eq!(found.await, (8, expected));
}

async fn a_price_that_was_never_charged(site: Site) {
    let found = imbalance(&site, |history| {
        // Another event comes where the entry should.
        history[3] = ("node", "NodeStatusChanged", json!({"status": "LOST"}));
    });
    let due = format!("-40 in account 7 for reservation {ID}");
    assert_eq!(found.await, (4, Imbalance::Missing { due }));
}

async fn a_refund_that_was_never_entered_at_the_end(site: Site) {
    let found = imbalance(&site, |history| history.truncate(9));
    let due = format!("20 in account 7 for reservation {ID}");
    assert_eq!(found.await, (10, Imbalance::Missing { due }));
}

async fn an_entry_for_nothing(site: Site) {
    let found = imbalance(&site, |history| {
        let again = history[9].clone();
        history.push(again);
    });
    let expected = Imbalance::Entry {
        found: format!("20 in account 7 for reservation {ID}"),
        due: "nothing".into(),
    };
    assert_eq!(found.await, (11, expected));
}

async fn more_given_back_than_was_paid(site: Site) {
    let found = imbalance(&site, |history| {
        history[8].2["refund"]["amount"] = json!(51);
    });
    let expected = Imbalance::Overpaid {
        reservation: ID.into(),
        amount: 51,
        paid: 50,
    };
    assert_eq!(found.await, (9, expected));
}

crate::on_every_store!(
    books_that_balance,
    an_entry_of_another_amount,
    a_balance_that_does_not_follow,
    a_price_that_was_never_charged,
    a_refund_that_was_never_entered_at_the_end,
    an_entry_for_nothing,
    more_given_back_than_was_paid,
);
