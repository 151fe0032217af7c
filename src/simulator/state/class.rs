//! The classes of objects that the pool has.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A class of XenAPI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Class {
    Pool,
    Host,
    HostMetrics,
    Vm,
    VmMetrics,
    VmGuestMetrics,
    Vbd,
    Vdi,
    Sr,
    Pbd,
    Vif,
    Network,
    Task,
    Session,
}

impl Class {
    /// All classes whose objects can be listed; sessions cannot.
    pub const LISTED: [Self; 13] = [
        Self::Pool,
        Self::Host,
        Self::HostMetrics,
        Self::Vm,
        Self::VmMetrics,
        Self::VmGuestMetrics,
        Self::Vbd,
        Self::Vdi,
        Self::Sr,
        Self::Pbd,
        Self::Vif,
        Self::Network,
        Self::Task,
    ];

    /// Its name in XenAPI.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pool => "pool",
            Self::Host => "host",
            Self::HostMetrics => "host_metrics",
            Self::Vm => "VM",
            Self::VmMetrics => "VM_metrics",
            Self::VmGuestMetrics => "VM_guest_metrics",
            Self::Vbd => "VBD",
            Self::Vdi => "VDI",
            Self::Sr => "SR",
            Self::Pbd => "PBD",
            Self::Vif => "VIF",
            Self::Network => "network",
            Self::Task => "task",
            Self::Session => "session",
        }
    }

    /// The class of that name, exactly as XenAPI spells it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::LISTED.into_iter().find(|class| class.name() == name)
    }

    /// Whether its objects have a name label.
    #[must_use]
    pub const fn has_name(self) -> bool {
        match self {
            Self::Pool
            | Self::Host
            | Self::Vm
            | Self::Vdi
            | Self::Sr
            | Self::Network
            | Self::Task => true,
            Self::HostMetrics
            | Self::VmMetrics
            | Self::VmGuestMetrics
            | Self::Vbd
            | Self::Pbd
            | Self::Vif
            | Self::Session => false,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
