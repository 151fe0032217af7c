//! What reservations have of each node over time, as bars on a time line.
//!
//! Owns the rows of `bookings`. Those in force follow from the reservation as it stands. Only what a
//! running reservation had before it was changed does not: that is cut off at the change and kept.
//!
//! ```text
//! agreed on      |---- 4 instances ----------------|
//! changed at t   |---- piece 7 ----|-- 2, piece 0 --|
//! ```

use std::collections::{BTreeMap, HashMap, HashSet};

use openpex_aggregates::capacity::Placement;
use openpex_aggregates::reservation::{Offer, Reservation, StatusName};
use openpex_aggregates::{NodeName, ReservationId, Resources, TimeWindow, Timestamp, UserId};

use super::InTime;
use crate::error::ViewsError;
use crate::list::{Equal, Listed, Page, duration_class};
use crate::reservations::read_status;
use crate::source::{SourceError, SourceEvent};
use crate::store::{Rows, Statement, Tx, Value};
use crate::table::{KEYS_MAX, Touched};
use crate::views::Views;

/// The table.
pub(crate) const BOOKINGS: &str = "bookings";
const KEY: &str = "booking_id";
const COLUMNS: &[&str] = &[
    "reservation_id",
    "user_id",
    "node",
    "kind",
    "offer",
    "piece",
    "count",
    "instance_type",
    "vcpus",
    "memory_mib",
    "disk_gib",
    "starts_at",
    "ends_at",
    "duration_class",
];

/// Whether both agreed on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookingKind {
    /// Both agreed on it.
    Firm,
    /// It is held for an offer; of several offers of a reservation at most one comes true.
    Held,
}

impl BookingKind {
    /// As stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Firm => "firm",
            Self::Held => "held",
        }
    }
}

/// Instances of a reservation on one node, over one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    /// Names the row.
    pub id: String,
    /// Of which reservation.
    pub reservation_id: ReservationId,
    /// Where that stands.
    pub status: StatusName,
    /// Whose it is.
    pub user_id: UserId,
    /// On which node.
    pub node: NodeName,
    /// Agreed on, or only held.
    pub kind: BookingKind,
    /// Of which offer.
    pub offer: u32,
    /// How many instances.
    pub count: u32,
    /// Of which type.
    pub instance_type: String,
    /// From when until when; of what was agreed on, as it really was.
    pub window: TimeWindow,
}

/// Which bookings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookingFilter {
    /// What they overlap.
    pub window: TimeWindow,
    /// Whose; everybody's where it is left out.
    pub user_id: Option<UserId>,
    /// On which node; on any where it is left out.
    pub node: Option<NodeName>,
}

/// Where a page of bookings ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookingCursor {
    /// The start of its last row.
    pub starts_at: Timestamp,
    /// The id of its last row.
    pub id: String,
}

/// Queries of the bookings; from [`Views::bookings`].
pub struct Bookings<'a>(pub(crate) &'a Views);

impl Bookings<'_> {
    /// A page of those that pass the filter, oldest start first.
    ///
    /// # Errors
    /// [`ViewsError::LimitOutOfRange`], [`ViewsError::NotReady`], or the store's.
    pub async fn list(
        &self,
        filter: &BookingFilter,
        limit: usize,
        after: Option<&BookingCursor>,
    ) -> Result<Listed<Booking, BookingCursor>, ViewsError> {
        let of_user = filter.user_id.map(|id| ("user_id", Value::from(id.0)));
        let node = filter.node.as_ref();
        let on_node = node.map(|node| ("node", Value::from(node.0.as_str())));
        let only: Vec<Equal> = of_user.into_iter().chain(on_node).collect();
        let part = InTime {
            table: BOOKINGS,
            key: KEY,
            columns: "booking_id, reservation_id, user_id, node, kind, offer, count, instance_type, \
                      starts_at, ends_at",
            only: &only,
            window: filter.window,
            after: after.map(|after| (after.starts_at, after.id.as_str())),
            limit: Page::checked_limit(limit)? + 1,
        };
        // Which status the reservation has is its own row's to say: it changes more often.
        let found = part.statement().around(
            "SELECT part.*, reservations.status FROM (",
            ") AS part JOIN reservations ON reservations.reservation_id = part.reservation_id \
             ORDER BY part.starts_at, part.booking_id",
        );
        let rows = self.0.fetch::<StoredBooking>(&found).await?;
        let rows: Result<Vec<_>, _> = rows.into_iter().map(StoredBooking::read).collect();
        Ok(Listed::cut(rows?, limit, |row: &Booking| BookingCursor {
            starts_at: row.window.starts_at,
            id: row.id.clone(),
        }))
    }
}

