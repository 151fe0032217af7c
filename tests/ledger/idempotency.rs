//! Answers that are kept with the events they decide.

use openpex::ledger::{Append, Head, LedgerError};
use openpex_aggregates::UserId;

use crate::site::{Site, answer, events, verify};

async fn an_answer_is_kept_with_its_events(site: Site) {
    let claim = site.claim().await;
    let answers = [answer("k1", 2), answer("k2", 2)];
    let batch = events("a", 1, 2);
    let first = Append {
        epoch: claim.epoch(),
        head: Head::EMPTY,
        events: &batch,
        answers: &answers,
    };
    let head = site.ledger.append(first).await.unwrap();
    for sent in &answers {
        let kept = site
            .ledger
            .find_idempotent(sent.user_id, &sent.key)
            .await
            .unwrap();
        assert_eq!(kept.as_ref(), Some(sent));
    }
    assert_eq!(
        site.ledger.find_idempotent(UserId(8), "k1").await.unwrap(),
        None
    );
    assert_eq!(
        site.ledger.find_idempotent(UserId(7), "K1").await.unwrap(),
        None
    );

    // The same key again: neither the answer nor the events.
    let batch = events("a", 3, 1);
    let again = [answer("k3", 3), answer("k2", 3)];
    let second = Append {
        epoch: claim.epoch(),
        head,
        events: &batch,
        answers: &again,
    };
    let error = site.ledger.append(second).await.unwrap_err();
    assert!(
        matches!(error, LedgerError::IdempotencyKeyTaken),
        "{error:?}"
    );
    assert_eq!(site.ledger.head().await.unwrap(), head);
    assert_eq!(
        site.ledger.find_idempotent(UserId(7), "k3").await.unwrap(),
        None
    );
}

async fn answers_may_be_kept_without_events(site: Site) {
    let claim = site.claim().await;
    site.ledger.keep_idempotent(&answer("k1", 0)).await.unwrap();
    let error = site
        .ledger
        .keep_idempotent(&answer("k1", 0))
        .await
        .unwrap_err();
    assert!(
        matches!(error, LedgerError::IdempotencyKeyTaken),
        "{error:?}"
    );

    let answers = [answer("k2", 0)];
    let append = Append {
        epoch: claim.epoch(),
        head: Head::EMPTY,
        events: &[],
        answers: &answers,
    };
    assert_eq!(site.ledger.append(append).await.unwrap(), Head::EMPTY);
    let fenced = Append {
        epoch: claim.epoch() + 1,
        ..append
    };
    let error = site.ledger.append(fenced).await.unwrap_err();
    assert!(matches!(error, LedgerError::Fenced { .. }), "{error:?}");
    for sent in ["k1", "k2"] {
        assert!(
            site.ledger
                .find_idempotent(UserId(7), sent)
                .await
                .unwrap()
                .is_some()
        );
    }
    assert_eq!(verify(&site.ledger).await.unwrap().events, 0);
}

crate::on_every_store!(
    an_answer_is_kept_with_its_events,
    answers_may_be_kept_without_events
);
