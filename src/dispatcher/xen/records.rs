//! What we read of the pool's records, taken out of the values of XML-RPC.
//!
//! Records are untrusted: a member that is missing or of another type is an error that names it,
//! except where a field is only for show.

use std::collections::BTreeMap;

use openpex_aggregates::InstanceId;
use openpex_aggregates::instance::{InstanceSpec, PowerState};
use xmlrpc::Value;

use super::failures::XenError;
use crate::dispatcher::FailureClass;

/// The reference that points nowhere.
const NULL_REF: &str = "OpaqueRef:NULL";

/// Key in `other_config` of a VM that holds the instance it is.
pub(super) const INSTANCE_KEY: &str = "openpex:instance";

/// Key in `other_config` of a VM that holds the reservation it was made for.
pub(super) const RESERVATION_KEY: &str = "openpex:reservation";

/// Key in `other_config` of a template that describes the disks which provisioning is to make.
const DISKS_KEY: &str = "disks";

/// Key in `other_config` of a VM that holds the last reboot begun: effect and domain before it.
pub(super) const REBOOT_KEY: &str = "openpex:reboot";

/// The label of an instance's VM: its name for people, its id so that the label is unique and an
/// untagged clone is found again.
pub(super) fn vm_label(spec: &InstanceSpec) -> String {
    format!("{} {LABEL_MARK}{})", spec.name, spec.instance_id)
}

/// The label that every disk of an instance gets before its VM is destroyed.
pub(super) fn disk_label(instance_id: InstanceId) -> String {
    format!("disk of {LABEL_MARK}{instance_id})")
}

const LABEL_MARK: &str = "(openpex ";

fn instance_in_label(label: &str) -> Option<InstanceId> {
    let (_, id) = label.rsplit_once(LABEL_MARK)?;
    id.strip_suffix(')')?.parse().ok()
}

/// The members of a record or the entries of a map.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a> {
    method: &'a str,
    members: &'a BTreeMap<String, Value>,
}

impl<'a> Fields<'a> {
    /// The members of `value`, which `method` answered.
    pub(super) fn of(method: &'a str, value: &'a Value) -> Result<Self, XenError> {
        let members = value
            .as_struct()
            .ok_or_else(|| unexpected(method, "a record"))?;
        Ok(Self { method, members })
    }

    /// Each entry of a map of records: its reference and its fields.
    pub(super) fn records(self) -> impl Iterator<Item = Result<(&'a str, Fields<'a>), XenError>> {
        self.members.iter().map(move |(reference, record)| {
            Ok((reference.as_str(), Fields::of(self.method, record)?))
        })
    }

