//! Bytes of XML-RPC to values and back, with the guards that the parser lacks.
//!
//! The crate `xmlrpc` writes and parses, but for the replies that `reader` knows the form of; this
//! module decides what they may be given. It knows nothing of HTTP or sessions. Invariant: nothing that a peer sends can make the parser recurse
//! deeper than [`MAX_NESTING`], because its stack would overflow and abort the process.

mod reader;

use std::io::Cursor;

use xmlrpc::{Request, Transport, Value};

use self::reader::read_reply;
use super::failures::{RefusedReply, XenError, XenFailure};

/// The most bytes of a request; xapi itself refuses more (`http_limit_max_rpc_size`).
pub(super) const MAX_REQUEST_BYTES: usize = 300 * 1024;

/// How deep arrays and structs of a reply may nest; a VM record in its envelope has 4.
pub(super) const MAX_NESTING: usize = 64;

/// Replies longer than this are parsed off the async threads (the parser does about 12 MB/s).
const INLINE_PARSE_BYTES: usize = 256 * 1024;

/// A string argument, or a reference.
pub(super) fn text(value: impl Into<String>) -> Value {
    Value::String(value.into())
}

/// An integer argument: XenAPI's 64-bit integers travel as strings.
pub(super) fn number(value: u64) -> Value {
    Value::String(value.to_string())
}

/// Writes one call.
///
/// # Errors
/// `RequestUnwritable` for a value that would arrive changed or not at all, and for a request
/// longer than [`MAX_REQUEST_BYTES`].
pub(super) fn encode(method: &str, args: &[Value]) -> Result<Vec<u8>, XenError> {
    let mut request = Request::new(method);
    for arg in args {
        check_writable(arg)?;
        request = request.arg(arg.clone());
    }
    let mut bytes = Vec::new();
    request
        .write_as_xml(&mut bytes)
        .map_err(|_| XenError::RequestUnwritable {
            reason: "the writer failed",
        })?;
    if bytes.len() > MAX_REQUEST_BYTES {
        return Err(XenError::RequestUnwritable {
            reason: "longer than xapi reads",
        });
    }
    Ok(bytes)
}

/// Refuses what the writer would write wrongly: it panics on some dates and writes control
/// characters raw, which xapi answers with an HTTP error.
fn check_writable(value: &Value) -> Result<(), XenError> {
    match value {
        Value::Bool(_) => Ok(()),
        Value::Double(seconds) if seconds.is_finite() => Ok(()),
        Value::String(text) => check_text(text),
        Value::Array(items) => items.iter().try_for_each(check_writable),
        Value::Struct(members) => members.iter().try_for_each(|(name, member)| {
            check_text(name)?;
            check_writable(member)
        }),
        Value::Int(_)
        | Value::Int64(_)
        | Value::Double(_)
        | Value::DateTime(_)
        | Value::Base64(_)
        | Value::Nil => Err(XenError::RequestUnwritable {
            reason: "not a type we send",
        }),
    }
}

fn check_text(text: &str) -> Result<(), XenError> {
    // CR is legal XML but every reader turns it into LF, so it would arrive changed.
    let unfit =
        |c: char| (c < '\u{20}' && c != '\t' && c != '\n') || matches!(c, '\u{fffe}' | '\u{ffff}');
    if text.contains(unfit) {
        return Err(XenError::RequestUnwritable {
            reason: "a control character",
        });
    }
    Ok(())
}

/// Reads one reply: guards, parser, envelope.
///
/// # Errors
/// `ReplyRefused` by a guard, `ReplyUnreadable` when it does not parse, `ReplyUnexpected` when it
/// is no XenAPI envelope, and the pool's own `Failure`.
pub(super) async fn decode(method: &str, body: Vec<u8>) -> Result<Value, XenError> {
    if body.len() <= INLINE_PARSE_BYTES {
        return decode_now(method, body);
    }
    let method = method.to_owned();
    match tokio::task::spawn_blocking(move || decode_now(&method, body)).await {
        Ok(decoded) => decoded,
        Err(_) => Err(XenError::ReplyUnreadable {
            reason: "the parser did not finish".into(),
        }),
    }
}

