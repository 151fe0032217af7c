//! Reads of the whole pool: our instances, its nodes, its templates.

use std::collections::BTreeMap;

use openpex_aggregates::instance::Observation;
use openpex_aggregates::{InstanceId, NodeName, Resources};
use tracing::warn;
use xmlrpc::Value;

use super::XenDispatcher;
use super::codec::text;
use super::failures::XenError;
use super::records::{Fields, Vm, strings};
use super::vms::{first_ipv4, relabelled};
use crate::dispatcher::NodeFacts;

const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;

/// What a pool without a name is called.
const UNNAMED_POOL: &str = "default";

/// `content_type` of the storage that VM disks go to; others hold ISO images.
const DISK_STORAGE: &str = "user";

impl XenDispatcher {
    /// Every instance that has a VM, with what is seen of it: one call, for what has changed.
    ///
    /// Where its reply does not parse (a map key the pool did not escape), or the pool does not know
    /// the call, all records are read.
    pub(super) async fn read_instances(&self) -> Result<Vec<(InstanceId, Observation)>, XenError> {
        let seen = self.with_seen(|seen| {
            let with_address = |vm: &Vm| (vm.clone(), seen.address(vm));
            seen.vms().map(with_address).collect::<Vec<_>>()
        });
        let (vms, addresses): (Vec<_>, Vec<_>) = match seen.await {
            Ok(seen) => seen.into_iter().unzip(),
            Err(error) if error.is_unreadable() || error.is_unknown_method() => {
                return self.read_all_instances().await;
            }
            Err(error) => return Err(error),
        };
        let references = vms.iter().map(|vm| vm.reference.clone());
        let addresses: BTreeMap<_, _> = references.zip(addresses).collect();
        let observed = self
            .sort_out(vms)
            .await
            .into_iter()
            .map(|(instance_id, vm)| {
                let observation = Observation {
                    power_state: vm.power_state,
                    ip_address: addresses.get(&vm.reference).cloned().flatten(),
                };
                (instance_id, observation)
            });
        Ok(observed.collect())
    }

    /// The same by reading every record: two calls for all. Where a reply does not parse, the VMs
    /// are read one by one, and of the unreadable ones field by field.
    async fn read_all_instances(&self) -> Result<Vec<(InstanceId, Observation)>, XenError> {
        let instances = self.instance_vms().await?;
        let method = "VM_guest_metrics.get_all_records";
        let metrics = match self.call(method, &[]).await {
            Ok(metrics) => Some(metrics),
            Err(error) if error.is_unreadable() => None,
            Err(error) => return Err(error),
        };
        let mut observed = Vec::with_capacity(instances.len());
        for (instance_id, vm) in instances {
            let ip_address = match &metrics {
                Some(all) => address_in(all, &vm),
                None => self.ip_address(&vm).await?,
            };
            observed.push((
                instance_id,
                Observation {
                    power_state: vm.power_state,
                    ip_address,
                },
            ));
        }
        Ok(observed)
    }

    async fn instance_vms(&self) -> Result<BTreeMap<InstanceId, Vm>, XenError> {
        let vms = self.all_vms().await?;
        Ok(self.sort_out(vms).await)
    }

    /// The VM of each instance. Of several, the one that the effects would keep; of those with
    /// the tag alone, any, so that the instance is not taken for gone.
    async fn sort_out(&self, mut vms: Vec<Vm>) -> BTreeMap<InstanceId, Vm> {
        vms.retain(|vm| !vm.is_template && !vm.is_snapshot && !vm.is_control_domain);
        vms.sort_by_cached_key(Vm::precedence);
        let mut labelled = BTreeMap::new();
        let mut only_tagged = BTreeMap::new();
        for vm in vms {
            let Some(instance_id) = vm.instance_id() else {
                continue;
            };
            let named = vm.label_names(instance_id);
            let found = if named {
                &mut labelled
            } else {
                &mut only_tagged
            };
            found.entry(instance_id).or_insert(vm);
        }
        let uuids = only_tagged
            .iter()
            .map(|(&id, vm)| (id, vm.uuid.clone()))
            .collect();
        *self.relabelled.lock().await = Some(uuids);
        for (instance_id, vm) in only_tagged {
            labelled.entry(instance_id).or_insert_with(|| {
                warn!(uuid = vm.uuid, %instance_id, "a VM has an instance's tag, not its label");
                vm
            });
        }
        labelled
    }

    /// Refuses when a VM carries the instance's tag under another label: making another VM, or
    /// saying that there is none, could be wrong.
    pub(super) async fn refuse_if_relabelled(
        &self,
        instance_id: InstanceId,
    ) -> Result<(), XenError> {
        if self.relabelled.lock().await.is_none() {
            self.instance_vms().await?;
        }
        match self
            .relabelled
            .lock()
            .await
            .as_ref()
            .and_then(|all| all.get(&instance_id))
        {
            Some(uuid) => Err(relabelled(instance_id, uuid)),
            None => Ok(()),
        }
    }

    async fn all_vms(&self) -> Result<Vec<Vm>, XenError> {
        let method = "VM.get_all_records";
        match self.call(method, &[]).await {
            Ok(all) => Fields::of(method, &all)?
                .records()
                .map(|record| record.and_then(|(reference, fields)| Vm::read(reference, fields)))
                .collect(),
            Err(error) if error.is_unreadable() => {
                warn!(%error, "reading the pool's VMs one by one");
                let references = strings("VM.get_all", &self.call("VM.get_all", &[]).await?)?;
                self.read_vms(&references).await
            }
            Err(error) => Err(error),
        }
    }

