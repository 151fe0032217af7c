//! Disks, what attaches them, and where they lie; with their records.

use std::collections::{BTreeMap, BTreeSet};

use openpex_aggregates::Timestamp;
use serde::{Deserialize, Serialize};

use super::class::Class;
use super::table::Row;
use crate::simulator::handle::Handle;
use crate::simulator::value::{Field, XenValue, field};

/// A storage repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sr {
    pub handle: Handle,
    pub name_label: String,
    pub name_description: String,
    /// Whether every host reaches it. A shared one is thin-provisioned and never full; a host's own
    /// reserves the whole size of each disk.
    pub shared: bool,
    pub physical_size: i64,
    pub other_config: BTreeMap<String, String>,
    pub tags: BTreeSet<String>,
    pub pbds: Vec<Handle>,
    #[serde(skip)]
    pub vdis: BTreeSet<Handle>,
    /// Sum of the sizes of its disks.
    #[serde(skip)]
    pub virtual_allocation: i64,
}

impl Row for Sr {
    const CLASS: Class = Class::Sr;

    fn handle(&self) -> Handle {
        self.handle
    }
}

impl Sr {
    /// Bytes that are taken.
    #[must_use]
    pub const fn physical_utilisation(&self) -> i64 {
        if self.shared {
            0
        } else {
            self.virtual_allocation
        }
    }

    /// Its record.
    #[must_use]
    pub fn record(&self) -> Vec<Field> {
        vec![
            field("uuid", self.handle.uuid()),
            field("name_label", &self.name_label),
            field("name_description", &self.name_description),
            field(
                "allowed_operations",
                XenValue::list(["scan", "vdi_create", "vdi_destroy"]),
            ),
            field("current_operations", XenValue::empty_map()),
            field("VDIs", XenValue::list(&self.vdis)),
            field("PBDs", XenValue::list(&self.pbds)),
            field("virtual_allocation", self.virtual_allocation),
            field("physical_utilisation", self.physical_utilisation()),
            field("physical_size", self.physical_size),
            field("type", if self.shared { "nfs" } else { "lvm" }),
            field("content_type", "user"),
            field("shared", self.shared),
            field("other_config", &self.other_config),
            field("tags", XenValue::list(&self.tags)),
            field("sm_config", XenValue::empty_map()),
            field("blobs", XenValue::empty_map()),
            field("local_cache_enabled", false),
            field("introduced_by", Handle::NULL),
            field("clustered", false),
            field("is_tools_sr", false),
        ]
    }
}

/// The plug between a host and a storage repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pbd {
    pub handle: Handle,
    pub host: Handle,
    pub sr: Handle,
    pub other_config: BTreeMap<String, String>,
}

impl Row for Pbd {
    const CLASS: Class = Class::Pbd;

    fn handle(&self) -> Handle {
        self.handle
    }
}

impl Pbd {
    /// Its record.
    #[must_use]
    pub fn record(&self, host_is_live: bool) -> Vec<Field> {
        vec![
            field("uuid", self.handle.uuid()),
            field("host", self.host),
            field("SR", self.sr),
            field("device_config", XenValue::empty_map()),
            field("currently_attached", host_is_live),
            field("other_config", &self.other_config),
        ]
    }
}

/// A virtual disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vdi {
    pub handle: Handle,
    pub name_label: String,
    pub name_description: String,
    pub sr: Handle,
    pub virtual_size: i64,
    pub sharable: bool,
    pub read_only: bool,
    /// The disk that it is a snapshot of, and when it was taken.
    pub snapshot_of: Option<(Handle, Timestamp)>,
    pub other_config: BTreeMap<String, String>,
    pub tags: BTreeSet<String>,
    pub vbds: Vec<Handle>,
}

impl Row for Vdi {
    const CLASS: Class = Class::Vdi;

    fn handle(&self) -> Handle {
        self.handle
    }
}

