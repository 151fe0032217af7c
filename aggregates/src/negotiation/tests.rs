//! The provider's answers over a real pool: two nodes of two instances each, unless said.
//!
//! ```text
//! minute  0     30    60          120         180         240
//!         now                     asked: [120,180)
//! ```

use super::*;
use crate::reservation::{AgreementInForce, Claim, Difference, Draft, Judgement, Offer, Reason};
use crate::samples::{MINUTE, minute, node, offer, on, policy, pool, room_for, size, terms};
use crate::terms::Terms;

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

fn case(terms: &Terms, now: i64) -> Case<'_> {
    Case {
        terms,
        round: 1,
        freed: &[],
        agreement: None,
        now: minute(now),
    }
}

fn judge(pool: &mut Pool, terms: &Terms) -> Verdict {
    Desk::new(pool, &policy()).judge(&case(terms, 0))
}

fn alternatives(verdict: &Verdict) -> &[Draft] {
    let Judgement::Counter(drafts) = &verdict.answer else {
        panic!("no counter: {verdict:?}");
    };
    drafts
}

/// The best alternative.
fn the_alternative(verdict: &Verdict) -> &Draft {
    &alternatives(verdict)[0]
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
        ..crate::pricing::Rates::default()
    };
    dear.pricing = crate::pricing::Pricing::Flat { rates };
    let verdict = Desk::new(&mut pool, &dear).judge(&case(&terms(2, 120, 180), 0));
    assert_eq!(verdict.answer, Judgement::Reject);
    assert_eq!(verdict.evidence.reasons, vec![Reason::PriceOverflow]);
}

#[test]
fn given_optional_instances_when_judged_then_as_many_are_granted_as_the_held_share_fits() {
    // Room for 4; one is fixed. Of 3 options 0.8 are held, rounded up: 3.
    let granted = |pool: &mut Pool, option: u32| {
        let asked = Terms {
            instances_option: option,
            ..terms(1, 120, 180)
        };
        let Judgement::Accept(draft) = judge(pool, &asked).answer else {
            panic!("not accepted");
        };
        assert_eq!(draft.quote.price, MicroCredits(1_000_000));
        let options = draft.options.unwrap();
        assert_eq!(draft.terms.instances_option, options.granted);
        assert_eq!(options.each.price, MicroCredits(1_000_000));
        (options.granted, options.held.instances())
    };
    let mut pool = pool(&BOTH);
    assert_eq!(granted(&mut pool, 1), (1, 1));
    assert_eq!(granted(&mut pool, 3), (3, 3));
    // The claim risk: more than there is room for, as nobody is expected to claim all.
    assert_eq!(granted(&mut pool, 8), (3, 3));
    let mut six = crate::samples::pool(&[("n1", 3), ("n2", 3)]);
    assert_eq!(granted(&mut six, 8), (6, 5));
    assert_eq!(pool.usage_report().live_windows, 0);
}

#[test]
fn given_no_room_for_options_when_judged_then_the_fixed_ones_are_granted_alone() {
    let mut pool = booked(&BOTH, &[(&[("n1", 2), ("n2", 1)], 100, 200)]);
    let asked = Terms {
        instances_option: 3,
        ..terms(1, 120, 180)
    };
    let Judgement::Accept(draft) = judge(&mut pool, &asked).answer else {
        panic!("not accepted");
    };
    assert_eq!((draft.options, draft.terms.instances_option), (None, 0));
}

#[test]
fn given_several_alternatives_when_judged_then_each_differs_in_one_thing_and_the_best_is_first() {
    // Blocked but for one instance over [110,200): earlier by 50 minutes or later by 80.
    let mut pool = booked(&BOTH, &[(&[("n1", 2), ("n2", 1)], 110, 200)]);
    let asked = Terms {
        earliest_start_at: Some(minute(0)),
        ..terms(2, 120, 180)
    };
    let differences = |pool: &mut Pool, most: u32| {
        let mut policy = policy();
        policy.limits.alternatives_max = most;
        let verdict = Desk::new(pool, &policy).judge(&case(&asked, 0));
        let drafts = alternatives(&verdict).to_vec();
        for draft in &drafts {
            let moved = draft.terms.window != asked.window;
            let fewer = draft.terms.instances_fixed != asked.instances_fixed;
            assert!(moved != fewer, "one thing: {draft:?}");
            assert_eq!(draft.placement.instances(), draft.terms.instances_fixed);
        }
        drafts.iter().filter_map(|d| d.differs).collect::<Vec<_>>()
    };
    let all = [
        Difference::Start {
            by_ms: -50 * MINUTE - 20 * MINUTE,
        },
        Difference::Start { by_ms: 80 * MINUTE },
        Difference::Instances {
            asked: 2,
            granted: 1,
        },
    ];
    assert_eq!(differences(&mut pool, 4), all);
    assert_eq!(differences(&mut pool, 2), all[..2]);
    assert_eq!(differences(&mut pool, 1), all[..1]);
}

/// An agreement for `count` instances on `parts` over [0,60), and a case that asks for a change.
fn agreed(parts: &[(&str, u32)]) -> Offer {
    let count = parts.iter().map(|part| part.1).sum();
    let mut agreed = offer(1, terms(count, 0, 60), 10);
    agreed.placement = on(parts);
    agreed
}

