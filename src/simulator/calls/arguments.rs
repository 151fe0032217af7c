//! The parameters of a call, read by position and type.

use std::collections::BTreeMap;

use crate::simulator::handle::Handle;
use crate::simulator::state::class::Class;
use crate::simulator::value::{Failure, Field, XenValue};

/// The parameters after the session.
#[derive(Clone, Copy, Debug)]
pub struct Arguments<'a>(pub &'a [XenValue]);

fn wrong_type(name: &str) -> Failure {
    Failure::new("FIELD_TYPE_ERROR", [name])
}

impl<'a> Arguments<'a> {
    fn at(&self, position: usize, name: &str) -> Result<&'a XenValue, Failure> {
        self.0.get(position).ok_or_else(|| wrong_type(name))
    }

    /// Whether there is a parameter at that position.
    #[must_use]
    pub const fn has(&self, position: usize) -> bool {
        position < self.0.len()
    }

    /// A string.
    pub fn text(&self, position: usize, name: &str) -> Result<&'a str, Failure> {
        text_of(self.at(position, name)?, name)
    }

    /// A 64-bit integer, which XenAPI carries as a string.
    pub fn int(&self, position: usize, name: &str) -> Result<i64, Failure> {
        int_of(self.at(position, name)?, name)
    }

    /// A boolean.
    pub fn flag(&self, position: usize, name: &str) -> Result<bool, Failure> {
        flag_of(self.at(position, name)?, name)
    }

    /// A number of seconds or the like; whole numbers pass too.
    pub fn double(&self, position: usize, name: &str) -> Result<f64, Failure> {
        match self.at(position, name)? {
            XenValue::Double(number) => Ok(*number),
            XenValue::Int32(number) => Ok(f64::from(*number)),
            XenValue::Int(number) => i32::try_from(*number)
                .map(f64::from)
                .map_err(|_| wrong_type(name)),
            XenValue::Text(text) => text.parse().map_err(|_| wrong_type(name)),
            XenValue::Bool(_)
            | XenValue::Date(_)
            | XenValue::List(_)
            | XenValue::Map(_)
            | XenValue::Nil => Err(wrong_type(name)),
        }
    }

    /// A reference to an object of that class; whether it exists is not looked at.
    pub fn handle(&self, position: usize, class: Class) -> Result<Handle, Failure> {
        handle_of(self.at(position, class.name())?, class)
    }

    /// A map of strings.
    pub fn map(&self, position: usize, name: &str) -> Result<BTreeMap<String, String>, Failure> {
        map_of(self.at(position, name)?, name)
    }

    /// A list of strings.
    pub fn texts(&self, position: usize, name: &str) -> Result<Vec<&'a str>, Failure> {
        match self.at(position, name)? {
            XenValue::List(items) => items.iter().map(|item| text_of(item, name)).collect(),
            XenValue::Text(_)
            | XenValue::Int(_)
            | XenValue::Int32(_)
            | XenValue::Bool(_)
            | XenValue::Double(_)
            | XenValue::Date(_)
            | XenValue::Map(_)
            | XenValue::Nil => Err(wrong_type(name)),
        }
    }

    /// A record to make an object from.
    pub fn record(&self, position: usize, name: &str) -> Result<NewRecord<'a>, Failure> {
        match self.at(position, name)? {
            XenValue::Map(fields) => Ok(NewRecord(fields)),
            XenValue::Text(_)
            | XenValue::Int(_)
            | XenValue::Int32(_)
            | XenValue::Bool(_)
            | XenValue::Double(_)
            | XenValue::Date(_)
            | XenValue::List(_)
            | XenValue::Nil => Err(wrong_type(name)),
        }
    }
}

/// A record that a caller wants an object made from; fields that are not there have defaults.
#[derive(Clone, Copy, Debug)]
pub struct NewRecord<'a>(&'a [Field]);

impl NewRecord<'_> {
    fn find(&self, name: &str) -> Option<&XenValue> {
        self.0
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value)
    }

    /// A string, empty by default.
    pub fn text(&self, name: &str) -> Result<String, Failure> {
        self.find(name).map_or(Ok(String::new()), |value| {
            text_of(value, name).map(str::to_owned)
        })
    }

    /// A boolean, false by default.
    pub fn flag(&self, name: &str) -> Result<bool, Failure> {
        self.find(name)
            .map_or(Ok(false), |value| flag_of(value, name))
    }

    /// A number that must be there.
    pub fn int(&self, name: &str) -> Result<i64, Failure> {
        int_of(self.find(name).ok_or_else(|| wrong_type(name))?, name)
    }

    /// A reference, null by default.
    pub fn handle(&self, name: &str, class: Class) -> Result<Handle, Failure> {
        self.find(name)
            .map_or(Ok(Handle::NULL), |value| handle_of(value, class))
    }

    /// A map of strings, empty by default.
    pub fn map(&self, name: &str) -> Result<BTreeMap<String, String>, Failure> {
        self.find(name)
            .map_or(Ok(BTreeMap::new()), |value| map_of(value, name))
    }
}

fn text_of<'a>(value: &'a XenValue, name: &str) -> Result<&'a str, Failure> {
    if let XenValue::Text(text) = value {
        Ok(text)
    } else {
        Err(wrong_type(name))
    }
}

fn flag_of(value: &XenValue, name: &str) -> Result<bool, Failure> {
    if let XenValue::Bool(truth) = value {
        Ok(*truth)
    } else {
        Err(wrong_type(name))
    }
}

fn int_of(value: &XenValue, name: &str) -> Result<i64, Failure> {
    match value {
        XenValue::Text(text) => text.parse().map_err(|_| wrong_type(name)),
        XenValue::Int(number) => Ok(*number),
        XenValue::Int32(number) => Ok(i64::from(*number)),
        XenValue::Bool(_)
        | XenValue::Double(_)
        | XenValue::Date(_)
        | XenValue::List(_)
        | XenValue::Map(_)
        | XenValue::Nil => Err(wrong_type(name)),
    }
}

fn handle_of(value: &XenValue, class: Class) -> Result<Handle, Failure> {
    let text = text_of(value, class.name())?;
    text.parse()
        .map_err(|_| Failure::handle_invalid(class.name(), text))
}

fn map_of(value: &XenValue, name: &str) -> Result<BTreeMap<String, String>, Failure> {
    if let XenValue::Map(fields) = value {
        fields
            .iter()
            .map(|(key, value)| Ok((key.to_string(), text_of(value, name)?.to_owned())))
            .collect()
    } else {
        Err(wrong_type(name))
    }
}
