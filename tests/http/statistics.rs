//! The site over time: bookings, availability by node, and statistics, against numbers made by hand.

use serde_json::{Value, json};

use crate::site::{Ask, START, Setup, Site, figure_7};

const HOUR_MS: u64 = 3_600_000;
const MORNING: &str = "from=2009-08-17T04:00:00Z&to=2009-08-17T07:00:00Z&step=3600000";

/// Two nodes of 4 vCPUs. One XLARGE, of 4, of `zoe` from 04:49:03 for an hour, which runs from 04:50
/// on; one more is held for `max`, and three at once were too many. It is 04:50.
async fn busy() -> (Site, String) {
    let site = Site::with(Setup {
        nodes: 2,
        ..Setup::default()
    })
    .await;
    let mut three = figure_7();
    three["numInstancesFixed"] = json!(3);
    let refused = site
        .call(Ask::post("reservations").by("max").body(three))
        .await;
    assert_ne!(refused.expect(200).json()["reply"], "ACCEPT");
    let (id, _) = site.activated().await;
    site.call(Ask::post("reservations").by("max").body(figure_7()))
        .await
        .expect(200);
    (site, id)
}

async fn get(site: &Site, path: &str, who: &str) -> Value {
    site.call(Ask::get(path).by(who)).await.expect(200).json()
}

