use super::*;
use crate::samples::{MINUTE, minute, policy};

fn proposal() -> Proposal {
    Proposal {
        instance_type: "ONE".into(),
        instances_fixed: 1,
        starts_at: minute(60),
        duration_ms: 60 * MINUTE,
        template: "T".into(),
        ..Proposal::default()
    }
}

fn wanted(
    wish: Wish,
    bound: Option<Bound>,
    until: i64,
    proposal: Proposal,
) -> Result<Wanted, WantedError> {
    let proposal = StandingProposal {
        proposal,
        wish,
        better_than: bound.map(BetterThan::Bound),
        mode: Mode::Tell,
        until: minute(until),
    };
    proposal.into_wanted(bound, (&policy(), minute(0)))
}

fn minutes(range: SearchRange) -> (i64, i64) {
    let of = |at: Timestamp| at.millis_since(minute(0)) / MINUTE;
    (of(range.from), of(range.to))
}

#[test]
fn given_a_wish_when_its_starts_are_asked_then_they_lie_between_what_is_asked_and_what_there_is() {
    let earlier = wanted(
        Wish::Earlier,
        Some(Bound::StartsAt(minute(200))),
        500,
        proposal(),
    );
    let earlier = earlier.unwrap();
    let range = earlier.range(&policy(), minute(10)).unwrap();
    assert_eq!(range.from, minute(60));
    assert_eq!(range.to, minute(200).saturating_add(-1));
    // What is past is no start any more; in the end there is none.
    assert_eq!(
        earlier.range(&policy(), minute(90)).unwrap().from,
        minute(90)
    );
    assert_eq!(earlier.range(&policy(), minute(200)), None);
    let bounded = Proposal {
        earliest_start_at: Some(minute(30)),
        latest_end_at: Some(minute(180)),
        price_limit: Some(MicroCredits(5)),
        ..proposal()
    };
    let possible = wanted(Wish::Possible, None, 500, bounded.clone()).unwrap();
    let range = possible.range(&policy(), minute(0)).unwrap();
    assert_eq!(
        (minutes(range), range.price_max),
        ((30, 120), Some(MicroCredits(5)))
    );
    let exact = wanted(Wish::Possible, None, 500, proposal()).unwrap();
    assert_eq!(
        minutes(exact.range(&policy(), minute(0)).unwrap()),
        (60, 60)
    );
    let cheaper = wanted(
        Wish::Cheaper,
        Some(Bound::Price(MicroCredits(4))),
        500,
        bounded,
    );
    let range = cheaper.unwrap().range(&policy(), minute(0)).unwrap();
    assert_eq!(
        (minutes(range), range.price_max),
        ((30, 120), Some(MicroCredits(3)))
    );
    let free = wanted(
        Wish::Cheaper,
        Some(Bound::Price(MicroCredits(0))),
        500,
        proposal(),
    );
    assert_eq!(free.unwrap().range(&policy(), minute(0)), None);
}

#[test]
fn given_a_request_that_makes_no_sense_when_made_then_the_rule_is_named() {
    let refused = |wish, bound, until| match wanted(wish, bound, until, proposal()) {
        Err(WantedError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    let price = Some(Bound::Price(MicroCredits(4)));
    for (wish, bound, needed) in [
        (Wish::Earlier, None, "start"),
        (Wish::Earlier, price, "start"),
        (Wish::Cheaper, Some(Bound::StartsAt(minute(9))), "price"),
        (Wish::Possible, price, "nothing"),
    ] {
        let refusal = StandingRefusal::NothingToBetter { needed };
        assert_eq!(refused(wish, bound, 500), refusal);
    }
    for until in [0, 401 * 24 * 60] {
        let refusal = refused(Wish::Possible, None, until);
        assert!(matches!(refusal, StandingRefusal::UntilOutOfRange { .. }));
    }
}

#[test]
fn given_a_request_when_anything_is_said_then_it_ends_once_and_repeats_append_nothing() {
    let meeting = Meeting {
        at: minute(3),
        starts_at: minute(60),
        price: MicroCredits(7),
        reservation_id: None,
    };
    let made = || {
        let wanted = wanted(Wish::Possible, None, 500, proposal()).unwrap();
        let mut request = StandingRequest::default();
        request.fold(&StandingRequest::made(UserId(7), 3, wanted, minute(0)));
        request
    };
    let early = StandingCommand::Expire { now: minute(499) };
    let due = StandingCommand::Expire { now: minute(500) };
    assert_eq!(made().decide(early), Ok(None));
    for command in [
        StandingCommand::Meet(meeting),
        StandingCommand::Withdraw,
        due,
    ] {
        let mut request = made();
        let event = request.decide(command).unwrap().unwrap();
        let stored = serde_json::to_string(&event).unwrap();
        let read: StandingRequestEvent = serde_json::from_str(&stored).unwrap();
        assert_eq!(read, event);
        request.fold(&event);
        assert!(request.status.is_end());
        assert_eq!(request.decide(due), Ok(None));
        let status = request.status;
        let again = request.decide(StandingCommand::Withdraw);
        if status == StandingStatus::Withdrawn {
            assert_eq!(again, Ok(None));
        } else {
            assert_eq!(again, Err(StandingRefusal::NotAllowed { status }));
        }
    }
}
