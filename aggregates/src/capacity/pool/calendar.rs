//! What is free over time, for calendars.
//!
//! Owns the summing up of the nodes' steps; never changes the pool.

use super::super::amounts::{Amounts, resources_of};
use super::{CapacityError, Pool};
use crate::{NodeName, Resources, TimeWindow, Timestamp};

/// Most steps one answer holds; the rest is cut off and said to be.
pub const MAX_FREE_STEPS: usize = 10_000;

/// A time over which the same is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreeStep {
    /// First instant of it.
    pub from: Timestamp,
    /// First instant after it.
    pub until: Timestamp,
    /// What is free.
    pub free: Resources,
}

/// What is free over a window: steps that follow each other without a gap, neighbours different.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FreeCapacity {
    /// The steps, from the start of the window on.
    pub steps: Vec<FreeStep>,
    /// Where the answer was cut off after [`MAX_FREE_STEPS`]; ask again from there.
    pub cut_off_at: Option<Timestamp>,
}

impl Pool {
    /// What is free over `window` on all nodes in service together, dimension by dimension.
    ///
    /// An instance needs room on a single node, so a sum is for the eye; `place` decides. A node
    /// that is oversold has nothing free. What is forgotten is as at [`Pool::since`].
    #[must_use]
    pub fn free_over(&self, window: TimeWindow) -> FreeCapacity {
        let mut calendar = Calendar::starting(window.starts_at);
        if window.starts_at >= window.ends_at {
            return calendar.answer;
        }
        let free_of = |node: usize, usage: Amounts| {
            let room = &self.rooms[node];
            if room.in_service {
                room.capacity().saturating_sub(resources_of(usage))
            } else {
                Resources::ZERO
            }
        };
        let mut at = window.starts_at.0;
        let mut free = vec![Resources::ZERO; self.nodes.len()];
        while at < window.ends_at.0 && calendar.has_room() {
            let mut walk = self.timeline.view().walk_from(at.max(self.since.0));
            for (node, known) in free.iter_mut().enumerate() {
                calendar.change(at, known, free_of(node, walk.usage[node]));
            }
            while let Some((at, node)) = walk.step()
                && at < window.ends_at.0
                && calendar.has_room()
            {
                calendar.change(at, &mut free[node], free_of(node, walk.usage[node]));
            }
            at = walk.end;
        }
        calendar.end(window.ends_at)
    }

    /// What is free over `window` on one node, in service or not.
    ///
    /// # Errors
    /// [`CapacityError::UnknownNode`].
    pub fn free_on_node(
        &self,
        name: &NodeName,
        window: TimeWindow,
    ) -> Result<FreeCapacity, CapacityError> {
        let index = self.index_of(name)?;
        let (profile, capacity) = (&self.nodes[index].profile, self.rooms[index].capacity());
        let mut calendar = Calendar::starting(window.starts_at);
        if window.starts_at >= window.ends_at {
            return Ok(calendar.answer);
        }
        let (mut known, mut next) = (Resources::ZERO, Some(window.starts_at));
        while let Some(at) = next
            && at < window.ends_at
            && calendar.has_room()
        {
            let (usage, after) = profile.step_at(at);
            calendar.change(at.0, &mut known, capacity.saturating_sub(usage));
            next = after;
        }
        Ok(calendar.end(window.ends_at))
    }
}

/// An answer in the making.
struct Calendar {
    answer: FreeCapacity,
    /// Where the step begins that is not in the answer yet, and what is free in it.
    from: Timestamp,
    total: Total,
}

impl Calendar {
    fn starting(from: Timestamp) -> Self {
        Self {
            answer: FreeCapacity::default(),
            from,
            total: Total::default(),
        }
    }

    /// Whether what comes may still go in.
    const fn has_room(&self) -> bool {
        self.answer.cut_off_at.is_none()
    }

    /// From `at` on another amount is free on a node.
    fn change(&mut self, at: i64, known: &mut Resources, free: Resources) {
        if *known == free {
            return;
        }
        self.step_to(Timestamp(at));
        self.total.remove(*known);
        self.total.add(free);
        *known = free;
    }

    fn step_to(&mut self, until: Timestamp) {
        if self.from < until && self.has_room() {
            self.answer.push(FreeStep {
                from: self.from,
                until,
                free: self.total.to_resources(),
            });
            self.from = until;
        }
    }

    fn end(mut self, ends_at: Timestamp) -> FreeCapacity {
        self.step_to(ends_at);
        self.answer
    }
}

impl FreeCapacity {
    /// Appends a step, or lengthens the last one; cuts the answer off where there is no room.
    fn push(&mut self, step: FreeStep) {
        if let Some(last) = self.steps.last_mut()
            && last.free == step.free
        {
            last.until = step.until;
        } else if self.steps.len() == MAX_FREE_STEPS {
            self.cut_off_at = Some(step.from);
        } else {
            self.steps.push(step);
        }
    }
}

/// A sum over nodes, wide enough never to overflow.
#[derive(Default)]
struct Total {
    vcpus: u128,
    memory_mib: u128,
    disk_gib: u128,
}

impl Total {
    fn add(&mut self, one: Resources) {
        self.vcpus += u128::from(one.vcpus);
        self.memory_mib += u128::from(one.memory_mib);
        self.disk_gib += u128::from(one.disk_gib);
    }

    fn remove(&mut self, one: Resources) {
        self.vcpus -= u128::from(one.vcpus);
        self.memory_mib -= u128::from(one.memory_mib);
        self.disk_gib -= u128::from(one.disk_gib);
    }

    /// The sum, each dimension stopping at `u64::MAX`.
    fn to_resources(&self) -> Resources {
        let narrow = |amount: u128| u64::try_from(amount).unwrap_or(u64::MAX);
        Resources {
            vcpus: narrow(self.vcpus),
            memory_mib: narrow(self.memory_mib),
            disk_gib: narrow(self.disk_gib),
        }
    }
}
