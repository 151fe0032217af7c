use proptest::prelude::*;

use super::*;

const CREDIT: u64 = 1_000_000;

fn conceding(tactic: Tactic, deadline_rounds: u32) -> Bargaining {
    Bargaining::Concession {
        reserve_ppm: 600_000,
        tactic,
        deadline_rounds,
    }
}

fn prices(policy: Bargaining, rounds: u32) -> Vec<u64> {
    let asked = |round| policy.asking_price(MicroCredits(100 * CREDIT), round);
    (1..=rounds).map(|round| asked(round).price.0).collect()
}

#[test]
fn given_each_tactic_when_rounds_pass_then_it_concedes_in_its_own_way_down_to_the_reserve() {
    // A hundredth of a credit is enough to tell them apart.
    let cents = |prices: Vec<u64>| prices.into_iter().map(|p| p / 10_000).collect::<Vec<_>>();
    for (tactic, expected) in [
        (
            Tactic::Boulware,
            [10_000, 9_937, 9_500, 8_312, 6_000, 6_000],
        ),
        (Tactic::Linear, [10_000, 9_000, 8_000, 7_000, 6_000, 6_000]),
        (
            Tactic::Conceder,
            [10_000, 7_480, 6_825, 6_365, 6_000, 6_000],
        ),
        (
            Tactic::Exponent { num: 2, den: 1 },
            [10_000, 9_750, 9_000, 7_750, 6_000, 6_000],
        ),
    ] {
        assert_eq!(cents(prices(conceding(tactic, 5), 6)), expected, "{tactic}");
    }
    let firm = Bargaining::TakeItOrLeaveIt;
    assert_eq!(prices(firm, 3), [100 * CREDIT; 3]);
}

#[test]
fn given_a_user_price_when_answered_then_it_is_agreed_exactly_where_the_rule_says() {
    let list = MicroCredits(100 * CREDIT);
    let policy = conceding(Tactic::Linear, 5);
    let answer = |credits: u64, round| policy.answer(list, Some(MicroCredits(credits)), round);
    assert_eq!(policy.answer(list, None, 4), PriceAnswer::Agreed(list));
    assert_eq!(answer(100 * CREDIT, 4), PriceAnswer::Agreed(list));
    assert_eq!(answer(u64::MAX, 4), PriceAnswer::Agreed(list));
    let own = MicroCredits(90 * CREDIT);
    assert_eq!(answer(own.0, 2), PriceAnswer::Agreed(own));
    let PriceAnswer::TooLow { asking } = answer(own.0 - 1, 2) else {
        panic!("a micro-credit less than asked was agreed to");
    };
    assert_eq!(asking.price, own);
    assert_eq!(asking.reserve, Some(MicroCredits(60 * CREDIT)));
    assert_eq!(asking.conceded_ppm, 250_000);
    let firm = Bargaining::TakeItOrLeaveIt;
    for round in [1, 5, u32::MAX] {
        let answer = firm.answer(list, Some(MicroCredits(list.0 - 1)), round);
        assert!(matches!(answer, PriceAnswer::TooLow { asking } if asking.price == list));
    }
}

