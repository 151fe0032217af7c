//! How many negotiations, and how many durable proposals, beside what the same database takes in plain
//! inserts in the same run.

use std::time::Duration;

use openpex::clock::{Clock as _, SystemClock};

use crate::figures::{number, target};
use crate::floor::{self, Singles};
use crate::load::{self, Plan, Seen, Until};
use crate::service::{Database, Service};
use crate::stores::{Fresh, Store};

/// How many clients ask at once, where nothing else is said.
pub const CLIENTS: [usize; 5] = [1, 8, 32, 64, 256];
/// How many rows a writer of batches commits at once.
const ROWS: [usize; 3] = [8, 32, 100];

/// What was measured with one number of clients.
struct Row {
    clients: usize,
    floor: Singles,
    deals: Phase,
    proposals: Phase,
}

/// One load, and what it took.
struct Phase {
    seen: Seen,
    /// Answers a second.
    commands: f64,
    events: f64,
    service_cpu: f64,
    database_cpu: f64,
}

/// Prints the tables of one store.
pub async fn measure(store: Store, each: Duration, clients: &[usize]) {
    let fresh = Fresh::new(store).await;
    let service = Service::start(&fresh, &[]);
    let mut database = Database::open(&fresh).await;
    let mut rows = Vec::new();
    for clients in clients.iter().copied() {
        let floor = floor::single_rows(&fresh.url(), clients, each / 2).await;
        let deals = phase(&service, &mut database, (clients, true), each).await;
        let proposals = phase(&service, &mut database, (clients, false), each).await;
        rows.push(Row {
            clients,
            floor,
            deals,
            proposals,
        });
    }
    drop(service);
    let mut batched = 0.0_f64;
    println!("\nlimits, {store:?}: one writer, rows of an event's size");
    println!("  rows a commit   a statement a row   one statement");
    for count in ROWS {
        let (by_row, at_once) = floor::batches(&fresh.url(), count, each / 3).await;
        println!("  {count:>13} {by_row:>17.0}/s {at_once:>13.0}/s");
        batched = batched.max(by_row).max(at_once);
    }
    let alone = batches_of_one(store, each).await;
    print_table("full negotiations (POST, PUT)", &rows, |row| &row.deals);
    print_table("durable proposals (POST)", &rows, |row| &row.proposals);
    print_cores(&rows);
    print_targets(&rows, &alone, batched);
}

/// One load, by accounts of its own, so that no password is hashed while it lasts.
async fn phase(
    service: &Service,
    database: &mut Database,
    (clients, confirm): (usize, bool),
    time: Duration,
) -> Phase {
    let now = SystemClock.now();
    let prefix = format!("bench-{clients}-{confirm}-{}", now.0);
    let users = load::make_users(&service.address, &prefix, clients).await;
    let processes = database.processes().await;
    let database_cpu = || processes.as_ref().map_or(0.0, |all| all.seconds());
    let head = database.head().await;
    let (service_before, database_before) = (service.cpu(), database_cpu());
    let seen = load::run(Plan {
        address: service.address.clone(),
        users,
        clients,
        until: Until::Time(time),
        confirm,
        bodies: load::spread(now),
    })
    .await;
    let (service_after, database_after) = (service.cpu(), database_cpu());
    let events = u32::try_from(database.head().await - head).unwrap_or(0);
    let secs = seen.took.as_secs_f64();
    Phase {
        commands: number(seen.posts.len() + seen.puts.len()) / secs,
        events: f64::from(events) / secs,
        service_cpu: service_after - service_before,
        database_cpu: database_after - database_before,
        seen,
    }
}

/// The same service that commits each command by itself, at 32 clients.
async fn batches_of_one(store: Store, each: Duration) -> Phase {
    let fresh = Fresh::new(store).await;
    let service = Service::start(&fresh, &["--batch-max", "1"]);
    let mut database = Database::open(&fresh).await;
    phase(&service, &mut database, (32, false), each).await
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
        let Phase {
            seen,
            commands,
            events,
            ..
        } = phase(row);
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
            row.floor.rate,
            row.floor.times.at(500),
            commands / row.floor.rate,
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
            let one = |p: &Phase| of(p) * 1e6 / number(p.seen.posts.len() + p.seen.puts.len());
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

fn print_targets(rows: &[Row], alone: &Phase, batched: f64) {
    println!();
    for row in rows {
        let Row {
            floor, proposals, ..
        } = row;
        let (rate, seen) = (proposals.commands, &proposals.seen);
        match row.clients {
            1 => {
                let (post, insert) = (seen.posts.at(500), floor.times.at(500));
                let figure = format!(
                    "1 client, p50 {post:.2} ms is {:.2} times an insert of {insert:.2} ms (at most 2.5)",
                    post / insert
                );
                target("3", &figure, post <= 2.5 * insert);
            }
            32 => {
                let ratio = rate / floor.rate;
                let figure = format!(
                    "32 clients, {rate:.0}/s is {ratio:.2} of the single-row inserts, {:.0}/s (at least 1.0, first step 0.7)",
                    floor.rate
                );
                target("4", &figure, ratio >= 1.0);
                let p99 = seen.posts.at(990);
                let figure = format!("32 clients, p99 {p99:.2} ms (at most 10)");
                target("4", &figure, p99 <= 10.0);
                let times = rate / alone.commands;
                let figure = format!(
                    "32 clients, {times:.2} times batches of one, {:.0}/s (at least 4)",
                    alone.commands
                );
                target("4", &figure, times >= 4.0);
            }
            256 => {
                let ratio = rate / batched;
                let figure = format!(
                    "256 clients, {rate:.0} proposals/s is {ratio:.2} of the best batched inserts, {batched:.0} rows/s (at least 0.5); its {:.0} events/s are {:.2}",
                    proposals.events,
                    proposals.events / batched
                );
                target("4", &figure, ratio >= 0.5);
            }
            _ => {}
        }
    }
}
