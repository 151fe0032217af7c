//! Instances: the virtual machines of reservations (Table 2, rows 7 to 11, and ours).

mod control;
mod delete;
mod list;
mod show;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use openpex_aggregates::InstanceId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::observe::RequestNotes;
use super::problem::Problem;
use super::request::id_of;
use super::state::AppState;

/// The routes under `/OpenPEX/instances`.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(show::show, delete::delete))
        .routes(routes!(control::stop))
        .routes(routes!(control::reboot))
        .routes(routes!(control::start))
        .routes(routes!(control::revive))
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
