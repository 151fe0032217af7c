//! OAR's shape: a linked list of slots of time, each with the set of what is free in it; a request
//! walks the slots and intersects the sets of those it would cover.
//!
//! Sizes here have three dimensions, so a set is what each node has in use, and the intersection
//! of two sets is the larger usage, node by node.

use super::{Ask, Engine, Later, MEMORY_MAX, add, capacities, changes, hosts, subtract};
use crate::sites::{Site, Three, three};
use crate::timing::{Budget, CutOff};

/// What a node has in use; 32 bits a dimension, as slots are many.
pub type Narrow = [u32; 3];

pub fn narrow(wide: Three) -> Narrow {
    wide.map(|amount| u32::try_from(amount).expect("invariant: a node is not that large"))
}

struct Slot {
    begins: i64,
    in_use: Box<[Narrow]>,
    next: Option<usize>,
}

pub struct Oar {
    capacities: Vec<Three>,
    slots: Vec<Slot>,
}

/// Takes the slots' usage together.
pub fn intersect(met: &mut [Narrow], with: &[Narrow]) {
    for (most, usage) in met.iter_mut().zip(with) {
        (0..3).for_each(|d| most[d] = most[d].max(usage[d]));
    }
}

pub fn room(capacities: &[Three], in_use: &[Narrow], size: Three) -> u64 {
    let nodes = capacities.iter().zip(in_use);
    nodes
        .map(|(&capacity, used)| hosts(capacity, used.map(u64::from), size))
        .sum()
}

impl Oar {
    /// None where the slots would take more than [`MEMORY_MAX`].
    pub fn of(site: &Site) -> Option<Self> {
        let cell = size_of::<Narrow>();
        let rows = site.rows().count();
        if rows * 2 * site.nodes.len() * cell > MEMORY_MAX {
            return None;
        }
        let mut in_use = vec![[0; 3]; site.nodes.len()];
        let narrowed = |in_use: &[Three]| in_use.iter().map(|&usage| narrow(usage)).collect();
        let mut slots = vec![Slot {
            begins: i64::MIN,
            in_use: narrowed(&in_use),
            next: None,
        }];
        let changes = changes(site);
        for (index, &(at, node, rises, usage)) in changes.iter().enumerate() {
            let sum = &mut in_use[node as usize];
            if rises {
                add(sum, usage);
            } else {
                subtract(sum, usage);
            }
            if changes.get(index + 1).is_none_or(|next| next.0 != at) {
                slots.push(Slot {
                    begins: at,
                    in_use: narrowed(&in_use),
                    next: None,
                });
            }
        }
        for index in 1..slots.len() {
            slots[index - 1].next = Some(index);
        }
        Some(Self {
            capacities: capacities(site),
            slots,
        })
    }

    fn following(&self, slot: usize) -> Option<(usize, i64)> {
        let next = self.slots[slot].next?;
        Some((next, self.slots[next].begins))
    }

    /// The slot in force at an instant, from the head of the list.
    fn slot_at(&self, at: i64) -> usize {
        let mut slot = 0;
        while let Some((next, begins)) = self.following(slot)
            && begins <= at
        {
            slot = next;
        }
        slot
    }

    /// Whether it fits from `slot` on until the end of the asked window.
    fn fits_from(&self, mut slot: usize, ask: &Ask) -> bool {
        let size = three(ask.size);
        let mut met = self.slots[slot].in_use.clone();
        loop {
            if room(&self.capacities, &met, size) < u64::from(ask.count) {
                return false;
            }
            match self.following(slot) {
                Some((next, begins)) if begins < ask.until => slot = next,
                Some(_) | None => return true,
            }
            intersect(&mut met, &self.slots[slot].in_use);
        }
    }

    fn first_fit(&self, ask: &Ask, last: i64, budget: &Budget) -> Result<Option<i64>, CutOff> {
        let mut slot = self.slot_at(ask.from);
        let mut start = ask.from;
        while start <= last {
            budget.check()?;
            if self.fits_from(slot, &ask.moved_to(start)) {
                return Ok(Some(start));
            }
            match self.following(slot) {
                Some((next, begins)) => (slot, start) = (next, begins),
                None => break,
            }
        }
        Ok(None)
    }
}

impl Engine for Oar {
    fn check(&self, ask: &Ask, _: &Budget) -> Result<bool, CutOff> {
        Ok(self.fits_from(self.slot_at(ask.from), ask))
    }

    fn later(&self, ask: &Ask, last: i64, budget: &Budget) -> Later {
        self.first_fit(ask, last, budget).into()
    }
}
