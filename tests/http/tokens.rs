//! API tokens: made and taken back by a person, used by programs.

use serde_json::json;

use crate::site::{Ask, PASSWORD, START, Site, figure_7};

fn bearer(ask: Ask, token: &str) -> Ask {
    ask.anonymous()
        .header("authorization", &format!("Bearer {token}"))
}

impl Site {
    /// The id and the token that `name` makes.
    async fn token(&self, name: &str) -> (String, String) {
        let ask = Ask::post("tokens").by(name).body(json!({"name": "laptop"}));
        let made = self.call(ask).await.expect(201).json();
        let text = |field: &str| made[field].as_str().unwrap().to_owned();
        (text("id"), text("token"))
    }
}

#[tokio::test]
async fn given_a_token_when_a_program_shows_it_then_it_acts_for_its_user_until_it_expires() {
    let site = Site::new().await;
    let body = json!({"name": "laptop", "expiresAt": "2009-08-17T05:00:00Z"});
    let made = site.call(Ask::post("tokens").body(body)).await.expect(201);
    let made = made.json();
    assert_eq!(made["createdAt"], "2009-08-17T04:00:00.000Z");
    assert_eq!(made["expiresAt"], "2009-08-17T05:00:00.000Z");
    let token = made["token"].as_str().unwrap();
    assert!(token.starts_with("opx_") && token.len() == 47);

    let reserve = bearer(Ask::post("reservations"), token).body(figure_7());
    let reply = site.call(reserve).await.expect(200);
    assert_eq!(reply.json()["proposal"]["userid"], 1);
    let who = site.call(bearer(Ask::get("session"), token)).await;
    assert_eq!(who.expect(200).json()["expiresAt"], json!(null));
    let listed = site.call(Ask::get("tokens")).await.expect(200);
    assert!(!listed.text.contains("opx_"), "{}", listed.text);
    assert_eq!(
        listed.json(),
        json!([{"id": made["id"], "name": "laptop", "createdAt": "2009-08-17T04:00:00.000Z",
            "expiresAt": "2009-08-17T05:00:00.000Z", "lastUsedAt": "2009-08-17T04:00:00.000Z"}])
    );
    assert_eq!(site.call(Ask::get("tokens").by("max")).await.text, "[]");

    site.clock.move_to(START.saturating_add(3_600_000));
    let reply = site.call(bearer(Ask::get("clock"), token)).await;
    reply.expect_problem(401, "token_wrong");
}

#[tokio::test]
async fn given_a_token_when_it_is_shown_for_more_than_its_rights_then_a_log_in_is_asked_for() {
    let site = Site::new().await;
    let (id, token) = site.token("admin").await;
    let (other, _) = site.token("admin").await;
    let new = json!({"current": PASSWORD, "new": "a new password"});
    let operator = json!({"username": "kim", "password": PASSWORD, "role": "operator"});
    for ask in [
        Ask::post("tokens").body(json!({"name": "more"})),
        Ask::put("account/password").body(new),
        Ask::delete(&format!("tokens/{other}")),
        Ask::post("users").body(operator),
    ] {
        let reply = site.call(bearer(ask, &token)).await;
        reply.expect_problem(403, "needs_password_login");
    }
    let plain = json!({"username": "kim", "password": PASSWORD, "role": "user"});
    let reply = site.call(bearer(Ask::post("users").body(plain), &token));
    reply.await.expect(201);
    // Itself it may take back.
    let own = format!("tokens/{id}");
    site.call(bearer(Ask::delete(&own), &token))
        .await
        .expect(204);
    let reply = site.call(bearer(Ask::get("clock"), &token)).await;
    reply.expect_problem(401, "token_wrong");
}

#[tokio::test]
async fn given_a_token_when_it_is_anothers_or_not_there_then_it_is_404() {
    let site = Site::new().await;
    let (id, token) = site.token("zoe").await;
    for (ask, name) in [
        (Ask::delete(&format!("tokens/{id}")), "max"),
        (Ask::delete(&format!("tokens/{id}")), "admin"),
        (
            Ask::delete("tokens/5d0fa0eb-90a8-f4e6-1dff-61b2cec6ad91"),
            "zoe",
        ),
        (Ask::delete("tokens/none"), "zoe"),
    ] {
        let reply = site.call(ask.by(name)).await;
        reply.expect_problem(404, "not_found");
    }
    site.call(bearer(Ask::get("clock"), &token))
        .await
        .expect(200);
    site.call(Ask::delete(&format!("tokens/{id}")))
        .await
        .expect(204);
    let reply = site.call(bearer(Ask::get("clock"), &token)).await;
    reply.expect_problem(401, "token_wrong");
}

#[tokio::test]
async fn given_what_makes_no_token_when_asked_then_the_field_is_named() {
    let site = Site::new().await;
    for (body, code, field) in [
        (json!({}), "required", "name"),
        (json!({"name": ""}), "token_name_length", "name"),
        (json!({"name": "x".repeat(65)}), "token_name_length", "name"),
        (json!({"name": "a\nb"}), "token_name_character", "name"),
        (
            json!({"name": "x", "expiresAt": "2009-08-17T04:00:00Z"}),
            "expires_in_the_past",
            "expiresAt",
        ),
        (
            json!({"name": "x", "expiresAt": "soon"}),
            "date_unreadable",
            "expiresAt",
        ),
    ] {
        let reply = site.call(Ask::post("tokens").body(body)).await;
        let problem = reply.expect_problem(422, code);
        assert_eq!(problem["errors"][0]["field"], field);
    }
    let ask = || Ask::post("tokens").body(json!({"name": "x"}));
    let first = site.call(ask().key("k")).await.expect(201).json();
    let again = site.call(ask().key("k")).await;
    assert!(!again.text.contains("opx_"));
    let problem = again.expect_problem(409, "token_already_made");
    assert_eq!(problem["id"], first["id"]);
    for _ in 1..50 {
        site.call(ask()).await.expect(201);
    }
    let problem = site
        .call(ask())
        .await
        .expect_problem(409, "too_many_tokens");
    assert_eq!(problem["max"], 50);
    site.call(ask().by("max")).await.expect(201);
}
