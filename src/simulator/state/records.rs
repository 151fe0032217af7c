//! Records of any object by class and reference: what getters and events show.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use openpex_aggregates::Timestamp;

use super::State;
use super::class::Class;
use super::host::{Host, PoolRow};
use super::network::{Network, Vif};
use super::session::Session;
use super::storage::{Pbd, Sr, Vbd, Vdi};
use super::task::Task;
use super::vm::Vm;
use crate::simulator::handle::Handle;
use crate::simulator::value::{Failure, Field};

/// The fields of every class, in the order of its records.
static FIELDS: LazyLock<BTreeMap<Class, Vec<&'static str>>> = LazyLock::new(|| {
    let now = Timestamp(0);
    let records = [
        (Class::Pool, PoolRow::default().record()),
        (Class::Host, Host::default().record(Vec::new())),
        (Class::HostMetrics, Host::default().metrics_record(now)),
        (Class::Vm, Vm::default().record(now, Vec::new())),
        (Class::VmMetrics, Vm::default().metrics_record(now)),
        (Class::VmGuestMetrics, Vm::default().guest_metrics_record()),
        (Class::Vbd, Vbd::default().record(false)),
        (Class::Vdi, Vdi::default().record()),
        (Class::Sr, Sr::default().record()),
        (Class::Pbd, Pbd::default().record(false)),
        (Class::Vif, Vif::default().record(false)),
        (Class::Network, Network::default().record()),
        (Class::Task, Task::default().record()),
        (Class::Session, Session::default().record(Handle::NULL)),
    ];
    records
        .into_iter()
        .map(|(class, record)| (class, names(record)))
        .collect()
});

/// Record fields have fixed names; a name made at run time would be a map's key.
fn names(record: Vec<Field>) -> Vec<&'static str> {
    record
        .into_iter()
        .filter_map(|(name, _)| match name {
            std::borrow::Cow::Borrowed(name) => Some(name),
            std::borrow::Cow::Owned(_) => None,
        })
        .collect()
}

/// The fields of a class.
#[must_use]
pub fn fields_of(class: Class) -> &'static [&'static str] {
    FIELDS.get(&class).map_or(&[], Vec::as_slice)
}

impl State {
    /// The record of an object, or `HANDLE_INVALID`.
    pub fn record(
        &self,
        class: Class,
        handle: Handle,
        now: Timestamp,
    ) -> Result<Vec<Field>, Failure> {
        let invalid = || Failure::handle_invalid(class.name(), handle);
        let has_domain = |vm: Handle| {
            self.vms
                .find(vm)
                .is_some_and(|vm| vm.power.residence().is_some())
        };
        Ok(match class {
            Class::Pool => self.pools.get(handle)?.record(),
            Class::Host => {
                let residents = self.residents(handle).map(|vm| vm.handle).collect();
                self.hosts.get(handle)?.record(residents)
            }
            Class::HostMetrics => self
                .hosts
                .find(handle.metrics())
                .ok_or_else(invalid)?
                .metrics_record(now),
            Class::Vm => self
                .vms
                .get(handle)?
                .record(now, self.allowed_operations(handle, now)),
            Class::VmMetrics => self
                .vms
                .find(handle.metrics())
                .ok_or_else(invalid)?
                .metrics_record(now),
            Class::VmGuestMetrics => {
                let vm = self
                    .vms
                    .find(handle.guest_metrics())
                    .filter(|vm| vm.has_tools(now));
                vm.ok_or_else(invalid)?.guest_metrics_record()
            }
            Class::Vbd => {
                let vbd = self.vbds.get(handle)?;
                vbd.record(has_domain(vbd.vm))
            }
            Class::Vdi => self.vdis.get(handle)?.record(),
            Class::Sr => self.srs.get(handle)?.record(),
            Class::Pbd => {
                let pbd = self.pbds.get(handle)?;
                pbd.record(self.hosts.find(pbd.host).is_some_and(|host| host.live))
            }
            Class::Vif => {
                let vif = self.vifs.get(handle)?;
                vif.record(has_domain(vif.vm))
            }
            Class::Network => self.networks.get(handle)?.record(),
            Class::Task => self.tasks.get(handle)?.record(),
            Class::Session => {
                let master = self
                    .pools
                    .iter()
                    .next()
                    .map_or(Handle::NULL, |pool| pool.master);
                self.sessions
                    .find(handle)
                    .ok_or_else(invalid)?
                    .record(master)
            }
        })
    }

    /// References of all objects of a class.
    #[must_use]
    pub fn handles(&self, class: Class, now: Timestamp) -> Vec<Handle> {
        match class {
            Class::Pool => self.pools.handles().collect(),
            Class::Host => self.hosts.handles().collect(),
            Class::HostMetrics => self.hosts.handles().map(Handle::metrics).collect(),
            Class::Vm => self.vms.handles().collect(),
            Class::VmMetrics => self.vms.handles().map(Handle::metrics).collect(),
            Class::VmGuestMetrics => {
                let reporting = self.vms.iter().filter(|vm| vm.has_tools(now));
                reporting.map(|vm| vm.handle.guest_metrics()).collect()
            }
            Class::Vbd => self.vbds.handles().collect(),
            Class::Vdi => self.vdis.handles().collect(),
            Class::Sr => self.srs.handles().collect(),
            Class::Pbd => self.pbds.handles().collect(),
            Class::Vif => self.vifs.handles().collect(),
            Class::Network => self.networks.handles().collect(),
            Class::Task => self.tasks.handles().collect(),
            Class::Session => Vec::new(),
        }
    }

    /// References of the objects with that name.
    #[must_use]
    pub fn handles_named(&self, class: Class, name: &str) -> Vec<Handle> {
        fn named<'a>(rows: impl Iterator<Item = (&'a String, Handle)>, name: &str) -> Vec<Handle> {
            rows.filter(|(label, _)| *label == name)
                .map(|(_, handle)| handle)
                .collect()
        }
        match class {
            Class::Vm => self.vms_named(name).collect(),
            Class::Pool => named(
                self.pools.iter().map(|row| (&row.name_label, row.handle)),
                name,
            ),
            Class::Host => named(
                self.hosts.iter().map(|row| (&row.name_label, row.handle)),
                name,
            ),
            Class::Vdi => named(
                self.vdis.iter().map(|row| (&row.name_label, row.handle)),
                name,
            ),
            Class::Sr => named(
                self.srs.iter().map(|row| (&row.name_label, row.handle)),
                name,
            ),
            Class::Network => named(
                self.networks
                    .iter()
                    .map(|row| (&row.name_label, row.handle)),
                name,
            ),
            Class::Task => named(
                self.tasks.iter().map(|row| (&row.name_label, row.handle)),
                name,
            ),
            Class::HostMetrics
            | Class::VmMetrics
            | Class::VmGuestMetrics
            | Class::Vbd
            | Class::Pbd
            | Class::Vif
            | Class::Session => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_tells_its_fields_once() {
        for class in Class::LISTED {
            let fields = fields_of(class);
            assert!(fields.contains(&"uuid"), "{class}");
            let distinct: std::collections::BTreeSet<_> = fields.iter().collect();
            assert_eq!(distinct.len(), fields.len(), "{class}");
            assert_eq!(fields.contains(&"name_label"), class.has_name(), "{class}");
        }
        assert_eq!(fields_of(Class::Vm).len(), 90);
    }
}
