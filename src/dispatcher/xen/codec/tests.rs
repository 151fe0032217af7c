//! The codec on the samples of the wire notes (written by xapi's own codec), and its guards.

use proptest::prelude::*;

use super::*;

/// A reply as xapi writes it.
fn reply(value: &str) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\"?><methodResponse><params><param>{value}</param></params>\
         </methodResponse>"
    )
    .into_bytes()
}

fn success(value: &str) -> Vec<u8> {
    reply(&format!(
        "<value><struct><member><name>Status</name><value>Success</value></member><member>\
         <name>Value</name>{value}</member></struct></value>"
    ))
}

fn failure(words: &[&str]) -> Vec<u8> {
    let words: String = words
        .iter()
        .map(|word| format!("<value>{word}</value>"))
        .collect();
    reply(&format!(
        "<value><struct><member><name>Status</name><value>Failure</value></member><member>\
         <name>ErrorDescription</name><value><array><data>{words}</data></array></value></member>\
         </struct></value>"
    ))
}

fn read(body: Vec<u8>) -> Result<Value, XenError> {
    decode_now("VM.anything", body)
}

fn written(method: &str, args: &[Value]) -> String {
    String::from_utf8(encode(method, args).unwrap()).unwrap()
}

/// The bytes we send: the crate's form, with typed strings and white space between tags.
fn call_of(method: &str, params: &[&str]) -> String {
    let params: String = params
        .iter()
        .map(|param| format!("<param>\n<value>{param}</value>\n</param>\n"))
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<methodCall>\n<methodName>{method}\
         </methodName>\n<params>\n{params}</params>\n</methodCall>"
    )
}

#[test]
fn requests_are_written_byte_for_byte() {
    let args = ["root", "secret", "2.21", "openpex/0.1"].map(text);
    let strings =
        ["root", "secret", "2.21", "openpex/0.1"].map(|s| format!("<string>{s}</string>"));
    assert_eq!(
        written("session.login_with_password", &args),
        call_of(
            "session.login_with_password",
            &strings.each_ref().map(String::as_str)
        )
    );
    assert_eq!(
        written(
            "VM.clone",
            &["OpaqueRef:SESSION", "OpaqueRef:TEMPLATE", "a<b&c"].map(text)
        ),
        call_of(
            "VM.clone",
            &[
                "<string>OpaqueRef:SESSION</string>",
                "<string>OpaqueRef:TEMPLATE</string>",
                "<string>a&lt;b&amp;c</string>",
            ]
        )
    );
    // Integers are strings, whatever their size.
    assert_eq!(
        written(
            "VM.set_memory_limits",
            &[text("OpaqueRef:VM"), number(268_435_456), number(u64::MAX)]
        ),
        call_of(
            "VM.set_memory_limits",
            &[
                "<string>OpaqueRef:VM</string>",
                "<string>268435456</string>",
                "<string>18446744073709551615</string>",
            ]
        )
    );
    assert_eq!(
        written(
            "VM.start_on",
            &[text("OpaqueRef:VM"), Value::Bool(false), Value::Bool(true)]
        ),
        call_of(
            "VM.start_on",
            &[
                "<string>OpaqueRef:VM</string>",
                "<boolean>0</boolean>",
                "<boolean>1</boolean>"
            ]
        )
    );
}

#[test]
fn what_would_arrive_changed_is_not_written() {
    let unfit = [
        "a\0b",
        "a\u{1}b",
        "a\u{1f}b",
        "a\rb",
        "a\u{fffe}b",
        "a\u{ffff}b",
    ];
    for bad in unfit {
        let nested = Value::Array(vec![text(bad)]);
        let named = Value::Struct([(bad.to_owned(), text("x"))].into());
        for arg in [text(bad), nested, named] {
            let refused = encode("VM.clone", &[arg]).unwrap_err();
            assert!(
                matches!(refused, XenError::RequestUnwritable { .. }),
                "{bad:?}"
            );
        }
    }
    assert!(encode("VM.clone", &[text("tab\t line\n é 漢 🦀 ]]>")]).is_ok());
}

