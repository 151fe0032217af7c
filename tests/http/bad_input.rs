//! Bad input: each has its own clear problem, and appends nothing.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Method;
use futures_util::stream;
use serde_json::{Value, json};

use crate::site::{Ask, PASSWORD, START, Site, basic, figure_7};

/// Figure 7 with one field changed; `null` takes it out.
fn with(field: &str, value: Value) -> String {
    let mut proposal = figure_7();
    if value.is_null() {
        proposal.as_object_mut().unwrap().remove(field);
    } else {
        proposal[field] = value;
    }
    proposal.to_string()
}

fn starting(start: &str) -> String {
    with("startTime", start.into())
}

/// Text that is no valid `serde_json::Value`, such as numbers beyond 64 bits.
fn with_raw(field: &str, raw: &str) -> String {
    with(field, "@@".into()).replace("\"@@\"", raw)
}

#[tokio::test]
async fn given_a_bad_proposal_when_posted_then_the_problem_is_named_and_nothing_is_appended() {
    let site = Site::new().await;
    let cases: Vec<(String, u16, &str, &str)> = vec![
        ("{".into(), 400, "not_json", ""),
        ("nonsense".into(), 400, "not_json", ""),
        (figure_7().to_string()[..40].into(), 400, "not_json", ""),
        (format!("{} x", figure_7()), 400, "not_json", ""),
        ("[".repeat(1_000), 400, "not_json", ""),
        ("[]".into(), 400, "wrong_type", "body"),
        ("\"x\"".into(), 400, "wrong_type", "body"),
        ("null".into(), 400, "wrong_type", "body"),
        (
            r#"{"type":"SMALL","type":"LARGE"}"#.into(),
            400,
            "duplicate_field",
            "",
        ),
        (with("colour", "red".into()), 400, "unknown_field", "colour"),
        (with("Duration", 1.into()), 400, "unknown_field", "Duration"),
        (
            with("duration", "3600000".into()),
            400,
            "wrong_type",
            "duration",
        ),
        (with("duration", json!(3.5)), 400, "wrong_type", "duration"),
        (with("duration", json!({})), 400, "wrong_type", "duration"),
        (with("type", 4.into()), 400, "wrong_type", "type"),
        (
            with("autoStart", "yes".into()),
            400,
            "wrong_type",
            "autoStart",
        ),
        (with("price", json!(4)), 400, "wrong_type", "price"),
        (
            with("startTime", json!(1_250_481_600)),
            400,
            "wrong_type",
            "startTime",
        ),
        (
            with_raw("duration", "9223372036854775808"),
            400,
            "number_too_large",
            "duration",
        ),
        (
            with_raw("duration", "99999999999999999999999"),
            400,
            "number_too_large",
            "duration",
        ),
        (
            with_raw("numInstancesFixed", "-9223372036854775809"),
            400,
            "number_too_large",
            "numInstancesFixed",
        ),
        (with_raw("duration", "1e999"), 400, "not_json", ""),
        ("{}".into(), 422, "required", "duration"),
        (with("template", Value::Null), 422, "required", "template"),
        (with("type", "GIGANTIC".into()), 422, "unknown_type", "type"),
        (with("type", "xlarge".into()), 422, "unknown_type", "type"),
        (
            with("template", "Minix".into()),
            422,
            "unknown_template",
            "template",
        ),
        (
            with("numInstancesFixed", 0.into()),
            422,
            "instances_fixed_out_of_range",
            "numInstancesFixed",
        ),
        (
            with("numInstancesFixed", (-1).into()),
            422,
            "instances_fixed_out_of_range",
            "numInstancesFixed",
        ),
        (
            with("numInstancesFixed", 1_001.into()),
            422,
            "instances_fixed_out_of_range",
            "numInstancesFixed",
        ),
        (
            with("numInstancesFixed", i64::MAX.into()),
            422,
            "instances_fixed_out_of_range",
            "numInstancesFixed",
        ),
        (
            with("numInstancesOption", (-1).into()),
            422,
            "instances_option_out_of_range",
            "numInstancesOption",
        ),
        (
            with("duration", 0.into()),
            422,
            "duration_out_of_range",
            "duration",
        ),
        (
            with("duration", (-3_600_000).into()),
            422,
            "duration_out_of_range",
            "duration",
        ),
        (
            with("duration", 12_622_780_800_000_i64.into()),
            422,
            "duration_out_of_range",
            "duration",
        ),
        (
            with("duration", i64::MAX.into()),
            422,
            "duration_out_of_range",
            "duration",
        ),
        (
            starting("Mon, 17 Aug 2009 03:58:59 GMT"),
            422,
            "start_in_the_past",
            "startTime",
        ),
        (
            starting("Thu, 01 Jan 1970 00:00:00 GMT"),
            422,
            "start_in_the_past",
            "startTime",
        ),
        (
            starting("2010-09-22T00:00:00Z"),
            422,
            "start_past_horizon",
            "startTime",
        ),
        (
            starting("9999-12-31T23:59:59Z"),
            422,
            "start_past_horizon",
            "startTime",
        ),
        (
            starting("Mon, 31 Feb 2009 00:00:00 GMT"),
            422,
            "date_does_not_exist",
            "startTime",
        ),
        (
            starting("2009-02-30T00:00:00Z"),
            422,
            "date_does_not_exist",
            "startTime",
        ),
        (
            starting("Tue, 18 Aug 2009 25:00:00 GMT"),
            422,
            "date_does_not_exist",
            "startTime",
        ),
        (
            starting("Sun, 17 Aug 2009 04:49:03 GMT"),
            422,
            "wrong_weekday",
            "startTime",
        ),
        (starting("tomorrow"), 422, "date_unreadable", "startTime"),
        (starting(""), 422, "date_unreadable", "startTime"),
        (with("price", "-1".into()), 422, "price_unreadable", "price"),
        (
            with("price", "1.0000001".into()),
            422,
            "price_unreadable",
            "price",
        ),
        (
            with("price", "99999999999999999999".into()),
            422,
            "price_unreadable",
            "price",
        ),
        (
            with("earliestStart", "2009-08-17T05:00:00Z".into()),
            422,
            "earliest_start_after_start",
            "earliestStart",
        ),
        (
            with("latestEnd", "2009-08-17T05:00:00Z".into()),
            422,
            "latest_end_before_end",
            "latestEnd",
        ),
    ];
    let before = site.head().await;
    for (body, status, code, field) in cases {
        let reply = site.call(Ask::post("reservations").body(&body)).await;
        assert_eq!(
            (reply.status.as_u16(), reply.code().as_str()),
            (status, code),
            "{body}: {}",
            reply.text
        );
        let problem = reply.expect_problem(status, code);
        let named = if status == 422 {
            &problem["errors"][0]["field"]
        } else {
            &problem["field"]
        };
        assert_eq!(
            named.as_str().unwrap_or_default(),
            field,
            "{body}: {problem}"
        );
        assert_eq!(site.head().await, before, "{body}");
    }
}

