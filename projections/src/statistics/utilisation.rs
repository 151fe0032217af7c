//! How much of the nodes was booked, and of that really used.

use std::collections::BTreeMap;

use openpex_aggregates::{NodeName, Resources, TimeWindow, Timestamp};

use super::{READ_ROWS, STATISTICS_NODE_STEPS_MAX, Statistics, Steps, TimedRow, for_each, natural};
use crate::error::ViewsError;
use crate::list::Equal;
use crate::over_time::{BOOKINGS, INSTANCE_RUNS, InTime, NODE_HISTORY};

/// Amounts of the three dimensions, each times the milliseconds for which it was so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AmountsMs {
    /// vCPUs times milliseconds.
    pub vcpu_ms: u128,
    /// MiB of memory times milliseconds.
    pub memory_mib_ms: u128,
    /// GiB of disk times milliseconds.
    pub disk_gib_ms: u128,
}

impl AmountsMs {
    /// So many of `size`, for `ms` milliseconds more.
    fn add(&mut self, size: Resources, times: u128) {
        let more = |known: u128, amount: u64| {
            known.saturating_add(times.saturating_mul(u128::from(amount)))
        };
        self.vcpu_ms = more(self.vcpu_ms, size.vcpus);
        self.memory_mib_ms = more(self.memory_mib_ms, size.memory_mib);
        self.disk_gib_ms = more(self.disk_gib_ms, size.disk_gib);
    }
}

/// Of what together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UtilisationBy {
    /// Of all nodes.
    Total,
    /// Of each node.
    Node,
    /// Of this node alone.
    One(NodeName),
}

/// How much was used over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Utilisation {
    /// One of all nodes together, or one of each by name.
    pub series: Vec<UtilisationSeries>,
}

/// The steps of one node, or of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UtilisationSeries {
    /// Which node; `None` for all together.
    pub node: Option<NodeName>,
    /// Its steps, in order.
    pub steps: Vec<UtilisationStep>,
}

/// One step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UtilisationStep {
    /// From when until when.
    pub window: TimeWindow,
    /// What both agreed on, past and future.
    pub booked: AmountsMs,
    /// What instances had that were seen to run, until now.
    pub used: AmountsMs,
    /// What nodes had that were in service or draining.
    pub capacity: AmountsMs,
}

#[derive(sqlx::FromRow)]
struct StoredSpan {
    row_key: String,
    node: String,
    status: String,
    count: i64,
    vcpus: i64,
    memory_mib: i64,
    disk_gib: i64,
    starts_at: i64,
    ends_at: i64,
}

impl TimedRow for StoredSpan {
    type Key = String;

    fn place(&self) -> (Timestamp, String) {
        (Timestamp(self.starts_at), self.row_key.clone())
    }
}

impl StoredSpan {
    fn size(&self, view: &'static str) -> Result<Resources, ViewsError> {
        let of = (view, self.row_key.as_str());
        Ok(Resources {
            vcpus: natural(self.vcpus, of)?,
            memory_mib: natural(self.memory_mib, of)?,
            disk_gib: natural(self.disk_gib, of)?,
        })
    }

    const fn window(&self) -> TimeWindow {
        TimeWindow {
            starts_at: Timestamp(self.starts_at),
            ends_at: Timestamp(self.ends_at),
        }
    }
}

/// Where spans come from, and which of the amounts of a step they are.
struct Source {
    table: &'static str,
    key: &'static str,
    columns: &'static str,
    of: fn(&mut UtilisationStep) -> &mut AmountsMs,
}

const CAPACITY: Source = Source {
    table: NODE_HISTORY.name,
    key: NODE_HISTORY.key,
    columns: "span_id, span_id AS row_key, node, status, CAST(1 AS BIGINT) AS count, vcpus, \
              memory_mib, disk_gib, starts_at, ends_at",
    of: |step| &mut step.capacity,
};
const BOOKED: Source = Source {
    table: BOOKINGS,
    key: "booking_id",
    columns: "booking_id, booking_id AS row_key, node, CAST('' AS TEXT) AS status, count, vcpus, \
              memory_mib, disk_gib, starts_at, ends_at",
    of: |step| &mut step.booked,
};
const USED: Source = Source {
    table: INSTANCE_RUNS.name,
    key: INSTANCE_RUNS.key,
    columns: "run_id, run_id AS row_key, node, CAST('' AS TEXT) AS status, \
              CAST(1 AS BIGINT) AS count, vcpus, memory_mib, disk_gib, starts_at, ends_at",
    of: |step| &mut step.used,
};

