//! Prices by example, and the rules of a policy.

use super::*;
use crate::samples::EmptyPool;
use crate::weekdays::WeekdaySet;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

struct At {
    now: Timestamp,
    utilisation_ppm: u32,
}

impl Market for At {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn utilisation_ppm(&self, _window: TimeWindow) -> u32 {
        self.utilisation_ppm
    }
}

/// A market that knows nothing: to ask it is a failure.
struct Silent;

impl Market for Silent {
    fn now(&self) -> Timestamp {
        panic!("the time was asked for nothing")
    }

    fn utilisation_ppm(&self, _window: TimeWindow) -> u32 {
        panic!("the utilisation was asked for nothing")
    }
}

fn ask(size: Resources, instances: u32, duration_ms: i64) -> PricedTerms {
    PricedTerms {
        size,
        instances,
        window: TimeWindow::starting(Timestamp(0), duration_ms),
    }
}

fn one_vcpu() -> Resources {
    Resources {
        vcpus: 1,
        ..Resources::ZERO
    }
}

fn from_json(policy: &str) -> Pricing {
    serde_json::from_str(policy).unwrap()
}

/// An instance of a vCPU for an hour that starts `lead_ms` from now.
fn price_of_hour(pricing: &Pricing, lead_ms: i64, utilisation_ppm: u32) -> (u64, PriceInputs) {
    let market = At {
        now: Timestamp(-lead_ms),
        utilisation_ppm,
    };
    let quote = pricing.quote(&ask(one_vcpu(), 1, HOUR), &market).unwrap();
    assert_eq!(quote.again(), Ok(quote.price));
    (quote.price.0, quote.inputs())
}

#[test]
fn given_an_xlarge_hour_when_priced_flat_then_each_dimension_counts_once() {
    let size = Resources {
        vcpus: 4,
        memory_mib: 3_584,
        disk_gib: 60,
    };
    let quote = Pricing::default()
        .quote(&ask(size, 1, HOUR), &Silent)
        .unwrap();
    // 4 × 1 + 3.5 × 0.25 + 60 × 0.001
    assert_eq!(quote.price.to_string(), "4.935");
}

#[test]
fn given_a_fraction_of_a_micro_credit_when_priced_then_it_is_rounded_up_once() {
    let size = Resources {
        vcpus: 1,
        memory_mib: 768,
        disk_gib: 10,
    };
    let one_ms = Pricing::default().quote(&ask(size, 1, 1), &Silent).unwrap();
    assert_eq!(one_ms.price, MicroCredits(1));
}

#[test]
fn given_terms_beyond_counting_when_priced_then_it_is_an_error_not_a_wrap() {
    let size = Resources {
        vcpus: u64::MAX,
        ..Resources::ZERO
    };
    let price = |ask| Pricing::default().quote(&ask, &Silent);
    assert_eq!(price(ask(size, 2, 1)), Err(PriceOverflow));
    assert_eq!(price(ask(size, 1, HOUR)), Err(PriceOverflow));
    assert_eq!(price(ask(one_vcpu(), 1, -1)), Err(PriceOverflow));
}

#[test]
fn given_a_quote_from_before_there_were_inputs_when_read_then_it_is_written_the_same() {
    let stored = concat!(
        r#"{"price":4935000,"pricing":{"policy":"flat","rates":{"vcpu_hour":1000000,"#,
        r#""memory_gib_hour":250000,"disk_gib_hour":1000}},"resources":{"vcpus":4,"#,
        r#""memory_mib":3584,"disk_gib":60},"duration_ms":3600000}"#
    );
    let quote: Quote = serde_json::from_str(stored).unwrap();
    assert_eq!(serde_json::to_string(&quote).unwrap(), stored);
    assert_eq!(quote.again(), Ok(quote.price));
}

