//! The records of a VM, of its metrics, and of what its guest tools report.

use openpex_aggregates::Timestamp;

use super::vm::{Kind, Vm};
use crate::simulator::handle::Handle;
use crate::simulator::value::{Field, XenValue, field};

impl Vm {
    /// Its record; `allowed` are the operations that it takes now.
    #[must_use]
    pub fn record(&self, now: Timestamp, allowed: Vec<&'static str>) -> Vec<Field> {
        let mut fields = self.identity_fields(allowed);
        fields.extend(self.size_fields());
        fields.extend(self.device_fields(now));
        fields.extend(self.snapshot_fields());
        fields.extend(trailing_fields());
        fields
    }

    fn identity_fields(&self, allowed: Vec<&'static str>) -> Vec<Field> {
        let current = self
            .in_progress
            .iter()
            .map(|op| (op.task.to_string().into(), op.operation.name().into()))
            .collect();
        let scheduled = self.in_progress.iter().map(|op| op.destination);
        let scheduled = scheduled
            .into_iter()
            .find(|host| !host.is_null())
            .unwrap_or_default();
        vec![
            field("uuid", self.handle.uuid()),
            field("allowed_operations", XenValue::list(allowed)),
            field("current_operations", XenValue::Map(current)),
            field("name_label", &self.name_label),
            field("name_description", &self.name_description),
            field("power_state", self.power.state().name()),
            field("user_version", 1),
            field("is_a_template", self.is_a_template()),
            field("is_default_template", false),
            field("suspend_VDI", Handle::NULL),
            field("resident_on", self.resident_on()),
            field("scheduled_to_be_resident_on", scheduled),
            field("affinity", self.affinity),
        ]
    }

    fn size_fields(&self) -> Vec<Field> {
        let target = if self.power.residence().is_some() {
            self.memory.dynamic_max
        } else {
            0
        };
        vec![
            field("memory_overhead", 0),
            field("memory_target", target),
            field("memory_static_max", self.memory.static_max),
            field("memory_dynamic_max", self.memory.dynamic_max),
            field("memory_dynamic_min", self.memory.dynamic_min),
            field("memory_static_min", self.memory.static_min),
            field("VCPUs_params", XenValue::empty_map()),
            field("VCPUs_max", self.vcpus_max),
            field("VCPUs_at_startup", self.vcpus_at_startup),
            field("actions_after_softreboot", "soft_reboot"),
            field("actions_after_shutdown", "destroy"),
            field("actions_after_reboot", "restart"),
            field("actions_after_crash", "destroy"),
        ]
    }

    fn device_fields(&self, now: Timestamp) -> Vec<Field> {
        let guest_metrics = if self.has_tools(now) {
            self.handle.guest_metrics()
        } else {
            Handle::NULL
        };
        let boot_order = XenValue::Map(vec![field("order", "cd")]);
        vec![
            field("consoles", XenValue::empty_list()),
            field("VIFs", XenValue::list(&self.vifs)),
            field("VBDs", XenValue::list(&self.vbds)),
            field("VUSBs", XenValue::empty_list()),
            field("crash_dumps", XenValue::empty_list()),
            field("VTPMs", XenValue::empty_list()),
            field("PV_bootloader", ""),
            field("PV_kernel", ""),
            field("PV_ramdisk", ""),
            field("PV_args", ""),
            field("PV_bootloader_args", ""),
            field("PV_legacy_args", ""),
            field("HVM_boot_policy", "BIOS order"),
            field("HVM_boot_params", boot_order),
            field("HVM_shadow_multiplier", XenValue::Double(1.0)),
            field("platform", &self.platform),
            field("PCI_bus", ""),
            field("other_config", &self.other_config),
            field(
                "domid",
                self.power
                    .residence()
                    .map_or(-1, |residence| residence.domid),
            ),
            field("domarch", ""),
            field("last_boot_CPU_flags", XenValue::empty_map()),
            field("is_control_domain", false),
            field("metrics", self.handle.metrics()),
            field("guest_metrics", guest_metrics),
            field("last_booted_record", ""),
            field("recommendations", ""),
            field("xenstore_data", &self.xenstore_data),
            field("ha_always_run", false),
            field("ha_restart_priority", ""),
        ]
    }

