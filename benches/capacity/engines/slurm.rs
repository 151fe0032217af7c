//! Slurm's shape: one linked list of all reservations, scanned from its head for every start that
//! is a candidate (the ends of what is booked).

use std::collections::LinkedList;

use super::{Ask, Engine, Later, capacities, hosts, peak};
use crate::sites::{Site, Three, three};
use crate::timing::{Budget, CutOff};

struct Reservation {
    from: i64,
    until: i64,
    on: Vec<(u32, Three)>,
}

pub struct Slurm {
    capacities: Vec<Three>,
    reservations: LinkedList<Reservation>,
}

impl Slurm {
    pub fn of(site: &Site) -> Self {
        let reservations = site.leases.iter().map(|lease| {
            let usage = |count: u32| three(lease.size).map(|amount| amount * u64::from(count));
            let parts = lease.parts.iter();
            Reservation {
                from: lease.from,
                until: lease.until,
                on: parts.map(|&(node, count)| (node, usage(count))).collect(),
            }
        });
        Self {
            capacities: capacities(site),
            reservations: reservations.collect(),
        }
    }

    fn fits(&self, ask: &Ask) -> bool {
        let mut in_use: Vec<Vec<(i64, i64, Three)>> = vec![Vec::new(); self.capacities.len()];
        for reservation in &self.reservations {
            if reservation.from < ask.until && ask.from < reservation.until {
                for &(node, usage) in &reservation.on {
                    in_use[node as usize].push((reservation.from, reservation.until, usage));
                }
            }
        }
        let size = three(ask.size);
        let nodes = self.capacities.iter().zip(&in_use);
        let found: u64 = nodes
            .map(|(&capacity, windows)| hosts(capacity, peak(windows, ask.from, ask.until), size))
            .sum();
        found >= u64::from(ask.count)
    }

    fn first_fit(&self, ask: &Ask, last: i64, budget: &Budget) -> Result<Option<i64>, CutOff> {
        let ends = self
            .reservations
            .iter()
            .map(|reservation| reservation.until);
        let mut starts: Vec<i64> = ends.filter(|&at| at > ask.from && at <= last).collect();
        starts.push(ask.from);
        starts.sort_unstable();
        starts.dedup();
        for start in starts {
            budget.check()?;
            if self.fits(&ask.moved_to(start)) {
                return Ok(Some(start));
            }
        }
        Ok(None)
    }
}

impl Engine for Slurm {
    fn check(&self, ask: &Ask, _: &Budget) -> Result<bool, CutOff> {
        Ok(self.fits(ask))
    }

    fn later(&self, ask: &Ask, last: i64, budget: &Budget) -> Later {
        self.first_fit(ask, last, budget).into()
    }
}
