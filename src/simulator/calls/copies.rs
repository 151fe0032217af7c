//! Making VMs out of VMs, and unmaking them.

use super::{Arguments, Context, Method};
use crate::simulator::handle::Handle;
use crate::simulator::state::class::Class;
use crate::simulator::state::network::Vif;
use crate::simulator::state::operation::Operation;
use crate::simulator::state::storage::{Vbd, Vdi};
use crate::simulator::state::vm::{Kind, Power, PowerState, Vm};
use crate::simulator::value::{Failure, XenValue};

pub(super) static METHODS: &[Method] = &[
    Method::operate("VM.clone", 2, Operation::Clone, clone),
    Method::operate("VM.copy", 3, Operation::Copy, copy),
    // Which disks a snapshot leaves out is not simulated: the list must be empty.
    Method::operate("VM.snapshot", 2, Operation::Snapshot, snapshot).or_more(1),
    Method::operate("VM.checkpoint", 2, Operation::Checkpoint, checkpoint),
    Method::operate("VM.revert", 1, Operation::Revert, revert),
    Method::operate("VM.provision", 1, Operation::Provision, provision),
    Method::operate("VM.destroy", 1, Operation::Destroy, destroy),
    Method::set("VM.set_is_a_template", 2, set_is_a_template),
];

/// How a disk comes along.
#[derive(Clone, Copy)]
enum DiskCopy {
    /// Copy on write, in the same repository.
    CopyOnWrite,
    /// In full, into that repository; null for the disk's own.
    Into(Handle),
    /// As a snapshot.
    Snapshot,
}

impl Context<'_> {
    fn check_vm_room(&self) -> Result<(), Failure> {
        let (vms, limits) = (self.state.vms.len(), &self.options.limits);
        if vms >= limits.vms {
            return Err(Failure::not_allowed(&format!(
                "the simulated pool holds {vms} VMs"
            )));
        }
        Ok(())
    }

    pub(super) fn check_disk_room(&self) -> Result<(), Failure> {
        let (disks, limits) = (self.state.vdis.len(), &self.options.limits);
        if disks >= limits.disks {
            return Err(Failure::not_allowed(&format!(
                "the simulated pool holds {disks} disks"
            )));
        }
        Ok(())
    }

    /// A copy of `source` with its own devices and disks, or nothing at all.
    fn copy_vm(
        &mut self,
        source: Handle,
        shape: impl FnOnce(&Vm) -> Vm,
        disks: DiskCopy,
    ) -> Result<Handle, Failure> {
        self.check_vm_room()?;
        let source = self.state.vms.get(source)?.clone();
        self.check_copies(&source, disks)?;
        let number = self.state.next_number();
        let copy = Vm {
            handle: Handle::fresh(),
            number,
            vbds: Vec::new(),
            vifs: Vec::new(),
            snapshots: Vec::new(),
            in_progress: Vec::new(),
            ..shape(&source)
        };
        let mac = copy.mac();
        let copy = self.state.insert_vm(copy);
        self.copy_devices(&source, copy, disks)?;
        for vif in &source.vifs {
            let vif = self.state.vifs.get(*vif)?.clone();
            let vif = Vif {
                handle: Handle::fresh(),
                vm: copy,
                mac: mac.clone(),
                ..vif
            };
            self.state.insert_vif(vif)?;
        }
        Ok(copy)
    }

    fn copy_devices(&mut self, source: &Vm, copy: Handle, how: DiskCopy) -> Result<(), Failure> {
        for vbd in &source.vbds {
            let vbd = self.state.vbds.get(*vbd)?.clone();
            let vdi = if self.state.vdis.find(vbd.vdi).is_some() {
                self.copy_disk(vbd.vdi, how)?
            } else {
                Handle::NULL
            };
            self.state.insert_vbd(Vbd {
                handle: Handle::fresh(),
                vm: copy,
                vdi,
                ..vbd
            })?;
        }
        Ok(())
    }

    fn copy_disk(&mut self, disk: Handle, how: DiskCopy) -> Result<Handle, Failure> {
        let disk = self.state.vdis.get(disk)?.clone();
        let sr = match how {
            DiskCopy::Into(sr) if !sr.is_null() => sr,
            DiskCopy::Into(_) | DiskCopy::CopyOnWrite | DiskCopy::Snapshot => disk.sr,
        };
        let snapshot_of = matches!(how, DiskCopy::Snapshot).then_some((disk.handle, self.now));
        self.state.insert_vdi(Vdi {
            handle: Handle::fresh(),
            sr,
            snapshot_of,
            vbds: Vec::new(),
            ..disk
        })
    }

    /// Whether all disks of `source` can be copied, so that no copy is made by half.
    fn check_copies(&self, source: &Vm, how: DiskCopy) -> Result<(), Failure> {
        self.check_disk_room()?;
        let mut wanted = std::collections::BTreeMap::<Handle, i64>::new();
        for vbd in &source.vbds {
            let Some(disk) = self.state.vdis.find(self.state.vbds.get(*vbd)?.vdi) else {
                continue;
            };
            let sr = match how {
                DiskCopy::Into(sr) if !sr.is_null() => sr,
                DiskCopy::Into(_) | DiskCopy::CopyOnWrite | DiskCopy::Snapshot => disk.sr,
            };
            let sum = wanted.entry(sr).or_default();
            *sum = sum.saturating_add(disk.virtual_size);
        }
        wanted
            .into_iter()
            .try_for_each(|(sr, bytes)| self.state.check_room(sr, bytes))
    }
}

