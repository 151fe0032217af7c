//! Browsers: logging in and out, the cookie, what vouches for a request, when a session ends.

use openpex::accounts::LoginLifetimes;
use openpex::http::{PublicUrl, SiteSettings};
use serde_json::{Value, json};

use crate::site::{Ask, PASSWORD, Reply, START, Setup, Site, figure_7};

const HERE: &str = "127.0.0.1:8080";
const MINUTE_MS: i64 = 60_000;

/// As a page of the service itself asks it.
pub fn page(ask: Ask) -> Ask {
    ask.anonymous()
        .header("host", HERE)
        .header("sec-fetch-site", "same-origin")
        .header("sec-fetch-mode", "cors")
}

fn log_in(name: &str, password: &str) -> Ask {
    page(Ask::post("session")).body(json!({"username": name, "password": password}))
}

/// The `name=value` of the cookie that an answer sets.
fn cookie_of(reply: &Reply) -> String {
    let set = reply.header("set-cookie");
    set.split(';').next().unwrap().to_owned()
}

impl Site {
    /// The cookie of somebody who logs in.
    pub async fn cookie(&self, name: &str) -> String {
        let reply = self.call(log_in(name, PASSWORD)).await.expect(201);
        cookie_of(&reply)
    }

    async fn session(&self, cookie: &str) -> Reply {
        let ask = page(Ask::get("session")).header("cookie", cookie);
        self.call(ask).await
    }
}

#[tokio::test]
async fn given_a_browser_when_it_logs_in_then_its_cookie_is_enough_until_it_logs_out() {
    let site = Site::new().await;
    let reply = site.call(log_in("zoe", PASSWORD)).await.expect(201);
    let set = reply.header("set-cookie").to_owned();
    let (pair, attributes) = set.split_once("; ").unwrap();
    assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Strict");
    let secret = pair.strip_prefix("openpex_session=").unwrap();
    assert_eq!(secret.len(), 43);
    assert!(!reply.text.contains(secret));
    let expected = json!({"userid": 1, "username": "zoe", "role": "user", "zone": null,
        "expiresAt": "2009-08-17T12:00:00.000Z"});
    assert_eq!(reply.json(), expected);
    assert_eq!(site.session(pair).await.expect(200).json(), expected);

    let reserve = page(Ask::post("reservations")).header("cookie", pair);
    let made = site.call(reserve.body(figure_7())).await.expect(200);
    assert_eq!(made.json()["proposal"]["userid"], 1);

    for _ in 0..2 {
        let out = page(Ask::delete("session")).header("cookie", pair);
        let reply = site.call(out).await.expect(204);
        assert_eq!(
            reply.header("set-cookie"),
            "openpex_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"
        );
        let ended = site.session(pair).await;
        assert!(ended.header("set-cookie").starts_with("openpex_session=;"));
        ended.expect_problem(401, "session_ended");
    }
}

#[tokio::test]
async fn given_other_credentials_when_asked_who_it_is_then_they_are_told_without_an_end() {
    let site = Site::new().await;
    let reply = site.call(Ask::get("session").by("admin")).await.expect(200);
    assert_eq!(
        reply.json(),
        json!({"userid": 3, "username": "admin", "role": "operator", "zone": null, "expiresAt": null})
    );
    let nobody = site.call(page(Ask::get("session"))).await;
    nobody.expect_problem(401, "no_session");
    // Beside other credentials the cookie is not looked at, neither to read nor to end it.
    let cookie = site.cookie("zoe").await;
    let both = Ask::get("session").by("max").header("cookie", &cookie);
    assert_eq!(site.call(both).await.expect(200).json()["username"], "max");
    let both = Ask::delete("session").by("max").header("cookie", &cookie);
    assert_eq!(site.call(both).await.expect(204).header("set-cookie"), "");
    site.session(&cookie).await.expect(200);
}

