//! The paper's dialogues (Figures 7 to 9), and what can be said around them.

use serde_json::{Value, json};

use crate::site::{Ask, START, Setup, Site, figure_7, figure_7_at};

fn without_ids(text: &str, id: &str) -> String {
    text.replace(id, "<id>")
}

#[tokio::test]
async fn given_figure_7_when_it_fits_then_the_answer_is_figure_8() {
    let site = Site::new().await;
    let reply = site
        .call(Ask::post("reservations").body(figure_7()))
        .await
        .expect(200);
    let id = reply.id();
    let figure_8 = format!(
        "{{\"proposal\":{{\"duration\":3600000,\"id\":\"{id}\",\"numInstancesFixed\":1,\
         \"numInstancesOption\":0,\"startTime\":\"Mon, 17 Aug 2009 04:49:03 GMT\",\
         \"template\":\"PEX Debian Etch 4.0 Template\",\"type\":\"XLARGE\",\"userid\":1}},\
         \"reply\":\"ACCEPT\""
    );
    assert!(reply.text.starts_with(&figure_8), "{}", reply.text);
    assert_eq!(
        reply.header("location"),
        format!("/OpenPEX/reservations/{id}")
    );
    insta::assert_snapshot!("figure_8", without_ids(&reply.text, &id));
}

#[tokio::test]
async fn given_a_full_pool_when_figure_7_comes_then_the_answer_is_figure_9() {
    let site = Site::new().await;
    let other = figure_7_at("Mon, 17 Aug 2009 04:52:31 GMT");
    site.call(Ask::post("reservations").by("max").body(other))
        .await
        .expect(200);
    let reply = site
        .call(Ask::post("reservations").body(figure_7()))
        .await
        .expect(200);
    let id = reply.id();
    let figure_9 = format!(
        "{{\"proposal\":{{\"duration\":3600000,\"id\":\"{id}\",\"numInstancesFixed\":1,\
         \"numInstancesOption\":0,\"startTime\":\"Mon, 17 Aug 2009 05:52:31 GMT\",\
         \"template\":\"PEX Debian Etch 4.0 Template\",\"type\":\"XLARGE\",\"userid\":1}},\
         \"reply\":\"COUNTER\""
    );
    assert!(reply.text.starts_with(&figure_9), "{}", reply.text);
    insta::assert_snapshot!("figure_9", without_ids(&reply.text, &id));
}

/// Every answer is sent back whole, with only `reply` changed, all the way to the agreement.
#[tokio::test]
async fn given_a_counter_when_each_answer_is_sent_back_with_its_reply_changed_then_both_agree() {
    let site = Site::new().await;
    let other = figure_7_at("Mon, 17 Aug 2009 04:52:31 GMT");
    site.call(Ask::post("reservations").by("max").body(other))
        .await
        .expect(200);
    let reply = site
        .call(Ask::post("reservations/").body(figure_7()))
        .await
        .expect(200);
    let path = format!("reservations/{}/", reply.id());
    let mut answer = reply.json();
    for (say, expected, status) in [
        ("ACCEPT", "CONFIRM_REQUEST", "CONFIRM_REQUESTED"),
        ("CONFIRM", "REQUEST_SUCCESS", "CONFIRMED"),
    ] {
        answer["reply"] = say.into();
        let first = site.call(Ask::put(&path).body(&answer)).await.expect(200);
        let before = site.head().await;
        let again = site.call(Ask::put(&path).body(&answer)).await.expect(200);
        assert_eq!(first.text, again.text, "a repeat is answered the same");
        assert_eq!(site.head().await, before, "and appends nothing");
        answer = first.json();
        assert_eq!(
            (&answer["reply"], &answer["status"]),
            (&expected.into(), &status.into())
        );
    }
    // The representation, too, can be sent back.
    let mut shown = site.call(Ask::get(&path)).await.expect(200).json();
    assert_eq!(shown["status"], "CONFIRMED");
    shown["reply"] = "REJECT".into();
    let problem = site
        .call(Ask::put(&path).body(shown))
        .await
        .expect_problem(409, "not_allowed_in_state");
    assert_eq!(
        (&problem["state"], &problem["allowed"]),
        (
            &json!("CONFIRMED"),
            &json!(["COUNTER", "options", "activate", "DELETE"])
        )
    );
}

