//! Joins the views to the rest: the ledger as their source, the REST API as their reader.
//!
//! Owns only the translation between the three; SQL is in the views and in the ledger.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use openpex_aggregates::account::Account;
use openpex_aggregates::node::Node;
use openpex_aggregates::policy::Policy;
use openpex_aggregates::reservation::StatusName;
use openpex_aggregates::{
    InstanceId, NodeName, ReservationId, SeriesId, StandingRequestId, Timestamp, UserId,
};
use openpex_projections::{
    Booking, BookingCursor, BookingFilter, Demand, EventSource, InstanceFilter, LIST_LIMIT_MAX,
    Prices, ReservationFilter, SourceError, SourceEvent, Steps, Utilisation, UtilisationBy, Views,
    ViewsError,
};

use crate::http::{
    InstanceListFilter, InstanceView, Listed, NodeLoad, Page, ReadError, ReadSide,
    ReservationListFilter, ReservationView, SeriesView, StandingRequestView,
};
use crate::ledger::Ledger;
use crate::writer::{Recent, read_page};

/// The ledger as the views' runner reads it: what the writer has just appended needs no reading.
pub struct LedgerSource {
    /// The ledger.
    pub ledger: Ledger,
    /// The newest facts of its writer in this process; those of another are only in the ledger.
    pub recent: Recent,
}

impl EventSource for LedgerSource {
    async fn read_after(
        &self,
        position: u64,
        limit: usize,
    ) -> Result<Vec<SourceEvent>, SourceError> {
        let recent = self.recent.take_after(position, limit);
        if !recent.is_empty() {
            return Ok(recent);
        }
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        Ok(read_page(&self.ledger, position, limit).await?)
    }
}

/// The views as the REST API reads them.
pub struct ViewReads {
    views: Views,
}

impl ViewReads {
    /// Reads from `views`.
    #[must_use]
    pub const fn new(views: Views) -> Self {
        Self { views }
    }

    /// The reservations of a series; none where there is no such series.
    async fn occurrences(&self, id: SeriesId) -> Result<Vec<ReservationId>, ReadError> {
        let found = self.views.series().find(id).await.map_err(unavailable)?;
        let series = found.map(|view| view.state).unwrap_or_default();
        let occurrences = series.occurrences().iter();
        Ok(occurrences.map(|one| one.reservation_id).collect())
    }
}

fn unavailable(error: ViewsError) -> ReadError {
    ReadError::Unavailable(Box::new(error))
}

/// The limits of a statistic are the caller's to keep; all else is not.
fn of_statistic(error: ViewsError) -> ReadError {
    match error {
        ViewsError::TooManyRows { max } => ReadError::TooManyRows { max },
        ViewsError::TooManyNodeSteps { nodes, steps, max } => {
            ReadError::TooManyNodeSteps { nodes, steps, max }
        }
        ViewsError::BadUrl(_)
        | ViewsError::Migration(_)
        | ViewsError::Database(_)
        | ViewsError::Source { .. }
        | ViewsError::PositionGap { .. }
        | ViewsError::SequenceGap { .. }
        | ViewsError::BadRow { .. }
        | ViewsError::RowThere { .. }
        | ViewsError::Overtaken { .. }
        | ViewsError::NewerVersion { .. }
        | ViewsError::NotReady
        | ViewsError::LimitOutOfRange { .. } => unavailable(error),
    }
}

/// Where a page of bookings ended: the start of its last row in milliseconds, a blank, its id.
fn booking_cursor(text: &str) -> Result<BookingCursor, ReadError> {
    let (starts_at, id) = text.split_once(' ').ok_or(ReadError::BadCursor)?;
    let starts_at = starts_at.parse().map_err(|_| ReadError::BadCursor)?;
    Ok(BookingCursor {
        starts_at: Timestamp(starts_at),
        id: id.to_owned(),
    })
}

