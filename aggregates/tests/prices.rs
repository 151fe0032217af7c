//! What must hold of any price: of its size, of the curves and the calendar it is made by, and of
//! making it again from what was recorded.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use chrono::{DateTime, Datelike, Timelike};
use chrono_tz::Tz;
use openpex_aggregates::pricing::{
    CalendarPricing, Curve, LeadTimePricing, Market, PeakPeriod, PriceOverflow, PricedTerms,
    Pricing, Quote, Rates, TimeOfDay, UtilisationPricing,
};
use openpex_aggregates::weekdays::WeekdaySet;
use openpex_aggregates::{MicroCredits, Resources, TimeWindow, Timestamp};
use proptest::prelude::*;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
const YEAR_MS: i64 = 366 * DAY_MS;
const NOW: Timestamp = Timestamp(1_767_225_600_000);

#[derive(Debug, Clone, Copy)]
struct Known {
    now: Timestamp,
    utilisation_ppm: u32,
}

impl Market for Known {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn utilisation_ppm(&self, _window: TimeWindow) -> u32 {
        self.utilisation_ppm
    }
}

fn empty_pool() -> Known {
    Known {
        now: NOW,
        utilisation_ppm: 0,
    }
}

fn rates() -> impl Strategy<Value = Rates> {
    let rate = || prop_oneof![0_u64..10_000_000, any::<u64>()].prop_map(MicroCredits);
    (rate(), rate(), rate()).prop_map(|(vcpu_hour, memory_gib_hour, disk_gib_hour)| Rates {
        vcpu_hour,
        memory_gib_hour,
        disk_gib_hour,
    })
}

fn resources(amount: impl Strategy<Value = u64> + 'static) -> impl Strategy<Value = Resources> {
    let amount = amount.boxed();
    (amount.clone(), amount.clone(), amount).prop_map(|(vcpus, memory_mib, disk_gib)| Resources {
        vcpus,
        memory_mib,
        disk_gib,
    })
}

/// A curve that can be used, over places from 0 to `at_max`.
fn curve(at_max: i64) -> impl Strategy<Value = Curve> {
    proptest::collection::btree_map(0..=at_max, 0_u32..5_000_000, 1..8)
        .prop_map(|points| Curve::through(&points.into_iter().collect::<Vec<_>>()))
}

/// Points in any order and number, as nobody checked them.
fn any_curve() -> impl Strategy<Value = Curve> {
    proptest::collection::vec((any::<i64>(), any::<u32>()), 0..6)
        .prop_map(|points| Curve::through(&points))
}

prop_compose! {
    fn period()(days in 1_u8..128, from in 0_u16..=1_440, until in 0_u16..=1_440) -> PeakPeriod {
        let time = |minutes: u16| -> TimeOfDay {
            format!("{:02}:{:02}", minutes / 60, minutes % 60).parse().unwrap()
        };
        let chosen = WeekdaySet::ALL
            .days()
            .filter(|day| days >> day.num_days_from_monday() & 1 == 1);
        PeakPeriod { days: chosen.collect(), from: time(from), until: time(until) }
    }
}

/// Zones whose clocks change: by an hour, by half an hour, in the south, and never.
const ZONES: [&str; 4] = [
    "Europe/Zurich",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
];

fn zone() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(&ZONES)
}

fn pricing() -> impl Strategy<Value = Pricing> {
    let peaks = proptest::collection::vec(period(), 1..4);
    prop_oneof![
        rates().prop_map(|rates| Pricing::Flat { rates }),
        (rates(), curve(1_000_000)).prop_map(|(rates, curve)| Pricing::Utilisation(Box::new(
            UtilisationPricing { rates, curve }
        ))),
        (rates(), curve(YEAR_MS), 0..7 * DAY_MS, curve(1_000_000)).prop_map(
            |(rates, early, last_minute_ms, last_minute)| Pricing::LeadTime(Box::new(
                LeadTimePricing {
                    rates,
                    early,
                    last_minute_ms,
                    last_minute,
                }
            ))
        ),
        (rates(), zone(), peaks, 0_u32..5_000_000, 0_u32..5_000_000).prop_map(
            |(rates, zone, peaks, peak_ppm, off_peak_ppm)| Pricing::Calendar(Box::new(
                CalendarPricing {
                    rates,
                    time_zone: zone.into(),
                    peaks,
                    peak_ppm,
                    off_peak_ppm,
                }
            ))
        ),
    ]
}

fn quoted(pricing: &Pricing, ask: &PricedTerms, market: Known) -> Result<Quote, PriceOverflow> {
    let quote = pricing.quote(ask, &market)?;
    assert_eq!(quote.again(), Ok(quote.price));
    Ok(quote)
}

