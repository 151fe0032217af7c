//! The pool's objects and the rules that hold between them.
//!
//! Owns every object and the indexes over them. All changes of one call are made under one lock and
//! ended by `Changes::seal`; nothing here waits, writes to disk or knows of HTTP. Invariants: a VM
//! is in `occupants` of exactly the hosts whose memory it takes; disks, their devices and their
//! repositories point at each other.

pub mod changes;
pub mod class;
pub mod host;
pub mod network;
pub mod operation;
pub mod records;
pub mod rules;
pub mod seed;
pub mod session;
pub mod storage;
pub mod table;
pub mod task;
pub mod vm;
mod vm_record;

use std::collections::{BTreeMap, BTreeSet};

use openpex_aggregates::Timestamp;

use self::changes::Changes;
use self::class::Class;
use self::host::{Host, PoolRow};
use self::network::{Network, Vif};
use self::session::Sessions;
use self::storage::{Pbd, Sr, Vbd, Vdi};
use self::table::Table;
use self::task::Task;
use self::vm::{InProgress, Power, Vm};
use super::handle::Handle;
use super::value::Failure;

/// Everything in the pool.
#[derive(Debug, Default)]
pub struct State {
    pub pools: Table<PoolRow>,
    pub hosts: Table<Host>,
    pub vms: Table<Vm>,
    pub vbds: Table<Vbd>,
    pub vdis: Table<Vdi>,
    pub srs: Table<Sr>,
    pub pbds: Table<Pbd>,
    pub vifs: Table<Vif>,
    pub networks: Table<Network>,
    pub tasks: Table<Task>,
    pub sessions: Sessions,
    pub changes: Changes,
    vms_by_name: BTreeMap<String, BTreeSet<Handle>>,
    occupants: BTreeMap<Handle, BTreeSet<Handle>>,
    boots: BTreeSet<(Timestamp, Handle)>,
    last_number: u32,
    last_domid: i64,
}

impl State {
    /// Adds a VM.
    pub fn insert_vm(&mut self, vm: Vm) -> Handle {
        let handle = vm.handle;
        self.last_number = self.last_number.max(vm.number);
        self.vms_by_name
            .entry(vm.name_label.clone())
            .or_default()
            .insert(handle);
        for host in vm.memory_hosts(Handle::NULL) {
            self.occupants.entry(host).or_default().insert(handle);
        }
        if let Some(residence) = vm.power.residence() {
            self.last_domid = self.last_domid.max(residence.domid);
            self.boots.insert((residence.tools_at, handle));
        }
        self.changes.touch(Class::VmMetrics, handle.metrics());
        self.vms.insert(&mut self.changes, vm)
    }

    /// Takes a VM out, with its devices; its disks stay.
    pub fn remove_vm(&mut self, handle: Handle) -> Result<Vm, Failure> {
        self.set_power(handle, Power::Halted)?;
        let vm = self.vms.remove(&mut self.changes, handle)?;
        self.changes.remove(Class::VmMetrics, handle.metrics());
        for host in vm.memory_hosts(Handle::NULL) {
            self.leave(host, handle);
        }
        self.forget_name(&vm.name_label, handle);
        for vbd in &vm.vbds {
            self.remove_vbd(*vbd)?;
        }
        for vif in &vm.vifs {
            self.remove_vif(*vif)?;
        }
        Ok(vm)
    }

    /// Renames a VM.
    pub fn rename_vm(&mut self, handle: Handle, name: String) -> Result<(), Failure> {
        let vm = self.vms.edit(&mut self.changes, handle)?;
        let old = std::mem::replace(&mut vm.name_label, name.clone());
        self.forget_name(&old, handle);
        self.vms_by_name.entry(name).or_default().insert(handle);
        Ok(())
    }

    fn forget_name(&mut self, name: &str, handle: Handle) {
        if let Some(handles) = self.vms_by_name.get_mut(name) {
            handles.remove(&handle);
            if handles.is_empty() {
                self.vms_by_name.remove(name);
            }
        }
    }

