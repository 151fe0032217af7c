//! A host, the pool object, and their records.

use std::collections::{BTreeMap, BTreeSet};

use openpex_aggregates::Timestamp;
use serde::{Deserialize, Serialize};

use super::class::Class;
use super::table::Row;
use crate::simulator::handle::Handle;
use crate::simulator::value::{Field, XenValue, field};

/// The version of XenAPI that the pool says it speaks.
pub const API_VERSION: (i64, i64) = (2, 21);

/// A physical host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    pub handle: Handle,
    pub name_label: String,
    pub name_description: String,
    pub address: String,
    /// Whether it takes new VMs.
    pub enabled: bool,
    /// Whether it has power.
    pub live: bool,
    pub vcpus: i64,
    /// Bytes that guests can use.
    pub memory: i64,
    pub other_config: BTreeMap<String, String>,
    pub tags: BTreeSet<String>,
    pub pbds: Vec<Handle>,
    pub local_sr: Handle,
}

impl Row for Host {
    const CLASS: Class = Class::Host;

    fn handle(&self) -> Handle {
        self.handle
    }
}

impl Host {
    /// Its record; `residents` are the VMs that have a domain on it.
    #[must_use]
    pub fn record(&self, residents: Vec<Handle>) -> Vec<Field> {
        let mut fields = self.identity_fields();
        fields.extend(self.resource_fields(residents));
        fields.extend(trailing_fields(self.local_sr));
        fields
    }

    fn identity_fields(&self) -> Vec<Field> {
        let allowed: &[&'static str] = if self.enabled {
            &[
                "provision",
                "vm_resume",
                "evacuate",
                "vm_start",
                "vm_migrate",
            ]
        } else {
            &["evacuate", "enable"]
        };
        let version = XenValue::Map(vec![
            field("product_brand", "OpenPEX simulated pool"),
            field("product_version", env!("CARGO_PKG_VERSION")),
        ]);
        vec![
            field("uuid", self.handle.uuid()),
            field("name_label", &self.name_label),
            field("name_description", &self.name_description),
            field("memory_overhead", 0),
            field(
                "allowed_operations",
                XenValue::list(allowed.iter().copied()),
            ),
            field("current_operations", XenValue::empty_map()),
            field("API_version_major", API_VERSION.0),
            field("API_version_minor", API_VERSION.1),
            field("API_version_vendor", "XenSource"),
            field("API_version_vendor_implementation", XenValue::empty_map()),
            field("enabled", self.enabled),
            field("software_version", version),
            field("other_config", &self.other_config),
            field(
                "capabilities",
                XenValue::list(["xen-3.0-x86_64", "hvm-3.0-x86_64"]),
            ),
            field("cpu_configuration", XenValue::empty_map()),
            field("sched_policy", "credit"),
            field("supported_bootloaders", XenValue::empty_list()),
        ]
    }

    fn resource_fields(&self, residents: Vec<Handle>) -> Vec<Field> {
        let cpu_info = XenValue::Map(vec![
            field("cpu_count", self.vcpus.to_string()),
            field("socket_count", "1"),
            field("threads_per_core", "1"),
            field("vendor", "GenuineIntel"),
            field("speed", "2394.230"),
            field("modelname", "simulated CPU"),
            field("family", "6"),
            field("model", "85"),
            field("stepping", "4"),
            field("flags", ""),
            field("features", ""),
        ]);
        vec![
            field("resident_VMs", XenValue::list(residents)),
            field("logging", XenValue::empty_map()),
            field("PIFs", XenValue::empty_list()),
            field("suspend_image_sr", Handle::NULL),
            field("crash_dump_sr", Handle::NULL),
            field("crashdumps", XenValue::empty_list()),
            field("patches", XenValue::empty_list()),
            field("updates", XenValue::empty_list()),
            field("PBDs", XenValue::list(&self.pbds)),
            field("host_CPUs", XenValue::empty_list()),
            field("cpu_info", cpu_info),
            field("hostname", &self.name_label),
            field("address", &self.address),
            field("metrics", self.handle.metrics()),
            field("license_params", XenValue::empty_map()),
            field("ha_statefiles", XenValue::empty_list()),
            field("ha_network_peers", XenValue::empty_list()),
            field("blobs", XenValue::empty_map()),
            field("tags", XenValue::list(&self.tags)),
        ]
    }

