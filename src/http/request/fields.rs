//! JSON objects read field by field, so that an error names the field.
//!
//! Stricter than serde's maps: a field that comes twice is refused, and so is every field that
//! nobody asked for.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::http::problem::Problem;

/// The fields of an object that have not been read yet.
#[derive(Debug)]
pub struct Fields {
    /// Where the object is, such as `proposal.`; empty for the body itself.
    prefix: &'static str,
    unread: Map<String, Value>,
    asked_for: Vec<&'static str>,
}

impl Fields {
    /// The object that a body is.
    ///
    /// # Errors
    /// 400 where it is no JSON, no object, or has a field twice.
    pub fn of_body(body: &[u8]) -> Result<Self, Problem> {
        let Strict(value) = serde_json::from_slice(body).map_err(|error| {
            let code = if error.is_data() {
                "duplicate_field"
            } else {
                "not_json"
            };
            Problem::malformed(code, format!("the body does not read as JSON: {error}"))
                .with("line", error.line())
                .with("column", error.column())
        })?;
        let Value::Object(unread) = value else {
            return Err(wrong_type("body", "an object", &value));
        };
        Ok(Self {
            prefix: "",
            unread,
            asked_for: Vec::new(),
        })
    }

    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.asked_for.push(name);
        // An optional field that is null says nothing, like one that is left out.
        self.unread.remove(name).filter(|value| !value.is_null())
    }

    /// A whole number.
    ///
    /// # Errors
    /// 400 where it is none, or one beyond 64 bits.
    pub fn integer(&mut self, name: &'static str) -> Result<Option<i64>, Problem> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        if let Some(number) = value.as_i64() {
            return Ok(Some(number));
        }
        let field = self.path(name);
        match &value {
            Value::Number(number) if is_beyond_64_bits(number) => {
                let detail = format!("{field} is a number beyond 64 bits");
                Err(Problem::malformed("number_too_large", detail).with("field", field))
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => Err(wrong_type(&field, "a whole number", &value)),
        }
    }

    /// A text.
    ///
    /// # Errors
    /// 400 where it is none.
    pub fn text(&mut self, name: &'static str) -> Result<Option<String>, Problem> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(wrong_type(&self.path(name), "a string", &other)),
        }
    }

    /// A list of texts.
    ///
    /// # Errors
    /// 400 where it is none.
    pub fn texts(&mut self, name: &'static str) -> Result<Option<Vec<String>>, Problem> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        let wrong = || wrong_type(&self.path(name), "a list of strings", &value);
        let texts = value.as_array().ok_or_else(wrong)?.iter();
        let text = |one: &Value| one.as_str().map(str::to_owned);
        let texts: Option<Vec<String>> = texts.map(text).collect();
        texts.map(Some).ok_or_else(wrong)
    }

    /// True or false.
    ///
    /// # Errors
    /// 400 where it is neither.
    pub fn boolean(&mut self, name: &'static str) -> Result<Option<bool>, Problem> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(value)),
            Some(other) => Err(wrong_type(&self.path(name), "true or false", &other)),
        }
    }

    /// An object; `prefix` is what its fields are called by, such as `proposal.`.
    ///
    /// # Errors
    /// 400 where it is none.
    pub fn object(
        &mut self,
        name: &'static str,
        prefix: &'static str,
    ) -> Result<Option<Self>, Problem> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Object(unread)) => Ok(Some(Self {
                prefix,
                unread,
                asked_for: Vec::new(),
            })),
            Some(other) => Err(wrong_type(&self.path(name), "an object", &other)),
        }
    }

    /// Lets these fields be there, whatever they hold.
    pub fn ignore(&mut self, names: &[&'static str]) {
        for name in names {
            self.unread.remove(*name);
        }
    }

    /// Checks that nothing is left.
    ///
    /// # Errors
    /// 400 with the first field that nobody asked for.
    pub fn finish(self) -> Result<(), Problem> {
        let Some(name) = self.unread.keys().next() else {
            return Ok(());
        };
        let field = self.path(name);
        let known = self.asked_for.join(", ");
        let detail = format!("unknown field {field:?}; known are {known}");
        Err(Problem::malformed("unknown_field", detail).with("field", field))
    }

    fn path(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

fn is_beyond_64_bits(number: &Number) -> bool {
    // What does not fit in 64 bits reads as a float; 2^63 is the first that cannot be an i64.
    number.is_u64() || number.as_f64().is_some_and(|value| value.abs() >= 9.2e18)
}

fn wrong_type(field: &str, wanted: &str, found: &Value) -> Problem {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "another number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    let detail = format!("{field} must be {wanted}, not {found}");
    Problem::malformed("wrong_type", detail).with("field", field)
}

/// A JSON value in which no object has a field twice.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = items.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let Strict(value) = entries.next_value()?;
            if map.contains_key(&name) {
                return Err(A::Error::custom(format!("field {name:?} comes twice")));
            }
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}
