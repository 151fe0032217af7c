//! The real traces that are known by name: where they are, and which pool each is for.
//!
//! They are no part of the project. Owns the pools, the engine's and the oracle's alike, so that
//! both get the same nodes.

use std::path::{Path, PathBuf};

use openpex_aggregates::capacity::Pool;
use openpex_aggregates::{NodeName, Resources};

use crate::oracle::Oracle;
use crate::reader::{AsReservations, TraceError, open};
use crate::request::{Request, in_order_of_arrival};

/// The environment variable that names the folder of the traces.
pub const FOLDER_VARIABLE: &str = "OPENPEX_TRACES";

/// Where the traces are otherwise, from the root of the workspace.
const FOLDER: &str = "../shared/traces";

/// Seed of the leads of logs that hold no reservations.
pub const LEAD_SEED: u64 = 2_013;

const GIB: u64 = 1_024;

/// So many nodes of a size.
pub type NodeGroup = (u32, Resources);

/// A workload and the pool it is for.
#[derive(Clone, Copy, Debug)]
pub struct Trace {
    /// How it is called here.
    pub name: &'static str,
    /// Its files; their requests are merged by arrival.
    pub files: &'static [&'static str],
    /// The nodes.
    pub nodes: &'static [NodeGroup],
}

const fn node(vcpus: u64, memory_mib: u64) -> Resources {
    Resources {
        vcpus,
        memory_mib,
        disk_gib: 0,
    }
}

/// What the 144 nodes of SDSC Blue Horizon are to the traces made from its log: eight processors
/// each, of which an instance takes all.
const BLUE_HORIZON: &[NodeGroup] = &[(144, node(8, 8 * GIB))];

/// CERIT-SC's zewura and zegox nodes.
const WAGAP: &[NodeGroup] = &[(20, node(80, 505 * GIB)), (48, node(12, 90 * GIB))];

/// Haizea's leases are small and alike. 48 nodes are the fewest on which the largest of them can
/// be had, and of the shorter ones about half must wait on these.
const HAIZEA: &[NodeGroup] = &[(48, node(1, GIB))];

const HAIZEA_SMALL: &str = "haizea-ar-60d-20pct-1h-small.lwf";
const HAIZEA_MEDIUM: &str = "haizea-ar-60d-10pct-2h-medium.lwf";
const BLUE_60D: &str = "sdsc-blue-60d-ar.csv";

/// The traces that are known. Haizea's leases were made to go with the log of Blue Horizon; in
/// the last one they do, and take an eighth of a node each.
pub const TRACES: [Trace; 6] = [
    Trace {
        name: "sdsc-blue-30d",
        files: &["sdsc-blue-30d.swf"],
        nodes: BLUE_HORIZON,
    },
    Trace {
        name: "sdsc-blue-60d",
        files: &[BLUE_60D],
        nodes: BLUE_HORIZON,
    },
    Trace {
        name: "cerit-wagap",
        files: &["cerit-wagap-2013-ar.csv"],
        nodes: WAGAP,
    },
    Trace {
        name: "haizea-small",
        files: &[HAIZEA_SMALL],
        nodes: HAIZEA,
    },
    Trace {
        name: "haizea-medium",
        files: &[HAIZEA_MEDIUM],
        nodes: HAIZEA,
    },
    Trace {
        name: "sdsc-blue-60d with haizea",
        files: &[BLUE_60D, HAIZEA_SMALL, HAIZEA_MEDIUM],
        nodes: BLUE_HORIZON,
    },
];

/// The folder of the traces, if it is there.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = std::env::var_os(FOLDER_VARIABLE)
        .map_or_else(|| workspace.join(FOLDER), |named| workspace.join(named));
    folder.is_dir().then_some(folder)
}

/// What files hold.
#[derive(Clone, Debug)]
pub struct Workload {
    /// In the order of arrival.
    pub requests: Vec<Request>,
    /// Jobs that cannot be reservations.
    pub left_out: u64,
}

/// Reads files to their ends, for a pool of `nodes`: an instance of a job takes as much as the
/// first of them has.
///
/// # Errors
/// The first line that is wrong.
pub fn read(
    files: impl IntoIterator<Item = PathBuf>,
    nodes: &[NodeGroup],
) -> Result<Workload, TraceError> {
    let jobs = AsReservations {
        seed: LEAD_SEED,
        size: nodes.first().map_or(Resources::ZERO, |group| group.1),
    };
    let mut workload = Workload {
        requests: Vec::new(),
        left_out: 0,
    };
    for file in files {
        let mut reader = open(&file, jobs.clone())?;
        for request in reader.by_ref() {
            workload.requests.push(request?);
        }
        workload.left_out += reader.left_out();
    }
    in_order_of_arrival(&mut workload.requests);
    Ok(workload)
}

impl Trace {
    /// Its files in `folder`.
    pub fn files_in(&self, folder: &Path) -> impl Iterator<Item = PathBuf> {
        self.files.iter().map(|file| folder.join(file))
    }
}

/// The nodes of groups one by one, with names of their own.
#[must_use]
pub fn named(groups: &[NodeGroup]) -> Vec<(NodeName, Resources)> {
    let sizes = groups
        .iter()
        .flat_map(|&(count, size)| (0..count).map(move |_| size));
    sizes
        .zip(1..)
        .map(|(size, number)| (NodeName(format!("node-{number}")), size))
        .collect()
}

/// The engine and the oracle of the same nodes.
///
/// # Panics
/// Where two nodes have the same name.
#[must_use]
pub fn engine_and_oracle(nodes: &[(NodeName, Resources)]) -> (Pool, Oracle) {
    let mut pool = Pool::new();
    for (name, capacity) in nodes {
        pool.add_node(name.clone(), *capacity, true)
            .expect("invariant: every node has a name of its own");
    }
    (pool, Oracle::new(nodes))
}
