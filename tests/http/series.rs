//! Series: the same terms again and again, in a named zone and across its changes of the clocks.

use serde_json::{Value, json};

use crate::site::{Ask, Setup, Site, figure_7_at};

const WEEK_MS: i64 = 7 * 24 * 3_600_000;

fn weekly(start: &str, count: u32, if_not_all: &str) -> Value {
    json!({
        "proposal": figure_7_at(start),
        "recurrence": {
            "frequency": "weekly",
            "count": count,
            "timeZone": "Europe/Zurich",
            "ifNotAll": if_not_all,
        },
    })
}

fn column<'a>(series: &'a Value, name: &str) -> Vec<&'a str> {
    let occurrences = series["occurrences"].as_array().unwrap();
    let text = |one: &'a Value| one[name].as_str().unwrap_or("none");
    occurrences.iter().map(text).collect()
}

async fn ask(site: &Site, body: &Value) -> Value {
    let reply = site.call(Ask::post("series").body(body)).await.expect(200);
    let path = format!("/OpenPEX/series/{}", reply.json()["id"].as_str().unwrap());
    assert_eq!(reply.header("location"), path);
    reply.json()
}

async fn say(site: &Site, id: &Value, reply: &str) -> crate::site::Reply {
    let path = format!("series/{}", id.as_str().unwrap());
    let body = json!({ "reply": reply });
    site.call(Ask::put(&path).body(body)).await
}

async fn show(site: &Site, id: &Value) -> Value {
    let path = format!("series/{}", id.as_str().unwrap());
    site.call(Ask::get(&path)).await.expect(200).json()
}

async fn balance(site: &Site) -> String {
    let account = site.call(Ask::get("account")).await.expect(200).json();
    account["balance"].as_str().unwrap().to_owned()
}

/// The clocks of Zurich go back on 25 October 2009 and forward on 28 March 2010.
#[tokio::test]
async fn given_a_weekly_series_when_the_clocks_change_then_each_starts_at_the_same_time_of_the_day()
{
    let site = Site::new().await;
    for (first, starts, local) in [
        (
            "2009-10-19T09:00:00+02:00",
            [
                "Mon, 19 Oct 2009 07:00:00 GMT",
                "Mon, 26 Oct 2009 08:00:00 GMT",
            ],
            ["2009-10-19T09:00:00+02:00", "2009-10-26T09:00:00+01:00"],
        ),
        (
            "2010-03-22T09:00:00+01:00",
            [
                "Mon, 22 Mar 2010 08:00:00 GMT",
                "Mon, 29 Mar 2010 07:00:00 GMT",
            ],
            ["2010-03-22T09:00:00+01:00", "2010-03-29T09:00:00+02:00"],
        ),
    ] {
        let series = ask(&site, &weekly(first, 2, "reject")).await;
        assert_eq!(
            (&series["reply"], &series["status"]),
            (&json!("ACCEPT"), &json!("HELD"))
        );
        assert_eq!(series["recurrence"]["days"], json!(["mon"]));
        assert_eq!(column(&series, "startTime"), starts);
        assert_eq!(column(&series, "localStart"), local);
        assert_eq!(column(&series, "status"), ["ACCEPTED"; 2]);
        let reservation = format!("reservations/{}", column(&series, "reservation")[1]);
        let shown = site.call(Ask::get(&reservation)).await.expect(200).json();
        assert_eq!(
            (&shown["startTime"], &shown["series"]),
            (&json!(starts[1]), &series["id"])
        );
        assert_eq!(shown["duration"], 3_600_000);
    }
}

