//! The view of the policy in force: what types and templates there are, and at what price.

use openpex_aggregates::site::Site;

use crate::error::ViewsError;
use crate::source::SourceError;
use crate::store::Value;
use crate::table::{StoredView, Table, View, select};
use crate::views::Views;

/// The site with the policy in force, as of the checkpoint.
pub type PolicyView = View<String, Site>;

/// Queries of the policy; from [`Views::policy`].
pub struct SitePolicy<'a>(pub(crate) &'a Views);

impl Table for Site {
    type Id = String;
    const NAME: &'static str = "policy";
    const KEY: &'static str = "site";
    const COLUMNS: &'static [&'static str] = &["version"];

    fn columns(&self) -> Vec<Value> {
        vec![i64::from(self.policy.version).into()]
    }

    fn read_id(text: &str) -> Result<Self::Id, SourceError> {
        Ok(text.to_owned())
    }
}

impl SitePolicy<'_> {
    /// The policy in force; `None` before the first is adopted.
    ///
    /// # Errors
    /// [`ViewsError::NotReady`], or the store's.
    pub async fn in_force(&self) -> Result<Option<PolicyView>, ViewsError> {
        let statement = select::<Site>();
        let found = self.0.fetch::<StoredView>(&statement).await?.pop();
        found.map(StoredView::read).transpose()
    }
}
