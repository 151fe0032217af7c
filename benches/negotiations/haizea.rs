//! The whole life of the leases of a Haizea trace, over HTTP, by the test clock.
//!
//! A lease of n nodes becomes one reservation of n instances of a type of 1 vCPU and 1,024 MiB, as the
//! trace says of each, on 144 hosts that take one such instance each, as the machine the trace is made
//! for has 144 nodes. Then once more with one instance for each lease, which leaves out starting and
//! removing many machines on the (simulated) pool; and once with none of them started, which leaves what
//! the negotiation, the ledger and the clock cost.
//!
//! Each of them with one client and with many. One client sends each lease at its arrival, and the
//! clock moves from arrival to arrival. Many clients are a group of users that ask twice a day for what
//! the trace asks for in that half of a day (its leases start a day after they are asked for): each
//! takes the next lease of the trace, and the clock moves by half a day. Leases that are sent at once
//! are decided in the order in which the ledger took them, so that is the order in which the engine in
//! memory is asked the same; every answer that differs is counted.
//!
//! Beside it the floor: as many calls of the cheapest kind as the leases took, by the same dispatcher to
//! the same pool, with nothing else going on.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use openpex::dispatcher::xen::{Secret, XenDispatcher, XenOptions, XenTimeouts};
use openpex::dispatcher::{Dispatcher as _, EffectOrder};
use openpex_aggregates::capacity::Pool as Engine;
use openpex_aggregates::instance::{Effect, InstanceSpec};
use openpex_aggregates::{InstanceId, NodeName, Resources, TimeWindow, Timestamp};
use openpex_workloads::capacity::Demand;
use openpex_workloads::{Request, traces};
use uuid::Uuid;

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
const NODES: u32 = 144;
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
const SIZE: Resources = Resources {
    vcpus: 1,
    memory_mib: 1_024,
    disk_gib: 10,
};
const POLICY: &str = "[policy]\nsessions-max = 1000000\n\
    opening-grant = \"1000000000000\"\n[[policy.types]]\nname = \"NODE\"\n\
    size = { vcpus = 1, memory_mib = 1024, disk_gib = 10 }\n";
/// How often a group of users asks.
const HALF_A_DAY_MS: i64 = 12 * 3_600_000;
/// How many clients a group has.
const GROUP: usize = 32;
/// How many orders the floor has under way at once, as the process manager may have.
const ORDERS_AT_ONCE: usize = 32;
/// Rounds of the floor.
const FLOOR_ROUNDS: usize = 40;
/// Calls of an order to remove what is not there: one looks for the VM, one for its disks.
const CALLS_AN_ORDER: usize = 2;

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
    let floor = Floor::measure().await;
    println!(
        "floor: a call of the cheapest kind takes {:.0} us one after the other, {:.0} us with {ORDERS_AT_ONCE} at once",
        floor.alone_us, floor.together_us
    );
    for mapping in [Mapping::Nodes, Mapping::One, Mapping::Unused] {
        for clients in [1, GROUP] {
            live_through(store, &leases, (mapping, clients), &floor).await;
        }
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

impl Mapping {
    fn instances(self, lease: &Request) -> u32 {
        match self {
            Self::Nodes | Self::Unused => lease.instances,
            Self::One => 1,
        }
    }
}

/// What a call costs when nothing else goes on, in microseconds of wall time.
struct Floor {
    alone_us: f64,
    together_us: f64,
}

impl Floor {
    async fn measure() -> Self {
        let pool = Pool::start(HOSTS);
        let xen = XenDispatcher::new(XenOptions {
            url: pool.url.clone(),
            user: "root".to_owned(),
            password: Secret::new("openpex"),
            ca_file: None,
            timeouts: XenTimeouts::default(),
        });
        let xen = xen.expect("the pool can be spoken to");
        let orders: Vec<_> = (0..ORDERS_AT_ONCE)
            .map(|order| EffectOrder {
                effect: Effect::Remove,
                spec: InstanceSpec {
                    instance_id: InstanceId(Uuid::from_u128(
                        u128::from(order.to_le_bytes()[0]) + 1,
                    )),
                    ..InstanceSpec::default()
                },
                effect_id: 1,
            })
            .collect();
        let all = || join_all(orders.iter().map(|order| xen.carry_out(order)));
        // Logs in, opens the connections and reads all VMs once.
        all().await;
        let calls = number(FLOOR_ROUNDS * orders.len() * CALLS_AN_ORDER);
        let begun = Instant::now();
        for order in orders.iter().cycle().take(FLOOR_ROUNDS * orders.len()) {
            xen.carry_out(order)
                .await
                .expect("there is nothing to remove");
        }
        let alone = begun.elapsed();
        let begun = Instant::now();
        for _ in 0..FLOOR_ROUNDS {
            all().await;
        }
        let together = begun.elapsed();
        xen.close().await;
        let a_call = |time: Duration| time.as_secs_f64() * 1e6 / calls;
        Self {
            alone_us: a_call(alone),
            together_us: a_call(together),
        }
    }
}

/// What a lease was answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reply {
    Accepted,
    Countered,
    Rejected,
}