impl Vdi {
    /// Its record.
    #[must_use]
    pub fn record(&self) -> Vec<Field> {
        let (of, taken_at) = self.snapshot_of.unwrap_or_default();
        let operations = ["clone", "copy", "resize", "destroy", "snapshot"];
        vec![
            field("uuid", self.handle.uuid()),
            field("name_label", &self.name_label),
            field("name_description", &self.name_description),
            field("allowed_operations", XenValue::list(operations)),
            field("current_operations", XenValue::empty_map()),
            field("SR", self.sr),
            field("VBDs", XenValue::list(&self.vbds)),
            field("crash_dumps", XenValue::empty_list()),
            field("virtual_size", self.virtual_size),
            field("physical_utilisation", 0),
            field("type", "user"),
            field("sharable", self.sharable),
            field("read_only", self.read_only),
            field("other_config", &self.other_config),
            field("storage_lock", false),
            field("location", self.handle.uuid()),
            field("managed", true),
            field("missing", false),
            field("parent", Handle::NULL),
            field("xenstore_data", XenValue::empty_map()),
            field("sm_config", XenValue::empty_map()),
            field("is_a_snapshot", self.snapshot_of.is_some()),
            field("snapshot_of", of),
            field("snapshots", XenValue::empty_list()),
            field("snapshot_time", taken_at),
            field("tags", XenValue::list(&self.tags)),
            field("allow_caching", false),
            field("on_boot", "persist"),
            field("metadata_of_pool", Handle::NULL),
            field("metadata_latest", false),
            field("is_tools_iso", false),
            field("cbt_enabled", false),
        ]
    }
}

/// What a virtual block device holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VbdType {
    /// A disk.
    #[default]
    Disk,
    /// An optical drive.
    Cd,
}

/// A virtual block device: what attaches a disk to a VM.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vbd {
    pub handle: Handle,
    pub vm: Handle,
    /// Null for an empty drive.
    pub vdi: Handle,
    pub userdevice: String,
    pub bootable: bool,
    pub read_only: bool,
    pub kind: VbdType,
    pub other_config: BTreeMap<String, String>,
}

impl Row for Vbd {
    const CLASS: Class = Class::Vbd;

    fn handle(&self) -> Handle {
        self.handle
    }
}

impl Vbd {
    /// Its record; it is attached while its VM has a domain.
    #[must_use]
    pub fn record(&self, attached: bool) -> Vec<Field> {
        vec![
            field("uuid", self.handle.uuid()),
            field("allowed_operations", XenValue::list(["attach"])),
            field("current_operations", XenValue::empty_map()),
            field("VM", self.vm),
            field("VDI", self.vdi),
            field(
                "device",
                if attached {
                    self.device()
                } else {
                    String::new()
                },
            ),
            field("userdevice", &self.userdevice),
            field("bootable", self.bootable),
            field("mode", if self.read_only { "RO" } else { "RW" }),
            field(
                "type",
                match self.kind {
                    VbdType::Disk => "Disk",
                    VbdType::Cd => "CD",
                },
            ),
            field("unpluggable", false),
            field("storage_lock", false),
            field("empty", self.vdi.is_null()),
            field("other_config", &self.other_config),
            field("currently_attached", attached),
            field("status_code", 0),
            field("status_detail", ""),
            field("runtime_properties", XenValue::empty_map()),
            field("qos_algorithm_type", ""),
            field("qos_algorithm_params", XenValue::empty_map()),
            field("qos_supported_algorithms", XenValue::empty_list()),
            field("metrics", Handle::NULL),
        ]
    }

    /// The name inside the guest, for the devices that have a letter.
    fn device(&self) -> String {
        let letter = self
            .userdevice
            .parse()
            .ok()
            .filter(|number: &u8| *number < 26);
        letter.map_or_else(String::new, |number| {
            format!("xvd{}", char::from(b'a' + number))
        })
    }
}
