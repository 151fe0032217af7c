//! What is to be done to an instance's VM, and what was seen of it.

use serde::{Deserialize, Serialize};

use crate::{InstanceId, NodeName, ReservationId, Resources};

/// One thing to do on the hypervisor; every one is *ensure*-style, so doing it twice is doing it
/// once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The VM exists, has its size, and runs on its node.
    Start,
    /// The VM is halted; its disks stay.
    Stop,
    /// The VM runs anew.
    Reboot,
    /// The VM and its disks are gone.
    Remove,
}

/// What the hypervisor says of a VM; never what we want of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PowerState {
    /// Not running, disks there.
    Halted,
    /// Running.
    Running,
    /// Loaded but not scheduled.
    Paused,
    /// Memory saved to disk.
    Suspended,
    /// Not seen yet, or not to be found.
    #[default]
    Unknown,
}

/// All that the dispatcher needs to know to make an instance's VM.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceSpec {
    /// The instance; its VM carries this id.
    pub instance_id: InstanceId,
    /// The reservation it belongs to.
    pub reservation_id: ReservationId,
    /// Human name, unique within the site, such as `pex-5d0fa0eb-1`.
    pub name: String,
    /// Name of the operating-system template it is cloned from.
    pub template: String,
    /// Its size.
    pub size: Resources,
    /// The node that hosts it.
    pub node: NodeName,
}

/// What was seen of a VM after an effect or by a monitor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// Its power state; `Unknown` when there is no VM.
    pub power_state: PowerState,
    /// Its first IPv4 address, once its guest tools have told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
}