#[tokio::test]
async fn given_an_offer_when_it_is_named_by_number_or_by_its_terms_then_it_is_meant() {
    let site = Site::new().await;
    site.call(Ask::post("reservations").by("max").body(figure_7()))
        .await
        .expect(200);
    let reply = site
        .call(Ask::post("reservations").body(figure_7()))
        .await
        .expect(200);
    let path = format!("reservations/{}", reply.id());
    let offer = reply.json()["offers"][0].clone();
    assert_eq!(
        (&offer["offer"], &offer["differs"]["in"]),
        (&json!(1), &json!("startTime"))
    );
    let accept = |extra: Value| {
        let mut body = json!({"reply": "ACCEPT"});
        body.as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        Ask::put(&path).body(body)
    };
    let problem = site
        .call(accept(json!({"offer": 9})))
        .await
        .expect_problem(422, "unknown_offer");
    assert_eq!(problem["errors"][0]["onTable"], json!([1]));
    let problem = site
        .call(accept(json!({"proposal": figure_7()})))
        .await
        .expect_problem(422, "echo_differs");
    assert_eq!(problem["errors"][0]["field"], "startTime");
    let named = site.call(accept(json!({"offer": 1}))).await.expect(200);
    assert_eq!(named.json()["reply"], "CONFIRM_REQUEST");
    let echoed = site
        .call(accept(json!({"proposal": offer["proposal"]})))
        .await
        .expect(200);
    assert_eq!(named.text, echoed.text);
}

#[tokio::test]
async fn given_an_empty_body_when_posted_then_a_session_is_opened_and_goes_on() {
    let site = Site::new().await;
    let reply = site.call(Ask::post("reservations")).await.expect(200);
    let id = reply.id();
    insta::assert_snapshot!("initiated", without_ids(&reply.text, &id));
    let counter = json!({"reply": "COUNTER", "proposal": figure_7()});
    let reply = site
        .call(Ask::put(&format!("reservations/{id}")).body(counter))
        .await
        .expect(200);
    assert_eq!(reply.json()["reply"], "ACCEPT");
}

#[tokio::test]
async fn given_more_than_the_pool_when_asked_then_it_is_rejected_with_its_reason() {
    let site = Site::new().await;
    let mut proposal = figure_7();
    proposal["numInstancesFixed"] = 2.into();
    let reply = site
        .call(Ask::post("reservations").body(proposal))
        .await
        .expect(200);
    let answer = reply.json();
    assert_eq!(
        (&answer["reply"], &answer["status"]),
        (&json!("REJECT"), &json!("REJECTED"))
    );
    let reason = &answer["reasons"][0];
    assert_eq!(
        (&reason["code"], &reason["dimension"]),
        (&json!("never_fits"), &json!("vcpus"))
    );
    assert_eq!(
        (&reason["requested"], &reason["placeable"]),
        (&json!(2), &json!(1))
    );
}

#[tokio::test]
async fn given_a_price_too_low_when_proposed_then_the_counter_names_the_price() {
    let site = Site::new().await;
    let mut proposal = figure_7();
    proposal["price"] = "4.5".into();
    let reply = site
        .call(Ask::post("reservations").body(proposal))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&reply["reply"], &reply["price"]),
        (&json!("COUNTER"), &json!("4.935"))
    );
    assert_eq!(
        reply["offers"][0]["differs"],
        json!({"in": "price", "asked": "4.5", "price": "4.935"})
    );
    let mut accept = reply.clone();
    accept["reply"] = "ACCEPT".into();
    let path = format!("reservations/{}", reply["proposal"]["id"].as_str().unwrap());
    let reply = site
        .call(Ask::put(&path).body(accept))
        .await
        .expect(200)
        .json();
    assert_eq!(reply["reply"], "CONFIRM_REQUEST");
}

#[tokio::test]
async fn given_rfc_3339_and_bounds_when_proposed_then_the_answer_is_in_the_papers_form() {
    let site = Site::with(Setup {
        nodes: 2,
        ..Setup::default()
    })
    .await;
    let mut proposal = figure_7_at("2009-08-17T06:49:03+02:00");
    proposal["earliestStart"] = "2009-08-17T04:30:00Z".into();
    proposal["latestEnd"] = "Mon, 17 Aug 2009 12:00:00 GMT".into();
    proposal["autoStart"] = false.into();
    proposal["numInstancesFixed"] = 2.into();
    let reply = site
        .call(Ask::post("reservations").body(proposal))
        .await
        .expect(200);
    let id = reply.id();
    insta::assert_snapshot!("all_of_a_proposal", without_ids(&reply.text, &id));
}

