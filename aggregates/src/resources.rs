//! Amounts of the three dimensions a node has and an instance needs.

use std::fmt;

use serde::{Deserialize, Serialize};

/// vCPUs, MiB of memory and GiB of disk; a size, a usage or a capacity.
///
/// Sizes are bounded by the policy so that sums over a node stay inside `u64`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Resources {
    /// Virtual CPUs.
    pub vcpus: u64,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// Disk in GiB.
    pub disk_gib: u64,
}

/// One of the three dimensions, as an answer names what bound it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// Virtual CPUs.
    Vcpus,
    /// Memory, in MiB.
    MemoryMib,
    /// Disk, in GiB.
    DiskGib,
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Vcpus => "vCPUs",
            Self::MemoryMib => "MiB of memory",
            Self::DiskGib => "GiB of disk",
        })
    }
}

impl Dimension {
    /// All three, in the order in which they are compared and reported.
    pub const ALL: [Self; 3] = [Self::Vcpus, Self::MemoryMib, Self::DiskGib];
}

impl Resources {
    /// Nothing of anything.
    pub const ZERO: Self = Self {
        vcpus: 0,
        memory_mib: 0,
        disk_gib: 0,
    };

    /// The amount in one dimension.
    #[must_use]
    pub const fn get(self, dimension: Dimension) -> u64 {
        match dimension {
            Dimension::Vcpus => self.vcpus,
            Dimension::MemoryMib => self.memory_mib,
            Dimension::DiskGib => self.disk_gib,
        }
    }

    /// Sum, or `None` where one dimension leaves `u64`.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Some(Self {
            vcpus: self.vcpus.checked_add(other.vcpus)?,
            memory_mib: self.memory_mib.checked_add(other.memory_mib)?,
            disk_gib: self.disk_gib.checked_add(other.disk_gib)?,
        })
    }

    /// Difference, each dimension stopping at zero.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self {
            vcpus: self.vcpus.saturating_sub(other.vcpus),
            memory_mib: self.memory_mib.saturating_sub(other.memory_mib),
            disk_gib: self.disk_gib.saturating_sub(other.disk_gib),
        }
    }

    /// The larger amount of both, dimension by dimension.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self {
            vcpus: self.vcpus.max(other.vcpus),
            memory_mib: self.memory_mib.max(other.memory_mib),
            disk_gib: self.disk_gib.max(other.disk_gib),
        }
    }

    /// The smaller amount of both, dimension by dimension.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        Self {
            vcpus: self.vcpus.min(other.vcpus),
            memory_mib: self.memory_mib.min(other.memory_mib),
            disk_gib: self.disk_gib.min(other.disk_gib),
        }
    }

    /// `count` times this, or `None` where one dimension leaves `u64`.
    #[must_use]
    pub fn checked_mul(self, count: u64) -> Option<Self> {
        Some(Self {
            vcpus: self.vcpus.checked_mul(count)?,
            memory_mib: self.memory_mib.checked_mul(count)?,
            disk_gib: self.disk_gib.checked_mul(count)?,
        })
    }

    /// Whether this is at most `room` in every dimension.
    #[must_use]
    pub const fn fits_in(self, room: Self) -> bool {
        self.vcpus <= room.vcpus
            && self.memory_mib <= room.memory_mib
            && self.disk_gib <= room.disk_gib
    }

    /// How many of `size` this room holds; `u64::MAX` for a size of zero.
    #[must_use]
    pub fn count_of(self, size: Self) -> u64 {
        Dimension::ALL
            .into_iter()
            .map(|d| self.get(d).checked_div(size.get(d)).unwrap_or(u64::MAX))
            .min()
            .unwrap_or(0)
    }
}

impl fmt::Display for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} vCPUs, {} MiB of memory, {} GiB of disk",
            self.vcpus, self.memory_mib, self.disk_gib
        )
    }
}