    /// The VMs of that name.
    pub fn vms_named(&self, name: &str) -> impl Iterator<Item = Handle> + '_ {
        self.vms_by_name.get(name).into_iter().flatten().copied()
    }

    /// A number that no VM has had.
    pub const fn next_number(&mut self) -> u32 {
        self.last_number = self.last_number.wrapping_add(1);
        self.last_number
    }

    /// A number that no domain has had.
    pub const fn next_domid(&mut self) -> i64 {
        self.last_domid += 1;
        self.last_domid
    }

    /// Changes the power state and with it where the VM is.
    pub fn set_power(&mut self, handle: Handle, power: Power) -> Result<(), Failure> {
        let old = std::mem::replace(&mut self.vms.edit(&mut self.changes, handle)?.power, power);
        for (residence, gone) in [(old.residence(), true), (power.residence(), false)] {
            let Some(residence) = residence else { continue };
            if gone {
                self.boots.remove(&(residence.tools_at, handle));
                self.changes
                    .remove(Class::VmGuestMetrics, handle.guest_metrics());
            } else {
                self.boots.insert((residence.tools_at, handle));
            }
            self.changes.touch(Class::Host, residence.host);
        }
        self.changes.touch(Class::VmMetrics, handle.metrics());
        let hosts = [old.residence(), power.residence()]
            .into_iter()
            .flatten()
            .map(|r| r.host);
        self.refresh_occupancy(handle, hosts)
    }

    /// Notes an operation that has begun on a VM.
    pub fn begin(&mut self, handle: Handle, operation: InProgress) -> Result<(), Failure> {
        self.vms
            .edit(&mut self.changes, handle)?
            .in_progress
            .push(operation);
        self.refresh_occupancy(handle, [operation.destination])
    }

    /// Notes that a task's operation on a VM has ended; `false` if it was not in progress any more.
    pub fn end(&mut self, handle: Handle, task: Handle) -> Result<bool, Failure> {
        let vm = self.vms.edit(&mut self.changes, handle)?;
        let Some(at) = vm.in_progress.iter().position(|op| op.task == task) else {
            return Ok(false);
        };
        let ended = vm.in_progress.remove(at);
        self.refresh_occupancy(handle, [ended.destination])?;
        Ok(true)
    }

    /// Ends all operations in progress on a VM but those of `task`, which overtakes them.
    pub fn overtake(&mut self, handle: Handle, task: Handle) -> Result<(), Failure> {
        let others = self.vms.get(handle)?.in_progress.iter().map(|op| op.task);
        let others: Vec<Handle> = others.filter(|other| *other != task).collect();
        for other in others {
            self.end(handle, other)?;
        }
        Ok(())
    }

    fn refresh_occupancy(
        &mut self,
        handle: Handle,
        hosts: impl IntoIterator<Item = Handle>,
    ) -> Result<(), Failure> {
        let there: Vec<Handle> = self.vms.get(handle)?.memory_hosts(Handle::NULL).collect();
        for host in hosts.into_iter().filter(|host| !host.is_null()) {
            if there.contains(&host) {
                self.occupants.entry(host).or_default().insert(handle);
            } else {
                self.leave(host, handle);
            }
        }
        Ok(())
    }

    fn leave(&mut self, host: Handle, vm: Handle) {
        if let Some(occupants) = self.occupants.get_mut(&host) {
            occupants.remove(&vm);
        }
    }

    /// The VMs that take memory of a host or are about to.
    pub fn occupants(&self, host: Handle) -> impl Iterator<Item = &Vm> + '_ {
        let handles = self.occupants.get(&host).into_iter().flatten();
        handles.filter_map(|handle| self.vms.find(*handle))
    }

    /// The VMs that have a domain on a host.
    pub fn residents(&self, host: Handle) -> impl Iterator<Item = &Vm> + '_ {
        self.occupants(host)
            .filter(move |vm| vm.resident_on() == host)
    }

    /// Notes the guest tools that have reported by now, so that readers of events hear of them.
    pub fn note_boots(&mut self, now: Timestamp) {
        while let Some((due, handle)) = self.boots.first().copied()
            && due <= now
        {
            self.boots.pop_first();
            self.changes.touch(Class::Vm, handle);
            self.changes
                .touch(Class::VmGuestMetrics, handle.guest_metrics());
        }
    }

    /// When the next guest's tools will report.
    #[must_use]
    pub fn next_boot(&self) -> Option<Timestamp> {
        self.boots.first().map(|(due, _)| *due)
    }

    /// Adds a disk to its repository.
    pub fn insert_vdi(&mut self, vdi: Vdi) -> Result<Handle, Failure> {
        let sr = self.srs.edit(&mut self.changes, vdi.sr)?;
        sr.vdis.insert(vdi.handle);
        sr.virtual_allocation = sr.virtual_allocation.saturating_add(vdi.virtual_size);
        Ok(self.vdis.insert(&mut self.changes, vdi))
    }

    /// Takes a disk and its devices out.
    pub fn remove_vdi(&mut self, handle: Handle) -> Result<Vdi, Failure> {
        for vbd in self.vdis.get(handle)?.vbds.clone() {
            self.remove_vbd(vbd)?;
        }
        let vdi = self.vdis.remove(&mut self.changes, handle)?;
        let sr = self.srs.edit(&mut self.changes, vdi.sr)?;
        sr.vdis.remove(&handle);
        sr.virtual_allocation = sr.virtual_allocation.saturating_sub(vdi.virtual_size);
        Ok(vdi)
    }

    /// Changes the size of a disk.
    pub fn resize_vdi(&mut self, handle: Handle, size: i64) -> Result<(), Failure> {
        let vdi = self.vdis.edit(&mut self.changes, handle)?;
        let old = std::mem::replace(&mut vdi.virtual_size, size);
        let sr = self.srs.edit(&mut self.changes, vdi.sr)?;
        sr.virtual_allocation = sr
            .virtual_allocation
            .saturating_add(size.saturating_sub(old));
        Ok(())
    }

    /// Attaches a disk, or an empty drive, to a VM.
    pub fn insert_vbd(&mut self, vbd: Vbd) -> Result<Handle, Failure> {
        let handle = vbd.handle;
        if !vbd.vdi.is_null() {
            self.vdis
                .edit(&mut self.changes, vbd.vdi)?
                .vbds
                .push(handle);
        }
        self.vms.edit(&mut self.changes, vbd.vm)?.vbds.push(handle);
        Ok(self.vbds.insert(&mut self.changes, vbd))
    }

    /// Detaches a disk.
    pub fn remove_vbd(&mut self, handle: Handle) -> Result<(), Failure> {
        let vbd = self.vbds.remove(&mut self.changes, handle)?;
        if self.vdis.find(vbd.vdi).is_some() {
            self.vdis
                .edit(&mut self.changes, vbd.vdi)?
                .vbds
                .retain(|other| *other != handle);
        }
        if self.vms.find(vbd.vm).is_some() {
            self.vms
                .edit(&mut self.changes, vbd.vm)?
                .vbds
                .retain(|other| *other != handle);
        }
        Ok(())
    }

    /// Gives a VM a network interface.
    pub fn insert_vif(&mut self, vif: Vif) -> Result<Handle, Failure> {
        let handle = vif.handle;
        self.networks
            .edit(&mut self.changes, vif.network)?
            .vifs
            .insert(handle);
        self.vms.edit(&mut self.changes, vif.vm)?.vifs.push(handle);
        Ok(self.vifs.insert(&mut self.changes, vif))
    }

    /// Takes a network interface out.
    pub fn remove_vif(&mut self, handle: Handle) -> Result<(), Failure> {
        let vif = self.vifs.remove(&mut self.changes, handle)?;
        self.networks
            .edit(&mut self.changes, vif.network)?
            .vifs
            .remove(&handle);
        if self.vms.find(vif.vm).is_some() {
            self.vms
                .edit(&mut self.changes, vif.vm)?
                .vifs
                .retain(|other| *other != handle);
        }
        Ok(())
    }
}
