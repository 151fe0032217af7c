//! Accounts: one's own settings, and those of everybody for who runs the site.

use openpex::http::{PublicUrl, SiteSettings};
use serde_json::json;

use crate::site::{Ask, PASSWORD, Setup, Site};

#[tokio::test]
async fn given_nobody_when_they_ask_for_the_site_then_they_know_what_they_need_to_log_in() {
    let site = Site::with(Setup {
        registration_open: false,
        site: SiteSettings {
            name: "Melbourne".to_owned(),
            zone: openpex::accounts::ZoneName::parse("Australia/Melbourne").unwrap(),
            public_url: PublicUrl::parse("https://pex.example.org"),
        },
        ..Setup::default()
    })
    .await;
    site.settled().await;
    let reply = site.call(Ask::get("site").anonymous()).await.expect(200);
    assert_eq!(
        reply.json(),
        json!({
            "name": "Melbourne", "zone": "Australia/Melbourne", "registrationOpen": false,
            "testClock": true, "version": env!("CARGO_PKG_VERSION"),
            "limits": {
                "instancesMax": 1_000, "durationMinMs": 60_000, "durationMaxMs": 31_622_400_000_i64,
                "horizonMs": 34_560_000_000_i64, "roundsMax": 20, "alternativesMax": 4,
                "passwordBytesMin": 8, "passwordBytesMax": 1_024, "usernameCharsMax": 64,
            },
            "bargaining": {"policy": "take-it-or-leave-it"}, "pricing": {"policy": "flat"},
            "claimRiskPercent": 80,
        })
    );
}

#[tokio::test]
async fn given_a_zone_when_it_is_set_then_the_account_shows_it_until_it_is_taken_back() {
    let site = Site::new().await;
    let shown = site.call(Ask::get("account")).await.expect(200).json();
    assert_eq!(shown["zone"], json!(null));
    assert!(shown.as_object().unwrap().contains_key("zone"));
    assert_eq!(shown["createdAt"], "2009-08-17T04:00:00.000Z");
    for zone in [json!("Europe/Zurich"), json!(null)] {
        let put = Ask::put("account/settings").body(json!({"zone": zone}));
        let answer = site.call(put).await.expect(200).json();
        assert_eq!(answer["zone"], zone);
        // Whoever logged in a moment ago is not shown what was.
        let shown = site.call(Ask::get("account")).await.expect(200).json();
        assert_eq!(shown, answer);
        let session = site.call(Ask::get("session")).await.expect(200).json();
        assert_eq!(session["zone"], zone);
    }
    let bad = Ask::put("account/settings").body(json!({"zone": "Mars/Olympus"}));
    let problem = site.call(bad).await.expect_problem(422, "unknown_zone");
    assert_eq!(problem["errors"][0]["field"], "zone");
}

#[tokio::test]
async fn given_accounts_when_an_operator_or_auditor_lists_them_then_all_are_paged_newest_first() {
    let site = Site::new().await;
    site.call(Ask::get("users"))
        .await
        .expect_problem(403, "operator_or_auditor_only");
    for name in ["admin", "eve"] {
        let reply = site.call(Ask::get("users").by(name)).await.expect(200);
        assert_eq!(reply.json().as_array().map(Vec::len), Some(4));
        assert_eq!(
            reply.json()[3],
            json!({"userid": 1, "username": "zoe", "role": "user",
                "createdAt": "2009-08-17T04:00:00.000Z", "zone": null})
        );
        assert_eq!(reply.header("link"), "");
    }
    let (mut seen, mut path) = (Vec::new(), "users?limit=1&role=user&name=".to_owned());
    loop {
        let reply = site.call(Ask::get(&path).by("eve")).await.expect(200);
        seen.push(reply.json()[0]["username"].as_str().unwrap().to_owned());
        let link = reply.header("link").to_owned();
        let Some(next) = link.strip_prefix("</OpenPEX/") else {
            break;
        };
        path = next.split('>').next().unwrap().to_owned();
    }
    assert_eq!(seen, ["max", "zoe"]);
    let reply = site.call(Ask::get("users?name=MA&limit=200").by("eve"));
    assert_eq!(reply.await.expect(200).json()[0]["username"], "max");
    for (query, parameter) in [
        ("role=root", "role"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("cursor=x", "cursor"),
    ] {
        let reply = site.call(Ask::get(&format!("users?{query}")).by("eve"));
        let problem = reply.await.expect_problem(400, "bad_parameter");
        assert_eq!(problem["parameter"], parameter);
    }
}

#[tokio::test]
async fn given_a_role_when_an_account_is_made_then_only_an_operator_may_say_it() {
    let site = Site::new().await;
    let kim = |role: &str| json!({"username": "kim", "password": PASSWORD, "role": role});
    for role in ["user", "operator", "auditor"] {
        let ask = || Ask::post("users").body(kim(role));
        for refused in [ask(), ask().anonymous(), ask().by("eve")] {
            let reply = site.call(refused).await;
            reply.expect_problem(403, "operator_only");
        }
    }
    let ask = |role| Ask::post("users").by("admin").body(kim(role));
    let reply = site.call(ask("root")).await;
    let problem = reply.expect_problem(422, "unknown_role");
    assert_eq!(problem["known"], json!(["user", "operator", "auditor"]));
    for _ in 0..2 {
        let reply = site.call(ask("auditor").key("k")).await.expect(201);
        assert_eq!(
            reply.text,
            r#"{"userid":5,"username":"kim","role":"auditor"}"#
        );
    }
    let other = site.call(ask("operator").key("k")).await;
    other.expect_problem(422, "idempotency_key_reused");
    let reply = site.call(Ask::get("users").by("kim")).await.expect(200);
    assert_eq!(reply.json()[0]["role"], "auditor");
}
