//! `GET /OpenPEX/availability`: what is free over time, firm and held apart; of all nodes together,
//! or by node.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::header::LINK;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use openpex_aggregates::live::{Answer, Question};
use openpex_aggregates::negotiation::{
    Availability, AvailabilityQuery, AvailableAmounts, AvailableNode, AvailableStep,
    NodeAvailability, NodeAvailabilityQuery,
};
use openpex_aggregates::node::NodeStatus;
use openpex_aggregates::{NodeName, Resources};
use serde::Serialize;

use super::ask;
use crate::http::commands::answered_otherwise;
use crate::http::problem::Problem;
use crate::http::reply::{json, with_header};
use crate::http::request::{Caller, Parameters};
use crate::http::state::AppState;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AvailabilityOut {
    from: String,
    to: String,
    step: i64,
    held_apart: bool,
    capacity: AmountsOut,
    steps: Vec<StepOut>,
    /// Where the answer was cut off, if it was; ask again from there.
    #[serde(skip_serializing_if = "Option::is_none")]
    cut_off_at: Option<String>,
    position: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AmountsOut {
    vcpus: u64,
    memory_mb: u64,
    disk_gb: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StepOut {
    from: String,
    to: String,
    firm: AmountsOut,
    held: AmountsOut,
    free: AmountsOut,
    instances: BTreeMap<String, u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NodesAvailabilityOut {
    from: String,
    to: String,
    step: i64,
    held_apart: bool,
    nodes: Vec<NodeAvailabilityOut>,
    position: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NodeAvailabilityOut {
    node: NodeName,
    status: NodeStatus,
    capacity: AmountsOut,
    steps: Vec<NodeStepOut>,
    /// Where the answer was cut off for this node, if it was; ask again from there.
    #[serde(skip_serializing_if = "Option::is_none")]
    cut_off_at: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NodeStepOut {
    from: String,
    to: String,
    firm: AmountsOut,
    held: AmountsOut,
    free: AmountsOut,
}

/// Takes `from`, `to` and `step` (in milliseconds), all of which may be left out, and `by`: `total`,
/// or `node`, which is paged by `limit` and `cursor`.
pub async fn availability(
    State(app): State<AppState>,
    caller: Caller,
    uri: Uri,
) -> Result<Response, Problem> {
    let sent = Parameters::of(&uri, &["from", "to", "step", "by", "limit", "cursor"])?;
    let over = AvailabilityQuery {
        from: sent.instant("from")?,
        to: sent.instant("to")?,
        step_ms: sent.integer("step")?,
    };
    let by_node = sent.one_of("by", &[("total", false), ("node", true)])?;
    let (limit, after) = (sent.integer("limit")?, sent.text("cursor"));
    let question = if by_node {
        let after = after.map(|name| NodeName(name.to_owned()));
        let query = NodeAvailabilityQuery { over, limit, after };
        Question::AvailabilityOfNodes(Box::new(query))
    } else if limit.is_some() || after.is_some() {
        let detail = "limit and cursor page the nodes; they go with by=node";
        return Err(Problem::malformed("bad_parameter", detail).with("parameter", "by"));
    } else {
        Question::Availability(over)
    };
    match ask(&app, &caller, question).await? {
        (Answer::Availability(found), position) => {
            Ok(json(StatusCode::OK, &AvailabilityOut::of(*found, position)))
        }
        (Answer::AvailabilityOfNodes(found), position) => {
            let last = found.nodes.last().filter(|_| found.has_more);
            let next = last.map(|node| sent.next_link(&node.node.0));
            let answer = json(StatusCode::OK, &NodesAvailabilityOut::of(*found, position));
            Ok(match next {
                Some(link) => with_header(answer, LINK, &link),
                None => answer,
            })
        }
        (_, position) => Err(answered_otherwise(position)),
    }
}

impl AmountsOut {
    const fn of(amounts: Resources) -> Self {
        Self {
            vcpus: amounts.vcpus,
            memory_mb: amounts.memory_mib,
            disk_gb: amounts.disk_gib,
        }
    }
}

impl AvailabilityOut {
    fn of(found: Availability, position: u64) -> Self {
        let reached = found.steps.last().map_or(found.from, |s| s.window.ends_at);
        let cut_off = reached < found.to;
        let step = |step: AvailableStep| StepOut {
            from: step.window.starts_at.to_rfc3339(),
            to: step.window.ends_at.to_rfc3339(),
            firm: AmountsOut::of(step.firm),
            held: AmountsOut::of(step.held),
            free: AmountsOut::of(step.free),
            instances: step.instances,
        };
        Self {
            from: found.from.to_rfc3339(),
            to: found.to.to_rfc3339(),
            step: found.step_ms,
            held_apart: found.is_apart,
            capacity: AmountsOut::of(found.capacity),
            steps: found.steps.into_iter().map(step).collect(),
            cut_off_at: cut_off.then(|| reached.to_rfc3339()),
            position,
        }
    }
}

impl NodesAvailabilityOut {
    fn of(found: NodeAvailability, position: u64) -> Self {
        let ends_at = found.range.ends_at;
        let node = |node: AvailableNode| {
            let reached = node
                .steps
                .last()
                .map_or(found.range.starts_at, |s| s.window.ends_at);
            NodeAvailabilityOut {
                node: node.node,
                status: node.status,
                capacity: AmountsOut::of(node.capacity),
                steps: node.steps.into_iter().map(NodeStepOut::of).collect(),
                cut_off_at: (reached < ends_at).then(|| reached.to_rfc3339()),
            }
        };
        Self {
            from: found.range.starts_at.to_rfc3339(),
            to: ends_at.to_rfc3339(),
            step: found.step_ms,
            held_apart: found.is_apart,
            nodes: found.nodes.into_iter().map(node).collect(),
            position,
        }
    }
}

impl NodeStepOut {
    fn of(step: AvailableAmounts) -> Self {
        Self {
            from: step.window.starts_at.to_rfc3339(),
            to: step.window.ends_at.to_rfc3339(),
            firm: AmountsOut::of(step.firm),
            held: AmountsOut::of(step.held),
            free: AmountsOut::of(step.free),
        }
    }
}