fn in_peak(period: &PeakPeriod, at: DateTime<Tz>) -> bool {
    let clock = |time: TimeOfDay| {
        let text = time.to_string();
        let (hour, minute) = text.split_once(':').unwrap();
        hour.parse::<u32>().unwrap() * 60 + minute.parse::<u32>().unwrap()
    };
    let (from, until, shown) = (
        clock(period.from),
        clock(period.until),
        at.hour() * 60 + at.minute(),
    );
    let today = period.days.contains(at.weekday());
    let yesterday = period.days.contains(at.weekday().pred());
    if from == 1_440 {
        // It begins with the next day, and is empty if it ends there and then.
        return yesterday && shown < until % 1_440;
    }
    if from <= until {
        return today && from <= shown && shown < until;
    }
    (today && from <= shown) || (yesterday && shown < until)
}

/// Minutes of the window in peak, by looking at the clock every minute.
fn peak_minutes(window: TimeWindow, zone: &str, peaks: &[PeakPeriod]) -> usize {
    let tz: Tz = zone.parse().unwrap();
    (window.starts_at.0..window.ends_at.0)
        .step_by(usize::try_from(MINUTE_MS).unwrap())
        .map(|at| Timestamp(at).to_datetime().unwrap().with_timezone(&tz))
        .filter(|at| peaks.iter().any(|period| in_peak(period, *at)))
        .count()
}

fn calendar_of(zone: &str, peaks: Vec<PeakPeriod>) -> Pricing {
    Pricing::Calendar(Box::new(CalendarPricing {
        rates: Rates::default(),
        time_zone: zone.into(),
        peaks,
        peak_ppm: 2_000_000,
        off_peak_ppm: 1_000_000,
    }))
}

fn split(pricing: &Pricing, window: TimeWindow) -> (i64, i64) {
    let ask = PricedTerms {
        size: Resources::ZERO,
        instances: 1,
        window,
    };
    let inputs = quoted(pricing, &ask, empty_pool()).unwrap().inputs();
    (inputs.peak_ms.unwrap(), inputs.off_peak_ms.unwrap())
}

/// Changes of the clocks in 2026, in minutes since 1970, and a day without any.
const CHANGES: [i64; 7] = [
    29_579_100, // 2026-03-29T01:00:00Z, Zurich forward
    29_881_500, // 2026-10-25T01:00:00Z, Zurich back
    29_549_220, // 2026-03-08T07:00:00Z, New York forward
    29_891_880, // 2026-11-01T06:00:00Z, New York back
    29_588_580, // 2026-04-04T15:00:00Z, Lord Howe back by half an hour
    29_850_690, // 2026-10-03T15:30:00Z, Lord Howe forward by half an hour
    29_700_000, // 2026-06-21T00:00:00Z, no change
];

