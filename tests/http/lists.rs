//! Lists: newest first, filtered, paged.

use serde_json::Value;

use crate::site::{Ask, Site, figure_7, figure_7_at};

fn ids(list: &Value) -> Vec<String> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|r| r["id"].as_str().unwrap().to_owned())
        .collect()
}

async fn seven(site: &Site) -> Vec<String> {
    let mut made = Vec::new();
    for hour in 5..12 {
        let proposal = figure_7_at(&format!("2009-08-17T{hour:02}:00:00Z"));
        made.push(
            site.call(Ask::post("reservations").body(proposal))
                .await
                .expect(200)
                .id(),
        );
    }
    made.reverse();
    made
}

#[tokio::test]
async fn given_many_when_listed_by_pages_then_each_comes_once_newest_first() {
    let site = Site::new().await;
    let made = seven(&site).await;
    let whole = site.call(Ask::get("reservations")).await.expect(200);
    assert_eq!(ids(&whole.json()), made, "own writes are there at once");
    assert_eq!(whole.header("link"), "");
    let (mut seen, mut path) = (
        Vec::new(),
        "/OpenPEX/reservations?limit=3&status=ACCEPTED".to_owned(),
    );
    for entries in [3, 3, 1] {
        let page = site.call(Ask::get(&path)).await.expect(200);
        assert_eq!(page.json().as_array().unwrap().len(), entries);
        seen.extend(ids(&page.json()));
        let link = page.header("link");
        assert_eq!(link.ends_with(">; rel=\"next\""), entries == 3, "{link}");
        path = link
            .trim_start_matches('<')
            .split('>')
            .next()
            .unwrap()
            .to_owned();
        // What is added meanwhile moves nothing.
        site.call(Ask::post("reservations").body(figure_7()))
            .await
            .expect(200);
    }
    assert_eq!(seen, made);
}

#[tokio::test]
async fn given_filters_when_listed_then_only_what_they_name_comes() {
    let site = Site::new().await;
    let made = seven(&site).await;
    site.call(Ask::delete(&format!("reservations/{}", made[6])))
        .await
        .expect(200);
    let list = |query: &str| {
        let ask = Ask::get(&format!("/OpenPEX/reservations/?{query}"));
        let site = &site;
        async move { ids(&site.call(ask).await.expect(200).json()) }
    };
    assert_eq!(list("status=WITHDRAWN").await, made[6..]);
    assert_eq!(list("status=ACCEPTED,WITHDRAWN").await, made);
    assert_eq!(list("status=ACCEPTED&status=WITHDRAWN").await, made);
    // Made newest first: the hours 11, 10, …, 5; windows are half open.
    assert_eq!(list("from=2009-08-17T10:00:00Z").await, made[..2]);
    assert_eq!(
        list("to=Mon,%2017%20Aug%202009%2006:00:00%20GMT&status=ACCEPTED").await,
        made[7..]
    );
    assert_eq!(
        list("from=2009-08-17T06:30:00Z&to=2009-08-17T08:00:00Z").await,
        made[4..6]
    );
    assert_eq!(
        list("template=PEX+Debian+Etch+4.0+Template&limit=200").await,
        made
    );
    assert!(list("template=Minix").await.is_empty());
}

#[tokio::test]
async fn given_a_bad_query_when_listed_then_it_is_400_and_names_the_parameter() {
    let site = Site::new().await;
    for (query, code, parameter) in [
        ("colour=red", "unknown_parameter", "colour"),
        ("all=true", "unknown_parameter", "all"),
        ("limit=0", "bad_parameter", "limit"),
        ("limit=201", "bad_parameter", "limit"),
        ("limit=-1", "bad_parameter", "limit"),
        ("limit=many", "bad_parameter", "limit"),
        ("limit=1&limit=2", "bad_parameter", "limit"),
        ("cursor=nonsense", "bad_parameter", "cursor"),
        ("status=SLEEPING", "bad_parameter", "status"),
        ("status=ABSENT", "bad_parameter", "status"),
        ("from=yesterday", "bad_parameter", "from"),
        ("to=2009-02-30T00:00:00Z", "bad_parameter", "to"),
    ] {
        for list in ["reservations", "instances"] {
            let reply = site.call(Ask::get(&format!("{list}?{query}"))).await;
            let problem = reply.expect_problem(400, code);
            assert_eq!(problem["parameter"], parameter, "{query}");
        }
    }
}

