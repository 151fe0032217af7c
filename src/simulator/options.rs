//! What a simulated pool is made of, and its limits.

use std::path::PathBuf;
use std::time::Duration;

/// Bytes of a MiB and of a GiB.
pub const MIB: i64 = 1 << 20;
/// Bytes of a GiB.
pub const GIB: i64 = 1 << 30;

/// Size, names, behaviour and limits of a simulated pool.
///
/// All hosts have one size. Hosts and VMs have no memory overhead, so that a host takes VMs up to
/// exactly `memory_mib`. As in Xen, vCPUs are shared: a VM with more vCPUs than a host has is
/// refused, but their sum is not limited. Thin-provisioned disks are not limited either.
#[derive(Clone, Debug)]
pub struct PoolOptions {
    /// The pool's name.
    pub name: String,
    /// How many hosts.
    pub hosts: u32,
    /// The hosts are called this and a number from 1 on.
    pub host_prefix: String,
    /// Logical CPUs of a host.
    pub vcpus: u32,
    /// Memory of a host that guests can use, in MiB.
    pub memory_mib: u32,
    /// Disk of a host: the size of its local storage repository, in GiB.
    pub disk_gib: u32,
    /// Names of the templates, each with one disk.
    pub templates: Vec<String>,
    /// Size of a template's disk, in GiB.
    pub template_disk_gib: u32,
    /// From a VM's start to its guest tools' first report (by the injected clock).
    pub boot_delay: Duration,
    /// Who may log in.
    pub user: String,
    /// And with which password.
    pub password: String,
    /// After how long without a call a session ends (by the injected clock); `None` for never.
    pub session_idle: Option<Duration>,
    /// What the random numbers of faults start from.
    pub seed: u64,
    /// Where the pool keeps its state between runs; `None` keeps nothing.
    pub state_file: Option<PathBuf>,
    /// Whether `/_sim` is served: the journal, the state and the faults, open to whoever reaches
    /// the address.
    pub control: bool,
    /// Limits.
    pub limits: Limits,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            name: "openpex-sim".to_owned(),
            hosts: 4,
            host_prefix: "node-".to_owned(),
            vcpus: 16,
            memory_mib: 32 * 1024,
            disk_gib: 500,
            templates: [
                "PEX Debian Etch 4.0 Template",
                "PEX Debian Sarge 3.1 Template",
                "PEX Windows XP SP2 Template",
            ]
            .map(str::to_owned)
            .to_vec(),
            template_disk_gib: 8,
            boot_delay: Duration::ZERO,
            user: "root".to_owned(),
            password: "openpex".to_owned(),
            session_idle: Some(Duration::from_hours(24)),
            seed: 0,
            state_file: None,
            control: true,
            limits: Limits::default(),
        }
    }
}

impl PoolOptions {
    /// Names of the hosts, in order.
    pub fn host_names(&self) -> impl Iterator<Item = String> + '_ {
        (1..=self.hosts).map(|number| format!("{}{number}", self.host_prefix))
    }

    /// Memory of a host in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> i64 {
        i64::from(self.memory_mib) * MIB
    }

    /// Disk of a host in bytes.
    #[must_use]
    pub fn disk_bytes(&self) -> i64 {
        i64::from(self.disk_gib) * GIB
    }
}

/// How much of everything a pool holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// VMs, templates and snapshots; one more answers `OPERATION_NOT_ALLOWED`.
    pub vms: usize,
    /// Disks; one more answers `OPERATION_NOT_ALLOWED`.
    pub disks: usize,
    /// Sessions of one originator; the longest unused makes room, as in xapi.
    pub sessions_per_originator: usize,
    /// Sessions of all originators; the longest unused makes room.
    pub sessions: usize,
    /// Tasks that are done; the oldest makes room, as in xapi.
    pub completed_tasks: usize,
    /// Tasks that are not done; one more answers `TOO_MANY_PENDING_TASKS`.
    pub pending_tasks: usize,
    /// Journal entries; then every operation that would be journaled answers
    /// `OPERATION_NOT_ALLOWED`.
    pub journal_entries: usize,
    /// Deletions that `event.from` remembers; a reader further behind finds out from
    /// `valid_ref_counts`, as with xapi.
    pub deleted_events: usize,
    /// Rules of faults; one more is refused.
    pub fault_rules: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            vms: 20_000,
            disks: 60_000,
            sessions_per_originator: 500,
            sessions: 5_000,
            completed_tasks: 200,
            pending_tasks: 10_000,
            journal_entries: 1_000_000,
            deleted_events: 20_000,
            fault_rules: 1_000,
        }
    }
}

/// Largest body of a call, xapi's `http_limit_max_rpc_size`; a larger one answers 413.
pub const MAX_BODY_BYTES: usize = 300 * 1024;
/// Most journal entries in one answer of `/_sim/journal`.
pub const JOURNAL_PAGE: usize = 10_000;
/// Longest wait of one `event.from`, whatever its caller asks for.
pub const LONGEST_POLL: Duration = Duration::from_hours(1);
/// How long a stopping pool waits for calls under way and open connections.
pub const STOP_GRACE: Duration = Duration::from_secs(2);
