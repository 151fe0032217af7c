//! Entity tags (RFC 9110, section 13): the tag of a reservation or an instance is how far its
//! stream has got.

use axum::http::HeaderMap;
use axum::http::header::{IF_MATCH, IF_NONE_MATCH};

use crate::http::problem::Problem;

/// The tag of a stream that has got as far as `sequence`.
#[must_use]
pub fn etag_of(sequence: u64) -> String {
    format!("\"{sequence}\"")
}

/// The sequence that `If-Match` asks for; none where it is left out or `*`.
///
/// # Errors
/// 412 where no tag of ours can match it; 400 where it names several.
pub(super) fn read_if_match(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let mut sent = headers.get_all(IF_MATCH).iter();
    let Some(value) = sent.next() else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    if sent.next().is_some() || text.contains(',') {
        let detail = "If-Match must name one entity tag";
        return Err(Problem::malformed("several_entity_tags", detail));
    }
    if text == "*" {
        return Ok(None);
    }
    // A weak tag never matches here, nor does anything that we would not have written.
    let sequence = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let sequence = sequence.and_then(|digits| digits.parse().ok());
    match sequence.filter(|sequence| etag_of(*sequence) == text) {
        Some(sequence) => Ok(Some(sequence)),
        None => Err(Problem::precondition_failed(format!(
            "{text} is no entity tag given here"
        ))),
    }
}

/// Whether `If-None-Match` names `etag`: the client has it already.
#[must_use]
pub fn is_unchanged(headers: &HeaderMap, etag: &str) -> bool {
    let tags = headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok());
    tags.flat_map(|value| value.split(','))
        .map(|tag| tag.trim())
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}
