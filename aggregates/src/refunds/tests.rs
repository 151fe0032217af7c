use proptest::prelude::*;

use super::*;

const DAY_MS: i64 = 24 * HOUR_MS;
const PAID: MicroCredits = MicroCredits(100_000_001);

/// Two hours from [`START`] on.
fn window() -> TimeWindow {
    TimeWindow::starting(START, 2 * HOUR_MS)
}

const START: Timestamp = Timestamp(1_767_225_600_000);

fn at(offset_ms: i64) -> RefundQuote {
    let now = START.saturating_add(offset_ms);
    RefundSchedule::default().refund(PAID, window(), now)
}

#[test]
fn given_the_default_schedule_when_cancelled_at_any_time_then_the_right_share_is_given_back() {
    for (offset_ms, amount, valid_until) in [
        (-7 * DAY_MS, 100_000_001, Some(-DAY_MS)),
        (-DAY_MS, 100_000_001, Some(-DAY_MS)),
        (-DAY_MS + 1, 50_000_000, Some(-HOUR_MS)),
        (-HOUR_MS, 50_000_000, Some(-HOUR_MS)),
        (-HOUR_MS + 1, 50_000_000, Some(0)),
        (0, 50_000_000, Some(0)),
        (HOUR_MS, 25_000_000, None),
        (2 * HOUR_MS - 1, 6, None),
        (2 * HOUR_MS, 0, None),
        (3 * HOUR_MS, 0, None),
    ] {
        let quote = at(offset_ms);
        assert_eq!(
            quote.amount,
            MicroCredits(amount),
            "{offset_ms} ms after the start"
        );
        let expected = valid_until.map(|until| START.saturating_add(until));
        assert_eq!(
            quote.valid_until, expected,
            "{offset_ms} ms after the start"
        );
    }
}

#[test]
fn given_nothing_back_for_unused_time_when_cancelled_too_late_for_a_step_then_it_is_nothing() {
    let strict = RefundSchedule {
        unused_ppm: 0,
        ..RefundSchedule::default()
    };
    let late = strict.refund(PAID, window(), START.saturating_add(-HOUR_MS + 1));
    assert_eq!(late.amount, MicroCredits(0));
    let half = strict.refund(PAID, window(), START.saturating_add(-HOUR_MS));
    assert_eq!(half.amount, MicroCredits(50_000_000));
}

#[test]
fn given_refunds_when_written_then_the_rule_stands_with_its_numbers_and_makes_them_again() {
    let json = |quote: RefundQuote| serde_json::to_string(&quote).unwrap();
    assert_eq!(
        json(at(-7 * DAY_MS)),
        concat!(
            r#"{"amount":100000001,"paid":100000001,"rule":{"rule":"before-start","#,
            r#""lead_ms":86400000,"refund_ppm":1000000},"valid_until":1767139200000}"#
        )
    );
    assert_eq!(
        json(at(HOUR_MS)),
        concat!(
            r#"{"amount":25000000,"paid":100000001,"rule":{"rule":"unused","#,
            r#""unused_ms":3600000,"duration_ms":7200000,"unused_ppm":500000}}"#
        )
    );
}

#[test]
fn given_a_schedule_in_words_when_read_then_it_is_in_integers_and_the_default_for_the_rest() {
    let text = r#"{"before_start":[{"lead_ms":"7d","refund_ppm":"80%"}]}"#;
    let read: RefundSchedule = serde_json::from_str(text).unwrap();
    let step = RefundStep {
        lead_ms: 7 * DAY_MS,
        refund_ppm: 800_000,
    };
    assert_eq!(read.before_start, [step]);
    assert_eq!(read.unused_ppm, 500_000);
    let again: RefundSchedule =
        serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
    assert_eq!(again, read);
}

#[test]
fn given_nonsense_when_checked_then_the_rule_is_named_with_its_numbers() {
    let schedule = |steps: &[(i64, u32)], unused_ppm| RefundSchedule {
        before_start: steps
            .iter()
            .map(|&(lead_ms, refund_ppm)| RefundStep {
                lead_ms,
                refund_ppm,
            })
            .collect(),
        unused_ppm,
    };
    let many: Vec<_> = (0..65).rev().map(|lead| (lead, 1)).collect();
    for (bad, expected) in [
        (
            schedule(&many, 0),
            "the refund schedule has 65 steps; 64 are the most",
        ),
        (
            schedule(&[(-1, 0)], 0),
            "a refund step is at lead_ms -1; it must be from 0 to 316224000000",
        ),
        (
            schedule(&[(5, 2), (5, 1)], 0),
            "refund steps go from the longest lead time to the shortest: 5 ms comes after 5 ms",
        ),
        (
            schedule(&[(5, 1), (4, 2)], 0),
            "the refund rises from 1 to 2 ppm at 4 ms before the start; it must not pay to wait",
        ),
        (
            schedule(&[(5, 1_000_001)], 0),
            "refund_ppm is 1000001; it is at most 1000000, which is all that was paid",
        ),
        (
            schedule(&[], 1_000_001),
            "unused_ppm is 1000001; it is at most 1000000, which is all that was paid",
        ),
    ] {
        assert_eq!(bad.check().unwrap_err().to_string(), expected);
    }
    assert_eq!(schedule(&many[..64], PPM).check(), Ok(()));
    assert_eq!(RefundSchedule::default().check(), Ok(()));
}

