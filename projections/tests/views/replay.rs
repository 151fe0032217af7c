//! What the views must be: a direct fold of all facts, and everything the views have, side by side.

use std::collections::BTreeMap;

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
use openpex_projections::{
    AccountView, InstanceFilter, InstanceView, NodeView, Page, PolicyView, ReservationFilter,
    ReservationView, SeriesView, SourceEvent, StandingRequestView, View, Views,
};

/// The highest user id that a feed uses.
const USERS_MAX: i64 = 100;

/// Everything, each kind in the order of its lists.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Everything {
    pub reservations: Vec<ReservationView>,
    pub instances: Vec<InstanceView>,
    pub nodes: Vec<NodeView>,
    pub policy: Option<PolicyView>,
    pub accounts: Vec<AccountView>,
    pub series: Vec<SeriesView>,
    pub standing_requests: Vec<StandingRequestView>,
}

fn seen<Id: Clone + Ord, A: Default>(
    all: &mut BTreeMap<Id, View<Id, A>>,
    id: &Id,
    event: &SourceEvent,
    fold: impl FnOnce(&mut A),
) {
    let view = all.entry(id.clone()).or_insert_with(|| View {
        id: id.clone(),
        state: A::default(),
        sequence: 0,
        position: 0,
        created_position: event.position,
    });
    fold(&mut view.state);
    (view.sequence, view.position) = (event.sequence, event.position);
}

/// Folds all facts one by one.
pub fn fold(events: &[SourceEvent]) -> Everything {
    let mut reservations = BTreeMap::<ReservationId, View<_, Reservation>>::new();
    let mut instances = BTreeMap::<InstanceId, View<_, Instance>>::new();
    let mut nodes = BTreeMap::<NodeName, View<_, Node>>::new();
    let mut sites = BTreeMap::<String, View<_, Site>>::new();
    let mut accounts = BTreeMap::<UserId, View<_, Account>>::new();
    let mut series = BTreeMap::<SeriesId, View<_, Series>>::new();
    let mut standing = BTreeMap::<StandingRequestId, View<_, StandingRequest>>::new();
    for event in events {
        match &event.fact {
            Fact::Reservation(id, of) => seen(&mut reservations, id, event, |s| s.fold(of)),
            Fact::Instance(id, of) => seen(&mut instances, id, event, |s| s.fold(of)),
            Fact::Node(name, of) => seen(&mut nodes, name, event, |s| s.fold(of)),
            Fact::Site(of) => seen(&mut sites, &SITE_ID.to_owned(), event, |s| s.fold(of)),
            Fact::Account(id, of) => seen(&mut accounts, id, event, |s| s.fold(of)),
            Fact::Series(id, of) => seen(&mut series, id, event, |s| s.fold(of)),
            Fact::Standing(id, of) => seen(&mut standing, id, event, |s| s.fold(of)),
        }
    }
    let mut instances: Vec<_> = instances.into_values().collect();
    instances.sort_by_key(|view| std::cmp::Reverse(view.created_position));
    let mut of: BTreeMap<ReservationId, Vec<InstanceId>> = BTreeMap::new();
    for view in instances.iter().rev() {
        let of = of.entry(view.state.spec.reservation_id).or_default();
        of.push(view.id);
    }
    let seen = |view: View<ReservationId, Reservation>| ReservationView {
        instances: of.remove(&view.id).unwrap_or_default(),
        id: view.id,
        state: view.state,
        sequence: view.sequence,
        position: view.position,
        created_position: view.created_position,
    };
    let mut reservations: Vec<_> = reservations.into_values().map(seen).collect();
    reservations.sort_by_key(|view| std::cmp::Reverse(view.created_position));
    Everything {
        reservations,
        instances,
        nodes: nodes.into_values().collect(),
        policy: sites.into_values().next(),
        accounts: accounts.into_values().collect(),
        standing_requests: {
            let mut standing: Vec<_> = standing.into_values().collect();
            standing.sort_by_key(|view| std::cmp::Reverse(view.created_position));
            standing
        },
        series: {
            let mut series: Vec<_> = series.into_values().collect();
            series.sort_by_key(|view| std::cmp::Reverse(view.created_position));
            series
        },
    }
}

/// Pages through all reservations that pass a filter.
pub async fn reservations(
    views: &Views,
    filter: &ReservationFilter,
    limit: usize,
) -> Vec<ReservationView> {
    let (mut all, mut page) = (Vec::new(), Page::first(limit));
    loop {
        let listed = views.reservations().list(filter, page).await.unwrap();
        assert!(listed.rows.len() <= limit);
        all.extend(listed.rows);
        page.before = listed.next;
        if page.before.is_none() {
            return all;
        }
    }
}

/// Pages through all instances that pass a filter.
pub async fn instances(views: &Views, filter: &InstanceFilter, limit: usize) -> Vec<InstanceView> {
    let (mut all, mut page) = (Vec::new(), Page::first(limit));
    loop {
        let listed = views.instances().list(filter, page).await.unwrap();
        all.extend(listed.rows);
        page.before = listed.next;
        if page.before.is_none() {
            return all;
        }
    }
}

/// Everything that the views have.
pub async fn read(views: &Views) -> Everything {
    let include_removed = InstanceFilter {
        include_removed: true,
        ..InstanceFilter::default()
    };
    let (mut nodes, mut after) = (Vec::new(), None);
    loop {
        let listed = views.nodes().list(3, after.as_ref()).await.unwrap();
        nodes.extend(listed.rows);
        after = listed.next;
        if after.is_none() {
            break;
        }
    }
    let mut accounts = Vec::new();
    for user in 0..=USERS_MAX {
        accounts.extend(views.accounts().find(UserId(user)).await.unwrap());
    }
    Everything {
        accounts,
        reservations: reservations(views, &ReservationFilter::default(), 100).await,
        instances: instances(views, &include_removed, 100).await,
        nodes,
        policy: views.policy().in_force().await.unwrap(),
        standing_requests: views
            .standing_requests()
            .list(None, Page::first(1_000))
            .await
            .unwrap()
            .rows,
        series: views
            .series()
            .list(None, Page::first(1_000))
            .await
            .unwrap()
            .rows,
    }
}

/// Says which kind differs rather than printing all of both.
pub fn assert_equal(found: &Everything, wanted: &Everything) {
    assert_eq!(found.policy, wanted.policy);
    assert_eq!(found.nodes, wanted.nodes);
    assert_eq!(found.accounts, wanted.accounts);
    assert_eq!(found.series, wanted.series);
    assert_eq!(found.standing_requests, wanted.standing_requests);
    assert_eq!(found.reservations.len(), wanted.reservations.len());
    assert_eq!(found.instances.len(), wanted.instances.len());
    for (found, wanted) in found.reservations.iter().zip(&wanted.reservations) {
        assert_eq!(found, wanted);
    }
    for (found, wanted) in found.instances.iter().zip(&wanted.instances) {
        assert_eq!(found, wanted);
    }
}
