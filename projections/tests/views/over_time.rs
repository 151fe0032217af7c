//! Bookings, runs, nodes, proposals and agreements over time: the same rows however they were folded,
//! and sums that equal those of somebody who only knows the facts and counts instant by instant.

use std::collections::{BTreeMap, BTreeSet};

use openpex_aggregates::instance::{Instance, PowerState};
use openpex_aggregates::live::Fact;
use openpex_aggregates::node::{Node, NodeStatus};
use openpex_aggregates::reservation::{Claim, Reservation, ReservationEvent};
use openpex_aggregates::{NodeName, Resources, TimeWindow, Timestamp, UserId};
use openpex_projections::{
    AmountsMs, Booking, BookingFilter, BookingKind, SourceEvent, Steps, Tally, UtilisationBy,
    Views, ViewsError,
};

use crate::feed::Feed;
use crate::ledger::{Ledger, PATIENCE, Running, level};
use crate::stores::{Fresh, on_both_stores};

on_both_stores!(
    rows_are_the_same_whatever_the_pages_and_when_folded_anew,
    utilisation_equals_a_count_of_every_instant,
    demand_and_prices_equal_a_count_of_every_event,
    bookings_are_listed_once_each_by_their_start,
    bookings_of_the_present_are_what_reservations_claim,
    steps_of_all_nodes_are_limited,
);

const MINUTE_MS: i64 = 60_000;

/// A pool in use whose running reservations are changed now and then.
fn changing(seed: u64, commands: usize) -> Feed {
    let mut feed = Feed::new(seed);
    for n in 0..commands {
        feed.go_on();
        if n % 9 == 0 {
            feed.change_running();
        }
    }
    feed
}

/// Everything the tables have, line by line.
async fn dump(fresh: &Fresh) -> Vec<String> {
    let mut all = Vec::new();
    for (table, columns) in [
        (
            "bookings",
            "booking_id,reservation_id,user_id,node,kind,offer,piece,count,instance_type,vcpus,\
             memory_mib,disk_gib,starts_at,ends_at,duration_class",
        ),
        (
            "instance_runs",
            "run_id,instance_id,node,vcpus,memory_mib,disk_gib,starts_at,ends_at,duration_class",
        ),
        (
            "node_history",
            "span_id,node,status,vcpus,memory_mib,disk_gib,starts_at,ends_at,duration_class",
        ),
        (
            "proposals",
            "position,answered_at,reservation_id,user_id,round,is_change,instance_type,\
             instances,starts_at,ends_at,vcpu_ms,answer,reasons",
        ),
        (
            "agreements",
            "position,agreed_at,reservation_id,user_id,kind,instance_type,instances,\
             starts_at,ends_at,vcpu_ms,list_price,price,paid_before,paid",
        ),
    ] {
        let key = columns.split(',').next().unwrap();
        let line = columns.replace(',', " || ' ' || ");
        let sql = format!("SELECT '{table} ' || {line} FROM {table} ORDER BY {key}");
        let lines = fresh.lines(&sql).await;
        assert!(!lines.is_empty(), "nothing is in {table}");
        all.extend(lines);
    }
    all
}

async fn rows_are_the_same_whatever_the_pages_and_when_folded_anew(fresh: Fresh) {
    let events = changing(41, 1_500).take();
    let pieces = |lines: &[String]| lines.iter().filter(|l| l.contains(" firm ")).count();
    let mut known: Option<Vec<String>> = None;
    for page_events in [1, 2, 7, 1_000] {
        let views = Views::open(&fresh.url).await.unwrap();
        let ledger = Ledger::new(events[..1].to_vec());
        let running = Running::start(&views, &ledger, page_events);
        assert!(views.wait_for(1, PATIENCE).await);
        let head = ledger.append(events[1..].to_vec());
        assert!(views.wait_for(head, PATIENCE).await);
        let lines = dump(&fresh).await;
        assert!(pieces(&lines) > 20);
        match &known {
            None => known = Some(lines),
            Some(known) => assert_eq!(&lines, known, "{page_events} a page"),
        }
        running.stop().await;
        views.rebuild(&ledger).await.unwrap();
        assert_eq!(&dump(&fresh).await, known.as_ref().unwrap());
        views.close().await;
        fresh.tamper("DELETE FROM checkpoint").await;
    }
    // What a running reservation had before it was changed is there, or the test would prove little.
    let changed = fresh.number("SELECT COUNT(*) FROM bookings WHERE piece > 0");
    assert!(changed.await > 0);
}

