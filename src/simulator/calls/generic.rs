//! Getters and setters, which follow from the classes and their fields.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{Arguments, Conduct, Context};
use crate::simulator::handle::Handle;
use crate::simulator::state::State;
use crate::simulator::state::class::Class;
use crate::simulator::state::records::fields_of;
use crate::simulator::value::{Failure, XenValue};

/// A getter or setter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generic {
    GetAll(Class),
    GetAllRecords(Class),
    GetRecord(Class),
    GetByUuid(Class),
    GetByNameLabel(Class),
    Get(Class, &'static str),
    Set(Class, &'static str),
    AddTo(Class, &'static str),
    RemoveFrom(Class, &'static str),
    AddTags(Class),
    RemoveTags(Class),
}

/// The fields that hold a string and can be set.
const TEXTS: [&str; 2] = ["name_label", "name_description"];
/// The fields that hold a map of strings and can be set; all but the first are of VMs.
const MAPS: [&str; 3] = ["other_config", "platform", "xenstore_data"];
/// The field that holds a set of strings and can be set.
const TAGS: &str = "tags";

fn is_text(class: Class, field: &str) -> bool {
    class != Class::Task && TEXTS.contains(&field)
}

fn is_map(class: Class, field: &str) -> bool {
    let read_only = matches!(
        class,
        Class::HostMetrics | Class::VmMetrics | Class::VmGuestMetrics | Class::Session
    );
    MAPS.contains(&field) && !read_only && (field == MAPS[0] || class == Class::Vm)
}

fn known_field(class: Class, name: &str) -> Option<&'static str> {
    fields_of(class)
        .iter()
        .copied()
        .find(|field| *field == name)
}

impl Generic {
    /// The getter or setter of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let (class, verb) = name.split_once('.')?;
        if class == Class::Session.name() {
            let field = known_field(Class::Session, verb.strip_prefix("get_")?)?;
            return Some(Self::Get(Class::Session, field));
        }
        let class = Class::named(class)?;
        let has_tags = fields_of(class).contains(&TAGS);
        match verb {
            "get_all" => Some(Self::GetAll(class)),
            "get_all_records" => Some(Self::GetAllRecords(class)),
            "get_record" => Some(Self::GetRecord(class)),
            "get_by_uuid" => Some(Self::GetByUuid(class)),
            "get_by_name_label" => class.has_name().then_some(Self::GetByNameLabel(class)),
            "add_tags" => has_tags.then_some(Self::AddTags(class)),
            "remove_tags" => has_tags.then_some(Self::RemoveTags(class)),
            _ => Self::of_field(class, verb),
        }
    }

    fn of_field(class: Class, verb: &str) -> Option<Self> {
        let map = |prefix| {
            let field = known_field(class, verb.strip_prefix(prefix)?)?;
            is_map(class, field).then_some(field)
        };
        if let Some(field) = verb.strip_prefix("get_") {
            return known_field(class, field).map(|field| Self::Get(class, field));
        }
        if let Some(field) = verb.strip_prefix("set_") {
            let field = known_field(class, field)?;
            let settable = is_text(class, field) || is_map(class, field) || field == TAGS;
            return settable.then_some(Self::Set(class, field));
        }
        let added = map("add_to_").map(|field| Self::AddTo(class, field));
        added.or_else(|| map("remove_from_").map(|field| Self::RemoveFrom(class, field)))
    }

    /// How it is run.
    #[must_use]
    pub const fn conduct(self) -> Conduct {
        let changes = matches!(
            self,
            Self::Set(class, _)
                | Self::AddTo(class, _)
                | Self::RemoveFrom(class, _)
                | Self::AddTags(class)
                | Self::RemoveTags(class)
                if !matches!(class, Class::Task)
        );
        if changes { Conduct::Set } else { Conduct::Look }
    }

    /// How many parameters it takes after the session.
    #[must_use]
    pub const fn parameters(self) -> usize {
        match self {
            Self::GetAll(_) | Self::GetAllRecords(_) => 0,
            Self::GetRecord(_) | Self::GetByUuid(_) | Self::GetByNameLabel(_) | Self::Get(..) => 1,
            Self::Set(..) | Self::RemoveFrom(..) | Self::AddTags(_) | Self::RemoveTags(_) => 2,
            Self::AddTo(..) => 3,
        }
    }

    /// Does it.
    pub fn run(
        self,
        context: &mut Context<'_>,
        arguments: &Arguments<'_>,
    ) -> Result<XenValue, Failure> {
        let Context { state, now, .. } = context;
        match self {
            Self::GetAll(class) => Ok(XenValue::list(state.handles(class, *now))),
            Self::GetAllRecords(class) => {
                let record = |handle: Handle| {
                    let record = state.record(class, handle, *now)?;
                    Ok((Cow::Owned(handle.to_string()), XenValue::from(record)))
                };
                let records = state.handles(class, *now).into_iter().map(record);
                records.collect::<Result<_, Failure>>().map(XenValue::Map)
            }
            Self::GetRecord(class) => {
                let handle = arguments.handle(0, class)?;
                state.record(class, handle, *now).map(XenValue::from)
            }
            Self::GetByUuid(class) => {
                let text = arguments.text(0, "uuid")?;
                let handle = Uuid::try_parse(text).ok().map(Handle::of_uuid);
                let found = handle.filter(|handle| state.record(class, *handle, *now).is_ok());
                let unknown = || Failure::new("UUID_INVALID", [class.name(), text]);
                found.map(XenValue::from).ok_or_else(unknown)
            }
            Self::GetByNameLabel(class) => {
                let name = arguments.text(0, "label")?;
                Ok(XenValue::list(state.handles_named(class, name)))
            }
            Self::Get(class, field) => {
                let record = state.record(class, arguments.handle(0, class)?, *now)?;
                let value = record.into_iter().find(|(name, _)| name == field);
                Ok(value
                    .expect("invariant: the field was found by its class")
                    .1)
            }
            Self::Set(class, field) => set(state, class, field, arguments),
            Self::AddTo(class, field) => add_to(state, class, field, arguments),
            Self::RemoveFrom(class, field) => {
                let key = arguments.text(1, "key")?;
                state
                    .map_mut(class, arguments.handle(0, class)?, field)?
                    .remove(key);
                Ok(XenValue::VOID)
            }
            Self::AddTags(class) => {
                let tag = arguments.text(1, "value")?.to_owned();
                state
                    .tags_mut(class, arguments.handle(0, class)?)?
                    .insert(tag);
                Ok(XenValue::VOID)
            }
            Self::RemoveTags(class) => {
                let tag = arguments.text(1, "value")?;
                state
                    .tags_mut(class, arguments.handle(0, class)?)?
                    .remove(tag);
                Ok(XenValue::VOID)
            }
        }
    }

    /// Names of all getters and setters.
    pub fn all_names() -> Vec<String> {
        let mut names = Vec::new();
        for class in Class::LISTED.into_iter().chain([Class::Session]) {
            for verb in ["get_all", "get_all_records", "get_record", "get_by_uuid"] {
                names.push(format!("{class}.{verb}"));
            }
            for verb in ["get_by_name_label", "add_tags", "remove_tags"] {
                names.push(format!("{class}.{verb}"));
            }
            for field in fields_of(class) {
                for verb in ["get_", "set_", "add_to_", "remove_from_"] {
                    names.push(format!("{class}.{verb}{field}"));
                }
            }
        }
        names.retain(|name| Self::named(name).is_some());
        names
    }
}

fn set(
    state: &mut State,
    class: Class,
    field: &'static str,
    arguments: &Arguments<'_>,
) -> Result<XenValue, Failure> {
    let handle = arguments.handle(0, class)?;
    if is_text(class, field) {
        let text = arguments.text(1, field)?.to_owned();
        state.set_text(class, handle, field, text)?;
    } else if field == TAGS {
        let tags = arguments.texts(1, field)?;
        *state.tags_mut(class, handle)? = tags.into_iter().map(str::to_owned).collect();
    } else {
        *state.map_mut(class, handle, field)? = arguments.map(1, field)?;
    }
    Ok(XenValue::VOID)
}

fn add_to(
    state: &mut State,
    class: Class,
    field: &'static str,
    arguments: &Arguments<'_>,
) -> Result<XenValue, Failure> {
    let handle = arguments.handle(0, class)?;
    let (key, value) = (arguments.text(1, "key")?, arguments.text(2, "value")?);
    let map = state.map_mut(class, handle, field)?;
    if map.contains_key(key) {
        let uuid = handle.uuid().to_string();
        return Err(Failure::new(
            "MAP_DUPLICATE_KEY",
            [class.name(), field, &uuid, key],
        ));
    }
    map.insert(key.to_owned(), value.to_owned());
    Ok(XenValue::VOID)
}

/// `Generic::named` lets no other field through.
fn unknown_field(class: Class, field: &str) -> Failure {
    Failure::new("MESSAGE_METHOD_UNKNOWN", [format!("{class}.set_{field}")])
}

impl State {
    fn set_text(
        &mut self,
        class: Class,
        handle: Handle,
        field: &str,
        text: String,
    ) -> Result<(), Failure> {
        let changes = &mut self.changes;
        let named = field == TEXTS[0];
        let place = match class {
            Class::Vm if named => return self.rename_vm(handle, text),
            Class::Vm => &mut self.vms.edit(changes, handle)?.name_description,
            Class::Pool => {
                let row = self.pools.edit(changes, handle)?;
                if named {
                    &mut row.name_label
                } else {
                    &mut row.name_description
                }
            }
            Class::Host => {
                let row = self.hosts.edit(changes, handle)?;
                if named {
                    &mut row.name_label
                } else {
                    &mut row.name_description
                }
            }
            Class::Vdi => {
                let row = self.vdis.edit(changes, handle)?;
                if named {
                    &mut row.name_label
                } else {
                    &mut row.name_description
                }
            }
            Class::Sr => {
                let row = self.srs.edit(changes, handle)?;
                if named {
                    &mut row.name_label
                } else {
                    &mut row.name_description
                }
            }
            Class::Network => {
                let row = self.networks.edit(changes, handle)?;
                if named {
                    &mut row.name_label
                } else {
                    &mut row.name_description
                }
            }
            Class::HostMetrics
            | Class::VmMetrics
            | Class::VmGuestMetrics
            | Class::Vbd
            | Class::Pbd
            | Class::Vif
            | Class::Task
            | Class::Session => return Err(unknown_field(class, field)),
        };
        *place = text;
        Ok(())
    }

    fn map_mut(
        &mut self,
        class: Class,
        handle: Handle,
        field: &str,
    ) -> Result<&mut BTreeMap<String, String>, Failure> {
        let changes = &mut self.changes;
        Ok(match class {
            Class::Vm => {
                let vm = self.vms.edit(changes, handle)?;
                match field {
                    "platform" => &mut vm.platform,
                    "xenstore_data" => &mut vm.xenstore_data,
                    _ => &mut vm.other_config,
                }
            }
            Class::Pool => &mut self.pools.edit(changes, handle)?.other_config,
            Class::Host => &mut self.hosts.edit(changes, handle)?.other_config,
            Class::Vbd => &mut self.vbds.edit(changes, handle)?.other_config,
            Class::Vdi => &mut self.vdis.edit(changes, handle)?.other_config,
            Class::Sr => &mut self.srs.edit(changes, handle)?.other_config,
            Class::Pbd => &mut self.pbds.edit(changes, handle)?.other_config,
            Class::Vif => &mut self.vifs.edit(changes, handle)?.other_config,
            Class::Network => &mut self.networks.edit(changes, handle)?.other_config,
            Class::Task => &mut self.tasks.edit(changes, handle)?.other_config,
            Class::HostMetrics | Class::VmMetrics | Class::VmGuestMetrics | Class::Session => {
                return Err(unknown_field(class, field));
            }
        })
    }

    fn tags_mut(&mut self, class: Class, handle: Handle) -> Result<&mut BTreeSet<String>, Failure> {
        let changes = &mut self.changes;
        Ok(match class {
            Class::Vm => &mut self.vms.edit(changes, handle)?.tags,
            Class::Pool => &mut self.pools.edit(changes, handle)?.tags,
            Class::Host => &mut self.hosts.edit(changes, handle)?.tags,
            Class::Vdi => &mut self.vdis.edit(changes, handle)?.tags,
            Class::Sr => &mut self.srs.edit(changes, handle)?.tags,
            Class::Network => &mut self.networks.edit(changes, handle)?.tags,
            Class::HostMetrics
            | Class::VmMetrics
            | Class::VmGuestMetrics
            | Class::Vbd
            | Class::Pbd
            | Class::Vif
            | Class::Task
            | Class::Session => return Err(unknown_field(class, TAGS)),
        })
    }
}