#[tokio::test]
async fn given_a_running_reservation_when_utilisation_is_asked_then_it_is_exact_to_the_millisecond()
{
    let (site, id) = busy().await;
    site.clock.move_to(START.saturating_add(80 * 60_000));
    let found = get(&site, &format!("statistics/utilisation?{MORNING}"), "eve").await;
    assert_eq!(found["usedUntil"], "2009-08-17T05:20:00.000Z");
    let of = |step: &Value, what: &str| step["vcpuMs"][what].as_str().unwrap().to_owned();
    let steps = found["series"][0]["steps"].as_array().unwrap();
    let all: Vec<_> = steps
        .iter()
        .map(|step| [of(step, "booked"), of(step, "used"), of(step, "capacity")])
        .collect();
    // 10 minutes 57 of the first hour, 49 minutes 3 of the second; it ran for 10 and then 20 minutes.
    let hour = |booked_s: u64, used_s: u64| {
        [4_000 * booked_s, 4_000 * used_s, 8 * HOUR_MS].map(|ms| ms.to_string())
    };
    assert_eq!(all, [hour(657, 600), hour(2_943, 1_200), hour(0, 0)]);
    assert_eq!(found["series"][0]["node"], Value::Null);
    // The nodes add up to the sum, and one of them has all of it.
    let by_node = get(
        &site,
        &format!("statistics/utilisation?{MORNING}&by=node"),
        "admin",
    )
    .await;
    let series = by_node["series"].as_array().unwrap();
    let names: Vec<_> = series
        .iter()
        .map(|of| of["node"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["node-1", "node-2"]);
    let booked: Vec<_> = series
        .iter()
        .map(|s| of(&s["steps"][0], "booked"))
        .collect();
    assert!(booked.contains(&"2628000".to_owned()) && booked.contains(&"0".to_owned()));
    // Cancelled at 05:20, the rest was never used nor is it booked.
    site.call(Ask::delete(&format!("reservations/{id}")))
        .await
        .expect(200);
    let later = get(&site, &format!("statistics/utilisation?{MORNING}"), "eve").await;
    let second = &later["series"][0]["steps"][1];
    assert_eq!(of(second, "booked"), (4_000 * 20 * 60).to_string());
}

#[tokio::test]
async fn given_answers_when_demand_and_prices_are_asked_then_each_is_counted_once_with_its_reasons()
{
    let (site, _) = busy().await;
    let found = get(&site, &format!("statistics/demand?{MORNING}"), "admin").await;
    let first = &found["steps"][0];
    let one = json!({"count": 1, "instances": 1, "vcpuMs": (4 * HOUR_MS).to_string()});
    let two = json!({"count": 2, "instances": 2, "vcpuMs": (8 * HOUR_MS).to_string()});
    assert_eq!(first["accepted"], two);
    assert_eq!(first["confirmed"], one);
    assert_eq!(
        first["asked"],
        json!({"count": 3, "instances": 5, "vcpuMs": (20 * HOUR_MS).to_string()})
    );
    let counts = |of: &str| first[of]["count"].as_u64().unwrap();
    assert_eq!(counts("countered") + counts("rejected"), 1);
    let reasons = |of: &str| first[of]["reasons"]["never_fits"].as_u64().unwrap_or(0);
    assert_eq!(reasons("countered") + reasons("rejected"), 1, "{first}");
    let nothing = json!({"count": 0, "instances": 0, "vcpuMs": "0"});
    assert_eq!(found["steps"][1]["asked"], nothing);

    let found = get(&site, &format!("statistics/prices?{MORNING}"), "eve").await;
    let agreed = &found["steps"][0]["agreements"];
    assert_eq!(
        (agreed["count"].as_u64(), &agreed["vcpuMs"]),
        (Some(1), &one["vcpuMs"])
    );
    let credits = |value: &Value| {
        let amount: openpex_aggregates::MicroCredits = value.as_str().unwrap().parse().unwrap();
        amount.0
    };
    assert!(credits(&agreed["agreedPrice"]) > 0);
    assert_eq!(agreed["listPrice"], agreed["agreedPrice"]);
    for of in ["min", "median", "mean", "max"] {
        // For four vCPUs and an hour.
        let hourly = credits(&agreed["perVcpuHour"][of]);
        assert!(
            hourly.abs_diff(credits(&agreed["agreedPrice"]) / 4) <= 1,
            "{of}"
        );
    }
    assert_eq!(found["steps"][0]["byType"]["XLARGE"], *agreed);
    assert_eq!(
        found["steps"][0]["changes"],
        json!({"count": 0, "credits": "0"})
    );
    assert_eq!(found["steps"][1]["agreements"]["perVcpuHour"], Value::Null);
}

#[tokio::test]
async fn given_statistics_when_a_user_or_nobody_asks_then_they_are_refused() {
    let site = Site::new().await;
    for of in ["utilisation", "demand", "prices"] {
        let path = format!("statistics/{of}");
        let refused = site.call(Ask::get(&path)).await;
        refused.expect_problem(403, "operators_and_auditors_only");
        site.call(Ask::get(&path).anonymous()).await.expect(401);
        for who in ["admin", "eve"] {
            // The last week by the hour where nothing is said.
            let found = get(&site, &path, who).await;
            assert_eq!(
                (&found["step"], &found["to"]),
                (&json!(3_600_000), &json!("2009-08-17T04:00:00.000Z"))
            );
            assert_eq!(found["from"], "2009-08-10T04:00:00.000Z");
        }
    }
}

#[tokio::test]
async fn given_limits_when_they_are_passed_then_the_parameter_and_the_numbers_are_named() {
    let site = Site::with(Setup {
        nodes: 21,
        ..Setup::default()
    })
    .await;
    let most = "from=2009-08-17T04:00:00Z&to=2009-08-17T20:40:00Z&step=60000";
    let found = get(&site, &format!("statistics/demand?{most}"), "eve").await;
    assert_eq!(found["steps"].as_array().unwrap().len(), 1_000);
    for (path, status, code) in [
        (
            "statistics/prices?from=2009-08-17T04:00:00Z&to=2009-08-17T20:40:01Z&step=60000",
            422,
            "too_many_steps",
        ),
        ("statistics/prices?step=59999", 422, "step_out_of_range"),
        (
            "statistics/demand?from=2009-08-17T04:00:00Z&to=2009-08-17T04:00:00Z",
            422,
            "range_reversed",
        ),
        ("statistics/utilisation?by=pool", 400, "bad_parameter"),
        ("statistics/demand?by=node", 400, "unknown_parameter"),
        ("statistics/prices?format=xml", 400, "bad_parameter"),
        ("bookings?limit=1001", 400, "bad_parameter"),
        ("bookings?cursor=nonsense", 400, "bad_parameter"),
        ("bookings?colour=red", 400, "unknown_parameter"),
        ("availability?limit=3", 400, "bad_parameter"),
        ("availability?by=node&limit=1001", 422, "limit_out_of_range"),
    ] {
        let reply = site.call(Ask::get(path).by("eve")).await;
        reply.expect_problem(status, code);
    }
    let path = format!("statistics/utilisation?{most}&by=node");
    let problem = site.call(Ask::get(&path).by("eve")).await;
    let problem = problem.expect_problem(422, "too_many_node_steps");
    assert_eq!(
        (&problem["steps"], &problem["max"]),
        (&json!(1_000), &json!(20_000))
    );
    let one = get(&site, &format!("{path}&node=node-7"), "eve").await;
    assert_eq!(one["series"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn given_accept_or_format_when_statistics_are_asked_then_the_same_numbers_come_as_csv() {
    let (site, _) = busy().await;
    for (of, column, line) in [
        (
            "utilisation",
            "node,from,to,vcpuMsBooked",
            ",2009-08-17T04:00:00.000Z,2009-08-17T05:00:00.000Z,2628000,0,28800000",
        ),
        (
            "demand",
            "from,to,askedCount",
            "2009-08-17T04:00:00.000Z,2009-08-17T05:00:00.000Z,3,5,72000000,2",
        ),
        (
            "prices",
            "from,to,type,count",
            "2009-08-17T04:00:00.000Z,2009-08-17T05:00:00.000Z,XLARGE,1,14400000",
        ),
    ] {
        let path = format!("statistics/{of}?{MORNING}");
        let ask = Ask::get(&path).by("eve").header("accept", "text/csv");
        let by_header = site.call(ask).await.expect(200);
        assert!(by_header.header("content-type").starts_with("text/csv"));
        assert!(
            by_header
                .header("content-disposition")
                .contains(&format!("{of}.csv"))
        );
        let lines: Vec<&str> = by_header.text.lines().collect();
        assert!(lines[0].starts_with(column), "{}", lines[0]);
        assert!(
            lines.iter().any(|known| known.starts_with(line)),
            "{lines:?}"
        );
        let cells = |line: &&str| line.split(',').count();
        assert!(lines.iter().all(|line| cells(line) == cells(&lines[0])));
        let by_format = site
            .call(Ask::get(&format!("{path}&format=csv")).by("eve"))
            .await;
        assert_eq!(by_format.expect(200).text, by_header.text);
    }
}

#[tokio::test]
async fn given_bookings_when_listed_then_users_have_their_own_and_operators_everybodys() {
    let (site, id) = busy().await;
    let path = "bookings?from=2009-08-17T04:00:00Z";
    let own = get(&site, path, "zoe").await;
    let own = own.as_array().unwrap();
    assert_eq!(own.len(), 1);
    let bar = json!({
        "reservation": id, "userid": 1, "node": own[0]["node"], "count": 1, "type": "XLARGE",
        "startTime": "2009-08-17T04:49:03.000Z", "endTime": "2009-08-17T05:49:03.000Z",
        "status": "ACTIVATED", "kind": "firm", "offer": own[0]["offer"],
    });
    assert_eq!(own[0], bar);
    let others = get(&site, path, "max").await;
    let held: Vec<_> = others
        .as_array()
        .unwrap()
        .iter()
        .map(|bar| &bar["kind"])
        .collect();
    assert!(
        !held.is_empty() && held.iter().all(|kind| **kind == "held"),
        "{others}"
    );
    // Everybody's, one after the other.
    let (mut all, mut next) = (Vec::new(), format!("{path}&limit=1"));
    loop {
        let reply = site.call(Ask::get(&next).by("eve")).await.expect(200);
        all.extend(reply.json().as_array().unwrap().clone());
        let link = reply.header("link");
        if link.is_empty() {
            break;
        }
        next = link[1..link.find('>').unwrap()].to_owned();
    }
    let starts: Vec<_> = all
        .iter()
        .map(|bar| bar["startTime"].as_str().unwrap())
        .collect();
    assert!(starts.is_sorted(), "{starts:?}");
    assert_eq!(all.len(), 1 + held.len());
    let at_once = get(&site, path, "admin").await;
    assert_eq!(*at_once.as_array().unwrap(), all);
    let node = own[0]["node"].as_str().unwrap();
    let on_node = get(&site, &format!("{path}&node={node}"), "admin").await;
    assert!(on_node.as_array().unwrap().contains(&bar));
    assert!(
        on_node
            .as_array()
            .unwrap()
            .iter()
            .all(|bar| bar["node"] == node)
    );
    // Ended by hand, the bar ends when it did.
    site.clock.move_to(START.saturating_add(4_500_000));
    site.call(Ask::delete(&format!("reservations/{id}")))
        .await
        .expect(200);
    let ended = get(&site, path, "zoe").await;
    assert_eq!(
        (&ended[0]["endTime"], &ended[0]["status"]),
        (&json!("2009-08-17T05:15:00.000Z"), &json!("CANCELLED"))
    );
}

#[tokio::test]
async fn given_nodes_when_availability_is_asked_by_node_then_pages_have_each_with_its_own() {
    let (site, _) = busy().await;
    let path = "/OpenPEX/availability?by=node&to=2009-08-17T05:50:00Z&limit=1";
    let (mut nodes, mut next) = (Vec::new(), path.to_owned());
    loop {
        let reply = site.call(Ask::get(&next)).await.expect(200);
        nodes.extend(reply.json()["nodes"].as_array().unwrap().clone());
        let link = reply.header("link");
        if link.is_empty() {
            break;
        }
        next = link[1..link.find('>').unwrap()].to_owned();
    }
    let names: Vec<_> = nodes.iter().map(|node| &node["node"]).collect();
    assert_eq!(names, ["node-1", "node-2"]);
    let of = |node: &Value| {
        ["firm", "held", "free"].map(|of| node["steps"][0][of]["vcpus"].as_u64().unwrap())
    };
    let mut both = [of(&nodes[0]), of(&nodes[1])];
    both.sort_unstable();
    assert_eq!(both, [[0, 4, 0], [4, 0, 0]]);
    assert_eq!(nodes[0]["capacity"]["vcpus"], 4);
    assert_eq!(nodes[0]["status"], "IN_SERVICE");
}

#[tokio::test]
async fn given_an_instance_when_nodes_are_listed_then_its_node_counts_it() {
    let (site, _) = busy().await;
    let nodes = get(&site, "nodes", "zoe").await;
    let counts: Vec<_> = nodes
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n["instances"].as_u64().unwrap())
        .collect();
    assert_eq!(counts.iter().sum::<u64>(), 1);
    assert_eq!(nodes[0]["since"], "2009-08-17T04:00:00.000Z");
}
