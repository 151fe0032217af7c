//! Standing requests: to be told, or offered, when what was wished for becomes possible.

use std::time::Duration;

use serde_json::{Value, json};

use crate::site::{Ask, Site, figure_7};

/// How long the views may take to show what was recorded.
const PATIENCE: Duration = Duration::from_secs(60);
const UNTIL: &str = "2009-08-17T04:45:00Z";

fn possible(mode: &str) -> Value {
    json!({ "proposal": figure_7(), "wish": "possible", "mode": mode, "until": UNTIL })
}

async fn make(site: &Site, user: &str, body: &Value) -> Value {
    let ask = Ask::post("standing-requests").by(user).body(body);
    let reply = site.call(ask).await.expect(200);
    let id = reply.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(
        reply.header("location"),
        format!("/OpenPEX/standing-requests/{id}")
    );
    reply.json()
}

async fn show(site: &Site, user: &str, made: &Value) -> Value {
    let path = format!("standing-requests/{}", made["id"].as_str().unwrap());
    site.call(Ask::get(&path).by(user)).await.expect(200).json()
}

/// The request once it waits no more: who waits reads what another's message brought about, so it may
/// be a moment behind.
async fn met(site: &Site, user: &str, made: &Value) -> Value {
    let ends = async {
        loop {
            let shown = show(site, user, made).await;
            if shown["status"] != "WAITING" {
                return shown;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, ends).await.unwrap()
}

#[tokio::test]
async fn given_two_that_wait_when_a_reservation_is_cancelled_then_the_first_is_offered_it_and_confirms()
 {
    let site = Site::new().await;
    let taken = site.confirmed().await;
    let first = make(&site, "max", &possible("offer")).await;
    assert_eq!(first["status"], "WAITING");
    let second = make(&site, "admin", &possible("offer")).await;
    site.call(Ask::delete(&format!("reservations/{taken}")))
        .await
        .expect(200);
    let met = met(&site, "max", &first).await;
    assert_eq!(met["status"], "MET");
    assert_eq!(met["met"]["startTime"], "2009-08-17T04:49:03.000Z");
    let path = format!(
        "reservations/{}",
        met["met"]["reservation"].as_str().unwrap()
    );
    let offered = site
        .call(Ask::get(&path).by("max"))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (
            &offered["status"],
            &offered["offers"][0]["held"],
            &offered["price"]
        ),
        (&json!("ACCEPTED"), &json!(true), &met["met"]["price"])
    );
    assert_eq!(show(&site, "admin", &second).await["status"], "WAITING");
    let confirm = Ask::put(&path).by("max").body(r#"{"reply":"CONFIRM"}"#);
    let confirmed = site.call(confirm).await.expect(200).json();
    assert_eq!(confirmed["reply"], "REQUEST_SUCCESS");
    let mine = site.call(Ask::get("standing-requests").by("max")).await;
    assert_eq!(mine.expect(200).json(), json!([met]));
    let given_up = Ask::delete(&format!(
        "standing-requests/{}",
        met["id"].as_str().unwrap()
    ));
    let problem = site.call(given_up.by("max")).await;
    assert_eq!(
        problem.expect_problem(409, "not_allowed_in_state")["state"],
        "MET"
    );
}

#[tokio::test]
async fn given_a_request_when_it_is_given_up_or_its_time_is_over_then_it_ends_and_others_never_see_it()
 {
    let site = Site::new().await;
    site.confirmed().await;
    let made = make(&site, "max", &possible("tell")).await;
    let path = format!("standing-requests/{}", made["id"].as_str().unwrap());
    site.call(Ask::get(&path))
        .await
        .expect_problem(404, "not_found");
    site.call(Ask::delete(&path))
        .await
        .expect_problem(404, "not_found");
    let withdrawn = site.call(Ask::delete(&path).by("max")).await.expect(200);
    assert_eq!(withdrawn.json()["status"], "WITHDRAWN");
    let head = site.head().await;
    let again = site.call(Ask::delete(&path).by("max")).await.expect(200);
    assert_eq!(again.text, withdrawn.text, "a repeat is answered the same");
    assert_eq!(site.head().await, head, "and appends nothing");
    let in_vain = make(&site, "max", &possible("tell")).await;
    let to = Ask::post("clock").by("admin").body(json!({ "now": UNTIL }));
    site.call(to).await.expect(200);
    assert_eq!(show(&site, "max", &in_vain).await["status"], "EXPIRED");
}

#[tokio::test]
async fn given_a_request_that_makes_no_sense_when_made_then_the_rule_is_named() {
    let site = Site::new().await;
    let with = |field: &str, value: Value| {
        let mut body = possible("tell");
        body[field] = value;
        body
    };
    for (body, status, code) in [
        (with("wish", json!("later")), 422, "unknown_choice"),
        (with("mode", Value::Null), 422, "required"),
        (
            with("until", json!("2009-08-17T03:00:00Z")),
            422,
            "until_out_of_range",
        ),
        (with("until", json!("soon")), 422, "date_unreadable"),
        (with("wish", json!("earlier")), 422, "nothing_to_better"),
        (
            with("betterThan", json!({"price": "4"})),
            422,
            "nothing_to_better",
        ),
        (with("betterThan", json!({})), 422, "better_than_unclear"),
        (
            with("betterThan", json!({"price": "four"})),
            422,
            "price_unreadable",
        ),
        (
            with("betterThan", json!({"reservation": "none"})),
            404,
            "not_found",
        ),
        (with("proposal", json!({"type": "HUGE"})), 422, "required"),
        (with("proposal", Value::Null), 422, "required"),
        (with("note", json!("please")), 400, "unknown_field"),
    ] {
        let reply = site.call(Ask::post("standing-requests").body(&body)).await;
        reply.expect_problem(status, code);
    }
}