    fn snapshot_fields(&self) -> Vec<Field> {
        let (of, taken_at) = match self.kind {
            Kind::Snapshot { of, taken_at } => (of, taken_at),
            Kind::Guest | Kind::Template => (Handle::NULL, Timestamp(0)),
        };
        vec![
            field("is_a_snapshot", self.is_a_snapshot()),
            field("snapshot_of", of),
            field("snapshots", XenValue::list(&self.snapshots)),
            field("snapshot_time", taken_at),
            field("transportable_snapshot_id", ""),
            field("blobs", XenValue::empty_map()),
            field("tags", XenValue::list(&self.tags)),
            field("blocked_operations", XenValue::empty_map()),
            field("snapshot_info", XenValue::empty_map()),
            field("snapshot_metadata", ""),
            field("parent", Handle::NULL),
            field("children", XenValue::empty_list()),
        ]
    }

    /// The record of its metrics.
    #[must_use]
    pub fn metrics_record(&self, now: Timestamp) -> Vec<Field> {
        let residence = self.power.residence();
        let started_at = residence.map_or(Timestamp(0), |residence| residence.started_at);
        let memory = if residence.is_some() {
            self.memory.dynamic_max
        } else {
            0
        };
        vec![
            field("uuid", self.handle.metrics().uuid()),
            field("memory_actual", memory),
            field(
                "VCPUs_number",
                if residence.is_some() {
                    self.vcpus_at_startup
                } else {
                    0
                },
            ),
            field("VCPUs_utilisation", XenValue::empty_map()),
            field("VCPUs_CPU", XenValue::empty_map()),
            field("VCPUs_params", XenValue::empty_map()),
            field("VCPUs_flags", XenValue::empty_map()),
            field("state", XenValue::empty_list()),
            field("start_time", started_at),
            field("install_time", Timestamp(0)),
            field("last_updated", now),
            field("other_config", XenValue::empty_map()),
            field("hvm", true),
            field("nested_virt", false),
            field("nomigrate", false),
            field(
                "current_domain_type",
                if residence.is_some() {
                    "hvm"
                } else {
                    "unspecified"
                },
            ),
        ]
    }

    /// The record that its guest tools fill.
    #[must_use]
    pub fn guest_metrics_record(&self) -> Vec<Field> {
        let reported_at = self.power.residence().map_or(Timestamp(0), |r| r.tools_at);
        // The two keys that xapi writes for an IPv4 address of the first device.
        let networks = XenValue::Map(vec![
            field("0/ip", self.ipv4()),
            field("0/ipv4/0", self.ipv4()),
        ]);
        let version = XenValue::Map(vec![field("major", "8"), field("minor", "4")]);
        let features = XenValue::Map(vec![
            field("feature-shutdown", "1"),
            field("feature-reboot", "1"),
            field("feature-suspend", "1"),
        ]);
        vec![
            field("uuid", self.handle.guest_metrics().uuid()),
            field(
                "os_version",
                XenValue::Map(vec![field("name", "simulated guest")]),
            ),
            field("PV_drivers_version", version),
            field("PV_drivers_up_to_date", true),
            field("memory", XenValue::empty_map()),
            field("disks", XenValue::empty_map()),
            field("networks", networks),
            field("other", features),
            field("last_updated", reported_at),
            field("other_config", XenValue::empty_map()),
            field("live", true),
            field("can_use_hotplug_vbd", "yes"),
            field("can_use_hotplug_vif", "yes"),
            field("PV_drivers_detected", true),
        ]
    }
}

/// The fields that are the same for every VM here.
fn trailing_fields() -> Vec<Field> {
    vec![
        field("bios_strings", XenValue::empty_map()),
        field("protection_policy", Handle::NULL),
        field("is_snapshot_from_vmpp", false),
        field("snapshot_schedule", Handle::NULL),
        field("is_vmss_snapshot", false),
        field("appliance", Handle::NULL),
        field("start_delay", 0),
        field("shutdown_delay", 0),
        field("order", 0),
        field("VGPUs", XenValue::empty_list()),
        field("attached_PCIs", XenValue::empty_list()),
        field("suspend_SR", Handle::NULL),
        field("version", 0),
        field("generation_id", ""),
        field("hardware_platform_version", 0),
        field("has_vendor_device", false),
        field("requires_reboot", false),
        field("reference_label", ""),
        field("domain_type", "hvm"),
        field("NVRAM", XenValue::empty_map()),
        field("pending_guidances", XenValue::empty_list()),
        field("pending_guidances_recommended", XenValue::empty_list()),
        field("pending_guidances_full", XenValue::empty_list()),
    ]
}
