//! The same questions answered the slow and obvious way: a list of windows for each node, summed
//! up at every instant that matters. Shares no code with the engine.

use openpex_aggregates::capacity::{Placement, PlacementPart};
use openpex_aggregates::{NodeName, Resources, TimeWindow, Timestamp};

type Three = [u64; 3];

pub fn three(r: Resources) -> Three {
    [r.vcpus, r.memory_mib, r.disk_gib]
}

pub fn resources([vcpus, memory_mib, disk_gib]: Three) -> Resources {
    Resources {
        vcpus,
        memory_mib,
        disk_gib,
    }
}

pub fn window(from: i64, until: i64) -> TimeWindow {
    TimeWindow {
        starts_at: Timestamp(from),
        ends_at: Timestamp(until),
    }
}

/// From, until, and how much.
type Booked = (i64, i64, Three);

fn usage_of(booked: &[Booked], at: i64) -> Three {
    let mut sum = [0; 3];
    for &(from, until, usage) in booked {
        if from <= at && at < until {
            (0..3).for_each(|d| sum[d] += usage[d]);
        }
    }
    sum
}

#[derive(Clone, Debug)]
pub struct OracleNode {
    pub name: NodeName,
    pub capacity: Three,
    pub in_service: bool,
    pub booked: Vec<Booked>,
    /// The sums at every instant at which they change, once the node has been summed up.
    pub sums: Vec<(i64, Three)>,
}

impl OracleNode {
    pub fn usage_at(&self, at: i64) -> Three {
        usage_of(&self.booked, at)
    }

    /// Sums up the windows once, for pools with too many of them to do it at every question;
    /// nothing may be booked or released afterwards.
    pub fn sum_up(&mut self) {
        let mut changes: Vec<(i64, bool, Three)> = Vec::new();
        for &(from, until, usage) in &self.booked {
            changes.extend([(from, true, usage), (until, false, usage)]);
        }
        changes.sort_unstable();
        let mut sum = [0; 3];
        self.sums = vec![(i64::MIN, sum)];
        for (at, rises, usage) in changes {
            // Ends sort before starts, so no sum is below zero.
            (0..3).for_each(|d| {
                if rises {
                    sum[d] += usage[d]
                } else {
                    sum[d] -= usage[d]
                }
            });
            if self.sums.last().unwrap().0 == at {
                self.sums.pop();
            }
            self.sums.push((at, sum));
        }
    }

    fn max_of_sums(&self, from: i64, until: i64) -> Three {
        let first = self.sums.partition_point(|&(at, _)| at <= from) - 1;
        let mut max = [0; 3];
        for &(_, sum) in self.sums[first..].iter().take_while(|&&(at, _)| at < until) {
            (0..3).for_each(|d| max[d] = max[d].max(sum[d]));
        }
        max
    }

    /// Usage rises only where a window starts, so the maximum is there or at the beginning.
    pub fn max_usage(&self, from: i64, until: i64) -> Three {
        if !self.sums.is_empty() {
            return self.max_of_sums(from, until);
        }
        let overlaps = |&&(start, end, _): &&Booked| start < until && from < end;
        let booked: Vec<Booked> = self.booked.iter().filter(overlaps).copied().collect();
        let starts = booked.iter().map(|&(start, ..)| start.max(from));
        let mut max = [0; 3];
        for at in starts.filter(|&start| start < until) {
            let usage = usage_of(&booked, at);
            (0..3).for_each(|d| max[d] = max[d].max(usage[d]));
        }
        max
    }

    pub fn hosts(&self, size: Three, from: i64, until: i64) -> u64 {
        let used = self.max_usage(from, until);
        if (0..3).any(|d| used[d] > self.capacity[d]) {
            return 0;
        }
        let by = |d: usize| {
            (self.capacity[d] - used[d])
                .checked_div(size[d])
                .unwrap_or(u64::MAX)
        };
        by(0).min(by(1)).min(by(2))
    }
}

#[derive(Clone, Debug, Default)]
pub struct Oracle {
    pub nodes: Vec<OracleNode>,
    pub since: Option<i64>,
}

