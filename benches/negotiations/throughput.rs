//! How many negotiations, and how many durable proposals, beside what the same database takes in plain
//! inserts in the same run.

use std::time::Duration;

use openpex::clock::{Clock as _, SystemClock};

use crate::cores::Postgres;
use crate::figures::{number, target};
use crate::floor::{self, Singles};
use crate::load::{self, Plan, Seen, Until};
use crate::service::{Database, Service};
use crate::stores::{Fresh, Store};
use crate::wire::User;

/// How many clients ask at once, where nothing else is said.
pub const CLIENTS: [usize; 5] = [1, 8, 32, 64, 256];
/// How many rows a writer of batches commits at once.
const ROWS: [usize; 3] = [8, 32, 100];

/// How many turns the floor and the loads take, one after the other: the speed of a machine that is shared
/// changes within seconds, and only what was measured side by side can be compared.
const TURNS: u32 = 4;
/// At how many clients the service with batches of one is measured too.
const ALONE_CLIENTS: usize = 32;

/// What was measured with one number of clients.
struct Row {
    clients: usize,
    floor: Singles,
    deals: Phase,
    proposals: Phase,
    /// The same proposals to a service that commits each command by itself.
    alone: Option<Phase>,
}

/// One load, and what it took.
#[derive(Default)]
struct Phase {
    seen: Seen,
    events: i64,
    service_cpu: f64,
    database_cpu: f64,
}

/// A service and its database.
struct Bench {
    fresh: Fresh,
    service: Service,
    database: Database,
    /// The database's processes, where it is none of the service's.
    processes: Option<Postgres>,
}

impl Phase {
    fn add(&mut self, turn: Self) {
        self.seen.add(turn.seen);
        self.events += turn.events;
        self.service_cpu += turn.service_cpu;
        self.database_cpu += turn.database_cpu;
    }

    fn answers(&self) -> f64 {
        number(self.seen.posts.len() + self.seen.puts.len())
    }

    /// Answers a second.
    fn commands(&self) -> f64 {
        self.answers() / self.seen.took.as_secs_f64()
    }

    /// Events a second.
    fn events(&self) -> f64 {
        f64::from(u32::try_from(self.events).unwrap_or(0)) / self.seen.took.as_secs_f64()
    }
}

impl Bench {
    async fn start(store: Store, options: &[&str]) -> Self {
        let fresh = Fresh::new(store).await;
        let service = Service::start(&fresh, options);
        let mut database = Database::open(&fresh).await;
        Self {
            processes: database.processes().await,
            fresh,
            service,
            database,
        }
    }

    /// Seconds of a core that the database's own processes have had.
    fn database_cpu(&self) -> f64 {
        self.processes.as_ref().map_or(0.0, |all| all.seconds())
    }

    /// One load, by accounts that are there, so that no password is hashed while it lasts.
    async fn turn(
        &mut self,
        users: &[User],
        (clients, confirm): (usize, bool),
        time: Duration,
    ) -> Phase {
        let head = self.database.head().await;
        let (service_before, database_before) = (self.service.cpu(), self.database_cpu());
        let seen = load::run(Plan {
            address: self.service.address.clone(),
            users: users.to_vec(),
            clients,
            until: Until::Time(time),
            confirm,
            bodies: load::spread(SystemClock.now()),
        })
        .await;
        let (service_after, database_after) = (self.service.cpu(), self.database_cpu());
        Phase {
            events: self.database.head().await - head,
            service_cpu: service_after - service_before,
            database_cpu: database_after - database_before,
            seen,
        }
    }
}

/// Prints the tables of one store.
pub async fn measure(store: Store, each: Duration, clients: &[usize]) {
    let mut together = Bench::start(store, &[]).await;
    let mut alone = Bench::start(store, &["--batch-max", "1"]).await;
    let mut rows = Vec::new();
    for clients in clients.iter().copied() {
        rows.push(take_turns(&mut together, &mut alone, clients, each).await);
    }
    let url = together.fresh.url();
    drop(alone);
    let mut batched = 0.0_f64;
    println!("\nlimits, {store:?}: one writer, rows of an event's size");
    println!("  rows a commit   a statement a row   one statement");
    for count in ROWS {
        let (by_row, at_once) = floor::batches(&url, count, each / 3).await;
        println!("  {count:>13} {by_row:>17.0}/s {at_once:>13.0}/s");
        batched = batched.max(by_row).max(at_once);
    }
    print_table("full negotiations (POST, PUT)", &rows, |row| &row.deals);
    print_table("durable proposals (POST)", &rows, |row| &row.proposals);
    print_cores(&rows);
    print_targets(&rows, batched);
}