#[test]
fn a_date_is_never_echoed_nor_an_untyped_integer_sent() {
    // The writer panics on a week date.
    let Value::DateTime(week) = read(success(
        "<value><dateTime.iso8601>2026-W34-5T10:00:00Z</dateTime.iso8601></value>",
    ))
    .unwrap() else {
        panic!("a date was sent");
    };
    let values = [
        Value::DateTime(week),
        Value::Int(1),
        Value::Int64(1),
        Value::Double(f64::NAN),
        Value::Double(f64::INFINITY),
        Value::Base64(vec![1]),
        Value::Nil,
    ];
    for value in values {
        assert!(
            encode("VM.x", std::slice::from_ref(&value)).is_err(),
            "{value:?}"
        );
    }
}

#[test]
fn a_request_that_xapi_would_not_read_is_not_sent() {
    assert!(encode("VM.x", &[text("x".repeat(MAX_REQUEST_BYTES - 1000))]).is_ok());
    assert!(encode("VM.x", &[text("x".repeat(MAX_REQUEST_BYTES))]).is_err());
}

#[test]
fn replies_give_their_value() {
    let reference = read(success("<value>OpaqueRef:VM</value>")).unwrap();
    assert_eq!(reference, text("OpaqueRef:VM"));
    assert_eq!(read(success("<value></value>")).unwrap(), text(""));
    assert_eq!(
        read(success("<value>51539607552</value>")).unwrap(),
        text("51539607552")
    );
    let empty_set = read(success("<value><array><data></data></array></value>")).unwrap();
    assert_eq!(empty_set, Value::Array(vec![]));
    let networks = read(success(
        "<value><struct><member><name>0/ip</name><value>192.0.2.17</value></member><member>\
         <name>0/ipv6/0</name><value>fe80::216:3eff:fe00:1</value></member></struct></value>",
    ))
    .unwrap();
    assert_eq!(networks["0/ip"].as_str(), Some("192.0.2.17"));
    let counts = read(success(
        "<value><struct><member><name>vm</name><value><i4>12</i4></value></member></struct></value>",
    ))
    .unwrap();
    assert_eq!(counts["vm"].as_i32(), Some(12));
}

#[test]
fn a_task_record_is_read_with_its_dates_doubles_and_escapes() {
    let record = read(success(
        "<value><struct><member><name>created</name><value><dateTime.iso8601>20260821T10:00:00Z\
         </dateTime.iso8601></value></member><member><name>status</name><value>success</value>\
         </member><member><name>progress</name><value><double>1e+20</double></value></member>\
         <member><name>type</name><value>&lt;none/&gt;</value></member><member><name>result</name>\
         <value>&lt;value&gt;OpaqueRef:VM&lt;/value&gt;</value></member><member><name>error_info\
         </name><value><array><data></data></array></value></member><member><name>other_config\
         </name><value><struct></struct></value></member></struct></value>",
    ))
    .unwrap();
    assert_eq!(record["status"].as_str(), Some("success"));
    assert_eq!(
        record["result"].as_str(),
        Some("<value>OpaqueRef:VM</value>")
    );
    assert_eq!(record["type"].as_str(), Some("<none/>"));
}

#[test]
fn failures_give_their_code_and_parameters() {
    let refused = read(failure(&[
        "VM_BAD_POWER_STATE",
        "OpaqueRef:VM",
        "halted",
        "running",
    ]));
    let Err(XenError::Failure(failure)) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(failure.code, "VM_BAD_POWER_STATE");
    assert_eq!(failure.params, ["OpaqueRef:VM", "halted", "running"]);
}

#[test]
fn an_envelope_that_is_none_is_its_own_error() {
    let without_status = "<value><struct></struct></value>";
    let unknown_status =
        "<value><struct><member><name>Status</name><value>Maybe</value></member></struct></value>";
    let no_description = "<value><struct><member><name>Status</name><value>Failure</value></member></struct></value>";
    for body in [
        "<value>x</value>",
        without_status,
        unknown_status,
        no_description,
    ] {
        let refused = read(reply(body)).unwrap_err();
        assert!(
            matches!(refused, XenError::ReplyUnexpected { .. }),
            "{body}: {refused:?}"
        );
    }
    assert!(matches!(
        read(failure(&[])),
        Err(XenError::ReplyUnexpected { .. })
    ));
}

fn nested(levels: usize) -> Vec<u8> {
    let (open, close) = ("<value><array><data>", "</data></array></value>");
    // The envelope is a struct of its own.
    let levels = levels - 1;
    success(&format!(
        "{}<value>x</value>{}",
        open.repeat(levels),
        close.repeat(levels)
    ))
}

