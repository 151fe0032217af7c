//! The nodes of a site and what is booked on them.
//!
//! Owns which nodes there are, their capacities, and their profiles; keeps the invariant that no
//! node is ever oversold by [`Pool::book`]. In the files beside: `booking` (what changes usage) and
//! the questions `place` (does it fit, where, how much of it, could it ever), `nearest` (when would
//! it), `calendar` (what is free over time). Must never remember single reservations: whoever
//! booked a window releases it with the same arguments.

mod booking;
mod calendar;
mod nearest;
mod place;
mod rooms;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use calendar::{FreeCapacity, FreeStep, MAX_FREE_STEPS};

use nearest::KnownBarren;
use rooms::{Room, Size};

use super::amounts::{Amounts, room_of};
use super::profile::Profile;
use super::timeline::{Column, Timeline, reduce};
use crate::{Dimension, NodeName, Resources, TimeWindow, Timestamp};

/// Why a pool was not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CapacityError {
    /// No node has this name.
    #[error("there is no node {node}")]
    UnknownNode {
        /// The name.
        node: NodeName,
    },
    /// A node of this name is there already.
    #[error("there is already a node {node}")]
    NodeExists {
        /// The name.
        node: NodeName,
    },
    /// Windows are booked on a node that was to be removed.
    #[error("windows are booked on node {node}")]
    StillBooked {
        /// The node.
        node: NodeName,
    },
    /// The booking would exceed the capacity of a node.
    #[error("node {node} would be oversold at {at} in {dimension}")]
    Oversold {
        /// The node.
        node: NodeName,
        /// The first dimension in which it would be.
        dimension: Dimension,
        /// The first instant inside the window at which it would be.
        at: Timestamp,
    },
    /// More than `u32::MAX` of a dimension would be in use on one node (4 billion vCPUs, 4 PiB of
    /// memory, 4 EiB of disk).
    #[error("the usage of node {node} is too large to count")]
    TooLarge {
        /// The node.
        node: NodeName,
    },
    /// Less is booked on a node than was to be released.
    #[error("less is booked on node {node} at {at} than is to be released")]
    NotBooked {
        /// The node.
        node: NodeName,
        /// The first such instant inside the window.
        at: Timestamp,
    },
    /// No window that is booked ends at this instant.
    #[error("no booked window ends at {ends_at}")]
    NoSuchWindow {
        /// The end of the window that was to be released.
        ends_at: Timestamp,
    },
}

/// What a pool holds, for metrics and for the bound on memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsageReport {
    /// Nodes, in service or not.
    pub nodes: usize,
    /// Booked windows that are not over; a window spread over nodes counts once.
    pub live_windows: u64,
    /// Instants at which the usage of some node changes, one more for each node.
    pub boundaries: usize,
    /// Estimate of the memory all this takes.
    pub bytes: usize,
}

/// A node as the pool sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeState<'a> {
    /// Its name.
    pub name: &'a NodeName,
    /// What it has, at most [`super::MAX_NODE_AMOUNT`] of each dimension.
    pub capacity: Resources,
    /// Whether it takes new placements.
    pub in_service: bool,
}

#[derive(Clone, Debug)]
struct PoolNode {
    name: NodeName,
    profile: Profile,
}

/// The nodes of a site, in the order of their names, and what is booked on each over time.
#[derive(Clone, Debug)]
pub struct Pool {
    /// In the order of the names, so that an index stands for a name in comparisons.
    nodes: Vec<PoolNode>,
    /// What they have, by the same index.
    rooms: Vec<Room>,
    /// What has to be more than is in use on each, by the same index.
    limits: Column,
    /// The profiles of all of them, by the same index.
    timeline: Timeline,
    since: Timestamp,
    barren: KnownBarren,
    /// How many booked windows end at an instant, for those that are not over.
    ends: BTreeMap<Timestamp, u32>,
    live_windows: u64,
}

impl Default for Pool {
    fn default() -> Self {
        Self::new()
    }
}