proptest! {
    #[test]
    fn given_more_of_anything_when_priced_flat_then_it_never_costs_less(
        rates in rates(),
        size in resources(0_u64..100_000),
        (instances, duration_ms) in (1_u32..100, 0_i64..YEAR_MS),
        (more, which, more_instances, longer_ms) in (0_u64..1_000, 0..3, 0_u32..10, 0_i64..1_000_000),
    ) {
        let pricing = Pricing::Flat { rates };
        let mut larger = size;
        match which {
            0 => larger.vcpus += more,
            1 => larger.memory_mib += more,
            _ => larger.disk_gib += more,
        }
        let price = |size, instances, duration_ms| {
            let window = TimeWindow::starting(NOW, duration_ms);
            let ask = PricedTerms { size, instances, window };
            quoted(&pricing, &ask, empty_pool()).map(|quote| quote.price)
        };
        let less = price(size, instances, duration_ms);
        let more = price(larger, instances + more_instances, duration_ms + longer_ms);
        match (less, more) {
            (Ok(less), Ok(more)) => prop_assert!(less <= more),
            (Err(_), more) => prop_assert!(more.is_err(), "more can be counted than less"),
            (Ok(_), Err(_)) => {}
        }
    }

    #[test]
    fn given_any_policy_when_quoted_then_its_price_follows_again_from_what_is_written_down(
        pricing in pricing(),
        size in resources(0_u64..10_000),
        (instances, lead_ms, duration_ms) in (0_u32..1_000, 0..YEAR_MS, 0..YEAR_MS),
        utilisation_ppm in 0_u32..=1_000_000,
    ) {
        let known = Known { now: NOW, utilisation_ppm };
        let window = TimeWindow::starting(NOW.saturating_add(lead_ms), duration_ms);
        if let Ok(quote) = quoted(&pricing, &PricedTerms { size, instances, window }, known) {
            let written = serde_json::to_string(&quote).unwrap();
            let read: Quote = serde_json::from_str(&written).unwrap();
            prop_assert_eq!(read.again(), Ok(quote.price));
            prop_assert_eq!(&read, &quote);
        }
    }

    #[test]
    fn given_anything_at_all_when_quoted_then_it_is_a_price_or_an_error_never_a_panic(
        (pricing, wild) in (pricing(), any_curve()),
        size in resources(any::<u64>()),
        (instances, starts_at, ends_at, now) in any::<(u32, i64, i64, i64)>(),
        utilisation_ppm in any::<u32>(),
    ) {
        let mut wild_pricing = pricing.clone();
        match &mut wild_pricing {
            Pricing::Utilisation(policy) => policy.curve = wild,
            Pricing::LeadTime(policy) => {
                policy.early = wild.clone();
                policy.last_minute_ms = policy.last_minute_ms.wrapping_mul(now);
                policy.last_minute = wild;
            }
            Pricing::Flat { .. } | Pricing::Calendar(_) => {}
        }
        let known = Known { now: Timestamp(now), utilisation_ppm };
        let window = TimeWindow { starts_at: Timestamp(starts_at), ends_at: Timestamp(ends_at) };
        for pricing in [pricing, wild_pricing] {
            let _checked = pricing.check();
            let _price_or_error = quoted(&pricing, &PricedTerms { size, instances, window }, known);
        }
    }

    #[test]
    fn given_a_curve_when_read_anywhere_then_it_lies_between_its_neighbours_and_meets_its_points(
        curve in curve(YEAR_MS),
        at in prop_oneof![0..YEAR_MS, any::<i64>()],
    ) {
        for point in &curve.points {
            prop_assert_eq!(curve.at(point.at), point.multiplier_ppm);
        }
        let left = curve.points.iter().rfind(|point| point.at <= at);
        let right = curve.points.iter().find(|point| point.at >= at);
        let near = |point: Option<&openpex_aggregates::pricing::CurvePoint>| {
            point.map(|point| point.multiplier_ppm)
        };
        let value = curve.at(at);
        match (near(left), near(right)) {
            (Some(left), Some(right)) => {
                prop_assert!(left.min(right) <= value && value <= left.max(right));
                // It never turns on the way from one to the other.
                let next = curve.at(at.saturating_add(1));
                let inside = at < curve.points.last().unwrap().at;
                if inside && !curve.points.iter().any(|point| point.at == at) {
                    let turns = if left <= right { value > next } else { value < next };
                    prop_assert!(!turns, "{} at {}, then {}", value, at, next);
                }
            }
            (Some(end), None) | (None, Some(end)) => prop_assert_eq!(value, end),
            (None, None) => prop_assert!(false, "a curve has points"),
        }
    }

    #[test]
    fn given_a_window_across_a_change_of_the_clocks_when_split_then_every_minute_is_where_it_shows(
        zone in zone(),
        peaks in proptest::collection::vec(period(), 1..4),
        change in proptest::sample::select(&CHANGES),
        (before, length) in (0_i64..4_000, 0_i64..8_000),
    ) {
        let starts_at = Timestamp((change - before) * MINUTE_MS);
        let window = TimeWindow::starting(starts_at, length * MINUTE_MS);
        let (peak_ms, off_peak_ms) = split(&calendar_of(zone, peaks.clone()), window);
        prop_assert_eq!(peak_ms + off_peak_ms, window.duration_ms());
        let minutes = i64::try_from(peak_minutes(window, zone, &peaks)).unwrap();
        prop_assert_eq!(peak_ms, minutes * MINUTE_MS);
    }

    #[test]
    fn given_a_window_cut_in_two_when_split_then_the_parts_add_up_to_the_millisecond(
        zone in zone(),
        peaks in proptest::collection::vec(period(), 1..4),
        (from_ms, first_ms, second_ms) in (0..YEAR_MS, 0..200 * DAY_MS, 0..200 * DAY_MS),
    ) {
        let pricing = calendar_of(zone, peaks);
        let start = NOW.saturating_add(from_ms);
        let middle = start.saturating_add(first_ms);
        let whole = split(&pricing, TimeWindow::starting(start, first_ms + second_ms));
        let first = split(&pricing, TimeWindow::starting(start, first_ms));
        let second = split(&pricing, TimeWindow::starting(middle, second_ms));
        prop_assert_eq!(whole, (first.0 + second.0, first.1 + second.1));
        prop_assert_eq!(whole.0 + whole.1, first_ms + second_ms);
    }
}

#[test]
fn given_the_changes_of_the_clocks_when_looked_at_then_the_tests_above_are_about_them() {
    let changes = [(0, 0), (0, 1), (1, 2), (1, 3), (2, 4), (2, 5)];
    for (zone, change) in changes {
        let tz: Tz = ZONES[zone].parse().unwrap();
        let shown = |at: i64| {
            let at = Timestamp(at * MINUTE_MS).to_datetime().unwrap();
            at.with_timezone(&tz).naive_local()
        };
        let at = CHANGES[change];
        let step = shown(at).signed_duration_since(shown(at - 1));
        assert_ne!(step.num_minutes(), 1, "{} at {at}", ZONES[zone]);
    }
}