/// The page in the views' own terms; a cursor is the position where the page before ended.
fn views_page(page: &Page) -> Result<openpex_projections::Page, ReadError> {
    let before = page.cursor.as_deref().map(str::parse).transpose();
    Ok(openpex_projections::Page {
        limit: usize::try_from(page.limit).unwrap_or(usize::MAX),
        before: before.map_err(|_| ReadError::BadCursor)?,
    })
}

/// How long one wait on the views may take; the API bounds its own.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

#[async_trait]
impl ReadSide for ViewReads {
    async fn wait_for(&self, position: u64) -> Result<(), ReadError> {
        if self.views.wait_for(position, LONGEST_WAIT).await {
            return Ok(());
        }
        Err(unavailable(ViewsError::NotReady))
    }

    async fn find_reservation(
        &self,
        id: ReservationId,
    ) -> Result<Option<ReservationView>, ReadError> {
        let found = self
            .views
            .reservations()
            .find(id)
            .await
            .map_err(unavailable)?;
        Ok(found.map(reservation_view))
    }

    async fn list_reservations(
        &self,
        filter: &ReservationListFilter,
        page: &Page,
    ) -> Result<Listed<ReservationView>, ReadError> {
        let among = match filter.series {
            None => None,
            Some(id) => Some(self.occurrences(id).await?),
        };
        let common = &filter.common;
        let filter = ReservationFilter {
            user_id: common.owner,
            status: common.statuses.clone(),
            from: common.from,
            to: common.to,
            template: common.template.clone(),
            instance_type: filter.instance_type.clone(),
            among,
        };
        let listed = self
            .views
            .reservations()
            .list(&filter, views_page(page)?)
            .await;
        let listed = listed.map_err(unavailable)?;
        Ok(Listed {
            next: listed.next.map(|cursor| cursor.to_string()),
            entries: listed.rows.into_iter().map(reservation_view).collect(),
        })
    }

    async fn find_instance(&self, id: InstanceId) -> Result<Option<InstanceView>, ReadError> {
        let found = self.views.instances().find(id).await.map_err(unavailable)?;
        Ok(found.map(instance_view))
    }

    async fn list_instances(
        &self,
        filter: &InstanceListFilter,
        page: &Page,
    ) -> Result<Listed<InstanceView>, ReadError> {
        let common = &filter.common;
        let filter = InstanceFilter {
            user_id: common.owner,
            power_state: common.statuses.clone(),
            from: common.from,
            to: common.to,
            template: common.template.clone(),
            include_removed: filter.removed,
            reservation_id: filter.reservation,
            node: filter.node.clone(),
            stuck: filter.stuck,
        };
        let listed = self
            .views
            .instances()
            .list(&filter, views_page(page)?)
            .await;
        let listed = listed.map_err(unavailable)?;
        Ok(Listed {
            next: listed.next.map(|cursor| cursor.to_string()),
            entries: listed.rows.into_iter().map(instance_view).collect(),
        })
    }

    async fn find_series(&self, id: SeriesId) -> Result<Option<SeriesView>, ReadError> {
        let found = self.views.series().find(id).await.map_err(unavailable)?;
        Ok(found.map(series_view))
    }

    async fn list_series(
        &self,
        owner: Option<UserId>,
        page: &Page,
    ) -> Result<Listed<SeriesView>, ReadError> {
        let listed = self.views.series().list(owner, views_page(page)?).await;
        let listed = listed.map_err(unavailable)?;
        Ok(Listed {
            next: listed.next.map(|cursor| cursor.to_string()),
            entries: listed.rows.into_iter().map(series_view).collect(),
        })
    }

    async fn statuses(
        &self,
        ids: &[ReservationId],
    ) -> Result<HashMap<ReservationId, StatusName>, ReadError> {
        let found = self.views.reservations().statuses(ids).await;
        found.map_err(unavailable)
    }

    async fn find_standing_request(
        &self,
        id: StandingRequestId,
    ) -> Result<Option<StandingRequestView>, ReadError> {
        let found = self.views.standing_requests().find(id).await;
        Ok(found.map_err(unavailable)?.map(standing_request_view))
    }

