//! Start and reboot: the VM exists, has its size and runs.
//!
//! Every step looks first, so the whole can be cut off anywhere and be begun again:
//!
//! ```text
//! look by label ─ none ─> clone ─> look by label again ─> keep one ─> tag ─> describe ─> size
//!       │                                                                                  │
//!       └─ found ─> keep one ─ halted ─> (whichever of these steps is missing) ─> provision┤
//!                        └─ not halted ──────────────────────────────────────> power on <──┘
//! ```

use openpex_aggregates::instance::{InstanceSpec, Observation, PowerState};
use tracing::warn;
use xmlrpc::Value;

use super::XenDispatcher;
use super::codec::{number, text};
use super::failures::XenError;
use super::lasting::Lasting;
use super::records::{INSTANCE_KEY, REBOOT_KEY, RESERVATION_KEY, Vm, vm_label};
use super::tasks::TaskEnd;
use crate::dispatcher::FailureClass;

/// Bytes of a MiB.
const MIB: u64 = 1024 * 1024;
/// Bytes of a GiB.
const GIB: u64 = 1024 * MIB;

impl XenDispatcher {
    /// The VM exists, has its size and runs.
    pub(super) async fn start(&self, spec: &InstanceSpec) -> Result<Observation, XenError> {
        let vm = self.ready_vm(spec).await?;
        self.power_on(&vm, spec).await
    }

    /// The VM runs anew, once for each `effect_id`.
    ///
    /// Before the reboot its effect and the number of the running domain are noted on the VM. The
    /// domain is another after every boot, so a repetition that finds its own note with another
    /// domain knows that the reboot was done. What remains: a VM that was migrated between the
    /// note and the reboot also has another domain and is then not rebooted.
    pub(super) async fn reboot(
        &self,
        spec: &InstanceSpec,
        effect_id: u64,
    ) -> Result<Observation, XenError> {
        let vm = self.ready_vm(spec).await?;
        let note = |domain: &str| format!("{effect_id} {domain}");
        let noted = vm.other_config.get(REBOOT_KEY);
        let ours = noted.is_some_and(|noted| noted.starts_with(&note("")));
        if ours && noted != Some(&note(&vm.domain)) {
            return self.power_on(&vm, spec).await;
        }
        if !ours {
            self.write_note(&vm, &note(&vm.domain)).await?;
        }
        match vm.power_state {
            PowerState::Running | PowerState::Paused => self.boot_again(&vm).await?,
            PowerState::Suspended => self.settled(&vm, "VM.hard_shutdown").await?,
            PowerState::Halted | PowerState::Unknown => {}
        }
        let vm = self.read_vm(&vm.reference).await?;
        self.power_on(&vm, spec).await
    }

    async fn write_note(&self, vm: &Vm, note: &str) -> Result<(), XenError> {
        let key = text(REBOOT_KEY);
        if vm.other_config.contains_key(REBOOT_KEY) {
            let args = [text(&vm.reference), key.clone()];
            self.call("VM.remove_from_other_config", &args).await?;
        }
        let args = [text(&vm.reference), key, text(note)];
        self.call("VM.add_to_other_config", &args).await.map(drop)
    }

    async fn boot_again(&self, vm: &Vm) -> Result<(), XenError> {
        if vm.power_state == PowerState::Running {
            let grace = self.timeouts().guest_grace;
            match self
                .run_task("VM.clean_reboot", &[text(&vm.reference)], grace)
                .await
            {
                Ok(TaskEnd::Done | TaskEnd::Vanished) => return Ok(()),
                Ok(TaskEnd::Pending) => {}
                Err(error) if error.wants_hard_verb() => {}
                // An earlier reboot of ours, given up on: it has the grace of this one.
                Err(error) if error.has_code("OTHER_OPERATION_IN_PROGRESS") => {
                    self.wait_for(vm, grace, |now| now.domain != vm.domain)
                        .await?;
                }
                Err(error) => return Err(error),
            }
            if self.read_vm(&vm.reference).await?.domain != vm.domain {
                return Ok(());
            }
        }
        self.settled(vm, "VM.hard_reboot").await
    }

    /// The instance's VM, made if there is none, and made ready if it is halted.
    async fn ready_vm(&self, spec: &InstanceSpec) -> Result<Vm, XenError> {
        let mut vms = self.find_vms(spec).await?;
        if vms.is_empty() {
            self.refuse_if_relabelled(spec.instance_id).await?;
            self.clone_template(spec).await?;
            // Another clone may have finished meanwhile: one whose call was given up earlier.
            vms = self.find_vms(spec).await?;
        }
        let vm = self.settle(vms).await?.ok_or_else(|| XenError::Unfit {
            code: "CLONE_NOT_THERE",
            message: "the VM that was cloned cannot be found yet".to_owned(),
            class: FailureClass::Transient,
        })?;
        if vm.power_state == PowerState::Halted {
            self.make_ready(&vm, spec).await?;
        }
        Ok(vm)
    }

