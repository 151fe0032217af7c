//! Tasks: what an asynchronous call becomes.

use std::collections::BTreeMap;

use openpex_aggregates::Timestamp;

use super::class::Class;
use super::table::Row;
use crate::simulator::handle::Handle;
use crate::simulator::value::{Failure, Field, XenValue, field};
use crate::simulator::xml;

/// How far a task is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Progress {
    /// Not done yet.
    #[default]
    Pending,
    /// Done, with what it gave.
    Success(Timestamp, XenValue),
    /// Failed.
    Failed(Timestamp, Failure),
    /// Stopped by `task.cancel` or overtaken by a harder operation.
    Cancelled(Timestamp, Failure),
}

/// A task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Task {
    pub handle: Handle,
    pub name_label: String,
    pub name_description: String,
    pub created: Timestamp,
    pub progress: Progress,
    pub resident_on: Handle,
    /// The VM on which it has an operation in progress, which `task.cancel` can stop; or null.
    pub operating_on: Handle,
    pub other_config: BTreeMap<String, String>,
}

impl Row for Task {
    const CLASS: Class = Class::Task;

    fn handle(&self) -> Handle {
        self.handle
    }
}

impl Task {
    /// When it ended, if it has.
    #[must_use]
    pub const fn finished(&self) -> Option<Timestamp> {
        match &self.progress {
            Progress::Pending => None,
            Progress::Success(at, _) | Progress::Failed(at, _) | Progress::Cancelled(at, _) => {
                Some(*at)
            }
        }
    }

    /// Its record.
    #[must_use]
    pub fn record(&self) -> Vec<Field> {
        let done = self.finished();
        let (status, result, error_info) = match &self.progress {
            Progress::Pending => ("pending", String::new(), XenValue::empty_list()),
            Progress::Success(_, value) => (
                "success",
                xml::write_fragment(value),
                XenValue::empty_list(),
            ),
            Progress::Failed(_, failure) => (
                "failure",
                String::new(),
                XenValue::list(failure.description()),
            ),
            Progress::Cancelled(_, failure) => (
                "cancelled",
                String::new(),
                XenValue::list(failure.description()),
            ),
        };
        let allowed: &[&'static str] = if done.is_none() && !self.operating_on.is_null() {
            &["cancel"]
        } else {
            &[]
        };
        vec![
            field("uuid", self.handle.uuid()),
            field("name_label", &self.name_label),
            field("name_description", &self.name_description),
            field(
                "allowed_operations",
                XenValue::list(allowed.iter().copied()),
            ),
            field("current_operations", XenValue::empty_map()),
            field("created", self.created),
            field("finished", done.unwrap_or_default()),
            field("status", status),
            field("resident_on", self.resident_on),
            field(
                "progress",
                XenValue::Double(if done.is_some() { 1.0 } else { 0.0 }),
            ),
            field("type", "<none/>"),
            field("result", result),
            field("error_info", error_info),
            field("other_config", &self.other_config),
            field("subtask_of", Handle::NULL),
            field("subtasks", XenValue::empty_list()),
            field("backtrace", "()"),
        ]
    }
}