/// How something was, from when on; the last before an instant counts.
type Versions<T> = Vec<(Timestamp, T)>;

/// What was at `at`.
fn at<T>(versions: &Versions<T>, at: Timestamp) -> Option<&T> {
    let known = versions.iter().rev().find(|(from, _)| *from <= at);
    known.map(|(_, version)| version)
}

/// The facts as one who counts has them.
#[derive(Default)]
struct Known {
    agreed: BTreeMap<String, Versions<Option<Claim>>>,
    runs: BTreeMap<String, Versions<Option<(NodeName, Resources)>>>,
    nodes: BTreeMap<NodeName, Versions<Node>>,
    instants: BTreeSet<Timestamp>,
}

impl Known {
    fn of(events: &[SourceEvent]) -> Self {
        let mut known = Self::default();
        let mut reservations = BTreeMap::<String, Reservation>::new();
        let mut instances = BTreeMap::<String, Instance>::new();
        let mut nodes = BTreeMap::<NodeName, Node>::new();
        for event in events {
            let now = event.recorded_at;
            known.instants.insert(now);
            match &event.fact {
                Fact::Reservation(id, of) => {
                    let state = reservations.entry(id.to_string()).or_default();
                    state.fold(of);
                    let claim = state.agreed_claim();
                    if let Some(claim) = &claim {
                        known.instants.insert(claim.window.starts_at);
                        known.instants.insert(claim.window.ends_at);
                    }
                    let versions = known.agreed.entry(id.to_string()).or_default();
                    if state.status.agreement().is_some() {
                        // The first agreement is of its whole window, whenever it was made.
                        let first = versions.is_empty();
                        versions.push((if first { Timestamp(i64::MIN) } else { now }, claim));
                    }
                }
                Fact::Instance(id, of) => {
                    let state = instances.entry(id.to_string()).or_default();
                    state.fold(of);
                    let runs = !state.removed && state.observed.power_state == PowerState::Running;
                    let has = runs.then(|| (state.spec.node.clone(), state.spec.size));
                    known
                        .runs
                        .entry(id.to_string())
                        .or_default()
                        .push((now, has));
                }
                Fact::Node(name, of) => {
                    let state = nodes.entry(name.clone()).or_default();
                    state.fold(of);
                    let versions = known.nodes.entry(name.clone()).or_default();
                    versions.push((now, state.clone()));
                }
                Fact::Site(_) | Fact::Account(..) | Fact::Series(..) | Fact::Standing(..) => {}
            }
        }
        known
    }

    /// Booked, used and had on each node at an instant, of each: size and how many.
    fn at(
        &self,
        instant: Timestamp,
        now: Timestamp,
    ) -> BTreeMap<NodeName, [Vec<(Resources, u32)>; 3]> {
        let mut found = BTreeMap::<NodeName, [Vec<_>; 3]>::new();
        for versions in self.agreed.values() {
            let Some(Some(claim)) = at(versions, instant) else {
                continue;
            };
            for part in &claim.placement.0 {
                if claim.window.contains(instant) {
                    let on = found.entry(part.node.clone()).or_default();
                    on[0].push((claim.size, part.count));
                }
            }
        }
        for versions in self.runs.values() {
            if let Some(Some((node, size))) = at(versions, instant)
                && instant < now
            {
                found.entry(node.clone()).or_default()[1].push((*size, 1));
            }
        }
        for (name, versions) in &self.nodes {
            if let Some(node) = at(versions, instant)
                && [NodeStatus::InService, NodeStatus::Draining].contains(&node.status)
            {
                found.entry(name.clone()).or_default()[2].push((node.capacity, 1));
            }
        }
        found
    }
}

fn add(sum: &mut AmountsMs, of: &[(Resources, u32)], ms: i64) {
    for (size, count) in of {
        let times = u128::from(*count) * u128::try_from(ms).unwrap();
        sum.vcpu_ms += u128::from(size.vcpus) * times;
        sum.memory_mib_ms += u128::from(size.memory_mib) * times;
        sum.disk_gib_ms += u128::from(size.disk_gib) * times;
    }
}

