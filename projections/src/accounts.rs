//! The view of accounts: what each user has to spend, and the sums that led to it.

use openpex_aggregates::UserId;
use openpex_aggregates::account::Account;

use crate::error::ViewsError;
use crate::source::SourceError;
use crate::store::Value;
use crate::table::{Table, View, find};
use crate::views::Views;

/// An account as of the checkpoint.
pub type AccountView = View<UserId, Account>;

/// Queries of the accounts; from [`Views::accounts`].
pub struct Accounts<'a>(pub(crate) &'a Views);

impl Table for Account {
    type Id = UserId;
    const NAME: &'static str = "accounts";
    const KEY: &'static str = "user_id";
    const COLUMNS: &'static [&'static str] = &["balance", "granted", "spent"];

    /// In credits, as decimal text: micro-credits leave the range of a signed column.
    fn columns(&self) -> Vec<Value> {
        [self.balance, self.granted, self.spent]
            .map(|amount| amount.to_string().into())
            .into()
    }

    fn read_id(text: &str) -> Result<Self::Id, SourceError> {
        Ok(UserId(text.parse()?))
    }
}

impl Accounts<'_> {
    /// The account of a user; `None` before its first entry.
    ///
    /// # Errors
    /// [`ViewsError::NotReady`], or the store's.
    pub async fn find(&self, id: UserId) -> Result<Option<AccountView>, ViewsError> {
        find(self.0, &id).await
    }
}
