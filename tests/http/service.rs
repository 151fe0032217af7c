//! The service around the negotiation: health, clock, what the site has, headers, faults.

use std::sync::Arc;

use serde_json::json;

use crate::site::{Ask, FullQueue, START, Setup, Site, figure_7};

#[tokio::test]
async fn given_a_site_when_asked_what_it_has_then_it_says() {
    let site = Site::new().await;
    // Lists of the site do not wait for a user's own writes; the policy is there before the first.
    site.call(Ask::post("reservations")).await.expect(200);
    site.call(Ask::get("reservations")).await.expect(200);
    let mut said = String::new();
    for path in ["nodes", "types/", "templates"] {
        said.push_str(&format!(
            "{path}: {}\n",
            site.call(Ask::get(path)).await.expect(200).text
        ));
    }
    insta::assert_snapshot!("site", said);
}

#[tokio::test]
async fn given_any_answer_when_it_comes_then_it_has_an_id_and_is_not_kept_or_guessed() {
    let site = Site::new().await;
    for (sent, taken) in [
        ("abc-1.2_3", true),
        ("", false),
        ("a b", false),
        (&"x".repeat(65), false),
    ] {
        let reply = site
            .call(Ask::get("clock").header("x-request-id", sent))
            .await
            .expect(200);
        let id = reply.header("x-request-id");
        assert_eq!(id == sent, taken, "{sent}");
        assert!(taken || id.len() == 36, "{id}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert_eq!(reply.header("cache-control"), "no-store");
    }
    let reply = site.call(Ask::get("/nothing")).await;
    assert!(!reply.header("x-request-id").is_empty());
}

#[tokio::test]
async fn given_health_when_asked_for_then_no_credentials_are_needed() {
    let site = Site::new().await;
    assert_eq!(
        site.call(Ask::get("/livez").anonymous())
            .await
            .expect(200)
            .text,
        r#"{"live":true}"#
    );
    let ready = site
        .call(Ask::get("/readyz/").anonymous())
        .await
        .expect(200)
        .json();
    assert_eq!(
        ready["checks"][0],
        json!({"name": "writer", "ready": true, "fault": null})
    );
}

#[tokio::test]
async fn given_a_test_clock_when_an_operator_moves_it_then_it_goes_forward_only() {
    let site = Site::new().await;
    let set = |body| Ask::post("clock").by("admin").body(body);
    let now = site.call(Ask::get("clock")).await.expect(200);
    assert_eq!(
        now.text,
        r#"{"now":"2009-08-17T04:00:00.000Z","testClock":true}"#
    );
    let moved = site
        .call(set(json!({"advance_ms": 1_500})))
        .await
        .expect(200)
        .json();
    assert_eq!(moved["now"], START.saturating_add(1_500).to_rfc3339());
    let moved = site
        .call(set(json!({"now": "Mon, 17 Aug 2009 05:00:00 GMT"})))
        .await
        .expect(200);
    assert_eq!(moved.json()["now"], "2009-08-17T05:00:00.000Z");
    for (body, status, code) in [
        (
            json!({"now": "Mon, 17 Aug 2009 04:59:59 GMT"}),
            422,
            "clock_backwards",
        ),
        (
            json!({"now": "9999-01-01T00:00:00Z"}),
            422,
            "advance_out_of_range",
        ),
        (json!({"advance_ms": -1}), 422, "advance_out_of_range"),
        (json!({"advance_ms": i64::MAX}), 422, "advance_out_of_range"),
        (json!({"advance_ms": "1"}), 400, "wrong_type"),
        (
            json!({"advance_ms": 1, "now": "2009-08-17T06:00:00Z"}),
            422,
            "one_of_two",
        ),
        (json!({}), 422, "one_of_two"),
        (json!({"then": 1}), 400, "unknown_field"),
    ] {
        site.call(set(body)).await.expect_problem(status, code);
    }
    assert_eq!(site.call(Ask::get("clock")).await.text, moved.text);
}

#[tokio::test]
async fn given_the_systems_clock_when_it_is_moved_then_it_is_409() {
    let site = Site::with(Setup {
        test_clock: false,
        ..Setup::default()
    })
    .await;
    let set = Ask::post("clock")
        .by("admin")
        .body(json!({"advance_ms": 1}));
    site.call(set).await.expect_problem(409, "no_test_clock");
}

#[tokio::test]
async fn given_a_full_queue_when_a_command_comes_then_it_is_503_and_says_when_to_come_back() {
    let gate = Some(Arc::new(FullQueue) as Arc<dyn openpex::http::CommandGate>);
    let site = Site::with(Setup {
        gate,
        ..Setup::default()
    })
    .await;
    let reply = site
        .call(Ask::post("reservations").key("one").body(figure_7()))
        .await;
    assert_eq!(reply.header("retry-after"), "1");
    assert_eq!(reply.expect_problem(503, "queue_full")["limit"], 7);
}

#[tokio::test]
async fn given_views_that_stand_still_when_the_caller_has_written_then_the_read_gives_up() {
    let site = Site::with(Setup {
        views_run: false,
        ..Setup::default()
    })
    .await;
    let id = site
        .call(Ask::post("reservations").body(figure_7()))
        .await
        .expect(200)
        .id();
    // Takes as long as the limit.
    let reply = site.call(Ask::get(&format!("reservations/{id}"))).await;
    assert_eq!(reply.header("retry-after"), "1");
    reply.expect_problem(503, "views_behind");
    // The history is the ledger's own.
    let history = site
        .call(Ask::get(&format!("reservations/{id}/history")))
        .await
        .expect(200);
    assert_eq!(history.json().as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn given_a_hold_that_has_run_out_when_confirmed_then_it_is_judged_again() {
    let site = Site::new().await;
    let id = site
        .call(Ask::post("reservations").body(figure_7()))
        .await
        .expect(200)
        .id();
    let advance = json!({"advance_ms": 11 * 60_000});
    site.call(Ask::post("clock").by("admin").body(advance))
        .await
        .expect(200);
    let confirm = || Ask::put(&format!("reservations/{id}")).body(r#"{"reply":"CONFIRM"}"#);
    let answer = site.call(confirm()).await.expect(200).json();
    assert_eq!(
        (&answer["reply"], &answer["status"]),
        (&json!("ACCEPT"), &json!("ACCEPTED"))
    );
    assert_eq!(
        site.call(confirm()).await.expect(200).json()["reply"],
        "REQUEST_SUCCESS"
    );
}
