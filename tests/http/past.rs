//! Reservations as they stood, and how they came about: `as_of`, and the history with the instances.

use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::site::{Ask, START, Site, figure_7, figure_7_at};

/// What a reservation looked like, each time it had changed, with the position of the ledger then.
struct Album {
    id: String,
    pictures: Vec<(u64, String)>,
}

impl Album {
    async fn take(&mut self, site: &Site) {
        let position = site.head().await;
        let path = format!("reservations/{}", self.id);
        let seen = site.call(Ask::get(&path)).await.expect(200);
        self.pictures.push((position, seen.text));
    }
}

/// A whole life with a picture after each step: proposed, confirmed, activated, stopped, deleted.
async fn a_life(site: &Site) -> Album {
    let ask = Ask::post("reservations").body(figure_7());
    let id = site.call(ask).await.expect(200).id();
    let path = format!("reservations/{id}");
    let pictures = Vec::new();
    let mut album = Album { id, pictures };
    album.take(site).await;
    let confirm = Ask::put(&path).body(r#"{"reply":"CONFIRM"}"#);
    site.call(confirm).await.expect(200);
    album.take(site).await;
    site.clock.move_to(START.saturating_add(3_000_000));
    site.call(Ask::put(&format!("{path}/activate")))
        .await
        .expect(200);
    album.take(site).await;
    site.carry_out_effects().await;
    album.take(site).await;
    // Of somebody else, so that positions of others lie in between.
    let other = Ask::post("reservations")
        .by("max")
        .body(figure_7_at("2009-08-18T12:00:00Z"));
    site.call(other).await.expect(200);
    site.call(Ask::delete(&path)).await.expect(200);
    album.take(site).await;
    album
}

#[tokio::test]
async fn given_a_life_when_asked_as_of_each_step_then_it_is_as_it_was_seen_then() {
    let site = Site::new().await;
    let album = a_life(&site).await;
    let path = format!("reservations/{}", album.id);
    for (position, seen) in &album.pictures {
        let then = Ask::get(&format!("{path}?as_of={position}"));
        assert_eq!(&site.call(then).await.expect(200).text, seen);
    }
    // The instant of a step shows what happened right then; an instant in between the step before.
    for (at, picture) in [
        ("2009-08-17T04:00:00Z", 1),
        ("2009-08-17T04:49:59.999Z", 1),
        ("2009-08-17T04:50:00Z", 4),
        ("Mon,%2017%20Aug%202009%2004:50:00%20GMT", 4),
    ] {
        let then = site.call(Ask::get(&format!("{path}?as_of={at}"))).await;
        assert_eq!(then.expect(200).text, album.pictures[picture].1, "{at}");
    }
    // The history and its telling end there, too.
    let (position, _) = &album.pictures[1];
    for of in ["history", "explain"] {
        let then = Ask::get(&format!("{path}/{of}?as_of={position}"));
        let then = site.call(then).await.expect(200).json();
        let steps = if of == "history" {
            &then
        } else {
            &then["steps"]
        };
        let steps = steps.as_array().unwrap();
        assert_eq!(steps.last().unwrap()["event"], "ReservationConfirmed");
        assert!(
            steps
                .iter()
                .all(|step| step["position"].as_u64().unwrap() <= *position)
        );
    }
    let told = Ask::get(&format!("{path}/explain?as_of={position}"));
    assert_eq!(site.call(told).await.json()["status"], "CONFIRMED");
}

#[tokio::test]
async fn given_a_moment_before_it_or_ahead_when_asked_then_the_answer_says_so() {
    let site = Site::new().await;
    let before = site.head().await;
    let album = a_life(&site).await;
    let head = site.head().await;
    for of in ["", "/history", "/explain"] {
        let path = format!("reservations/{}{of}", album.id);
        let ask = |as_of: &str| site.call(Ask::get(&format!("{path}?as_of={as_of}")));
        for early in ["0", &before.to_string(), "2009-08-17T03:59:59.999Z"] {
            let problem = ask(early).await.expect_problem(404, "not_yet_there");
            assert!(problem["firstPosition"].as_u64().unwrap() > before);
            assert_eq!(problem["firstAt"], "2009-08-17T04:00:00.000Z");
        }
        for late in [&(head + 1).to_string(), "2009-08-17T04:50:00.001Z"] {
            let problem = ask(late).await.expect_problem(422, "as_of_ahead");
            assert_eq!(problem["head"], head);
        }
        for bad in ["yesterday", "-1", "", "2009-02-30T00:00:00Z", "1&as_of=2"] {
            let problem = ask(bad).await.expect_problem(400, "bad_parameter");
            assert_eq!(problem["parameter"], "as_of");
        }
        let unknown = site.call(Ask::get(&format!("{path}?asof=1"))).await;
        unknown.expect_problem(400, "unknown_parameter");
        // Whose it is not is told nothing, not even when it began.
        let theirs = Ask::get(&format!("{path}?as_of=0")).by("max");
        site.call(theirs).await.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn given_instances_when_the_history_is_read_then_theirs_is_in_it_in_order() {
    let site = Site::new().await;
    let (id, instance) = site.activated().await;
    let path = format!("reservations/{id}/history");
    let whole = site
        .call(Ask::get(&path).by("eve"))
        .await
        .expect(200)
        .json();
    let whole = whole.as_array().unwrap();
    let positions: Vec<_> = whole.iter().map(|e| e["position"].as_u64()).collect();
    assert!(positions.is_sorted_by(|a, b| a < b), "{positions:?}");
    let of = |aggregate: &str| {
        let of = whole.iter().filter(|entry| entry["aggregate"] == aggregate);
        of.cloned().collect::<Vec<_>>()
    };
    let instances = of("instance");
    assert!(instances.iter().all(|entry| entry["id"] == *instance));
    let names: Vec<_> = instances.iter().map(|entry| &entry["event"]).collect();
    assert_eq!(
        names,
        ["InstanceRequested", "EffectIntended", "EffectSucceeded"]
    );
    assert!(of("reservation").iter().all(|entry| entry["id"] == *id));
    // Who asked for it: zoe, and nobody for what the hypervisor said.
    assert_eq!(whole[0]["userid"], 1);
    assert_eq!(whole.last().unwrap()["userid"], Value::Null);
    assert_eq!(whole.last().unwrap()["sender"], "hypervisor");
    let alone = site
        .call(Ask::get(&format!("{path}?instances=false")))
        .await;
    assert_eq!(alone.json(), Value::from(of("reservation")));
    let bad = site.call(Ask::get(&format!("{path}?instances=no"))).await;
    bad.expect_problem(400, "bad_parameter");
}

/// A reader with SHA-256 and the form of the chain, and nothing of ours.
#[tokio::test]
async fn given_a_history_when_its_links_are_computed_then_each_hash_is_right() {
    let site = Site::new().await;
    let (id, _) = site.activated().await;
    let path = format!("reservations/{id}/history");
    let text = site.call(Ask::get(&path)).await.expect(200).text;
    let entries: Vec<std::collections::HashMap<String, Box<RawValue>>> =
        serde_json::from_str(&text).unwrap();
    let mut before: Option<(u64, String)> = None;
    for entry in entries {
        let raw = |name: &str| entry[name].get().to_owned();
        let text = |name: &str| serde_json::from_str::<String>(&raw(name)).unwrap();
        let number = |name: &str| raw(name).parse::<u64>().unwrap();
        let event = text("event");
        let payload = match raw("data").as_str() {
            "null" => format!("\"{event}\""),
            data => format!("{{\"{event}\":{data}}}"),
        };
        let at = chrono::DateTime::parse_from_rfc3339(&text("at")).unwrap();
        let at = at.timestamp_millis();
        let mut sha = Sha256::new();
        sha.update(b"openpex-event-1");
        sha.update(from_hex(&text("previousHash")));
        sha.update(number("position").to_be_bytes());
        sha.update(at.to_be_bytes());
        sha.update(number("sequence").to_be_bytes());
        for part in [
            text("aggregate"),
            text("id"),
            event,
            text("version"),
            raw("metadata"),
            payload,
        ] {
            sha.update((part.len() as u64).to_be_bytes());
            sha.update(part.as_bytes());
        }
        assert_eq!(sha.finalize().as_slice(), from_hex(&text("hash")));
        // Where two follow one another in the ledger, the links join.
        if let Some((position, hash)) = before
            && position + 1 == number("position")
        {
            assert_eq!(hash, text("previousHash"));
        }
        before = Some((number("position"), text("hash")));
    }
    assert!(before.is_some());
}

fn from_hex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2);
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    pairs.map(byte).collect()
}
