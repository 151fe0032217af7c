//! What is free over time, for calendars.
//!
//! Owns the merging of the nodes' steps into one; never changes the pool.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{CapacityError, Pool, PoolNode};
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
        merge(&self.in_service().collect::<Vec<_>>(), window)
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
        Ok(merge(&[&self.nodes[self.index_of(name)?]], window))
    }
}

fn merge(nodes: &[&PoolNode], window: TimeWindow) -> FreeCapacity {
    let mut answer = FreeCapacity::default();
    if window.starts_at >= window.ends_at {
        return answer;
    }
    let mut free = Vec::with_capacity(nodes.len());
    let mut changes = BinaryHeap::with_capacity(nodes.len());
    for (index, node) in nodes.iter().enumerate() {
        let (usage, next) = node.profile.step_at(window.starts_at);
        free.push(node.capacity.saturating_sub(usage));
        changes.extend(next.map(|next| Reverse((next, index))));
    }
    let mut total = Total::default();
    free.iter().for_each(|&one| total.add(one));
    let mut from = window.starts_at;
    while let Some(&Reverse((until, _))) = changes.peek()
        && until < window.ends_at
    {
        if !answer.push(FreeStep {
            from,
            until,
            free: total.to_resources(),
        }) {
            return answer;
        }
        from = until;
        while let Some(&Reverse((at, index))) = changes.peek()
            && at == from
        {
            changes.pop();
            let (usage, next) = nodes[index].profile.step_at(at);
            let now_free = nodes[index].capacity.saturating_sub(usage);
            total.remove(std::mem::replace(&mut free[index], now_free));
            total.add(now_free);
            changes.extend(next.map(|next| Reverse((next, index))));
        }
    }
    answer.push(FreeStep {
        from,
        until: window.ends_at,
        free: total.to_resources(),
    });
    answer
}

impl FreeCapacity {
    /// Appends a step, or lengthens the last one; returns whether there was room for it.
    fn push(&mut self, step: FreeStep) -> bool {
        if let Some(last) = self.steps.last_mut()
            && last.free == step.free
        {
            last.until = step.until;
            return true;
        }
        if self.steps.len() == MAX_FREE_STEPS {
            self.cut_off_at = Some(step.from);
            return false;
        }
        self.steps.push(step);
        true
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
