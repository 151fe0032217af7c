//! The view of nodes: the physical hosts, those that are gone included.

use std::collections::HashMap;

use openpex_aggregates::node::{Node, NodeStatus};
use openpex_aggregates::{NodeName, Timestamp};

use crate::error::ViewsError;
use crate::list::{Listed, Page};
use crate::over_time::STILL;
use crate::source::SourceError;
use crate::store::{Statement, Value};
use crate::table::{StoredView, Table, View, select};
use crate::views::Views;

/// A node as of the checkpoint.
pub type NodeView = View<NodeName, Node>;

/// Queries of the nodes; from [`Views::nodes`].
pub struct Nodes<'a>(pub(crate) &'a Views);

pub(crate) const fn status_name(status: NodeStatus) -> &'static str {
    match status {
        NodeStatus::InService => "IN_SERVICE",
        NodeStatus::Draining => "DRAINING",
        NodeStatus::Lost => "LOST",
        NodeStatus::Retired => "RETIRED",
    }
}

impl Table for Node {
    type Id = NodeName;
    const NAME: &'static str = "nodes";
    const KEY: &'static str = "name";
    const COLUMNS: &'static [&'static str] = &["pool", "status", "vcpus", "memory_mib", "disk_gib"];

    fn columns(&self) -> Vec<Value> {
        vec![
            self.pool.as_str().into(),
            status_name(self.status).into(),
            self.capacity.vcpus.into(),
            self.capacity.memory_mib.into(),
            self.capacity.disk_gib.into(),
        ]
    }

    fn read_id(text: &str) -> Result<Self::Id, SourceError> {
        Ok(NodeName(text.to_owned()))
    }
}

impl Nodes<'_> {
    /// A page of all nodes by name, after the named one.
    ///
    /// # Errors
    /// [`ViewsError::LimitOutOfRange`], [`ViewsError::NotReady`], or the store's.
    pub async fn list(
        &self,
        limit: usize,
        after: Option<&NodeName>,
    ) -> Result<Listed<NodeView, NodeName>, ViewsError> {
        let rows = Page::checked_limit(limit)? + 1;
        // No name is empty, so all are after the empty one.
        let after = after.map_or("", |name| name.0.as_str());
        let mut statement = select::<Node>();
        statement.push("WHERE name > ").push_value(after);
        statement.push(" ORDER BY name LIMIT ").push_value(rows);
        let rows = self.0.fetch::<StoredView>(&statement).await?;
        let rows: Result<Vec<_>, _> = rows.into_iter().map(StoredView::read).collect();
        Ok(Listed::cut(rows?, limit, |view: &NodeView| view.id.clone()))
    }
}

impl Nodes<'_> {
    /// How many instances that are not gone each node has; those without any are left out.
    ///
    /// # Errors
    /// [`ViewsError::NotReady`], or the store's.
    pub async fn instances(&self) -> Result<HashMap<NodeName, u64>, ViewsError> {
        let statement =
            Statement::new("SELECT node, COUNT(*) FROM instances WHERE removed = 0 GROUP BY node");
        let counted = self.0.fetch::<(String, i64)>(&statement).await?;
        let of = |(node, count): (String, i64)| {
            (NodeName(node), u64::try_from(count).unwrap_or_default())
        };
        Ok(counted.into_iter().map(of).collect())
    }

    /// Since when each node has what it has and is as it is.
    ///
    /// # Errors
    /// [`ViewsError::NotReady`], or the store's.
    pub async fn since(&self) -> Result<HashMap<NodeName, Timestamp>, ViewsError> {
        let mut statement = Statement::new("SELECT node, starts_at FROM node_history WHERE ");
        statement.push("ends_at = ").push_value(STILL.0);
        let found = self.0.fetch::<(String, i64)>(&statement).await?;
        let of = |(node, at)| (NodeName(node), Timestamp(at));
        Ok(found.into_iter().map(of).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_columns_are_those_of_the_state() {
        for status in [
            NodeStatus::InService,
            NodeStatus::Draining,
            NodeStatus::Lost,
            NodeStatus::Retired,
        ] {
            assert_eq!(serde_json::to_value(status).unwrap(), status_name(status));
        }
    }
}