/// What a clone or copy is: a template's stays one until it is provisioned.
fn shape_of_clone(source: &Vm, name: &str) -> Vm {
    let kind = match source.kind {
        Kind::Guest => Kind::Guest,
        Kind::Template | Kind::Snapshot { .. } => Kind::Template,
    };
    let power = match source.power.state() {
        PowerState::Suspended => Power::Suspended,
        PowerState::Halted | PowerState::Paused | PowerState::Running => Power::Halted,
    };
    Vm {
        kind,
        power,
        name_label: name.to_owned(),
        ..source.clone()
    }
}

fn clone(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let (vm, name) = (
        arguments.handle(0, Class::Vm)?,
        arguments.text(1, "new_name")?,
    );
    context
        .state
        .check(vm, Operation::Clone, context.task, context.now)?;
    let shape = |source: &Vm| shape_of_clone(source, name);
    context
        .copy_vm(vm, shape, DiskCopy::CopyOnWrite)
        .map(XenValue::from)
}

fn copy(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let (vm, name) = (
        arguments.handle(0, Class::Vm)?,
        arguments.text(1, "new_name")?,
    );
    let sr = arguments.handle(2, Class::Sr)?;
    context
        .state
        .check(vm, Operation::Copy, context.task, context.now)?;
    let shape = |source: &Vm| shape_of_clone(source, name);
    context
        .copy_vm(vm, shape, DiskCopy::Into(sr))
        .map(XenValue::from)
}

fn snapshot(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    if arguments.has(2) && !arguments.texts(2, "ignore_vdis")?.is_empty() {
        return Err(Failure::not_allowed(
            "the simulated pool snapshots all disks",
        ));
    }
    take_snapshot(context, arguments, Operation::Snapshot, Power::Halted)
}

fn checkpoint(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    take_snapshot(context, arguments, Operation::Checkpoint, Power::Suspended)
}

fn take_snapshot(
    context: &mut Context<'_>,
    arguments: &Arguments<'_>,
    operation: Operation,
    power: Power,
) -> Result<XenValue, Failure> {
    let (vm, name) = (
        arguments.handle(0, Class::Vm)?,
        arguments.text(1, "new_name")?,
    );
    context
        .state
        .check(vm, operation, context.task, context.now)?;
    let kind = Kind::Snapshot {
        of: vm,
        taken_at: context.now,
    };
    let shape = |source: &Vm| Vm {
        kind,
        power,
        name_label: name.to_owned(),
        ..source.clone()
    };
    let snapshot = context.copy_vm(vm, shape, DiskCopy::Snapshot)?;
    context
        .state
        .vms
        .edit(&mut context.state.changes, vm)?
        .snapshots
        .push(snapshot);
    Ok(snapshot.into())
}

