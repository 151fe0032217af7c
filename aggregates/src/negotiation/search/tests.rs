use super::*;
use crate::samples::{MINUTE, minute, on, policy, pool, size};

fn query(count: i64, from: i64, to: i64) -> SearchQuery {
    SearchQuery {
        instance_type: "ONE".into(),
        count,
        duration_ms: 60 * MINUTE,
        from: Some(minute(from)),
        to: Some(minute(to)),
        ..SearchQuery::default()
    }
}

fn starts(answer: &SearchAnswer) -> Vec<i64> {
    let minutes = |start: &PricedStart| start.starts_at.millis_since(minute(0)) / MINUTE;
    answer.starts.iter().map(minutes).collect()
}

fn booked(windows: &[(i64, i64, u32)]) -> Pool {
    let mut pool = pool(&[("n1", 2)]);
    for (from, until, count) in windows {
        let window = TimeWindow {
            starts_at: minute(*from),
            ends_at: minute(*until),
        };
        pool.book(&on(&[("n1", *count)]), window, size()).unwrap();
    }
    pool
}

/// ```text
/// minutes   0    60   90        240   300
/// taken     |    |####|         |#####|
/// ```
#[test]
fn given_a_pool_partly_taken_when_searched_then_each_start_is_the_first_after_the_last_step() {
    let pool = booked(&[(60, 90, 2), (240, 300, 2)]);
    let step = SearchQuery {
        step_ms: Some(30 * MINUTE),
        ..query(1, 0, 400)
    };
    let found = search(&pool, &policy(), &step, minute(0)).unwrap();
    assert_eq!(starts(&found), [0, 90, 120, 150, 180, 300, 330, 360, 390]);
    assert_eq!(found.searched_until, minute(400));
    // Whatever is said not to fit does not: every minute is tried.
    let every_minute = SearchQuery {
        step_ms: Some(MINUTE),
        ..query(2, 0, 95)
    };
    let found = search(&pool, &policy(), &every_minute, minute(0)).unwrap();
    let fits = |at: &i64| {
        let window = TimeWindow::starting(minute(*at), 60 * MINUTE);
        pool.place(size(), 2, window).is_ok()
    };
    assert_eq!(starts(&found), (0..=95).filter(fits).collect::<Vec<_>>());
}

#[test]
fn given_prices_that_differ_when_searched_then_the_cheapest_come_first_and_then_the_earliest() {
    let pricing = serde_json::from_str(r#"{"policy": "utilisation"}"#).unwrap();
    let policy = Policy {
        pricing,
        ..policy()
    };
    let pool = booked(&[(0, 60, 1)]);
    let hours = SearchQuery {
        step_ms: Some(60 * MINUTE),
        ..query(1, 0, 180)
    };
    let found = search(&pool, &policy, &hours, minute(0)).unwrap();
    assert_eq!(starts(&found), [60, 120, 180, 0]);
    assert!(found.starts[0].price < found.starts[3].price);
    let cheap = SearchQuery {
        price_max: Some(found.starts[0].price),
        limit: Some(2),
        ..hours.clone()
    };
    let found = search(&pool, &policy, &cheap, minute(0)).unwrap();
    assert_eq!(starts(&found), [60, 120]);
    let for_nothing = SearchQuery {
        price_max: Some(MicroCredits(1)),
        ..hours
    };
    let found = search(&pool, &policy, &for_nothing, minute(0)).unwrap();
    assert!(found.starts.is_empty());
    assert!(matches!(
        found.reasons[..],
        [Reason::PriceShort { price, .. }] if price > MicroCredits(1)
    ));
}

#[test]
fn given_nothing_that_fits_when_searched_then_it_says_what_is_in_the_way() {
    let pool = booked(&[(0, 600, 1)]);
    let found = search(&pool, &policy(), &query(2, 10, 500), minute(5)).unwrap();
    let [
        Reason::CapacityShort { shortage, .. },
        Reason::NoStartFits { from, until },
    ] = &found.reasons[..]
    else {
        panic!("{:?}", found.reasons);
    };
    assert_eq!((*from, *until), (minute(10), minute(500)));
    assert_eq!(shortage.placeable, 1);
    // What is past is cut off, what comes after the window is not.
    let blocked = shortage.binding[0].blocked;
    assert_eq!(
        (blocked.starts_at, blocked.ends_at),
        (minute(5), minute(600))
    );
    let never = search(&pool, &policy(), &query(3, 10, 500), minute(0)).unwrap();
    assert!(matches!(never.reasons[..], [Reason::NeverFits { .. }]));
}

#[test]
fn given_more_starts_than_one_answer_looks_at_when_searched_then_it_says_how_far_it_got() {
    let pool = booked(&[]);
    let minutes = SearchQuery {
        step_ms: Some(MINUTE),
        ..query(1, 0, 1_000)
    };
    let found = search(&pool, &policy(), &minutes, minute(0)).unwrap();
    assert_eq!(found.starts.len(), SEARCH_STARTS_MAX as usize);
    assert_eq!(found.searched_until, minute(SEARCH_STARTS_MAX.into()));
    // Where no step is named, the starts reach to the end of the range.
    let spread = search(&pool, &policy(), &query(1, 0, 100_000), minute(0)).unwrap();
    assert_eq!(spread.searched_until, minute(100_000));
    assert!(spread.starts.len() > 90);
    let short = search(&pool, &policy(), &query(1, 0, 60), minute(0)).unwrap();
    assert_eq!(starts(&short), [0, 15, 30, 45, 60]);
}

#[test]
fn given_a_question_that_breaks_rules_when_asked_then_each_is_named_as_in_a_proposal() {
    let pool = booked(&[]);
    let codes = |query: &SearchQuery| -> Vec<(&'static str, &'static str)> {
        let errors = search(&pool, &policy(), query, minute(100)).unwrap_err();
        errors.iter().map(|e| (e.field(), e.code())).collect()
    };
    let wrong = SearchQuery {
        instance_type: "HUGE".into(),
        duration_ms: 1,
        step_ms: Some(59_999),
        limit: Some(101),
        ..query(0, 0, -1)
    };
    assert_eq!(
        codes(&wrong),
        [
            ("type", "unknown_type"),
            ("count", "instances_fixed_out_of_range"),
            ("duration", "duration_out_of_range"),
            ("from", "start_in_the_past"),
            ("step", "step_out_of_range"),
            ("limit", "limit_out_of_range"),
            ("to", "range_reversed"),
        ]
    );
    let far = 500 * 24 * 60;
    assert_eq!(codes(&query(1, 100, far)), [("to", "start_past_horizon")]);
}
