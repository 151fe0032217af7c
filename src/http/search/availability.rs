//! `GET /OpenPEX/availability`: what is free over time, firm and held apart; of all nodes together,
//! or by node.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::header::LINK;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use openpex_aggregates::NodeName;
use openpex_aggregates::live::{Answer, Question};
use openpex_aggregates::negotiation::{
    Availability, AvailabilityQuery, AvailableAmounts, AvailableNode, AvailableStep,
    NodeAvailability, NodeAvailabilityQuery,
};
use openpex_aggregates::node::NodeStatus;
use serde::Serialize;
use utoipa::ToSchema;

use super::ask;
use crate::http::commands::answered_otherwise;
use crate::http::docs::{CallerProblems, PageQuery, ProblemSchema};
use crate::http::problem::Problem;
use crate::http::reply::{json, with_header};
use crate::http::request::{Caller, Parameters};
use crate::http::state::AppState;
use crate::http::wire::ResourcesOut;
use crate::http::words::{NodeWord, SummedBy};

/// What is free over time.
#[derive(Serialize, ToSchema)]
#[schema(as = Availability)]
#[serde(rename_all = "camelCase")]
struct AvailabilityOut {
    #[schema(format = DateTime)]
    from: String,
    #[schema(format = DateTime)]
    to: String,
    /// In milliseconds.
    step: i64,
    /// Whether what is held is told apart from what is firm.
    held_apart: bool,
    capacity: ResourcesOut,
    steps: Vec<StepOut>,
    /// Where the answer was cut off, if it was; ask again from there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    cut_off_at: Option<String>,
    position: u64,
}

/// A span of time in which nothing changes, or one step.
#[derive(Serialize, ToSchema)]
#[schema(as = AvailabilityStep)]
#[serde(rename_all = "camelCase")]
struct StepOut {
    #[schema(format = DateTime)]
    from: String,
    #[schema(format = DateTime)]
    to: String,
    firm: ResourcesOut,
    held: ResourcesOut,
    free: ResourcesOut,
    /// How many instances of each type fit.
    instances: BTreeMap<String, u32>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = AvailabilityByNode)]
#[serde(rename_all = "camelCase")]
struct NodesAvailabilityOut {
    #[schema(format = DateTime)]
    from: String,
    #[schema(format = DateTime)]
    to: String,
    step: i64,
    held_apart: bool,
    nodes: Vec<NodeAvailabilityOut>,
    position: u64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = NodeAvailability)]
#[serde(rename_all = "camelCase")]
struct NodeAvailabilityOut {
    #[schema(value_type = String)]
    node: NodeName,
    #[schema(value_type = NodeWord)]
    status: NodeStatus,
    capacity: ResourcesOut,
    steps: Vec<NodeStepOut>,
    /// Where the answer was cut off for this node, if it was; ask again from there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    cut_off_at: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = NodeAvailabilityStep)]
#[serde(rename_all = "camelCase")]
struct NodeStepOut {
    #[schema(format = DateTime)]
    from: String,
    #[schema(format = DateTime)]
    to: String,
    firm: ResourcesOut,
    held: ResourcesOut,
    free: ResourcesOut,
}

/// One of both, as `by` says.
#[derive(ToSchema)]
#[schema(as = AnyAvailability)]
#[serde(untagged)]
#[expect(dead_code, reason = "described; each is answered by itself")]
enum EitherAvailability {
    Total(AvailabilityOut),
    Node(NodesAvailabilityOut),
}

/// Show what is free over time.
///
/// Takes `from`, `to` and `step` (in milliseconds), all of which may be left out, and `by`: `total`,
/// or `node`, which is paged by `limit` and `cursor`.
#[utoipa::path(
    get,
    path = "/OpenPEX/availability",
    operation_id = "getAvailability",
    tag = "Search",
    params(
        ("from" = Option<String>, Query, description = "RFC 3339 or RFC 1123; now where it is left out"),
        ("to" = Option<String>, Query, description = "RFC 3339 or RFC 1123"),
        ("step" = Option<i64>, Query, description = "In milliseconds"),
        ("by" = Option<SummedBy>, Query, description = "All nodes together where it is left out"),
        PageQuery,
    ),
    responses(
        (status = 200, description = "Firm and held told apart", body = EitherAvailability,
            headers(("Link" = Option<String>, description = "The next nodes, where there are more (rel=\"next\")"))),
        CallerProblems,
        (status = 422, description = "A parameter breaks a rule", body = ProblemSchema, content_type = "application/problem+json"),
    )
)]
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

impl AvailabilityOut {
    fn of(found: Availability, position: u64) -> Self {
        let reached = found.steps.last().map_or(found.from, |s| s.window.ends_at);
        let cut_off = reached < found.to;
        let step = |step: AvailableStep| StepOut {
            from: step.window.starts_at.to_rfc3339(),
            to: step.window.ends_at.to_rfc3339(),
            firm: ResourcesOut::from(step.firm),
            held: ResourcesOut::from(step.held),
            free: ResourcesOut::from(step.free),
            instances: step.instances,
        };
        Self {
            from: found.from.to_rfc3339(),
            to: found.to.to_rfc3339(),
            step: found.step_ms,
            held_apart: found.is_apart,
            capacity: ResourcesOut::from(found.capacity),
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
                capacity: ResourcesOut::from(node.capacity),
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
            firm: ResourcesOut::from(step.firm),
            held: ResourcesOut::from(step.held),
            free: ResourcesOut::from(step.free),
        }
    }
}
