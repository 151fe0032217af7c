//! The form of what a stream says: `text/event-stream` (HTML Living Standard, server-sent events).

use std::fmt::Write as _;

use serde_json::json;

use crate::event_feed::PublishedEvent;

/// How long a client waits before it comes back, in milliseconds.
const RETRY_MS: u64 = 1_000;

/// What every stream begins with.
#[must_use]
pub fn opening() -> String {
    format!(": OpenPEX events\nretry: {RETRY_MS}\n\n")
}

/// An event, at the end of `out`. Its name is only in its data: a browser's `EventSource` hands on what has
/// a name of its own to none but those who ask for that name.
pub fn push_event(out: &mut String, event: &PublishedEvent) {
    push(out, None, Some(event.position), &event.data);
}

/// How far the stream has got, while the ledger has got to `head`.
#[must_use]
pub fn position(position: u64, head: u64) -> String {
    let mut out = String::new();
    let data = json!({"position": position, "head": head}).to_string();
    push(&mut out, Some("position"), Some(position), &data);
    out
}

/// Why the stream ends.
#[must_use]
pub fn end(code: &str, detail: &str) -> String {
    let mut out = String::new();
    let data = json!({"code": code, "detail": detail}).to_string();
    push(&mut out, Some("end"), None, &data);
    out
}

/// `data` has no line breaks: it is JSON as it is written in one line.
fn push(out: &mut String, name: Option<&str>, id: Option<u64>, data: &str) {
    let id = id.map_or_else(String::new, |id| format!("id: {id}\n"));
    let name = name.map_or_else(String::new, |name| format!("event: {name}\n"));
    write!(out, "{id}{name}data: {data}\n\n")
        .expect("invariant: a String takes what is written to it");
}
