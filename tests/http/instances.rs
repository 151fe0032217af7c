//! Instances: shown, controlled and gone.

use serde_json::{Value, json};

use crate::site::{Ask, Site};

#[tokio::test]
async fn given_a_running_instance_when_shown_then_it_is_as_in_the_protocol() {
    let site = Site::new().await;
    let (id, instance) = site.activated().await;
    let reply = site
        .call(Ask::get(&format!("instances/{instance}/")))
        .await
        .expect(200);
    let simple = id.replace('-', "");
    let text = reply
        .text
        .replace(&id, "<reservation>")
        .replace(&instance, "<instance>");
    insta::assert_snapshot!("instance", text.replace(&simple[20..], "<short>"));
    let list = site.call(Ask::get("instances")).await.expect(200).json();
    assert_eq!(list, json!([reply.json()]));
    let tag = reply.header("etag").to_owned();
    site.call(Ask::get(&format!("instances/{instance}")).header("if-none-match", &tag))
        .await
        .expect(304);
}

#[tokio::test]
async fn given_an_instance_when_controlled_then_what_is_wanted_changes_and_a_repeat_is_the_same() {
    let site = Site::new().await;
    let (_, instance) = site.activated().await;
    let path = format!("instances/{instance}");
    let say = |what: &str| Ask::put(&format!("{path}/{what}"));
    for (what, wanted, status) in [
        ("stop", "HALTED", "HALTED"),
        ("start", "RUNNING", "RUNNING"),
        ("reboot", "RUNNING", "RUNNING"),
    ] {
        let first = site.call(say(what)).await.expect(200);
        assert_eq!(first.json()["wanted"], wanted, "{what}");
        assert_eq!(first.json()["work"]["state"], "IN_FLIGHT", "{what}");
        let before = site.head().await;
        assert_eq!(
            site.call(say(what)).await.expect(200).text,
            first.text,
            "{what}"
        );
        assert_eq!(site.head().await, before, "{what}");
        site.carry_out_effects().await;
        // What the hypervisor did is not the user's own write: the views may still be behind it.
        let head = site.head().await;
        let shown = loop {
            let shown = site.call(Ask::get(&path)).await.expect(200).json();
            if shown["position"].as_u64().unwrap() == head {
                break shown;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(
            (&shown["status"], &shown["work"]["state"]),
            (&json!(status), &json!("IDLE"))
        );
    }
    let body = say("stop").body(r#"{"force":true}"#);
    site.call(body).await.expect_problem(400, "unknown_field");
}

#[tokio::test]
async fn given_a_halted_instance_when_rebooted_then_it_is_409_and_names_what_is_allowed() {
    let site = Site::new().await;
    let (_, instance) = site.activated().await;
    site.call(Ask::put(&format!("instances/{instance}/stop")))
        .await
        .expect(200);
    let before = site.head().await;
    let reboot = Ask::put(&format!("instances/{instance}/reboot"));
    let problem = site
        .call(reboot)
        .await
        .expect_problem(409, "not_allowed_in_state");
    assert_eq!(problem["state"], "HALTED");
    assert!(
        problem["allowed"]
            .as_array()
            .unwrap()
            .contains(&json!("start"))
    );
    assert_eq!(site.head().await, before);
}

#[tokio::test]
async fn given_an_instance_when_deleted_then_it_goes_and_deleting_it_again_is_no_error() {
    let site = Site::new().await;
    let (_, instance) = site.activated().await;
    let path = format!("instances/{instance}");
    let going = site.call(Ask::delete(&path)).await.expect(200).json();
    assert_eq!(
        (&going["wanted"], &going["removed"]),
        (&json!("GONE"), &json!(false))
    );
    site.carry_out_effects().await;
    let before = site.head().await;
    let gone = site.call(Ask::delete(&path)).await.expect(200).json();
    assert_eq!(
        (&gone["wanted"], &gone["removed"]),
        (&json!("GONE"), &json!(true))
    );
    for what in ["stop", "start", "reboot"] {
        let ask = Ask::put(&format!("{path}/{what}"));
        let problem = site
            .call(ask)
            .await
            .expect_problem(409, "not_allowed_in_state");
        assert_eq!(
            (&problem["state"], &problem["allowed"]),
            (&json!("GONE"), &json!(["DELETE"]))
        );
    }
    let revive = Ask::put(&format!("{path}/revive")).by("admin");
    site.call(revive)
        .await
        .expect_problem(409, "not_allowed_in_state");
    assert_eq!(site.head().await, before);
    assert_eq!(
        site.call(Ask::get(&path)).await.expect(200).json()["removed"],
        true
    );
    assert_eq!(
        site.call(Ask::get("instances")).await.expect(200).json(),
        Value::Array(Vec::new())
    );
}
