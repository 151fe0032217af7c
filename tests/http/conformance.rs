//! Whether what is said over the wire is what the description says: every answer of these tests, and
//! every body that was taken.
//!
//! Stricter than the description itself: an answer has no member that is not described.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use axum::http::Method;
use boon::{Compiler, Draft, SchemaIndex, Schemas};
use serde_json::{Value, json};

use crate::site::Reply;

/// The name under which the document is compiled.
const DOCUMENT: &str = "mem:///openapi.json";
const REF: &str = "#/components/schemas/";

/// The description, as the service serves it.
pub fn document() -> &'static Value {
    static DESCRIBED: OnceLock<Value> = OnceLock::new();
    DESCRIBED.get_or_init(|| serde_json::to_value(openpex::http::document()).unwrap())
}

/// The path of the description that `path` is one of, and its description.
fn described(path: &str) -> Option<(&'static str, &'static Value)> {
    let path = path.split('?').next().unwrap().trim_end_matches('/');
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |template: &str| {
        let names: Vec<&str> = template.split('/').collect();
        let mut pairs = names.iter().zip(&parts);
        names.len() == parts.len()
            && pairs.all(|(name, part)| name == part || name.starts_with('{'))
    };
    let paths = document()["paths"].as_object().unwrap();
    let exact = paths.get_key_value(path);
    let found = exact.or_else(|| paths.iter().find(|(template, _)| fits(template)));
    found.map(|(template, operations)| (template.as_str(), operations))
}

/// Checks an answer and, where it was taken, the body it came to.
///
/// # Panics
/// Where one is not as it is described.
pub fn check(method: &Method, path: &str, body: &str, reply: &Reply) {
    let Some((template, operations)) = described(path) else {
        return;
    };
    let name = method.as_str().to_ascii_lowercase();
    let Some(operation) = operations.get(&name) else {
        return;
    };
    let told = format!("{method} {path}: {} {}", reply.status, reply.text);
    let status = reply.status.as_u16().to_string();
    let answer = &operation["responses"][&status];
    assert!(answer.is_object(), "a status that is not described: {told}");
    let place = pointer(&["paths", template, &name]);
    let sent_type = reply.header("content-type").split(';').next().unwrap();
    match answer["content"].as_object() {
        None => assert_eq!(reply.text, "", "a body that is not described: {told}"),
        Some(content) => {
            assert!(content.contains_key(sent_type), "{sent_type}: {told}");
            if sent_type.ends_with("json") {
                let place = place.clone() + &pointer(&["responses", &status, "content", sent_type]);
                validate(&(place + "/schema"), &reply.json(), &told);
            }
        }
    }
    if reply.status.is_success() && !body.is_empty() && operation["requestBody"].is_object() {
        let place = place + &pointer(&["requestBody", "content", "application/json", "schema"]);
        let sent = serde_json::from_str(body).unwrap();
        validate(&place, &sent, &format!("{method} {path} took {body}"));
    }
}

/// A JSON pointer (RFC 6901) in a fragment.
fn pointer(parts: &[&str]) -> String {
    let escaped = |part: &&str| {
        let part = part.replace('~', "~0").replace('/', "~1");
        "/".to_owned() + &part.replace('{', "%7B").replace('}', "%7D")
    };
    parts.iter().map(escaped).collect()
}

/// What was compiled so far.
struct Compiled {
    compiler: Compiler,
    schemas: Schemas,
    places: HashMap<String, SchemaIndex>,
}

thread_local! {
    static COMPILED: RefCell<Compiled> = RefCell::new(Compiled::new());
}

fn validate(place: &str, value: &Value, told: &str) {
    COMPILED.with_borrow_mut(|compiled| {
        let Compiled {
            compiler,
            schemas,
            places,
        } = compiled;
        let index = *places.entry(place.to_owned()).or_insert_with(|| {
            let place = format!("{DOCUMENT}#{place}");
            compiler
                .compile(&place, schemas)
                .unwrap_or_else(|e| panic!("{e:#}"))
        });
        if let Err(error) = schemas.validate(value, index) {
            panic!("{told}\n{error:#}");
        }
    });
}

impl Compiled {
    fn new() -> Self {
        let mut compiler = Compiler::new();
        compiler.set_default_draft(Draft::V2020_12);
        compiler.enable_format_assertions();
        let closed = closed(document().clone());
        compiler.add_resource(DOCUMENT, closed).unwrap();
        let (schemas, places) = (Schemas::new(), HashMap::new());
        Self {
            compiler,
            schemas,
            places,
        }
    }
}

/// The document with every object closed that says nothing of further members.
fn closed(mut document: Value) -> Value {
    let parts = parts_of_others(&document);
    for (name, schema) in document["components"]["schemas"].as_object_mut().unwrap() {
        if name == "NegotiationMessage" || parts.contains(name) {
            continue;
        }
        let whole = schema.get("allOf").is_some() || schema.get("properties").is_some();
        if whole && schema.get("additionalProperties").is_none() {
            schema["unevaluatedProperties"] = json!(false);
        }
        for variant in schema
            .get_mut("oneOf")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            if variant.get("properties").is_some() {
                variant["unevaluatedProperties"] = json!(false);
            }
        }
    }
    document
}

/// The schemas that are a part of another object.
fn parts_of_others(document: &Value) -> HashSet<String> {
    let schemas = document["components"]["schemas"]
        .as_object()
        .unwrap()
        .values();
    let parts = schemas
        .filter_map(|schema| schema["allOf"].as_array())
        .flatten();
    let names = parts.filter_map(|part| part["$ref"].as_str()?.strip_prefix(REF));
    names.map(str::to_owned).collect()
}