async fn utilisation_equals_a_count_of_every_instant(fresh: Fresh) {
    let feed = &mut changing(42, 1_200);
    let (events, now) = (feed.take(), feed.now);
    let ledger = Ledger::new(events.clone());
    let (views, running) = level(&fresh.url, &ledger).await;
    let known = Known::of(&events);
    // From before the first fact to after the last window, in steps that meet no other boundary.
    let window = TimeWindow {
        starts_at: events[0].recorded_at.saturating_add(-7 * MINUTE_MS - 13),
        ends_at: now.saturating_add(900 * MINUTE_MS),
    };
    let steps = Steps::of(window, 47 * MINUTE_MS + 1).unwrap();
    let mut wanted = BTreeMap::<NodeName, Vec<[AmountsMs; 3]>>::new();
    for (n, step) in steps.windows().enumerate() {
        let mut bounds: Vec<Timestamp> = known
            .instants
            .range(step.starts_at..step.ends_at)
            .copied()
            .collect();
        bounds.extend([step.starts_at, step.ends_at]);
        bounds.extend((step.starts_at <= now && now < step.ends_at).then_some(now));
        bounds.sort_unstable();
        for pair in bounds.windows(2) {
            let ms = pair[1].millis_since(pair[0]);
            for (node, of) in known.at(pair[0], now) {
                let series = wanted.entry(node).or_default();
                series.resize(steps.windows().count(), [AmountsMs::default(); 3]);
                for (sum, of) in series[n].iter_mut().zip(&of) {
                    add(sum, of, ms);
                }
            }
        }
    }
    let statistics = views.statistics();
    let by_node = statistics
        .utilisation(&steps, &UtilisationBy::Node, now)
        .await;
    let mut total = vec![[AmountsMs::default(); 3]; steps.windows().count()];
    let mut seen = [0; 3];
    for series in by_node.unwrap().series {
        let node = series.node.unwrap();
        let found: Vec<_> = series
            .steps
            .iter()
            .map(|s| [s.booked, s.used, s.capacity])
            .collect();
        assert_eq!(found, wanted[&node], "{node}");
        for (total, step) in total.iter_mut().zip(&found) {
            for (n, amounts) in step.iter().enumerate() {
                total[n].vcpu_ms += amounts.vcpu_ms;
                total[n].memory_mib_ms += amounts.memory_mib_ms;
                total[n].disk_gib_ms += amounts.disk_gib_ms;
                seen[n] += usize::from(amounts.vcpu_ms > 0);
            }
        }
        let one = UtilisationBy::One(node.clone());
        let one = statistics.utilisation(&steps, &one, now).await.unwrap();
        assert_eq!(one.series[0].steps, series.steps);
    }
    assert!(seen.iter().all(|steps| *steps > 10), "{seen:?}");
    let all = statistics
        .utilisation(&steps, &UtilisationBy::Total, now)
        .await;
    let all = all.unwrap().series;
    let found: Vec<_> = all[0]
        .steps
        .iter()
        .map(|s| [s.booked, s.used, s.capacity])
        .collect();
    assert_eq!((all.len(), found), (1, total));
    running.stop().await;
}

