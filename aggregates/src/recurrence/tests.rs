use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

fn at(text: &str) -> Timestamp {
    let parsed = chrono::DateTime::parse_from_rfc3339(text);
    parsed.expect(text).to_utc().into()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn series(zone: &str, frequency: Frequency, end: RecurrenceEnd) -> Recurrence {
    Recurrence {
        frequency,
        end,
        time_zone: zone.into(),
        if_not_all: IfNotAll::Reject,
    }
}

fn weekly(days: &[Weekday]) -> Frequency {
    let days = days.iter().copied().collect();
    Frequency::Weekly { days }
}

/// The starts of a series of windows of an hour.
fn starts(series: &Recurrence, first: &str) -> Vec<String> {
    let first = TimeWindow::starting(at(first), HOUR_MS);
    let starts = series.occurrences(first).unwrap();
    let seconds = |at: &Timestamp| at.to_rfc3339().replace(".000Z", "Z");
    starts.iter().map(seconds).collect()
}

#[test]
fn given_a_daily_series_across_a_change_of_the_clocks_when_listed_then_its_local_time_stays() {
    for (zone, first, expected) in [
        // 09:00 in Zurich, before and after the clocks go forward, then back.
        (
            "Europe/Zurich",
            "2026-03-28T08:00:00Z",
            [
                "2026-03-28T08:00:00Z",
                "2026-03-29T07:00:00Z",
                "2026-03-30T07:00:00Z",
            ],
        ),
        (
            "Europe/Zurich",
            "2026-10-24T07:00:00Z",
            [
                "2026-10-24T07:00:00Z",
                "2026-10-25T08:00:00Z",
                "2026-10-26T08:00:00Z",
            ],
        ),
        // 02:30 in Zurich is skipped on 29 March: the first instant after the gap is 03:00.
        (
            "Europe/Zurich",
            "2026-03-28T01:30:00Z",
            [
                "2026-03-28T01:30:00Z",
                "2026-03-29T01:00:00Z",
                "2026-03-30T00:30:00Z",
            ],
        ),
        // 02:30 in Zurich comes twice on 25 October: the first of the two is in summer time.
        (
            "Europe/Zurich",
            "2026-10-24T00:30:00Z",
            [
                "2026-10-24T00:30:00Z",
                "2026-10-25T00:30:00Z",
                "2026-10-26T01:30:00Z",
            ],
        ),
        // The first occurrence stays where it was asked, here at the second 02:30.
        (
            "Europe/Zurich",
            "2026-10-25T01:30:00Z",
            [
                "2026-10-25T01:30:00Z",
                "2026-10-26T01:30:00Z",
                "2026-10-27T01:30:00Z",
            ],
        ),
        // 09:00 in New York.
        (
            "America/New_York",
            "2026-03-07T14:00:00Z",
            [
                "2026-03-07T14:00:00Z",
                "2026-03-08T13:00:00Z",
                "2026-03-09T13:00:00Z",
            ],
        ),
        (
            "America/New_York",
            "2026-10-31T13:00:00Z",
            [
                "2026-10-31T13:00:00Z",
                "2026-11-01T14:00:00Z",
                "2026-11-02T14:00:00Z",
            ],
        ),
        // 02:30 in New York is skipped on 8 March, 01:30 comes twice on 1 November.
        (
            "America/New_York",
            "2026-03-07T07:30:00Z",
            [
                "2026-03-07T07:30:00Z",
                "2026-03-08T07:00:00Z",
                "2026-03-09T06:30:00Z",
            ],
        ),
        (
            "America/New_York",
            "2026-10-31T05:30:00Z",
            [
                "2026-10-31T05:30:00Z",
                "2026-11-01T05:30:00Z",
                "2026-11-02T06:30:00Z",
            ],
        ),
    ] {
        let daily = series(zone, Frequency::Daily, RecurrenceEnd::Count(3));
        assert_eq!(starts(&daily, first), expected, "{zone} from {first}");
    }
}

#[test]
fn given_weekly_days_until_a_date_when_listed_then_the_last_day_is_included() {
    let days = weekly(&[Weekday::Mon, Weekday::Thu]);
    let until = |text| RecurrenceEnd::Until(date(text));
    let expected = [
        "2026-03-23T08:00:00Z",
        "2026-03-26T08:00:00Z",
        "2026-03-30T07:00:00Z",
        "2026-04-02T07:00:00Z",
    ];
    for last in ["2026-04-02", "2026-04-05"] {
        let series = series("Europe/Zurich", days, until(last));
        assert_eq!(starts(&series, "2026-03-23T08:00:00Z"), expected);
    }
    let series = series("Europe/Zurich", days, until("2026-04-01"));
    assert_eq!(starts(&series, "2026-03-23T08:00:00Z"), expected[..3]);
}

#[test]
fn given_weekdays_when_listed_then_the_weekend_of_the_zone_is_left_out() {
    // Friday 08:00 in Auckland is still Thursday in UTC.
    let series = series(
        "Pacific/Auckland",
        Frequency::Weekdays,
        RecurrenceEnd::Count(2),
    );
    let expected = ["2026-06-04T20:00:00Z", "2026-06-07T20:00:00Z"];
    assert_eq!(starts(&series, "2026-06-04T20:00:00Z"), expected);
}

#[test]
fn given_a_series_at_or_above_the_limit_when_listed_then_only_the_longer_is_refused() {
    let first = TimeWindow::starting(at("2026-01-01T09:00:00Z"), HOUR_MS);
    let daily = |end| series("UTC", Frequency::Daily, end).occurrences(first);
    assert_eq!(
        daily(RecurrenceEnd::Count(OCCURRENCES_MAX)).unwrap().len(),
        366
    );
    assert_eq!(
        daily(RecurrenceEnd::Count(OCCURRENCES_MAX + 1)),
        Err(RecurrenceError::CountOutOfRange { count: 367 })
    );
    let last = date("2027-01-01");
    assert_eq!(daily(RecurrenceEnd::Until(last)).unwrap().len(), 366);
    let until = date("2027-01-02");
    let error = RecurrenceError::TooManyUntil { until, last };
    assert_eq!(daily(RecurrenceEnd::Until(until)), Err(error));
    let until = NaiveDate::MAX;
    let error = RecurrenceError::TooManyUntil { until, last };
    assert_eq!(daily(RecurrenceEnd::Until(until)), Err(error));
}

#[test]
fn given_a_broken_rule_when_listed_then_it_is_named_with_its_numbers() {
    // A Wednesday.
    let hour = TimeWindow::starting(at("2026-04-01T09:00:00Z"), HOUR_MS);
    let three = RecurrenceEnd::Count(3);
    let past = RecurrenceEnd::Until(date("2026-03-31"));
    for (series, first, expected) in [
        (
            series("Mars/Olympus", Frequency::Daily, three),
            hour,
            "\"Mars/Olympus\" is no time zone of the IANA database, such as \"Europe/Zurich\"",
        ),
        (
            series("UTC", weekly(&[]), three),
            hour,
            "a weekly series needs at least one day",
        ),
        (
            series("UTC", weekly(&[Weekday::Mon]), three),
            hour,
            "the first occurrence is on 2026-04-01, a wed, which the rule leaves out",
        ),
        (
            series("UTC", Frequency::Daily, past),
            hour,
            "the series ends with 2026-03-31, before its first occurrence on 2026-04-01",
        ),
        (
            series("UTC", Frequency::Daily, RecurrenceEnd::Count(0)),
            hour,
            "a series of 0 occurrences; it must be from 1 to 366",
        ),
        (
            series("UTC", Frequency::Daily, three),
            TimeWindow::starting(hour.starts_at, 0),
            "an occurrence of 0 ms is no time at all",
        ),
        (
            series("UTC", Frequency::Daily, three),
            TimeWindow::starting(hour.starts_at, DAY_MS + 1),
            "an occurrence lasts 86400001 ms, but the one after 2026-04-01T09:00:00.000Z starts \
             86400000 ms later",
        ),
        (
            series("UTC", Frequency::Daily, three),
            TimeWindow::starting(Timestamp(i64::MAX - 10), 5),
            "an occurrence is beyond the dates that can be counted",
        ),
    ] {
        assert_eq!(series.occurrences(first).unwrap_err().to_string(), expected);
    }
}

#[test]
fn given_whole_days_when_one_of_them_has_23_hours_then_that_overlap_is_named() {
    let daily = series("Europe/Zurich", Frequency::Daily, RecurrenceEnd::Count(3));
    let first = TimeWindow::starting(at("2026-03-27T23:00:00Z"), DAY_MS);
    let expected = RecurrenceError::Overlapping {
        starts_at: at("2026-03-28T23:00:00Z"),
        duration_ms: DAY_MS,
        apart_ms: 23 * HOUR_MS,
    };
    assert_eq!(daily.occurrences(first), Err(expected));
    let in_summer = TimeWindow::starting(at("2026-06-27T22:00:00Z"), DAY_MS);
    assert_eq!(daily.occurrences(in_summer).unwrap().len(), 3);
}

#[test]
fn given_a_recurrence_when_written_and_read_then_it_is_the_same() {
    let stored = concat!(
        r#"{"frequency":{"weekly":{"days":["mon","tue"]}},"end":{"until":"2026-12-24"},"#,
        r#""time_zone":"Europe/Zurich","if_not_all":"skip"}"#
    );
    let read: Recurrence = serde_json::from_str(stored).unwrap();
    assert_eq!(read.frequency, weekly(&[Weekday::Mon, Weekday::Tue]));
    assert_eq!(serde_json::to_string(&read).unwrap(), stored);
    let short = r#"{"frequency":"daily","end":{"count":7},"time_zone":"UTC"}"#;
    let read: Recurrence = serde_json::from_str(short).unwrap();
    let expected = series("UTC", Frequency::Daily, RecurrenceEnd::Count(7));
    assert_eq!(read, expected);
}

fn zone() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(&[
        "Europe/Zurich",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kolkata",
        "Pacific/Chatham",
    ])
}