#[test]
fn given_capacity_not_delivered_when_credited_then_it_is_pro_rata_and_never_above_the_price() {
    for (instances, duration_ms, undelivered_ms, expected) in [
        (4, HOUR_MS, 0, 0),
        (4, HOUR_MS, HOUR_MS, 25_000_000),
        (4, HOUR_MS, 4 * HOUR_MS - 1, 99_999_994),
        (4, HOUR_MS, 4 * HOUR_MS, PAID.0),
        (4, HOUR_MS, 9 * HOUR_MS, PAID.0),
        (0, HOUR_MS, HOUR_MS, 0),
        (4, 0, HOUR_MS, 0),
        (4, HOUR_MS, -1, 0),
    ] {
        let credit = undelivered(PAID, instances, duration_ms, undelivered_ms);
        assert_eq!(credit, MicroCredits(expected), "{undelivered_ms} ms");
    }
}

fn schedule() -> impl Strategy<Value = RefundSchedule> {
    let steps = proptest::collection::btree_map(0..30 * DAY_MS, 0..=PPM, 0..6);
    (steps, 0..=PPM).prop_map(|(steps, unused_ppm)| {
        let mut shares: Vec<u32> = steps.values().copied().collect();
        shares.sort_unstable_by(|a, b| b.cmp(a));
        let step = |(lead_ms, refund_ppm)| RefundStep {
            lead_ms,
            refund_ppm,
        };
        RefundSchedule {
            before_start: steps.into_keys().rev().zip(shares).map(step).collect(),
            unused_ppm,
        }
    })
}

proptest! {
    #[test]
    fn given_any_schedule_when_time_passes_then_the_refund_never_rises_and_ends_with_the_window(
        schedule in schedule(),
        paid in any::<u64>().prop_map(MicroCredits),
        duration_ms in 1..60 * DAY_MS,
        (now_ms, later_ms) in (-60 * DAY_MS..90 * DAY_MS, 0..60 * DAY_MS),
    ) {
        prop_assert_eq!(schedule.check(), Ok(()));
        let window = TimeWindow::starting(START, duration_ms);
        let refund = |at| schedule.refund(paid, window, at);
        let now = START.saturating_add(now_ms);
        let (first, second) = (refund(now), refund(now.saturating_add(later_ms)));
        prop_assert!(second.amount <= first.amount && first.amount <= paid);
        prop_assert_eq!(first.again(), first.amount);
        if let Some(until) = first.valid_until {
            prop_assert!(now <= until);
            prop_assert_eq!(refund(until).amount, first.amount);
        }
        prop_assert_eq!(refund(window.ends_at).amount, MicroCredits(0));
        prop_assert_eq!(refund(window.ends_at.saturating_add(later_ms)).amount, MicroCredits(0));
        // To cancel the moment before it starts is worth no less than the moment after.
        prop_assert!(refund(START).amount >= refund(START.saturating_add(1)).amount);
    }

    #[test]
    fn given_anything_at_all_when_refunded_then_it_is_never_above_what_was_paid(
        steps in proptest::collection::vec((any::<i64>(), any::<u32>()), 0..4),
        (paid, unused_ppm) in any::<(u64, u32)>(),
        (starts_at, ends_at, now, undelivered_ms) in any::<(i64, i64, i64, i64)>(),
        instances in any::<u32>(),
    ) {
        let step = |(lead_ms, refund_ppm)| RefundStep { lead_ms, refund_ppm };
        let before_start = steps.into_iter().map(step).collect();
        let schedule = RefundSchedule { before_start, unused_ppm };
        let _checked = schedule.check();
        let paid = MicroCredits(paid);
        let window = TimeWindow { starts_at: Timestamp(starts_at), ends_at: Timestamp(ends_at) };
        prop_assert!(schedule.refund(paid, window, Timestamp(now)).amount <= paid);
        prop_assert!(undelivered(paid, instances, ends_at, undelivered_ms) <= paid);
    }

    #[test]
    fn given_more_undelivered_when_credited_then_it_is_never_less(
        price in any::<u64>().prop_map(MicroCredits),
        (instances, duration_ms) in (1_u32..1_000, 1..400 * DAY_MS),
        (missing, more) in (0..400 * DAY_MS, 0..400 * DAY_MS),
    ) {
        let credit = |ms| undelivered(price, instances, duration_ms, ms);
        prop_assert!(credit(missing) <= credit(missing + more));
        // Exact where the product fits: the floor of the true share.
        let promised = u128::from(instances) * u128::try_from(duration_ms).unwrap();
        let exact = u128::from(price.0) * u128::try_from(missing).unwrap() / promised;
        prop_assert_eq!(u128::from(credit(missing).0), exact.min(price.0.into()));
    }
}
