//! Blazar's shape: for each host one query for the leases that overlap, by an index, and for each
//! of these one more for its rows; then the most that is in use at once. No counter-offer.
//!
//! The tables are maps in memory; there is no SQL and no round trip in it.

use std::collections::{BTreeMap, HashMap};

use super::{Ask, Engine, Later, capacities, hosts, peak};
use crate::sites::{Site, Three, three};
use crate::timing::{Budget, CutOff};

pub struct Blazar {
    capacities: Vec<Three>,
    /// The index on (host, end), with the start.
    allocations: BTreeMap<(u32, i64, u32), i64>,
    /// A lease's amount on a host, by the id of the allocation.
    leases: HashMap<u32, (i64, i64, Three)>,
}

impl Blazar {
    pub fn of(site: &Site) -> Self {
        let mut blazar = Self {
            capacities: capacities(site),
            allocations: BTreeMap::new(),
            leases: HashMap::new(),
        };
        for (id, (node, from, until, usage)) in site.rows().enumerate() {
            let id = id as u32;
            blazar.allocations.insert((node as u32, until, id), from);
            blazar.leases.insert(id, (from, until, usage));
        }
        blazar
    }
}

impl Engine for Blazar {
    fn check(&self, ask: &Ask, budget: &Budget) -> Result<bool, CutOff> {
        let mut found = 0;
        for (host, &capacity) in self.capacities.iter().enumerate() {
            budget.check()?;
            let host = host as u32;
            let ends_after = (host, ask.from + 1, 0)..(host + 1, i64::MIN, 0);
            let overlapping: Vec<_> = self
                .allocations
                .range(ends_after)
                .filter(|&(_, &from)| from < ask.until)
                .map(|((_, _, id), _)| self.leases[id])
                .collect();
            let used = peak(&overlapping, ask.from, ask.until);
            found += hosts(capacity, used, three(ask.size));
        }
        Ok(found >= u64::from(ask.count))
    }

    fn later(&self, _: &Ask, _: i64, _: &Budget) -> Later {
        Later::NotAsked
    }
}