#[tokio::test]
async fn given_wrong_passwords_when_a_browser_logs_in_then_it_is_held_up_and_sees_no_dialog() {
    let site = Site::new().await;
    for _ in 0..10 {
        let reply = site.call(log_in("zoe", "wrong password")).await;
        assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"OpenPEX\"");
        assert_eq!(reply.header("set-cookie"), "");
        reply.expect_problem(401, "credentials_wrong");
    }
    let held_up = site.call(log_in("zoe", PASSWORD)).await;
    held_up.expect_problem(429, "too_many_failures");
    let missing = page(Ask::post("session")).body("{}");
    let problem = site.call(missing).await.expect_problem(422, "required");
    assert_eq!(problem["errors"].as_array().map(Vec::len), Some(2));
    // A program is challenged as ever.
    let reply = site.call(Ask::get("clock").anonymous()).await;
    assert!(reply.header("www-authenticate").starts_with("Basic"));
    let reply = site.call(page(Ask::get("clock"))).await;
    assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"OpenPEX\"");
}

#[tokio::test]
async fn given_a_cookie_when_the_browser_does_not_vouch_for_a_request_then_it_changes_nothing() {
    let site = Site::new().await;
    let cookie = site.cookie("zoe").await;
    let before = site.head().await;
    let ask = || {
        Ask::post("reservations")
            .anonymous()
            .header("host", HERE)
            .header("cookie", &cookie)
            .body(figure_7())
    };
    let refused = [
        ask(),
        ask().header("origin", "http://evil.example"),
        ask().header("origin", "null"),
        ask().header("sec-fetch-site", "cross-site"),
        ask().header("sec-fetch-site", "same-site"),
        ask()
            .header("sec-fetch-site", "cross-site")
            .header("origin", "http://127.0.0.1:8080"),
    ];
    for ask in refused {
        let reply = site.call(ask).await;
        reply.expect_problem(403, "cross_site_request");
    }
    // All that change something are refused in the same place, also what takes no body.
    for ask in [
        Ask::delete("session"),
        Ask::put("account/password"),
        Ask::post("clock"),
        Ask::delete("reservations/5d0fa0eb-90a8-f4e6-1dff-61b2cec6ad91"),
    ] {
        let ask = ask
            .anonymous()
            .header("host", HERE)
            .header("cookie", &cookie);
        let reply = site.call(ask).await;
        reply.expect_problem(403, "cross_site_request");
    }
    let credentials = json!({"username": "zoe", "password": PASSWORD});
    let log_in = Ask::post("session").anonymous().header("host", HERE);
    let reply = site.call(log_in.body(credentials)).await;
    reply.expect_problem(403, "cross_site_request");
    assert_eq!(site.head().await, before);

    let list = Ask::get("reservations").anonymous().header("host", HERE);
    let list = list.header("cookie", &cookie);
    assert_eq!(site.call(list).await.expect(200).text, "[]");
    let own = ask().header("origin", "http://127.0.0.1:8080");
    site.call(own).await.expect(200);
}

#[tokio::test]
async fn given_neither_tls_nor_loopback_when_a_browser_logs_in_then_it_is_told_what_to_do() {
    let site = Site::new().await;
    let reply = site
        .call(log_in("zoe", PASSWORD).header("host", "pex.example.org"))
        .await;
    assert_eq!(reply.header("set-cookie"), "");
    let problem = reply.expect_problem(403, "tls_required");
    assert!(problem["detail"].as_str().unwrap().contains("--public-url"));
    // Nor is a cookie taken there.
    let cookie = site.cookie("zoe").await;
    let far = page(Ask::get("session")).header("cookie", &cookie);
    let reply = site.call(far.header("host", "pex.example.org")).await;
    reply.expect_problem(401, "no_session");

    let public_url = PublicUrl::parse("https://pex.example.org");
    let site = Site::with(Setup {
        site: SiteSettings {
            public_url,
            ..SiteSettings::default()
        },
        ..Setup::default()
    })
    .await;
    let reply = site.call(log_in("zoe", PASSWORD)).await.expect(201);
    let set = reply.header("set-cookie").to_owned();
    assert!(set.starts_with("__Host-openpex="), "{set}");
    assert!(
        set.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict"),
        "{set}"
    );
    let pair = cookie_of(&reply);
    site.session(&pair).await.expect(200);
    // The name that anybody on the wire could set is nobody's.
    let insecure = pair.replace("__Host-openpex", "openpex_session");
    let reply = site.session(&insecure).await;
    reply.expect_problem(401, "no_session");
}

