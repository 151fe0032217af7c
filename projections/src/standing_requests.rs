//! The view of standing requests: what was wished for, and how that ended.

use openpex_aggregates::standing::StandingRequest;
use openpex_aggregates::{StandingRequestId, UserId};

use crate::error::ViewsError;
use crate::list::{Listed, Listing, Page};
use crate::source::SourceError;
use crate::store::Value;
use crate::table::{Table, View, find};
use crate::views::Views;

/// A standing request as of the checkpoint.
pub type StandingRequestView = View<StandingRequestId, StandingRequest>;

/// Queries of the standing requests; from [`Views::standing_requests`].
pub struct StandingRequests<'a>(pub(crate) &'a Views);

impl Table for StandingRequest {
    type Id = StandingRequestId;
    const NAME: &'static str = "standing_requests";
    const KEY: &'static str = "standing_request_id";
    const COLUMNS: &'static [&'static str] = &["user_id", "status", "created_at"];

    fn columns(&self) -> Vec<Value> {
        vec![
            self.user_id.0.into(),
            self.status.as_str().into(),
            self.made_at.0.into(),
        ]
    }

    fn read_id(text: &str) -> Result<Self::Id, SourceError> {
        Ok(text.parse()?)
    }
}

impl StandingRequests<'_> {
    /// One standing request.
    ///
    /// # Errors
    /// [`ViewsError::NotReady`], or the store's.
    pub async fn find(
        &self,
        id: StandingRequestId,
    ) -> Result<Option<StandingRequestView>, ViewsError> {
        find(self.0, &id).await
    }

    /// A page of those of `user_id`, or of everybody's, newest first.
    ///
    /// # Errors
    /// [`ViewsError::LimitOutOfRange`], [`ViewsError::NotReady`], or the store's.
    pub async fn list(
        &self,
        user_id: Option<UserId>,
        page: Page,
    ) -> Result<Listed<StandingRequestView>, ViewsError> {
        Listing::of_user(user_id).read(self.0, page).await
    }
}
