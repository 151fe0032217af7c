//! Remove: the VM, its snapshots and its disks are gone.
//!
//! A disk outlives its VM, so a crash between the two would leave it behind with nothing that
//! says whose it is. Hence every disk gets the instance's disk label while its VM still stands,
//! and the disks are destroyed by that label:
//!
//! ```text
//! for each VM:  turn off ─> label disks ─> destroy snapshots ─> destroy VM
//! then:         destroy every disk of the label that no VM uses
//! ```

use openpex_aggregates::InstanceId;
use openpex_aggregates::instance::{InstanceSpec, Observation, PowerState};
use tracing::warn;

use super::XenDispatcher;
use super::codec::text;
use super::failures::XenError;
use super::records::{Fields, Vm, disk_label};

impl XenDispatcher {
    /// Neither VM nor disk of the instance is left.
    pub(super) async fn remove(&self, spec: &InstanceSpec) -> Result<Observation, XenError> {
        let vms = self.find_vms(spec).await?;
        if vms.is_empty() {
            self.refuse_if_relabelled(spec.instance_id).await?;
        }
        for vm in &vms {
            self.destroy_vm(vm, spec.instance_id).await?;
        }
        self.destroy_disks(spec.instance_id).await?;
        Ok(Observation::default())
    }

    /// Destroys one VM of an instance, and the disks that are labelled so far.
    pub(super) async fn destroy_with_disks(&self, vm: &Vm) -> Result<(), XenError> {
        let Some(instance_id) = vm.instance_id() else {
            return Ok(());
        };
        self.destroy_vm(vm, instance_id).await?;
        self.destroy_disks(instance_id).await
    }

    async fn destroy_vm(&self, vm: &Vm, instance_id: InstanceId) -> Result<(), XenError> {
        if vm.power_state != PowerState::Halted {
            // Were it not halted after all, the pool would refuse to destroy it.
            self.settled(vm, "VM.hard_shutdown").await?;
        }
        let snapshots = self.read_vms(&vm.snapshots).await?;
        // Snapshots go first: once their VM is gone nothing leads to them.
        for doomed in snapshots.iter().chain([vm]) {
            self.label_disks(doomed, instance_id).await?;
            absent_is_fine(self.call("VM.destroy", &[text(&doomed.reference)]).await)?;
        }
        Ok(())
    }

    /// Gives the disks that only `vm` uses the label of its instance.
    async fn label_disks(&self, vm: &Vm, instance_id: InstanceId) -> Result<(), XenError> {
        let label = disk_label(instance_id);
        for disk in self.disks_of(vm).await? {
            let method = "VDI.get_record";
            let record = match self.call(method, &[text(&disk)]).await {
                Ok(record) => record,
                Err(error) if error.is_gone() => continue,
                Err(error) => return Err(error),
            };
            let fields = Fields::of(method, &record)?;
            let users = fields.set("VBDs")?;
            if users.iter().any(|user| !vm.block_devices.contains(user)) {
                warn!(disk, "a disk is attached to another VM too and stays");
            } else if fields.text("name_label")? != label {
                let args = [text(&disk), text(&label)];
                absent_is_fine(self.call("VDI.set_name_label", &args).await)?;
            }
        }
        Ok(())
    }

    /// The disks of a VM (not its CDs), with the one that a checkpoint's memory is on.
    async fn disks_of(&self, vm: &Vm) -> Result<Vec<String>, XenError> {
        let mut disks: Vec<String> = vm.suspend_disk.iter().cloned().collect();
        for device in &vm.block_devices {
            disks.extend(self.disk_behind(device).await?);
        }
        Ok(disks)
    }

    /// The first disk of a VM, as the pool lists them.
    pub(super) async fn first_disk(&self, vm: &Vm) -> Result<Option<String>, XenError> {
        for device in &vm.block_devices {
            if let Some(disk) = self.disk_behind(device).await? {
                return Ok(Some(disk));
            }
        }
        Ok(None)
    }

    /// The disk that is behind a block device, unless it is a CD or gone.
    async fn disk_behind(&self, device: &str) -> Result<Option<String>, XenError> {
        let method = "VBD.get_record";
        let record = match self.call(method, &[text(device)]).await {
            Ok(record) => record,
            Err(error) if error.is_gone() => return Ok(None),
            Err(error) => return Err(error),
        };
        let fields = Fields::of(method, &record)?;
        let is_disk = fields.text("type")? == "Disk";
        let disk = fields.reference("VDI").filter(|_| is_disk);
        Ok(disk.map(str::to_owned))
    }

    /// Destroys every disk that carries the instance's disk label, unless a VM uses it.
    async fn destroy_disks(&self, instance_id: InstanceId) -> Result<(), XenError> {
        for disk in self.labelled("VDI", &disk_label(instance_id)).await? {
            let method = "VDI.get_record";
            let in_use = match self.call(method, &[text(&disk)]).await {
                Ok(record) => !Fields::of(method, &record)?.set("VBDs")?.is_empty(),
                Err(error) if error.is_gone() => continue,
                Err(error) => return Err(error),
            };
            if in_use {
                warn!(
                    disk,
                    "a disk of a removed instance is attached to another VM and stays"
                );
            } else {
                absent_is_fine(self.call("VDI.destroy", &[text(&disk)]).await)?;
            }
        }
        Ok(())
    }
}

/// That what was to go is gone already is what was wanted.
fn absent_is_fine<T>(outcome: Result<T, XenError>) -> Result<(), XenError> {
    match outcome {
        Err(error) if error.is_gone() => Ok(()),
        outcome => outcome.map(drop),
    }
}