impl Statistics<'_> {
    /// How much was, is and will be used; nothing is used after `now`.
    ///
    /// # Errors
    /// [`ViewsError::TooManyRows`], [`ViewsError::TooManyNodeSteps`], [`ViewsError::NotReady`], or the
    /// store's.
    pub async fn utilisation(
        &self,
        steps: &Steps,
        by: &UtilisationBy,
        now: Timestamp,
    ) -> Result<Utilisation, ViewsError> {
        let mut sums = Sums {
            steps: *steps,
            by,
            series: BTreeMap::new(),
        };
        match by {
            UtilisationBy::Total => sums.expect(None)?,
            UtilisationBy::Node => {}
            UtilisationBy::One(node) => sums.expect(Some(node.clone()))?,
        }
        let all = steps.window();
        self.add(&mut sums, &CAPACITY, all).await?;
        self.add(&mut sums, &BOOKED, all).await?;
        let until_now = TimeWindow {
            ends_at: all.ends_at.min(now),
            ..all
        };
        if until_now.starts_at < until_now.ends_at {
            self.add(&mut sums, &USED, until_now).await?;
        }
        let series = sums.series.into_iter();
        Ok(Utilisation {
            series: series
                .map(|(node, steps)| UtilisationSeries { node, steps })
                .collect(),
        })
    }

    async fn add(
        &self,
        sums: &mut Sums<'_>,
        source: &Source,
        window: TimeWindow,
    ) -> Result<(), ViewsError> {
        let mut only: Vec<Equal> = Vec::new();
        if let UtilisationBy::One(node) = sums.by {
            only.push(("node", node.0.as_str().into()));
        }
        if source.table == BOOKINGS {
            only.push(("kind", "firm".into()));
        }
        let page = |after: Option<(Timestamp, String)>| {
            let part = InTime {
                table: source.table,
                key: source.key,
                columns: source.columns,
                only: &only,
                window,
                after: after.as_ref().map(|(at, key)| (*at, key.as_str())),
                limit: READ_ROWS,
            };
            part.statement()
        };
        for_each(self.0, page, |row: StoredSpan| {
            sums.take(&row, source, window)
        })
        .await
    }
}

/// The sums in the making.
struct Sums<'a> {
    steps: Steps,
    by: &'a UtilisationBy,
    series: BTreeMap<Option<NodeName>, Vec<UtilisationStep>>,
}

impl Sums<'_> {
    /// Makes the series of a node, if there is none.
    fn expect(&mut self, node: Option<NodeName>) -> Result<(), ViewsError> {
        if self.series.contains_key(&node) {
            return Ok(());
        }
        let as_number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let nodes = as_number(self.series.len()).saturating_add(1);
        let steps = as_number(self.steps.count());
        let max = STATISTICS_NODE_STEPS_MAX;
        if nodes.saturating_mul(steps) > max {
            return Err(ViewsError::TooManyNodeSteps { nodes, steps, max });
        }
        let windows = self.steps.windows();
        let empty = windows.map(|window| UtilisationStep {
            window,
            ..UtilisationStep::default()
        });
        self.series.insert(node, empty.collect());
        Ok(())
    }

    fn take(
        &mut self,
        row: &StoredSpan,
        source: &Source,
        window: TimeWindow,
    ) -> Result<(), ViewsError> {
        let node = match self.by {
            UtilisationBy::Total => None,
            UtilisationBy::Node | UtilisationBy::One(_) => Some(NodeName(row.node.clone())),
        };
        self.expect(node.clone())?;
        // A node that is lost or retired has nothing to give.
        if !["", "IN_SERVICE", "DRAINING"].contains(&row.status.as_str()) {
            return Ok(());
        }
        let size = row.size(source.table)?;
        let count = u128::from(natural(row.count, (source.table, &row.row_key))?);
        let span = TimeWindow {
            starts_at: row.window().starts_at,
            ends_at: row.window().ends_at.min(window.ends_at),
        };
        if let Some(series) = self.series.get_mut(&node) {
            self.steps.spread(span, |index, ms| {
                if let Some(step) = series.get_mut(index) {
                    (source.of)(step).add(size, count.saturating_mul(ms));
                }
            });
        }
        Ok(())
    }
}
