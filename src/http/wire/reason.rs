//! Why terms cannot be had as asked, and in what an offer is not as asked.

use openpex_aggregates::capacity::{NodeShortage, Shortage};
use openpex_aggregates::reservation::{Difference, Reason};
use openpex_aggregates::{Dimension, NodeName, TimeWindow};
use serde::ser::{Error, Serialize, Serializer};
use utoipa::ToSchema;

use super::words::DimensionWord;

/// Why the terms cannot be had as asked; the numbers go with the code.
#[derive(Debug, serde::Serialize, ToSchema)]
#[schema(as = Reason)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ReasonOut {
    /// It does not fit in the pool, however empty that is.
    #[serde(rename_all = "camelCase")]
    NeverFits {
        /// In words.
        detail: String,
        /// Instances asked for.
        requested: u32,
        /// Instances that fit in an empty pool.
        placeable: u32,
        /// The dimension that is short.
        #[schema(value_type = DimensionWord)]
        dimension: Dimension,
        /// What one instance needs of it.
        needed: u64,
        /// The most of it that one node has.
        largest: u64,
        /// What all nodes have of it.
        total: u64,
    },
    /// It does not fit in the window that was asked for.
    #[serde(rename_all = "camelCase")]
    CapacityShort {
        /// In words.
        detail: String,
        /// Where the window begins (RFC 1123).
        start_time: String,
        /// Where the window ends (RFC 1123).
        end_time: String,
        /// Instances asked for.
        requested: u32,
        /// Instances that fit.
        placeable: u32,
        /// Nodes that were looked at.
        nodes_in_service: u32,
        /// What stops each node from taking one more; those with the most room first, not all.
        nodes: Vec<NodeShortageOut>,
    },
    /// It costs more than was offered.
    #[serde(rename_all = "camelCase")]
    PriceShort {
        /// In words.
        detail: String,
        /// The most that the user would pay.
        asked: String,
        /// What it costs.
        price: String,
    },
    /// No start in a range fits.
    #[serde(rename_all = "camelCase")]
    NoStartFits {
        /// In words.
        detail: String,
        /// The first start that was tried (RFC 1123).
        from: String,
        /// The last start that was tried (RFC 1123).
        until: String,
    },
    /// The price is beyond counting.
    #[serde(rename_all = "camelCase")]
    PriceOverflow {
        /// In words.
        detail: &'static str,
    },
}

/// Why a node does not take one instance more.
#[derive(Debug, serde::Serialize, ToSchema)]
#[schema(as = NodeShortage)]
pub struct NodeShortageOut {
    #[schema(value_type = String)]
    node: NodeName,
    #[schema(value_type = DimensionWord)]
    dimension: Dimension,
    /// What is free of it where it is tightest.
    free: u64,
    /// What would be needed of it.
    needed: u64,
    /// Since when it is short (RFC 1123).
    from: String,
    /// Until when it is short (RFC 1123).
    until: String,
}

/// In what an offer is not as asked.
#[derive(Debug, serde::Serialize, ToSchema)]
#[schema(as = Difference)]
#[serde(tag = "in", rename_all = "camelCase")]
pub enum DifferenceOut {
    /// It starts later, or earlier where that is negative.
    #[serde(rename_all = "camelCase")]
    StartTime {
        /// By so many milliseconds.
        by_ms: i64,
    },
    /// It has fewer instances.
    #[serde(rename_all = "camelCase")]
    NumInstancesFixed {
        /// Instances asked for.
        asked: u32,
        /// Instances it has.
        granted: u32,
    },
    /// It ends earlier.
    #[serde(rename_all = "camelCase")]
    Duration {
        /// The end that was asked for (RFC 1123).
        asked_end: String,
        /// The end it has (RFC 1123).
        granted_end: String,
    },
    /// It costs more than was offered.
    #[serde(rename_all = "camelCase")]
    Price {
        /// The most that the user would pay.
        asked: String,
        /// What it costs.
        price: String,
    },
}

/// Writes the members of every object by their names' order, wherever the tag stands.
pub fn by_name<T: Serialize, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let value = serde_json::to_value(value).map_err(S::Error::custom)?;
    value.serialize(serializer)
}

/// Reasons as clients see them.
pub fn reasons_out(reasons: &[Reason]) -> Vec<ReasonOut> {
    reasons.iter().map(ReasonOut::of).collect()
}

impl DifferenceOut {
    /// A difference as clients see it.
    #[must_use]
    pub fn of(difference: Difference) -> Self {
        match difference {
            Difference::Start { by_ms } => Self::StartTime { by_ms },
            Difference::Instances { asked, granted } => Self::NumInstancesFixed { asked, granted },
            Difference::End { asked, granted } => Self::Duration {
                asked_end: asked.to_rfc1123(),
                granted_end: granted.to_rfc1123(),
            },
            Difference::Price { asked, price } => Self::Price {
                asked: asked.to_string(),
                price: price.to_string(),
            },
        }
    }
}

impl ReasonOut {
    fn of(reason: &Reason) -> Self {
        match reason {
            Reason::NeverFits { never_fits } => Self::NeverFits {
                detail: never_fits.to_string(),
                requested: never_fits.requested,
                placeable: never_fits.placeable,
                dimension: never_fits.dimension,
                needed: never_fits.needed,
                largest: never_fits.largest,
                total: never_fits.total,
            },
            Reason::CapacityShort { window, shortage } => Self::short(*window, shortage),
            Reason::PriceShort { asked, price } => Self::PriceShort {
                detail: format!("{asked} credits were offered, it costs {price}"),
                asked: asked.to_string(),
                price: price.to_string(),
            },
            Reason::NoStartFits { from, until } => Self::NoStartFits {
                detail: format!("no start from {from} to {until} fits"),
                from: from.to_rfc1123(),
                until: until.to_rfc1123(),
            },
            Reason::PriceOverflow => Self::PriceOverflow {
                detail: "the price of these terms is more than can be counted",
            },
        }
    }

    fn short(window: TimeWindow, shortage: &Shortage) -> Self {
        let node = |short: &NodeShortage| NodeShortageOut {
            node: short.node.clone(),
            dimension: short.dimension,
            free: short.free,
            needed: short.needed,
            from: short.blocked.starts_at.to_rfc1123(),
            until: short.blocked.ends_at.to_rfc1123(),
        };
        Self::CapacityShort {
            detail: shortage.to_string(),
            start_time: window.starts_at.to_rfc1123(),
            end_time: window.ends_at.to_rfc1123(),
            requested: shortage.requested,
            placeable: shortage.placeable,
            nodes_in_service: shortage.nodes_in_service,
            nodes: shortage.binding.iter().map(node).collect(),
        }
    }
}
