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

    /// Both together, in the order of this one, then of what the other has besides.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut both = self.0.clone();
        for part in &other.0 {
            match both.iter_mut().find(|known| known.node == part.node) {
                Some(known) => known.count = known.count.saturating_add(part.count),
                None => both.push(part.clone()),
            }
        }
        both.retain(|part| part.count > 0);
        Self(both)
    }

    /// The first `count` instances of it, and the rest.
    #[must_use]
    pub fn split_at(&self, count: u32) -> (Self, Self) {
        let (mut first, mut rest) = (Vec::new(), Vec::new());
        let mut missing = count;
        for part in &self.0 {
            let here = part.count.min(missing);
            missing -= here;
            let of = |count| PlacementPart {
                node: part.node.clone(),
                count,
            };
            first.extend((here > 0).then(|| of(here)));
            rest.extend((part.count > here).then(|| of(part.count - here)));
        }
        (Self(first), Self(rest))
    }

    /// What of it is not in `other`, node by node.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let on = |node: &NodeName| {
            let parts = other.0.iter().filter(|part| part.node == *node);
            parts.fold(0_u32, |sum, part| sum.saturating_add(part.count))
        };
        let left = self.0.iter().map(|part| PlacementPart {
            node: part.node.clone(),
            count: part.count.saturating_sub(on(&part.node)),
        });
        Self(left.filter(|part| part.count > 0).collect())
    }
}
