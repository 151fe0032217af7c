//! What the views tell of the past and the future at once: bookings, runs, nodes, proposals and
//! agreements over time.
//!
//! Owns the tables whose rows are no aggregates but come of their events. Every row follows from the
//! ledger alone, wherever a page of events ends: what a page needs to know of the time before it is
//! read from the tables themselves.

mod agreements;
mod bookings;
mod proposals;
mod spans;

use openpex_aggregates::instance::{Instance, InstanceEvent};
use openpex_aggregates::node::Node;
use openpex_aggregates::reservation::{Reservation, ReservationEvent};
use openpex_aggregates::{InstanceId, NodeName, ReservationId, TimeWindow, Timestamp};

pub(crate) use agreements::{AGREEMENTS, AgreementKind};
pub(crate) use bookings::BOOKINGS;
pub use bookings::{Booking, BookingCursor, BookingFilter, BookingKind, Bookings};
pub(crate) use proposals::{PROPOSALS, ProposalAnswer};
pub(crate) use spans::{INSTANCE_RUNS, NODE_HISTORY, STILL};

use self::agreements::AgreementsOfPage;
use self::bookings::BookingsOfPage;
use self::proposals::ProposalsOfPage;
use self::spans::SpansOfPage;
use crate::error::ViewsError;
use crate::list::{Equal, duration_classes, longest_of};
use crate::nodes::status_name;
use crate::source::SourceEvent;
use crate::store::{Statement, Tx};
use crate::table::Touched;

/// The tables of this module.
pub(crate) const TABLES: [&str; 5] = [
    BOOKINGS,
    INSTANCE_RUNS.name,
    NODE_HISTORY.name,
    PROPOSALS,
    AGREEMENTS,
];

/// What a page of events changes.
pub(crate) struct OverTime {
    bookings: BookingsOfPage,
    proposals: ProposalsOfPage,
    agreements: AgreementsOfPage,
    runs: SpansOfPage,
    nodes: SpansOfPage,
}

impl OverTime {
    /// Reads what a page has to know of the reservations that it goes on with.
    pub(crate) async fn load(
        tx: &mut Tx,
        reservations: &Touched<Reservation>,
    ) -> Result<Self, ViewsError> {
        Ok(Self {
            bookings: BookingsOfPage::load(tx, reservations).await?,
            proposals: ProposalsOfPage::default(),
            agreements: AgreementsOfPage::default(),
            runs: SpansOfPage::of(INSTANCE_RUNS),
            nodes: SpansOfPage::of(NODE_HISTORY),
        })
    }

    /// Folds an event into its reservation, and notes what came of it.
    pub(crate) fn fold_reservation(
        &mut self,
        reservations: &mut Touched<Reservation>,
        (id, of): (ReservationId, &ReservationEvent),
        event: &SourceEvent,
    ) -> Result<(), ViewsError> {
        let changes = matches!(of, ReservationEvent::ReservationChanged { .. });
        let before = reservations.state(&id).filter(|_| changes).cloned();
        let paid_before = reservations.state(&id).map(|state| state.paid);
        reservations.fold(&id, event, |state| state.fold(of))?;
        let Some(after) = reservations.state(&id) else {
            return Ok(());
        };
        if let Some(before) = before {
            self.bookings.note_change((id, &before), after, event);
        }
        self.proposals.note((id, of), after, event);
        let paid_before = paid_before.unwrap_or_default();
        self.agreements.note((id, of), (after, paid_before), event);
        Ok(())
    }

    /// Folds an event into its instance, and notes whether it runs.
    pub(crate) fn fold_instance(
        &mut self,
        instances: &mut Touched<Instance>,
        (id, of): (InstanceId, &InstanceEvent),
        event: &SourceEvent,
    ) -> Result<(), ViewsError> {
        let did_run = instances.state(&id).is_some_and(spans::runs);
        instances.fold(&id, event, |state| state.fold(of))?;
        let Some(after) = instances.state(&id) else {
            return Ok(());
        };
        match (did_run, spans::runs(after)) {
            (false, true) => {
                let node = after.spec.node.0.as_str().into();
                self.runs
                    .begin((id.to_string(), event), vec![node], after.spec.size);
            }
            (true, false) => self.runs.end(id.to_string(), event.recorded_at),
            (true, true) | (false, false) => {}
        }
        Ok(())
    }

    /// Notes how a node is after an event.
    pub(crate) fn note_node(&mut self, (name, after): (&NodeName, &Node), event: &SourceEvent) {
        if event.sequence > 1 {
            self.nodes.end(name.0.clone(), event.recorded_at);
        }
        let status = status_name(after.status).into();
        let began = (name.0.clone(), event);
        self.nodes.begin(began, vec![status], after.capacity);
    }

    /// Writes all of it.
    pub(crate) async fn write(
        self,
        tx: &mut Tx,
        reservations: &Touched<Reservation>,
    ) -> Result<(), ViewsError> {
        self.bookings.write(tx, reservations).await?;
        self.proposals.write(tx).await?;
        self.agreements.write(tx).await?;
        self.runs.write(tx).await?;
        self.nodes.write(tx).await
    }
}

/// A part of a table whose rows have a window, in the order of their starts.
pub(crate) struct InTime<'a> {
    /// Which table.
    pub(crate) table: &'static str,
    /// Its key.
    pub(crate) key: &'static str,
    /// What is read of it; the key and `starts_at` among it.
    pub(crate) columns: &'static str,
    /// What must be equal.
    pub(crate) only: &'a [Equal],
    /// What the rows must overlap.
    pub(crate) window: TimeWindow,
    /// The start and the key of the row before.
    pub(crate) after: Option<(Timestamp, &'a str)>,
    /// Most rows.
    pub(crate) limit: u64,
}

impl InTime<'_> {
    /// The statement that reads it: of each class of windows those whose start can reach into the
    /// window, so that nothing is read of what was over long before.
    pub(crate) fn statement(&self) -> Statement {
        let Self {
            table,
            key,
            columns,
            window,
            ..
        } = self;
        let mut statement = Statement::new("SELECT * FROM (");
        for (n, class) in duration_classes().enumerate() {
            statement.push(if n == 0 { "" } else { " UNION ALL " });
            statement.push(&format!(
                "SELECT * FROM (SELECT {columns} FROM {table} WHERE "
            ));
            for (column, value) in self.only {
                statement.push(column).push(" = ");
                statement.push_value(value.clone()).push(" AND ");
            }
            let reaching = window.starts_at.saturating_add(-longest_of(class));
            let first = self.after.map_or(reaching, |(at, _)| at.max(reaching));
            statement.push("duration_class = ").push_value(class);
            statement.push(" AND starts_at >= ").push_value(first.0);
            statement
                .push(" AND starts_at < ")
                .push_value(window.ends_at.0);
            statement
                .push(" AND ends_at > ")
                .push_value(window.starts_at.0);
            if let Some((at, row)) = self.after {
                statement.push(" AND (starts_at > ").push_value(at.0);
                statement.push(&format!(" OR {key} > ")).push_value(row);
                statement.push(")");
            }
            statement.push(&format!(" ORDER BY starts_at, {key} LIMIT "));
            statement.push_value(self.limit);
            statement.push(&format!(") AS class_{class}"));
        }
        statement.push(&format!(
            ") AS overlapping ORDER BY starts_at, {key} LIMIT "
        ));
        statement.push_value(self.limit);
        statement
    }
}