#[tokio::test]
async fn given_a_series_that_is_held_when_confirmed_then_it_is_paid_whole_and_can_be_cancelled_from_a_day_on()
 {
    let site = Site::new().await;
    let series = ask(&site, &weekly("2009-10-19T09:00:00+02:00", 3, "reject")).await;
    let id = &series["id"];
    let opened = balance(&site).await;
    let confirmed = say(&site, id, "CONFIRM").await.expect(200);
    let head = site.head().await;
    let again = say(&site, id, "CONFIRM").await.expect(200);
    assert_eq!(again.text, confirmed.text, "a repeat is answered the same");
    assert_eq!(site.head().await, head, "and appends nothing");
    let confirmed = confirmed.json();
    assert_eq!(
        (&confirmed["reply"], &confirmed["status"]),
        (&json!("REQUEST_SUCCESS"), &json!("CONFIRMED"))
    );
    assert_eq!(column(&confirmed, "status"), ["CONFIRMED"; 3]);
    // An XLARGE hour is 4.935 credits: 4 vCPUs, 3.5 GiB, 60 GiB of disk.
    assert_eq!(
        (opened.as_str(), &confirmed["price"]),
        ("1000000", &json!("14.805"))
    );
    assert_eq!(balance(&site).await, "999985.195");
    // The second starts at 8:00 UTC on the 26th, when it is the 26th in Zurich, too.
    let path = format!("series/{}", id.as_str().unwrap());
    let from = |day: &str| Ask::delete(&format!("{path}?from={day}"));
    let cancelled = site.call(from("2009-10-26").key("k")).await.expect(200);
    assert_eq!(
        column(&cancelled.json(), "status"),
        ["CONFIRMED", "CANCELLED", "CANCELLED"]
    );
    assert_eq!(
        balance(&site).await,
        "999995.065",
        "both are refunded whole"
    );
    let again = site.call(from("2009-10-26").key("k")).await.expect(200);
    assert_eq!(again.text, cancelled.text);
    site.call(from("2009-10-19").key("k"))
        .await
        .expect_problem(422, "idempotency_key_reused");
    assert_eq!(
        column(&show(&site, id).await, "status"),
        ["CONFIRMED", "CANCELLED", "CANCELLED"]
    );
    site.call(Ask::delete(&path)).await.expect(200);
    let ended = show(&site, id).await;
    assert_eq!(ended["status"], "CANCELLED");
    let head = site.head().await;
    site.call(Ask::delete(&path)).await.expect(200);
    assert_eq!(site.head().await, head, "nothing is left to be cancelled");
    say(&site, id, "REJECT")
        .await
        .expect_problem(409, "not_allowed_in_state");
}

#[tokio::test]
async fn given_one_that_does_not_fit_when_asked_then_all_are_rejected_or_that_one_is_skipped() {
    let site = Site::new().await;
    site.call(
        Ask::post("reservations")
            .by("max")
            .body(figure_7_at("2009-08-24T08:30:00Z")),
    )
    .await
    .expect(200);
    let head = site.head().await;
    let rejected = ask(&site, &weekly("2009-08-17T08:00:00Z", 3, "reject")).await;
    assert_eq!(rejected["reply"], "REJECT");
    assert_eq!(rejected["occurrences"], json!([]));
    let skipped = &rejected["skipped"][0];
    assert_eq!(
        (&skipped["number"], &skipped["startTime"]),
        (&json!(2), &json!("Mon, 24 Aug 2009 08:00:00 GMT"))
    );
    let reason = &skipped["reasons"][0];
    assert_eq!(
        (&reason["code"], &reason["nodes"][0]["from"]),
        (
            &json!("capacity_short"),
            &json!("Mon, 24 Aug 2009 08:30:00 GMT")
        )
    );
    assert_eq!(
        site.head().await,
        head + 2,
        "asked and rejected, no reservation"
    );
    let accepted = ask(&site, &weekly("2009-08-17T08:00:00Z", 3, "skip")).await;
    assert_eq!(accepted["reply"], "ACCEPT");
    assert_eq!(
        column(&accepted, "startTime"),
        [
            "Mon, 17 Aug 2009 08:00:00 GMT",
            "Mon, 31 Aug 2009 08:00:00 GMT"
        ]
    );
    assert_eq!(accepted["skipped"][0]["number"], 2);
    let mine = site.call(Ask::get("series")).await.expect(200).json();
    let ids: Vec<&Value> = mine.as_array().unwrap().iter().map(|s| &s["id"]).collect();
    assert_eq!(ids, [&accepted["id"], &rejected["id"]]);
    assert_eq!(column(&mine[0], "status"), ["ACCEPTED"; 2]);
    let others = site.call(Ask::get("series").by("max")).await.expect(200);
    assert_eq!(others.json(), json!([]));
    let path = format!("series/{}", accepted["id"].as_str().unwrap());
    site.call(Ask::get(&path).by("max"))
        .await
        .expect_problem(404, "not_found");
    site.call(Ask::delete(&path).by("max"))
        .await
        .expect_problem(404, "not_found");
    // Given up, it holds nothing.
    let withdrawn = say(&site, &accepted["id"], "REJECT")
        .await
        .expect(200)
        .json();
    assert_eq!(withdrawn["status"], "WITHDRAWN");
    assert_eq!(column(&withdrawn, "status"), ["WITHDRAWN"; 2]);
    let again = ask(&site, &weekly("2009-08-17T08:00:00Z", 3, "skip")).await;
    assert_eq!(again["reply"], "ACCEPT");
}