    /// Names of the templates that an operator made; those the pool came with have no system on
    /// them.
    pub(super) async fn read_templates(&self) -> Result<Vec<String>, XenError> {
        let usable = |vm: &Vm| vm.is_usable_template() && !vm.is_default_template;
        let vms = self.all_vms().await?;
        let mut names: Vec<_> = vms.into_iter().filter(usable).map(|vm| vm.label).collect();
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// The pool's hosts with what guests can use of them.
    ///
    /// Memory is the host's total without the hypervisor's share and the control domain's. Disk is
    /// the physical size of the storage for VM disks that is attached: local storage whole, shared
    /// storage in equal parts for the hosts that have it attached. Where the pool's default
    /// storage is shared, that is where clones go, and local storage does not count.
    pub(super) async fn read_nodes(&self) -> Result<Vec<NodeFacts>, XenError> {
        let pools = self.call("pool.get_all_records", &[]).await?;
        let pool = Fields::of("pool.get_all_records", &pools)?
            .records()
            .next()
            .transpose()?;
        let name = pool.map(|(_, pool)| pool.text("name_label")).transpose()?;
        let name = name.filter(|name| !name.is_empty()).unwrap_or(UNNAMED_POOL);
        let default_storage = pool.and_then(|(_, pool)| pool.reference("default_SR"));
        let hosts = self.call("host.get_all_records", &[]).await?;
        let metrics = self.call("host_metrics.get_all_records", &[]).await?;
        let metrics: BTreeMap<_, _> = Fields::of("host_metrics.get_all_records", &metrics)?
            .records()
            .collect::<Result<_, _>>()?;
        let disk = self.disk_of_hosts(default_storage).await?;
        let mut nodes = Vec::new();
        for host in Fields::of("host.get_all_records", &hosts)?.records() {
            let (reference, host) = host?;
            let metrics = host
                .reference("metrics")
                .and_then(|metrics_ref| metrics.get(metrics_ref));
            let total = metrics.map_or(0, |metrics| metrics.number("memory_total"));
            let taken = host.number("memory_overhead") + self.control_domain_memory(host).await?;
            let vcpus = host
                .map("cpu_info")
                .get("cpu_count")
                .and_then(|n| n.parse().ok());
            nodes.push(NodeFacts {
                name: NodeName(host.text("name_label")?.to_owned()),
                pool: name.to_owned(),
                capacity: Resources {
                    vcpus: vcpus.unwrap_or(0),
                    memory_mib: total.saturating_sub(taken) / MIB,
                    disk_gib: disk.get(reference).copied().unwrap_or(0) / GIB,
                },
                live: metrics.is_some_and(|metrics| metrics.flag("live").unwrap_or(false)),
                enabled: host.flag("enabled")?,
            });
        }
        nodes.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(nodes)
    }

    /// Bytes that the host's control domain holds; 0 where the pool names none.
    async fn control_domain_memory(&self, host: Fields<'_>) -> Result<u64, XenError> {
        let Some(domain) = host.reference("control_domain") else {
            return Ok(0);
        };
        let method = "VM.get_record";
        match self.call(method, &[text(domain)]).await {
            Ok(record) => {
                let fields = Fields::of(method, &record)?;
                let target = fields.number("memory_target");
                Ok(if target > 0 {
                    target
                } else {
                    fields.number("memory_static_max")
                })
            }
            Err(error) if error.is_gone() || error.is_unreadable() => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// Bytes of disk storage by host reference.
    async fn disk_of_hosts(
        &self,
        default_storage: Option<&str>,
    ) -> Result<BTreeMap<String, u64>, XenError> {
        let method = "SR.get_all_records";
        let storage = self.call(method, &[]).await?;
        let storage: BTreeMap<_, _> = Fields::of(method, &storage)?
            .records()
            .collect::<Result<_, _>>()?;
        let shared = |sr: Fields<'_>| sr.flag("shared").unwrap_or(false);
        let only_shared = default_storage
            .and_then(|sr| storage.get(sr))
            .is_some_and(|&sr| shared(sr));
        let mut attached: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let links = self.call("PBD.get_all_records", &[]).await?;
        for link in Fields::of("PBD.get_all_records", &links)?.records() {
            let (_, link) = link?;
            if link.flag("currently_attached")?
                && let (Some(sr), Some(host)) = (link.reference("SR"), link.reference("host"))
            {
                attached
                    .entry(sr.to_owned())
                    .or_default()
                    .push(host.to_owned());
            }
        }
        let mut bytes: BTreeMap<String, u64> = BTreeMap::new();
        for (reference, &sr) in &storage {
            let Some(hosts) = attached.get(*reference) else {
                continue;
            };
            if sr.text("content_type")? != DISK_STORAGE || (only_shared && !shared(sr)) {
                continue;
            }
            let parts = if shared(sr) { hosts.len() as u64 } else { 1 };
            for host in hosts {
                let sum = bytes.entry(host.clone()).or_default();
                *sum = sum.saturating_add(sr.number("physical_size") / parts);
            }
        }
        Ok(bytes)
    }
}

/// The guest's address out of all guest metrics.
fn address_in(all: &Value, vm: &Vm) -> Option<String> {
    let metrics = all.get(vm.guest_metrics.as_deref()?)?;
    first_ipv4(metrics.get("networks")?)
}
