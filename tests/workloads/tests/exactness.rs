//! The engine answers whole workloads exactly as the brute-force oracle does, request by request,
//! evidence included: the real traces, each whole, and generated ones on small pools.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends where it fails, and says which workload it ran on"
)]

use std::path::PathBuf;

use openpex_aggregates::{NodeName, Resources, Timestamp};
use openpex_workloads::capacity::Capacity;
use openpex_workloads::rng::Rng;
use openpex_workloads::synthetic::SyntheticLog;
use openpex_workloads::traces::{self, TRACES, Trace, Workload};
use openpex_workloads::{Answer, Answering, Outcome, Request, drive, in_order_of_arrival};

/// Small pools with a generated workload each.
const SMALL_WORLDS: u64 = 3_000;

/// Requests of a small world.
const SMALL_REQUESTS: u64 = 120;

/// Jobs of the log that stands in where the real traces are not at hand.
const STAND_IN_JOBS: u32 = 1_000;

/// Both outcomes, which must be the same.
fn agreed(
    requests: &[Request],
    nodes: &[(NodeName, Resources)],
    answering: Answering,
    of: &str,
) -> Outcome {
    let (pool, oracle) = traces::engine_and_oracle(nodes);
    let engine = drive(requests, pool, answering);
    let oracle = drive(requests, oracle, answering);
    assert_eq!(engine.decisions.len(), requests.len());
    if let Some(difference) = engine.first_difference(&oracle) {
        panic!("{of}: engine and oracle differ in {difference}\non {nodes:?}");
    }
    engine
}

/// Requests that crowd a few instants, so that windows touch and coincide.
fn small_requests(rng: &mut Rng) -> Vec<Request> {
    let amount = |rng: &mut Rng, to| rng.between(0, to).unsigned_abs();
    let step = rng.pick(&[1, 1, 7]);
    let mut requests: Vec<Request> = (1..=SMALL_REQUESTS)
        .map(|id| {
            let arrives_at = Timestamp(rng.between(0, 300));
            let duration_ms = rng.between(1, 12) * step;
            let early = rng.between(0, duration_ms - 1);
            Request {
                id,
                arrives_at,
                starts_at: arrives_at.saturating_add(rng.pick(&[0, 0, 1, 5, 20, 40])),
                duration_ms,
                ends_early_after_ms: rng.chance(40).then_some(early),
                instances: u32::try_from(rng.between(1, 5)).unwrap(),
                size: Resources {
                    vcpus: 1 + amount(rng, 2),
                    memory_mib: amount(rng, 3),
                    disk_gib: amount(rng, 2),
                },
            }
        })
        .collect();
    in_order_of_arrival(&mut requests);
    requests
}

fn small_nodes(rng: &mut Rng) -> Vec<(NodeName, Resources)> {
    let count = rng.pick(&[1, 2, 3, 5, 20]);
    let size = |rng: &mut Rng| Resources {
        vcpus: rng.between(1, 6).unsigned_abs(),
        memory_mib: rng.between(0, 8).unsigned_abs(),
        disk_gib: rng.between(0, 6).unsigned_abs(),
    };
    (1..=count)
        .map(|number| (NodeName(format!("n{number}")), size(rng)))
        .collect()
}

#[test]
fn given_generated_requests_on_small_pools_when_driven_then_engine_and_oracle_agree() {
    let mut seen = [0u64; 7];
    for seed in 0..SMALL_WORLDS {
        let mut rng = Rng::new(seed);
        let (nodes, requests) = (small_nodes(&mut rng), small_requests(&mut rng));
        let answering = Answering {
            horizon_ms: rng.pick(&[0, 30, 1_000]),
        };
        let outcome = agreed(&requests, &nodes, answering, &format!("seed {seed}"));
        for decision in &outcome.decisions {
            let alternatives = match &decision.answer {
                Answer::Accepted { placement } => {
                    seen[0] += 1;
                    seen[1] += u64::from(placement.0.len() > 1);
                    continue;
                }
                Answer::Countered { alternatives, .. } => {
                    seen[2] += 1;
                    alternatives
                }
                Answer::Rejected {
                    alternatives,
                    never_fits,
                    ..
                } => {
                    seen[3] += u64::from(never_fits.is_some());
                    seen[4] += u64::from(never_fits.is_none());
                    alternatives
                }
            };
            seen[5] += u64::from(alternatives.earlier.is_some());
            seen[6] += u64::from(alternatives.most_in_window > 0);
        }
    }
    // Accepted, spread, countered, too large for ever, rejected otherwise, earlier, some of them.
    assert!(seen.iter().all(|&times| times > 500), "{seen:?}");
}