fn decode_now(method: &str, body: Vec<u8>) -> Result<Value, XenError> {
    let text = guard(&body).map_err(|reason| XenError::ReplyRefused { reason })?;
    let envelope = match read_reply(text) {
        Some(envelope) => envelope,
        None => parse(method, body)?,
    };
    open_envelope(method, envelope)
}

/// The value of a reply in whatever form XML-RPC allows.
fn parse(method: &str, body: Vec<u8>) -> Result<Value, XenError> {
    let parsed = Request::new(method).call(Received(body));
    parsed.map_err(|error| XenError::ReplyUnreadable {
        reason: parse_failure(&error),
    })
}

/// What the parser found wrong, without the text it found: a reply may hold secrets.
fn parse_failure(error: &xmlrpc::Error) -> String {
    match error.fault() {
        Some(fault) => format!("a fault of XML-RPC, code {}", fault.fault_code),
        None => "not a well-formed reply of XML-RPC".to_owned(),
    }
}

/// The bytes of a reply, handed to the parser as if they came from its own transport.
struct Received(Vec<u8>);

impl Transport for Received {
    type Stream = Cursor<Vec<u8>>;

    fn transmit(
        self,
        _request: &Request<'_>,
    ) -> Result<Self::Stream, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Cursor::new(self.0))
    }
}

/// Scans the raw bytes for what the parser must not see.
///
/// The count of open arrays and structs is never lower than the parser's. What could hide a
/// closing tag from it is refused: comments, CDATA and DOCTYPE (all begin `<!`), processing
/// instructions after the XML declaration, and encodings in which tags are not ASCII (a NUL).
fn guard(body: &[u8]) -> Result<&str, RefusedReply> {
    let text = std::str::from_utf8(body).map_err(|_| RefusedReply::NotUtf8)?;
    if body.contains(&0) {
        return Err(RefusedReply::NotUtf8);
    }
    let mut depth = 0_usize;
    let mut rest = body;
    while let Some(at) = rest.iter().position(|&byte| byte == b'<') {
        let is_first = rest.len() == body.len();
        rest = &rest[at + 1..];
        match rest.first() {
            Some(b'!') => return Err(RefusedReply::Markup),
            Some(b'?') if !is_first => return Err(RefusedReply::Markup),
            Some(b'/') if nests(&rest[1..]) => depth = depth.saturating_sub(1),
            Some(_) if nests(rest) && !closes_itself(rest) => depth += 1,
            Some(_) | None => {}
        }
        if depth > MAX_NESTING {
            return Err(RefusedReply::TooDeep { limit: MAX_NESTING });
        }
    }
    Ok(text)
}

fn nests(tag: &[u8]) -> bool {
    tag.starts_with(b"array") || tag.starts_with(b"struct")
}

fn closes_itself(tag: &[u8]) -> bool {
    tag.iter()
        .position(|&byte| byte == b'>')
        .is_some_and(|end| tag[..end].ends_with(b"/"))
}

/// Takes the value out of `Status` + `Value`, or the failure out of `ErrorDescription`.
fn open_envelope(method: &str, envelope: Value) -> Result<Value, XenError> {
    let unexpected = |expected| XenError::ReplyUnexpected {
        method: method.to_owned(),
        expected,
    };
    let Value::Struct(mut members) = envelope else {
        return Err(unexpected("an envelope"));
    };
    match members.get("Status").and_then(Value::as_str) {
        Some("Success") => Ok(members.remove("Value").unwrap_or_else(|| text(""))),
        Some("Failure") => {
            let words = members.get("ErrorDescription").and_then(Value::as_array);
            let failure = words.and_then(XenFailure::from_words);
            Err(failure.map_or_else(|| unexpected("an error description"), XenError::Failure))
        }
        _ => Err(unexpected("a status")),
    }
}

#[cfg(test)]
mod tests;
