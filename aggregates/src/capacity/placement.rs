//! Which nodes host how many instances of a reservation, as offers and events record it.

use serde::{Deserialize, Serialize};

use crate::NodeName;

/// How many instances of one reservation a node hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacementPart {
    /// The node.
    pub node: NodeName,
    /// Instances on it; at least one in what [`super::Pool::place`] answers.
    pub count: u32,
}

/// The nodes of a reservation in the order in which they were filled, most loaded first.
///
/// On the wire and in events a plain list: `[{"node": "n1", "count": 2}]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Placement(pub Vec<PlacementPart>);

impl Placement {
    /// All instances of it together, stopping at `u32::MAX`.
    #[must_use]
    pub fn instances(&self) -> u32 {
        self.0
            .iter()
            .fold(0, |sum, part| sum.saturating_add(part.count))
    }

    /// The node of every instance, one by one, in the order of the parts.
    pub fn nodes(&self) -> impl Iterator<Item = &NodeName> {
        self.0
            .iter()
            .flat_map(|part| (0..part.count).map(move |_| &part.node))
    }
}
