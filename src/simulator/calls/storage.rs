//! Disks and devices.

use super::{Arguments, Context, Method};
use crate::simulator::handle::Handle;
use crate::simulator::state::class::Class;
use crate::simulator::state::storage::{Vbd, VbdType, Vdi};
use crate::simulator::value::{Failure, XenValue};

pub(super) static METHODS: &[Method] = &[
    Method::act("VDI.create", 1, create_vdi),
    Method::act("VDI.destroy", 1, destroy_vdi),
    Method::act("VDI.clone", 1, clone_vdi).or_more(1),
    Method::act("VDI.snapshot", 1, snapshot_vdi).or_more(1),
    Method::act("VDI.resize", 2, resize_vdi),
    Method::act("VBD.create", 1, create_vbd),
    Method::act("VBD.destroy", 1, destroy_vbd),
    Method::act("VIF.destroy", 1, destroy_vif),
    Method::look("SR.scan", 1, scan),
];

fn create_vdi(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let record = arguments.record(0, "args")?;
    let (sr, size) = (record.handle("SR", Class::Sr)?, record.int("virtual_size")?);
    if size < 1 {
        return Err(Failure::invalid_value("virtual_size", size));
    }
    context.check_disk_room()?;
    context.state.check_room(sr, size)?;
    let vdi = Vdi {
        handle: Handle::fresh(),
        name_label: record.text("name_label")?,
        name_description: record.text("name_description")?,
        sr,
        virtual_size: size,
        sharable: record.flag("sharable")?,
        read_only: record.flag("read_only")?,
        other_config: record.map("other_config")?,
        ..Vdi::default()
    };
    context.state.insert_vdi(vdi).map(XenValue::from)
}

impl Context<'_> {
    /// The disk named first, if no running VM has it.
    fn idle_disk(&self, arguments: &Arguments<'_>, operation: &str) -> Result<Vdi, Failure> {
        let vdi = self.state.vdis.get(arguments.handle(0, Class::Vdi)?)?;
        let vms = vdi.vbds.iter().filter_map(|vbd| self.state.vbds.find(*vbd));
        let mut vms = vms.filter_map(|vbd| self.state.vms.find(vbd.vm));
        if vms.any(|vm| vm.power.residence().is_some()) {
            let params = [vdi.handle.to_string(), operation.to_owned()];
            return Err(Failure::new("VDI_IN_USE", params));
        }
        Ok(vdi.clone())
    }

    fn copy_of_disk(&mut self, source: &Vdi, as_snapshot: bool) -> Result<XenValue, Failure> {
        self.check_disk_room()?;
        self.state.check_room(source.sr, source.virtual_size)?;
        let copy = Vdi {
            handle: Handle::fresh(),
            snapshot_of: as_snapshot.then_some((source.handle, self.now)),
            vbds: Vec::new(),
            ..source.clone()
        };
        self.state.insert_vdi(copy).map(XenValue::from)
    }
}

fn destroy_vdi(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let vdi = context.idle_disk(arguments, "destroy")?;
    context.state.remove_vdi(vdi.handle)?;
    Ok(XenValue::VOID)
}

fn clone_vdi(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let vdi = context.idle_disk(arguments, "clone")?;
    context.copy_of_disk(&vdi, false)
}

fn snapshot_vdi(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let vdi = context
        .state
        .vdis
        .get(arguments.handle(0, Class::Vdi)?)?
        .clone();
    context.copy_of_disk(&vdi, true)
}

/// Disks grow; shrinking one fails with the storage manager's own error.
fn resize_vdi(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let size = arguments.int(1, "size")?;
    let vdi = context.idle_disk(arguments, "resize")?;
    if size < vdi.virtual_size {
        let reason = "VDI Invalid size [opterr=shrinking not allowed]";
        return Err(Failure::new("SR_BACKEND_FAILURE_79", ["", reason, ""]));
    }
    context
        .state
        .check_room(vdi.sr, size.saturating_sub(vdi.virtual_size))?;
    context.state.resize_vdi(vdi.handle, size)?;
    Ok(XenValue::VOID)
}

fn create_vbd(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let record = arguments.record(0, "args")?;
    let (vm, vdi) = (
        record.handle("VM", Class::Vm)?,
        record.handle("VDI", Class::Vdi)?,
    );
    let kind = match record.text("type")?.as_str() {
        "Disk" => VbdType::Disk,
        "CD" => VbdType::Cd,
        other => return Err(Failure::invalid_value("type", other)),
    };
    let holder = context.state.vms.get(vm)?;
    if holder.power.residence().is_some() {
        return Err(Failure::not_allowed(
            "the simulated pool attaches devices to halted VMs only",
        ));
    }
    if kind == VbdType::Disk || !vdi.is_null() {
        context.state.vdis.get(vdi)?;
    }
    let userdevice = record.text("userdevice")?;
    let mut taken = holder
        .vbds
        .iter()
        .filter_map(|vbd| context.state.vbds.find(*vbd));
    if taken.any(|vbd| vbd.userdevice == userdevice) {
        return Err(Failure::new("DEVICE_ALREADY_EXISTS", [userdevice]));
    }
    let vbd = Vbd {
        handle: Handle::fresh(),
        vm,
        vdi,
        userdevice,
        bootable: record.flag("bootable")?,
        read_only: record.text("mode")? == "RO",
        kind,
        other_config: record.map("other_config")?,
    };
    context.state.insert_vbd(vbd).map(XenValue::from)
}

fn destroy_vbd(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let handle = arguments.handle(0, Class::Vbd)?;
    let vm = context.state.vbds.get(handle)?.vm;
    if context
        .state
        .vms
        .find(vm)
        .is_some_and(|vm| vm.power.residence().is_some())
    {
        return Err(Failure::not_allowed(
            "the device is attached to a running VM",
        ));
    }
    context.state.remove_vbd(handle)?;
    Ok(XenValue::VOID)
}

fn destroy_vif(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    let handle = arguments.handle(0, Class::Vif)?;
    let vm = context.state.vifs.get(handle)?.vm;
    if context
        .state
        .vms
        .find(vm)
        .is_some_and(|vm| vm.power.residence().is_some())
    {
        return Err(Failure::not_allowed(
            "the device is attached to a running VM",
        ));
    }
    context.state.remove_vif(handle)?;
    Ok(XenValue::VOID)
}

/// There is nothing to find that the pool does not know.
fn scan(context: &mut Context<'_>, arguments: &Arguments<'_>) -> Result<XenValue, Failure> {
    context.state.srs.get(arguments.handle(0, Class::Sr)?)?;
    Ok(XenValue::VOID)
}