#[derive(sqlx::FromRow)]
struct StoredBooking {
    booking_id: String,
    reservation_id: String,
    user_id: i64,
    node: String,
    kind: String,
    offer: i64,
    count: i64,
    instance_type: String,
    starts_at: i64,
    ends_at: i64,
    status: String,
}

impl StoredBooking {
    fn read(self) -> Result<Booking, ViewsError> {
        let bad = |source: SourceError| ViewsError::BadRow {
            view: BOOKINGS,
            key: self.booking_id.clone(),
            source,
        };
        let number = |n: i64| u32::try_from(n).map_err(|error| bad(error.into()));
        let kind = match self.kind.as_str() {
            "firm" => BookingKind::Firm,
            "held" => BookingKind::Held,
            other => return Err(bad(format!("no kind {other:?} is known").into())),
        };
        let reservation_id = self.reservation_id.parse();
        Ok(Booking {
            reservation_id: reservation_id.map_err(|error: uuid::Error| bad(error.into()))?,
            status: read_status(&self.status).map_err(bad)?,
            user_id: UserId(self.user_id),
            kind,
            offer: number(self.offer)?,
            count: number(self.count)?,
            window: TimeWindow {
                starts_at: Timestamp(self.starts_at),
                ends_at: Timestamp(self.ends_at),
            },
            id: self.booking_id,
            node: NodeName(self.node),
            instance_type: self.instance_type,
        })
    }
}

/// A row as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    id: String,
    reservation_id: ReservationId,
    user_id: UserId,
    node: NodeName,
    kind: BookingKind,
    offer: u32,
    piece: u64,
    count: u32,
    instance_type: String,
    size: Resources,
    window: TimeWindow,
}

impl Row {
    fn into_values(self) -> Vec<Value> {
        vec![
            self.id.into(),
            self.reservation_id.to_string().into(),
            self.user_id.0.into(),
            self.node.0.into(),
            self.kind.as_str().into(),
            i64::from(self.offer).into(),
            self.piece.into(),
            i64::from(self.count).into(),
            self.instance_type.into(),
            self.size.vcpus.into(),
            self.size.memory_mib.into(),
            self.size.disk_gib.into(),
            self.window.starts_at.0.into(),
            self.window.ends_at.0.into(),
            duration_class(self.window.duration_ms()).into(),
        ]
    }
}

/// The rows in force of a reservation; what was agreed on begins at `from` at the earliest.
fn rows_of(id: ReservationId, state: &Reservation, from: Timestamp) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |kind, offer: &Offer, placement: &Placement, window: TimeWindow| {
        let mut on = BTreeMap::<&NodeName, u32>::new();
        for part in &placement.0 {
            let count = on.entry(&part.node).or_default();
            *count = count.saturating_add(part.count);
        }
        // Options of an agreement are beside it, under the same number.
        let is_option = kind == BookingKind::Held && state.status.name().is_agreed();
        let mark = if is_option { "+" } else { "" };
        let number = offer.offer_id.0;
        rows.extend(on.into_iter().map(|(node, count)| Row {
            id: format!("{id}/0/{number}{mark}/{node}"),
            reservation_id: id,
            user_id: state.user_id,
            node: node.clone(),
            kind,
            offer: number,
            piece: 0,
            count,
            instance_type: offer.terms.instance_type.clone(),
            size: offer.terms.size,
            window,
        }));
    };
    if let (Some(agreement), Some(claim)) = (state.status.agreement(), state.agreed_claim()) {
        let starts_at = claim.window.starts_at.max(from);
        let window = TimeWindow {
            starts_at,
            ..claim.window
        };
        add(BookingKind::Firm, agreement, &claim.placement, window);
        if let Some(options) = &agreement.options
            && state.status.name().is_agreed()
        {
            add(BookingKind::Held, agreement, &options.held, window);
        }
    }
    let change = state.change.iter().flat_map(|change| change.held_offers());
    for offer in state.status.held_offers().chain(change) {
        let placement = match &offer.options {
            None => offer.placement.clone(),
            Some(options) => offer.placement.and(&options.held),
        };
        add(BookingKind::Held, offer, &placement, offer.terms.window);
    }
    rows.retain(|row| row.window.starts_at < row.window.ends_at && row.count > 0);
    rows
}

/// What was agreed on, as far as it is before `at`.
fn firm_before(rows: Vec<Row>, at: Timestamp) -> Vec<Row> {
    let cut = |mut row: Row| {
        row.window.ends_at = row.window.ends_at.min(at);
        row
    };
    let firm = rows.into_iter().filter(|row| row.kind == BookingKind::Firm);
    firm.map(cut)
        .filter(|row| row.window.starts_at < row.window.ends_at)
        .collect()
}

