//! The view of reservations: every one there ever was, as it stands.

use std::collections::{BTreeSet, HashMap};

use openpex_aggregates::instance::Instance;
use openpex_aggregates::reservation::{Reservation, StatusName};
use openpex_aggregates::terms::Terms;
use openpex_aggregates::{InstanceId, ReservationId, Timestamp, UserId};

use crate::error::ViewsError;
use crate::list::{Also, Listed, Listing, Page, duration_class};
use crate::source::SourceError;
use crate::store::Value;
use crate::table::{KEYS_MAX, StoredView, Table, View, columns_of, find_stored};
use crate::views::Views;

/// A reservation as of the checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservationView {
    /// Which.
    pub id: ReservationId,
    /// Its state.
    pub state: Reservation,
    /// The number of its newest event in its stream.
    pub sequence: u64,
    /// The position of its newest event.
    pub position: u64,
    /// The position of its first event; never changes.
    pub created_position: u64,
    /// Its instances in the order of their making, those included whose VM is gone.
    pub instances: Vec<InstanceId>,
}

/// Which reservations; what is not set does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReservationFilter {
    /// Whose.
    pub user_id: Option<UserId>,
    /// Of any of these statuses; of all where there are none.
    pub status: Vec<StatusName>,
    /// Whose window does not end at or before this.
    pub from: Option<Timestamp>,
    /// Whose window starts before this.
    pub to: Option<Timestamp>,
    /// Of this template.
    pub template: Option<String>,
    /// Of this instance type.
    pub instance_type: Option<String>,
    /// Among these, which are at most as many as a series has.
    pub among: Option<Vec<ReservationId>>,
}

/// Queries of the reservations; from [`Views::reservations`].
pub struct Reservations<'a>(pub(crate) &'a Views);

impl Table for Reservation {
    type Id = ReservationId;
    const NAME: &'static str = "reservations";
    const KEY: &'static str = "reservation_id";
    const COLUMNS: &'static [&'static str] = &[
        "user_id",
        "status",
        "template",
        "instance_type",
        "starts_at",
        "ends_at",
        "duration_class",
        "created_at",
    ];

    fn columns(&self) -> Vec<Value> {
        let terms = self.terms();
        let text = |of: fn(&Terms) -> &String| terms.map(|t| of(t).clone());
        vec![
            self.user_id.0.into(),
            self.status.name().as_str().into(),
            text(|terms| &terms.template).into(),
            text(|terms| &terms.instance_type).into(),
            terms.map(|terms| terms.window.starts_at.0).into(),
            terms.map(|terms| terms.window.ends_at.0).into(),
            terms
                .map(|terms| duration_class(terms.window.duration_ms()))
                .into(),
            self.initiated_at.0.into(),
        ]
    }

    const READ_WITH: &'static str = ", (SELECT string_agg(instance_id, ' ' ORDER BY instances.created_position) \
        FROM instances WHERE instances.reservation_id = listed.reservation_id) AS instances";

    fn read_id(text: &str) -> Result<Self::Id, SourceError> {
        Ok(text.parse()?)
    }
}

impl ReservationView {
    fn read(mut stored: StoredView) -> Result<Self, ViewsError> {
        let instances = stored.instances.take().unwrap_or_default();
        let instances = instances.split_ascii_whitespace().map(Instance::read_id);
        let instances = instances.collect::<Result<_, _>>();
        let instances = instances.map_err(|source| ViewsError::BadRow {
            view: Reservation::NAME,
            key: stored.id.clone(),
            source,
        })?;
        let view: View<ReservationId, Reservation> = stored.read()?;
        Ok(Self {
            id: view.id,
            state: view.state,
            sequence: view.sequence,
            position: view.position,
            created_position: view.created_position,
            instances,
        })
    }
}

/// The status of this name.
pub(crate) fn read_status(text: &str) -> Result<StatusName, SourceError> {
    let known = StatusName::ALL.into_iter().find(|s| s.as_str() == text);
    known.ok_or_else(|| format!("no status {text:?} is known").into())
}

impl Reservations<'_> {
    /// One reservation.
    ///
    /// # Errors
    /// [`ViewsError::NotReady`], or the store's.
    pub async fn find(&self, id: ReservationId) -> Result<Option<ReservationView>, ViewsError> {
        let found = find_stored::<Reservation>(self.0, &id).await?;
        found.map(ReservationView::read).transpose()
    }

    /// Where each of these reservations stands; those that are not there are left out.
    ///
    /// # Errors
    /// [`ViewsError::NotReady`], or the store's.
    pub async fn statuses(
        &self,
        ids: &[ReservationId],
    ) -> Result<HashMap<ReservationId, StatusName>, ViewsError> {
        let mut statuses = HashMap::with_capacity(ids.len());
        for ids in ids.chunks(KEYS_MAX) {
            let statement = columns_of::<Reservation>("status", ids);
            for (id, status) in self.0.fetch::<(String, String)>(&statement).await? {
                if let (Ok(id), Ok(status)) = (id.parse(), read_status(&status)) {
                    statuses.insert(id, status);
                }
            }
        }
        Ok(statuses)
    }

    /// A page of those that pass the filter, newest first.
    ///
    /// # Errors
    /// [`ViewsError::LimitOutOfRange`], [`ViewsError::NotReady`], or the store's.
    pub async fn list(
        &self,
        filter: &ReservationFilter,
        page: Page,
    ) -> Result<Listed<ReservationView>, ViewsError> {
        let listing = filter.listing();
        let stored = listing.read_stored::<Reservation>(self.0, page).await?;
        stored.try_map(ReservationView::read)
    }
}

impl ReservationFilter {
    fn listing(&self) -> Listing {
        let of_user = self.user_id.map(|id| ("user_id", Value::from(id.0)));
        let asked: BTreeSet<StatusName> = self.status.iter().copied().collect();
        let branch = |status: Option<StatusName>| {
            let of_status = status.map(|status| ("status", status.as_str().into()));
            of_user.clone().into_iter().chain(of_status).collect()
        };
        let branches = if asked.is_empty() {
            vec![branch(None)]
        } else {
            asked.into_iter().map(|s| branch(Some(s))).collect()
        };
        let of_type = self.instance_type.as_deref();
        let of_type = of_type.map(|name| Also::Equal(("instance_type", name.into())));
        let template = self.template.as_deref();
        let of_template = template.map(|name| Also::Equal(("template", name.into())));
        let ids = |ids: &Vec<ReservationId>| ids.iter().map(ToString::to_string).collect();
        Listing {
            branches,
            also: of_type.into_iter().chain(of_template).collect(),
            among: self.among.as_ref().map(ids),
            from: self.from,
            to: self.to,
        }
    }
}
