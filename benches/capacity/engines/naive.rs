//! The naive scan: a list of windows for each node, looked through at every question. What anyone
//! would write first, and the brute force that ours is compared with.

use super::{Ask, Engine, Later, add, capacities, hosts, peak, subtract};
use crate::sites::{Lease, Site, Three, three};
use crate::timing::{Budget, CutOff};

pub struct Naive {
    pub capacities: Vec<Three>,
    pub windows: Vec<Vec<(i64, i64, Three)>>,
}

impl Naive {
    pub fn of(site: &Site) -> Self {
        let mut windows = vec![Vec::new(); site.nodes.len()];
        for (node, from, until, usage) in site.rows() {
            windows[node].push((from, until, usage));
        }
        Self {
            capacities: capacities(site),
            windows,
        }
    }

    fn max_usage(&self, node: usize, from: i64, until: i64) -> Three {
        let overlapping: Vec<_> = self.windows[node]
            .iter()
            .filter(|&&(start, end, _)| start < until && from < end)
            .copied()
            .collect();
        peak(&overlapping, from, until)
    }

    /// How many fit, at most `at_most`.
    pub fn most(&self, ask: &Ask, at_most: u64) -> u64 {
        let size = three(ask.size);
        let mut found = 0;
        for (node, &capacity) in self.capacities.iter().enumerate() {
            if found >= at_most {
                break;
            }
            found += hosts(capacity, self.max_usage(node, ask.from, ask.until), size);
        }
        found.min(at_most)
    }

    pub fn fits(&self, ask: &Ask) -> bool {
        self.most(ask, u64::from(ask.count)) == u64::from(ask.count)
    }

    /// Nodes and counts, most loaded first, then by index.
    pub fn place(&self, ask: &Ask) -> Option<Vec<(u32, u32)>> {
        let size = three(ask.size);
        let mut able: Vec<(u128, u128, u32, u64)> = Vec::new();
        for (node, &capacity) in self.capacities.iter().enumerate() {
            let used = self.max_usage(node, ask.from, ask.until);
            let count = hosts(capacity, used, size);
            let (mut above, mut below) = (0, 1);
            for d in 0..3 {
                let (used, all) = (u128::from(used[d]), u128::from(capacity[d]));
                if used * below > above * all {
                    (above, below) = (used, all);
                }
            }
            if count > 0 {
                able.push((above, below, node as u32, count));
            }
        }
        able.sort_unstable_by(|a, b| (b.0 * a.1).cmp(&(a.0 * b.1)).then(a.2.cmp(&b.2)));
        let mut missing = ask.count;
        let mut parts = Vec::new();
        for (_, _, node, count) in able {
            let count = missing.min(u32::try_from(count).unwrap_or(u32::MAX));
            if count > 0 {
                missing -= count;
                parts.push((node, count));
            }
        }
        (missing == 0).then_some(parts)
    }

    fn try_starts(
        &self,
        ask: &Ask,
        starts: &[i64],
        budget: &Budget,
    ) -> Result<Option<i64>, CutOff> {
        for &start in std::iter::once(&ask.from).chain(starts) {
            budget.check()?;
            if self.fits(&ask.moved_to(start)) {
                return Ok(Some(start));
            }
        }
        Ok(None)
    }

    pub fn nearest_later(
        &self,
        ask: &Ask,
        last: i64,
        budget: &Budget,
    ) -> Result<Option<i64>, CutOff> {
        let ends = self.windows.iter().flatten().map(|&(_, end, _)| end);
        let mut starts: Vec<i64> = ends.filter(|&at| at > ask.from && at <= last).collect();
        starts.sort_unstable();
        starts.dedup();
        self.try_starts(ask, &starts, budget)
    }

    pub fn nearest_earlier(
        &self,
        ask: &Ask,
        first: i64,
        budget: &Budget,
    ) -> Result<Option<i64>, CutOff> {
        let begins = self
            .windows
            .iter()
            .flatten()
            .map(|&(from, ..)| from - ask.duration());
        let mut starts: Vec<i64> = begins.filter(|&at| at < ask.from && at >= first).collect();
        starts.sort_unstable_by(|a, b| b.cmp(a));
        starts.dedup();
        self.try_starts(ask, &starts, budget)
    }

    /// What is free in all: from when on, how much; at most `most` steps.
    pub fn free_over(&self, from: i64, until: i64, most: usize) -> Vec<(i64, Three)> {
        let mut free = [0; 3];
        self.capacities.iter().for_each(|&all| add(&mut free, all));
        let mut changes: Vec<(i64, bool, Three)> = Vec::new();
        for &(start, end, usage) in self.windows.iter().flatten() {
            if start < until && from < end {
                changes.push((start.max(from), true, usage));
                changes.push((end, false, usage));
            }
        }
        changes.sort_unstable_by_key(|&(at, rises, _)| (at, rises));
        let mut steps: Vec<(i64, Three)> = vec![(from, free)];
        let mut index = 0;
        while index < changes.len() && changes[index].0 < until {
            let at = changes[index].0;
            while index < changes.len() && changes[index].0 == at {
                let (_, rises, usage) = changes[index];
                if rises {
                    subtract(&mut free, usage);
                } else {
                    add(&mut free, usage);
                }
                index += 1;
            }
            if steps.last().is_some_and(|&(when, _)| when == at) {
                steps.pop();
            }
            if steps.last().is_none_or(|&(_, before)| before != free) {
                if steps.len() == most {
                    break;
                }
                steps.push((at, free));
            }
        }
        steps
    }

    pub fn book(&mut self, lease: &Lease) {
        for &(node, count) in &lease.parts {
            let usage = three(lease.size).map(|amount| amount * u64::from(count));
            self.windows[node as usize].push((lease.from, lease.until, usage));
        }
    }

    /// Cuts the windows of a lease off at `until`; none is left where that is its start.
    pub fn shorten(&mut self, lease: &Lease, until: i64) {
        for &(node, count) in &lease.parts {
            let usage = three(lease.size).map(|amount| amount * u64::from(count));
            let windows = &mut self.windows[node as usize];
            let sought = (lease.from, lease.until, usage);
            let index = windows
                .iter()
                .rposition(|&window| window == sought)
                .expect("invariant: what is released was booked");
            if until > lease.from {
                windows[index].1 = until;
            } else {
                windows.swap_remove(index);
            }
        }
    }

    pub fn forget_before(&mut self, at: i64) {
        for windows in &mut self.windows {
            windows.retain(|&(_, until, _)| until > at);
        }
    }
}

impl Engine for Naive {
    fn check(&self, ask: &Ask, _: &Budget) -> Result<bool, CutOff> {
        Ok(self.fits(ask))
    }

    fn later(&self, ask: &Ask, last: i64, budget: &Budget) -> Later {
        self.nearest_later(ask, last, budget).into()
    }
}
