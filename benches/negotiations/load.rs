//! Clients that negotiate as fast as they are answered.

use std::time::{Duration, Instant};

use openpex::clock::{Clock as _, SystemClock};
use serde_json::json;
use tokio::task::JoinSet;

use crate::client::{Client, proposal};

const HOUR_MS: i64 = 3_600_000;
/// Events of one full negotiation: initiated, proposed, accepted, confirmed.
const EVENTS: f64 = 4.0;

/// What the clients saw.
pub struct Done {
    deals: usize,
    took: Duration,
    posts: Vec<Duration>,
    puts: Vec<Duration>,
}

impl Done {
    /// One row of the table.
    pub fn print(mut self, clients: usize, floor: f64) {
        self.posts.sort_unstable();
        self.puts.sort_unstable();
        let rate = f64::from(u32::try_from(self.deals).expect("fits")) / self.took.as_secs_f64();
        let at = |times: &[Duration], per_mille: usize| {
            let index = (times.len() * per_mille / 1_000).min(times.len().saturating_sub(1));
            times
                .get(index)
                .map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0)
        };
        println!(
            "{clients:>8} {rate:>10.0} {:>9.0} {:>7.2}ms {:>7.2}ms {:>7.2}ms {:>7.2}ms {:>7.2}ms {floor:>12.0} {:>7.2}",
            rate * EVENTS,
            at(&self.posts, 500),
            at(&self.posts, 990),
            at(&self.puts, 500),
            at(&self.puts, 990),
            at(&self.puts, 999),
            rate * 2.0 / floor,
        );
    }
}

/// `clients` users propose and confirm for as long as `time`.
pub async fn negotiate(url: &str, clients: usize, time: Duration) -> Done {
    let mut users = Vec::new();
    for number in 0..clients {
        let name = format!("bench-{clients}-{number}-{}", SystemClock.now().0);
        users.push(Client::register(url, &name).await);
    }
    // The first answer of each pays for the password's hash.
    for user in &users {
        user.get("/clock").await;
    }
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for (number, user) in users.into_iter().enumerate() {
        tasks.spawn(async move {
            let (mut posts, mut puts) = (Vec::new(), Vec::new());
            while begun.elapsed() < time {
                let (post, put) = deal(&user, number * 1_000_003 + posts.len()).await;
                posts.push(post);
                puts.extend(put);
            }
            (posts, puts)
        });
    }
    let (mut posts, mut puts) = (Vec::new(), Vec::new());
    for (more_posts, more_puts) in tasks.join_all().await {
        posts.extend(more_posts);
        puts.extend(more_puts);
    }
    Done {
        deals: puts.len(),
        took: begun.elapsed(),
        posts,
        puts,
    }
}

/// Negotiates until there are `count` more reservations.
pub async fn fill(url: &str, count: usize) {
    let mut tasks = JoinSet::new();
    for worker in 0..64 {
        let url = url.to_owned();
        tasks.spawn(async move {
            let name = format!("fill-{worker}-{}", SystemClock.now().0);
            let user = Client::register(&url, &name).await;
            for number in 0..count / 64 {
                deal(&user, worker * 7_919 + number).await;
            }
        });
    }
    tasks.join_all().await;
}

/// One negotiation: how long the proposal took, and the confirmation if it was accepted.
async fn deal(user: &Client, number: usize) -> (Duration, Option<Duration>) {
    // Spread over the horizon, so that the pool has room.
    let spread = i64::try_from(number % 8_000).expect("fits");
    let start = SystemClock
        .now()
        .saturating_add(24 * HOUR_MS + spread * HOUR_MS);
    let asked = proposal("SMALL", 1, &start.to_rfc1123(), HOUR_MS);
    let begun = Instant::now();
    let reply = user.post("/reservations", &asked).await;
    let post = begun.elapsed();
    let Some(id) = reply.body["proposal"]["id"].as_str() else {
        panic!("{}: {}", reply.status, reply.body);
    };
    if reply.body["reply"] != "ACCEPT" {
        return (post, None);
    }
    let begun = Instant::now();
    user.put(&format!("/reservations/{id}"), &json!({"reply": "CONFIRM"}))
        .await;
    (post, Some(begun.elapsed()))
}
