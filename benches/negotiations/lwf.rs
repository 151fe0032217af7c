//! Haizea's lease workload files, as far as the benchmark needs them.

use std::path::PathBuf;

/// Where the traces are unless `OPENPEX_TRACES` says it.
const DEFAULT_FOLDER: &str = "../shared/traces";
const TRACE: &str = "haizea-ar-60d-20pct-1h-small.lwf";

/// An advance reservation of whole nodes; times in seconds from the trace's start.
pub struct Lease {
    pub arrives_at: i64,
    pub starts_at: i64,
    pub duration_secs: i64,
    pub nodes: u32,
}

/// The leases in the order of their arrival; `None` where the trace is not there.
pub fn read() -> Option<Vec<Lease>> {
    let folder = std::env::var_os("OPENPEX_TRACES").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(DEFAULT_FOLDER),
        PathBuf::from,
    );
    let text = std::fs::read_to_string(folder.join(TRACE)).ok()?;
    let mut leases: Vec<_> = text.lines().filter_map(lease).collect();
    leases.sort_by_key(|lease| lease.arrives_at);
    Some(leases)
}

/// Columns: arrival, start, duration, real duration, nodes, and what each node is to have.
fn lease(line: &str) -> Option<Lease> {
    let mut words = line.split_whitespace();
    let (arrives_at, starts_at) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let duration_secs = words.next()?.parse().ok()?;
    let nodes = words.nth(1)?.parse().ok()?;
    Some(Lease {
        arrives_at,
        starts_at,
        duration_secs,
        nodes,
    })
}