    async fn clone_template(&self, spec: &InstanceSpec) -> Result<(), XenError> {
        let name = &spec.template;
        if let Some(known) = self.lasting.recall(Lasting::Template, name) {
            let args = [text(known), text(vm_label(spec))];
            match self.finish("VM.clone", &args).await {
                // Replaced by another of its name, perhaps.
                Err(error) if error.is_gone() => self.lasting.forget(),
                outcome => return outcome,
            }
        }
        let template = self.template(name).await?;
        self.lasting.keep(Lasting::Template, name, &template);
        let args = [text(template), text(vm_label(spec))];
        self.finish("VM.clone", &args).await
    }

    /// The one usable template of this name.
    async fn template(&self, name: &str) -> Result<String, XenError> {
        let references = self.labelled("VM", name).await?;
        let mut found = self.read_vms(&references).await?;
        found.retain(Vm::is_usable_template);
        match found.as_slice() {
            [template] => Ok(template.reference.clone()),
            [] => Err(XenError::Unfit {
                code: "TEMPLATE_NOT_FOUND",
                message: format!("the pool has no template called {name}"),
                class: FailureClass::OperatorNeeded,
            }),
            several => Err(XenError::Unfit {
                code: "TEMPLATE_AMBIGUOUS",
                message: format!("the pool has {} templates called {name}", several.len()),
                class: FailureClass::OperatorNeeded,
            }),
        }
    }

    /// Tags, describes, sizes and provisions a halted VM, each only where it is not so yet.
    async fn make_ready(&self, vm: &Vm, spec: &InstanceSpec) -> Result<(), XenError> {
        let vm_ref = || text(&vm.reference);
        let tags = [
            (INSTANCE_KEY, spec.instance_id.to_string()),
            (RESERVATION_KEY, spec.reservation_id.to_string()),
        ];
        let description = format!(
            "OpenPEX instance {} of reservation {}",
            spec.instance_id, spec.reservation_id
        );
        let describe = async {
            if vm.description != description {
                let args = [vm_ref(), text(description.clone())];
                self.call("VM.set_name_description", &args).await?;
            }
            Ok(())
        };
        // None of them needs another; each is made sure of again if one of them fails.
        let done: [Result<(), XenError>; 4] = tokio::join!(
            self.tag(vm, &tags),
            describe,
            self.size_vcpus(vm, spec.size.vcpus),
            self.size_memory(vm, spec.size.memory_mib),
        )
        .into();
        done.into_iter().collect::<Result<(), _>>()?;
        if vm.is_template {
            self.finish("VM.provision", &[vm_ref()]).await?;
        }
        self.size_disk(vm, spec.size.disk_gib).await
    }

    /// Grows the VM's first disk to the size of its type. A template with a larger disk keeps it:
    /// disks do not shrink.
    async fn size_disk(&self, vm: &Vm, wanted_gib: u64) -> Result<(), XenError> {
        let wanted = wanted_gib
            .checked_mul(GIB)
            .ok_or(XenError::RequestUnwritable {
                reason: "more disk than bytes can count",
            })?;
        let disk = if vm.gets_disks() {
            let provisioned = self.read_vm(&vm.reference).await?;
            self.first_disk(&provisioned).await?
        } else {
            self.first_disk(vm).await?
        };
        let Some(disk) = disk else {
            return Ok(());
        };
        let method = "VDI.get_virtual_size";
        let present = self.call(method, &[text(&disk)]).await?;
        let present: u64 = present
            .as_str()
            .and_then(|digits| digits.parse().ok())
            .ok_or(XenError::ReplyUnexpected {
                method: method.to_owned(),
                expected: "a number",
            })?;
        if present < wanted {
            self.call("VDI.resize", &[text(&disk), number(wanted)])
                .await?;
        }
        Ok(())
    }

    /// Sets the tags that are not there.
    ///
    /// A clone that is still a template is nobody's but ours, so its whole map is written back with
    /// the tags in it, in one call; of any other VM only the tags are touched.
    async fn tag(&self, vm: &Vm, tags: &[(&str, String); 2]) -> Result<(), XenError> {
        let untouched = tags
            .iter()
            .all(|(key, _)| !vm.other_config.contains_key(*key));
        if vm.is_template && vm.other_config_read && untouched {
            let there = vm.other_config.iter();
            let there = there.map(|(key, value)| (key.clone(), text(value)));
            let ours = tags
                .iter()
                .map(|(key, value)| ((*key).to_owned(), text(value)));
            let map = Value::Struct(there.chain(ours).collect());
            let method = "VM.set_other_config";
            match self.call(method, &[text(&vm.reference), map]).await {
                // Something is in it that cannot be written back.
                Err(XenError::RequestUnwritable { .. }) => {}
                outcome => return outcome.map(drop),
            }
        }
        for (key, value) in tags {
            self.add_tag(vm, key, value).await?;
        }
        Ok(())
    }