    pub(super) fn text(self, name: &'static str) -> Result<&'a str, XenError> {
        self.members
            .get(name)
            .and_then(Value::as_str)
            .ok_or_else(|| unexpected(self.method, name))
    }

    pub(super) fn flag(self, name: &'static str) -> Result<bool, XenError> {
        self.members
            .get(name)
            .and_then(Value::as_bool)
            .ok_or_else(|| unexpected(self.method, name))
    }

    /// An integer as the pool writes it, a string of digits; negative and unreadable ones (the
    /// pool says -1 for "not known") count as 0.
    pub(super) fn number(self, name: &'static str) -> u64 {
        self.members
            .get(name)
            .and_then(Value::as_str)
            .and_then(|t| t.parse().ok())
            .unwrap_or(0)
    }

    /// A reference, `None` where it points nowhere.
    pub(super) fn reference(self, name: &'static str) -> Option<&'a str> {
        let reference = self.members.get(name)?.as_str()?;
        (!reference.is_empty() && reference != NULL_REF).then_some(reference)
    }

    /// The strings of a set.
    pub(super) fn set(self, name: &'static str) -> Result<Vec<String>, XenError> {
        let value = self
            .members
            .get(name)
            .ok_or_else(|| unexpected(self.method, name))?;
        strings(self.method, value)
    }

    /// A field as it came.
    pub(super) fn value(self, name: &str) -> Option<&'a Value> {
        self.members.get(name)
    }

    /// The items of an array.
    pub(super) fn items(self, name: &'static str) -> Result<&'a [Value], XenError> {
        let items = self.members.get(name).and_then(Value::as_array);
        items.ok_or_else(|| unexpected(self.method, name))
    }

    /// The members of a record inside of this one.
    pub(super) fn record(self, name: &'static str) -> Result<Self, XenError> {
        let members = self.members.get(name).and_then(Value::as_struct);
        let members = members.ok_or_else(|| unexpected(self.method, name))?;
        Ok(Self { members, ..self })
    }

    /// A count: the one kind of integer that the pool writes as such (`<i4>`).
    pub(super) fn count(self, name: &str) -> Option<usize> {
        usize::try_from(self.members.get(name)?.as_i32()?).ok()
    }

    /// Whether there is such a field.
    pub(super) fn has(self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// The strings of a map; entries that are none are left out.
    pub(super) fn map(self, name: &'static str) -> BTreeMap<String, String> {
        let Some(Value::Struct(entries)) = self.members.get(name) else {
            return BTreeMap::new();
        };
        let entry = |(k, v): (&String, &Value)| Some((k.clone(), v.as_str()?.to_owned()));
        entries.iter().filter_map(entry).collect()
    }
}

/// The strings of a set that `method` answered.
pub(super) fn strings(method: &str, value: &Value) -> Result<Vec<String>, XenError> {
    let items = value
        .as_array()
        .ok_or_else(|| unexpected(method, "a set"))?;
    items
        .iter()
        .map(|item| {
            item.as_str()
                .map(str::to_owned)
                .ok_or_else(|| unexpected(method, "a set"))
        })
        .collect()
}

fn unexpected(method: &str, expected: &'static str) -> XenError {
    XenError::ReplyUnexpected {
        method: method.to_owned(),
        expected,
    }
}

/// A VM, as far as we look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Vm {
    pub(super) reference: String,
    pub(super) uuid: String,
    pub(super) label: String,
    pub(super) description: String,
    pub(super) power_state: PowerState,
    /// What the pool is doing to it just now.
    operations: Vec<String>,
    pub(super) is_template: bool,
    pub(super) is_default_template: bool,
    pub(super) is_snapshot: bool,
    pub(super) is_control_domain: bool,
    pub(super) other_config: BTreeMap<String, String>,
    /// Whether `other_config` could be read; without it the map is empty.
    pub(super) other_config_read: bool,
    pub(super) guest_metrics: Option<String>,
    pub(super) suspend_disk: Option<String>,
    /// Number of the running domain; a new one with every boot, "-1" when there is none.
    pub(super) domain: String,
    pub(super) vcpus_max: u64,
    pub(super) vcpus_at_startup: u64,
    /// Bytes: static minimum and maximum, dynamic minimum and maximum.
    pub(super) memory: [u64; 4],
    pub(super) block_devices: Vec<String>,
    pub(super) snapshots: Vec<String>,
}

/// The fields of `VM` that [`Vm::read`] takes, for reading them one by one where the whole record
/// does not parse.
pub(super) const VM_FIELDS: [&str; 21] = [
    "uuid",
    "name_label",
    "name_description",
    "power_state",
    "current_operations",
    "is_a_template",
    "is_default_template",
    "is_a_snapshot",
    "is_control_domain",
    "other_config",
    "guest_metrics",
    "suspend_VDI",
    "domid",
    "VCPUs_max",
    "VCPUs_at_startup",
    "memory_static_min",
    "memory_static_max",
    "memory_dynamic_min",
    "memory_dynamic_max",
    "VBDs",
    "snapshots",
];

impl Vm {
    pub(super) fn read(reference: &str, fields: Fields<'_>) -> Result<Self, XenError> {
        let owned = |reference: Option<&str>| reference.map(str::to_owned);
        Ok(Self {
            reference: reference.to_owned(),
            uuid: fields.text("uuid")?.to_owned(),
            label: fields.text("name_label")?.to_owned(),
            description: fields.text("name_description")?.to_owned(),
            power_state: power_state(fields.text("power_state")?),
            operations: fields.map("current_operations").into_values().collect(),
            is_template: fields.flag("is_a_template")?,
            // Absent before 7.3.
            is_default_template: fields.flag("is_default_template").unwrap_or(false),
            is_snapshot: fields.flag("is_a_snapshot")?,
            is_control_domain: fields.flag("is_control_domain")?,
            other_config: fields.map("other_config"),
            other_config_read: fields.has("other_config"),
            guest_metrics: owned(fields.reference("guest_metrics")),
            suspend_disk: owned(fields.reference("suspend_VDI")),
            domain: fields.text("domid")?.to_owned(),
            vcpus_max: fields.number("VCPUs_max"),
            vcpus_at_startup: fields.number("VCPUs_at_startup"),
            memory: [
                fields.number("memory_static_min"),
                fields.number("memory_static_max"),
                fields.number("memory_dynamic_min"),
                fields.number("memory_dynamic_max"),
            ],
            block_devices: fields.set("VBDs")?,
            snapshots: fields.set("snapshots")?,
        })
    }

    /// The instance this VM says it is: by its tag, or by its label where the tag is not there
    /// yet.
    pub(super) fn instance_id(&self) -> Option<InstanceId> {
        match self.other_config.get(INSTANCE_KEY) {
            Some(tag) => tag.parse().ok(),
            None => instance_in_label(&self.label),
        }
    }

    /// Which of several VMs of one instance counts, the first in this order: the one that is not
    /// halted, else the one made ready, else the tagged one, else that of the smallest uuid.
    pub(super) fn precedence(&self) -> (bool, bool, bool, String) {
        let halted = self.power_state == PowerState::Halted;
        (
            halted,
            self.is_template,
            !self.is_tagged(),
            self.uuid.clone(),
        )
    }

    /// Refuses when the pool is about to change the power state that was just read: an attempt
    /// that was given up still has its task there.
    pub(super) fn refuse_if_leaving(&self) -> Result<(), XenError> {
        let leaving: &[&str] = match self.power_state {
            PowerState::Halted => &["start", "start_on"],
            PowerState::Running => &["clean_shutdown", "hard_shutdown", "shutdown", "suspend"],
            PowerState::Paused | PowerState::Suspended | PowerState::Unknown => &[],
        };
        match self
            .operations
            .iter()
            .find(|operation| leaving.contains(&operation.as_str()))
        {
            None => Ok(()),
            Some(operation) => Err(XenError::Unfit {
                code: "STATE_CHANGING",
                message: format!(
                    "VM {} is {:?} and in {operation}",
                    self.uuid, self.power_state
                ),
                class: FailureClass::Transient,
            }),
        }
    }

    /// Whether provisioning may make disks for it, so that those it had before are not all.
    pub(super) fn gets_disks(&self) -> bool {
        self.is_template && (!self.other_config_read || self.other_config.contains_key(DISKS_KEY))
    }

    /// Whether the tag is there.
    fn is_tagged(&self) -> bool {
        self.other_config.contains_key(INSTANCE_KEY)
    }

    /// Whether the label, too, says that this is `instance_id`. A copy that an operator made of
    /// an instance carries its tag but not its label.
    pub(super) fn label_names(&self, instance_id: InstanceId) -> bool {
        instance_in_label(&self.label) == Some(instance_id)
    }

    /// Whether an operator made it for instances to be cloned from.
    pub(super) fn is_usable_template(&self) -> bool {
        self.is_template && !self.is_snapshot && self.instance_id().is_none()
    }
}

fn power_state(word: &str) -> PowerState {
    match word {
        "Halted" => PowerState::Halted,
        "Running" => PowerState::Running,
        "Paused" => PowerState::Paused,
        "Suspended" => PowerState::Suspended,
        _ => PowerState::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use openpex_aggregates::NodeName;

    use super::*;

    #[test]
    fn a_label_gives_back_the_instance_whatever_its_name() {
        for name in ["pex-1", "", "(openpex x)", "web (openpex "] {
            let spec = InstanceSpec {
                instance_id: "5d0fa0eb-9a4e-4a3c-8f41-0d5a3c1f2b10".parse().unwrap(),
                name: name.to_owned(),
                node: NodeName("node-1".to_owned()),
                ..InstanceSpec::default()
            };
            assert_eq!(instance_in_label(&vm_label(&spec)), Some(spec.instance_id));
            assert_eq!(
                instance_in_label(&disk_label(spec.instance_id)),
                Some(spec.instance_id)
            );
        }
        for label in [
            "Debian 12",
            "5d0fa0eb-9a4e-4a3c-8f41-0d5a3c1f2b10",
            "(openpex )",
        ] {
            assert_eq!(instance_in_label(label), None, "{label}");
        }
    }
}