/// The floor and the loads with so many clients, in turns.
async fn take_turns(
    together: &mut Bench,
    alone: &mut Bench,
    clients: usize,
    each: Duration,
) -> Row {
    let prefix = format!("bench-{clients}");
    let users = load::make_users(&together.service.address, &prefix, clients).await;
    let alone_users = match clients {
        ALONE_CLIENTS => load::make_users(&alone.service.address, &prefix, clients).await,
        _ => Vec::new(),
    };
    let mut row = Row {
        clients,
        floor: Singles::default(),
        deals: Phase::default(),
        proposals: Phase::default(),
        alone: (clients == ALONE_CLIENTS).then(Phase::default),
    };
    for _ in 0..TURNS {
        let time = each / TURNS;
        row.floor
            .add(floor::single_rows(&together.fresh.url(), clients, time / 2).await);
        let proposals = together.turn(&users, (clients, false), time).await;
        row.proposals.add(proposals);
        together.service.rest(&mut together.database).await;
        if let Some(phase) = &mut row.alone {
            phase.add(alone.turn(&alone_users, (clients, false), time).await);
            alone.service.rest(&mut alone.database).await;
        }
        row.deals
            .add(together.turn(&users, (clients, true), time).await);
        together.service.rest(&mut together.database).await;
    }
    row.floor.times.sort();
    for phase in [&mut row.deals, &mut row.proposals] {
        phase.seen.sort();
    }
    row
}

fn print_table(what: &str, rows: &[Row], phase: fn(&Row) -> &Phase) {
    println!("\n{what}; times in ms; the floor is single-row inserts by as many connections");
    println!(
        "{:>8} {:>8} {:>8} {:>9} | {:>7} {:>7} {:>7} {:>7} | {:>7} {:>7} {:>7} | {:>8} {:>8} {:>6}",
        "clients",
        "POST/s",
        "PUT/s",
        "events/s",
        "POST 50",
        "99",
        "99.9",
        "longest",
        "PUT 50",
        "99",
        "99.9",
        "floor/s",
        "floor 50",
        "ratio"
    );
    for row in rows {
        let phase = phase(row);
        let (seen, events, floor) = (&phase.seen, phase.events(), row.floor.rate());
        let secs = seen.took.as_secs_f64();
        println!(
            "{:>8} {:>8.0} {:>8.0} {events:>9.0} | {:>7.2} {:>7.2} {:>7.2} {:>7.0} | {:>7.2} {:>7.2} {:>7.2} | {:>8.0} {:>8.2} {:>6.2}{}",
            row.clients,
            number(seen.posts.len()) / secs,
            number(seen.puts.len()) / secs,
            seen.posts.at(500),
            seen.posts.at(990),
            seen.posts.at(999),
            seen.posts.at(1_000),
            seen.puts.at(500),
            seen.puts.at(990),
            seen.puts.at(999),
            floor,
            row.floor.times.at(500),
            phase.commands() / floor,
            seen.troubles(),
        );
    }
}

/// Who ate the cores: microseconds of a core for each answer, and the load generator's share of all.
fn print_cores(rows: &[Row]) {
    println!("\ncores: us of a core for each answer (negotiations / proposals)");
    println!(
        "{:>8} {:>17} {:>17} {:>17} {:>17}",
        "clients", "service", "database", "load", "load's share"
    );
    for row in rows {
        let per = |of: fn(&Phase) -> f64| {
            let one = |p: &Phase| of(p) * 1e6 / p.answers();
            format!("{:.0} / {:.0}", one(&row.deals), one(&row.proposals))
        };
        let share = |p: &Phase| {
            let own = p.seen.own_cpu;
            own * 100.0 / (own + p.service_cpu + p.database_cpu)
        };
        println!(
            "{:>8} {:>17} {:>17} {:>17} {:>17}",
            row.clients,
            per(|p| p.service_cpu),
            per(|p| p.database_cpu),
            per(|p| p.seen.own_cpu),
            format!("{:.0}% / {:.0}%", share(&row.deals), share(&row.proposals)),
        );
    }
}

fn print_targets(rows: &[Row], batched: f64) {
    println!();
    for row in rows {
        let Row {
            floor,
            proposals,
            alone,
            ..
        } = row;
        let (rate, seen) = (proposals.commands(), &proposals.seen);
        match row.clients {
            1 => {
                let (post, insert) = (seen.posts.at(500), floor.times.at(500));
                let figure = format!(
                    "1 client, p50 {post:.2} ms is {:.2} times an insert of {insert:.2} ms (at most 2.5)",
                    post / insert
                );
                target("3", &figure, post <= 2.5 * insert);
            }
            ALONE_CLIENTS => {
                let ratio = rate / floor.rate();
                let figure = format!(
                    "32 clients, {rate:.0}/s is {ratio:.2} of the single-row inserts, {:.0}/s (at least 1.0, first step 0.7)",
                    floor.rate()
                );
                target("4", &figure, ratio >= 1.0);
                let p99 = seen.posts.at(990);
                let figure = format!("32 clients, p99 {p99:.2} ms (at most 10)");
                target("4", &figure, p99 <= 10.0);
                let alone = alone.as_ref().map_or(f64::NAN, Phase::commands);
                let times = rate / alone;
                let figure = format!(
                    "32 clients, {times:.2} times batches of one, {alone:.0}/s (at least 4)"
                );
                target("4", &figure, times >= 4.0);
            }
            256 => {
                let ratio = rate / batched;
                let figure = format!(
                    "256 clients, {rate:.0} proposals/s is {ratio:.2} of the best batched inserts, {batched:.0} rows/s (at least 0.5); its {:.0} events/s are {:.2}",
                    proposals.events(),
                    proposals.events() / batched
                );
                target("4", &figure, ratio >= 0.5);
            }
            _ => {}
        }
    }
}
