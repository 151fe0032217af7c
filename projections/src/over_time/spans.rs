//! How long something was as it was: instances that ran, nodes and what they had.
//!
//! Owns the rows of `instance_runs` and `node_history`. What is still so has no end yet; a page that
//! ends it reads the row first. Times are those of the record: what a monitor saw late counts from
//! when it was seen.

use std::collections::HashMap;

use openpex_aggregates::instance::{Instance, PowerState};
use openpex_aggregates::{Resources, Timestamp};

use crate::error::ViewsError;
use crate::list::duration_class;
use crate::source::SourceEvent;
use crate::store::{Rows, Statement, Tx, Value};
use crate::table::KEYS_MAX;

/// The end of what is still so.
pub(crate) const STILL: Timestamp = Timestamp::MAX;

/// A table of spans.
#[derive(Clone, Copy)]
pub(crate) struct SpanTable {
    pub(crate) name: &'static str,
    pub(crate) key: &'static str,
    /// The column of what it is told of.
    pub(crate) owner: &'static str,
    /// All columns but the key, the owner first, the window last.
    columns: &'static [&'static str],
}

/// Instances that ran.
pub(crate) const INSTANCE_RUNS: SpanTable = SpanTable {
    name: "instance_runs",
    key: "run_id",
    owner: "instance_id",
    columns: &[
        "instance_id",
        "node",
        "vcpus",
        "memory_mib",
        "disk_gib",
        "starts_at",
        "ends_at",
        "duration_class",
    ],
};

/// Nodes as they were.
pub(crate) const NODE_HISTORY: SpanTable = SpanTable {
    name: "node_history",
    key: "span_id",
    owner: "node",
    columns: &[
        "node",
        "status",
        "vcpus",
        "memory_mib",
        "disk_gib",
        "starts_at",
        "ends_at",
        "duration_class",
    ],
};

/// Whether an instance runs, as far as was seen.
pub(super) fn runs(instance: &Instance) -> bool {
    !instance.removed && instance.observed.power_state == PowerState::Running
}

/// A span as it is written.
struct Row {
    key: String,
    owner: String,
    /// What the table has between the owner and the amounts.
    own: Vec<Value>,
    size: Resources,
    starts_at: Timestamp,
    ends_at: Timestamp,
}

/// What a page begins and ends.
pub(super) struct SpansOfPage {
    table: SpanTable,
    /// What began in the page and goes on, by its owner.
    open: HashMap<String, Row>,
    /// What began and ended in the page.
    whole: Vec<Row>,
    /// What began before the page and ended in it, by its owner.
    ended: HashMap<String, Timestamp>,
}

impl SpansOfPage {
    pub(super) fn of(table: SpanTable) -> Self {
        Self {
            table,
            open: HashMap::new(),
            whole: Vec::new(),
            ended: HashMap::new(),
        }
    }

    pub(super) fn begin(
        &mut self,
        (owner, event): (String, &SourceEvent),
        own: Vec<Value>,
        size: Resources,
    ) {
        let row = Row {
            key: format!("{owner}/{}", event.sequence),
            owner: owner.clone(),
            own,
            size,
            starts_at: event.recorded_at,
            ends_at: STILL,
        };
        self.open.insert(owner, row);
    }

    pub(super) fn end(&mut self, owner: String, at: Timestamp) {
        match self.open.remove(&owner) {
            Some(row) => self.whole.push(Row { ends_at: at, ..row }),
            None => {
                self.ended.insert(owner, at);
            }
        }
    }

    pub(super) async fn write(self, tx: &mut Tx) -> Result<(), ViewsError> {
        let SpanTable { name, key, .. } = self.table;
        self.end_stored(tx).await?;
        let mut rows: Vec<Row> = self.open.into_values().chain(self.whole).collect();
        rows.sort_unstable_by(|one, other| one.key.cmp(&other.key));
        let mut begun = Rows::of_plain_rows(name, key, self.table.columns);
        for row in rows {
            let mut values = vec![row.key.into(), row.owner.into()];
            values.extend(row.own);
            values
                .extend([row.size.vcpus, row.size.memory_mib, row.size.disk_gib].map(Value::from));
            let duration_ms = row.ends_at.millis_since(row.starts_at);
            values.extend([
                row.starts_at.0.into(),
                row.ends_at.0.into(),
                duration_class(duration_ms).into(),
            ]);
            begun.push(values);
        }
        tx.insert(begun).await
    }

    /// Ends what began in an earlier page.
    async fn end_stored(&self, tx: &mut Tx) -> Result<(), ViewsError> {
        let SpanTable {
            name, key, owner, ..
        } = self.table;
        let mut owners: Vec<&String> = self.ended.keys().collect();
        owners.sort_unstable();
        for owners in owners.chunks(KEYS_MAX) {
            let mut open = Statement::new(&format!(
                "SELECT {key}, {owner}, starts_at FROM {name} WHERE {owner} IN ("
            ));
            open.push_padded(owners.iter().map(ToString::to_string))
                .push(") AND ends_at = ");
            open.push_value(STILL.0);
            for (row, owner, starts_at) in tx.fetch::<(String, String, i64)>(&open).await? {
                let Some(at) = self.ended.get(&owner) else {
                    continue;
                };
                let class = duration_class(at.millis_since(Timestamp(starts_at)));
                let mut end = Statement::new(&format!("UPDATE {name} SET ends_at = "));
                end.push_value(at.0).push(", duration_class = ");
                end.push_value(class).push(&format!(" WHERE {key} = "));
                end.push_value(row);
                tx.execute(&end).await?;
            }
        }
        Ok(())
    }
}