    /// The record of its metrics.
    #[must_use]
    pub fn metrics_record(&self, now: Timestamp) -> Vec<Field> {
        vec![
            field("uuid", self.handle.metrics().uuid()),
            field("memory_total", self.memory),
            field("live", self.live),
            field("last_updated", now),
            field("other_config", XenValue::empty_map()),
        ]
    }
}

/// The fields that say the same of every host here.
fn trailing_fields(local_sr: Handle) -> Vec<Field> {
    vec![
        field("external_auth_type", ""),
        field("external_auth_service_name", ""),
        field("external_auth_configuration", XenValue::empty_map()),
        field("edition", "free"),
        field("license_server", XenValue::empty_map()),
        field("bios_strings", XenValue::empty_map()),
        field("power_on_mode", ""),
        field("power_on_config", XenValue::empty_map()),
        field("local_cache_sr", local_sr),
        field("chipset_info", XenValue::empty_map()),
        field("PCIs", XenValue::empty_list()),
        field("PGPUs", XenValue::empty_list()),
        field("PUSBs", XenValue::empty_list()),
        field("ssl_legacy", false),
        field("guest_VCPUs_params", XenValue::empty_map()),
        field("display", "enabled"),
        field(
            "virtual_hardware_platform_versions",
            XenValue::list([0, 1, 2]),
        ),
        field("control_domain", Handle::NULL),
        field("updates_requiring_reboot", XenValue::empty_list()),
        field("features", XenValue::empty_list()),
        field("iscsi_iqn", ""),
        field("multipathing", false),
        field("uefi_certificates", ""),
        field("certificates", XenValue::empty_list()),
        field("editions", XenValue::list(["free"])),
        field("pending_guidances", XenValue::empty_list()),
        field("tls_verification_enabled", false),
        field("last_software_update", Timestamp(0)),
        field("https_only", false),
        field("latest_synced_updates_applied", "unknown"),
        field("numa_affinity_policy", "default_policy"),
        field("pending_guidances_recommended", XenValue::empty_list()),
        field("pending_guidances_full", XenValue::empty_list()),
        field("last_update_hash", ""),
    ]
}

/// The pool itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolRow {
    pub handle: Handle,
    pub name_label: String,
    pub name_description: String,
    pub master: Handle,
    pub default_sr: Handle,
    pub other_config: BTreeMap<String, String>,
    pub tags: BTreeSet<String>,
}

impl Row for PoolRow {
    const CLASS: Class = Class::Pool;

    fn handle(&self) -> Handle {
        self.handle
    }
}

impl PoolRow {
    /// Its record.
    #[must_use]
    pub fn record(&self) -> Vec<Field> {
        vec![
            field("uuid", self.handle.uuid()),
            field("name_label", &self.name_label),
            field("name_description", &self.name_description),
            field("master", self.master),
            field("default_SR", self.default_sr),
            field("suspend_image_SR", Handle::NULL),
            field("crash_dump_SR", Handle::NULL),
            field("other_config", &self.other_config),
            field("ha_enabled", false),
            field("ha_configuration", XenValue::empty_map()),
            field("ha_statefiles", XenValue::empty_list()),
            field("ha_host_failures_to_tolerate", 0),
            field("ha_plan_exists_for", 0),
            field("ha_allow_overcommit", false),
            field("ha_overcommitted", false),
            field("blobs", XenValue::empty_map()),
            field("tags", XenValue::list(&self.tags)),
            field("gui_config", XenValue::empty_map()),
            field("wlb_url", ""),
            field("wlb_username", ""),
            field("wlb_enabled", false),
            field("wlb_verify_cert", false),
            field("redo_log_enabled", false),
            field("redo_log_vdi", Handle::NULL),
            field("vswitch_controller", ""),
            field("restrictions", XenValue::empty_map()),
            field("metadata_VDIs", XenValue::empty_list()),
            field("ha_cluster_stack", ""),
            field("allowed_operations", XenValue::empty_list()),
            field("current_operations", XenValue::empty_map()),
            field("guest_agent_config", XenValue::empty_map()),
            field("cpu_info", XenValue::empty_map()),
            field("policy_no_vendor_device", false),
            field("live_patching_disabled", false),
            field("igmp_snooping_enabled", false),
            field("migration_compression", false),
            field("coordinator_bias", true),
        ]
    }
}