#[tokio::test]
async fn given_a_hold_that_ran_out_when_confirmed_then_the_whole_is_refused_and_names_them() {
    let site = Site::new().await;
    let series = ask(&site, &weekly("2009-10-19T09:00:00+02:00", 2, "reject")).await;
    let advance = |ms: i64| {
        Ask::post("clock")
            .by("admin")
            .body(json!({ "advance_ms": ms }))
    };
    site.call(advance(600_000)).await.expect(200);
    for _ in 0..2 {
        let refused = say(&site, &series["id"], "CONFIRM")
            .await
            .expect_problem(409, "hold_ran_out");
        let lost = refused["occurrences"].as_array().unwrap();
        let numbers: Vec<_> = lost
            .iter()
            .map(|one| one["number"].as_u64().unwrap())
            .collect();
        assert_eq!(numbers, [1, 2]);
        // The second time, the sessions have lapsed, and only the ledger knows the series.
        site.call(advance(1_800_000)).await.expect(200);
    }
    assert_eq!(show(&site, &series["id"]).await["status"], "LAPSED");
    assert_eq!(balance(&site).await, "1000000");
}

#[tokio::test]
async fn given_a_series_when_its_days_come_then_each_occurrence_goes_its_own_way() {
    let site = Site::with(Setup {
        nodes: 2,
        ..Setup::default()
    })
    .await;
    let series = ask(&site, &weekly("2009-08-17T08:00:00Z", 2, "reject")).await;
    say(&site, &series["id"], "CONFIRM").await.expect(200);
    let to = |now: &str| Ask::post("clock").by("admin").body(json!({ "now": now }));
    site.call(to("2009-08-17T08:10:00Z")).await.expect(200);
    assert_eq!(
        column(&show(&site, &series["id"]).await, "status"),
        ["ACTIVATED", "CONFIRMED"]
    );
    site.call(to("2009-08-17T10:00:00Z")).await.expect(200);
    assert_eq!(
        column(&show(&site, &series["id"]).await, "status"),
        ["EXPIRED", "CONFIRMED"]
    );
}

#[tokio::test]
async fn given_a_recurrence_that_makes_no_sense_when_asked_then_the_rule_is_named() {
    let site = Site::new().await;
    let with = |field: &str, value: Value| {
        let mut body = weekly("2009-10-19T09:00:00+02:00", 2, "reject");
        body["recurrence"][field] = value;
        body
    };
    let mut bounded = weekly("2009-10-19T09:00:00+02:00", 2, "reject");
    bounded["proposal"]["earliestStart"] = "2009-10-18T09:00:00Z".into();
    let mut far = with("until", json!("2010-12-31"));
    far["recurrence"]["count"] = Value::Null;
    for (body, code) in [
        (
            with("timeZone", json!("Europe/Zuerich")),
            "unknown_time_zone",
        ),
        (with("days", json!(["tue"])), "first_day_left_out"),
        (with("days", json!(["Montag"])), "unknown_day"),
        (with("days", json!([])), "no_days"),
        (with("frequency", json!("yearly")), "unknown_frequency"),
        (with("frequency", json!("daily")), ""),
        (with("count", json!(367)), "count_out_of_range"),
        (with("count", json!(0)), "count_out_of_range"),
        (with("until", json!("2009-12-01")), "until_and_count"),
        (with("count", Value::Null), "required"),
        (with("ifNotAll", json!("maybe")), "unknown_choice"),
        (far, "start_past_horizon"),
        (bounded, "bounds_in_series"),
    ] {
        let reply = site.call(Ask::post("series").body(&body)).await;
        if code.is_empty() {
            reply.expect(200);
        } else {
            reply.expect_problem(422, code);
        }
    }
    let mut long = weekly("2009-10-19T09:00:00+02:00", 2, "reject");
    long["proposal"]["duration"] = json!(WEEK_MS + 3_600_001);
    let problem = site.call(Ask::post("series").body(&long)).await;
    problem.expect_problem(422, "occurrences_overlap");
    long["proposal"]["duration"] = json!(WEEK_MS + 3_600_000);
    site.call(Ask::post("series").body(&long)).await.expect(200);
    site.call(Ask::post("series").body(r#"{"proposal": {}, "recurrence": {"days": "mon"}}"#))
        .await
        .expect_problem(400, "wrong_type");
}