/// The workload of a trace; where it is not at hand, a generated log for the same nodes.
fn workload_of(trace: &Trace) -> Workload {
    if let Some(folder) = traces::folder() {
        return traces::read(trace.files_in(&folder), trace.nodes).unwrap();
    }
    println!("{} is not at hand: a generated log stands in", trace.name);
    let nodes: u32 = trace.nodes.iter().map(|group| group.0).sum();
    let log = SyntheticLog {
        seed: trace.name.bytes().map(u64::from).sum(),
        jobs: STAND_IN_JOBS,
        most_processors: i64::from(nodes),
        mean_gap_s: 3_600,
    };
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("generated.swf");
    log.write_swf(&mut std::fs::File::create(&path).unwrap())
        .unwrap();
    traces::read([path], trace.nodes).unwrap()
}

fn agree_on(name: &str) {
    let trace = TRACES.iter().find(|trace| trace.name == name).unwrap();
    let Workload { requests, .. } = workload_of(trace);
    assert!(!requests.is_empty());
    let nodes = traces::named(trace.nodes);
    let outcome = agreed(&requests, &nodes, Answering::default(), name);
    println!("{name}: {} requests; {}", requests.len(), outcome.totals);
}

#[test]
fn given_the_log_of_blue_horizon_when_driven_then_engine_and_oracle_agree() {
    agree_on("sdsc-blue-30d");
}

#[test]
fn given_blue_horizon_as_reservations_when_driven_then_engine_and_oracle_agree() {
    agree_on("sdsc-blue-60d");
}

#[test]
fn given_the_reservations_of_wagap_when_driven_then_engine_and_oracle_agree() {
    agree_on("cerit-wagap");
}

#[test]
fn given_the_small_leases_of_haizea_when_driven_then_engine_and_oracle_agree() {
    agree_on("haizea-small");
}

#[test]
fn given_the_medium_leases_of_haizea_when_driven_then_engine_and_oracle_agree() {
    agree_on("haizea-medium");
}

#[test]
fn given_leases_among_reservations_when_driven_then_engine_and_oracle_agree() {
    agree_on("sdsc-blue-60d with haizea");
}

#[test]
fn given_a_wrong_answerer_when_compared_then_the_first_difference_is_named() {
    let nodes = traces::named(&[(1, size_of_one())]);
    let requests = [request(1, 0, 10), request(2, 3, 10), request(3, 3, 10)];
    let (pool, mut oracle) = traces::engine_and_oracle(&nodes);
    let engine = drive(&requests, pool, Answering::default());
    let earlier = request(0, 20, 40);
    let demand = openpex_workloads::capacity::Demand {
        size: earlier.size,
        count: 1,
    };
    let placement = oracle.place(demand, earlier.window()).unwrap();
    oracle.book(&placement, earlier.window(), earlier.size);
    let oracle = drive(&requests, oracle, Answering::default());
    let difference = engine.first_difference(&oracle).unwrap();
    assert!(difference.starts_with("decision 2:"), "{difference}");
    assert_eq!(engine.first_difference(&engine.clone()), None);
}

const fn size_of_one() -> Resources {
    Resources {
        vcpus: 1,
        memory_mib: 1,
        disk_gib: 1,
    }
}

const fn request(id: u64, arrives_at: i64, duration_ms: i64) -> Request {
    Request {
        id,
        arrives_at: Timestamp(arrives_at),
        starts_at: Timestamp(arrives_at),
        duration_ms,
        ends_early_after_ms: None,
        instances: 1,
        size: size_of_one(),
    }
}
