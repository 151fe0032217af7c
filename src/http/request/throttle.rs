//! Failed log-ins: who fails too often has to wait, so that passwords cannot be guessed quickly.
//!
//! A name is counted together with the network the failures came from: strangers elsewhere cannot
//! lock a user out. The time is the machine's, also where the service runs on a test clock.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::{Duration, Instant};

use crate::http::limits::{
    FAILURE_WINDOW, FAILURES_COUNTED_MAX, FAILURES_PER_NAME_MAX, FAILURES_PER_NETWORK_MAX,
};

/// Characters of a name by which it is counted; no account's name is longer.
const NAME_CHARS_COUNTED: usize = 65;
/// The part of an IPv6 address that names a network, as one user often has all of it.
const IPV6_NETWORK: u128 = !0 << 64;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Culprit {
    Name(String, Option<IpAddr>),
    Network(IpAddr),
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    forgotten_at: Instant,
}

/// Counts failed log-ins.
#[derive(Debug, Default)]
pub struct Throttle {
    failures: Mutex<HashMap<Culprit, Failures>>,
}

/// The network of an address: an IPv4 address, or the 64 bits that name an IPv6 network.
#[must_use]
pub(super) fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & IPV6_NETWORK)),
    }
}

fn culprits(name: &str, network: Option<IpAddr>) -> impl Iterator<Item = (Culprit, u32)> {
    let name = name.chars().take(NAME_CHARS_COUNTED).collect();
    [
        Some((Culprit::Name(name, network), FAILURES_PER_NAME_MAX)),
        network.map(|network| (Culprit::Network(network), FAILURES_PER_NETWORK_MAX)),
    ]
    .into_iter()
    .flatten()
}

impl Throttle {
    /// How long a log-in has to wait; `None` where it may be tried.
    #[must_use]
    pub fn wait(&self, name: &str, network: Option<IpAddr>) -> Option<Duration> {
        let (failures, now) = (self.failures(), Instant::now());
        culprits(name, network)
            .filter_map(|(culprit, max)| failures.get(&culprit).filter(|f| f.count >= max))
            .map(|failures| failures.forgotten_at.saturating_duration_since(now))
            .filter(|wait| !wait.is_zero())
            .max()
    }

    /// A log-in failed.
    pub fn note_failure(&self, name: &str, network: Option<IpAddr>) {
        let (mut failures, now) = (self.failures(), Instant::now());
        if failures.len() >= FAILURES_COUNTED_MAX {
            failures.retain(|_, kept| kept.forgotten_at > now);
        }
        for (culprit, _) in culprits(name, network) {
            let fresh = Failures {
                count: 0,
                forgotten_at: now + FAILURE_WINDOW,
            };
            if failures.len() >= FAILURES_COUNTED_MAX && !failures.contains_key(&culprit) {
                continue;
            }
            let kept = failures.entry(culprit).or_insert(fresh);
            if kept.forgotten_at <= now {
                *kept = fresh;
            }
            kept.count = kept.count.saturating_add(1);
        }
    }

    /// A log-in succeeded: the name's failures are forgotten, the network's are not.
    pub fn note_success(&self, name: &str, network: Option<IpAddr>) {
        if let Some((culprit, _)) = culprits(name, network).next() {
            self.failures().remove(&culprit);
        }
    }

    fn failures(&self) -> MutexGuard<'_, HashMap<Culprit, Failures>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, last]))
    }

    #[tokio::test(start_paused = true)]
    async fn given_failures_up_to_the_limit_when_one_more_comes_then_it_waits_until_the_window_ends()
     {
        let throttle = Throttle::default();
        for _ in 0..FAILURES_PER_NAME_MAX {
            assert_eq!(throttle.wait("zoe", network(1)), None);
            throttle.note_failure("zoe", network(1));
        }
        assert_eq!(throttle.wait("zoe", network(1)), Some(FAILURE_WINDOW));
        assert_eq!(
            throttle.wait("zoe", network(2)),
            None,
            "strangers lock nobody out"
        );
        assert_eq!(throttle.wait("max", network(1)), None);
        tokio::time::advance(FAILURE_WINDOW).await;
        assert_eq!(throttle.wait("zoe", network(1)), None);
    }

    #[tokio::test(start_paused = true)]
    async fn given_one_network_when_it_tries_many_names_then_it_waits_for_all_of_them() {
        let throttle = Throttle::default();
        for n in 0..FAILURES_PER_NETWORK_MAX {
            throttle.note_failure(&n.to_string(), network(1));
        }
        assert!(throttle.wait("another", network(1)).is_some());
        throttle.note_success("another", network(1));
        assert!(throttle.wait("another", network(1)).is_some());
        assert_eq!(throttle.wait("another", network(2)), None);
    }

    #[tokio::test(start_paused = true)]
    async fn given_too_many_culprits_when_more_come_then_memory_stays_bounded() {
        let throttle = Throttle::default();
        for n in 0..FAILURES_COUNTED_MAX + 10 {
            throttle.note_failure(&n.to_string(), None);
        }
        assert_eq!(throttle.failures().len(), FAILURES_COUNTED_MAX);
        tokio::time::advance(FAILURE_WINDOW).await;
        throttle.note_failure("late", None);
        assert_eq!(throttle.failures().len(), 1);
    }

    #[test]
    fn given_addresses_of_one_network_when_compared_then_they_count_together() {
        let of = |text: &str| network_of(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
