//! Who may do what: credentials, ownership, roles.

use serde_json::json;

use crate::site::{Ask, PASSWORD, Setup, Site, basic, figure_7};

#[tokio::test]
async fn given_no_or_wrong_credentials_when_anything_is_asked_then_it_is_401_with_a_challenge() {
    let site = Site::new().await;
    for path in [
        "reservations",
        "instances",
        "nodes",
        "types",
        "templates",
        "clock",
    ] {
        let reply = site.call(Ask::get(path).anonymous()).await;
        assert_eq!(
            reply.header("www-authenticate"),
            "Basic realm=\"OpenPEX\", charset=\"UTF-8\""
        );
        reply.expect_problem(401, "credentials_missing");
    }
    for (value, code) in [
        (basic("zoe", "wrong password"), "credentials_wrong"),
        (basic("nobody", PASSWORD), "credentials_wrong"),
        (basic("Zoe", PASSWORD), "credentials_wrong"),
        ("Basic !!!".to_owned(), "credentials_unreadable"),
        ("Basic".to_owned(), "credentials_unreadable"),
        ("Bearer abc".to_owned(), "credentials_unreadable"),
    ] {
        let reply = site
            .call(Ask::get("reservations").header("authorization", &value))
            .await;
        assert!(
            reply.header("www-authenticate").starts_with("Basic"),
            "{value}"
        );
        reply.expect_problem(401, code);
    }
    let before = site.head().await;
    let ask = Ask::post("reservations").anonymous().body(figure_7());
    site.call(ask)
        .await
        .expect_problem(401, "credentials_missing");
    assert_eq!(site.head().await, before);
}

#[tokio::test]
async fn given_many_failed_log_ins_when_one_more_comes_then_it_has_to_wait_even_if_right() {
    let site = Site::new().await;
    let wrong = || Ask::get("clock").header("authorization", &basic("max", "wrong password"));
    for _ in 0..10 {
        site.call(wrong())
            .await
            .expect_problem(401, "credentials_wrong");
    }
    let reply = site.call(wrong()).await;
    assert!(reply.header("retry-after").parse::<u64>().unwrap() <= 61);
    reply.expect_problem(429, "too_many_failures");
    site.call(Ask::get("clock").by("max"))
        .await
        .expect_problem(429, "too_many_failures");
    site.call(Ask::get("clock")).await.expect(200);
}

#[tokio::test]
async fn given_what_is_anothers_when_asked_for_then_it_is_404_like_what_is_not_there() {
    let site = Site::new().await;
    let (id, instance) = site.activated().await;
    let nothing = "5d0fa0eb-90a8-f4e6-1dff-61b2cec6ad91";
    let before = site.head().await;
    let (r, i) = (
        format!("reservations/{id}"),
        format!("instances/{instance}"),
    );
    let confirm = r#"{"reply":"CONFIRM"}"#;
    let asks = |r: &str, i: &str| {
        vec![
            Ask::get(r),
            Ask::get(&format!("{r}/history")),
            Ask::put(r).body(confirm),
            Ask::put(&format!("{r}/activate")),
            Ask::delete(r),
            Ask::get(i),
            Ask::put(&format!("{i}/stop")),
            Ask::put(&format!("{i}/reboot")),
            Ask::put(&format!("{i}/start")),
            Ask::delete(i),
        ]
    };
    let not_there = asks(
        &format!("reservations/{nothing}"),
        &format!("instances/{nothing}"),
    );
    for (theirs, not_there) in asks(&r, &i).into_iter().zip(not_there) {
        let theirs = site.call(theirs.by("max")).await;
        let not_there = site.call(not_there.by("max")).await;
        assert_eq!(theirs.text, not_there.text);
        theirs.expect_problem(404, "not_found");
    }
    assert_eq!(site.head().await, before);
    // Ended, it is still not theirs.
    site.call(Ask::delete(&r)).await.expect(200);
    for ask in asks(&r, &i) {
        site.call(ask.by("max"))
            .await
            .expect_problem(404, "not_found");
    }
    for list in ["reservations", "instances"] {
        assert_eq!(
            site.call(Ask::get(list).by("max")).await.expect(200).text,
            "[]"
        );
    }
}

#[tokio::test]
async fn given_an_operator_when_they_act_for_a_user_then_they_can_and_the_auditor_only_reads() {
    let site = Site::new().await;
    let id = site
        .call(Ask::post("reservations").body(figure_7()))
        .await
        .expect(200)
        .id();
    let path = format!("reservations/{id}");
    for name in ["admin", "eve"] {
        site.call(Ask::get(&path).by(name)).await.expect(200);
        site.call(Ask::get(&format!("{path}/history")).by(name))
            .await
            .expect(200);
        let list = site
            .call(Ask::get("reservations").by(name))
            .await
            .expect(200);
        assert_eq!(list.json()[0]["id"], id);
    }
    let before = site.head().await;
    for ask in [
        Ask::delete(&path),
        Ask::post("reservations").body(figure_7()),
    ] {
        site.call(ask.by("eve"))
            .await
            .expect_problem(403, "read_only_account");
    }
    let clock = Ask::post("clock").body(json!({"advance_ms": 1}));
    site.call(clock).await.expect_problem(403, "operator_only");
    let revive = Ask::put("instances/5d0fa0eb-90a8-f4e6-1dff-61b2cec6ad91/revive");
    site.call(revive).await.expect_problem(403, "operator_only");
    assert_eq!(site.head().await, before);
    let confirm = Ask::put(&path).by("admin").body(r#"{"reply":"CONFIRM"}"#);
    assert_eq!(
        site.call(confirm).await.expect(200).json()["proposal"]["userid"],
        1
    );
}

#[tokio::test]
async fn given_open_registration_when_a_user_registers_then_they_can_negotiate() {
    let site = Site::new().await;
    let account = json!({"username": "kim", "password": PASSWORD});
    let reply = site
        .call(Ask::post("users/").anonymous().body(&account))
        .await
        .expect(201);
    assert_eq!(reply.text, r#"{"userid":5,"username":"kim"}"#);
    let reply = site
        .call(Ask::post("reservations").by("kim").body(figure_7()))
        .await
        .expect(200);
    assert_eq!(reply.json()["proposal"]["userid"], 5);
}

#[tokio::test]
async fn given_closed_registration_when_somebody_registers_then_only_an_operator_can() {
    let site = Site::with(Setup {
        registration_open: false,
        ..Setup::default()
    })
    .await;
    let ask = || Ask::post("users").body(json!({"username": "kim", "password": PASSWORD}));
    site.call(ask().anonymous())
        .await
        .expect_problem(403, "registration_closed");
    site.call(ask())
        .await
        .expect_problem(403, "registration_closed");
    site.call(ask().by("admin")).await.expect(201);
}

#[tokio::test]
async fn given_a_page_of_another_site_when_it_makes_a_browser_send_then_it_is_refused() {
    let site = Site::new().await;
    let before = site.head().await;
    for site_header in ["cross-site", "same-site"] {
        let ask = Ask::post("reservations")
            .header("sec-fetch-site", site_header)
            .body(figure_7());
        site.call(ask)
            .await
            .expect_problem(403, "cross_site_request");
    }
    assert_eq!(site.head().await, before);
    let ask = Ask::post("reservations")
        .header("sec-fetch-site", "same-origin")
        .body(figure_7());
    site.call(ask).await.expect(200);
}