/// A lease that was answered.
struct Answered {
    lease: usize,
    /// Of its reservation.
    id: String,
    reply: Reply,
}

/// The service with everybody who speaks to it.
struct Site {
    fresh: Fresh,
    pool: Pool,
    service: Service,
    operator: Wire,
    clients: Vec<Wire>,
}

impl Site {
    async fn start(store: Store, clients: usize) -> Self {
        let fresh = Fresh::new(store).await;
        let policy = fresh.file("policy.toml", POLICY).display().to_string();
        let pool = Pool::start(HOSTS);
        let clock = format!("--test-clock={START}");
        let options = ["--xen-url", &pool.url, &clock, "--config", &policy];
        let service = Service::start(&fresh, &options);
        let operator = Wire::connect(&service.address, &User::operator()).await;
        let mut users = Vec::new();
        for user in 0..clients {
            let user = User::register(&service.address, &format!("haizea-{user}")).await;
            users.push(Wire::connect(&service.address, &user).await);
        }
        Self {
            fresh,
            pool,
            service,
            operator,
            clients: users,
        }
    }

    /// Sends `leases`, each client the next one that is left, and gives the answers.
    async fn negotiate(
        &mut self,
        leases: &[Request],
        (first, mapping): (usize, Mapping),
    ) -> Vec<Answered> {
        let next = AtomicUsize::new(0);
        let shares = self.clients.iter_mut().map(|client| async {
            let mut answers = Vec::new();
            while let at = next.fetch_add(1, Ordering::Relaxed)
                && let Some(lease) = leases.get(at)
            {
                answers.push(negotiate(client, lease, (first + at, mapping)).await);
            }
            answers
        });
        join_all(shares).await.into_iter().flatten().collect()
    }

    /// Lives through all leases; the answers, and how long the negotiations took.
    async fn live_through(
        &mut self,
        leases: &[Request],
        mapping: Mapping,
    ) -> (Vec<Answered>, Duration) {
        let group = self.clients.len() > 1;
        let (mut now, mut last_end) = (Timestamp(0), Timestamp(0));
        let (mut answers, mut negotiating) = (Vec::new(), Duration::ZERO);
        let mut rest = leases;
        while let [next, ..] = rest {
            let at = if group {
                Timestamp((next.arrives_at.0 / HALF_A_DAY_MS + 1) * HALF_A_DAY_MS)
            } else {
                next.arrives_at
            };
            if at > now {
                self.operator.advance(at.millis_since(now)).await;
                now = at;
            }
            let sent = if group {
                rest.partition_point(|lease| lease.arrives_at < at)
            } else {
                1
            };
            let (these, later) = rest.split_at(sent);
            let begun = Instant::now();
            let first = leases.len() - rest.len();
            answers.extend(self.negotiate(these, (first, mapping)).await);
            negotiating += begun.elapsed();
            let ends = these.iter().map(|lease| lease.window().ends_at);
            last_end = ends.fold(last_end, Timestamp::max);
            rest = later;
        }
        self.operator
            .advance(last_end.millis_since(now) + 1_000)
            .await;
        (answers, negotiating)
    }
}

