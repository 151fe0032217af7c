//! Whether an operation may be done, and where: the order of checks is xapi's.

use openpex_aggregates::Timestamp;

use super::State;
use super::operation::Operation;
use super::storage::VbdType;
use super::vm::{InProgress, Kind, PowerState, Vm};
use crate::simulator::handle::Handle;
use crate::simulator::value::Failure;

/// Why an operation may not be done; cheap to make, since records ask for every operation.
enum Obstacle {
    PowerState(&'static [PowerState]),
    InProgress(InProgress),
    Kind(&'static str),
    OnlyFor(&'static str),
    HostOffline(Handle),
    LacksTools,
}

impl Obstacle {
    fn into_failure(self, vm: &Vm, operation: Operation) -> Failure {
        let handle = vm.handle.to_string();
        match self {
            Self::PowerState(allowed) => {
                let allowed: Vec<&str> = allowed
                    .iter()
                    .map(|state| state.lower_case_name())
                    .collect();
                let actual = vm.power.state().lower_case_name().to_owned();
                Failure::new("VM_BAD_POWER_STATE", [handle, allowed.join(", "), actual])
            }
            Self::InProgress(other) => {
                let (name, task) = (other.operation.name().to_owned(), other.task.to_string());
                Failure::new(
                    "OTHER_OPERATION_IN_PROGRESS",
                    ["VM".to_owned(), handle, name, task],
                )
            }
            Self::Kind(code) => Failure::new(code, [handle, operation.name().to_owned()]),
            Self::OnlyFor(code) => Failure::bare(code),
            Self::HostOffline(host) => Failure::new("HOST_OFFLINE", [host]),
            Self::LacksTools => Failure::new("VM_LACKS_FEATURE", [handle]),
        }
    }
}

impl State {
    /// Whether `operation` may be done on the VM now, as part of `task`.
    pub fn check(
        &self,
        vm: Handle,
        operation: Operation,
        task: Handle,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let vm = self.vms.get(vm)?;
        let checked = self.check_quickly(vm, operation, task, now);
        checked.map_err(|obstacle| obstacle.into_failure(vm, operation))
    }

    fn check_quickly(
        &self,
        vm: &Vm,
        operation: Operation,
        task: Handle,
        now: Timestamp,
    ) -> Result<(), Obstacle> {
        let allowed = operation.allowed_states(vm.is_a_snapshot());
        if !allowed.contains(&vm.power.state()) {
            return Err(Obstacle::PowerState(allowed));
        }
        let others = vm.in_progress.iter().filter(|op| op.task != task);
        if let Some(other) = others.clone().next()
            && !operation.allowed_beside(others.map(|op| op.operation))
        {
            return Err(Obstacle::InProgress(*other));
        }
        check_kind(vm.kind, operation)?;
        if let Some(residence) = vm.power.residence() {
            let live = self
                .hosts
                .find(residence.host)
                .is_some_and(|host| host.live);
            if !live && operation != Operation::PowerStateReset {
                return Err(Obstacle::HostOffline(residence.host));
            }
            if operation.needs_tools() && !vm.has_tools(now) {
                return Err(Obstacle::LacksTools);
            }
        }
        Ok(())
    }

    /// The operations that the VM takes now, as its record lists them.
    #[must_use]
    pub fn allowed_operations(&self, vm: Handle, now: Timestamp) -> Vec<&'static str> {
        let Some(vm) = self.vms.find(vm) else {
            return Vec::new();
        };
        let may = |operation: &Operation| {
            self.check_quickly(vm, *operation, Handle::NULL, now)
                .is_ok()
        };
        Operation::ALL
            .into_iter()
            .filter(may)
            .map(Operation::name)
            .collect()
    }

    /// Bytes of a host's memory that are free, but for what `task` holds for itself.
    #[must_use]
    pub fn free_memory(&self, host: Handle, task: Handle) -> i64 {
        let taken: i64 = self
            .occupants(host)
            .filter(|vm| vm.memory_hosts(task).any(|other| other == host))
            .map(|vm| vm.memory.dynamic_min)
            .sum();
        let total = self.hosts.find(host).map_or(0, |host| host.memory);
        total.saturating_sub(taken).max(0)
    }

    /// Whether the VM can be placed on the host, as part of `task`.
    pub fn admit(&self, vm: Handle, host: Handle, task: Handle) -> Result<(), Failure> {
        let vm = self.vms.get(vm)?;
        let host = self.hosts.get(host)?;
        if vm.vcpus_at_startup < 1 || vm.vcpus_at_startup > vm.vcpus_max {
            return Err(Failure::invalid_value(
                "VCPUs-at-startup",
                vm.vcpus_at_startup,
            ));
        }
        if !vm.memory.are_in_order() {
            return Err(Failure::bare("MEMORY_CONSTRAINT_VIOLATION_ORDER"));
        }
        if !host.live {
            return Err(Failure::bare("HOST_NOT_LIVE"));
        }
        if !host.enabled {
            return Err(Failure::new("HOST_DISABLED", [host.handle]));
        }
        for sr in self.repositories_of(vm) {
            if !self
                .pbds
                .iter()
                .any(|pbd| pbd.host == host.handle && pbd.sr == sr)
            {
                return Err(Failure::new("VM_REQUIRES_SR", [vm.handle, sr]));
            }
        }
        let free = self.free_memory(host.handle, task);
        if vm.memory.dynamic_min > free {
            let numbers = [vm.memory.dynamic_min, free];
            return Err(Failure::new("HOST_NOT_ENOUGH_FREE_MEMORY", numbers));
        }
        if vm.vcpus_max > host.vcpus {
            return Err(Failure::new(
                "HOST_NOT_ENOUGH_PCPUS",
                [vm.vcpus_max, host.vcpus],
            ));
        }
        Ok(())
    }

    /// The repositories that hold the VM's disks.
    fn repositories_of(&self, vm: &Vm) -> impl Iterator<Item = Handle> {
        let disks = vm.vbds.iter().filter_map(|vbd| self.vbds.find(*vbd));
        let disks = disks.filter(|vbd| vbd.kind == VbdType::Disk);
        disks
            .filter_map(|vbd| self.vdis.find(vbd.vdi))
            .map(|vdi| vdi.sr)
    }

    /// The hosts that can take the VM now.
    #[must_use]
    pub fn possible_hosts(&self, vm: Handle, task: Handle) -> Vec<Handle> {
        self.hosts
            .handles()
            .filter(|host| self.admit(vm, *host, task).is_ok())
            .collect()
    }

    /// The host for a VM that is to start anywhere: its affinity if that can take it, else the one
    /// with the most free memory.
    pub fn choose_host(&self, vm: Handle, task: Handle) -> Result<Handle, Failure> {
        let possible = self.possible_hosts(vm, task);
        let affinity = self.vms.get(vm)?.affinity;
        if possible.contains(&affinity) {
            return Ok(affinity);
        }
        let roomiest = possible
            .into_iter()
            .max_by_key(|host| self.free_memory(*host, task));
        roomiest.ok_or(Failure::bare("NO_HOSTS_AVAILABLE"))
    }

    /// Whether a repository has room for `more` bytes.
    pub fn check_room(&self, sr: Handle, more: i64) -> Result<(), Failure> {
        let sr = self.srs.get(sr)?;
        let free = sr.physical_size.saturating_sub(sr.physical_utilisation());
        if more > free {
            Err(Failure::new("SR_FULL", [more, free]))
        } else {
            Ok(())
        }
    }
}

fn check_kind(kind: Kind, operation: Operation) -> Result<(), Obstacle> {
    match kind {
        Kind::Template if !operation.allowed_for_template(false) => {
            Err(Obstacle::Kind("VM_IS_TEMPLATE"))
        }
        Kind::Snapshot { .. } if !operation.allowed_for_snapshot() => {
            Err(Obstacle::Kind("VM_IS_SNAPSHOT"))
        }
        Kind::Guest if operation == Operation::Provision => {
            Err(Obstacle::OnlyFor("PROVISION_ONLY_ALLOWED_ON_TEMPLATE"))
        }
        Kind::Guest if operation == Operation::Revert => {
            Err(Obstacle::OnlyFor("REVERT_ONLY_ALLOWED_ON_SNAPSHOT"))
        }
        Kind::Guest | Kind::Template | Kind::Snapshot { .. } => Ok(()),
    }
}
