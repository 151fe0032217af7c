//! Whether the credentials of a request that goes on for long are still good.

use axum::extract::FromRequestParts;
use axum::http::Request;
use axum::http::request::Parts;

use super::Caller;
use crate::http::problem::Problem;
use crate::http::state::AppState;

/// Marks a check that is no use of the credentials: whatever notes their last use, or lets them live
/// longer for being used, passes over it.
#[derive(Clone, Copy, Debug)]
pub struct Rechecking;

/// What a request showed of who asks, kept to be checked again. Has no `Debug`: it holds secrets.
pub struct Recheck {
    shown: Parts,
}

impl Recheck {
    /// Of the request with these parts: its headers and where it came from, and nothing else.
    #[must_use]
    pub fn of(parts: &Parts) -> Self {
        let (mut shown, ()) = Request::new(()).into_parts();
        shown.method = parts.method.clone();
        shown.uri = parts.uri.clone();
        shown.headers = parts.headers.clone();
        shown.extensions = parts.extensions.clone();
        shown.extensions.insert(Rechecking);
        Self { shown }
    }

    /// Who asks, as of now, by the same check that every request passes: whatever credentials there
    /// are, and however they end.
    ///
    /// # Errors
    /// 401 or 403 once they are no longer good; others where that cannot be told.
    pub async fn caller(&mut self, app: &AppState) -> Result<Caller, Problem> {
        Caller::from_request_parts(&mut self.shown, app).await
    }
}
