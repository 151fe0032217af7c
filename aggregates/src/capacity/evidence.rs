//! What bound an answer: recorded with a counter-offer or a rejection, so that the user and an
//! auditor see why.
//!
//! Owns the shape of the evidence; finding it is the pool's.

use serde::{Deserialize, Serialize};

use crate::{Dimension, NodeName, Resources, TimeWindow};

/// Most nodes a [`Shortage`] names; those with the most room come first, the rest are counted.
pub const MAX_BINDING_NODES: usize = 16;

/// Why a request does not fit in the window it asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{placeable} of {requested} instances fit in the window")]
pub struct Shortage {
    /// Instances asked for.
    pub requested: u32,
    /// Instances that fit, over all nodes together; fewer than `requested`.
    pub placeable: u32,
    /// Nodes in service that were looked at.
    pub nodes_in_service: u32,
    /// What stops each node from taking one more, at most [`MAX_BINDING_NODES`] of them: most
    /// free first (in the dimension that binds), then by name.
    pub binding: Vec<NodeShortage>,
}

/// Why a node does not take one instance more than those it can.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeShortage {
    /// The node.
    pub node: NodeName,
    /// The dimension that leaves room for the fewest instances; the first one of several.
    pub dimension: Dimension,
    /// What is free of it at the tightest instant of the window.
    pub free: u64,
    /// What the instances that fit and one more would need of it.
    pub needed: u64,
    /// The first time inside the asked window in which it is short, as long as it lasts without a
    /// break: it may begin before the window and end after it. The asked window itself where the
    /// node is too small even when empty.
    pub blocked: TimeWindow,
}

/// Why a request can never fit, however empty the pool is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error(
    "{placeable} of {requested} instances fit in an empty pool: \
     each needs {needed} {dimension}, the largest node has {largest}, all have {total}"
)]
pub struct NeverFits {
    /// Instances asked for.
    pub requested: u32,
    /// Instances that the nodes in service host when they are empty.
    pub placeable: u32,
    /// The dimension of which the pool holds the fewest instances; the first one of several.
    pub dimension: Dimension,
    /// What one instance needs of it.
    pub needed: u64,
    /// The most of it that one node in service has.
    pub largest: u64,
    /// What all nodes in service have of it, stopping at `u64::MAX`.
    pub total: u64,
    /// The size that was asked for.
    pub size: Resources,
}
