//! What is asked of agreements over HTTP: changes, options, money, dry runs, explanations.

use openpex_aggregates::MicroCredits;
use openpex_aggregates::negotiation::{Bargaining, Tactic};
use openpex_aggregates::policy::Policy;
use serde_json::{Value, json};

use crate::site::{Ask, Setup, Site, figure_7, figure_7_at};

/// Credits for one XLARGE hour under the default prices.
const HOUR: &str = "4.935";

async fn site_under(nodes: u32, policy: fn(&mut Policy)) -> Site {
    Site::with(Setup {
        nodes,
        policy,
        ..Setup::default()
    })
    .await
}

fn counter(changed: &[(&str, Value)]) -> Value {
    let mut proposal = figure_7();
    for (field, value) in changed {
        proposal[*field] = value.clone();
    }
    json!({"reply": "COUNTER", "proposal": proposal})
}

async fn balance(site: &Site, user: &str) -> String {
    let shown = site.call(Ask::get("account").by(user)).await.expect(200);
    shown.json()["balance"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn given_a_conceding_provider_when_a_user_bids_three_times_then_they_meet() {
    let site = site_under(1, |policy| {
        policy.bargaining = Bargaining::Concession {
            reserve_ppm: 700_000,
            tactic: Tactic::Linear,
            deadline_rounds: 4,
        };
    })
    .await;
    let mut bid = figure_7();
    bid["price"] = "3.6".into();
    let first = site
        .call(Ask::post("reservations").body(&bid))
        .await
        .expect(200);
    let path = format!("reservations/{}", first.id());
    let differs = &first.json()["offers"][0]["differs"];
    assert_eq!(
        differs,
        &json!({"in": "price", "asked": "3.6", "price": HOUR})
    );
    let mut said = Vec::new();
    for price in ["3.8", "4.1"] {
        let body = counter(&[("price", price.into())]);
        let reply = site.call(Ask::put(&path).body(body)).await.expect(200);
        let reply = reply.json();
        said.push((reply["reply"].clone(), reply["price"].clone()));
    }
    assert_eq!(
        said,
        [
            (json!("COUNTER"), json!("4.441501")),
            (json!("ACCEPT"), json!("4.1"))
        ]
    );
    let confirm = Ask::put(&path).body(r#"{"reply":"CONFIRM"}"#);
    let agreed = site.call(confirm).await.expect(200).json();
    assert_eq!(agreed["paid"], "4.1");
    assert_eq!(balance(&site, "zoe").await, "999995.9");
}

#[tokio::test]
async fn given_a_running_reservation_when_its_extension_is_blocked_then_the_longest_is_offered() {
    let site = Site::new().await;
    let (id, _) = site.activated().await;
    let path = format!("reservations/{id}");
    // Max has the node from 06:00 on.
    let later = figure_7_at("Mon, 17 Aug 2009 06:00:00 GMT");
    let maxs = site
        .call(Ask::post("reservations").by("max").body(later))
        .await
        .expect(200);
    let body = counter(&[("duration", 7_200_000.into())]);
    let blocked = site.call(Ask::put(&path).body(body)).await.expect(200);
    let answer = blocked.json();
    assert_eq!(
        (&answer["reply"], &answer["status"]),
        (&json!("COUNTER"), &json!("ACTIVATED"))
    );
    assert_eq!(
        answer["offers"][0]["differs"],
        json!({
            "in": "duration",
            "askedEnd": "Mon, 17 Aug 2009 06:49:03 GMT",
            "grantedEnd": "Mon, 17 Aug 2009 06:00:00 GMT",
        })
    );
    let node = &answer["reasons"][0]["nodes"][0];
    assert_eq!(
        (&node["node"], &node["from"], &node["until"]),
        (
            &json!("node-1"),
            &json!("Mon, 17 Aug 2009 06:00:00 GMT"),
            &json!("Mon, 17 Aug 2009 07:00:00 GMT")
        )
    );
    assert!(!blocked.text.contains(&maxs.id()), "nobody is named");
    // The old terms are in force until the new ones are confirmed.
    let shown = site.call(Ask::get(&path)).await.expect(200).json();
    assert_eq!(shown["endTime"], "Mon, 17 Aug 2009 05:49:03 GMT");
    assert_eq!(shown["change"]["status"], "COUNTERED");
    for (say, reply) in [
        ("ACCEPT", "CONFIRM_REQUEST"),
        ("CONFIRM", "REQUEST_SUCCESS"),
    ] {
        let body = json!({"reply": say});
        let said = site.call(Ask::put(&path).body(body)).await.expect(200);
        assert_eq!(said.json()["reply"], reply);
    }
    let shown = site.call(Ask::get(&path)).await.expect(200).json();
    assert_eq!(shown["endTime"], "Mon, 17 Aug 2009 06:00:00 GMT");
    assert_eq!(shown["change"], Value::Null);
    let instance = shown["instances"][0].as_str().unwrap();
    let instance = site.call(Ask::get(&format!("instances/{instance}"))).await;
    assert_eq!(instance.json()["endTime"], "Mon, 17 Aug 2009 06:00:00 GMT");
}

#[tokio::test]
async fn given_a_running_reservation_when_what_is_fixed_is_changed_then_the_field_is_named() {
    let site = Site::new().await;
    let (id, _) = site.activated().await;
    let path = format!("reservations/{id}");
    let before = site.head().await;
    let body = counter(&[
        ("type", "SMALL".into()),
        ("startTime", "Mon, 17 Aug 2009 05:00:00 GMT".into()),
    ]);
    let problem = site
        .call(Ask::put(&path).body(body))
        .await
        .expect_problem(422, "fixed_while_running");
    let fields: Vec<&Value> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| &error["field"])
        .collect();
    assert_eq!(fields, ["type", "startTime"]);
    assert_eq!(site.head().await, before);
}

#[tokio::test]
async fn given_options_when_claimed_and_dropped_then_they_are_paid_for_until_the_start() {
    let site = site_under(4, |_| {}).await;
    let mut proposal = figure_7();
    proposal["numInstancesOption"] = 5.into();
    let accepted = site
        .call(Ask::post("reservations").body(&proposal))
        .await
        .expect(200);
    let path = format!("reservations/{}", accepted.id());
    // Three more nodes have room; 0.8 of what is granted is held: three of three.
    assert_eq!(
        accepted.json()["options"],
        json!({"granted": 3, "guaranteed": 3, "priceEach": HOUR})
    );
    let confirm = Ask::put(&path).body(r#"{"reply":"CONFIRM"}"#);
    site.call(confirm).await.expect(200);
    let options = format!("{path}/options");
    let claimed = site
        .call(Ask::put(&options).body(r#"{"claim": 2}"#))
        .await
        .expect(200)
        .json();
    assert_eq!(claimed["proposal"]["numInstancesFixed"], 3);
    assert_eq!(claimed["paid"], "14.805");
    let problem = site
        .call(Ask::put(&options).body(r#"{"claim": 2}"#))
        .await
        .expect_problem(409, "options_exceeded");
    assert_eq!(
        (&problem["asked"], &problem["granted"]),
        (&json!(2), &json!(1))
    );
    let dropped = site
        .call(Ask::put(&options).body(r#"{"drop": 1}"#))
        .await
        .expect(200)
        .json();
    assert_eq!(dropped["options"], Value::Null);
    for (bad, code) in [
        (r#"{"claim": 0}"#, "instances_out_of_range"),
        (r#"{"claim": 1, "drop": 1}"#, "required"),
        ("{}", "required"),
    ] {
        site.call(Ask::put(&options).body(bad))
            .await
            .expect_problem(422, code);
    }
    // What was dropped, others can have.
    let other = Ask::post("reservations").by("max").body(figure_7());
    assert_eq!(site.call(other).await.expect(200).json()["reply"], "ACCEPT");
}

#[tokio::test]
async fn given_a_refund_that_was_quoted_when_cancelled_then_that_is_given_back() {
    let site = Site::new().await;
    let id = site.confirmed().await;
    let path = format!("reservations/{id}");
    let quoted = site
        .call(Ask::get(&format!("{path}/refund")))
        .await
        .expect(200)
        .json();
    // 49 minutes before the start: what is unused, by half.
    assert_eq!(
        (&quoted["paid"], &quoted["refund"]),
        (&json!(HOUR), &json!("2.4675"))
    );
    assert_eq!(quoted["rule"]["rule"], "unused");
    site.call(Ask::delete(&path)).await.expect(200);
    assert_eq!(balance(&site, "zoe").await, "999997.5325");
    let entries = site
        .call(Ask::get("account/entries?limit=2"))
        .await
        .expect(200);
    let amounts = |reply: &Value| -> Vec<Value> {
        reply
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| json!([entry["cause"], entry["amount"]]))
            .collect()
    };
    assert_eq!(
        amounts(&entries.json()),
        [
            json!(["cancelled", "+2.4675"]),
            json!(["confirmed", "-4.935"])
        ]
    );
    let next = entries.header("link");
    let next = next
        .trim_start_matches("</OpenPEX/")
        .split('>')
        .next()
        .unwrap();
    let rest = site.call(Ask::get(next)).await.expect(200);
    assert_eq!(amounts(&rest.json()), [json!(["opening", "+1000000"])]);
    site.call(Ask::get(&format!("{path}/refund")))
        .await
        .expect_problem(409, "not_allowed_in_state");
}

#[tokio::test]
async fn given_too_few_credits_when_an_operator_grants_more_then_the_offer_can_be_confirmed() {
    let site = site_under(1, |policy| policy.opening_grant = MicroCredits(1_000_000)).await;
    let accepted = site
        .call(Ask::post("reservations").body(figure_7()))
        .await
        .expect(200);
    let path = format!("reservations/{}", accepted.id());
    let confirm = || Ask::put(&path).body(r#"{"reply":"CONFIRM"}"#);
    let before = site.head().await;
    let problem = site
        .call(confirm())
        .await
        .expect_problem(409, "insufficient_credits");
    assert_eq!(
        (&problem["needed"], &problem["balance"]),
        (&json!(HOUR), &json!("1"))
    );
    assert_eq!(site.head().await, before, "nothing is appended");
    let grant = |by: &str, body: Value| Ask::post("users/1/grants").by(by).body(body);
    let amount = json!({"amount": "3.935", "note": "for the demo"});
    site.call(grant("zoe", amount.clone()))
        .await
        .expect_problem(403, "operator_only");
    for (bad, code) in [
        (json!({"amount": "-1"}), "amount_unreadable"),
        (json!({"amount": "0"}), "amount_out_of_range"),
        (json!({}), "required"),
    ] {
        site.call(grant("admin", bad))
            .await
            .expect_problem(422, code);
    }
    site.call(Ask::post("users/99/grants").by("admin").body(&amount))
        .await
        .expect_problem(404, "not_found");
    let granted = site.call(grant("admin", amount)).await.expect(200).json();
    assert_eq!(granted["balance"], HOUR);
    site.call(confirm()).await.expect(200);
    assert_eq!(balance(&site, "zoe").await, "0");
}

#[tokio::test]
async fn given_a_dry_run_when_asked_then_the_answer_is_the_real_one_and_nothing_is_appended() {
    let site = Site::new().await;
    let without = |text: &str, id: &str| text.replace(id, "<id>");
    let before = site.head().await;
    let dry = site
        .call(Ask::post("reservations?dryRun=true").body(figure_7()))
        .await
        .expect(200);
    assert_eq!(site.head().await, before);
    let real = site
        .call(Ask::post("reservations").body(figure_7()))
        .await
        .expect(200);
    let position = |text: &str| text.split("\"position\"").next().unwrap().to_owned();
    assert_eq!(
        position(&without(&dry.text, &dry.id())),
        position(&without(&real.text, &real.id()))
    );
    let path = format!("reservations/{}", real.id());
    let before = site.head().await;
    let body = counter(&[("duration", 60_000.into())]);
    let dry = site
        .call(Ask::put(&format!("{path}?dryRun=true")).body(&body))
        .await
        .expect(200);
    assert_eq!(site.head().await, before);
    let real = site.call(Ask::put(&path).body(&body)).await.expect(200);
    assert_eq!(position(&dry.text), position(&real.text));
    for (path, body) in [
        ("reservations?dryRun=true", String::new()),
        (
            &*format!("{path}?dryRun=true"),
            r#"{"reply":"CONFIRM"}"#.to_owned(),
        ),
    ] {
        let ask = if path.starts_with("reservations?") {
            Ask::post(path)
        } else {
            Ask::put(path)
        };
        site.call(ask.body(body))
            .await
            .expect_problem(422, "required");
    }
    site.call(Ask::post("reservations?dryRun=maybe").body(figure_7()))
        .await
        .expect_problem(400, "bad_parameter");
    site.call(Ask::post("reservations?dry=true").body(figure_7()))
        .await
        .expect_problem(400, "unknown_parameter");
}

#[tokio::test]
async fn given_a_history_when_explained_then_each_step_is_told_in_words() {
    let site = Site::new().await;
    let id = site.confirmed().await;
    let path = format!("reservations/{id}/explain");
    let told = site.call(Ask::get(&path)).await.expect(200).json();
    assert_eq!(told["status"], "CONFIRMED");
    let steps = told["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 4);
    assert_eq!(
        told["summary"],
        json!([
            "Confirmed: 1 instance of type XLARGE from 2009-08-17T04:49:03.000Z to \
             2009-08-17T05:49:03.000Z (1 on node-1), for 4.935 credits."
        ])
    );
    let text = site
        .call(Ask::get(&path).header("accept", "text/plain"))
        .await
        .expect(200);
    assert_eq!(text.text.lines().count(), 4);
    site.call(Ask::get(&path).by("max"))
        .await
        .expect_problem(404, "not_found");
    site.call(Ask::get(&path).by("eve")).await.expect(200);
}

#[tokio::test]
async fn given_limits_of_one_user_when_exceeded_then_the_numbers_are_told() {
    let site = site_under(2, |policy| {
        policy.limits.sessions_max = 1;
        policy.quotas.vcpus_at_once = Some(4);
    })
    .await;
    let two = {
        let mut proposal = figure_7();
        proposal["numInstancesFixed"] = 2.into();
        proposal
    };
    let problem = site
        .call(Ask::post("reservations").body(two))
        .await
        .expect_problem(409, "quota_exceeded");
    assert_eq!(
        (&problem["quota"], &problem["limit"], &problem["wouldBe"]),
        (&json!("vcpus_at_once"), &json!(4), &json!(8))
    );
    site.call(Ask::post("reservations").body(figure_7()))
        .await
        .expect(200);
    let problem = site
        .call(Ask::post("reservations").body(figure_7()))
        .await
        .expect_problem(409, "too_many_sessions");
    assert_eq!((&problem["open"], &problem["max"]), (&json!(1), &json!(1)));
}
