//! XML-RPC as xapi speaks it: requests read with `dxr`, replies written here.
//!
//! Replies keep the exact form of xapi's own codec, one line without white space between tags and
//! strings without a type (XENAPI.md 2.1): real clients choke on less. Writing never fails.

use super::value::{Failure, Field, XenValue, format_date};

/// Why a request body is no call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MalformedCall {
    /// The bytes are not text.
    #[error("the body is not UTF-8")]
    NotText,
    /// xapi refuses a call without the element, even if the method takes nothing.
    #[error("the call has no params element")]
    NoParams,
    /// The XML is broken, nests too deeply, or is not a call.
    #[error("the body is not an XML-RPC method call")]
    NotACall,
}

/// A call as it came in.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The method as written, `Async.` included.
    pub method: String,
    /// All parameters, the session first.
    pub params: Vec<XenValue>,
}

/// Reads a call.
pub fn read_call(body: &[u8]) -> Result<Request, MalformedCall> {
    let text = std::str::from_utf8(body).map_err(|_| MalformedCall::NotText)?;
    if !text.contains("<methodCall") {
        return Err(MalformedCall::NotACall);
    }
    if !text.contains("<params") {
        return Err(MalformedCall::NoParams);
    }
    let call = dxr::MethodCall::from_xml(text).map_err(|_| MalformedCall::NotACall)?;
    let params = call
        .params
        .into_iter()
        .map(from_dxr)
        .collect::<Option<_>>()
        .ok_or(MalformedCall::NotACall)?;
    Ok(Request {
        method: call.name.into_owned(),
        params,
    })
}

/// `None` for the types that no call of XenAPI takes.
fn from_dxr(value: dxr::Value) -> Option<XenValue> {
    Some(match value {
        dxr::Value::Integer(number) => XenValue::Int(number.into()),
        dxr::Value::Long(number) => XenValue::Int(number),
        dxr::Value::Boolean(truth) => XenValue::Bool(truth),
        dxr::Value::String(text) => XenValue::from(text),
        dxr::Value::Double(number) => XenValue::Double(number),
        dxr::Value::DateTime(at) => XenValue::from(at.to_string()),
        dxr::Value::Struct(members) => XenValue::Map(
            members
                .into_iter()
                .map(|(name, value)| Some((name.into(), from_dxr(value)?)))
                .collect::<Option<_>>()?,
        ),
        dxr::Value::Array(items) => {
            XenValue::List(items.into_iter().map(from_dxr).collect::<Option<_>>()?)
        }
        dxr::Value::Nil => XenValue::Nil,
        // `Value` is open for extension.
        dxr::Value::Base64(_) | _ => return None,
    })
}

/// The reply to a call in the envelope of XenAPI.
#[must_use]
pub fn write_reply(outcome: &Result<XenValue, Failure>) -> String {
    let mut out = String::with_capacity(512);
    open_reply(&mut out);
    out.push_str("<struct><member><name>Status</name><value>");
    match outcome {
        Ok(value) => {
            out.push_str("Success</value></member><member><name>Value</name><value>");
            write_value(&mut out, value);
        }
        Err(failure) => {
            out.push_str("Failure</value></member><member><name>ErrorDescription</name><value>");
            write_value(&mut out, &XenValue::list(failure.description()));
        }
    }
    out.push_str("</value></member></struct>");
    close_reply(&mut out);
    out
}

/// The reply of `system.listMethods`, the one that has no envelope.
#[must_use]
pub fn write_bare_reply(value: &XenValue) -> String {
    let mut out = String::with_capacity(512);
    open_reply(&mut out);
    write_value(&mut out, value);
    close_reply(&mut out);
    out
}

/// A value as an XML fragment, as `task.result` holds it.
#[must_use]
pub fn write_fragment(value: &XenValue) -> String {
    let mut out = String::from("<value>");
    write_value(&mut out, value);
    out.push_str("</value>");
    out
}

fn open_reply(out: &mut String) {
    out.push_str(r#"<?xml version="1.0"?><methodResponse><params><param><value>"#);
}

fn close_reply(out: &mut String) {
    out.push_str("</value></param></params></methodResponse>");
}

fn write_value(out: &mut String, value: &XenValue) {
    match value {
        XenValue::Text(text) => escape(out, text),
        XenValue::Int(number) => out.push_str(&number.to_string()),
        XenValue::Int32(number) => tagged(out, "i4", &number.to_string()),
        XenValue::Bool(truth) => tagged(out, "boolean", if *truth { "1" } else { "0" }),
        XenValue::Double(number) => tagged(out, "double", &format_double(*number)),
        XenValue::Date(at) => tagged(out, "dateTime.iso8601", &format_date(*at)),
        XenValue::List(items) => {
            out.push_str("<array><data>");
            for item in items {
                out.push_str("<value>");
                write_value(out, item);
                out.push_str("</value>");
            }
            out.push_str("</data></array>");
        }
        XenValue::Map(fields) => write_struct(out, fields),
        XenValue::Nil => out.push_str("<nil/>"),
    }
}

fn write_struct(out: &mut String, fields: &[Field]) {
    out.push_str("<struct>");
    for (name, value) in fields {
        out.push_str("<member><name>");
        escape(out, name);
        out.push_str("</name><value>");
        write_value(out, value);
        out.push_str("</value></member>");
    }
    out.push_str("</struct>");
}

fn tagged(out: &mut String, tag: &str, text: &str) {
    for part in ["<", tag, ">", text, "</", tag, ">"] {
        out.push_str(part);
    }
}

/// Escapes the four characters that xapi escapes, and drops the control characters it drops.
fn escape(out: &mut String, text: &str) {
    let special = |byte: u8| byte < b' ' || matches!(byte, b'<' | b'>' | b'&' | b'"');
    if !text.bytes().any(special) {
        out.push_str(text);
        return;
    }
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(character),
            control if control < ' ' => {}
            other => out.push(other),
        }
    }
}

