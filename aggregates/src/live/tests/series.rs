//! Series in the live state: all or none of what is decided, and what is kept of them.

use super::*;
use crate::account::AccountRefusal;
use crate::policy::Quotas;
use crate::recurrence::{Frequency, IfNotAll, Recurrence, RecurrenceEnd};
use crate::series::{HELD_OCCURRENCES_MAX, SeriesRefusal, reservation_id_of};
use crate::{MicroCredits, SeriesId};

const DAY: i64 = 24 * 60;

fn series_id(n: u128) -> SeriesId {
    SeriesId(Uuid::from_u128(n))
}

fn ask(live: &mut Live, n: u128, occurrences: u32, now: i64) -> Result<Handled, CommandRefusal> {
    let request = SeriesRequest::Ask {
        proposal: Box::new(proposal(2, 60)),
        recurrence: Recurrence {
            frequency: Frequency::Daily,
            end: RecurrenceEnd::Count(occurrences),
            time_zone: "UTC".into(),
            if_not_all: IfNotAll::Reject,
        },
    };
    tell(live, n, request, now)
}

fn tell(
    live: &mut Live,
    n: u128,
    request: SeriesRequest,
    now: i64,
) -> Result<Handled, CommandRefusal> {
    let command = Command::Series {
        series_id: series_id(n),
        request,
    };
    live.handle(command, Some(USER), minute(now))
}

/// Folds `facts` into what `live` was before them, and checks that it is then as it is now.
fn assert_replayed(mut before: Live, facts: &[(Vec<NewFact>, i64)], after: &Live) {
    for (facts, at) in facts {
        for new in facts {
            before.fold(&new.fact, new.sequence, minute(*at)).unwrap();
        }
    }
    assert_eq!(before.snapshot(), after.snapshot());
    assert_eq!(before.counts(), after.counts());
}

#[test]
fn given_a_series_from_its_asking_to_its_end_when_folded_or_restored_then_it_is_the_same() {
    let mut live = site();
    let before = live.clone();
    let mut told = vec![(ask(&mut live, 1, 3, 0).unwrap().facts, 0)];
    let restored = Live::try_from(live.snapshot()).unwrap();
    told.push((
        tell(&mut live, 1, SeriesRequest::Confirm, 5).unwrap().facts,
        5,
    ));
    let spent = live.account(USER.user_id).unwrap().state.spent;
    assert_eq!(spent, MicroCredits(6_000_000));
    let mut restored = restored;
    tell(&mut restored, 1, SeriesRequest::Confirm, 5).unwrap();
    assert_eq!(restored.snapshot(), live.snapshot());
    let cancel = SeriesRequest::Cancel(Some(CancelFrom::Instant(minute(DAY))));
    told.push((tell(&mut live, 1, cancel, 6).unwrap().facts, 6));
    assert!(live.series(series_id(1)).is_some());
    assert_eq!(live.counts().0, 1);
    told.push((
        tell(&mut live, 1, SeriesRequest::Cancel(None), 7)
            .unwrap()
            .facts,
        7,
    ));
    assert!(
        live.series(series_id(1)).is_none(),
        "forgotten with its last reservation"
    );
    assert_eq!(live.counts(), (0, 0, 0));
    assert_replayed(before, &told, &live);
    let gone = tell(&mut live, 1, SeriesRequest::Cancel(None), 8);
    assert_eq!(gone, Err(CommandRefusal::NotFound("series")));
}

#[test]
fn given_a_balance_that_covers_not_all_when_confirmed_then_none_is() {
    let mut live = site_under(Policy {
        opening_grant: MicroCredits(5_999_999),
        ..policy()
    });
    ask(&mut live, 1, 3, 0).unwrap();
    let before = live.snapshot();
    let (needed, balance) = (MicroCredits(6_000_000), MicroCredits(5_999_999));
    assert_eq!(
        tell(&mut live, 1, SeriesRequest::Confirm, 1),
        Err(CommandRefusal::Account(
            AccountRefusal::InsufficientCredits { needed, balance }
        ))
    );
    assert_eq!(live.snapshot(), before);
}

#[test]
fn given_quotas_when_a_series_would_exceed_them_with_its_sum_then_nothing_is_appended() {
    let mut live = site_under(Policy {
        quotas: Quotas {
            vcpu_hours_ahead: Some(5),
            ..Quotas::default()
        },
        ..policy()
    });
    let refused = ask(&mut live, 1, 3, 0).unwrap_err();
    assert!(matches!(
        refused,
        CommandRefusal::Quota(QuotaExceeded {
            would_be: 6,
            limit: 5,
            ..
        })
    ));
    assert_eq!(live.counts().0, 0);
    ask(&mut live, 1, 2, 0).unwrap();
}

#[test]
fn given_as_many_held_as_can_be_when_one_more_is_asked_then_it_is_refused_and_no_session_is_counted()
 {
    let mut live = site_under(Policy {
        limits: crate::policy::Limits {
            sessions_max: 1,
            ..policy().limits
        },
        ..policy()
    });
    // Two instances at a time: two series fill the node.
    let half = HELD_OCCURRENCES_MAX / 2;
    ask(&mut live, 1, half, 0).unwrap();
    ask(&mut live, 2, half, 0).unwrap();
    let refused = ask(&mut live, 3, 1, 0).unwrap();
    assert!(matches!(refused.answer, Answer::Series { ref statuses, .. } if statuses.is_empty()));
    open(&mut live, 9, proposal(1, 200)).unwrap();
    let request = SeriesRequest::Ask {
        proposal: Box::new(proposal(1, 400)),
        recurrence: Recurrence {
            frequency: Frequency::Daily,
            end: RecurrenceEnd::Count(1),
            time_zone: "UTC".into(),
            if_not_all: IfNotAll::Skip,
        },
    };
    let (held, asked, max) = (HELD_OCCURRENCES_MAX, 1, HELD_OCCURRENCES_MAX);
    assert_eq!(
        tell(&mut live, 4, request, 0),
        Err(CommandRefusal::Series(SeriesRefusal::TooManyHeld {
            held,
            asked,
            max
        }))
    );
}

#[test]
fn given_an_occurrence_given_up_alone_when_the_series_is_confirmed_then_the_others_are() {
    let mut live = site();
    ask(&mut live, 1, 3, 0).unwrap();
    let second = reservation_id_of(series_id(1), 2);
    live.handle(Command::Delete(second), Some(USER), minute(1))
        .unwrap();
    let confirmed = tell(&mut live, 1, SeriesRequest::Confirm, 2).unwrap();
    let Answer::Series { statuses, .. } = confirmed.answer else {
        panic!("{confirmed:?}");
    };
    let confirmed = Some(crate::reservation::StatusName::Confirmed);
    assert_eq!(statuses, [confirmed, None, confirmed]);
}