#[tokio::test]
async fn given_several_broken_rules_when_posted_then_each_is_listed_with_its_numbers() {
    let site = Site::new().await;
    let body = json!({
        "type": "TINY", "template": "Minix", "numInstancesFixed": 0, "numInstancesOption": -1,
        "startTime": "Sat, 15 Aug 2009 00:00:00 GMT", "duration": 59_999,
    });
    let reply = site
        .call(Ask::post("reservations").body(body))
        .await
        .expect(422);
    let pretty = serde_json::to_string_pretty(&reply.json()).unwrap();
    insta::assert_snapshot!("broken_rules", pretty);
}

#[tokio::test]
async fn given_a_bad_message_when_put_then_the_problem_is_named_and_nothing_is_appended() {
    let site = Site::new().await;
    let id = site
        .call(Ask::post("reservations").body(figure_7()))
        .await
        .expect(200)
        .id();
    let path = format!("reservations/{id}");
    let before = site.head().await;
    let cases = [
        (json!({}), 422, "required"),
        (json!({"reply": "MAYBE"}), 422, "unknown_reply"),
        (json!({"reply": "accept"}), 422, "unknown_reply"),
        (json!({"reply": 1}), 400, "wrong_type"),
        (json!({"reply": "COUNTER"}), 422, "required"),
        (
            json!({"reply": "COUNTER", "proposal": {"id": id, "userid": 1}}),
            422,
            "required",
        ),
        (
            json!({"reply": "COUNTER", "proposal": []}),
            400,
            "wrong_type",
        ),
        (
            json!({"reply": "COUNTER", "proposal": {"colour": 1}}),
            400,
            "unknown_field",
        ),
        (
            json!({"reply": "CONFIRM", "colour": 1}),
            400,
            "unknown_field",
        ),
        (
            json!({"reply": "CONFIRM", "offer": 1}),
            422,
            "offer_without_accept",
        ),
        (json!({"reply": "ACCEPT", "offer": "1"}), 400, "wrong_type"),
        (
            json!({"reply": "ACCEPT", "offer": -1}),
            422,
            "unknown_offer",
        ),
        // Out of turn: the provider has accepted, so there is nothing for the user to accept.
        (json!({"reply": "ACCEPT"}), 409, "not_allowed_in_state"),
    ];
    for (body, status, code) in cases {
        site.call(Ask::put(&path).body(&body))
            .await
            .expect_problem(status, code);
        assert_eq!(site.head().await, before, "{body}");
    }
    site.call(Ask::put(&path))
        .await
        .expect_problem(400, "not_json");
    site.call(Ask::put(&format!("{path}/activate")))
        .await
        .expect_problem(409, "not_allowed_in_state");
    let body = Ask::put(&format!("{path}/activate")).body(r#"{"now":true}"#);
    site.call(body).await.expect_problem(400, "unknown_field");
    assert_eq!(site.head().await, before);
    site.call(Ask::put(&path).body(json!({"reply": "CONFIRM"})))
        .await
        .expect(200);
    let early = site
        .call(Ask::put(&format!("{path}/activate")))
        .await
        .expect_problem(409, "too_early");
    assert_eq!(early["startTime"], "Mon, 17 Aug 2009 04:49:03 GMT");
    assert_eq!(early["now"], START.to_rfc3339());
}

#[tokio::test]
async fn given_a_body_beyond_its_limits_when_sent_then_it_is_refused() {
    let site = Site::new().await;
    let before = site.head().await;
    let padded = |bytes: usize| {
        let body = figure_7().to_string();
        format!("{body}{}", " ".repeat(bytes - body.len()))
    };
    let large = site
        .call(Ask::post("reservations").body(padded(65_537)))
        .await;
    assert_eq!(
        large.expect_problem(413, "body_too_large")["limitBytes"],
        65_536
    );
    // Without an announced length it is counted as it comes.
    let chunks = (0..100).map(|_| Ok::<_, Infallible>(Bytes::from(vec![b' '; 1_000])));
    let mut request = Ask::post("reservations").into_request();
    *request.body_mut() = Body::from_stream(stream::iter(chunks));
    site.send(request)
        .await
        .expect_problem(413, "body_too_large");

    let cut_off = [
        Ok(Bytes::from("{\"type\"")),
        Err(std::io::Error::other("connection reset")),
    ];
    let mut request = Ask::post("reservations").into_request();
    *request.body_mut() = Body::from_stream(stream::iter(cut_off));
    site.send(request).await.expect_problem(400, "body_cut_off");
    for wrong in [
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/xml",
    ] {
        let ask = Ask::post("reservations")
            .header("content-type", wrong)
            .body(figure_7());
        site.call(ask)
            .await
            .expect_problem(415, "unsupported_media_type");
    }
    assert_eq!(site.head().await, before);
    site.call(Ask::post("reservations").body(padded(65_536)))
        .await
        .expect(200);
    for right in [
        "application/json; charset=utf-8",
        "application/x-www-form-urlencoded",
    ] {
        let ask = Ask::post("reservations")
            .header("content-type", right)
            .body(figure_7());
        site.call(ask).await.expect(200);
    }
}

#[tokio::test]
async fn given_a_body_that_never_ends_when_its_time_is_over_then_it_is_408() {
    // Takes as long as the limit.
    let site = Site::new().await;
    let mut request = Ask::post("reservations").into_request();
    *request.body_mut() = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
    let reply = tokio::time::timeout(Duration::from_secs(60), site.send(request))
        .await
        .unwrap();
    assert_eq!(reply.expect_problem(408, "body_too_slow")["limitSecs"], 10);
}

#[tokio::test]
async fn given_a_path_or_method_that_is_not_there_when_asked_then_it_is_a_problem_too() {
    let site = Site::new().await;
    for path in [
        "/nothing",
        "/OpenPEX",
        "/OpenPEX/nothing",
        "/openpex/reservations",
        "/OpenPEX/reservations/x/y/z",
    ] {
        site.call(Ask::get(path))
            .await
            .expect_problem(404, "unknown_route");
    }
    for (method, path, allow) in [
        (Method::PATCH, "reservations", "POST,GET,HEAD"),
        (Method::PUT, "clock/", "GET,HEAD,POST"),
        (
            Method::GET,
            "instances/5d0fa0eb-90a8-f4e6-1dff-61b2cec6ad91/stop",
            "PUT",
        ),
        (Method::DELETE, "/livez", "GET,HEAD"),
    ] {
        let reply = site.call(Ask::get(path).method(method)).await;
        assert_eq!(reply.header("allow"), allow, "{path}");
        reply.expect_problem(405, "method_not_allowed");
    }
    for path in [
        "reservations/nonsense",
        "reservations/5d0fa0eb-90a8-f4e6-1dff-61b2cec6ad91",
    ] {
        site.call(Ask::get(path))
            .await
            .expect_problem(404, "not_found");
        site.call(Ask::delete(path))
            .await
            .expect_problem(404, "not_found");
        site.call(Ask::get(&format!("{path}/history")))
            .await
            .expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn given_a_bad_registration_when_posted_then_the_rule_is_named() {
    let site = Site::new().await;
    let body = |username: &str, password: &str| json!({"username": username, "password": password});
    for (body, status, code) in [
        (json!({}), 422, "required"),
        (
            json!({"username": "kim", "password": 12_345_678}),
            400,
            "wrong_type",
        ),
        (
            json!({"username": "kim", "password": PASSWORD, "userid": 7}),
            400,
            "unknown_field",
        ),
        (body("", PASSWORD), 422, "username_length"),
        (body("a:b", PASSWORD), 422, "username_character"),
        (body("kim", "short"), 422, "password_length"),
        (body("kim", &"x".repeat(1_025)), 422, "password_length"),
        (body("ZOE", PASSWORD), 409, "username_taken"),
    ] {
        let reply = site.call(Ask::post("users").anonymous().body(&body)).await;
        assert!(!reply.text.contains(PASSWORD), "{}", reply.text);
        reply.expect_problem(status, code);
    }
    let wrong = Ask::get("reservations").header("authorization", &basic("kim", PASSWORD));
    site.call(wrong)
        .await
        .expect_problem(401, "credentials_wrong");
}