#[test]
fn given_policies_when_written_and_read_then_they_are_the_same_and_defaults_can_be_used() {
    let text = |policy: &Bargaining| serde_json::to_string(policy).unwrap();
    assert_eq!(
        text(&Bargaining::default()),
        r#"{"policy":"take-it-or-leave-it"}"#
    );
    let stored = concat!(
        r#"{"policy":"concession","reserve_ppm":600000,"tactic":"3/2","#,
        r#""deadline_rounds":8}"#
    );
    let read: Bargaining = serde_json::from_str(stored).unwrap();
    assert_eq!(read, conceding(Tactic::Exponent { num: 3, den: 2 }, 8));
    assert_eq!(text(&read), stored);
    let default: Bargaining = serde_json::from_str(r#"{"policy":"concession"}"#).unwrap();
    assert_eq!(default.check(), Ok(()));
    let expected = Bargaining::Concession {
        reserve_ppm: 800_000,
        tactic: Tactic::Linear,
        deadline_rounds: 5,
    };
    assert_eq!(default, expected);
}

#[test]
fn given_nonsense_when_checked_or_read_then_the_rule_is_named_with_its_numbers() {
    let above = Bargaining::Concession {
        reserve_ppm: 1_000_001,
        tactic: Tactic::Linear,
        deadline_rounds: 5,
    };
    let reserve_ppm = 1_000_001;
    let error = BargainingError::ReserveAboveList { reserve_ppm };
    assert_eq!(above.check(), Err(error));
    for (deadline_rounds, good) in [
        (0, false),
        (1, false),
        (2, true),
        (1_000, true),
        (1_001, false),
    ] {
        let error = BargainingError::DeadlineOutOfRange { deadline_rounds };
        let expected = if good { Ok(()) } else { Err(error) };
        assert_eq!(conceding(Tactic::Linear, deadline_rounds).check(), expected);
    }
    let (num, den) = (9, 1);
    let error = BargainingError::ExponentOutOfRange { num, den };
    assert_eq!(
        conceding(Tactic::Exponent { num, den }, 5).check(),
        Err(error.clone())
    );
    assert_eq!("9/1".parse::<Tactic>(), Err(error));
    for text in ["", "hard", "1/2/3", "1.5", "-1/2"] {
        let error = BargainingError::UnknownTactic(text.to_owned());
        assert_eq!(text.parse::<Tactic>(), Err(error));
    }
}

fn exponent() -> impl Strategy<Value = (u32, u32)> {
    (1..=EXPONENT_PART_MAX, 1..=EXPONENT_PART_MAX)
}

proptest! {
    #[test]
    fn given_any_exponent_when_rounds_pass_then_alpha_rises_from_nothing_to_exactly_one_whole(
        exponent in exponent(),
        deadline in DEADLINE_ROUNDS_MIN..=DEADLINE_ROUNDS_MAX,
        round in 1_u32..1_100,
    ) {
        prop_assert_eq!(alpha_ppm(1, deadline, exponent), 0);
        prop_assert_eq!(alpha_ppm(deadline, deadline, exponent), PPM);
        prop_assert!(alpha_ppm(round, deadline, exponent) <= alpha_ppm(round + 1, deadline, exponent));
    }

    #[test]
    fn given_any_inner_round_when_tactics_differ_then_boulware_is_below_linear_below_conceder(
        (deadline, round) in (3..=DEADLINE_ROUNDS_MAX)
            .prop_flat_map(|deadline| (Just(deadline), 2..deadline)),
    ) {
        let alpha = |tactic: Tactic| alpha_ppm(round, deadline, tactic.exponent());
        prop_assert!(alpha(Tactic::Boulware) < alpha(Tactic::Linear));
        prop_assert!(alpha(Tactic::Linear) < alpha(Tactic::Conceder));
    }

    #[test]
    fn given_a_whole_exponent_when_computed_then_it_is_the_power_rounded_down(
        num in 1_u32..=3,
        (deadline, round) in (2..=DEADLINE_ROUNDS_MAX)
            .prop_flat_map(|deadline| (Just(deadline), 1..deadline)),
    ) {
        let (gone, whole) = (u128::from(round - 1), u128::from(deadline - 1));
        let exact = gone.pow(num) * u128::from(PPM) / whole.pow(num);
        prop_assert_eq!(u128::from(alpha_ppm(round, deadline, (num, 1))), exact);
        // A root undone: alpha^den is at most the share, and that of the next ppm is above it.
        let root = u128::from(alpha_ppm(round, deadline, (1, num)));
        let scale = u128::from(PPM).pow(num);
        prop_assert!(root.pow(num) * whole <= gone * scale);
        prop_assert!((root + 1).pow(num) * whole > gone * scale);
    }

    #[test]
    fn given_anything_at_all_when_asked_then_the_price_is_between_reserve_and_list_and_made_again(
        (list, reserve_ppm, round, deadline_rounds) in any::<(u64, u32, u32, u32)>(),
        (num, den) in any::<(u32, u32)>(),
        later in any::<u32>(),
        limit in proptest::option::of(any::<u64>().prop_map(MicroCredits)),
    ) {
        let tactic = Tactic::Exponent { num, den };
        let policy = Bargaining::Concession { reserve_ppm, tactic, deadline_rounds };
        let list = MicroCredits(list);
        let asking = policy.asking_price(list, round);
        prop_assert!(asking.reserve.unwrap() <= asking.price && asking.price <= list);
        let written = serde_json::to_string(&asking).unwrap();
        let read: Asking = serde_json::from_str(&written).unwrap();
        prop_assert_eq!(read.again(), asking.price);
        prop_assert!(policy.asking_price(list, round.saturating_add(later)).price <= asking.price);
        match policy.answer(list, limit, round) {
            PriceAnswer::Agreed(price) => {
                prop_assert!(limit.is_none_or(|limit| price <= limit) && price <= list);
                prop_assert!(price >= asking.price);
            }
            PriceAnswer::TooLow { asking: told } => {
                prop_assert_eq!(told, asking);
                prop_assert!(limit.unwrap() < asking.price);
            }
        }
    }
}
