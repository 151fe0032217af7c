//! The same for each node by itself: what is free on it over time, firm and held apart.
//!
//! Owns which nodes one answer has, and how much work it may cost the writer. On a node that takes
//! nothing new nothing is free, though what is booked on it is still shown.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{AvailabilityQuery, AvailableAmounts, Changes, Holder, Worst, checked, note};
use crate::capacity::{MAX_FREE_STEPS, Pool};
use crate::negotiation::QuestionError;
use crate::node::{Node, NodeStatus};
use crate::policy::Policy;
use crate::reservation::Claim;
use crate::{NodeName, Resources, TimeWindow, Timestamp};

/// Most steps of all nodes of one answer together.
pub const NODE_STEPS_MAX: i64 = 20_000;
/// Most nodes of one answer.
pub const AVAILABILITY_NODES_MAX: i64 = 1_000;
/// Changes of what is free after which one answer takes no further node; what is left comes with the
/// next. One node is cut off at [`MAX_FREE_STEPS`] of its own.
pub const NODE_CHANGES_MAX: usize = 10 * MAX_FREE_STEPS;

/// What is asked of the nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeAvailabilityQuery {
    /// Over which time, in which steps.
    pub over: AvailabilityQuery,
    /// How many nodes; as many as can be where it is left out.
    pub limit: Option<i64>,
    /// After which node; from the first by name where it is left out.
    pub after: Option<NodeName>,
}

/// What is free on each node, step by step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeAvailability {
    /// From when until when.
    pub range: TimeWindow,
    /// How long a step is, in milliseconds; the last may be shorter.
    pub step_ms: i64,
    /// Whether what is only held was told from what is firm.
    pub is_apart: bool,
    /// The nodes, by name.
    pub nodes: Vec<AvailableNode>,
    /// Whether there are nodes after these.
    pub has_more: bool,
}

/// What is free on one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvailableNode {
    /// Which.
    pub node: NodeName,
    /// Whether it takes reservations.
    pub status: NodeStatus,
    /// What its guests can use.
    pub capacity: Resources,
    /// The steps, in order; fewer than asked for where it changes too often.
    pub steps: Vec<AvailableAmounts>,
}

/// Answers `query` for `nodes`, which are in the order of their names.
///
/// # Errors
/// Every rule of the question that is broken.
pub fn availability_of_nodes<'n>(
    (pool, policy): (&Pool, &Policy),
    nodes: impl Iterator<Item = &'n Node>,
    (query, holders): (&NodeAvailabilityQuery, Option<&[Holder]>),
    now: Timestamp,
) -> Result<NodeAvailability, Vec<QuestionError>> {
    let (range, step_ms) = checked(policy, query.over, now)?;
    let after = query.after.as_ref();
    let asked: Vec<&Node> = nodes
        .filter(|node| after.is_none_or(|after| node.name > *after))
        .collect();
    let steps = (range.duration_ms() - 1) / step_ms + 1;
    let limit = checked_limit(query.limit, steps, asked.len())?;
    let held = held_by_node(holders.unwrap_or_default());
    let none = Changes::new();
    let (mut answered, mut changes) = (Vec::new(), 0);
    for node in asked.iter().take(limit) {
        if changes >= NODE_CHANGES_MAX {
            break;
        }
        let held = held.get(&node.name).unwrap_or(&none);
        let (steps, passed) = steps_of(pool, node, held, (range, step_ms));
        changes += passed;
        answered.push(AvailableNode {
            node: node.name.clone(),
            status: node.status,
            capacity: node.capacity,
            steps,
        });
    }
    Ok(NodeAvailability {
        range,
        step_ms,
        is_apart: holders.is_some(),
        has_more: answered.len() < asked.len(),
        nodes: answered,
    })
}

/// How many nodes to answer for, of those that are left.
fn checked_limit(limit: Option<i64>, steps: i64, left: usize) -> Result<usize, Vec<QuestionError>> {
    let most = (NODE_STEPS_MAX / steps.max(1)).clamp(1, AVAILABILITY_NODES_MAX);
    let Some(asked) = limit else {
        return Ok(usize::try_from(most).unwrap_or(usize::MAX));
    };
    if !(1..=AVAILABILITY_NODES_MAX).contains(&asked) {
        let max = u32::try_from(AVAILABILITY_NODES_MAX).unwrap_or(u32::MAX);
        return Err(vec![QuestionError::LimitOutOfRange { asked, max }]);
    }
    let nodes = asked.min(i64::try_from(left).unwrap_or(i64::MAX));
    if nodes > most {
        let max = NODE_STEPS_MAX;
        return Err(vec![QuestionError::TooManyNodeSteps { nodes, steps, max }]);
    }
    Ok(usize::try_from(asked).unwrap_or(usize::MAX))
}

fn held_by_node(holders: &[Holder]) -> BTreeMap<NodeName, Changes> {
    let mut held = BTreeMap::<NodeName, Changes>::new();
    let mut add = |claim: &Claim, sign: i128| {
        for part in &claim.placement.0 {
            let changes = held.entry(part.node.clone()).or_default();
            note(changes, claim, sign * i128::from(part.count));
        }
    };
    for holder in holders {
        holder.claims.iter().for_each(|claim| add(claim, 1));
        holder.agreed.iter().for_each(|claim| add(claim, -1));
    }
    held
}

/// The steps of one node, and how many changes were gone through for them.
fn steps_of(
    pool: &Pool,
    node: &Node,
    held: &Changes,
    (range, step_ms): (TimeWindow, i64),
) -> (Vec<AvailableAmounts>, usize) {
    let mut worst = Worst {
        range,
        step_ms,
        least: Vec::new(),
    };
    // A node that the pool has forgotten has nothing booked, and nothing to give.
    let page = pool.free_on_node(&node.name, range).unwrap_or_default();
    worst.take_page(&page.steps, held, node.capacity);
    let known_until = page.cut_off_at.unwrap_or(range.ends_at);
    let amounts = |(window, (free, free_of_firm)): (TimeWindow, (Resources, Resources))| {
        let takes_more = node.status == NodeStatus::InService;
        AvailableAmounts {
            window,
            firm: node.capacity.saturating_sub(free_of_firm),
            held: free_of_firm.saturating_sub(free),
            free: if takes_more { free } else { Resources::ZERO },
        }
    };
    let whole = worst.windows().map(amounts);
    let steps = whole.take_while(|step| step.window.ends_at <= known_until);
    (steps.collect(), page.steps.len())
}
