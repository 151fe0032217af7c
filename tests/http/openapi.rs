//! The description of the API: what it says, that nothing is missing in it, and that the service
//! reads and says what it describes (see also `conformance`, through which every test goes).

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::{Value, json};

use crate::conformance::document;
use crate::site::{Ask, Site};

const SOME_ID: &str = "f07640d4-32bc-4db6-857e-32b5595ba066";

#[tokio::test]
async fn given_the_service_when_asked_for_its_description_then_it_is_the_golden_one() {
    let site = Site::new().await;
    let reply = site
        .call(Ask::get("openapi.json").anonymous())
        .await
        .expect(200);
    assert_eq!(&reply.json(), document());
    insta::assert_snapshot!(
        "document",
        serde_json::to_string_pretty(document()).unwrap()
    );
}

#[tokio::test]
async fn given_the_reader_when_it_is_opened_then_all_of_it_comes_from_here_under_a_strict_policy() {
    let site = Site::new().await;
    let get = |path: String| site.call(Ask::get(&path).anonymous());
    let page = get("/docs/".to_owned()).await.expect(200);
    let policy = page.header("content-security-policy").to_owned();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
    let sources = page
        .text
        .split(['"', '\''])
        .filter(|part| part.starts_with('/'));
    let sources: Vec<String> = sources.map(str::to_owned).collect();
    assert_eq!(sources.len(), 4, "{}", page.text);
    for source in sources {
        assert!(!get(source).await.expect(200).text.is_empty());
    }
    assert!(!page.text.contains("http") && !page.text.contains("<style"));
    get("/docs/swagger-initializer.js".to_owned())
        .await
        .expect_problem(404, "unknown_route");
}

/// Every operation with its path and method.
fn operations() -> Vec<(&'static str, &'static str, &'static Value)> {
    let paths = document()["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().iter();
            methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
        })
        .collect()
}

#[tokio::test]
async fn given_every_described_path_when_asked_for_its_methods_then_they_are_the_described() {
    let site = Site::new().await;
    for (path, methods) in document()["paths"].as_object().unwrap() {
        let asked = path
            .replace("{id}", SOME_ID)
            .replace("{vm_id}", SOME_ID)
            .replace("{userid}", "1");
        let reply = site
            .call(Ask::get(&asked).method(Method::TRACE))
            .await
            .expect(405);
        let mut said: Vec<_> = methods
            .as_object()
            .unwrap()
            .keys()
            .map(|m| m.to_ascii_uppercase())
            .collect();
        if said.contains(&"GET".to_owned()) {
            said.push("HEAD".to_owned());
        }
        let allowed: BTreeSet<&str> = reply.header("allow").split(',').collect();
        assert_eq!(allowed, said.iter().map(String::as_str).collect(), "{path}");
    }
}

#[test]
fn given_every_operation_when_it_is_read_then_it_says_what_clients_need() {
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations() {
        let told = format!("{method} {path}");
        let id = operation["operationId"].as_str().expect(&told);
        assert!(ids.insert(id), "{id} comes twice");
        assert!(
            id.starts_with(|c: char| c.is_ascii_lowercase())
                && id.chars().all(char::is_alphanumeric)
        );
        assert!(operation["summary"].is_string(), "{told}");
        let tag = operation["tags"][0].as_str().expect(&told);
        let known = document()["tags"].as_array().unwrap();
        assert!(
            known.iter().any(|one| one["name"] == tag),
            "{tag} is not described"
        );
        let named: Vec<_> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .collect();
        for name in path.split('/').filter_map(|part| part.strip_prefix('{')) {
            let name = name.trim_end_matches('}');
            assert!(
                named.iter().any(|p| p["name"] == name && p["in"] == "path"),
                "{told}: {name}"
            );
        }
        for (status, answer) in operation["responses"].as_object().unwrap() {
            let problem = &answer["content"]["application/problem+json"]["schema"]["$ref"];
            let is_error = status.starts_with(['4', '5']);
            assert_eq!(
                is_error,
                problem == "#/components/schemas/Problem",
                "{told}: {status}"
            );
        }
    }
}

/// The members of a schema.
fn members(schema: &str) -> BTreeSet<&'static str> {
    let schema = &document()["components"]["schemas"][schema];
    let variants = schema["oneOf"].as_array().into_iter().flatten();
    let objects = variants.chain([schema]);
    objects
        .filter_map(|one| one["properties"].as_object())
        .flat_map(|p| p.keys())
        .map(String::as_str)
        .collect()
}

/// What the reader of `body` says it knows, where `nobody_reads_this` stands.
async fn known_to_reader(site: &Site, ask: Ask, body: Value) -> BTreeSet<String> {
    let reply = site.call(ask.by("admin").body(body)).await;
    let problem = reply.expect_problem(400, "unknown_field");
    let detail = problem["detail"].as_str().unwrap();
    let (_, known) = detail.split_once("known are ").unwrap();
    known.split(", ").map(str::to_owned).collect()
}

#[tokio::test]
async fn given_every_body_when_it_is_read_then_its_fields_are_the_described() {
    let site = Site::new().await;
    let odd = json!({"nobody_reads_this": 1});
    let (series, standing) = (Ask::post("series"), Ask::post("standing-requests"));
    let reservation = |end: &str| Ask::put(&format!("reservations/{SOME_ID}{end}"));
    for (schema, ask, body) in [
        ("NewProposal", Ask::post("reservations"), odd.clone()),
        ("NegotiationMessage", reservation(""), odd.clone()),
        ("OptionsChange", reservation("/options"), odd.clone()),
        ("NewSeries", Ask::post("series"), odd.clone()),
        (
            "NewRecurrence",
            series,
            json!({"proposal": {}, "recurrence": odd}),
        ),
        (
            "SeriesMessage",
            Ask::put(&format!("series/{SOME_ID}")),
            odd.clone(),
        ),
        (
            "NewStandingRequest",
            Ask::post("standing-requests"),
            odd.clone(),
        ),
        (
            "NewStandingBound",
            standing,
            json!({"proposal": {}, "betterThan": odd}),
        ),
        ("NewGrant", Ask::post("users/1/grants"), odd.clone()),
        ("NewUser", Ask::post("users"), odd.clone()),
        ("ClockMove", Ask::post("clock"), odd.clone()),
        (
            "LogIn",
            Ask::post("session")
                .header("host", "127.0.0.1")
                .header("sec-fetch-site", "same-origin"),
            odd.clone(),
        ),
        ("TokenAsked", Ask::post("tokens"), odd.clone()),
        ("PasswordBody", Ask::put("account/password"), odd.clone()),
        ("Settings", Ask::put("account/settings"), odd.clone()),
    ] {
        let known = known_to_reader(&site, ask, body).await;
        let mut described = members(schema);
        if schema == "NewProposal" {
            // Taken and ignored.
            described.retain(|name| !["id", "userid"].contains(name));
        }
        assert_eq!(
            known,
            described.into_iter().map(str::to_owned).collect(),
            "{schema}"
        );
    }
    let bodies = operations()
        .into_iter()
        .filter(|(_, _, one)| one["requestBody"].is_object());
    assert_eq!(
        bodies.count(),
        13,
        "a body is described whose reader is not in the table above"
    );
}
