//! Values and failures of XenAPI, free of any wire form.
//!
//! Owns what a call takes and gives; `xml` and `json` write and read it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use openpex_aggregates::Timestamp;

use super::handle::Handle;

/// A value as XenAPI types it.
#[derive(Clone, Debug, PartialEq)]
pub enum XenValue {
    /// A string, an enum constant, a reference, or the void result as the empty string.
    Text(Cow<'static, str>),
    /// The 64-bit `int` of the datamodel, decimal digits in a string on XML.
    Int(i64),
    /// A true 32-bit integer; only the counts of `event.from` are one.
    Int32(i32),
    /// A boolean.
    Bool(bool),
    /// A floating-point number.
    Double(f64),
    /// An instant, whole seconds on the wire.
    Date(Timestamp),
    /// A set or list.
    List(Vec<XenValue>),
    /// A map or a record, in the order in which it is written.
    Map(Vec<Field>),
    /// What Python sends for `None`.
    Nil,
}

/// One member of a record or map.
pub type Field = (Cow<'static, str>, XenValue);

/// A member of a record.
pub fn field(name: &'static str, value: impl Into<XenValue>) -> Field {
    (Cow::Borrowed(name), value.into())
}

impl XenValue {
    /// What a call without a result gives.
    pub const VOID: Self = Self::Text(Cow::Borrowed(""));

    /// A set of what can be a value.
    pub fn list<T: Into<Self>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }

    /// The empty set.
    #[must_use]
    pub const fn empty_list() -> Self {
        Self::List(Vec::new())
    }

    /// The empty map.
    #[must_use]
    pub const fn empty_map() -> Self {
        Self::Map(Vec::new())
    }
}

impl From<&'static str> for XenValue {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for XenValue {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<&String> for XenValue {
    fn from(text: &String) -> Self {
        Self::Text(Cow::Owned(text.clone()))
    }
}

impl From<i64> for XenValue {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for XenValue {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<Handle> for XenValue {
    fn from(handle: Handle) -> Self {
        Self::Text(Cow::Owned(handle.to_string()))
    }
}

impl From<&Handle> for XenValue {
    fn from(handle: &Handle) -> Self {
        Self::from(*handle)
    }
}

impl From<uuid::Uuid> for XenValue {
    fn from(uuid: uuid::Uuid) -> Self {
        Self::Text(Cow::Owned(uuid.to_string()))
    }
}

impl From<Timestamp> for XenValue {
    fn from(at: Timestamp) -> Self {
        Self::Date(at)
    }
}

impl From<&BTreeMap<String, String>> for XenValue {
    fn from(map: &BTreeMap<String, String>) -> Self {
        Self::Map(
            map.iter()
                .map(|(key, value)| (Cow::Owned(key.clone()), value.into()))
                .collect(),
        )
    }
}

impl From<Vec<Field>> for XenValue {
    fn from(fields: Vec<Field>) -> Self {
        Self::Map(fields)
    }
}

/// An instant as XenAPI writes it, `20260821T10:00:00Z`.
#[must_use]
pub fn format_date(at: Timestamp) -> String {
    at.to_datetime().map_or_else(
        || "19700101T00:00:00Z".to_owned(),
        |at| at.format("%Y%m%dT%H:%M:%SZ").to_string(),
    )
}

/// Why a call was refused: a code of XenAPI and its parameters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code} {params:?}")]
pub struct Failure {
    /// The error code, such as `VM_BAD_POWER_STATE`.
    pub code: Cow<'static, str>,
    /// What the code's parameters are; XENAPI.md, appendix B.
    pub params: Vec<String>,
}

impl Failure {
    /// A failure with its parameters.
    pub fn new<T: ToString>(code: &'static str, params: impl IntoIterator<Item = T>) -> Self {
        Self {
            code: Cow::Borrowed(code),
            params: params.into_iter().map(|param| param.to_string()).collect(),
        }
    }

    /// A failure whose code says it all.
    #[must_use]
    pub const fn bare(code: &'static str) -> Self {
        Self {
            code: Cow::Borrowed(code),
            params: Vec::new(),
        }
    }

    /// The reference is not, or no longer, one of that class.
    pub fn handle_invalid(class: &str, reference: impl ToString) -> Self {
        Self::new("HANDLE_INVALID", [class.to_owned(), reference.to_string()])
    }

    /// What the caller may not do, with the reason in words.
    #[must_use]
    pub fn not_allowed(reason: &str) -> Self {
        Self::new("OPERATION_NOT_ALLOWED", [reason])
    }

    /// The value of a field cannot be.
    pub fn invalid_value(field: &str, value: impl ToString) -> Self {
        Self::new("INVALID_VALUE", [field.to_owned(), value.to_string()])
    }

    /// The code and its parameters as one list, as every wire form has it.
    pub fn description(&self) -> impl Iterator<Item = String> + '_ {
        std::iter::once(self.code.to_string()).chain(self.params.iter().cloned())
    }
}
