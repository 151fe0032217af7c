//! A quick reader for replies in the form that xapi writes them.
//!
//! A VM's record has some 90 members, and reading them with a general XML parser was half of what an
//! effect cost. This reads only what xapi's own writer (ocaml-rpc) produces: no white space between
//! tags, no attributes, no comments. Whatever else it meets, it gives up and says nothing (`None`):
//! then the crate's parser decides what the reply is. It must never accept what that would refuse,
//! and never read another value, but for one thing: a date comes as the string it was.
//!
//! Recursion is bounded by the guard, which has counted the nesting before.

use std::borrow::Cow;
use std::collections::BTreeMap;

use xmlrpc::Value;

const HEAD: &str = "<?xml version=\"1.0\"?>";
const BEFORE: &str = "<methodResponse><params><param>";
const AFTER: &str = "</param></params></methodResponse>";

/// The value of a reply, if it is in the form that this reads.
pub(super) fn read_reply(body: &str) -> Option<Value> {
    if !body.bytes().all(is_plain) {
        return None;
    }
    let rest = body.strip_prefix(HEAD)?.strip_prefix(BEFORE)?;
    let mut reader = Reader { rest };
    let value = reader.value()?;
    (reader.rest.trim_end_matches('\n') == AFTER).then_some(value)
}

/// Whether a byte needs no second thought: control characters are illegal or change on the way, and
/// the first byte of U+FFFE and U+FFFF stands for all their neighbours.
const fn is_plain(byte: u8) -> bool {
    (byte >= 0x20 && byte != 0xef && byte != 0x7f) || byte == b'\n' || byte == b'\t'
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    /// Takes `tag` off the front, if it is there.
    fn take(&mut self, tag: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(tag)?;
        Some(())
    }

    /// Takes what comes before the next tag.
    fn take_text(&mut self) -> Option<Cow<'a, str>> {
        let end = self.rest.find('<')?;
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        unescape(text)
    }

    /// Takes text and the tag that closes it.
    fn take_closed(&mut self, closing: &str) -> Option<Cow<'a, str>> {
        let text = self.take_text()?;
        self.take(closing)?;
        Some(text)
    }

    fn value(&mut self) -> Option<Value> {
        self.take("<value>")?;
        if !self.rest.starts_with('<') {
            let text = self.take_closed("</value>")?;
            // The parser takes white space alone for none.
            let blank = text.bytes().all(|byte| byte.is_ascii_whitespace());
            return (!blank).then(|| Value::String(text.into_owned()));
        }
        if self.take("</value>").is_some() {
            return Some(Value::String(String::new()));
        }
        let value = self.typed()?;
        self.take("</value>")?;
        Some(value)
    }

    fn typed(&mut self) -> Option<Value> {
        if self.take("<struct>").is_some() {
            return self.members().map(Value::Struct);
        }
        if self.take("<array><data>").is_some() {
            let mut items = Vec::new();
            while self.take("</data></array>").is_none() {
                items.push(self.value()?);
            }
            return Some(Value::Array(items));
        }
        if self.take("<boolean>").is_some() {
            return match self.take_closed("</boolean>")?.as_ref() {
                "0" => Some(Value::Bool(false)),
                "1" => Some(Value::Bool(true)),
                _ => None,
            };
        }
        if self.take("<string>").is_some() {
            let text = self.take_closed("</string>")?;
            return Some(Value::String(text.into_owned()));
        }
        if self.take("<dateTime.iso8601>").is_some() {
            let text = self.take_closed("</dateTime.iso8601>")?;
            return is_date(&text).then(|| Value::String(text.into_owned()));
        }
        if self.take("<double>").is_some() {
            let text = self.take_closed("</double>")?;
            let plain = |byte: u8| byte.is_ascii_digit() || b".+-e".contains(&byte);
            let number = text.bytes().all(plain).then(|| text.parse().ok())??;
            return Some(Value::Double(number));
        }
        if self.take("<i4>").is_some() {
            let text = self.take_closed("</i4>")?;
            return text.parse().ok().map(Value::Int);
        }
        None
    }

    fn members(&mut self) -> Option<BTreeMap<String, Value>> {
        let mut members = BTreeMap::new();
        while self.take("</struct>").is_none() {
            self.take("<member><name>")?;
            let name = self.take_closed("</name>")?.into_owned();
            if name.trim().is_empty() {
                return None;
            }
            let value = self.value()?;
            self.take("</member>")?;
            members.insert(name, value);
        }
        Some(members)
    }
}

/// A date in the one form that xapi writes, `20260821T10:00:00Z`.
fn is_date(text: &str) -> bool {
    const FORM: &[u8] = b"00000000T00:00:00Z";
    let fits = |(byte, form): (u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        other => byte == *other,
    };
    text.len() == FORM.len() && text.bytes().zip(FORM).all(fits)
}

/// The text behind its escapes; only the five of XML are known. A bare `>` is legal, but `]]>` is
/// not, so that it, too, is left to the parser.
fn unescape(text: &str) -> Option<Cow<'_, str>> {
    if text.contains('>') {
        return None;
    }
    let Some(first) = text.find('&') else {
        return Some(Cow::Borrowed(text));
    };
    let (before, mut rest) = text.split_at(first);
    let mut plain = String::with_capacity(text.len());
    plain.push_str(before);
    while let Some(escape) = rest.strip_prefix('&') {
        let (name, after) = escape.split_once(';')?;
        plain.push(match name {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "apos" => '\'',
            _ => return None,
        });
        let next = after.find('&').unwrap_or(after.len());
        let (text, escapes) = after.split_at(next);
        plain.push_str(text);
        rest = escapes;
    }
    Some(Cow::Owned(plain))
}