impl Oracle {
    fn known_from(&self, from: i64) -> i64 {
        self.since.map_or(from, |since| from.max(since))
    }

    pub fn book(&mut self, placement: &Placement, window: TimeWindow, size: Three) {
        let from = self.known_from(window.starts_at.0);
        for part in &placement.0 {
            let node = self.nodes.iter_mut().find(|n| n.name == part.node).unwrap();
            let usage = size.map(|amount| amount * u64::from(part.count));
            node.booked.push((from, window.ends_at.0, usage));
        }
    }

    pub fn release(&mut self, placement: &Placement, window: TimeWindow, size: Three) {
        // What has been forgotten is not there; the rest begins where the memory does.
        let from = self.known_from(window.starts_at.0);
        if from >= window.ends_at.0 {
            return;
        }
        for part in &placement.0 {
            let node = self.nodes.iter_mut().find(|n| n.name == part.node).unwrap();
            let usage = size.map(|amount| amount * u64::from(part.count));
            let sought = (from, window.ends_at.0, usage);
            let at = node
                .booked
                .iter()
                .position(|&booked| booked == sought)
                .unwrap();
            node.booked.swap_remove(at);
        }
    }

    pub fn forget_before(&mut self, at: i64) {
        self.since = Some(self.since.map_or(at, |since| since.max(at)));
        let since = self.known_from(at);
        for node in &mut self.nodes {
            node.booked.retain(|&(_, until, _)| until > since);
            node.booked
                .iter_mut()
                .for_each(|booked| booked.0 = booked.0.max(since));
        }
    }

    pub fn in_service(&self) -> impl Iterator<Item = &OracleNode> {
        self.nodes.iter().filter(|node| node.in_service)
    }

    pub fn most(&self, size: Three, from: i64, until: i64) -> u64 {
        let hosts = self.in_service().map(|node| node.hosts(size, from, until));
        hosts.fold(0, u64::saturating_add)
    }

    pub fn place(&self, size: Three, count: u64, from: i64, until: i64) -> Option<Placement> {
        let mut nodes: Vec<&OracleNode> = self
            .in_service()
            .filter(|node| node.hosts(size, from, until) > 0)
            .collect();
        // Small enough to compare fractions by their cross products in u128 pair by pair: a node
        // is as loaded as its most loaded dimension.
        let load = |node: &OracleNode| {
            let used = node.max_usage(from, until);
            let mut best = (0u128, 1u128);
            for (&used, &capacity) in used.iter().zip(&node.capacity) {
                let this = (u128::from(used), u128::from(capacity));
                if used > 0 && this.0 * best.1 > best.0 * this.1 {
                    best = this;
                }
            }
            best
        };
        nodes.sort_by(|a, b| {
            let (left, right) = (load(a), load(b));
            (right.0 * left.1)
                .cmp(&(left.0 * right.1))
                .then_with(|| a.name.cmp(&b.name))
        });
        let mut missing = count;
        let mut parts = Vec::new();
        for node in nodes {
            let hosts = node.hosts(size, from, until).min(missing);
            if hosts > 0 {
                missing -= hosts;
                let count = u32::try_from(hosts).unwrap();
                parts.push(PlacementPart {
                    node: node.name.clone(),
                    count,
                });
            }
        }
        (missing == 0).then_some(Placement(parts))
    }

    /// Tries every millisecond.
    pub fn nearest(
        &self,
        size: Three,
        count: u64,
        duration: i64,
        mut starts: impl Iterator<Item = i64>,
    ) -> Option<i64> {
        let since = self.since.unwrap_or(i64::MIN);
        starts.find(|&at| at >= since && self.most(size, at, at + duration) >= count)
    }

    /// Every instant in the order of the direction at which the answer can change: where windows
    /// end (a later start) or where one of `duration` would have to end (an earlier start).
    pub fn candidate_starts(&self, duration: i64, later: bool) -> Vec<i64> {
        let mut starts: Vec<i64> = self
            .in_service()
            .flat_map(|node| &node.booked)
            .map(|&(from, until, _)| if later { until } else { from - duration })
            .collect();
        starts.sort_unstable();
        starts.dedup();
        if !later {
            starts.reverse();
        }
        starts
    }
}
