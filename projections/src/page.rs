//! Folds a page of events into all views, inside the transaction that moves the checkpoint.

use openpex_aggregates::account::Account;
use openpex_aggregates::instance::Instance;
use openpex_aggregates::live::Fact;
use openpex_aggregates::node::Node;
use openpex_aggregates::reservation::Reservation;
use openpex_aggregates::series::Series;
use openpex_aggregates::site::{SITE_ID, Site};
use openpex_aggregates::standing::StandingRequest;

use crate::error::ViewsError;
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

/// Folds `events` and writes every row they touch once.
pub(crate) async fn write(tx: &mut Tx, events: &[SourceEvent]) -> Result<(), ViewsError> {
    let site = SITE_ID.to_owned();
    let of_reservations = events.iter().filter_map(|event| match &event.fact {
        Fact::Reservation(id, _) => Some((id, event.sequence)),
        Fact::Instance(..)
        | Fact::Node(..)
        | Fact::Site(_)
        | Fact::Account(..)
        | Fact::Series(..)
        | Fact::Standing(..) => None,
    });
    let of_instances = events.iter().filter_map(|event| match &event.fact {
        Fact::Instance(id, _) => Some((id, event.sequence)),
        Fact::Reservation(..)
        | Fact::Node(..)
        | Fact::Site(_)
        | Fact::Account(..)
        | Fact::Series(..)
        | Fact::Standing(..) => None,
    });
    let of_nodes = events.iter().filter_map(|event| match &event.fact {
        Fact::Node(name, _) => Some((name, event.sequence)),
        Fact::Reservation(..)
        | Fact::Instance(..)
        | Fact::Site(_)
        | Fact::Account(..)
        | Fact::Series(..)
        | Fact::Standing(..) => None,
    });
    let of_site = events.iter().filter_map(|event| match &event.fact {
        Fact::Site(_) => Some((&site, event.sequence)),
        Fact::Reservation(..)
        | Fact::Instance(..)
        | Fact::Node(..)
        | Fact::Account(..)
        | Fact::Series(..)
        | Fact::Standing(..) => None,
    });
    let of_accounts = events.iter().filter_map(|event| match &event.fact {
        Fact::Account(id, _) => Some((id, event.sequence)),
        Fact::Reservation(..)
        | Fact::Instance(..)
        | Fact::Node(..)
        | Fact::Site(_)
        | Fact::Series(..)
        | Fact::Standing(..) => None,
    });
    let of_series = events.iter().filter_map(|event| match &event.fact {
        Fact::Series(id, _) => Some((id, event.sequence)),
        Fact::Reservation(..)
        | Fact::Instance(..)
        | Fact::Node(..)
        | Fact::Site(_)
        | Fact::Account(..)
        | Fact::Standing(..) => None,
    });
    let of_standing = events.iter().filter_map(|event| match &event.fact {
        Fact::Standing(id, _) => Some((id, event.sequence)),
        Fact::Reservation(..)
        | Fact::Instance(..)
        | Fact::Node(..)
        | Fact::Site(_)
        | Fact::Account(..)
        | Fact::Series(..) => None,
    });
    let mut reservations = Touched::<Reservation>::load(tx, of_reservations).await?;
    let mut instances = Touched::<Instance>::load(tx, of_instances).await?;
    let mut nodes = Touched::<Node>::load(tx, of_nodes).await?;
    let mut sites = Touched::<Site>::load(tx, of_site).await?;
    let mut accounts = Touched::<Account>::load(tx, of_accounts).await?;
    let mut series = Touched::<Series>::load(tx, of_series).await?;
    let mut standing = Touched::<StandingRequest>::load(tx, of_standing).await?;
    for event in events {
        match &event.fact {
            Fact::Reservation(id, of) => reservations.fold(id, event, |state| state.fold(of))?,
            Fact::Instance(id, of) => instances.fold(id, event, |state| state.fold(of))?,
            Fact::Node(name, of) => nodes.fold(name, event, |state| state.fold(of))?,
            Fact::Site(of) => sites.fold(&site, event, |state| state.fold(of))?,
            Fact::Account(id, of) => accounts.fold(id, event, |state| state.fold(of))?,
            Fact::Series(id, of) => series.fold(id, event, |state| state.fold(of))?,
            Fact::Standing(id, of) => standing.fold(id, event, |state| state.fold(of))?,
        }
    }
    reservations.write(tx).await?;
    instances.write(tx).await?;
    nodes.write(tx).await?;
    sites.write(tx).await?;
    accounts.write(tx).await?;
    series.write(tx).await?;
    standing.write(tx).await
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
    ] {
        tx.execute(&Statement::new(&format!("DELETE FROM {table}")))
            .await?;
    }
    Ok(())
}
