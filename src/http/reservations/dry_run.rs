//! `?dryRun=true`: what a proposal would be answered, without making it.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::response::Response;
use openpex_aggregates::ReservationId;
use openpex_aggregates::live::Command;
use openpex_aggregates::terms::Proposal;

use super::answer;
use crate::http::commands::carry_out;
use crate::http::observe::RequestNotes;
use crate::http::problem::{FieldError, Problem};
use crate::http::request::Caller;
use crate::http::state::AppState;
use crate::writer::WriteRequest;

/// Whether a request only asks what would be answered.
pub struct DryRun {
    /// Whether it does.
    pub is_asked: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for DryRun {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|_| Problem::malformed("bad_query", "the query does not read"))?;
        let mut is_asked = false;
        for (name, value) in &pairs {
            is_asked = match (name.as_str(), value.as_str()) {
                ("dryRun", "true") => true,
                ("dryRun", "false") => false,
                ("dryRun", other) => {
                    let detail = format!("dryRun is true or false, not {other:?}");
                    let problem = Problem::malformed("bad_parameter", detail);
                    return Err(problem.with("parameter", "dryRun"));
                }
                (other, _) => {
                    let detail = format!("unknown parameter {other:?}; known is dryRun");
                    let problem = Problem::malformed("unknown_parameter", detail);
                    return Err(problem.with("parameter", other));
                }
            };
        }
        Ok(Self { is_asked })
    }
}

impl DryRun {
    /// 422: there is nothing that could be tried.
    pub fn without_proposal() -> Problem {
        let detail = "a dry run needs a proposal: a first one, or one to COUNTER with";
        Problem::invalid(vec![FieldError::new("proposal", "required", detail)])
    }

    /// The answer to `proposal`, in a new negotiation where `opens`. Keeps nothing, so it takes no
    /// idempotency key.
    pub async fn answer(
        &self,
        app: &AppState,
        caller: &Caller,
        (reservation_id, opens): (ReservationId, bool),
        proposal: Proposal,
        notes: &RequestNotes,
    ) -> Result<Response, Problem> {
        let request = WriteRequest {
            command: Command::Rehearse {
                reservation_id,
                opens,
                proposal,
            },
            actor: Some(caller.actor()),
            expected_sequence: None,
            idempotency: None,
            request_id: None,
        };
        answer(&carry_out(app, request).await?, notes)
    }
}
