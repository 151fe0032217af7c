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
