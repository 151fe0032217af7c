//! The view of series: what was asked, and which reservations it came to.

use openpex_aggregates::series::Series;
use openpex_aggregates::{SeriesId, UserId};

use crate::error::ViewsError;
use crate::list::{Listed, Listing, Page};
use crate::source::SourceError;
use crate::store::Value;
use crate::table::{Table, View, find};
use crate::views::Views;

/// A series as of the checkpoint.
pub type SeriesView = View<SeriesId, Series>;

/// Queries of the series; from [`Views::series`].
pub struct SeriesViews<'a>(pub(crate) &'a Views);

impl Table for Series {
    type Id = SeriesId;
    const NAME: &'static str = "series";
    const KEY: &'static str = "series_id";
    const COLUMNS: &'static [&'static str] = &["user_id", "status", "created_at"];

    fn columns(&self) -> Vec<Value> {
        vec![
            self.user_id.0.into(),
            self.status_name().as_str().into(),
            self.asked_at.0.into(),
        ]
    }

    fn read_id(text: &str) -> Result<Self::Id, SourceError> {
        Ok(text.parse()?)
    }
}

impl SeriesViews<'_> {
    /// One series.
    ///
    /// # Errors
    /// [`ViewsError::NotReady`], or the store's.
    pub async fn find(&self, id: SeriesId) -> Result<Option<SeriesView>, ViewsError> {
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
    ) -> Result<Listed<SeriesView>, ViewsError> {
        Listing::of_user(user_id).read(self.0, page).await
    }
}