/// The VM goes back to what it was: its disks are replaced by clones of the snapshot's.
fn revert(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let handle = arguments.handle(0, Class::Vm)?;
    context
        .state
        .check(handle, Operation::Revert, context.task, context.now)?;
    let snapshot = context.state.vms.get(handle)?.clone();
    let Kind::Snapshot { of, .. } = snapshot.kind else {
        return Err(Failure::bare("REVERT_ONLY_ALLOWED_ON_SNAPSHOT"));
    };
    let target = context.state.vms.get(of)?.clone();
    context.check_copies(&snapshot, DiskCopy::CopyOnWrite)?;
    context.state.set_power(of, Power::Halted)?;
    for vbd in &target.vbds {
        let disk = context.state.vbds.get(*vbd)?.vdi;
        if context.state.vdis.find(disk).is_some() {
            context.state.remove_vdi(disk)?;
        } else {
            context.state.remove_vbd(*vbd)?;
        }
    }
    context.copy_devices(&snapshot, of, DiskCopy::CopyOnWrite)?;
    context.state.set_power(of, snapshot.power)?;
    let vm = context.state.vms.edit(&mut context.state.changes, of)?;
    vm.memory = snapshot.memory;
    vm.vcpus_max = snapshot.vcpus_max;
    vm.vcpus_at_startup = snapshot.vcpus_at_startup;
    vm.platform = snapshot.platform;
    vm.other_config = snapshot.other_config;
    Ok(XenValue::VOID)
}

/// Makes a guest of a clone; no template here describes disks that are still to be made.
fn provision(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let vm = arguments.handle(0, Class::Vm)?;
    context
        .state
        .check(vm, Operation::Provision, context.task, context.now)?;
    context.state.vms.edit(&mut context.state.changes, vm)?.kind = Kind::Guest;
    Ok(XenValue::VOID)
}

fn set_is_a_template(
    context: &mut Context<'_>,
    arguments: &Arguments<'_>,
) -> Result<XenValue, Failure> {
    let (handle, value) = (arguments.handle(0, Class::Vm)?, arguments.flag(1, "value")?);
    let vm = context.state.vms.get(handle)?;
    if vm.is_a_snapshot() {
        let operation = Operation::MakeIntoTemplate.name().to_owned();
        return Err(Failure::new(
            "VM_IS_SNAPSHOT",
            [handle.to_string(), operation],
        ));
    }
    if value && !vm.is_a_template() {
        let operation = Operation::MakeIntoTemplate;
        context
            .state
            .check(handle, operation, context.task, context.now)?;
    }
    let kind = if value { Kind::Template } else { Kind::Guest };
    context
        .state
        .vms
        .edit(&mut context.state.changes, handle)?
        .kind = kind;
    Ok(XenValue::VOID)
}

/// Removes the VM and its devices; its disks and its snapshots stay, as in xapi.
fn destroy(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let handle = arguments.handle(0, Class::Vm)?;
    context
        .state
        .check(handle, Operation::Destroy, context.task, context.now)?;
    let vm = context.state.remove_vm(handle)?;
    for snapshot in vm.snapshots {
        let snapshot = context
            .state
            .vms
            .edit(&mut context.state.changes, snapshot)?;
        if let Kind::Snapshot { of, .. } = &mut snapshot.kind {
            *of = Handle::NULL;
        }
    }
    if let Kind::Snapshot { of, .. } = vm.kind
        && context.state.vms.find(of).is_some()
    {
        let origin = context.state.vms.edit(&mut context.state.changes, of)?;
        origin.snapshots.retain(|other| *other != handle);
    }
    Ok(XenValue::VOID)
}
