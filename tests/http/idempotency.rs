//! `Idempotency-Key`: the same key with the same content takes effect once, for ever.

use futures_util::future::join_all;
use serde_json::json;

use crate::site::{Ask, PASSWORD, START, Setup, Site, figure_7, figure_7_at};

#[tokio::test]
async fn given_a_key_when_the_request_is_repeated_then_the_answer_is_the_same_for_ever() {
    let site = Site::new().await;
    let ask = || Ask::post("reservations").key("one").body(figure_7());
    let first = site.call(ask()).await.expect(200);
    let after = site.head().await;
    let path = format!("reservations/{}", first.id());
    for step in [
        Ask::put(&path).body(r#"{"reply":"CONFIRM"}"#),
        Ask::delete(&path),
    ] {
        let again = site.call(ask()).await.expect(200);
        assert_eq!(
            (&again.text, again.header("etag")),
            (&first.text, first.header("etag"))
        );
        site.call(step).await.expect(200);
    }
    // The confirmation and its charge, the cancellation and its refund.
    assert_eq!(site.head().await, after + 4);
    // Another user's key is another key.
    let other = site.call(ask().by("max")).await.expect(200);
    assert_ne!(other.id(), first.id());
}

#[tokio::test]
async fn given_a_key_when_it_is_used_for_anything_else_then_it_is_422_and_nothing_is_appended() {
    let site = Site::new().await;
    let first = site
        .call(Ask::post("reservations").key("one").body(figure_7()))
        .await
        .expect(200);
    let before = site.head().await;
    for ask in [
        Ask::post("reservations").body(figure_7_at("Mon, 17 Aug 2009 04:49:04 GMT")),
        Ask::post("reservations").body(format!(" {}", figure_7())),
        Ask::post("reservations"),
        Ask::put(&format!("reservations/{}", first.id())).body(r#"{"reply":"CONFIRM"}"#),
    ] {
        site.call(ask.key("one"))
            .await
            .expect_problem(422, "idempotency_key_reused");
    }
    assert_eq!(site.head().await, before);
}

#[tokio::test]
async fn given_a_bad_key_when_sent_then_it_is_400() {
    let site = Site::new().await;
    let before = site.head().await;
    for key in ["", "a b", "tab\there", "schlüssel", &"x".repeat(256)] {
        let ask = Ask::post("reservations").key(key).body(figure_7());
        site.call(ask)
            .await
            .expect_problem(400, "bad_idempotency_key");
    }
    assert_eq!(site.head().await, before);
    site.call(
        Ask::post("reservations")
            .key(&"x".repeat(255))
            .body(figure_7()),
    )
    .await
    .expect(200);
}

#[tokio::test]
async fn given_many_at_once_with_one_key_when_sent_then_one_takes_effect() {
    let site = Site::new().await;
    let before = site.head().await;
    let asks = (0..20).map(|_| site.call(Ask::post("reservations").key("one").body(figure_7())));
    let replies = join_all(asks).await;
    let first = &replies[0].text;
    assert!(
        replies
            .iter()
            .all(|reply| reply.status == 200 && reply.text == *first)
    );
    // The opening of the account, and the three of the negotiation.
    assert_eq!(site.head().await, before + 4);
}

#[tokio::test]
async fn given_a_refusal_when_its_key_is_used_again_then_nothing_was_kept() {
    let site = Site::new().await;
    let mut proposal = figure_7();
    proposal["type"] = "TINY".into();
    let ask = |body| Ask::post("reservations").key("one").body(body);
    site.call(ask(proposal))
        .await
        .expect_problem(422, "unknown_type");
    site.call(ask(figure_7())).await.expect(200);
}

#[tokio::test]
async fn given_a_message_to_what_has_ended_when_it_is_repeated_with_a_key_then_it_is_kept_too() {
    let site = Site::new().await;
    let id = site
        .call(Ask::post("reservations").body(figure_7()))
        .await
        .expect(200)
        .id();
    let ask = || Ask::put(&format!("reservations/{id}")).body(r#"{"reply":"REJECT"}"#);
    let first = site.call(ask()).await.expect(200);
    let with_key = site.call(ask().key("one")).await.expect(200);
    assert_eq!(
        (&with_key.text, with_key.json()["status"].as_str()),
        (&first.text, Some("WITHDRAWN"))
    );
    assert_eq!(
        site.call(ask().key("one")).await.expect(200).text,
        first.text
    );
    let other = Ask::put(&format!("reservations/{id}"))
        .key("one")
        .body(r#"{"reply":"CONFIRM"}"#);
    site.call(other)
        .await
        .expect_problem(422, "idempotency_key_reused");
}

#[tokio::test]
async fn given_a_registration_with_a_key_when_repeated_then_the_password_is_checked_not_kept() {
    let site = Site::new().await;
    let ask = |name: &str, password: &str| {
        let account = json!({"username": name, "password": password});
        Ask::post("users").anonymous().key("one").body(account)
    };
    let first = site.call(ask("kim", PASSWORD)).await.expect(201);
    assert_eq!(
        site.call(ask("kim", PASSWORD)).await.expect(201).text,
        first.text
    );
    site.call(ask("kim", "another password"))
        .await
        .expect_problem(422, "idempotency_key_reused");
    site.call(ask("joe", PASSWORD))
        .await
        .expect_problem(422, "idempotency_key_reused");
    // Made, but not kept, as after a crash between the two: the account's own password shows it.
    let late = |password| ask("zoe", password).key("two");
    site.call(late("another password"))
        .await
        .expect_problem(409, "username_taken");
    assert_eq!(
        site.call(late(PASSWORD)).await.expect(201).json()["userid"],
        1
    );
}

#[tokio::test]
async fn given_a_key_when_the_clock_is_moved_twice_then_it_moves_once() {
    let site = Site::with(Setup::default()).await;
    let ask = || {
        Ask::post("clock")
            .by("admin")
            .key("one")
            .body(json!({"advance_ms": 60_000}))
    };
    let first = site.call(ask()).await.expect(200);
    assert_eq!(site.call(ask()).await.expect(200).text, first.text);
    assert_eq!(
        first.json()["now"],
        START.saturating_add(60_000).to_rfc3339()
    );
    assert_eq!(site.call(Ask::get("clock")).await.text, first.text);
}

#[tokio::test]
async fn given_a_client_that_hangs_up_when_its_command_was_sent_then_it_still_takes_effect() {
    let site = Site::new().await;
    site.call(Ask::get("clock")).await.expect(200);
    let ask = || Ask::post("reservations").key("one").body(figure_7());
    let before = site.head().await;
    {
        let sending = site.call(ask());
        tokio::pin!(sending);
        // Polled until the command's task exists, then dropped as when the connection closes.
        let running = site.tasks.len();
        loop {
            assert!(futures_util::poll!(sending.as_mut()).is_pending());
            if site.tasks.len() > running {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    let after = site.call(ask()).await.expect(200);
    assert_eq!(after.json()["reply"], "ACCEPT");
    // The opening of the account, and the three of the negotiation.
    assert_eq!(site.head().await, before + 4);
}