#[test]
fn given_only_the_name_of_a_policy_when_read_then_the_rest_is_a_default_that_can_be_used() {
    for name in ["flat", "utilisation", "lead-time", "calendar"] {
        let pricing = from_json(&format!(r#"{{"policy":"{name}"}}"#));
        assert_eq!(pricing.check(), Ok(()), "{name}");
        assert_eq!(pricing.rates(), Rates::default());
        let again: Pricing =
            serde_json::from_str(&serde_json::to_string(&pricing).unwrap()).unwrap();
        assert_eq!(again, pricing);
    }
    let unknown = serde_json::from_str::<Pricing>(r#"{"policy":"utilisation","curves":[]}"#);
    assert!(unknown.unwrap_err().to_string().contains("curves"));
}

#[test]
fn given_a_utilisation_policy_when_the_pool_fills_then_the_price_rises_along_the_curve() {
    let pricing = from_json(r#"{"policy":"utilisation"}"#);
    for (utilisation_ppm, expected) in [
        (0, 800_000),
        (250_000, 900_000),
        (500_000, 1_000_000),
        (650_000, 1_250_000),
        (900_000, 2_000_000),
        (1_000_000, 2_500_000),
    ] {
        let (price, inputs) = price_of_hour(&pricing, 0, utilisation_ppm);
        assert_eq!(price, expected, "at {utilisation_ppm}");
        assert_eq!(inputs.utilisation_ppm, Some(utilisation_ppm));
        assert_eq!(
            inputs.multiplier_ppm,
            Some(u32::try_from(expected).unwrap())
        );
        assert_eq!(inputs.lead_ms, None);
    }
}

#[test]
fn given_a_lead_time_policy_when_booked_early_then_it_is_cheaper_and_late_by_what_is_left() {
    let pricing = from_json(r#"{"policy":"lead-time"}"#);
    for (lead_ms, utilisation_ppm, expected) in [
        (60 * DAY, 1_000_000, 800_000),
        (30 * DAY, 1_000_000, 800_000),
        (7 * DAY, 1_000_000, 900_000),
        (4 * DAY, 1_000_000, 950_000),
        (DAY, 1_000_000, 1_000_000),
        (DAY - 1, 1_000_000, 1_500_000),
        (0, 750_000, 1_250_000),
        (-HOUR, 0, 700_000),
    ] {
        let (price, inputs) = price_of_hour(&pricing, lead_ms, utilisation_ppm);
        assert_eq!(price, expected, "{lead_ms} ms ahead at {utilisation_ppm}");
        assert_eq!(inputs.lead_ms, Some(lead_ms.max(0)));
        let last_minute = lead_ms < DAY;
        let asked = last_minute.then_some(utilisation_ppm);
        assert_eq!(inputs.utilisation_ppm, asked);
    }
}

#[test]
fn given_a_calendar_when_priced_then_peak_and_off_peak_are_weighed_and_rounded_once() {
    let pricing = from_json(
        r#"{"policy":"calendar","time_zone":"Europe/Zurich","peak_ppm":"150%","off_peak_ppm":"50%",
            "rates":{"vcpu_hour":1,"memory_gib_hour":0,"disk_gib_hour":0},
            "peaks":[{"days":["thu"],"from":"22:00","until":"02:30"}]}"#,
    );
    // 1970-01-01 was a Thursday, an hour ahead of UTC in Zurich.
    let window = TimeWindow::starting(Timestamp(20 * HOUR), 8 * HOUR);
    let ask = PricedTerms {
        size: one_vcpu(),
        instances: 1,
        window,
    };
    let quote = pricing.quote(&ask, &Silent).unwrap();
    assert_eq!(quote.inputs().peak_ms, Some(4 * HOUR + HOUR / 2));
    assert_eq!(quote.inputs().off_peak_ms, Some(3 * HOUR + HOUR / 2));
    // 4.5 × 1.5 + 3.5 × 0.5 = 8.5, once rounded.
    assert_eq!(quote.price, MicroCredits(9));
    let mut changed = quote.clone();
    changed.inputs.as_mut().unwrap().peak_ms = Some(0);
    assert_eq!(changed.again(), Err(PriceOverflow));
}

#[test]
fn given_a_window_at_or_above_the_limit_when_priced_by_calendar_then_only_the_longer_has_no_price()
{
    let pricing = from_json(r#"{"policy":"calendar","time_zone":"America/New_York"}"#);
    let longest = ask(one_vcpu(), 1, CALENDAR_WINDOW_MAX_MS);
    assert!(pricing.quote(&longest, &Silent).is_ok());
    let longer = ask(one_vcpu(), 1, CALENDAR_WINDOW_MAX_MS + 1);
    assert_eq!(pricing.quote(&longer, &Silent), Err(PriceOverflow));
}

#[test]
fn given_a_flat_quote_without_inputs_when_its_policy_is_swapped_then_it_cannot_be_made_again() {
    let quote = Pricing::default()
        .quote(&ask(one_vcpu(), 1, HOUR), &EmptyPool(Timestamp(0)))
        .unwrap();
    for name in ["utilisation", "lead-time", "calendar"] {
        let pricing = from_json(&format!(r#"{{"policy":"{name}"}}"#));
        let swapped = Quote {
            pricing,
            ..quote.clone()
        };
        assert_eq!(swapped.again(), Err(PriceOverflow), "{name}");
    }
}

#[test]
fn given_percentages_and_units_when_read_then_they_are_the_integers_they_stand_for() {
    let friendly = from_json(
        r#"{"policy":"lead-time","last_minute_ms":"2h",
            "early":[{"at":"1d","multiplier_ppm":"100%"},{"at":"7d","multiplier_ppm":"87.5%"}],
            "last_minute":[{"at":"0%","multiplier_ppm":500000},{"at":"100%","multiplier_ppm":"2%"}]}"#,
    );
    let expected = Pricing::LeadTime(Box::new(LeadTimePricing {
        rates: Rates::default(),
        early: Curve::through(&[(DAY, 1_000_000), (7 * DAY, 875_000)]),
        last_minute_ms: 2 * HOUR,
        last_minute: Curve::through(&[(0, 500_000), (1_000_000, 20_000)]),
    }));
    assert_eq!(friendly, expected);
    let share_of_time = r#"{"policy":"lead-time","early":[{"at":"5%","multiplier_ppm":1}]}"#;
    let error = serde_json::from_str::<Pricing>(share_of_time).unwrap_err();
    assert!(error.to_string().contains("\"5%\""), "{error}");
}

#[test]
fn given_times_of_day_when_read_then_only_those_on_a_clock_are() {
    for (text, known) in [
        ("00:00", true),
        ("08:30", true),
        ("23:59", true),
        ("24:00", true),
        ("24:01", false),
        ("08:60", false),
        ("8:30", false),
        ("0830", false),
        ("+8:30", false),
        ("99:00", false),
        ("", false),
    ] {
        let time = text.parse::<TimeOfDay>();
        assert_eq!(
            time.map(|time| time.to_string()).ok(),
            known.then(|| text.to_owned())
        );
    }
}

#[test]
fn given_a_place_between_two_points_when_read_then_its_value_is_rounded_down_on_either_slope() {
    let rising = Curve::through(&[(0, 9), (3, 10)]);
    assert_eq!([0, 1, 2, 3].map(|at| rising.at(at)), [9, 9, 9, 10]);
    let falling = Curve::through(&[(0, 10), (3, 9)]);
    assert_eq!([0, 1, 2, 3].map(|at| falling.at(at)), [10, 9, 9, 9]);
}

fn utilisation(points: &[(i64, u32)]) -> Pricing {
    Pricing::Utilisation(Box::new(UtilisationPricing {
        rates: Rates::default(),
        curve: Curve::through(points),
    }))
}

fn calendar(time_zone: &str, peaks: Vec<PeakPeriod>, peak_ppm: u32) -> Pricing {
    Pricing::Calendar(Box::new(CalendarPricing {
        rates: Rates::default(),
        time_zone: time_zone.into(),
        peaks,
        peak_ppm,
        off_peak_ppm: 0,
    }))
}

#[test]
fn given_nonsense_in_a_curve_when_checked_then_the_rule_is_named_with_its_numbers() {
    let many: Vec<_> = (0..65).map(|at| (at, 1)).collect();
    for (points, expected) in [
        (vec![], "curve has no points; one is the least"),
        (many, "curve has 65 points; 64 are the most"),
        (
            vec![(5, 1), (5, 2)],
            "curve goes back: the point at 5 comes after the one at 5",
        ),
        (
            vec![(0, 1), (1_000_001, 2)],
            "curve has a point at 1000001; it must be from 0 to 1000000",
        ),
        (
            vec![(0, MULTIPLIER_MAX_PPM + 1)],
            "curve multiplies by 100000001 ppm; 100000000 ppm are the most",
        ),
    ] {
        let error = utilisation(&points).check().unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    let most: Vec<_> = (0..64).map(|at| (at, MULTIPLIER_MAX_PPM)).collect();
    assert_eq!(utilisation(&most).check(), Ok(()));
    let last_minute_ms = -1;
    let late = Pricing::LeadTime(Box::new(LeadTimePricing {
        rates: Rates::default(),
        early: Curve::through(&[(0, 1)]),
        last_minute_ms,
        last_minute: Curve::through(&[(0, 1)]),
    }));
    let expected = PricingError::LastMinuteOutOfRange { last_minute_ms };
    assert_eq!(late.check(), Err(expected));
}

#[test]
fn given_nonsense_in_a_calendar_when_checked_then_the_rule_is_named_with_its_numbers() {
    let period = |days, from: &str, until: &str| PeakPeriod {
        days,
        from: from.parse().unwrap(),
        until: until.parse().unwrap(),
    };
    let day = period(WeekdaySet::ALL, "00:00", "24:00");
    for (pricing, expected) in [
        (
            calendar("Mars/Olympus", vec![day], 1),
            "\"Mars/Olympus\" is no time zone of the IANA database, such as \"Europe/Zurich\"",
        ),
        (
            calendar("UTC", vec![], 1),
            "the calendar has no peak periods; for one price at any time the policy is \"flat\"",
        ),
        (
            calendar("UTC", vec![day; 65], 1),
            "the calendar has 65 peak periods; 64 are the most",
        ),
        (
            calendar(
                "UTC",
                vec![day, period(WeekdaySet::NONE, "00:00", "01:00")],
                1,
            ),
            "peak period 2 is on no day",
        ),
        (
            calendar("UTC", vec![period(WeekdaySet::ALL, "09:00", "09:00")], 1),
            "peak period 1 is empty: it begins and ends at 09:00; a whole day is from 00:00 until \
             24:00",
        ),
        (
            calendar("UTC", vec![day], 100_000_001),
            "peak_ppm multiplies by 100000001 ppm; 100000000 ppm are the most",
        ),
    ] {
        assert_eq!(pricing.check().unwrap_err().to_string(), expected);
    }
    assert_eq!(
        calendar("UTC", vec![day; 64], MULTIPLIER_MAX_PPM).check(),
        Ok(())
    );
}
