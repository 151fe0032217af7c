//! A VM, template or snapshot, and its records.

use std::collections::{BTreeMap, BTreeSet};

use openpex_aggregates::Timestamp;
use serde::{Deserialize, Serialize};

use super::class::Class;
use super::operation::Operation;
use super::table::Row;
use crate::simulator::handle::Handle;
use crate::simulator::options::MIB;

/// XenAPI's `vm_power_state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerState {
    Halted,
    Paused,
    Suspended,
    Running,
}

impl PowerState {
    /// Its name in a record.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Halted => "Halted",
            Self::Paused => "Paused",
            Self::Suspended => "Suspended",
            Self::Running => "Running",
        }
    }

    /// Its name in an error.
    #[must_use]
    pub const fn lower_case_name(self) -> &'static str {
        match self {
            Self::Halted => "halted",
            Self::Paused => "paused",
            Self::Suspended => "suspended",
            Self::Running => "running",
        }
    }
}

/// The power state with what is true in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Power {
    /// No domain.
    #[default]
    Halted,
    /// The memory is on disk.
    Suspended,
    /// A domain that does not get the CPU.
    Paused(Residence),
    /// A domain that runs.
    Running(Residence),
}

/// Where a domain is and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Residence {
    /// The host.
    pub host: Handle,
    /// Number of the domain.
    pub domid: i64,
    /// When it was started.
    pub started_at: Timestamp,
    /// When its guest tools report first.
    pub tools_at: Timestamp,
}

impl Power {
    /// The power state alone.
    #[must_use]
    pub const fn state(self) -> PowerState {
        match self {
            Self::Halted => PowerState::Halted,
            Self::Suspended => PowerState::Suspended,
            Self::Paused(_) => PowerState::Paused,
            Self::Running(_) => PowerState::Running,
        }
    }

    /// Where its domain is, if it has one.
    #[must_use]
    pub const fn residence(self) -> Option<Residence> {
        match self {
            Self::Halted | Self::Suspended => None,
            Self::Paused(residence) | Self::Running(residence) => Some(residence),
        }
    }
}

/// What kind of VM it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One that can run.
    #[default]
    Guest,
    /// One that is there to be cloned, or a clone that is not provisioned yet.
    Template,
    /// A state of a VM that was kept.
    Snapshot {
        /// The VM; null once it is gone.
        of: Handle,
        /// When it was taken.
        taken_at: Timestamp,
    },
}

/// Bounds of a VM's memory in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryLimits {
    pub static_min: i64,
    pub dynamic_min: i64,
    pub dynamic_max: i64,
    pub static_max: i64,
}

impl MemoryLimits {
    /// Whether each bound is at most the next.
    #[must_use]
    pub const fn are_in_order(self) -> bool {
        0 <= self.static_min
            && self.static_min <= self.dynamic_min
            && self.dynamic_min <= self.dynamic_max
            && self.dynamic_max <= self.static_max
    }
}

impl Default for MemoryLimits {
    fn default() -> Self {
        Self {
            static_min: 256 * MIB,
            dynamic_min: 512 * MIB,
            dynamic_max: 512 * MIB,
            static_max: 512 * MIB,
        }
    }
}

/// An operation in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InProgress {
    /// The task that does it.
    pub task: Handle,
    /// What it is.
    pub operation: Operation,
    /// The host whose memory it holds meanwhile, or null.
    pub destination: Handle,
}

/// A VM.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vm {
    pub handle: Handle,
    pub name_label: String,
    pub name_description: String,
    pub kind: Kind,
    pub power: Power,
    pub affinity: Handle,
    pub vcpus_max: i64,
    pub vcpus_at_startup: i64,
    pub memory: MemoryLimits,
    /// Unique in the pool; its network addresses follow from it.
    pub number: u32,
    pub other_config: BTreeMap<String, String>,
    pub platform: BTreeMap<String, String>,
    pub xenstore_data: BTreeMap<String, String>,
    pub tags: BTreeSet<String>,
    pub vbds: Vec<Handle>,
    pub vifs: Vec<Handle>,
    pub snapshots: Vec<Handle>,
    #[serde(skip)]
    pub in_progress: Vec<InProgress>,
}

impl Row for Vm {
    const CLASS: Class = Class::Vm;

    fn handle(&self) -> Handle {
        self.handle
    }
}

impl Vm {
    /// Whether XenAPI calls it a template; a snapshot is one too.
    #[must_use]
    pub const fn is_a_template(&self) -> bool {
        !matches!(self.kind, Kind::Guest)
    }

    /// Whether it is a snapshot.
    #[must_use]
    pub const fn is_a_snapshot(&self) -> bool {
        matches!(self.kind, Kind::Snapshot { .. })
    }

    /// The host that its domain is on, or null.
    #[must_use]
    pub fn resident_on(&self) -> Handle {
        self.power
            .residence()
            .map_or(Handle::NULL, |residence| residence.host)
    }

    /// Whether its guest tools have reported.
    #[must_use]
    pub fn has_tools(&self, now: Timestamp) -> bool {
        self.power
            .residence()
            .is_some_and(|residence| residence.tools_at <= now)
    }

    /// The hosts on which it takes up memory, but for what `task` holds for itself.
    pub fn memory_hosts(&self, but: Handle) -> impl Iterator<Item = Handle> + '_ {
        let scheduled = self.in_progress.iter().filter(move |op| op.task != but);
        std::iter::once(self.resident_on())
            .chain(scheduled.map(|op| op.destination))
            .filter(|host| !host.is_null())
    }

    /// Its address inside 10.0.0.0/8, never a network's or broadcast's.
    #[must_use]
    pub fn ipv4(&self) -> String {
        let [_, high, middle, low] =
            (self.number / 254 * 256 + self.number % 254 + 1).to_be_bytes();
        format!("10.{high}.{middle}.{low}")
    }

    /// Its hardware address, in the range that Xen uses.
    #[must_use]
    pub fn mac(&self) -> String {
        let [_, high, middle, low] = self.number.to_be_bytes();
        format!("00:16:3e:{high:02x}:{middle:02x}:{low:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_distinct_and_usable() {
        let mut seen = BTreeSet::new();
        for number in 0..70_000 {
            let vm = Vm {
                number,
                ..Vm::default()
            };
            let address: std::net::Ipv4Addr = vm.ipv4().parse().unwrap();
            assert_eq!(address.octets()[0], 10);
            assert!(!matches!(address.octets()[3], 0 | 255), "{address}");
            assert!(seen.insert(address), "{address}");
        }
    }
}