/// A reservation's life: confirmed, activated, over. Its history is whole and in order.
#[tokio::test]
async fn given_a_reservation_when_it_has_ended_then_repeats_are_answered_and_the_rest_refused() {
    let site = Site::new().await;
    let (id, _) = site.activated().await;
    let path = format!("reservations/{id}");
    let shown = site.call(Ask::get(&path)).await.expect(200);
    insta::assert_snapshot!(
        "activated",
        without_ids(&shown.text, &id)
            .replace(shown.json()["instances"][0].as_str().unwrap(), "<instance>")
    );
    let cancelled = site.call(Ask::delete(&path)).await.expect(200);
    assert_eq!(cancelled.json()["status"], "CANCELLED");
    let before = site.head().await;
    let again = site
        .call(Ask::delete(&format!("{path}/")))
        .await
        .expect(200);
    assert_eq!(again.json()["status"], "CANCELLED");
    let problem = site
        .call(Ask::put(&path).body(r#"{"reply":"CONFIRM"}"#))
        .await
        .expect_problem(409, "not_allowed_in_state");
    assert_eq!(
        (&problem["state"], &problem["allowed"]),
        (&json!("CANCELLED"), &json!([]))
    );
    site.call(Ask::put(&format!("{path}/activate")))
        .await
        .expect_problem(409, "not_allowed_in_state");
    let stale = Ask::delete(&path).header("if-match", "\"1\"");
    site.call(stale)
        .await
        .expect_problem(412, "precondition_failed");
    assert_eq!(site.head().await, before);

    let history = site
        .call(Ask::get(&format!("{path}/history?instances=false")))
        .await
        .expect(200)
        .json();
    let of = |member: &str| -> Vec<Value> {
        history
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry[member].clone())
            .collect()
    };
    assert_eq!(
        of("event"),
        [
            "ReservationInitiated",
            "TermsProposed",
            "TermsAccepted",
            "ReservationConfirmed",
            "ReservationActivated",
            "ReservationCancelled",
        ]
    );
    assert_eq!(
        // It starts by itself, so the user's activation was a repeat.
        of("sender"),
        ["user", "user", "provider", "provider", "clock", "user"]
    );
    assert_eq!(of("sequence"), [1, 2, 3, 4, 5, 6]);
    assert!(of("position").is_sorted_by_key(|position| position.as_u64().unwrap()));
    assert!(
        of("hash")
            .iter()
            .all(|hash| hash.as_str().unwrap().len() == 64)
    );
    assert_eq!(of("at")[0], START.to_rfc3339());
    assert_eq!(history[0]["data"]["user_id"], 1);
}

#[tokio::test]
async fn given_an_open_negotiation_when_it_is_deleted_or_rejected_then_it_is_withdrawn() {
    let site = Site::new().await;
    for say in ["DELETE", "REJECT"] {
        let reply = site
            .call(Ask::post("reservations").body(figure_7()))
            .await
            .expect(200);
        let path = format!("reservations/{}", reply.id());
        let ask = || match say {
            "DELETE" => Ask::delete(&path),
            _ => {
                let mut answer = reply.json();
                answer["reply"] = say.into();
                Ask::put(&path).body(answer)
            }
        };
        for _ in 0..2 {
            assert_eq!(
                site.call(ask()).await.expect(200).json()["status"],
                "WITHDRAWN"
            );
        }
        let events = site.call(Ask::get(&format!("{path}/history"))).await.json();
        let last = events.as_array().unwrap().last().unwrap().clone();
        assert_eq!(
            (&last["event"], &last["data"]),
            (&json!("ReservationWithdrawn"), &Value::Null)
        );
    }
}

#[tokio::test]
async fn given_a_tag_when_it_is_sent_with_a_request_then_only_what_was_seen_is_changed() {
    let site = Site::new().await;
    let reply = site
        .call(Ask::post("reservations").body(figure_7()))
        .await
        .expect(200);
    let (path, tag) = (
        format!("reservations/{}", reply.id()),
        reply.header("etag").to_owned(),
    );
    let shown = site.call(Ask::get(&path)).await.expect(200);
    assert_eq!(shown.header("etag"), tag);
    let unchanged = site
        .call(Ask::get(&path).header("if-none-match", &tag))
        .await
        .expect(304);
    assert!(unchanged.text.is_empty());
    let confirm = |tag: &str| {
        Ask::put(&path)
            .header("if-match", tag)
            .body(r#"{"reply":"CONFIRM"}"#)
    };
    for wrong in ["\"1\"", "W/\"3\"", "\"x\"", "3"] {
        site.call(confirm(wrong))
            .await
            .expect_problem(412, "precondition_failed");
    }
    site.call(confirm("\"1\", \"3\""))
        .await
        .expect_problem(400, "several_entity_tags");
    site.call(confirm(&tag)).await.expect(200);
    site.call(Ask::delete(&path).header("if-match", &tag))
        .await
        .expect_problem(412, "precondition_failed");
    site.call(Ask::delete(&path).header("if-match", "*"))
        .await
        .expect(200);
}