async fn demand_and_prices_equal_a_count_of_every_event(fresh: Fresh) {
    let feed = &mut changing(43, 1_200);
    let (events, now) = (feed.take(), feed.now);
    let ledger = Ledger::new(events.clone());
    let (views, running) = level(&fresh.url, &ledger).await;
    let window = TimeWindow {
        starts_at: events[0].recorded_at,
        ends_at: now.saturating_add(1),
    };
    let steps = Steps::of(window, 61 * MINUTE_MS).unwrap();
    let demand = views.statistics().demand(&steps).await.unwrap().steps;
    let prices = views.statistics().prices(&steps).await.unwrap().steps;
    let (mut asked, mut answers) = (BTreeMap::new(), 0);
    let mut wanted = vec![([Tally::default(); 4], Vec::<(u128, u128)>::new(), 0_u64); demand.len()];
    for event in &events {
        let n = usize::try_from(event.recorded_at.millis_since(window.starts_at) / steps.step_ms());
        let (tallies, hourly, changes) = &mut wanted[n.unwrap()];
        let Fact::Reservation(id, of) = &event.fact else {
            continue;
        };
        let mut count = |n: usize, terms: &openpex_aggregates::terms::Terms| {
            let tally: &mut Tally = &mut tallies[n];
            tally.count += 1;
            tally.instances += u64::from(terms.instances_fixed);
            let ms = u128::try_from(terms.window.duration_ms()).unwrap();
            let vcpu_ms = u128::from(terms.size.vcpus) * u128::from(terms.instances_fixed) * ms;
            tally.vcpu_ms += vcpu_ms;
            vcpu_ms
        };
        match of {
            ReservationEvent::TermsProposed { terms, .. } => {
                asked.insert(*id, terms.clone());
            }
            ReservationEvent::TermsAccepted { .. } => drop(count(0, &asked[id])),
            ReservationEvent::TermsCountered { .. } => drop(count(1, &asked[id])),
            ReservationEvent::TermsRejected { .. } => drop(count(2, &asked[id])),
            ReservationEvent::ReservationConfirmed { agreement } => {
                let vcpu_ms = count(3, &agreement.terms);
                hourly.push((u128::from(agreement.price().0), vcpu_ms));
            }
            ReservationEvent::ReservationChanged { .. }
            | ReservationEvent::OptionsClaimed { .. } => *changes += 1,
            ReservationEvent::ReservationInitiated { .. }
            | ReservationEvent::HoldsEnded { .. }
            | ReservationEvent::OfferAccepted { .. }
            | ReservationEvent::ChangeEnded { .. }
            | ReservationEvent::OptionsEnded { .. }
            | ReservationEvent::ReservationActivated { .. }
            | ReservationEvent::CapacityCredited { .. }
            | ReservationEvent::ReservationWithdrawn
            | ReservationEvent::ReservationLapsed
            | ReservationEvent::ReservationCancelled { .. }
            | ReservationEvent::ReservationExpired { .. } => {}
        }
    }
    for ((step, price), (tallies, hourly, changes)) in demand.iter().zip(&prices).zip(&wanted) {
        let found = [step.accepted, step.countered, step.rejected, step.confirmed];
        assert_eq!(found, *tallies);
        assert_eq!(
            step.asked.count,
            tallies[..3].iter().map(|t| t.count).sum::<u64>()
        );
        assert!(step.rejected_because.values().sum::<u64>() >= step.rejected.count);
        answers += step.asked.count;
        let agreed: u128 = hourly.iter().map(|(price, _)| price).sum();
        assert_eq!(price.all.count, step.confirmed.count);
        assert_eq!((price.all.agreed_micros, price.changes), (agreed, *changes));
        let by_type: u64 = price.by_type.values().map(|of| of.count).sum();
        assert_eq!(by_type, price.all.count);
        let found = price
            .all
            .per_vcpu_hour()
            .map(|prices| (prices.min, prices.max));
        let hourly = || {
            let of = |(price, ms): &(u128, u128)| (price * 3_600_000 + ms / 2) / ms;
            hourly.iter().map(of)
        };
        assert_eq!(found, hourly().min().zip(hourly().max()));
    }
    assert!(answers > 200, "{answers} answers");
    running.stop().await;
}

async fn listed(views: &Views, filter: &BookingFilter, limit: usize) -> Vec<Booking> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = views
            .bookings()
            .list(filter, limit, after.as_ref())
            .await
            .unwrap();
        assert!(page.rows.len() <= limit);
        all.extend(page.rows);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

async fn bookings_are_listed_once_each_by_their_start(fresh: Fresh) {
    let feed = &mut changing(44, 1_200);
    let ledger = Ledger::new(feed.take());
    let (views, running) = level(&fresh.url, &ledger).await;
    let everything = BookingFilter {
        window: TimeWindow {
            starts_at: Timestamp(i64::MIN),
            ends_at: Timestamp::MAX,
        },
        user_id: None,
        node: None,
    };
    let all = listed(&views, &everything, 1_000).await;
    assert!(all.len() > 50, "{}", all.len());
    assert!(all.is_sorted_by_key(|row| (row.window.starts_at, row.id.clone())));
    assert_eq!(listed(&views, &everything, 3).await, all);
    let ids: BTreeSet<&str> = all.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids.len(), all.len());
    for hours in [1, 5, 30] {
        let part = BookingFilter {
            window: TimeWindow {
                starts_at: feed.now.saturating_add(-hours * 60 * MINUTE_MS),
                ends_at: feed.now,
            },
            user_id: Some(UserId(1)),
            node: Some(NodeName("node-1".to_owned())),
        };
        let passes = |row: &&Booking| {
            row.window.overlaps(part.window)
                && Some(row.user_id) == part.user_id
                && Some(&row.node) == part.node.as_ref()
        };
        let wanted: Vec<Booking> = all.iter().filter(passes).cloned().collect();
        assert_eq!(listed(&views, &part, 2).await, wanted);
    }
    for limit in [0, 1_001] {
        let refused = views.bookings().list(&everything, limit, None).await;
        assert!(matches!(refused, Err(ViewsError::LimitOutOfRange { .. })));
    }
    running.stop().await;
}

