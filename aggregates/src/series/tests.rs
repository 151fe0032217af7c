use chrono::Weekday;

use super::*;
use crate::recurrence::{Frequency, RecurrenceEnd};
use crate::samples::{evidence, minute, terms};

fn asked(if_not_all: IfNotAll) -> Box<Asked> {
    let recurrence = Recurrence {
        frequency: Frequency::Weekly {
            days: [Weekday::Mon].into_iter().collect(),
        },
        end: RecurrenceEnd::Count(3),
        time_zone: "Europe/Zurich".into(),
        if_not_all,
    };
    Box::new(Asked {
        terms: terms(1, 0, 60),
        recurrence,
    })
}

fn occurrence(number: u32) -> Occurrence {
    Occurrence {
        number,
        reservation_id: reservation_id_of(SeriesId::default(), number),
        starts_at: minute(i64::from(number) * 100),
        price: MicroCredits(7),
        cancelled: false,
    }
}

fn left_out(number: u32) -> LeftOut {
    LeftOut {
        number,
        starts_at: minute(i64::from(number) * 100),
        evidence: evidence(),
    }
}

fn ask(if_not_all: IfNotAll, judged: Vec<Judged>) -> SeriesCommand {
    SeriesCommand::Ask {
        user_id: UserId(7),
        asked: asked(if_not_all),
        judged,
        at: minute(0),
        expires_at: minute(10),
    }
}

fn folded(events: &[SeriesEvent]) -> Series {
    let mut series = Series::default();
    events.iter().for_each(|event| series.fold(event));
    series
}

fn held() -> Series {
    let judged = vec![Ok(occurrence(1)), Ok(occurrence(2)), Ok(occurrence(3))];
    folded(
        &Series::default()
            .decide(ask(IfNotAll::Reject, judged))
            .unwrap(),
    )
}

fn confirm(
    series: &Series,
    standings: [Standing; 3],
    now: i64,
) -> Result<Vec<SeriesEvent>, SeriesRefusal> {
    series.decide(SeriesCommand::Confirm {
        standings: standings.to_vec(),
        now: minute(now),
    })
}

#[test]
fn given_one_that_does_not_fit_when_asked_then_all_are_rejected_or_only_that_one_is_left_out() {
    let judged = || vec![Ok(occurrence(1)), Err(left_out(2)), Ok(occurrence(3))];
    let decide = |if_not_all| Series::default().decide(ask(if_not_all, judged())).unwrap();
    let rejected = folded(&decide(IfNotAll::Reject));
    assert_eq!(
        rejected.status,
        SeriesStatus::Rejected {
            left_out: vec![left_out(2)]
        }
    );
    let skipped = folded(&decide(IfNotAll::Skip));
    let plan = skipped.plan().unwrap();
    assert_eq!(plan.occurrences, [occurrence(1), occurrence(3)]);
    assert_eq!(plan.left_out, [left_out(2)]);
    assert_eq!(plan.price, MicroCredits(14));
    let none = ask(IfNotAll::Skip, vec![Err(left_out(1))]);
    let none = folded(&Series::default().decide(none).unwrap());
    assert_eq!(none.status_name(), SeriesStatusName::Rejected);
}

#[test]
fn given_a_series_that_is_held_when_confirmed_then_all_that_is_held_is_and_again_nothing_happens() {
    let series = held();
    // The user confirmed the first alone, and gave up the second.
    let standings = [Standing::Agreed, Standing::Ended, Standing::Held];
    let events = confirm(&series, standings, 5).unwrap();
    let confirmed = SeriesEvent::SeriesConfirmed {
        occurrences: vec![3],
        price: MicroCredits(7),
    };
    assert_eq!(events, std::slice::from_ref(&confirmed));
    let mut series = series;
    series.fold(&confirmed);
    assert_eq!(confirm(&series, [Standing::Agreed; 3], 50), Ok(Vec::new()));
    assert_eq!(
        series.decide(SeriesCommand::Withdraw),
        Err(SeriesRefusal::NotAllowed {
            status: SeriesStatusName::Confirmed
        })
    );
}

#[test]
fn given_holds_that_ran_out_when_confirmed_then_the_whole_is_refused_and_they_are_named() {
    let series = held();
    let ran_out = [Standing::Held, Standing::RanOut, Standing::Held];
    assert_eq!(
        confirm(&series, ran_out, 5),
        Err(SeriesRefusal::HoldsRanOut {
            occurrences: vec![occurrence(2)]
        })
    );
    // What lapsed after the holds had run out is lost as well.
    let all = vec![occurrence(1), occurrence(2), occurrence(3)];
    assert_eq!(
        confirm(&series, [Standing::Ended; 3], 10),
        Err(SeriesRefusal::HoldsRanOut { occurrences: all })
    );
}

#[test]
fn given_a_time_when_cancelled_from_it_then_only_what_starts_later_and_has_not_ended_goes() {
    let mut series = held();
    let cancel = |series: &Series, from: Option<i64>| {
        let standings = vec![Standing::Ended, Standing::Agreed, Standing::Agreed];
        let from = from.map(minute);
        series.decide(SeriesCommand::Cancel { from, standings })
    };
    let cancelled = |from: Option<i64>, occurrences: &[u32]| SeriesEvent::SeriesCancelled {
        from: from.map(minute),
        occurrences: occurrences.to_vec(),
    };
    assert_eq!(cancel(&series, None).unwrap(), [cancelled(None, &[2, 3])]);
    let later = cancel(&series, Some(300)).unwrap();
    assert_eq!(later, [cancelled(Some(300), &[3])]);
    assert_eq!(cancel(&series, Some(301)), Ok(Vec::new()));
    series.fold(&later[0]);
    let marked: Vec<bool> = series.occurrences().iter().map(|o| o.cancelled).collect();
    assert_eq!(marked, [false, false, true]);
    assert_eq!(series.decide(SeriesCommand::Withdraw).unwrap().len(), 1);
}

#[test]
fn given_any_event_when_stored_and_read_then_it_is_the_same() {
    let judged = vec![Ok(occurrence(1)), Err(left_out(2))];
    let mut events = Series::default()
        .decide(ask(IfNotAll::Skip, judged))
        .unwrap();
    events.extend(
        Series::default()
            .decide(ask(IfNotAll::Reject, vec![Err(left_out(1))]))
            .unwrap(),
    );
    events.push(SeriesEvent::SeriesWithdrawn);
    for event in events {
        let stored = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<SeriesEvent>(&stored).unwrap(), event);
    }
}
