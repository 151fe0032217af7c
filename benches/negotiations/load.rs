//! Clients that negotiate as fast as they are answered, on one thread of their own.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use openpex_aggregates::Timestamp;
use tokio::task::{JoinHandle, LocalSet};

use crate::cores;
use crate::figures::Times;
use crate::wire::{User, Wire, proposal};

/// Most accounts that the clients share: making one costs a password's hash, twice.
const USERS_MAX: usize = 16;
/// Starts that the proposals go round in, an hour apart, so that the pool has room.
const STARTS: i64 = 8_000;
const HOUR_MS: i64 = 3_600_000;

/// When the clients stop.
#[derive(Clone, Copy)]
pub enum Until {
    Time(Duration),
    /// So many proposals, by all clients together.
    Count(usize),
}

/// What the clients do.
pub struct Plan {
    pub address: String,
    pub users: Vec<User>,
    pub clients: usize,
    pub until: Until,
    /// Whether an accepted proposal is confirmed.
    pub confirm: bool,
    /// What is proposed, in turn.
    pub bodies: Vec<String>,
}

/// What the clients saw.
#[derive(Default)]
pub struct Seen {
    pub posts: Times,
    pub puts: Times,
    /// Proposals answered by something else than ACCEPT.
    pub not_accepted: usize,
    /// Answers that are no success, by status.
    pub errors: BTreeMap<u16, usize>,
    pub took: Duration,
    /// Seconds of a core that the clients took.
    pub own_cpu: f64,
}

/// Accounts for `clients` clients; their names begin with `prefix`.
pub async fn make_users(address: &str, prefix: &str, clients: usize) -> Vec<User> {
    let mut users = Vec::new();
    for number in 0..clients.min(USERS_MAX) {
        users.push(User::register(address, &format!("{prefix}-{number}")).await);
    }
    users
}

/// Small reservations of an hour, spread over the year after `now`.
pub fn spread(now: Timestamp) -> Vec<String> {
    let start = |hour: i64| now.saturating_add((24 + hour) * HOUR_MS).to_rfc1123();
    (0..STARTS)
        .map(|hour| proposal("SMALL", 1, &start(hour), HOUR_MS))
        .collect()
}

/// Carries `plan` out on a thread of its own.
pub fn start(plan: Plan) -> JoinHandle<Seen> {
    tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let before = cores::of_this_thread();
        let mut seen = runtime
            .expect("a runtime can be made")
            .block_on(LocalSet::new().run_until(carry_out(plan)));
        seen.own_cpu = cores::of_this_thread() - before;
        seen.sort();
        seen
    })
}

/// As [`start`], to its end.
pub async fn run(plan: Plan) -> Seen {
    start(plan).await.expect("the clients come to their end")
}

async fn carry_out(plan: Plan) -> Seen {
    let plan = Rc::new(plan);
    let mut wires = Vec::new();
    for client in 0..plan.clients {
        let user = &plan.users[client % plan.users.len()];
        let mut wire = Wire::connect(&plan.address, user).await;
        // The service remembers a password that it checked for a minute only: it is not to hash any
        // while it is measured.
        wire.check_password().await;
        wires.push(wire);
    }
    let begun = Instant::now();
    let clients: Vec<_> = wires
        .into_iter()
        .enumerate()
        .map(|(number, wire)| {
            let client = Client {
                wire,
                plan: plan.clone(),
                number,
                seen: Seen::default(),
            };
            tokio::task::spawn_local(client.run(begun))
        })
        .collect();
    let mut all = Seen::default();
    for client in clients {
        all.add(client.await.expect("a client comes to its end"));
    }
    all.took = begun.elapsed();
    all
}

impl Seen {
    /// Adds what others saw, or what was seen later; the times are no longer sorted.
    pub fn add(&mut self, other: Self) {
        self.posts.append(other.posts);
        self.puts.append(other.puts);
        self.not_accepted += other.not_accepted;
        for (status, count) in other.errors {
            *self.errors.entry(status).or_default() += count;
        }
        self.took += other.took;
        self.own_cpu += other.own_cpu;
    }

    /// Sorts the times.
    pub fn sort(&mut self) {
        self.posts.sort();
        self.puts.sort();
    }

    /// What went otherwise than it should, or nothing.
    pub fn troubles(&self) -> String {
        let mut troubles = String::new();
        if self.not_accepted > 0 {
            troubles += &format!(" {} not accepted", self.not_accepted);
        }
        for (status, count) in &self.errors {
            troubles += &format!(" {count} times {status}");
        }
        troubles
    }
}

struct Client {
    wire: Wire,
    plan: Rc<Plan>,
    number: usize,
    seen: Seen,
}

impl Client {
    async fn run(mut self, begun: Instant) -> Seen {
        let clients = self.plan.clients;
        let mut turn = self.number;
        loop {
            let over = match self.plan.until {
                Until::Time(time) => begun.elapsed() >= time,
                Until::Count(count) => turn >= count,
            };
            if over {
                return self.seen;
            }
            self.negotiate(turn).await;
            turn += clients;
        }
    }

    async fn negotiate(&mut self, turn: usize) {
        let bodies = &self.plan.bodies;
        let begun = Instant::now();
        let answer = self
            .wire
            .send("POST", "/reservations", &bodies[turn % bodies.len()])
            .await;
        self.seen.posts.push(begun.elapsed());
        if answer.status != 200 {
            *self.seen.errors.entry(answer.status).or_default() += 1;
            return;
        }
        if answer.text("reply") != Some("ACCEPT") {
            self.seen.not_accepted += 1;
            return;
        }
        if !self.plan.confirm {
            return;
        }
        let path = format!("/reservations/{}", answer.text("id").expect("an id"));
        let begun = Instant::now();
        let confirm = r#"{"reply":"CONFIRM"}"#;
        let answer = self.wire.send("PUT", &path, confirm).await;
        self.seen.puts.push(begun.elapsed());
        if answer.status != 200 || answer.text("reply") != Some("REQUEST_SUCCESS") {
            *self.seen.errors.entry(answer.status).or_default() += 1;
        }
    }
}