#[tokio::test]
async fn given_the_test_clock_when_a_session_is_idle_or_old_then_it_ends() {
    let site = Site::with(Setup {
        login_lifetimes: LoginLifetimes {
            idle_ms: 10 * MINUTE_MS,
            max_ms: 25 * MINUTE_MS,
        },
        ..Setup::default()
    })
    .await;
    let at = |minutes: i64| START.saturating_add(minutes * MINUTE_MS);
    let (used, idle) = (site.cookie("zoe").await, site.cookie("zoe").await);
    site.clock.move_to(at(9));
    let reply = site.session(&used).await.expect(200);
    assert_eq!(reply.json()["expiresAt"], "2009-08-17T04:19:00.000Z");
    site.clock.move_to(at(10));
    let reply = site.session(&idle).await;
    reply.expect_problem(401, "session_ended");
    site.clock.move_to(at(18));
    let reply = site.session(&used).await.expect(200);
    assert_eq!(reply.json()["expiresAt"], "2009-08-17T04:25:00.000Z");
    site.clock.move_to(at(25));
    let reply = site.session(&used).await;
    reply.expect_problem(401, "session_ended");
}

#[tokio::test]
async fn given_a_session_when_its_browser_logs_in_again_then_the_old_one_ends() {
    let site = Site::new().await;
    let old = site.cookie("zoe").await;
    let again = log_in("max", PASSWORD).header("cookie", &old);
    let reply = site.call(again).await.expect(201);
    assert_eq!(reply.json()["username"], "max");
    site.session(&cookie_of(&reply)).await.expect(200);
    let reply = site.session(&old).await;
    reply.expect_problem(401, "session_ended");
    for nonsense in [
        "openpex_session=",
        "openpex_session=x",
        "openpex_session=\u{7f}",
    ] {
        if nonsense.is_ascii() && !nonsense.contains('\u{7f}') {
            let reply = site.session(nonsense).await;
            reply.expect_problem(401, "session_ended");
        }
    }
}

#[tokio::test]
async fn given_a_new_password_when_it_is_in_force_then_only_the_session_that_made_it_goes_on() {
    let site = Site::new().await;
    let (mine, other) = (site.cookie("zoe").await, site.cookie("zoe").await);
    let change = |body: Value| {
        let ask = page(Ask::put("account/password")).header("cookie", &mine);
        site.call(ask.body(body))
    };
    let wrong = change(json!({"current": "wrong password", "new": "a new password"})).await;
    let problem = wrong.expect_problem(422, "password_wrong");
    assert_eq!(problem["errors"][0]["field"], "current");
    let short = change(json!({"current": PASSWORD, "new": "short"})).await;
    let problem = short.expect_problem(422, "password_length");
    assert_eq!(problem["errors"][0]["field"], "new");
    for _ in 0..2 {
        let done = change(json!({"current": PASSWORD, "new": "a new password"})).await;
        assert_eq!(done.expect(204).text, "");
    }
    site.session(&mine).await.expect(200);
    let reply = site.session(&other).await;
    reply.expect_problem(401, "session_ended");
    let reply = site.call(Ask::get("clock")).await;
    reply.expect_problem(401, "credentials_wrong");
    site.call(log_in("zoe", "a new password")).await.expect(201);
    // To guess by this way is held up like a log-in.
    for _ in 0..10 {
        let guess = json!({"current": "wrong password", "new": "another guess"});
        change(guess).await.expect_problem(422, "password_wrong");
    }
    let guess = json!({"current": "a new password", "new": "another guess"});
    change(guess).await.expect_problem(429, "too_many_failures");
}
