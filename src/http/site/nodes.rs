//! `GET /OpenPEX/nodes`: the physical hosts, by name.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::http::docs::CallerProblems;
use crate::http::problem::Problem;
use crate::http::reply::json;
use crate::http::request::Caller;
use crate::http::state::AppState;
use crate::http::wire::NodeOut;

/// List the physical hosts.
///
/// All of them, with how many instances each has and since when it is as it is.
#[utoipa::path(get, path = "/OpenPEX/nodes", operation_id = "listNodes", tag = "Site", responses((status = 200, description = "All of them, by name", body = Vec<NodeOut>), CallerProblems))]
pub async fn list(State(app): State<AppState>, _: Caller) -> Result<Response, Problem> {
    let loads = app.reads.node_loads().await?;
    let nodes = app.reads.nodes().await?.into_iter();
    let entries: Vec<NodeOut> = nodes
        .map(|node| {
            let load = loads.get(&node.name).copied().unwrap_or_default();
            NodeOut::of(node, load)
        })
        .collect();
    Ok(json(StatusCode::OK, &entries))
}
