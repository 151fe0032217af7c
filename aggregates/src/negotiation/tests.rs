//! The provider's answers over a real pool: two nodes of two instances each, unless said.
//!
//! ```text
//! minute  0     30    60          120         180         240
//!         now                     asked: [120,180)
//! ```

use super::*;
use crate::MicroCredits;
use crate::samples::{MINUTE, minute, node, offer, on, policy, pool, room_for, size, terms};

const BOTH: [(&str, u64); 2] = [("n1", 2), ("n2", 2)];

/// Instances by node, from and until in minutes.
type Booking<'a> = (&'a [(&'a str, u32)], i64, i64);

fn booked(nodes: &[(&str, u64)], windows: &[Booking<'_>]) -> Pool {
    let mut pool = pool(nodes);
    for (parts, from, until) in windows {
        let window = terms(1, *from, *until).window;
        pool.book(&on(parts), window, size()).unwrap();
    }
    pool
}

fn judge(pool: &mut Pool, terms: &Terms) -> Verdict {
    Desk::new(pool, &policy()).judge(terms, &[], minute(0))
}

fn the_alternative(verdict: &Verdict) -> &Draft {
    let Judgement::Counter(drafts) = &verdict.answer else {
        panic!("no counter: {verdict:?}");
    };
    let [draft] = drafts.as_slice() else {
        panic!("not one alternative: {drafts:?}");
    };
    draft
}

#[test]
fn given_room_when_judged_then_the_terms_are_granted_as_asked_with_price_and_place() {
    let mut pool = booked(&BOTH, &[(&[("n2", 1)], 120, 180)]);
    let asked = terms(2, 120, 180);
    let verdict = judge(&mut pool, &asked);
    let Judgement::Accept(draft) = &verdict.answer else {
        panic!("{verdict:?}");
    };
    assert_eq!(draft.terms, asked);
    assert_eq!(draft.quote.price, MicroCredits(2_000_000));
    // The most loaded node is filled first.
    assert_eq!(draft.placement, on(&[("n2", 1), ("n1", 1)]));
    assert_eq!(draft.differs, None);
    assert_eq!(verdict.evidence.policy_version, 1);
    assert_eq!(verdict.evidence.reasons, vec![]);
    assert_eq!(verdict.hold_expires_at, minute(10));
    assert_eq!(verdict.session_ends_at, minute(30));
}

#[test]
fn given_no_room_when_judged_then_the_nearest_later_start_is_offered_exactly() {
    // Free again 7 ms after minute 200, and at no instant before.
    let mut pool = pool(&BOTH);
    let ends_at = minute(200).saturating_add(7);
    let blocked = TimeWindow {
        starts_at: minute(60),
        ends_at,
    };
    pool.book(&on(&[("n1", 2), ("n2", 2)]), blocked, size())
        .unwrap();
    let verdict = judge(&mut pool, &terms(1, 120, 180));
    let draft = the_alternative(&verdict);
    assert_eq!(
        draft.terms.window,
        TimeWindow::starting(ends_at, 60 * MINUTE)
    );
    let by_ms = 80 * MINUTE + 7;
    assert_eq!(draft.differs, Some(Difference::Start { by_ms }));
    let [Reason::CapacityShort { window, shortage }] = verdict.evidence.reasons.as_slice() else {
        panic!("{:?}", verdict.evidence);
    };
    assert_eq!(*window, terms(1, 120, 180).window);
    assert_eq!((shortage.requested, shortage.placeable), (1, 0));
    assert_eq!(shortage.binding[0].blocked, blocked);
}

#[test]
fn given_an_earliest_start_when_an_earlier_one_is_nearer_then_it_is_offered() {
    // Blocked [110,200): earlier by 50 minutes or later by 80.
    let mut pool = booked(&BOTH, &[(&[("n1", 2), ("n2", 2)], 110, 200)]);
    let asked = |earliest: Option<i64>| Terms {
        earliest_start_at: earliest.map(minute),
        ..terms(1, 120, 180)
    };
    let start_for = |pool: &mut Pool, earliest| {
        let verdict = judge(pool, &asked(earliest));
        the_alternative(&verdict).terms.window.starts_at
    };
    assert_eq!(start_for(&mut pool, None), minute(200));
    assert_eq!(start_for(&mut pool, Some(50)), minute(50));
    assert_eq!(start_for(&mut pool, Some(51)), minute(200));
    assert_eq!(start_for(&mut pool, Some(-500)), minute(50));
}

#[test]
fn given_an_earliest_start_in_the_past_when_judged_then_no_start_before_now_is_offered() {
    let mut pool = booked(&BOTH, &[(&[("n1", 2), ("n2", 2)], 50, 1_000)]);
    let asked = Terms {
        earliest_start_at: Some(minute(-500)),
        ..terms(1, 60, 120)
    };
    let verdict = judge(&mut pool, &asked);
    assert_eq!(
        the_alternative(&verdict).terms.window.starts_at,
        minute(1_000)
    );
}

#[test]
fn given_two_starts_equally_near_when_judged_then_the_earlier_is_offered() {
    // Blocked [110,190): 70 minutes either way.
    let mut pool = booked(&BOTH, &[(&[("n1", 2), ("n2", 2)], 110, 190)]);
    let asked = Terms {
        earliest_start_at: Some(minute(0)),
        ..terms(1, 120, 180)
    };
    let verdict = judge(&mut pool, &asked);
    let by_ms = -70 * MINUTE;
    assert_eq!(
        the_alternative(&verdict).differs,
        Some(Difference::Start { by_ms })
    );
}

#[test]
fn given_a_latest_end_when_the_nearest_start_ends_later_then_fewer_instances_are_offered() {
    // Three of four are free in the window; four are from minute 200 on.
    let mut pool = booked(&BOTH, &[(&[("n1", 1)], 60, 200)]);
    let asked = |latest: i64| Terms {
        latest_end_at: Some(minute(latest)),
        ..terms(4, 120, 180)
    };
    let verdict = judge(&mut pool, &asked(260));
    assert_eq!(
        the_alternative(&verdict).terms.window.starts_at,
        minute(200)
    );
    let verdict = judge(&mut pool, &asked(259));
    let draft = the_alternative(&verdict);
    assert_eq!(draft.terms.window, asked(259).window);
    assert_eq!(draft.terms.instances_fixed, 3);
    assert_eq!(draft.placement.instances(), 3);
    assert_eq!(
        draft.differs,
        Some(Difference::Instances {
            asked: 4,
            granted: 3
        })
    );
    assert_eq!(
        verdict.evidence.reasons.last(),
        Some(&Reason::NoStartFits {
            from: minute(120),
            until: minute(199)
        })
    );
}

#[test]
fn given_a_full_pool_up_to_the_bound_when_judged_then_it_is_rejected_with_both_reasons() {
    let mut pool = booked(&BOTH, &[(&[("n1", 2), ("n2", 2)], 60, 300)]);
    let asked = Terms {
        latest_end_at: Some(minute(200)),
        ..terms(1, 120, 180)
    };
    let verdict = judge(&mut pool, &asked);
    assert_eq!(verdict.answer, Judgement::Reject);
    assert!(matches!(
        verdict.evidence.reasons.as_slice(),
        [Reason::CapacityShort { .. }, Reason::NoStartFits { .. }]
    ));
}

#[test]
fn given_more_than_the_whole_pool_when_judged_then_it_is_rejected_with_the_numbers() {
    let mut pool = pool(&BOTH);
    let verdict = judge(&mut pool, &terms(5, 120, 180));
    assert_eq!(verdict.answer, Judgement::Reject);
    let [Reason::NeverFits { never_fits }] = verdict.evidence.reasons.as_slice() else {
        panic!("{:?}", verdict.evidence);
    };
    assert_eq!((never_fits.requested, never_fits.placeable), (5, 4));
    assert_eq!(
        never_fits.to_string(),
        "4 of 5 instances fit in an empty pool: each needs 1 vCPUs, \
         the largest node has 2, all have 4"
    );
}

#[test]
fn given_no_node_in_service_when_judged_then_it_is_rejected() {
    let mut pool = pool(&BOTH);
    for (name, _) in BOTH {
        pool.set_in_service(&node(name), false).unwrap();
    }
    let verdict = judge(&mut pool, &terms(1, 120, 180));
    assert_eq!(verdict.answer, Judgement::Reject);
}

#[test]
fn given_a_price_below_ours_when_judged_then_the_window_is_offered_at_our_price() {
    let mut pool = pool(&BOTH);
    let asked = Terms {
        price_limit: Some(MicroCredits(999_999)),
        ..terms(1, 120, 180)
    };
    let verdict = judge(&mut pool, &asked);
    let draft = the_alternative(&verdict);
    let (limit, price) = (MicroCredits(999_999), MicroCredits(1_000_000));
    assert_eq!(draft.terms, asked);
    assert_eq!(draft.quote.price, price);
    let differs = Difference::Price {
        asked: limit,
        price,
    };
    assert_eq!(draft.differs, Some(differs));
    let asked = limit;
    assert_eq!(
        verdict.evidence.reasons,
        vec![Reason::PriceShort { asked, price }]
    );
    let enough = Terms {
        price_limit: Some(price),
        ..terms(1, 120, 180)
    };
    assert!(matches!(
        judge(&mut pool, &enough).answer,
        Judgement::Accept(_)
    ));
}

#[test]
fn given_price_and_capacity_short_when_judged_then_only_what_is_true_is_said() {
    // Two instances for the price of one: no start is offered, since each would cost too much.
    let mut pool = booked(&BOTH, &[(&[("n1", 2), ("n2", 1)], 120, 180)]);
    let asked = Terms {
        price_limit: Some(MicroCredits(1_000_000)),
        ..terms(2, 120, 180)
    };
    let verdict = judge(&mut pool, &asked);
    assert_eq!(the_alternative(&verdict).terms.instances_fixed, 1);
    // A start that fits there is, at minute 180, so "no start fits" would be a lie.
    assert!(matches!(
        verdict.evidence.reasons.as_slice(),
        [Reason::PriceShort { .. }, Reason::CapacityShort { .. }]
    ));
}

#[test]
fn given_a_price_beyond_counting_when_judged_then_it_is_rejected_not_wrapped() {
    let mut pool = pool(&BOTH);
    let mut dear = policy();
    let rates = crate::pricing::Rates {
        vcpu_hour: MicroCredits(u64::MAX),
        ..dear.pricing.rates()
    };
    dear.pricing = crate::pricing::Pricing::Flat { rates };
    let verdict = Desk::new(&mut pool, &dear).judge(&terms(2, 120, 180), &[], minute(0));
    assert_eq!(verdict.answer, Judgement::Reject);
    assert_eq!(verdict.evidence.reasons, vec![Reason::PriceOverflow]);
}

#[test]
fn given_optional_instances_when_judged_then_none_are_granted_and_none_are_priced() {
    let mut pool = pool(&BOTH);
    let asked = Terms {
        instances_option: 3,
        ..terms(1, 120, 180)
    };
    let Judgement::Accept(draft) = judge(&mut pool, &asked).answer else {
        panic!("not accepted");
    };
    assert_eq!(draft.terms.instances_option, 0);
    assert_eq!(draft.quote.price, MicroCredits(1_000_000));
}

#[test]
fn given_the_users_own_holds_when_new_terms_are_judged_then_they_count_as_free_and_come_back() {
    let mut pool = pool(&BOTH);
    let mut held = offer(1, terms(4, 120, 180), 10);
    held.placement = on(&[("n1", 2), ("n2", 2)]);
    pool.book(&held.placement, held.terms.window, size())
        .unwrap();
    let usage = |pool: &Pool| {
        let profile = pool.profile(&node("n1")).unwrap();
        (
            profile.max_usage(held.terms.window),
            pool.usage_report().live_windows,
        )
    };
    let before = usage(&pool);
    assert_eq!(before, (room_for(2), 1));
    let asked = terms(3, 130, 190);
    let kept = judge(&mut pool, &asked);
    assert!(matches!(kept.answer, Judgement::Counter(_)));
    let policy = policy();
    let verdict =
        Desk::new(&mut pool, &policy).judge(&asked, std::slice::from_ref(&held), minute(0));
    assert!(matches!(verdict.answer, Judgement::Accept(_)));
    assert_eq!(usage(&pool), before);
    // Restored also where a node has shrunk below what is held on it.
    pool.set_capacity(&node("n1"), room_for(1)).unwrap();
    Desk::new(&mut pool, &policy).judge(&asked, std::slice::from_ref(&held), minute(0));
    assert_eq!(usage(&pool), before);
}

#[test]
fn given_terms_judged_again_late_when_they_would_end_too_late_for_the_user_then_rejected() {
    // Asked for [0,60) to end by 70; judged again at minute 20 it would end at 80.
    let mut pool = pool(&BOTH);
    let asked = Terms {
        latest_end_at: Some(minute(70)),
        ..terms(1, 0, 60)
    };
    let again = |pool: &mut Pool, now: i64| {
        Desk::new(pool, &policy()).judge(&asked.moved_to(minute(now)), &[], minute(now))
    };
    assert!(matches!(again(&mut pool, 10).answer, Judgement::Accept(_)));
    let verdict = again(&mut pool, 20);
    assert_eq!(verdict.answer, Judgement::Reject);
    let (from, until) = (minute(20), minute(10));
    assert_eq!(
        verdict.evidence.reasons,
        vec![Reason::NoStartFits { from, until }]
    );
}

#[test]
fn given_a_longer_and_a_shorter_memory_of_the_past_when_judged_then_the_answer_is_the_same() {
    // An auditor who folded everything knows [-60,0); a writer from a snapshot does not.
    let full: &[(&str, u32)] = &[("n1", 2), ("n2", 2)];
    let mut long = booked(&BOTH, &[(full, -60, 0), (full, 0, 180)]);
    let mut short = booked(&BOTH, &[(full, 0, 180)]);
    let asked = terms(1, 120, 180);
    assert_eq!(judge(&mut long, &asked), judge(&mut short, &asked));
}

#[test]
fn given_the_horizon_when_the_first_fitting_start_is_past_it_then_it_is_not_offered() {
    let near = |horizon_minutes: i64| {
        let mut policy = policy();
        policy.limits.horizon_ms = horizon_minutes * MINUTE;
        policy
    };
    let mut pool = booked(&BOTH, &[(&[("n1", 2), ("n2", 2)], 60, 300)]);
    let mut judged_under = |horizon| {
        Desk::new(&mut pool, &near(horizon))
            .judge(&terms(1, 120, 180), &[], minute(0))
            .answer
    };
    assert!(matches!(judged_under(300), Judgement::Counter(_)));
    assert_eq!(judged_under(299), Judgement::Reject);
}