#[test]
fn nesting_is_read_up_to_the_limit_and_not_beyond() {
    assert!(read(nested(MAX_NESTING)).is_ok());
    let refused = XenError::ReplyRefused {
        reason: RefusedReply::TooDeep { limit: MAX_NESTING },
    };
    assert_eq!(read(nested(MAX_NESTING + 1)), Err(refused.clone()));
    // Deep enough to overflow the stack of the parser, were it to see it.
    assert_eq!(read(nested(200_000)), Err(refused.clone()));
    let structs = "<value><struct><member><name>a</name>".repeat(200_000);
    assert_eq!(read(success(&structs)), Err(refused));
}

#[test]
fn what_could_hide_a_closing_tag_from_the_count_is_refused() {
    let hiders = [
        "<!-- </array></array> -->",
        "<![CDATA[</array></array>]]>",
        "<?pi </array></array>?>",
        "<!DOCTYPE x [<!ENTITY a \"</array>\">]>",
    ];
    for hider in hiders {
        let level = format!("<value><array><data>{hider}");
        let refused = read(success(&level.repeat(200_000))).unwrap_err();
        assert_eq!(
            refused,
            XenError::ReplyRefused {
                reason: RefusedReply::Markup
            },
            "{hider}"
        );
    }
    // With a closing tag in an attribute the parser itself stops at that tag.
    let level = "<value><array a=\"</array>\"><data>";
    assert!(read(success(&level.repeat(200_000))).is_err());
}

#[test]
fn a_doctype_is_refused() {
    let mut body = b"<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY a \"aaaa\">]>".to_vec();
    body.extend(success("<value>x</value>"));
    assert_eq!(
        read(body),
        Err(XenError::ReplyRefused {
            reason: RefusedReply::Markup
        })
    );
}

#[test]
fn encodings_in_which_a_tag_is_not_ascii_are_refused() {
    let wide: Vec<u8> = String::from_utf8(nested(200_000))
        .unwrap()
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let with_mark = [vec![0xff, 0xfe], wide.clone()].concat();
    let declared = [
        b"<?xml version=\"1.0\" encoding=\"utf-16\"?>".to_vec(),
        wide,
    ]
    .concat();
    for body in [with_mark, declared, b"\xff<methodResponse>".to_vec()] {
        assert_eq!(
            read(body),
            Err(XenError::ReplyRefused {
                reason: RefusedReply::NotUtf8
            })
        );
    }
}

#[test]
fn a_reply_that_does_not_parse_is_its_own_error_and_is_not_quoted() {
    let whole = success("<value>hunter2</value>");
    // xapi does not escape names of struct members.
    let unescaped = success(
        "<value><struct><member><name>a<b&c</name><value>hunter2</value></member></struct></value>",
    );
    let bodies = [
        whole[..whole.len() / 2].to_vec(),
        whole[..40].to_vec(),
        unescaped,
        vec![],
    ];
    for body in bodies {
        let error = read(body).unwrap_err();
        assert!(
            matches!(error, XenError::ReplyUnreadable { .. }),
            "{error:?}"
        );
        assert!(error.is_unreadable());
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}

#[tokio::test]
async fn long_replies_are_read_too() {
    let items = "<value>x</value>".repeat(INLINE_PARSE_BYTES / 8);
    let body = success(&format!(
        "<value><array><data>{items}</data></array></value>"
    ));
    assert!(body.len() > INLINE_PARSE_BYTES);
    let value = decode("VM.get_all", body).await.unwrap();
    assert_eq!(value.as_array().unwrap().len(), INLINE_PARSE_BYTES / 8);
}

/// A value as xapi writes it.
fn in_xapis_form(value: &Value) -> String {
    let escaped = |text: &str| {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        text.replace('>', "&gt;").replace('"', "&quot;")
    };
    let inside = match value {
        Value::String(text) => escaped(text),
        Value::Bool(flag) => format!("<boolean>{}</boolean>", u8::from(*flag)),
        Value::Int(number) => format!("<i4>{number}</i4>"),
        Value::Double(number) => format!("<double>{number}</double>"),
        Value::Array(items) => {
            let items: String = items.iter().map(in_xapis_form).collect();
            format!("<array><data>{items}</data></array>")
        }
        Value::Struct(members) => {
            let member = |(name, value): (&String, &Value)| {
                let (name, value) = (escaped(name), in_xapis_form(value));
                format!("<member><name>{name}</name>{value}</member>")
            };
            format!(
                "<struct>{}</struct>",
                members.iter().map(member).collect::<String>()
            )
        }
        Value::Int64(_) | Value::DateTime(_) | Value::Base64(_) | Value::Nil => {
            panic!("xapi does not write {value:?}")
        }
    };
    format!("<value>{inside}</value>")
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        "[ -~\\t\\nàé漢🦀]{0,20}".prop_map(Value::String),
        any::<bool>().prop_map(Value::Bool),
        any::<i32>().prop_map(Value::Int),
        (-1e6..1e6).prop_map(Value::Double),
    ];
    leaf.prop_recursive(4, 40, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::Array),
            prop::collection::btree_map("[ -~]{0,12}", inner, 0..8).prop_map(Value::Struct),
        ]
    })
}

