//! Lists: order, filters, paging while more comes in, and their limits.

use std::collections::{BTreeMap, BTreeSet};

use openpex_aggregates::instance::{PowerState, Work};
use openpex_aggregates::reservation::StatusName;
use openpex_aggregates::{InstanceId, ReservationId, Timestamp, UserId};
use openpex_projections::{
    InstanceFilter, InstanceView, LIST_LIMIT_MAX, Page, ReservationFilter, ReservationView,
    ViewsError,
};

use crate::feed::{Feed, TEMPLATES, USERS};
use crate::ledger::{Ledger, PATIENCE, level};
use crate::replay;
use crate::stores::{Fresh, on_both_stores};

on_both_stores!(
    a_list_of_reservations_is_what_passes_the_filter_newest_first,
    a_list_of_instances_is_what_passes_the_filter_newest_first,
    what_only_one_list_is_asked_for_is_what_passes,
    paging_meets_every_reservation_once_while_new_ones_come,
    pages_of_no_rows_or_too_many_are_refused,
    one_is_found_by_its_id,
    analysts_see_times,
    what_is_too_much_for_candidates_is_listed_the_same,
    more_readers_than_connections_wait_their_turn,
);

fn overlaps(window: Option<(i64, i64)>, from: Option<Timestamp>, to: Option<Timestamp>) -> bool {
    if from.is_none() && to.is_none() {
        return true;
    }
    window.is_some_and(|(starts_at, ends_at)| {
        from.is_none_or(|from| ends_at > from.0) && to.is_none_or(|to| starts_at < to.0)
    })
}

fn passing(all: &[ReservationView], filter: &ReservationFilter) -> Vec<ReservationView> {
    all.iter()
        .filter(|view| passes(view, filter))
        .cloned()
        .collect()
}

fn passes(view: &ReservationView, filter: &ReservationFilter) -> bool {
    let terms = view.state.terms();
    let window = terms.map(|t| (t.window.starts_at.0, t.window.ends_at.0));
    filter
        .user_id
        .is_none_or(|user_id| user_id == view.state.user_id)
        && (filter.status.is_empty() || filter.status.contains(&view.state.status.name()))
        && overlaps(window, filter.from, filter.to)
        && filter
            .template
            .as_ref()
            .is_none_or(|t| terms.is_some_and(|terms| terms.template == *t))
}

async fn a_list_of_reservations_is_what_passes_the_filter_newest_first(fresh: Fresh) {
    let mut feed = Feed::after(5, 900);
    let ledger = Ledger::new(feed.take());
    let (views, _running) = level(&fresh.url, &ledger).await;
    let all = replay::fold(&ledger.events()).reservations;
    let some_window = all
        .iter()
        .find_map(|view| view.state.terms())
        .unwrap()
        .window;
    let later = feed.now.saturating_add(3_600_000);

    let mut met = BTreeMap::new();
    let users = (0..=USERS).map(|n| (n > 0).then(|| UserId(i64::try_from(n).unwrap())));
    for user_id in users {
        for status in [
            vec![],
            vec![StatusName::Expired],
            vec![
                StatusName::Confirmed,
                StatusName::Activated,
                StatusName::Confirmed,
            ],
            StatusName::ALL.to_vec(),
        ] {
            for (from, to) in [
                (None, None),
                (Some(feed.now), None),
                (None, Some(feed.now)),
                (Some(feed.now), Some(later)),
                // Half open: what ends at `from` or starts at `to` is outside.
                (
                    Some(some_window.ends_at),
                    Some(some_window.ends_at.saturating_add(1)),
                ),
                (
                    Some(some_window.starts_at),
                    Some(some_window.starts_at.saturating_add(1)),
                ),
            ] {
                for template in [None, Some(TEMPLATES[0].to_owned())] {
                    let status = status.clone();
                    let filter = ReservationFilter {
                        user_id,
                        status,
                        from,
                        to,
                        template,
                        ..ReservationFilter::default()
                    };
                    let found = replay::reservations(&views, &filter, 17).await;
                    let wanted = passing(&all, &filter);
                    assert_eq!(found, wanted, "{filter:?}");
                    *met.entry(found.len().min(18)).or_insert(0) += 1;
                }
            }
        }
    }
    assert!(
        met.len() > 5,
        "filters let everything or nothing through: {met:?}"
    );
}

