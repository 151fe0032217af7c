//! Which operation is legal in which power state: XenAPI.md 2.4, after xapi's
//! `xapi_vm_lifecycle.ml`.

use super::vm::PowerState;

/// Whether the VM is a guest, a template or a snapshot decides beside the power state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Snapshot,
    Clone,
    Copy,
    Revert,
    Checkpoint,
    Provision,
    Start,
    StartOn,
    Pause,
    Unpause,
    CleanShutdown,
    CleanReboot,
    HardShutdown,
    PowerStateReset,
    HardReboot,
    Suspend,
    Resume,
    ResumeOn,
    PoolMigrate,
    Shutdown,
    ChangingDynamicRange,
    ChangingStaticRange,
    ChangingMemoryLimits,
    ChangingVcpus,
    MakeIntoTemplate,
    Export,
    Destroy,
}

use PowerState::{Halted, Paused, Running, Suspended};

impl Operation {
    /// All of them, in the order of the datamodel.
    pub const ALL: [Self; 27] = [
        Self::Snapshot,
        Self::Clone,
        Self::Copy,
        Self::Revert,
        Self::Checkpoint,
        Self::Provision,
        Self::Start,
        Self::StartOn,
        Self::Pause,
        Self::Unpause,
        Self::CleanShutdown,
        Self::CleanReboot,
        Self::HardShutdown,
        Self::PowerStateReset,
        Self::HardReboot,
        Self::Suspend,
        Self::Resume,
        Self::ResumeOn,
        Self::PoolMigrate,
        Self::Shutdown,
        Self::ChangingDynamicRange,
        Self::ChangingStaticRange,
        Self::ChangingMemoryLimits,
        Self::ChangingVcpus,
        Self::MakeIntoTemplate,
        Self::Export,
        Self::Destroy,
    ];

    /// Its name in XenAPI.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Clone => "clone",
            Self::Copy => "copy",
            Self::Revert => "revert",
            Self::Checkpoint => "checkpoint",
            Self::Provision => "provision",
            Self::Start => "start",
            Self::StartOn => "start_on",
            Self::Pause => "pause",
            Self::Unpause => "unpause",
            Self::CleanShutdown => "clean_shutdown",
            Self::CleanReboot => "clean_reboot",
            Self::HardShutdown => "hard_shutdown",
            Self::PowerStateReset => "power_state_reset",
            Self::HardReboot => "hard_reboot",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::ResumeOn => "resume_on",
            Self::PoolMigrate => "pool_migrate",
            Self::Shutdown => "shutdown",
            Self::ChangingDynamicRange => "changing_dynamic_range",
            Self::ChangingStaticRange => "changing_static_range",
            Self::ChangingMemoryLimits => "changing_memory_limits",
            Self::ChangingVcpus => "changing_VCPUs",
            Self::MakeIntoTemplate => "make_into_template",
            Self::Export => "export",
            Self::Destroy => "destroy",
        }
    }

    /// The operation of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|operation| operation.name() == name)
    }

    /// The power states in which it is legal, in the order in which errors list them.
    #[must_use]
    pub const fn allowed_states(self, of_a_snapshot: bool) -> &'static [PowerState] {
        match self {
            Self::Provision
            | Self::Start
            | Self::StartOn
            | Self::MakeIntoTemplate
            | Self::ChangingVcpus
            | Self::ChangingMemoryLimits
            | Self::ChangingStaticRange => &[Halted],
            Self::ChangingDynamicRange => &[Halted, Running],
            Self::CleanShutdown
            | Self::CleanReboot
            | Self::Suspend
            | Self::Pause
            | Self::PoolMigrate => &[Running],
            Self::HardShutdown | Self::Shutdown | Self::Checkpoint => &[Paused, Suspended, Running],
            Self::HardReboot => &[Paused, Running],
            Self::Unpause => &[Paused],
            Self::Resume | Self::ResumeOn => &[Suspended],
            Self::Clone | Self::Copy if of_a_snapshot => &[Halted, Suspended],
            Self::Clone | Self::Copy => &[Halted],
            Self::Destroy | Self::Export => &[Halted, Suspended],
            Self::Snapshot | Self::Revert | Self::PowerStateReset => {
                &[Halted, Paused, Suspended, Running]
            }
        }
    }

    /// Whether a template takes it; `is_default` templates cannot be destroyed.
    #[must_use]
    pub const fn allowed_for_template(self, is_default: bool) -> bool {
        match self {
            Self::ChangingDynamicRange
            | Self::ChangingStaticRange
            | Self::ChangingMemoryLimits
            | Self::ChangingVcpus
            | Self::Clone
            | Self::Copy
            | Self::Export
            | Self::Provision => true,
            Self::Destroy => !is_default,
            Self::Snapshot
            | Self::Revert
            | Self::Checkpoint
            | Self::Start
            | Self::StartOn
            | Self::Pause
            | Self::Unpause
            | Self::CleanShutdown
            | Self::CleanReboot
            | Self::HardShutdown
            | Self::PowerStateReset
            | Self::HardReboot
            | Self::Suspend
            | Self::Resume
            | Self::ResumeOn
            | Self::PoolMigrate
            | Self::Shutdown
            | Self::MakeIntoTemplate => false,
        }
    }

    /// Whether a snapshot takes it.
    #[must_use]
    pub fn allowed_for_snapshot(self) -> bool {
        [
            Self::Revert,
            Self::Clone,
            Self::Copy,
            Self::Export,
            Self::Destroy,
            Self::HardShutdown,
        ]
        .contains(&self)
    }

    /// Whether it may begin while `others` are in progress on the same VM.
    #[must_use]
    pub fn allowed_beside(self, mut others: impl Iterator<Item = Self> + Clone) -> bool {
        if self == Self::HardShutdown {
            return others.all(|other| other != Self::HardShutdown);
        }
        if self == Self::HardReboot {
            return others.all(|other| !other.overtakes());
        }
        let copies = [Self::Clone, Self::Copy, Self::Export];
        let snapshots = [Self::Snapshot, Self::Checkpoint];
        [&copies[..], &snapshots[..]]
            .into_iter()
            .any(|set| set.contains(&self) && others.clone().all(|other| set.contains(&other)))
    }

    /// Whether its caller says which host the VM is to be on.
    #[must_use]
    pub const fn names_its_host(self) -> bool {
        matches!(self, Self::StartOn | Self::ResumeOn | Self::PoolMigrate)
    }

    /// Whether the pool chooses the host.
    #[must_use]
    pub const fn chooses_its_host(self) -> bool {
        matches!(self, Self::Start | Self::Resume)
    }

    /// Whether it ends those in progress when it begins.
    #[must_use]
    pub const fn overtakes(self) -> bool {
        matches!(self, Self::HardShutdown | Self::HardReboot)
    }

    /// Whether the guest has to help, which it can once its tools run.
    #[must_use]
    pub const fn needs_tools(self) -> bool {
        matches!(
            self,
            Self::CleanShutdown
                | Self::CleanReboot
                | Self::Suspend
                | Self::PoolMigrate
                | Self::Checkpoint
        )
    }
}