/// Whether both are the same instances at the same time, whatever offer they are of.
fn are_alike(some: &[Row], others: &[Row]) -> bool {
    let of = |row: &Row| (row.node.clone(), row.count, row.size, row.window);
    some.iter().map(of).eq(others.iter().map(of))
}

/// What a page changes of the bookings.
pub(super) struct BookingsOfPage {
    /// The rows in force before the page, of those reservations that began before it.
    before: HashMap<ReservationId, Vec<Row>>,
    /// From when on the agreement in force is in force, where that is later than its start.
    from: HashMap<ReservationId, Timestamp>,
    /// What was in force until a change.
    pieces: Vec<Row>,
}

impl BookingsOfPage {
    pub(super) async fn load(
        tx: &mut Tx,
        reservations: &Touched<Reservation>,
    ) -> Result<Self, ViewsError> {
        let changed = reservations.rows().filter(|row| row.state.changes > 0);
        let changed: Vec<String> = changed.map(|row| row.id.to_string()).collect();
        let mut from = HashMap::new();
        for ids in changed.chunks(KEYS_MAX) {
            let mut statement = Statement::new(
                "SELECT reservation_id, MAX(ends_at) FROM bookings WHERE piece > 0 AND \
                 reservation_id IN (",
            );
            statement
                .push_padded(ids.iter().cloned())
                .push(") GROUP BY reservation_id");
            for (id, ends_at) in tx.fetch::<(String, i64)>(&statement).await? {
                let read = id.parse().map_err(|error: uuid::Error| ViewsError::BadRow {
                    view: BOOKINGS,
                    key: id,
                    source: error.into(),
                });
                from.insert(read?, Timestamp(ends_at));
            }
        }
        let mut page = Self {
            before: HashMap::new(),
            from,
            pieces: Vec::new(),
        };
        for row in reservations.rows() {
            let rows = rows_of(row.id, &row.state, page.in_force_from(row.id));
            page.before.insert(row.id, rows);
        }
        Ok(page)
    }

    fn in_force_from(&self, id: ReservationId) -> Timestamp {
        let from = self.from.get(&id).copied();
        from.unwrap_or(Timestamp(i64::MIN))
    }

    /// Other terms are in force: what was before them stays where it differs.
    pub(super) fn note_change(
        &mut self,
        (id, before): (ReservationId, &Reservation),
        after: &Reservation,
        event: &SourceEvent,
    ) {
        let (at, from) = (event.recorded_at, self.in_force_from(id));
        let past = firm_before(rows_of(id, before, from), at);
        if are_alike(&past, &firm_before(rows_of(id, after, from), at)) {
            return;
        }
        self.from.insert(id, at);
        let piece = event.sequence;
        self.pieces.extend(past.into_iter().map(|row| Row {
            id: format!("{id}/{piece}/{}/{}", row.offer, row.node),
            piece,
            ..row
        }));
    }

    pub(super) async fn write(
        mut self,
        tx: &mut Tx,
        reservations: &Touched<Reservation>,
    ) -> Result<(), ViewsError> {
        let (mut gone, mut changed) = (Vec::new(), Vec::new());
        let mut begun = std::mem::take(&mut self.pieces);
        for row in reservations.rows() {
            let before = self.before.remove(&row.id).unwrap_or_default();
            let after = rows_of(row.id, &row.state, self.in_force_from(row.id));
            if before == after {
                continue;
            }
            let kept: HashSet<&str> = after.iter().map(|row| row.id.as_str()).collect();
            let stale = before.iter().filter(|row| !kept.contains(row.id.as_str()));
            gone.extend(stale.map(|row| row.id.clone()));
            for row in after {
                match before.iter().find(|known| known.id == row.id) {
                    None => begun.push(row),
                    Some(known) if *known != row => changed.push(row),
                    Some(_) => {}
                }
            }
        }
        for ids in gone.chunks(KEYS_MAX) {
            let mut statement = Statement::new("DELETE FROM bookings WHERE booking_id IN (");
            statement.push_padded(ids.iter().cloned()).push(")");
            tx.execute(&statement).await?;
        }
        tx.upsert(in_order(changed)).await?;
        tx.insert(in_order(begun)).await
    }
}

/// Rows as they are written, by their key.
fn in_order(mut rows: Vec<Row>) -> Rows {
    rows.sort_unstable_by(|one, other| one.id.cmp(&other.id));
    let values = rows.into_iter().map(Row::into_values);
    Rows::of_plain_rows(BOOKINGS, KEY, COLUMNS).with_rows(values)
}
