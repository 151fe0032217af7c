//! Policies as a site writes them in its configuration.

use openpex_aggregates::MicroCredits;
use openpex_aggregates::negotiation::{Bargaining, Tactic};
use openpex_aggregates::pricing::{Curve, Pricing, Rates};
use openpex_aggregates::refunds::RefundSchedule;
use serde::Deserialize;

const HOUR_MS: i64 = 3_600_000;

#[derive(Deserialize)]
struct Written {
    pricing: Pricing,
    bargaining: Bargaining,
    refunds: RefundSchedule,
}

fn read(text: &str) -> Written {
    toml::from_str(text).expect("the configuration can be read")
}

#[test]
fn given_a_site_that_says_little_when_read_then_the_rest_is_the_default() {
    let written = read(
        r#"
        pricing = { policy = "calendar", time_zone = "Europe/Zurich" }
        bargaining = { policy = "concession" }
        refunds = {}
        "#,
    );
    assert_eq!(written.pricing.check(), Ok(()));
    assert_eq!(written.pricing.rates(), Rates::default());
    assert_eq!(written.bargaining.check(), Ok(()));
    assert_eq!(written.refunds, RefundSchedule::default());
}

#[test]
fn given_a_site_that_says_all_when_read_then_words_are_the_integers_they_stand_for() {
    let written = read(
        r#"
        [pricing]
        policy = "lead-time"
        rates = { vcpu_hour = 2_000_000, memory_gib_hour = 500_000, disk_gib_hour = 0 }
        early = [
            { at = "1d", multiplier_ppm = "100%" },
            { at = "30d", multiplier_ppm = 750_000 },
        ]
        last_minute_ms = "6h"
        last_minute = [{ at = "0%", multiplier_ppm = "50%" }, { at = "100%", multiplier_ppm = "2%" }]

        [bargaining]
        policy = "concession"
        reserve_ppm = "62.5%"
        tactic = "boulware"
        deadline_rounds = 4

        [refunds]
        before_start = [{ lead_ms = "2d", refund_ppm = "90%" }, { lead_ms = 60_000, refund_ppm = 1 }]
        unused_ppm = "0%"
        "#,
    );
    let Pricing::LeadTime(policy) = written.pricing else {
        panic!("another policy was read");
    };
    assert_eq!(policy.rates.vcpu_hour, MicroCredits(2_000_000));
    let early = Curve::through(&[(24 * HOUR_MS, 1_000_000), (720 * HOUR_MS, 750_000)]);
    assert_eq!(policy.early, early);
    assert_eq!(policy.last_minute_ms, 6 * HOUR_MS);
    let expected = Bargaining::Concession {
        reserve_ppm: 625_000,
        tactic: Tactic::Boulware,
        deadline_rounds: 4,
    };
    assert_eq!(written.bargaining, expected);
    let steps: Vec<_> = written.refunds.before_start.iter().collect();
    assert_eq!(
        (steps[0].lead_ms, steps[0].refund_ppm),
        (48 * HOUR_MS, 900_000)
    );
    assert_eq!((steps[1].lead_ms, steps[1].refund_ppm), (60_000, 1));
    assert_eq!(written.refunds.unused_ppm, 0);
}

#[test]
fn given_nonsense_when_read_then_the_error_says_what_it_should_be() {
    for (text, says) in [
        (
            r#"policy = "calendar"
               peaks = [{ days = ["mon"], from = "8", until = "18:00" }]"#,
            "\"8\" is no time of day such as \"08:30\"",
        ),
        (
            r#"policy = "utilisation"
               curve = [{ at = "half", multiplier_ppm = 1 }]"#,
            "a percentage such as \"12.5%\"",
        ),
        (r#"policy = "calender""#, "unknown variant `calender`"),
        (
            r#"policy = "calendar"
               zone = "UTC""#,
            "unknown field `zone`",
        ),
    ] {
        let error = toml::from_str::<Pricing>(text).expect_err("nonsense is refused");
        assert!(error.to_string().contains(says), "{error}");
    }
    let error = toml::from_str::<Bargaining>("policy = \"concession\"\ntactic = \"9/1\"");
    let error = error.expect_err("an exponent out of range is refused");
    let says = "the exponent is 9/1; both parts must be from 1 to 8";
    assert!(error.to_string().contains(says), "{error}");
}
