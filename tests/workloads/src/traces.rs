//! The real traces that are known by name: where they are and which pool each is for.
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

/// A trace and the pool it is for.
#[derive(Clone, Copy, Debug)]
pub struct Trace {
    /// Its file.
    pub file: &'static str,
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

/// Haizea's leases are small and alike, and its own 144 nodes take all of them as they come; 48
/// nodes are the fewest on which the largest one can be had, and on these some must wait.
const HAIZEA: &[NodeGroup] = &[(48, node(1, GIB))];

/// The traces that are known.
pub const TRACES: [Trace; 5] = [
    Trace {
        file: "sdsc-blue-30d.swf",
        nodes: BLUE_HORIZON,
    },
    Trace {
        file: "sdsc-blue-60d-ar.csv",
        nodes: BLUE_HORIZON,
    },
    Trace {
        file: "cerit-wagap-2013-ar.csv",
        nodes: WAGAP,
    },
    Trace {
        file: "haizea-ar-60d-20pct-1h-small.lwf",
        nodes: HAIZEA,
    },
    Trace {
        file: "haizea-ar-60d-10pct-2h-medium.lwf",
        nodes: HAIZEA,
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

/// Reads a whole trace, in the order of arrival; with it how many jobs of it were left out.
///
/// # Errors
/// The first line that is wrong.
pub fn read(path: &Path, nodes: &[NodeGroup]) -> Result<(Vec<Request>, u64), TraceError> {
    let jobs = AsReservations {
        seed: LEAD_SEED,
        size: nodes.first().map_or(Resources::ZERO, |group| group.1),
    };
    let mut reader = open(path, jobs)?;
    let mut requests = reader.by_ref().collect::<Result<Vec<_>, _>>()?;
    in_order_of_arrival(&mut requests);
    Ok((requests, reader.left_out()))
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
