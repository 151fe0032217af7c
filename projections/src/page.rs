//! Folds a page of events into all views, inside the transaction that moves the checkpoint.

use openpex_aggregates::account::Account;
use openpex_aggregates::instance::Instance;
use openpex_aggregates::live::Fact;
use openpex_aggregates::node::Node;
use openpex_aggregates::reservation::Reservation;
use openpex_aggregates::series::Series;
use openpex_aggregates::site::{SITE_ID, Site};
use openpex_aggregates::standing::StandingRequest;
use openpex_aggregates::{
    InstanceId, NodeName, ReservationId, SeriesId, StandingRequestId, UserId,
};

use crate::error::ViewsError;
use crate::over_time::{self, OverTime};
use crate::source::SourceEvent;
use crate::store::{Statement, Tx};
use crate::table::{Table, Touched};

/// Refuses a page that does not go on right after `position`.
pub(crate) fn check_gapless(position: u64, events: &[SourceEvent]) -> Result<(), ViewsError> {
    let mut expected = position;
    for event in events {
        expected = expected.saturating_add(1);
        if event.position != expected {
            let found = event.position;
            return Err(ViewsError::PositionGap { expected, found });
        }
    }
    Ok(())
}

/// The streams that a page of events goes on with, each as often as it does.
#[derive(Default)]
struct Streams<'e> {
    reservations: Vec<(&'e ReservationId, u64)>,
    instances: Vec<(&'e InstanceId, u64)>,
    nodes: Vec<(&'e NodeName, u64)>,
    sites: Vec<(&'e String, u64)>,
    accounts: Vec<(&'e UserId, u64)>,
    series: Vec<(&'e SeriesId, u64)>,
    standing_requests: Vec<(&'e StandingRequestId, u64)>,
}

impl<'e> Streams<'e> {
    fn of(events: &'e [SourceEvent], site: &'e String) -> Self {
        let mut streams = Self::default();
        for SourceEvent { fact, sequence, .. } in events {
            let sequence = *sequence;
            match fact {
                Fact::Reservation(id, _) => streams.reservations.push((id, sequence)),
                Fact::Instance(id, _) => streams.instances.push((id, sequence)),
                Fact::Node(name, _) => streams.nodes.push((name, sequence)),
                Fact::Site(_) => streams.sites.push((site, sequence)),
                Fact::Account(id, _) => streams.accounts.push((id, sequence)),
                Fact::Series(id, _) => streams.series.push((id, sequence)),
                Fact::Standing(id, _) => streams.standing_requests.push((id, sequence)),
            }
        }
        streams
    }
}

/// Folds `events` and writes every row they touch once.
pub(crate) async fn write(tx: &mut Tx, events: &[SourceEvent]) -> Result<(), ViewsError> {
    let Some(first) = events.first().map(|event| event.position) else {
        return Ok(());
    };
    let site = SITE_ID.to_owned();
    let streams = Streams::of(events, &site);
    let mut reservations =
        Touched::<Reservation>::load(tx, streams.reservations.into_iter()).await?;
    let mut over_time = OverTime::load(tx, &reservations).await?;
    let mut instances = Touched::<Instance>::load(tx, streams.instances.into_iter()).await?;
    let mut nodes = Touched::<Node>::load(tx, streams.nodes.into_iter()).await?;
    let mut sites = Touched::<Site>::load(tx, streams.sites.into_iter()).await?;
    let mut accounts = Touched::<Account>::load(tx, streams.accounts.into_iter()).await?;
    let mut series = Touched::<Series>::load(tx, streams.series.into_iter()).await?;
    let mut standing =
        Touched::<StandingRequest>::load(tx, streams.standing_requests.into_iter()).await?;
    for event in events {
        match &event.fact {
            Fact::Reservation(id, of) => {
                over_time.fold_reservation(&mut reservations, (*id, of), event)?;
            }
            Fact::Instance(id, of) => {
                over_time.fold_instance(&mut instances, (*id, of), event)?;
            }
            Fact::Node(name, of) => {
                nodes.fold(name, event, |state| state.fold(of))?;
                if let Some(after) = nodes.state(name) {
                    over_time.note_node((name, after), event);
                }
            }
            Fact::Site(of) => sites.fold(&site, event, |state| state.fold(of))?,
            Fact::Account(id, of) => accounts.fold(id, event, |state| state.fold(of))?,
            Fact::Series(id, of) => series.fold(id, event, |state| state.fold(of))?,
            Fact::Standing(id, of) => standing.fold(id, event, |state| state.fold(of))?,
        }
    }
    over_time.write(tx, &reservations).await?;
    reservations.write(tx, first).await?;
    instances.write(tx, first).await?;
    nodes.write(tx, first).await?;
    sites.write(tx, first).await?;
    accounts.write(tx, first).await?;
    series.write(tx, first).await?;
    standing.write(tx, first).await
}

/// Empties every view.
///
/// With DELETE, since TRUNCATE would lock readers out until the transaction ends.
pub(crate) async fn clear(tx: &mut Tx) -> Result<(), ViewsError> {
    for table in [
        Reservation::NAME,
        Instance::NAME,
        Node::NAME,
        Site::NAME,
        Account::NAME,
        Series::NAME,
        StandingRequest::NAME,
    ]
    .into_iter()
    .chain(over_time::TABLES)
    {
        tx.execute(&Statement::new(&format!("DELETE FROM {table}")))
            .await?;
    }
    Ok(())
}