    async fn list_standing_requests(
        &self,
        owner: Option<UserId>,
        page: &Page,
    ) -> Result<Listed<StandingRequestView>, ReadError> {
        let page = views_page(page)?;
        let listed = self.views.standing_requests().list(owner, page).await;
        let listed = listed.map_err(unavailable)?;
        Ok(Listed {
            next: listed.next.map(|cursor| cursor.to_string()),
            entries: listed.rows.into_iter().map(standing_request_view).collect(),
        })
    }

    async fn nodes(&self) -> Result<Vec<Node>, ReadError> {
        let (mut nodes, mut after) = (Vec::new(), None);
        loop {
            let page = self
                .views
                .nodes()
                .list(LIST_LIMIT_MAX, after.as_ref())
                .await;
            let page = page.map_err(unavailable)?;
            nodes.extend(page.rows.into_iter().map(|row| row.state));
            after = page.next;
            if after.is_none() {
                return Ok(nodes);
            }
        }
    }

    async fn node_loads(&self) -> Result<HashMap<NodeName, NodeLoad>, ReadError> {
        let nodes = self.views.nodes();
        let mut loads = HashMap::<NodeName, NodeLoad>::new();
        for (node, instances) in nodes.instances().await.map_err(unavailable)? {
            loads.entry(node).or_default().instances = instances;
        }
        for (node, since) in nodes.since().await.map_err(unavailable)? {
            loads.entry(node).or_default().since = Some(since);
        }
        Ok(loads)
    }

    async fn bookings(
        &self,
        filter: &BookingFilter,
        page: &Page,
    ) -> Result<Listed<Booking>, ReadError> {
        let after = page.cursor.as_deref().map(booking_cursor).transpose()?;
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let listed = self
            .views
            .bookings()
            .list(filter, limit, after.as_ref())
            .await;
        let listed = listed.map_err(unavailable)?;
        let next = listed
            .next
            .map(|next| format!("{} {}", next.starts_at.0, next.id));
        Ok(Listed {
            entries: listed.rows,
            next,
        })
    }

    async fn utilisation(
        &self,
        steps: &Steps,
        by: &UtilisationBy,
        now: Timestamp,
    ) -> Result<Utilisation, ReadError> {
        let found = self.views.statistics().utilisation(steps, by, now).await;
        found.map_err(of_statistic)
    }

    async fn demand(&self, steps: &Steps) -> Result<Demand, ReadError> {
        self.views
            .statistics()
            .demand(steps)
            .await
            .map_err(of_statistic)
    }

    async fn prices(&self, steps: &Steps) -> Result<Prices, ReadError> {
        self.views
            .statistics()
            .prices(steps)
            .await
            .map_err(of_statistic)
    }

    async fn account(&self, user_id: UserId) -> Result<Option<Account>, ReadError> {
        let found = self.views.accounts().find(user_id).await;
        Ok(found.map_err(unavailable)?.map(|view| view.state))
    }

    async fn policy(&self) -> Result<Policy, ReadError> {
        let in_force = self.views.policy().in_force().await.map_err(unavailable)?;
        Ok(in_force.map(|view| view.state.policy).unwrap_or_default())
    }
}

fn standing_request_view(row: openpex_projections::StandingRequestView) -> StandingRequestView {
    StandingRequestView {
        id: row.id,
        request: row.state,
        sequence: row.sequence,
        position: row.position,
    }
}

fn series_view(row: openpex_projections::SeriesView) -> SeriesView {
    SeriesView {
        id: row.id,
        series: row.state,
        sequence: row.sequence,
        position: row.position,
    }
}

fn reservation_view(view: openpex_projections::ReservationView) -> ReservationView {
    ReservationView {
        id: view.id,
        instances: view.instances,
        reservation: view.state,
        sequence: view.sequence,
        position: view.position,
    }
}

fn instance_view(row: openpex_projections::InstanceView) -> InstanceView {
    InstanceView {
        instance: row.state,
        sequence: row.sequence,
        position: row.position,
    }
}
