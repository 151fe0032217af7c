//! What a user of a trace asked for, whichever form the trace has.

use openpex_aggregates::{Resources, TimeWindow, Timestamp};

/// A wish for instances in a window to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The number of the job in a log, of the line in the other forms.
    pub id: u64,
    /// When it is asked.
    pub arrives_at: Timestamp,
    /// The start that is wanted; not before the arrival.
    pub starts_at: Timestamp,
    /// How long the instances are wanted, in milliseconds; at least one.
    pub duration_ms: i64,
    /// After how many milliseconds they turn out not to be needed any longer; fewer than
    /// `duration_ms`, zero where they never ran. `None` where the trace knows of no early end.
    pub ends_early_after_ms: Option<i64>,
    /// How many instances; at least one.
    pub instances: u32,
    /// What each of them needs.
    pub size: Resources,
}

impl Request {
    /// The window that is asked for.
    #[must_use]
    pub const fn window(&self) -> TimeWindow {
        TimeWindow::starting(self.starts_at, self.duration_ms)
    }

    /// When the instances are really over if they start at `starts_at`; `None` where that is the
    /// end they were booked to.
    #[must_use]
    pub fn early_end(&self, starts_at: Timestamp) -> Option<Timestamp> {
        let after_ms = self.ends_early_after_ms?;
        Some(starts_at.saturating_add(after_ms))
    }
}

/// Sorts requests as a driver wants them; those that arrive together stay in the trace's order.
pub fn in_order_of_arrival(requests: &mut [Request]) {
    requests.sort_by_key(|request| request.arrives_at);
}
