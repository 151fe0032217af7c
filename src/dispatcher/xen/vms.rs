//! Finding an instance's VM, and reading VMs whole or piece by piece.
//!
//! Identity: an instance's VM is the one whose label names the instance ([`vm_label`]); its tag in
//! `other_config` must not say otherwise. A VM that carries only the tag was renamed or copied by
//! an operator; which of the two cannot be told, so it is neither used nor replaced.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use openpex_aggregates::InstanceId;
use openpex_aggregates::instance::{InstanceSpec, Observation, PowerState};
use tracing::warn;
use xmlrpc::Value;

use super::XenDispatcher;
use super::codec::text;
use super::failures::XenError;
use super::records::{Fields, VM_FIELDS, Vm, strings, vm_label};
use crate::dispatcher::FailureClass;

/// The most VMs of one label that are looked at; more than a few are not of our making.
const MAX_VMS_OF_A_LABEL: usize = 32;

impl XenDispatcher {
    /// A VM by its reference; where its record does not parse (a map key that the pool did not
    /// escape), its fields one by one, without those that do not parse.
    pub(super) async fn read_vm(&self, reference: &str) -> Result<Vm, XenError> {
        let method = "VM.get_record";
        match self.call(method, &[text(reference)]).await {
            Ok(record) => Vm::read(reference, Fields::of(method, &record)?),
            Err(error) if error.is_unreadable() => self.read_vm_by_fields(reference).await,
            Err(error) => Err(error),
        }
    }

    async fn read_vm_by_fields(&self, reference: &str) -> Result<Vm, XenError> {
        warn!(
            vm = reference,
            "a VM's record does not parse; reading its fields one by one"
        );
        let mut members = BTreeMap::new();
        for field in VM_FIELDS {
            match self
                .call(&format!("VM.get_{field}"), &[text(reference)])
                .await
            {
                Ok(value) => {
                    members.insert(field.to_owned(), value);
                }
                // An older pool does not know every field.
                Err(error) if error.is_unreadable() || error.is_unknown_method() => {}
                Err(error) => return Err(error),
            }
        }
        let record = Value::Struct(members);
        Vm::read(reference, Fields::of("VM.get_record", &record)?)
    }

    /// [`XenDispatcher::read_vm`] of several, without those that are gone meanwhile.
    pub(super) async fn read_vms(&self, references: &[String]) -> Result<Vec<Vm>, XenError> {
        let mut vms = Vec::with_capacity(references.len());
        for reference in references {
            match self.read_vm(reference).await {
                Ok(vm) => vms.push(vm),
                Err(error) if error.is_gone() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(vms)
    }

    /// References of what carries `label`; `class` is `VM`, `VDI` or `host`.
    ///
    /// # Errors
    /// `TOO_MANY_OF_A_LABEL` beyond [`MAX_VMS_OF_A_LABEL`].
    pub(super) async fn labelled(&self, class: &str, label: &str) -> Result<Vec<String>, XenError> {
        let method = format!("{class}.get_by_name_label");
        let found = strings(&method, &self.call(&method, &[text(label)]).await?)?;
        if found.len() > MAX_VMS_OF_A_LABEL {
            return Err(XenError::Unfit {
                code: "TOO_MANY_OF_A_LABEL",
                message: format!(
                    "{} objects of class {class} are called {label}",
                    found.len()
                ),
                class: FailureClass::OperatorNeeded,
            });
        }
        Ok(found)
    }

    /// Every VM made for the instance; more than one where an abandoned clone finished late.
    pub(super) async fn find_vms(&self, spec: &InstanceSpec) -> Result<Vec<Vm>, XenError> {
        let references = self.labelled("VM", &vm_label(spec)).await?;
        let mut vms = self.read_vms(&references).await?;
        vms.retain(|vm| !vm.is_snapshot && !vm.is_control_domain);
        if let Some(other) = vms
            .iter()
            .find(|vm| vm.instance_id() != Some(spec.instance_id))
        {
            return Err(mistagged(other));
        }
        Ok(vms)
    }

    /// The one VM of several that counts, after the untouched ones were removed.
    ///
    /// A clone that is still a template has never run, so it can go; it is the only kind that is
    /// removed here. Which one is kept says [`Vm::precedence`].
    pub(super) async fn settle(&self, mut vms: Vec<Vm>) -> Result<Option<Vm>, XenError> {
        vms.sort_by_cached_key(Vm::precedence);
        let mut vms = vms.into_iter();
        let Some(kept) = vms.next() else {
            return Ok(None);
        };
        for twin in vms {
            if twin.power_state != PowerState::Halted || !twin.is_template {
                return Err(XenError::Unfit {
                    code: "INSTANCE_DUPLICATED",
                    message: format!(
                        "VMs {} and {} are both {}",
                        kept.uuid, twin.uuid, kept.label
                    ),
                    class: FailureClass::OperatorNeeded,
                });
            }
            warn!(
                uuid = twin.uuid,
                "removing a clone that finished after it was given up"
            );
            self.destroy_with_disks(&twin).await?;
        }
        Ok(Some(kept))
    }

    /// The VM as it is now; `Unknown` when it is gone.
    pub(super) async fn observe(&self, vm: &Vm) -> Result<Observation, XenError> {
        match self.read_vm(&vm.reference).await {
            Ok(vm) => {
                let ip_address = self.ip_address(&vm).await?;
                Ok(Observation {
                    power_state: vm.power_state,
                    ip_address,
                })
            }
            Err(error) if error.is_gone() => Ok(Observation::default()),
            Err(error) => Err(error),
        }
    }

    /// The guest's address, once its tools have told it; not known is no failure.
    pub(super) async fn ip_address(&self, vm: &Vm) -> Result<Option<String>, XenError> {
        let (PowerState::Running, Some(metrics)) = (vm.power_state, &vm.guest_metrics) else {
            return Ok(None);
        };
        match self
            .call("VM_guest_metrics.get_networks", &[text(metrics)])
            .await
        {
            Ok(networks) => Ok(first_ipv4(&networks)),
            Err(error) if error.is_gone() || error.is_unreadable() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The address of the first interface. The guest says it, so it must be one.
pub(super) fn first_ipv4(networks: &Value) -> Option<String> {
    let address = networks
        .get("0/ip")
        .or_else(|| networks.get("0/ipv4/0"))?
        .as_str()?;
    address
        .parse::<Ipv4Addr>()
        .ok()
        .map(|address| address.to_string())
}

fn mistagged(vm: &Vm) -> XenError {
    XenError::Unfit {
        code: "TAG_MISMATCH",
        message: format!(
            "VM {} is called {} but its tag names another instance",
            vm.uuid, vm.label
        ),
        class: FailureClass::OperatorNeeded,
    }
}

/// The error for an instance of which there is only a VM under another label.
pub(super) fn relabelled(instance_id: InstanceId, uuid: &str) -> XenError {
    XenError::Unfit {
        code: "VM_RELABELLED",
        message: format!(
            "VM {uuid} carries the tag of instance {instance_id} under another label: give its \
             label back if it was renamed, or take its tag away if it is a copy"
        ),
        class: FailureClass::OperatorNeeded,
    }
}