    /// Sets a tag that is not there; the pool refuses to set one twice, which tells of a
    /// repetition whose first reply was lost.
    async fn add_tag(&self, vm: &Vm, key: &str, value: &str) -> Result<(), XenError> {
        if vm.other_config.get(key).is_some_and(|there| there == value) {
            return Ok(());
        }
        let method = "VM.add_to_other_config";
        match self
            .call(method, &[text(&vm.reference), text(key), text(value)])
            .await
        {
            Err(error) if error.has_code("MAP_DUPLICATE_KEY") => {}
            outcome => return outcome.map(drop),
        }
        let method = "VM.get_other_config";
        match self.call(method, &[text(&vm.reference)]).await {
            Ok(Value::Struct(tags)) if tags.get(key).and_then(Value::as_str) == Some(value) => {
                Ok(())
            }
            // The label says whose it is; a tag that cannot be read does not say otherwise.
            Err(error) if error.is_unreadable() => Ok(()),
            Err(error) => Err(error),
            Ok(_) => Err(XenError::Unfit {
                code: "TAG_MISMATCH",
                message: format!("VM {} has another value in {key}", vm.uuid),
                class: FailureClass::OperatorNeeded,
            }),
        }
    }

    /// The pool wants `at_startup <= max` after each step, so growing and shrinking differ.
    async fn size_vcpus(&self, vm: &Vm, wanted: u64) -> Result<(), XenError> {
        let mut steps = [
            ("VM.set_VCPUs_max", vm.vcpus_max),
            ("VM.set_VCPUs_at_startup", vm.vcpus_at_startup),
        ];
        if wanted < vm.vcpus_max {
            steps.reverse();
        }
        for (method, present) in steps {
            if present != wanted {
                self.call(method, &[text(&vm.reference), number(wanted)])
                    .await?;
            }
        }
        Ok(())
    }

    async fn size_memory(&self, vm: &Vm, wanted_mib: u64) -> Result<(), XenError> {
        let wanted = wanted_mib
            .checked_mul(MIB)
            .ok_or(XenError::RequestUnwritable {
                reason: "more memory than bytes can count",
            })?;
        let static_min = vm.memory[0].min(wanted);
        let limits = [static_min, wanted, wanted, wanted];
        if vm.memory == limits {
            return Ok(());
        }
        // The wire's order: static minimum, static maximum, dynamic minimum, dynamic maximum.
        let mut args = vec![text(&vm.reference)];
        args.extend(limits.map(number));
        self.call("VM.set_memory_limits", &args).await.map(drop)
    }

    /// Makes the VM run, from whatever state it was read in.
    ///
    /// # Errors
    /// `NOT_RUNNING` when it was begun and did not come to run.
    async fn power_on(&self, vm: &Vm, spec: &InstanceSpec) -> Result<Observation, XenError> {
        let begun = match vm.power_state {
            PowerState::Running => vm.refuse_if_leaving(),
            PowerState::Paused => self
                .call("VM.unpause", &[text(&vm.reference)])
                .await
                .map(drop),
            PowerState::Suspended => self.boot_on("VM.resume_on", vm, spec).await,
            PowerState::Halted | PowerState::Unknown => self.boot_on("VM.start_on", vm, spec).await,
        };
        let observation = match begun {
            // It may be running already: an earlier start whose reply was lost.
            Err(error) if error.has_code("VM_BAD_POWER_STATE") => {
                let seen = self.observe(vm).await?;
                if seen.power_state != PowerState::Running {
                    return Err(error);
                }
                seen
            }
            Err(error) => return Err(error),
            Ok(()) => self.observe(vm).await?,
        };
        if observation.power_state != PowerState::Running {
            warn!(uuid = vm.uuid, state = ?observation.power_state, "a VM did not come to run");
            return Err(XenError::Unfit {
                code: "NOT_RUNNING",
                message: format!("VM {} is {:?}", vm.uuid, observation.power_state),
                class: FailureClass::Transient,
            });
        }
        Ok(observation)
    }

    /// `start_on` or `resume_on` on the spec's node: not paused, not forced.
    async fn boot_on(&self, verb: &str, vm: &Vm, spec: &InstanceSpec) -> Result<(), XenError> {
        let host = self.host(&spec.node.0).await?;
        let args = [
            text(&vm.reference),
            text(host),
            Value::Bool(false),
            Value::Bool(false),
        ];
        let booted = self.finish(verb, &args).await;
        if booted.as_ref().is_err_and(XenError::is_gone) {
            self.lasting.forget();
        }
        booted
    }

    /// The one host of this name.
    async fn host(&self, node: &str) -> Result<String, XenError> {
        if let Some(known) = self.lasting.recall(Lasting::Host, node) {
            return Ok(known);
        }
        match self.labelled("host", node).await?.as_slice() {
            [host] => {
                self.lasting.keep(Lasting::Host, node, host);
                Ok(host.clone())
            }
            [] => Err(XenError::Unfit {
                code: "NODE_NOT_FOUND",
                message: format!("the pool has no host called {node}"),
                class: FailureClass::NodeUnfit,
            }),
            several => Err(XenError::Unfit {
                code: "NODE_AMBIGUOUS",
                message: format!("the pool has {} hosts called {node}", several.len()),
                class: FailureClass::OperatorNeeded,
            }),
        }
    }
}
