//! Questions that bind nobody: where something could be had, and what is free.

use serde_json::{Value, json};

use crate::site::{Ask, Setup, Site, figure_7, figure_7_at};

fn starts(found: &Value) -> Vec<&str> {
    let offers = found["offers"].as_array().unwrap();
    offers
        .iter()
        .map(|offer| offer["startTime"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn given_a_window_that_is_taken_when_searched_then_the_starts_around_it_are_found_and_can_be_had()
 {
    let site = Site::new().await;
    site.call(
        Ask::post("reservations")
            .by("max")
            .body(figure_7_at("2009-08-17T05:00:00Z")),
    )
    .await
    .expect(200);
    let head = site.head().await;
    let path = "offers?type=XLARGE&count=1&duration=3600000&from=2009-08-17T04:00:00Z\
                &to=2009-08-17T07:00:00Z&step=1800000";
    let found = site.call(Ask::get(path)).await.expect(200).json();
    assert_eq!(
        starts(&found),
        [
            "2009-08-17T04:00:00.000Z",
            "2009-08-17T06:00:00.000Z",
            "2009-08-17T06:30:00.000Z",
            "2009-08-17T07:00:00.000Z",
        ]
    );
    assert_eq!(found["searchedUntil"], "2009-08-17T07:00:00.000Z");
    assert_eq!(site.head().await, head, "nothing is appended");
    // What was found can be asked for as it stands, at its price.
    let mut proposal = figure_7_at(starts(&found)[1]);
    proposal["price"] = found["offers"][1]["price"].clone();
    let accepted = site
        .call(Ask::post("reservations").body(proposal))
        .await
        .expect(200)
        .json();
    assert_eq!(accepted["reply"], "ACCEPT");
    let short = format!("{path}&maxPrice=0.5");
    let none = site.call(Ask::get(&short)).await.expect(200).json();
    assert_eq!(none["offers"], json!([]));
    assert_eq!(none["reasons"][0]["code"], "price_short");
    let never = path.replace("count=1", "count=2");
    let none = site.call(Ask::get(&never)).await.expect(200).json();
    assert_eq!(none["reasons"][0]["code"], "never_fits");
}

#[tokio::test]
async fn given_questions_that_break_rules_when_asked_then_the_codes_are_those_of_a_proposal() {
    let site = Site::new().await;
    for (path, status, code) in [
        ("offers?type=HUGE&duration=3600000", 422, "unknown_type"),
        ("offers?type=SMALL&duration=1", 422, "duration_out_of_range"),
        (
            "offers?type=SMALL&duration=3600000&count=0",
            422,
            "instances_fixed_out_of_range",
        ),
        (
            "offers?type=SMALL&duration=3600000&from=2009-08-16T04:00:00Z",
            422,
            "start_in_the_past",
        ),
        (
            "offers?type=SMALL&duration=3600000&to=2012-08-16T04:00:00Z",
            422,
            "start_past_horizon",
        ),
        ("offers?type=SMALL", 400, "bad_parameter"),
        ("offers?type=SMALL&duration=1h", 400, "bad_parameter"),
        ("offers?type=SMALL&type=SMALL", 400, "bad_parameter"),
        ("offers?kind=SMALL", 400, "unknown_parameter"),
        (
            "availability?to=2009-08-19T04:00:00Z&step=60000",
            422,
            "too_many_steps",
        ),
        ("availability?to=yesterday", 400, "bad_parameter"),
    ] {
        site.call(Ask::get(path)).await.expect_problem(status, code);
    }
    let unknown = site.call(Ask::get("offers?type=SMALL&duration=1")).await;
    assert_eq!(unknown.json()["errors"][0]["field"], "duration");
    site.call(Ask::get("availability").anonymous())
        .await
        .expect(401);
}

#[tokio::test]
async fn given_one_agreement_and_one_offer_when_availability_is_asked_then_they_are_told_apart() {
    let site = Site::with(Setup {
        nodes: 2,
        ..Setup::default()
    })
    .await;
    site.confirmed().await;
    site.call(Ask::post("reservations").by("max").body(figure_7()))
        .await
        .expect(200);
    let head = site.head().await;
    let path = "availability?from=2009-08-17T04:00:00Z&to=2009-08-17T07:00:00Z&step=3600000";
    let found = site.call(Ask::get(path)).await.expect(200).json();
    let vcpus =
        |step: &Value| ["firm", "held", "free"].map(|part| step[part]["vcpus"].as_u64().unwrap());
    let steps = found["steps"].as_array().unwrap();
    let all: Vec<_> = steps.iter().map(vcpus).collect();
    assert_eq!(all, [[4, 4, 0], [4, 4, 0], [0, 0, 8]]);
    assert_eq!(
        found["capacity"],
        json!({"vcpus": 8, "memoryMb": 8_192, "diskGb": 200})
    );
    assert_eq!(steps[0]["instances"]["SMALL"], 0);
    assert_eq!(
        steps[2]["instances"],
        json!({"SMALL": 8, "MEDIUM": 4, "LARGE": 2, "XLARGE": 2})
    );
    assert_eq!(found["heldApart"], true);
    assert_eq!(site.head().await, head, "nothing is appended");
    // The offer runs out: what it held is free, what was agreed on is not.
    site.call(
        Ask::post("clock")
            .by("admin")
            .body(r#"{"advance_ms": 600000}"#),
    )
    .await
    .expect(200);
    let path = path.replace("04:00:00", "04:10:00");
    let later = site.call(Ask::get(&path)).await.expect(200).json();
    assert_eq!(vcpus(&later["steps"][0]), [4, 0, 4]);
}
