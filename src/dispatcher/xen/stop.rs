//! Stop: the VM is halted, its disks stay.

use openpex_aggregates::instance::{InstanceSpec, Observation, PowerState};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tracing::info;

use super::XenDispatcher;
use super::codec::text;
use super::failures::XenError;
use super::records::Vm;
use super::tasks::TaskEnd;
use crate::dispatcher::FailureClass;

/// Pause between two looks at a VM that somebody else is shutting down.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

impl XenDispatcher {
    /// The VM is halted; `Unknown` when there is none.
    pub(super) async fn stop(&self, spec: &InstanceSpec) -> Result<Observation, XenError> {
        let vms = self.find_vms(spec).await?;
        if vms.is_empty() {
            self.refuse_if_relabelled(spec.instance_id).await?;
            return Ok(Observation::default());
        }
        for vm in &vms {
            self.halt(vm).await?;
        }
        Ok(Observation {
            power_state: PowerState::Halted,
            ip_address: None,
        })
    }

    /// Halts a VM, asking its guest first if it runs.
    async fn halt(&self, vm: &Vm) -> Result<(), XenError> {
        match vm.power_state {
            PowerState::Halted => return vm.refuse_if_leaving(),
            PowerState::Running => {
                if self.shut_down_cleanly(vm).await? {
                    return Ok(());
                }
                info!(
                    uuid = vm.uuid,
                    "the guest did not shut down by itself: turning it off"
                );
            }
            PowerState::Paused | PowerState::Suspended | PowerState::Unknown => {}
        }
        self.hard_halt(vm).await
    }

    /// Whether the VM is halted after its guest was asked and given its time.
    async fn shut_down_cleanly(&self, vm: &Vm) -> Result<bool, XenError> {
        let grace = self.timeouts().guest_grace;
        match self
            .run_task("VM.clean_shutdown", &[text(&vm.reference)], grace)
            .await
        {
            Ok(TaskEnd::Done | TaskEnd::Vanished) => self.is_halted(vm).await,
            Ok(TaskEnd::Pending) => Ok(false),
            Err(error) if error.wants_hard_verb() => Ok(false),
            Err(error) if error.has_code("VM_BAD_POWER_STATE") => self.is_halted(vm).await,
            // An earlier shutdown of ours, given up on: it has the grace of this one.
            Err(error) if error.has_code("OTHER_OPERATION_IN_PROGRESS") => {
                self.wait_for(vm, grace, |now| now.power_state == PowerState::Halted)
                    .await
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the VM comes to be as `hoped` within `bound`.
    pub(super) async fn wait_for(
        &self,
        vm: &Vm,
        bound: Duration,
        hoped: impl Fn(&Vm) -> bool,
    ) -> Result<bool, XenError> {
        let until = Instant::now() + bound;
        loop {
            if hoped(&self.read_vm(&vm.reference).await?) {
                return Ok(true);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(false);
            }
            sleep(LOOK_AGAIN.min(left)).await;
        }
    }

    /// Turns a VM off. Nothing of it is lost but what its guest had not written.
    pub(super) async fn hard_halt(&self, vm: &Vm) -> Result<(), XenError> {
        self.settled(vm, "VM.hard_shutdown").await?;
        if self.is_halted(vm).await? {
            return Ok(());
        }
        Err(XenError::Unfit {
            code: "NOT_HALTED",
            message: format!("VM {} is not halted after it was turned off", vm.uuid),
            class: FailureClass::Transient,
        })
    }

    /// Runs a verb of power to its end; that the VM is halted or gone already is no failure.
    pub(super) async fn settled(&self, vm: &Vm, verb: &str) -> Result<(), XenError> {
        match self.finish(verb, &[text(&vm.reference)]).await {
            Err(error) if error.has_code("VM_BAD_POWER_STATE") => {
                if self.is_halted(vm).await? {
                    Ok(())
                } else {
                    Err(error)
                }
            }
            outcome => outcome,
        }
    }

    async fn is_halted(&self, vm: &Vm) -> Result<bool, XenError> {
        match self.read_vm(&vm.reference).await {
            Ok(vm) => Ok(vm.power_state == PowerState::Halted),
            Err(error) if error.is_gone() => Ok(true),
            Err(error) => Err(error),
        }
    }
}
