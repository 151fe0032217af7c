//! JSON-RPC 1.0 and 2.0 as xapi speaks it beside XML-RPC; sessions are shared.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::value::{Failure, XenValue, format_date};
use super::xml::Request;

/// Why a request body is no call.
#[derive(Debug, thiserror::Error)]
pub enum MalformedCall {
    /// It is not JSON, or not such a call.
    #[error("the body is not a JSON-RPC call: {0}")]
    NotACall(#[from] serde_json::Error),
    /// It must be there and must not be null.
    #[error("the call has no id")]
    NoId,
}

#[derive(Deserialize)]
struct Call {
    #[serde(default)]
    jsonrpc: Option<String>,
    method: String,
    params: Vec<Value>,
    #[serde(default)]
    id: Value,
}

/// What a reply needs to know of its call.
#[derive(Debug)]
pub struct Envelope {
    version_2: bool,
    bare: bool,
    id: Value,
}

/// Reads a call.
pub fn read_call(body: &[u8]) -> Result<(Request, Envelope), MalformedCall> {
    let call: Call = serde_json::from_slice(body)?;
    if call.id.is_null() {
        return Err(MalformedCall::NoId);
    }
    let envelope = Envelope {
        version_2: call.jsonrpc.as_deref() == Some("2.0"),
        bare: call.method == "system.listMethods",
        id: call.id,
    };
    let params = call.params.into_iter().map(from_json).collect();
    Ok((
        Request {
            method: call.method,
            params,
        },
        envelope,
    ))
}

impl Envelope {
    /// The reply to the call.
    #[must_use]
    pub fn write_reply(&self, outcome: &Result<XenValue, Failure>) -> String {
        let id = &self.id;
        let reply = match (outcome, self.version_2) {
            (Ok(value), true) => json!({"jsonrpc": "2.0", "result": to_json(value), "id": id}),
            (Ok(value), false) if self.bare => {
                json!({"result": to_json(value), "error": null, "id": id})
            }
            (Ok(value), false) => {
                let result = json!({"Status": "Success", "Value": to_json(value)});
                json!({"result": result, "error": null, "id": id})
            }
            (Err(failure), true) => json!({
                "jsonrpc": "2.0",
                "error": {"code": 1, "message": failure.code, "data": failure.params},
                "id": id,
            }),
            (Err(failure), false) => {
                let description: Vec<String> = failure.description().collect();
                json!({"result": null, "error": description, "id": id})
            }
        };
        reply.to_string()
    }
}

fn from_json(value: Value) -> XenValue {
    match value {
        Value::Null => XenValue::Nil,
        Value::Bool(truth) => XenValue::Bool(truth),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => XenValue::Int(whole),
            (None, Some(double)) => XenValue::Double(double),
            (None, None) => XenValue::from(number.to_string()),
        },
        Value::String(text) => XenValue::from(text),
        Value::Array(items) => XenValue::List(items.into_iter().map(from_json).collect()),
        Value::Object(members) => XenValue::Map(
            members
                .into_iter()
                .map(|(name, value)| (name.into(), from_json(value)))
                .collect(),
        ),
    }
}

fn to_json(value: &XenValue) -> Value {
    match value {
        XenValue::Text(text) => Value::from(text.as_ref()),
        XenValue::Int(number) => Value::from(*number),
        XenValue::Int32(number) => Value::from(*number),
        XenValue::Bool(truth) => Value::from(*truth),
        XenValue::Double(number) => Value::from(*number),
        XenValue::Date(at) => Value::from(format_date(*at)),
        XenValue::List(items) => items.iter().map(to_json).collect(),
        XenValue::Map(fields) => {
            let members = fields
                .iter()
                .map(|(name, value)| (name.to_string(), to_json(value)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        XenValue::Nil => Value::Null,
    }
}