/// Significant digits of C's `%.16g`.
const SIGNIFICANT: i32 = 16;

/// A number as C's `%.16g` prints it, which is what xapi's codec uses.
fn format_double(number: f64) -> String {
    if !number.is_finite() {
        return number.to_string().to_lowercase();
    }
    let scientific = format!("{number:.15e}");
    let (mantissa, exponent) = scientific
        .split_once('e')
        .expect("invariant: Rust writes an exponent here");
    let exponent: i32 = exponent
        .parse()
        .expect("invariant: the exponent is an integer");
    if (-4..SIGNIFICANT).contains(&exponent) {
        let digits = usize::try_from(SIGNIFICANT - 1 - exponent).unwrap_or(0);
        return trim_zeros(&format!("{number:.digits$}")).to_owned();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", trim_zeros(mantissa), exponent.abs())
}

fn trim_zeros(digits: &str) -> &str {
    if digits.contains('.') {
        digits.trim_end_matches('0').trim_end_matches('.')
    } else {
        digits
    }
}

#[cfg(test)]
mod tests {
    use openpex_aggregates::Timestamp;

    use super::*;
    use crate::simulator::value::field;

    fn call(params: &str) -> Result<Vec<XenValue>, MalformedCall> {
        let body = format!(
            "<?xml version='1.0'?>\n<methodCall>\n<methodName>a.b</methodName>\n{params}\n\
             </methodCall>\n"
        );
        read_call(body.as_bytes()).map(|request| request.params)
    }

    #[test]
    fn doubles_are_printed_as_c_prints_them() {
        let cases = [
            (1.0, "1"),
            (0.0, "0"),
            (-0.5, "-0.5"),
            (0.1, "0.1"),
            (1e20, "1e+20"),
            (1.5e-7, "1.5e-07"),
            (0.0001, "0.0001"),
            (123_456_789.25, "123456789.25"),
            (1e15, "1000000000000000"),
            (1e16, "1e+16"),
        ];
        for (number, text) in cases {
            assert_eq!(format_double(number), text);
        }
    }

    #[test]
    fn every_type_is_written_in_xapi_s_form() {
        let value = XenValue::Map(vec![
            field("text", "a<b>&\"c\"\u{1}"),
            field("int", 5_000_000_000),
            field("i4", XenValue::Int32(7)),
            field("yes", true),
            field("half", XenValue::Double(0.5)),
            field("at", Timestamp(1_787_306_400_999)),
            field("none", XenValue::empty_list()),
            field("empty", XenValue::empty_map()),
        ]);
        assert_eq!(
            write_fragment(&value),
            "<value><struct><member><name>text</name><value>a&lt;b&gt;&amp;&quot;c&quot;</value>\
             </member><member><name>int</name><value>5000000000</value></member><member>\
             <name>i4</name><value><i4>7</i4></value></member><member><name>yes</name><value>\
             <boolean>1</boolean></value></member><member><name>half</name><value><double>0.5\
             </double></value></member><member><name>at</name><value><dateTime.iso8601>\
             20260821T10:00:00Z</dateTime.iso8601></value></member><member><name>none</name>\
             <value><array><data></data></array></value></member><member><name>empty</name>\
             <value><struct></struct></value></member></struct></value>"
        );
    }

    #[test]
    fn typed_and_untyped_strings_and_white_space_read_the_same() {
        let python = "<params>\n<param>\n<value><string>root</string></value>\n</param>\n\
                      <param>\n<value><nil/></value></param></params>";
        assert_eq!(
            call(python),
            Ok(vec![XenValue::from("root"), XenValue::Nil])
        );
        let xapi = "<params><param><value>root</value></param><param><value></value></param>\
                    <param><value/></param></params>";
        let expected = vec![XenValue::from("root"), XenValue::VOID, XenValue::VOID];
        assert_eq!(call(xapi), Ok(expected));
        let array = "<params><param>\n<value>\n<array>\n<data>\n<value><int>7</int></value>\n\
                     <value> padded </value>\n</data></array></value></param></params>";
        let expected = XenValue::List(vec![XenValue::Int(7), XenValue::from(" padded ")]);
        assert_eq!(call(array), Ok(vec![expected]));
    }

    #[test]
    fn what_is_no_call_is_refused_and_deep_nesting_does_no_harm() {
        assert_eq!(call("<params/>"), Ok(vec![]));
        assert_eq!(call(""), Err(MalformedCall::NoParams));
        assert_eq!(read_call(b"\xff"), Err(MalformedCall::NotText));
        assert_eq!(read_call(b"hello"), Err(MalformedCall::NotACall));
        assert_eq!(
            call("<params><param><value><base64>AA==</base64></value></param></params>"),
            Err(MalformedCall::NotACall)
        );
        for depth in [200, 5_000] {
            let nested = format!(
                "<params><param><value>{}{}</value></param></params>",
                "<array><data><value>".repeat(depth),
                "</value></data></array>".repeat(depth)
            );
            assert_eq!(call(&nested), Err(MalformedCall::NotACall), "{depth}");
        }
    }
}
