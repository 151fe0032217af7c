//! Instances: the virtual machines of reservations (Table 2, rows 7 to 11, and ours).

mod control;
mod delete;
mod list;
mod show;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::routing::{get, put};
use openpex_aggregates::InstanceId;

use super::observe::RequestNotes;
use super::problem::Problem;
use super::request::id_of;
use super::state::AppState;

/// The routes under `/OpenPEX/instances`.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/OpenPEX/instances", get(list::list))
        .route(
            "/OpenPEX/instances/{vm_id}",
            get(show::show).delete(delete::delete),
        )
        .route("/OpenPEX/instances/{vm_id}/stop", put(control::stop))
        .route("/OpenPEX/instances/{vm_id}/reboot", put(control::reboot))
        .route("/OpenPEX/instances/{vm_id}/start", put(control::start))
        .route("/OpenPEX/instances/{vm_id}/revive", put(control::revive))
}

/// The instance that a path names; what is no id of one is no instance's.
struct InstancePath {
    id: InstanceId,
    notes: RequestNotes,
}

impl<S: Send + Sync> FromRequestParts<S> for InstancePath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let id = id_of(parts, state, "instance").await?;
        Ok(Self {
            id,
            notes: RequestNotes::of(&parts.extensions),
        })
    }
}