async fn a_list_of_instances_is_what_passes_the_filter_newest_first(fresh: Fresh) {
    let mut feed = Feed::after(6, 900);
    let ledger = Ledger::new(feed.take());
    let (views, _running) = level(&fresh.url, &ledger).await;
    let all = replay::fold(&ledger.events()).instances;
    for user_id in [None, Some(UserId(1))] {
        for power_state in [
            vec![],
            vec![PowerState::Running],
            vec![PowerState::Halted, PowerState::Unknown],
        ] {
            for include_removed in [false, true] {
                for from in [None, Some(feed.now)] {
                    let filter = InstanceFilter {
                        user_id,
                        power_state: power_state.clone(),
                        from,
                        to: None,
                        template: Some(TEMPLATES[1].to_owned()),
                        include_removed,
                        ..InstanceFilter::default()
                    };
                    let passes = |view: &&InstanceView| {
                        user_id.is_none_or(|id| id == view.state.user_id)
                            && (power_state.is_empty()
                                || power_state.contains(&view.state.observed.power_state))
                            && from.is_none_or(|from| view.state.window.ends_at > from)
                            && view.state.spec.template == TEMPLATES[1]
                            && (include_removed || !view.state.removed)
                    };
                    let wanted: Vec<_> = all.iter().filter(passes).cloned().collect();
                    let found = replay::instances(&views, &filter, 13).await;
                    assert_eq!(found, wanted, "{filter:?}");
                }
            }
        }
    }
}

async fn what_only_one_list_is_asked_for_is_what_passes(fresh: Fresh) {
    let mut feed = Feed::after(8, 900);
    let ledger = Ledger::new(feed.take());
    let (views, _running) = level(&fresh.url, &ledger).await;
    let all = replay::fold(&ledger.events());
    let terms = all
        .reservations
        .iter()
        .filter_map(|view| view.state.terms());
    let mut types: BTreeSet<_> = terms.map(|terms| terms.instance_type.clone()).collect();
    types.insert("of no reservation".to_owned());
    let some: Vec<ReservationId> = all.reservations.iter().step_by(7).map(|v| v.id).collect();
    for instance_type in types.into_iter().map(Some).chain([None]) {
        for among in [None, Some(Vec::new()), Some(some.clone())] {
            let filter = ReservationFilter {
                user_id: among.is_none().then_some(UserId(1)),
                instance_type: instance_type.clone(),
                among: among.clone(),
                ..ReservationFilter::default()
            };
            let passes = |view: &&ReservationView| {
                let terms = view.state.terms();
                filter.user_id.is_none_or(|id| id == view.state.user_id)
                    && among.as_ref().is_none_or(|ids| ids.contains(&view.id))
                    && instance_type
                        .as_ref()
                        .is_none_or(|name| terms.is_some_and(|t| t.instance_type == *name))
            };
            let wanted: Vec<_> = all.reservations.iter().filter(passes).cloned().collect();
            let found = replay::reservations(&views, &filter, 17).await;
            assert_eq!(found, wanted, "{filter:?}");
        }
    }
    let is_stuck = |view: &InstanceView| matches!(view.state.work, Work::Stuck { .. });
    let of = all.instances.first().unwrap().state.spec.clone();
    let mut met = 0;
    for (reservation_id, node) in [
        (None, None),
        (Some(of.reservation_id), None),
        (None, Some(of.node.clone())),
        (Some(of.reservation_id), Some(of.node)),
    ] {
        for stuck in [false, true] {
            let filter = InstanceFilter {
                reservation_id,
                node: node.clone(),
                stuck,
                include_removed: true,
                ..InstanceFilter::default()
            };
            let passes = |view: &&InstanceView| {
                let spec = &view.state.spec;
                reservation_id.is_none_or(|id| id == spec.reservation_id)
                    && node.as_ref().is_none_or(|node| *node == spec.node)
                    && (!stuck || is_stuck(view))
            };
            let wanted: Vec<_> = all.instances.iter().filter(passes).cloned().collect();
            let found = replay::instances(&views, &filter, 13).await;
            assert_eq!(found, wanted, "{filter:?}");
            met += usize::from(!found.is_empty());
        }
    }
    assert!(met > 3, "filters let nothing through");
}

async fn paging_meets_every_reservation_once_while_new_ones_come(fresh: Fresh) {
    let mut feed = Feed::after(7, 300);
    let ledger = Ledger::new(feed.take());
    let (views, _running) = level(&fresh.url, &ledger).await;
    let at_first: BTreeSet<ReservationId> = replay::fold(&ledger.events())
        .reservations
        .iter()
        .map(|view| view.id)
        .collect();

    let filter = ReservationFilter::default();
    let (mut met, mut page) = (Vec::new(), Page::first(7));
    loop {
        let listed = views.reservations().list(&filter, page).await.unwrap();
        met.extend(listed.rows.iter().map(|view| view.id));
        page.before = listed.next;
        if page.before.is_none() {
            break;
        }
        // Between two pages new ones are opened and old ones change.
        (0..10).for_each(|_| feed.open());
        (0..10).for_each(|_| feed.go_on());
        let head = ledger.append(feed.take());
        assert!(views.wait_for(head, PATIENCE).await);
    }
    let distinct: BTreeSet<_> = met.iter().copied().collect();
    assert_eq!(distinct.len(), met.len(), "one came twice");
    assert_eq!(
        distinct, at_first,
        "one was missed, or a newer one turned up"
    );
}