#[test]
fn a_task_record_is_in_the_form_that_is_read_quickly() {
    let body = success(
        "<value><struct><member><name>created</name><value><dateTime.iso8601>20260821T10:00:00Z\
         </dateTime.iso8601></value></member><member><name>progress</name><value><double>1</double>\
         </value></member><member><name>result</name><value>&lt;value&gt;a&lt;/value&gt;</value>\
         </member></struct></value>",
    );
    let text = String::from_utf8(body).unwrap();
    assert!(read_reply(&text).is_some());
    for odd in [
        text.replace("<value>", "<value> "),
        text.replace("<double>1", "<double>one"),
        text.replace("&lt;", "&#60;"),
        text.replace("20260821", "2026-W34-5"),
        text.replace("<value>", "<value><!-- -->"),
        text.replace("<struct>", "<struct >"),
        text.replace("</methodResponse>", "</methodResponse><x/>"),
        text.replace("&lt;", "\u{1}"),
        text.replace("&lt;", "\u{ffff}"),
        text.replace("&lt;", "]]>"),
    ] {
        assert_eq!(read_reply(&odd), None, "{odd}");
    }
}

proptest! {
    #[test]
    fn what_is_read_quickly_is_what_the_parser_reads(value in any_value()) {
        let body = reply(&in_xapis_form(&value));
        let text = String::from_utf8(body.clone()).unwrap();
        if let Some(quickly) = read_reply(&text) {
            prop_assert_eq!(parse("x", body).unwrap(), quickly);
        }
    }

    #[test]
    fn a_jumble_that_is_read_quickly_is_read_the_same_by_the_parser(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "<value>", "</value>", "<value>x</value>", "<array><data>", "</data></array>",
            "<struct>", "</struct>", "<member><name>", "</name>", "</member>", "x", "&amp;", "&",
            "]]>", "<string>", "</string>", "<boolean>1</boolean>", "<double>", "1", "</double>",
            " ", "\n", "<member><name>a</name><value>b</value></member>",
        ]), 0..12),
    ) {
        let body = reply(&format!("<value>{}</value>", pieces.concat()));
        let text = String::from_utf8(body.clone()).unwrap();
        if let Some(quickly) = read_reply(&text) {
            prop_assert_eq!(parse("x", body).unwrap(), quickly);
        }
    }

    #[test]
    fn text_arrives_at_another_implementation_as_it_was_sent(sent in "\\PC{0,60}") {
        let bytes = written("VM.x", &[text(sent.clone())]);
        let call = dxr::MethodCall::from_xml(&bytes).unwrap();
        let received: String = dxr::TryFromValue::try_from_value(&call.params[0]).unwrap();
        prop_assert_eq!(received, sent);
    }

    #[test]
    fn no_jumble_of_tags_breaks_the_reader(pieces in prop::collection::vec(prop::sample::select(vec![
        "<value>", "</value>", "<array>", "</array>", "<data>", "</data>", "<struct>", "</struct>",
        "<member>", "</member>", "<name>", "</name>", "x", "&amp;", "&", "<", ">", "<struct/>",
        "<i4>", "</i4>", "<dateTime.iso8601>", "20260821T10:00:00Z", "<nil/>", "<?", "<!", " ",
    ]), 0..40)) {
        let _ = read(success(&pieces.concat()));
    }
}