fn change(pool: &mut Pool, agreed: &Offer, asked: &Terms, is_running: bool) -> Verdict {
    let own = [Claim {
        placement: agreed.placement.clone(),
        window: agreed.terms.window,
        size: size(),
    }];
    pool.book(&own[0].placement, own[0].window, size()).unwrap();
    let verdict = Desk::new(pool, &policy()).judge(&Case {
        freed: &own,
        agreement: Some(AgreementInForce {
            offer: agreed,
            is_running,
        }),
        ..case(asked, 30)
    });
    pool.release(&own[0].placement, own[0].window, size())
        .unwrap();
    verdict
}

#[test]
fn given_a_blocked_extension_when_judged_then_the_longest_is_offered_and_what_blocks_is_said() {
    // Somebody else has n1 from minute 90 on; n2 is free, but what runs does not move.
    let mut pool = booked(&BOTH, &[(&[("n1", 2)], 90, 150)]);
    let agreed = agreed(&[("n1", 1)]);
    let verdict = change(&mut pool, &agreed, &terms(1, 0, 120), true);
    let [draft] = alternatives(&verdict) else {
        panic!("{verdict:?}");
    };
    let (asked, granted) = (minute(120), minute(90));
    assert_eq!(draft.differs, Some(Difference::End { asked, granted }));
    assert_eq!(draft.placement, agreed.placement);
    let [Reason::CapacityShort { shortage, .. }] = verdict.evidence.reasons.as_slice() else {
        panic!("{verdict:?}");
    };
    let blocked = terms(1, 90, 150).window;
    assert_eq!(shortage.binding[0].node, node("n1"));
    assert_eq!(shortage.binding[0].blocked, blocked);
    // Before its start it may move to the other node, and is granted.
    let verdict = change(&mut pool, &agreed, &terms(1, 0, 120), false);
    assert!(matches!(verdict.answer, Judgement::Accept(_)));
    // Up to the very end that was offered it is granted.
    let verdict = change(&mut pool, &agreed, &terms(1, 0, 90), true);
    assert!(matches!(verdict.answer, Judgement::Accept(_)));
}

#[test]
fn given_an_extension_that_cannot_be_had_at_all_when_judged_then_it_is_rejected() {
    let mut pool = booked(&BOTH, &[(&[("n1", 2)], 60, 150)]);
    let agreed = agreed(&[("n1", 2)]);
    let verdict = change(&mut pool, &agreed, &terms(2, 0, 120), true);
    assert_eq!(verdict.answer, Judgement::Reject);
}

#[test]
fn given_more_instances_asked_while_running_when_judged_then_the_others_stay_where_they_are() {
    let mut pool = booked(&BOTH, &[(&[("n1", 1)], 40, 150)]);
    let agreed = agreed(&[("n1", 1)]);
    let verdict = change(&mut pool, &agreed, &terms(3, 0, 60), true);
    let Judgement::Accept(draft) = verdict.answer else {
        panic!("{verdict:?}");
    };
    assert_eq!(draft.placement, on(&[("n1", 1), ("n2", 2)]));
    // One more than there is room for: the most is offered.
    let verdict = change(&mut pool, &agreed, &terms(4, 0, 60), true);
    let [draft] = alternatives(&verdict) else {
        panic!("{verdict:?}");
    };
    let (asked, granted) = (4, 3);
    assert_eq!(
        draft.differs,
        Some(Difference::Instances { asked, granted })
    );
}

#[test]
fn given_a_conceding_provider_when_the_rounds_pass_then_its_price_falls_to_the_reserve() {
    let mut pool = pool(&BOTH);
    let policy = Policy {
        bargaining: Bargaining::Concession {
            reserve_ppm: 500_000,
            tactic: Tactic::Linear,
            deadline_rounds: 3,
        },
        ..policy()
    };
    let asked = Terms {
        price_limit: Some(MicroCredits(600_000)),
        ..terms(1, 120, 180)
    };
    let mut answer = |round| {
        let verdict = Desk::new(&mut pool, &policy).judge(&Case {
            round,
            ..case(&asked, 0)
        });
        let asking = verdict.evidence.asking.unwrap();
        assert_eq!(
            asking.again(),
            asking.price,
            "the auditor's price is the same"
        );
        verdict.answer
    };
    for (round, price) in [(1, 1_000_000), (2, 750_000)] {
        let Judgement::Counter(drafts) = answer(round) else {
            panic!("round {round}");
        };
        let offered = drafts[0].agreed_price.unwrap_or(drafts[0].quote.price);
        assert_eq!(offered, MicroCredits(price), "round {round}");
    }
    let Judgement::Accept(draft) = answer(3) else {
        panic!("the reserve price is below the user's");
    };
    assert_eq!(draft.agreed_price, asked.price_limit);
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
    let own = [Claim {
        placement: held.placement.clone(),
        window: held.terms.window,
        size: size(),
    }];
    let freed = Case {
        freed: &own,
        ..case(&asked, 0)
    };
    let verdict = Desk::new(&mut pool, &policy).judge(&freed);
    assert!(matches!(verdict.answer, Judgement::Accept(_)));
    assert_eq!(usage(&pool), before);
    // Restored also where a node has shrunk below what is held on it.
    pool.set_capacity(&node("n1"), room_for(1)).unwrap();
    Desk::new(&mut pool, &policy).judge(&freed);
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
        Desk::new(pool, &policy()).judge(&case(&asked.moved_to(minute(now)), now))
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
            .judge(&case(&terms(1, 120, 180), 0))
            .answer
    };
    assert!(matches!(judged_under(300), Judgement::Counter(_)));
    assert_eq!(judged_under(299), Judgement::Reject);
}