fn frequency() -> impl Strategy<Value = Frequency> {
    let some = (1_u8..128).prop_map(|bits| {
        let days = WeekdaySet::ALL.days();
        let days = days.filter(|day| bits >> day.num_days_from_monday() & 1 == 1);
        Frequency::Weekly {
            days: days.collect(),
        }
    });
    prop_oneof![Just(Frequency::Daily), Just(Frequency::Weekdays), some]
}

proptest! {
    #[test]
    fn given_any_series_when_listed_then_each_start_shows_the_same_time_on_the_next_day_of_the_rule(
        (zone, frequency, count) in (zone(), frequency(), 1..=OCCURRENCES_MAX),
        (minute, duration_ms) in (0..60 * 24 * 365_i64, 1..DAY_MS),
    ) {
        let starts_at = at("2026-01-01T00:00:00Z").saturating_add(minute * 60_000);
        let first = TimeWindow::starting(starts_at, duration_ms);
        let tz: Tz = zone.parse().unwrap();
        let shown = |at: Timestamp| at.to_datetime().unwrap().with_timezone(&tz).naive_local();
        let series = series(zone, frequency, RecurrenceEnd::Count(count));
        match series.occurrences(first) {
            Ok(starts) => {
                prop_assert_eq!(starts.len(), count as usize);
                prop_assert_eq!(starts[0], starts_at);
                for (before, after) in starts.iter().zip(&starts[1..]) {
                    prop_assert!(after.millis_since(*before) >= duration_ms);
                    let (from, to) = (shown(*before).date(), shown(*after).date());
                    let between = from.iter_days().skip(1).take_while(|date| *date < to);
                    let days = frequency.days();
                    prop_assert!(days.contains(to.weekday()));
                    prop_assert!(!between.into_iter().any(|date| days.contains(date.weekday())));
                    let late = shown(*after).time() - shown(starts_at).time();
                    // Later only where that time is skipped: then a minute before it still was.
                    if !late.is_zero() {
                        let gap = shown(*after) - shown(after.saturating_add(-60_000));
                        prop_assert!(gap.num_minutes() > 1 && late < gap, "{}", after);
                    }
                }
                // Until the day of the last gives the same; the day before it, one less.
                let last = shown(starts[starts.len() - 1]).date();
                let until = |date| Recurrence { end: RecurrenceEnd::Until(date), ..series.clone() };
                prop_assert_eq!(until(last).occurrences(first), Ok(starts.clone()));
                if let (Some(date), true) = (last.pred_opt(), count > 1) {
                    let fewer = until(date).occurrences(first).unwrap();
                    prop_assert_eq!(&fewer[..], &starts[..starts.len() - 1]);
                }
            }
            Err(RecurrenceError::FirstDayLeftOut { date, day }) => {
                prop_assert_eq!(date, shown(starts_at).date());
                prop_assert!(!frequency.days().contains(day));
            }
            Err(RecurrenceError::Overlapping { apart_ms, .. }) => {
                prop_assert!(apart_ms < duration_ms && apart_ms >= 23 * HOUR_MS - HOUR_MS);
            }
            Err(error) => prop_assert!(false, "{}", error),
        }
    }

    #[test]
    fn given_anything_at_all_when_listed_then_it_is_a_series_within_the_limit_or_an_error(
        (zone, frequency, count) in (zone(), frequency(), any::<u32>()),
        (starts_at, ends_at) in any::<(i64, i64)>(),
        near_the_end in any::<bool>(),
    ) {
        // The last instant that is a date.
        let last = NaiveDate::MAX.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
        let starts_at = if near_the_end { last - starts_at.rem_euclid(900 * DAY_MS) } else { starts_at };
        let window = TimeWindow { starts_at: Timestamp(starts_at), ends_at: Timestamp(ends_at) };
        for end in [
            RecurrenceEnd::Count(count),
            RecurrenceEnd::Count(count % 400),
            RecurrenceEnd::Until(NaiveDate::MAX),
            RecurrenceEnd::Until(NaiveDate::MIN),
        ] {
            match series(zone, frequency, end).occurrences(window) {
                Ok(starts) => prop_assert!((1..=366).contains(&starts.len())),
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
        }
    }
}