#[tokio::test]
async fn given_filters_of_one_list_when_listed_then_only_what_they_name_comes() {
    let site = Site::new().await;
    let (id, instance) = site.activated().await;
    let theirs = Ask::post("reservations")
        .by("max")
        .body(figure_7_at("2009-08-18T05:00:00Z"));
    let theirs = site.call(theirs).await.expect(200).id();
    let list = async |path: &str, by: &str| {
        ids(&site.call(Ask::get(path).by(by)).await.expect(200).json())
    };
    assert_eq!(list("reservations?userid=1", "eve").await, vec![id.clone()]);
    assert_eq!(
        list("reservations?userid=2", "eve").await,
        vec![theirs.clone()]
    );
    assert_eq!(list("reservations?userid=1", "zoe").await, vec![id.clone()]);
    assert!(list("reservations?userid=2", "zoe").await.is_empty());
    assert_eq!(list("reservations?type=XLARGE", "max").await, [theirs]);
    assert!(list("reservations?type=SMALL", "eve").await.is_empty());
    let none = "series=5d0fa0eb-90a8-f4e6-1dff-61b2cec6ad91";
    assert!(
        list(&format!("reservations?{none}"), "eve")
            .await
            .is_empty()
    );
    let of = format!("instances?reservation={id}");
    assert_eq!(list(&of, "zoe").await, vec![instance.clone()]);
    assert!(list(&of, "max").await.is_empty());
    assert_eq!(
        list("instances?node=node-1&userid=1", "eve").await,
        vec![instance.clone()]
    );
    for nothing in ["node=node-2", "stuck=true", "userid=2"] {
        assert!(
            list(&format!("instances?{nothing}"), "eve")
                .await
                .is_empty(),
            "{nothing}"
        );
    }
    site.call(Ask::delete(&format!("reservations/{id}")))
        .await
        .expect(200);
    site.carry_out_effects().await;
    assert!(list(&of, "zoe").await.is_empty(), "its VM is gone");
    assert_eq!(list(&format!("{of}&removed=true"), "zoe").await, [instance]);
    for (path, parameter) in [
        ("reservations?series=x", "series"),
        ("reservations?userid=zoe", "userid"),
        ("reservations?format=xml", "format"),
        ("instances?reservation=1", "reservation"),
        ("instances?stuck=yes", "stuck"),
        ("instances?removed=1", "removed"),
    ] {
        let problem = site
            .call(Ask::get(path))
            .await
            .expect_problem(400, "bad_parameter");
        assert_eq!(problem["parameter"], parameter);
    }
    for path in [
        "reservations?node=n",
        "instances?series=x",
        "series?userid=1",
    ] {
        let reply = site.call(Ask::get(path)).await;
        reply.expect_problem(400, "unknown_parameter");
    }
}

#[tokio::test]
async fn given_csv_is_asked_for_when_listed_then_each_page_is_a_table_with_the_same_columns() {
    let site = Site::new().await;
    let made = seven(&site).await;
    let accepting = Ask::get("reservations?limit=4").header("accept", "text/csv");
    let page = site.call(accepting).await.expect(200);
    assert_eq!(
        page.header("content-type"),
        "text/csv; charset=utf-8; header=present"
    );
    assert_eq!(
        page.header("content-disposition"),
        "attachment; filename=\"reservations.csv\""
    );
    let next = page
        .header("link")
        .trim_start_matches('<')
        .split('>')
        .next()
        .unwrap();
    let rest = Ask::get(next).header("accept", "text/csv");
    let rest = site.call(rest).await.expect(200);
    assert_eq!(rest.header("link"), "");
    let rows = |reply: &crate::site::Reply| {
        let lines = reply.text.split_terminator("\r\n").map(str::to_owned);
        lines.collect::<Vec<_>>()
    };
    let (page, rest) = (rows(&page), rows(&rest));
    assert_eq!(page[0], rest[0]);
    assert!(page[0].starts_with("id,status,type,template,"));
    let listed = page[1..].iter().chain(&rest[1..]);
    let listed: Vec<_> = listed.map(|row| row.split(',').next().unwrap()).collect();
    assert_eq!(listed, made);
    let newest: Vec<_> = page[1].split(',').collect();
    assert_eq!(newest.len(), page[0].split(',').count());
    assert_eq!(newest[1..4], ["ACCEPTED", "XLARGE", crate::site::ETCH]);
    assert_eq!(newest[6], "2009-08-17T11:00:00.000Z");

    let site = Site::new().await;
    let (id, instance) = site.activated().await;
    let table = site
        .call(Ask::get("instances?format=csv"))
        .await
        .expect(200);
    let table = rows(&table);
    assert_eq!(table.len(), 2);
    assert!(table[1].starts_with(&format!("{instance},")));
    for field in ["RUNNING", "node-1", "192.0.2.7", &id, "IDLE", "false"] {
        assert!(
            table[1].split(',').any(|found| found == field),
            "{field}: {}",
            table[1]
        );
    }
    // Who names both gets what the parameter says.
    let both = Ask::get("instances?format=json").header("accept", "text/csv");
    assert!(site.call(both).await.expect(200).json().is_array());
}