async fn bookings_of_the_present_are_what_reservations_claim(fresh: Fresh) {
    let mut feed = Feed::new(45);
    let mut held_seen = false;
    let ledger = Ledger::new(feed.take());
    let (views, running) = level(&fresh.url, &ledger).await;
    let mut states = BTreeMap::<String, Reservation>::new();
    for _ in 0..15 {
        for _ in 0..40 {
            feed.go_on();
        }
        feed.change_running();
        let events = feed.take();
        for event in &events {
            if let Fact::Reservation(id, of) = &event.fact {
                states.entry(id.to_string()).or_default().fold(of);
            }
        }
        let head = ledger.append(events);
        assert!(views.wait_for(head, PATIENCE).await);
        let from_now = BookingFilter {
            window: TimeWindow {
                starts_at: feed.now,
                ends_at: Timestamp::MAX,
            },
            user_id: None,
            node: None,
        };
        let (mut firm, mut held) = (BTreeSet::new(), BTreeSet::new());
        for row in listed(&views, &from_now, 1_000).await {
            let bar = (
                row.reservation_id.to_string(),
                row.node.0,
                row.window.ends_at,
                row.count,
            );
            match row.kind {
                BookingKind::Firm => firm.insert(bar),
                BookingKind::Held => held.insert(bar),
            };
        }
        let (mut firm_wanted, mut holding) = (BTreeSet::new(), BTreeSet::new());
        for (id, state) in &states {
            let ahead = |window: TimeWindow| window.ends_at > feed.now;
            for claim in state
                .agreed_claim()
                .iter()
                .filter(|claim| ahead(claim.window))
            {
                let bar = |part: &openpex_aggregates::capacity::PlacementPart| {
                    (
                        id.clone(),
                        part.node.0.clone(),
                        claim.window.ends_at,
                        part.count,
                    )
                };
                firm_wanted.extend(claim.placement.0.iter().map(bar));
            }
            let holds = state.holds_more_than_agreed();
            holding.extend(holds.then(|| id.clone()));
        }
        assert_eq!(firm, firm_wanted);
        let found: BTreeSet<String> = held.into_iter().map(|bar| bar.0).collect();
        assert!(found.is_subset(&holding), "{found:?} {holding:?}");
        held_seen |= !found.is_empty();
    }
    assert!(held_seen);
    running.stop().await;
}

async fn steps_of_all_nodes_are_limited(fresh: Fresh) {
    let feed = &mut Feed::new(46);
    // Four nodes are there from the beginning; 20 more would be needed, so it is asked of a window
    // whose steps just do.
    let ledger = Ledger::new(feed.take());
    let (views, running) = level(&fresh.url, &ledger).await;
    let steps = |count| {
        let window = TimeWindow::starting(feed.now, count * MINUTE_MS);
        Steps::of(window, MINUTE_MS).unwrap()
    };
    let statistics = views.statistics();
    let found = statistics
        .utilisation(&steps(1_000), &UtilisationBy::Node, feed.now)
        .await;
    assert_eq!(found.unwrap().series.len(), 4);
    for n in 4..21 {
        fresh
            .tamper(&format!(
                "INSERT INTO node_history VALUES ('x/{n}', 'x-{n}', 'IN_SERVICE', 1, 1, 1, 0, \
                 {}, 18)",
                i64::MAX
            ))
            .await;
        let found = statistics
            .utilisation(&steps(1_000), &UtilisationBy::Node, feed.now)
            .await;
        match found {
            Ok(found) if n < 20 => assert_eq!(found.series.len(), n + 1),
            Err(ViewsError::TooManyNodeSteps {
                nodes: 21,
                steps: 1_000,
                max: 20_000,
            }) if n == 20 => {}
            other => panic!("{n}: {other:?}"),
        }
    }
    running.stop().await;
}