impl Pool {
    /// A pool without nodes.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            nodes: Vec::new(),
            rooms: Vec::new(),
            limits: Column::new(),
            timeline: Timeline::known_since(i64::MIN),
            since: Timestamp(i64::MIN),
            barren: KnownBarren::new(),
            ends: BTreeMap::new(),
            live_windows: 0,
        }
    }

    /// Adds a node on which nothing is booked.
    ///
    /// # Errors
    /// [`CapacityError::NodeExists`].
    pub fn add_node(
        &mut self,
        name: NodeName,
        capacity: Resources,
        in_service: bool,
    ) -> Result<(), CapacityError> {
        match self.nodes.binary_search_by(|node| node.name.cmp(&name)) {
            Ok(_) => Err(CapacityError::NodeExists { node: name }),
            Err(index) => {
                let profile = Profile::known_since(self.since);
                self.timeline.insert_node(index);
                self.nodes.insert(index, PoolNode { name, profile });
                let room = Room {
                    amounts: room_of(capacity),
                    in_service,
                };
                self.rooms.insert(index, room);
                self.limits.insert(index, room.limit());
                self.barren.clear();
                Ok(())
            }
        }
    }

    /// Removes a node; take it out of service and release what is booked on it first.
    ///
    /// # Errors
    /// [`CapacityError::UnknownNode`], [`CapacityError::StillBooked`].
    pub fn remove_node(&mut self, name: &NodeName) -> Result<(), CapacityError> {
        let index = self.index_of(name)?;
        if !self.nodes[index].profile.is_unused() {
            return Err(CapacityError::StillBooked { node: name.clone() });
        }
        self.nodes.remove(index);
        self.rooms.remove(index);
        self.limits.remove(index);
        self.barren.clear();
        self.timeline.remove_node(index);
        Ok(())
    }

    /// Sets what a node has; what is booked stays booked, even where it is now too much.
    ///
    /// # Errors
    /// [`CapacityError::UnknownNode`].
    pub fn set_capacity(
        &mut self,
        name: &NodeName,
        capacity: Resources,
    ) -> Result<(), CapacityError> {
        let index = self.index_of(name)?;
        self.rooms[index].amounts = room_of(capacity);
        self.limits[index] = self.rooms[index].limit();
        self.barren.clear();
        Ok(())
    }

    /// Sets whether a node takes new placements; what is booked on it stays booked.
    ///
    /// # Errors
    /// [`CapacityError::UnknownNode`].
    pub fn set_in_service(
        &mut self,
        name: &NodeName,
        in_service: bool,
    ) -> Result<(), CapacityError> {
        let index = self.index_of(name)?;
        self.rooms[index].in_service = in_service;
        self.limits[index] = self.rooms[index].limit();
        self.barren.clear();
        Ok(())
    }

    /// The nodes in the order of their names.
    pub fn nodes(&self) -> impl Iterator<Item = NodeState<'_>> {
        let rooms = self.nodes.iter().zip(&self.rooms);
        rooms.map(|(node, room)| NodeState {
            name: &node.name,
            capacity: room.capacity(),
            in_service: room.in_service,
        })
    }

    /// The usage over time of a node.
    ///
    /// # Errors
    /// [`CapacityError::UnknownNode`].
    pub fn profile(&self, name: &NodeName) -> Result<&Profile, CapacityError> {
        Ok(&self.nodes[self.index_of(name)?].profile)
    }

    /// Forgets what is before `at`. It must not be asked about again; bookings that reach into it
    /// are cut off there.
    pub fn forget_before(&mut self, at: Timestamp) {
        if at <= self.since {
            return;
        }
        self.since = at;
        // Other profiles have nothing to forget; they learn of `since` when they are changed.
        let changing = self.timeline.changing_before(at.0);
        match &changing {
            Some(changing) => {
                for &node in changing {
                    self.nodes[node].profile.forget_before(at);
                }
            }
            None => self
                .nodes
                .iter_mut()
                .for_each(|node| node.profile.forget_before(at)),
        }
        let nodes = &self.nodes;
        self.timeline
            .forget_before(at.0, changing.as_deref(), |node| &nodes[node].profile);
        self.barren.release(TimeWindow {
            starts_at: Timestamp(i64::MIN),
            ends_at: at,
        });
        while let Some(end) = self.ends.first_entry()
            && *end.key() <= at
        {
            self.live_windows -= u64::from(end.remove());
        }
    }

    /// The instant before which all is forgotten.
    #[must_use]
    pub const fn since(&self) -> Timestamp {
        self.since
    }

    /// What the pool holds. Costs a pass over the pages of all profiles.
    #[must_use]
    pub fn usage_report(&self) -> UsageReport {
        // A node of a B-tree is about two thirds full.
        let ends_bytes = self.ends.len() * size_of::<(Timestamp, u32)>() * 3 / 2;
        let nodes = self.nodes.iter();
        UsageReport {
            nodes: self.nodes.len(),
            live_windows: self.live_windows,
            boundaries: nodes.clone().map(|node| node.profile.boundaries()).sum(),
            bytes: ends_bytes
                + self.barren.bytes()
                + self.timeline.bytes()
                + nodes
                    .map(|node| {
                        size_of::<PoolNode>() - size_of::<Profile>()
                            + size_of::<Room>()
                            + size_of::<Amounts>()
                            + node.name.0.len()
                            + node.profile.bytes()
                    })
                    .sum::<usize>(),
        }
    }

    /// The nodes that take new placements, in the order of their names.
    fn in_service(&self) -> impl Iterator<Item = &Room> + Clone {
        self.rooms.iter().filter(|room| room.in_service)
    }

    /// What has to be more than is in use for one instance, by node; nothing of some dimension
    /// where it never is.
    fn limits_for(&self, size: &Size) -> Column {
        let mut limits = self.limits.clone();
        reduce(&mut limits, size.amounts);
        limits
    }

    fn index_of(&self, name: &NodeName) -> Result<usize, CapacityError> {
        self.nodes
            .binary_search_by(|node| node.name.cmp(name))
            .map_err(|_| CapacityError::UnknownNode { node: name.clone() })
    }
}
