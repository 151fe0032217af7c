//! What must hold of any input: rules of a proposal, money.

use openpex_aggregates::policy::Policy;
use openpex_aggregates::terms::Proposal;
use openpex_aggregates::{MicroCredits, Timestamp};
use proptest::prelude::*;

/// Now, in 2009.
const NOW: Timestamp = Timestamp(1_250_484_543_000);
const YEAR_MS: i64 = 366 * 24 * 3_600_000;

/// Numbers at which arithmetic goes wrong, and those around now.
fn extreme() -> impl Strategy<Value = i64> {
    prop_oneof![
        Just(i64::MIN),
        Just(i64::MIN + 1),
        Just(-1),
        Just(0),
        Just(1),
        Just(i64::MAX - 1),
        Just(i64::MAX),
        Just(400 * YEAR_MS),
        Just(-400 * YEAR_MS),
        any::<i64>(),
        NOW.0 - 100_000..NOW.0 + 2 * YEAR_MS,
        1_i64..2 * YEAR_MS,
    ]
}

fn policy() -> Policy {
    Policy {
        templates: vec!["T".into()],
        ..Policy::default()
    }
}

prop_compose! {
    fn proposal()(
        known in any::<bool>(),
        numbers in proptest::array::uniform6(extreme()),
        bounds in any::<(bool, bool)>(),
        price_limit in proptest::option::of(any::<u64>().prop_map(MicroCredits)),
    ) -> Proposal {
        let [fixed, option, starts_at, duration_ms, earliest, latest] = numbers;
        Proposal {
            instance_type: if known { "SMALL" } else { "" }.into(),
            instances_fixed: fixed,
            instances_option: option,
            starts_at: Timestamp(starts_at),
            duration_ms,
            template: "T".into(),
            auto_start: None,
            price_limit,
            earliest_start_at: bounds.0.then_some(Timestamp(earliest)),
            latest_end_at: bounds.1.then_some(Timestamp(latest)),
        }
    }
}

proptest! {
    #[test]
    fn given_any_amount_when_printed_and_parsed_then_it_is_the_same(micros in any::<u64>()) {
        let amount = MicroCredits(micros);
        prop_assert_eq!(amount.to_string().parse(), Ok(amount));
    }

    #[test]
    fn given_any_text_when_it_parses_as_money_then_only_zeros_are_lost(text in "[0-9.+-]{0,24}") {
        if let Ok(amount) = text.parse::<MicroCredits>() {
            let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
            let whole = match whole.trim_start_matches('0') { "" => "0", digits => digits };
            let part = part.trim_end_matches('0');
            let plain = if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") };
            prop_assert_eq!(amount.to_string(), plain);
        }
    }

    #[test]
    fn given_any_proposal_when_checked_then_it_is_refused_by_rules_or_obeys_them_all(
        proposal in proposal(),
        now in prop_oneof![Just(NOW), extreme().prop_map(Timestamp)],
    ) {
        let policy = policy();
        match proposal.clone().into_terms(&policy, now) {
            Err(errors) => {
                prop_assert!(!errors.is_empty());
                for error in errors {
                    // Printing dates at the ends of the range must not panic either.
                    prop_assert!(!error.to_string().is_empty() && !error.field().is_empty());
                }
            }
            Ok(terms) => {
                let window = terms.window;
                prop_assert_eq!(i64::from(terms.instances_fixed), proposal.instances_fixed);
                prop_assert!(terms.instances_fixed > 0);
                prop_assert!(window.starts_at >= now);
                prop_assert!(window.starts_at <= policy.limits.horizon_from(now));
                prop_assert!(window.starts_at < window.ends_at);
                prop_assert_eq!(window.duration_ms(), proposal.duration_ms);
                prop_assert!(terms.earliest_start_at.is_none_or(|at| at <= window.starts_at));
                prop_assert!(terms.latest_end_at.is_none_or(|at| at >= window.ends_at));
                prop_assert_eq!(terms.asked_start_at(), proposal.starts_at);
            }
        }
    }

    #[test]
    fn given_a_proposal_when_sent_twice_then_it_is_the_same_request(
        ahead_ms in -60_000_i64..YEAR_MS,
        later_ms in 0_i64..60_000,
        duration_ms in 60_000_i64..YEAR_MS,
    ) {
        let proposal = Proposal {
            instance_type: "SMALL".into(),
            instances_fixed: 1,
            starts_at: NOW.saturating_add(ahead_ms),
            duration_ms,
            template: "T".into(),
            ..Proposal::default()
        };
        let policy = policy();
        let first = proposal.clone().into_terms(&policy, NOW).unwrap();
        if let Ok(second) = proposal.clone().into_terms(&policy, NOW.saturating_add(later_ms)) {
            prop_assert!(first.is_same_request(&second) && second.is_same_request(&first));
        }
        let longer = Proposal { duration_ms: duration_ms + 1, ..proposal };
        if let Ok(other) = longer.into_terms(&policy, NOW) {
            prop_assert!(!first.is_same_request(&other));
        }
    }
}
