//! What a pool has before anybody speaks to it.

use super::State;
use super::class::Class;
use super::host::{Host, PoolRow};
use super::network::{Network, Vif};
use super::storage::{Pbd, Sr, Vbd, VbdType, Vdi};
use super::vm::{Kind, Vm};
use crate::simulator::handle::Handle;
use crate::simulator::options::{GIB, PoolOptions};
use crate::simulator::value::Failure;

/// Name of the repository that all hosts share; templates and their clones lie there, so that every
/// host can start them.
pub const SHARED_SR: &str = "Pool storage";
/// Name of the network.
pub const NETWORK: &str = "Pool-wide network";

/// The address of the host of that number, in the range that private networks have.
fn address_of(number: u32) -> String {
    let [_, high, middle, low] = number.to_be_bytes();
    format!("172.{}.{middle}.{low}", 16_u8.saturating_add(high))
}

impl State {
    /// Adds what the options name and the state has not: hosts, templates and what they need.
    ///
    /// Hosts are known by their addresses, since they can be renamed. Their sizes follow the
    /// options. A host beyond the options' number stays, without power.
    pub fn complete(&mut self, options: &PoolOptions) -> Result<(), Failure> {
        self.complete_shared(options)?;
        let mut wanted = Vec::new();
        for (number, name) in (1_u32..).zip(options.host_names()) {
            let address = address_of(number);
            let known = self.hosts.iter().find(|host| host.address == address);
            let host = match known.map(|host| host.handle) {
                Some(known) => known,
                None => self.add_host(name, address)?,
            };
            self.resize_host(host, options)?;
            wanted.push(host);
        }
        let beyond = self
            .hosts
            .iter()
            .filter(|host| host.live && !wanted.contains(&host.handle));
        for handle in beyond.map(|host| host.handle).collect::<Vec<_>>() {
            self.hosts.edit(&mut self.changes, handle)?.live = false;
        }
        let pool = self.pool_handle();
        let pool = self.pools.edit(&mut self.changes, pool)?;
        if pool.master.is_null() {
            pool.master = wanted.first().copied().unwrap_or_default();
        }
        for name in &options.templates {
            let is_template = |vm| {
                self.vms
                    .find(vm)
                    .is_some_and(|vm| vm.kind == Kind::Template)
            };
            let known = self.vms_named(name).any(is_template);
            if !known {
                self.add_template(name, options)?;
            }
        }
        Ok(())
    }

    /// The pool object.
    #[must_use]
    pub fn pool_handle(&self) -> Handle {
        self.pools.handles().next().unwrap_or_default()
    }

    fn shared_sr(&self) -> Handle {
        self.srs
            .iter()
            .find(|sr| sr.shared)
            .map_or(Handle::NULL, |sr| sr.handle)
    }

    fn complete_shared(&mut self, options: &PoolOptions) -> Result<(), Failure> {
        let size = options
            .disk_bytes()
            .saturating_mul(i64::from(options.hosts));
        let shared = if self.shared_sr().is_null() {
            let sr = Sr {
                handle: Handle::fresh(),
                name_label: SHARED_SR.to_owned(),
                shared: true,
                ..Sr::default()
            };
            self.srs.insert(&mut self.changes, sr)
        } else {
            self.shared_sr()
        };
        self.srs.edit(&mut self.changes, shared)?.physical_size = size;
        if self.networks.len() == 0 {
            let network = Network {
                handle: Handle::fresh(),
                name_label: NETWORK.to_owned(),
                bridge: "xenbr0".to_owned(),
                ..Network::default()
            };
            self.networks.insert(&mut self.changes, network);
        }
        if self.pools.len() == 0 {
            let pool = PoolRow {
                handle: Handle::fresh(),
                name_label: options.name.clone(),
                default_sr: shared,
                ..PoolRow::default()
            };
            self.pools.insert(&mut self.changes, pool);
        }
        Ok(())
    }

    fn add_host(&mut self, name: String, address: String) -> Result<Handle, Failure> {
        let local_name = format!("Local storage of {name}");
        let host = Host {
            handle: Handle::fresh(),
            name_label: name,
            address,
            enabled: true,
            live: true,
            ..Host::default()
        };
        let host = self.hosts.insert(&mut self.changes, host);
        self.changes.touch(Class::HostMetrics, host.metrics());
        let local = Sr {
            handle: Handle::fresh(),
            name_label: local_name,
            ..Sr::default()
        };
        let local = self.srs.insert(&mut self.changes, local);
        self.hosts.edit(&mut self.changes, host)?.local_sr = local;
        for sr in [local, self.shared_sr()] {
            let handle = Handle::fresh();
            let pbd = Pbd {
                handle,
                host,
                sr,
                ..Pbd::default()
            };
            self.pbds.insert(&mut self.changes, pbd);
            self.srs.edit(&mut self.changes, sr)?.pbds.push(handle);
            self.hosts.edit(&mut self.changes, host)?.pbds.push(handle);
        }
        Ok(host)
    }

    fn resize_host(&mut self, handle: Handle, options: &PoolOptions) -> Result<(), Failure> {
        let host = self.hosts.edit(&mut self.changes, handle)?;
        host.vcpus = i64::from(options.vcpus);
        host.memory = options.memory_bytes();
        let local = host.local_sr;
        self.srs.edit(&mut self.changes, local)?.physical_size = options.disk_bytes();
        Ok(())
    }

    fn add_template(&mut self, name: &str, options: &PoolOptions) -> Result<(), Failure> {
        let number = self.next_number();
        let vm = Vm {
            handle: Handle::fresh(),
            name_label: name.to_owned(),
            name_description: "A template of the simulated pool".to_owned(),
            kind: Kind::Template,
            vcpus_max: 1,
            vcpus_at_startup: 1,
            number,
            platform: [
                ("acpi", "1"),
                ("apic", "true"),
                ("pae", "true"),
                ("viridian", "true"),
            ]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
            ..Vm::default()
        };
        let mac = vm.mac();
        let vm = self.insert_vm(vm);
        let vdi = self.insert_vdi(Vdi {
            handle: Handle::fresh(),
            name_label: format!("{name} 0"),
            sr: self.shared_sr(),
            virtual_size: i64::from(options.template_disk_gib) * GIB,
            ..Vdi::default()
        })?;
        self.insert_vbd(Vbd {
            handle: Handle::fresh(),
            vm,
            vdi,
            userdevice: "0".to_owned(),
            bootable: true,
            ..Vbd::default()
        })?;
        self.insert_vbd(Vbd {
            handle: Handle::fresh(),
            vm,
            userdevice: "3".to_owned(),
            read_only: true,
            kind: VbdType::Cd,
            ..Vbd::default()
        })?;
        let network = self.networks.handles().next().unwrap_or_default();
        self.insert_vif(Vif {
            handle: Handle::fresh(),
            vm,
            network,
            device: "0".to_owned(),
            mac,
            ..Vif::default()
        })?;
        Ok(())
    }
}
