//! The whole life of the leases of a Haizea trace, over HTTP, by the test clock.
//!
//! A lease of n nodes becomes one reservation of n instances of a type of 1 vCPU and 1,024 MiB, as the
//! trace says of each, on 144 hosts that take one such instance each, as the machine the trace is made
//! for has 144 nodes. Then once more with one instance for each lease, which leaves out starting and
//! removing many machines on the (simulated) pool; and once with none of them started, which leaves what
//! the negotiation, the ledger and the clock cost.

use std::time::{Duration, Instant};

use openpex_aggregates::Timestamp;
use openpex_workloads::{Request, traces};

use crate::figures::{number, target};
use crate::service::{Database, Pool, Service};
use crate::stores::{Fresh, Store};
use crate::wire::{User, Wire, proposal};

/// What Haizea takes to decide a lease, in milliseconds (`PERFORMANCE.md`).
const HAIZEA_MS: f64 = 24.0;
/// Leases of whole nodes; their times are from the trace's start.
const TRACE: &str = "haizea-ar-60d-20pct-1h-small.lwf";
/// Where the clock starts.
const START: &str = "2030-01-01T00:00:00Z";
const START_MS: i64 = 1_893_456_000_000;
const HOSTS: &[&str] = &[
    "--hosts",
    "144",
    "--vcpus",
    "1",
    "--memory-mib",
    "2048",
    "--disk-gib",
    "100",
];
const POLICY: &str = "[[policy.types]]\nname = \"NODE\"\n\
    size = { vcpus = 1, memory_mib = 1024, disk_gib = 10 }\n";

/// Prints what a lease costs; `limit` leases, or all for 0.
pub async fn measure(store: Store, limit: usize) {
    let Some(folder) = traces::folder() else {
        println!("the trace is not there: name its folder in OPENPEX_TRACES");
        return;
    };
    let mut leases = traces::read([folder.join(TRACE)], &[])
        .expect("the trace is one of leases")
        .requests;
    if limit > 0 {
        leases.truncate(limit);
    }
    for mapping in [Mapping::Nodes, Mapping::One, Mapping::Unused] {
        live_through(store, &leases, mapping).await;
    }
}

/// What becomes of a lease of n nodes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mapping {
    /// n instances.
    Nodes,
    /// One instance.
    One,
    /// n instances that nobody starts.
    Unused,
}

/// What became of the leases.
#[derive(Default)]
struct Tally {
    accepted: usize,
    not_accepted: usize,
    instances: usize,
    negotiating: Duration,
}

async fn live_through(store: Store, leases: &[Request], mapping: Mapping) {
    let fresh = Fresh::new(store).await;
    let policy = fresh.file("policy.toml", POLICY).display().to_string();
    let pool = Pool::start(HOSTS);
    let clock = format!("--test-clock={START}");
    let options = ["--xen-url", &pool.url, &clock, "--config", &policy];
    let service = Service::start(&fresh, &options);
    let user = User::register(&service.address, "haizea").await;
    let mut user = Wire::connect(&service.address, &user).await;
    let mut operator = Wire::connect(&service.address, &User::operator()).await;
    let (mut now, mut last_end) = (Timestamp(0), Timestamp(0));
    let mut tally = Tally::default();
    let (service_before, pool_before) = (service.cpu(), pool.cpu());
    let begun = Instant::now();
    for lease in leases {
        if lease.arrives_at > now {
            operator.advance(lease.arrives_at.millis_since(now)).await;
            now = lease.arrives_at;
        }
        let begun = Instant::now();
        negotiate(&mut user, lease, mapping, &mut tally).await;
        tally.negotiating += begun.elapsed();
        last_end = last_end.max(lease.window().ends_at);
    }
    operator.advance(last_end.millis_since(now) + 1_000).await;
    let took = begun.elapsed();
    let ended = ended_well(&fresh, mapping).await;
    let what = match mapping {
        Mapping::Nodes => "an instance a node",
        Mapping::One => "an instance a lease",
        Mapping::Unused => "never started",
    };
    let a_lease = |time: Duration| time.as_secs_f64() * 1_000.0 / number(leases.len());
    println!(
        "{} leases, {what}: {} accepted with {} instances, {} not; {ended} came to their end; {:.2} ms a lease, {:.2} of them for POST and PUT; cores: service {:.1} s, pool {:.1} s of {:.1} s; service {} MiB",
        leases.len(),
        tally.accepted,
        tally.instances,
        tally.not_accepted,
        a_lease(took),
        a_lease(tally.negotiating),
        service.cpu() - service_before,
        pool.cpu() - pool_before,
        took.as_secs_f64(),
        service.resident_mib(),
    );
    let times = HAIZEA_MS / a_lease(took);
    let figure = format!("{what}, {times:.1} times faster than {HAIZEA_MS} ms (at least 25)");
    target("5", &figure, times >= 25.0 && ended == tally.accepted);
}

async fn negotiate(user: &mut Wire, lease: &Request, mapping: Mapping, tally: &mut Tally) {
    let instances = match mapping {
        Mapping::Nodes | Mapping::Unused => lease.instances,
        Mapping::One => 1,
    };
    let start = Timestamp(START_MS).saturating_add(lease.starts_at.0);
    let mut body = proposal("NODE", instances, &start.to_rfc3339(), lease.duration_ms);
    if mapping == Mapping::Unused {
        body.insert_str(1, r#""autoStart":false,"#);
    }
    let answer = user.send("POST", "/reservations", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let path = format!("/reservations/{}", answer.text("id").expect("an id"));
    if answer.text("reply") == Some("ACCEPT") {
        let confirm = r#"{"reply":"CONFIRM"}"#;
        let answer = user.send("PUT", &path, confirm).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        tally.accepted += 1;
        tally.instances += usize::try_from(instances).expect("invariant: 32 bits fit");
    } else {
        // The trace's leases are of fixed times: a counter-offer is given back.
        let rejected = answer.text("reply") == Some("REJECT");
        if !rejected {
            let answer = user.send("DELETE", &path, "").await;
            assert_eq!(answer.status, 200, "{}", answer.body);
        }
        tally.not_accepted += 1;
    }
}

/// How many reservations came to their end, started before where they were to be.
async fn ended_well(fresh: &Fresh, mapping: Mapping) -> usize {
    let mut database = Database::open(fresh).await;
    let sql = "SELECT position FROM events WHERE position > $1 AND event_type = $2";
    let expired = database.numbers(sql, 0, "ReservationExpired").await.len();
    let activated = database.numbers(sql, 0, "ReservationActivated").await.len();
    match mapping {
        Mapping::Nodes | Mapping::One => activated.min(expired),
        Mapping::Unused => expired,
    }
}
