//! Haizea's shape: for every decision all change points from the asked start on are collected from
//! the slot table, and what each node has in use is written down at each of them; then the mapper
//! looks through what was written.

use super::oar::{Narrow, intersect, narrow, room};
use super::{Ask, Engine, Later, MEMORY_MAX, add, capacities, changes, subtract};
use crate::sites::{Site, Three, three};
use crate::timing::{Budget, CutOff};

pub struct Haizea {
    capacities: Vec<Three>,
    /// The slot table, in the order of time.
    changes: Vec<(i64, u32, bool, Three)>,
}

/// A change point and what every node has in use from it on.
type Point = (i64, Box<[Narrow]>);

impl Haizea {
    /// None where what is rebuilt would take more than [`MEMORY_MAX`].
    pub fn of(site: &Site) -> Option<Self> {
        let changes = changes(site);
        let bytes = changes.len() * site.nodes.len() * size_of::<Narrow>();
        (bytes <= MEMORY_MAX).then(|| Self {
            capacities: capacities(site),
            changes,
        })
    }

    fn rebuild(&self, from: i64, budget: &Budget) -> Result<Vec<Point>, CutOff> {
        let mut in_use = vec![[0; 3]; self.capacities.len()];
        let mut points: Vec<Point> = Vec::new();
        for (index, &(at, node, rises, usage)) in self.changes.iter().enumerate() {
            if at > from && points.is_empty() {
                let narrowed = in_use.iter().map(|&usage| narrow(usage));
                points.push((from, narrowed.collect()));
            }
            let sum = &mut in_use[node as usize];
            if rises {
                add(sum, usage);
            } else {
                subtract(sum, usage);
            }
            let whole = self.changes.get(index + 1).is_none_or(|next| next.0 != at);
            if at > from && whole {
                budget.check()?;
                points.push((at, in_use.iter().map(|&usage| narrow(usage)).collect()));
            }
        }
        if points.is_empty() {
            points.push((from, vec![[0; 3]; self.capacities.len()].into()));
        }
        Ok(points)
    }

    fn fits_from(&self, points: &[Point], ask: &Ask) -> bool {
        let mut met = vec![[0; 3]; self.capacities.len()];
        for (at, in_use) in points {
            if *at >= ask.until {
                break;
            }
            intersect(&mut met, in_use);
            if room(&self.capacities, &met, three(ask.size)) < u64::from(ask.count) {
                return false;
            }
        }
        true
    }

    fn first_fit(&self, ask: &Ask, last: i64, budget: &Budget) -> Result<Option<i64>, CutOff> {
        let points = self.rebuild(ask.from, budget)?;
        for (index, &(at, _)) in points.iter().enumerate() {
            budget.check()?;
            if at > last {
                break;
            }
            if self.fits_from(&points[index..], &ask.moved_to(at)) {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }
}

impl Engine for Haizea {
    fn check(&self, ask: &Ask, budget: &Budget) -> Result<bool, CutOff> {
        Ok(self.fits_from(&self.rebuild(ask.from, budget)?, ask))
    }

    fn later(&self, ask: &Ask, last: i64, budget: &Budget) -> Later {
        self.first_fit(ask, last, budget).into()
    }
}