async fn pages_of_no_rows_or_too_many_are_refused(fresh: Fresh) {
    let ledger = Ledger::new(Feed::new(8).take());
    let (views, _running) = level(&fresh.url, &ledger).await;
    for limit in [0, LIST_LIMIT_MAX + 1] {
        let (of_reservations, of_instances) =
            (ReservationFilter::default(), InstanceFilter::default());
        let page = Page::first(limit);
        for refused in [
            views
                .reservations()
                .list(&of_reservations, page)
                .await
                .err(),
            views.instances().list(&of_instances, page).await.err(),
            views.nodes().list(limit, None).await.err(),
        ] {
            let max = LIST_LIMIT_MAX;
            assert!(
                matches!(refused, Some(ViewsError::LimitOutOfRange { max: m, .. }) if m == max),
                "{refused:?}"
            );
        }
    }
    // The limit itself is served, by every list.
    let page = Page::first(LIST_LIMIT_MAX);
    views
        .reservations()
        .list(&ReservationFilter::default(), page)
        .await
        .unwrap();
    let everything = InstanceFilter {
        include_removed: true,
        ..InstanceFilter::default()
    };
    views.instances().list(&everything, page).await.unwrap();
}

async fn one_is_found_by_its_id(fresh: Fresh) {
    let mut feed = Feed::after(9, 500);
    let ledger = Ledger::new(feed.take());
    let (views, _running) = level(&fresh.url, &ledger).await;
    let all = replay::fold(&ledger.events());
    for wanted in &all.reservations {
        let found = views.reservations().find(wanted.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(wanted));
    }
    for wanted in &all.instances {
        assert_eq!(
            views.instances().find(wanted.id).await.unwrap().as_ref(),
            Some(wanted)
        );
    }
    assert_eq!(
        views
            .reservations()
            .find(ReservationId::default())
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        views.instances().find(InstanceId::default()).await.unwrap(),
        None
    );

    // Each was found with its instances, in the order of their making.
    let several = |view: &ReservationView| view.instances.len() > 1;
    assert!(all.reservations.iter().any(several));
}

async fn analysts_see_times(fresh: Fresh) {
    let mut feed = Feed::after(10, 300);
    let ledger = Ledger::new(feed.take());
    let (_views, _running) = level(&fresh.url, &ledger).await;
    let all = replay::fold(&ledger.events());
    // The feed plays in August 2009.
    let in_august = "SELECT COUNT(*) FROM reservations_by_time \
        WHERE CAST(created_at AS TEXT) LIKE '2009-08-%'";
    let wanted = i64::try_from(all.reservations.len()).unwrap();
    assert_eq!(fresh.number(in_august).await, wanted);
    let ordered = "SELECT COUNT(*) FROM instances_by_time WHERE starts_at < ends_at";
    let wanted = i64::try_from(all.instances.len()).unwrap();
    assert_eq!(fresh.number(ordered).await, wanted);
}

async fn more_readers_than_connections_wait_their_turn(fresh: Fresh) {
    let mut feed = Feed::after(18, 200);
    let ledger = Ledger::new(feed.take());
    let (views, _running) = level(&fresh.url, &ledger).await;
    let wanted = replay::fold(&ledger.events()).reservations;
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let views = views.clone();
        readers.spawn(async move {
            replay::reservations(&views, &ReservationFilter::default(), 50).await
        });
    }
    while let Some(read) = readers.join_next().await {
        assert_eq!(read.unwrap(), wanted);
    }
}

async fn what_is_too_much_for_candidates_is_listed_the_same(fresh: Fresh) {
    let mut feed = Feed::new(19);
    (0..2_600).for_each(|_| feed.open());
    let ledger = Ledger::new(feed.take());
    let (views, _running) = level(&fresh.url, &ledger).await;
    let all = replay::fold(&ledger.events()).reservations;
    // A window or a template is looked up row by row while it has at most 1,024.
    let mut met = Vec::new();
    for minutes in [1, 30, 100, 600] {
        let (from, to) = (
            Some(feed.now),
            Some(feed.now.saturating_add(minutes * 60_000)),
        );
        for template in [None, Some(TEMPLATES[1].to_owned()), Some("none".to_owned())] {
            for status in [vec![], vec![StatusName::Countered, StatusName::Rejected]] {
                for (from, to) in [(from, to), (None, None), (None, to)] {
                    let (status, template) = (status.clone(), template.clone());
                    let user_id = None;
                    let filter = ReservationFilter {
                        user_id,
                        status,
                        from,
                        to,
                        template,
                        ..ReservationFilter::default()
                    };
                    let found = replay::reservations(&views, &filter, 700).await;
                    let wanted = passing(&all, &filter);
                    assert_eq!(found.len(), wanted.len(), "{filter:?}");
                    assert!(found == wanted, "{filter:?}");
                    met.push(found.len());
                }
            }
        }
    }
    assert!(met.iter().any(|rows| (1..1_024).contains(rows)), "{met:?}");
    assert!(met.iter().any(|rows| *rows > 1_024), "{met:?}");
}