async fn live_through(
    store: Store,
    leases: &[Request],
    (mapping, clients): (Mapping, usize),
    floor: &Floor,
) {
    let mut site = Site::start(store, clients).await;
    let (service_before, pool_before) = (site.service.cpu(), site.pool.cpu());
    let calls_before = site.pool.calls().await;
    let begun = Instant::now();
    let (answers, negotiating) = site.live_through(leases, mapping).await;
    let took = begun.elapsed();
    let calls = site.pool.calls().await - calls_before;
    let (service_cpu, pool_cpu) = (
        site.service.cpu() - service_before,
        site.pool.cpu() - pool_before,
    );
    let mut database = Database::open(&site.fresh).await;
    let ended = ended_well(&mut database, mapping).await;
    let events = database.head().await;
    let differing = differing_from_memory(&mut database, leases, (&answers, mapping)).await;
    let of = |reply| {
        answers
            .iter()
            .filter(|answer| answer.reply == reply)
            .count()
    };
    let accepted = of(Reply::Accepted);
    let instances = |answer: &&Answered| answer.reply == Reply::Accepted;
    let instances: u32 = answers
        .iter()
        .filter(instances)
        .map(|answer| mapping.instances(&leases[answer.lease]))
        .sum();
    let what = match mapping {
        Mapping::Nodes => "an instance a node",
        Mapping::One => "an instance a lease",
        Mapping::Unused => "never started",
    };
    let a_lease = |figure: f64| figure / number(leases.len());
    let ms = |time: Duration| a_lease(time.as_secs_f64() * 1_000.0);
    println!(
        "{} leases, {what}, {clients} clients: {accepted} accepted with {instances} instances, {} countered, {} rejected, {differing} otherwise than in memory; {ended} came to their end",
        leases.len(),
        of(Reply::Countered),
        of(Reply::Rejected),
    );
    println!(
        "  a lease: {:.2} ms, {:.2} of them for POST and PUT; service {:.2} ms and pool {:.2} ms of a core; {:.1} calls of XenAPI, {:.1} events",
        ms(took),
        ms(negotiating),
        a_lease(service_cpu * 1_000.0),
        a_lease(pool_cpu * 1_000.0),
        a_lease(number(calls)),
        a_lease(number(
            usize::try_from(events).expect("invariant: not negative")
        )),
    );
    if mapping != Mapping::Unused {
        let a_call = match mapping {
            Mapping::Nodes => floor.together_us,
            Mapping::One | Mapping::Unused => floor.alone_us,
        };
        let least = a_lease(number(calls)) * a_call / 1_000.0;
        println!(
            "  its calls alone, of the cheapest kind: {least:.2} ms, so {:.1} times the floor",
            ms(took) / least
        );
    }
    let times = HAIZEA_MS / ms(took);
    let figure = format!(
        "{what}, {clients} clients, {times:.1} times faster than {HAIZEA_MS} ms (at least 25)"
    );
    target("5", &figure, times >= 25.0 && ended == accepted);
}

async fn negotiate(
    client: &mut Wire,
    lease: &Request,
    (number, mapping): (usize, Mapping),
) -> Answered {
    let start = Timestamp(START_MS).saturating_add(lease.starts_at.0);
    let instances = mapping.instances(lease);
    let mut body = proposal("NODE", instances, &start.to_rfc3339(), lease.duration_ms);
    if mapping == Mapping::Unused {
        body.insert_str(1, r#""autoStart":false,"#);
    }
    let answer = client.send("POST", "/reservations", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let id = answer.text("id").expect("an id").to_owned();
    let path = format!("/reservations/{id}");
    let reply = match answer.text("reply") {
        Some("ACCEPT") => Reply::Accepted,
        Some("REJECT") => Reply::Rejected,
        _ => Reply::Countered,
    };
    let answer = match reply {
        Reply::Accepted => client.send("PUT", &path, r#"{"reply":"CONFIRM"}"#).await,
        // The trace's leases are of fixed times: a counter-offer is given back.
        Reply::Countered => client.send("DELETE", &path, "").await,
        Reply::Rejected => answer,
    };
    assert_eq!(answer.status, 200, "{}", answer.body);
    Answered {
        lease: number,
        id,
        reply,
    }
}

/// How many reservations came to their end, started before where they were to be.
async fn ended_well(database: &mut Database, mapping: Mapping) -> usize {
    let sql = "SELECT position FROM events WHERE position > $1 AND event_type = $2";
    let expired = database.numbers(sql, 0, "ReservationExpired").await.len();
    let activated = database.numbers(sql, 0, "ReservationActivated").await.len();
    match mapping {
        Mapping::Nodes | Mapping::One => activated.min(expired),
        Mapping::Unused => expired,
    }
}

/// How many leases the engine in memory answers otherwise, asked in the order of the ledger.
async fn differing_from_memory(
    database: &mut Database,
    leases: &[Request],
    (answers, mapping): (&[Answered], Mapping),
) -> usize {
    let sql = "SELECT position FROM events WHERE position > $1 AND aggregate_id = $2 \
        ORDER BY position LIMIT 1";
    let mut in_order = Vec::new();
    for answer in answers {
        let first = database.numbers(sql, 0, &answer.id).await;
        in_order.push((first.first().copied().expect("it is in the ledger"), answer));
    }
    in_order.sort_unstable_by_key(|(position, _)| *position);
    let mut engine = Engine::new();
    for node in 1..=NODES {
        let name = NodeName(format!("node-{node}"));
        let added = engine.add_node(name, SIZE, true);
        added.expect("the names differ");
    }
    let mut differing = 0;
    for (_, answer) in in_order {
        let lease = &leases[answer.lease];
        let demand = Demand {
            size: SIZE,
            count: mapping.instances(lease),
        };
        let window: TimeWindow = lease.window();
        let in_memory = match engine.place(demand.size, demand.count, window) {
            Ok(placement) => {
                engine
                    .book(&placement, window, demand.size)
                    .expect("what was placed can be booked");
                Reply::Accepted
            }
            Err(_) if engine.could_ever_host(demand.size, demand.count).is_ok() => Reply::Countered,
            Err(_) => Reply::Rejected,
        };
        differing += usize::from(in_memory != answer.reply);
    }
    differing
}
