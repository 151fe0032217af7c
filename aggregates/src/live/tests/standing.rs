//! Standing requests in the live state: whatever frees capacity meets them, in the order of asking.

use super::*;
use crate::reservation::StatusName;
use crate::standing::{
    BetterThan, Bound, Mode, STANDING_REQUESTS_MAX, StandingProposal, StandingRefusal,
    StandingRequestEvent, StandingStatus, Wish, reservation_id_of,
};
use crate::{MicroCredits, StandingRequestId};

fn standing_id(n: u128) -> StandingRequestId {
    StandingRequestId(Uuid::from_u128(n))
}

fn actor(user: i64) -> Actor {
    Actor {
        user_id: UserId(user),
        is_operator: false,
    }
}

fn wish(proposal: Proposal, wish: Wish, mode: Mode) -> StandingProposal {
    StandingProposal {
        proposal,
        wish,
        better_than: None,
        mode,
        until: minute(1_000),
    }
}

fn make(
    live: &mut Live,
    (n, user): (u128, i64),
    wanted: StandingProposal,
) -> Result<Handled, CommandRefusal> {
    let command = Command::Standing {
        standing_request_id: standing_id(n),
        request: StandingAsk::Make(Box::new(wanted)),
    };
    live.handle(command, Some(actor(user)), minute(0))
}

fn status(handled: &Handled) -> StandingStatus {
    let Answer::StandingRequest { request, .. } = &handled.answer else {
        panic!("{:?}", handled.answer);
    };
    request.status
}

fn waits(live: &Live, n: u128) -> bool {
    live.standing_request(standing_id(n)).is_some()
}

/// A full node: four instances from 60 to 120, confirmed as reservation 1.
fn full() -> Live {
    let mut live = site();
    open(&mut live, 1, proposal(4, 60)).unwrap();
    confirm(&mut live, 1);
    live
}

fn fire(live: &mut Live, now: i64) -> Handled {
    let command = Command::FireDue { facts_max: 1_000 };
    live.handle(command, None, minute(now)).unwrap()
}

#[test]
fn given_two_that_wait_for_one_place_when_it_is_freed_then_the_first_to_ask_gets_it() {
    let mut live = full();
    let wanted = || wish(proposal(3, 60), Wish::Possible, Mode::Offer);
    // The ids are in the other order, so it is not they that decide.
    assert_eq!(
        status(&make(&mut live, (9, 2), wanted()).unwrap()),
        StandingStatus::Waiting
    );
    make(&mut live, (8, 3), wanted()).unwrap();
    let (before, restored) = (live.clone(), Live::try_from(live.snapshot()).unwrap());
    let cancel = |live: &mut Live| {
        live.handle(Command::Delete(id(1)), Some(USER), minute(1))
            .unwrap()
    };
    let cancelled = cancel(&mut live);
    assert!(!waits(&live, 9) && waits(&live, 8));
    let offered = reservation_id_of(standing_id(9));
    let reservation = &live.reservation(offered).unwrap().state;
    assert_eq!(reservation.user_id, UserId(2));
    assert_eq!(reservation.status.name(), StatusName::Accepted);
    assert_eq!(reservation.terms().unwrap().window.starts_at, minute(60));
    // A state from a snapshot, and one from the ledger, decide and stand the same.
    let mut restored = restored;
    assert_eq!(cancel(&mut restored), cancelled);
    assert_eq!(restored.snapshot(), live.snapshot());
    let mut folded = before;
    for new in &cancelled.facts {
        folded.fold(&new.fact, new.sequence, minute(1)).unwrap();
    }
    assert_eq!(folded.snapshot(), live.snapshot());
    assert_eq!(folded.counts(), live.counts());
    // The first lets its hold run out: the second is next, in the same decision.
    let fired = fire(&mut live, 11);
    assert!(!waits(&live, 8));
    let next = live.reservation(reservation_id_of(standing_id(8))).unwrap();
    assert_eq!(next.state.status.name(), StatusName::Accepted);
    assert!(
        fired
            .facts
            .iter()
            .any(|new| matches!(new.fact, Fact::Standing(..)))
    );
}

#[test]
fn given_an_earlier_start_wished_when_one_is_freed_then_it_is_told_and_nothing_is_held() {
    let mut live = full();
    open(&mut live, 2, proposal(4, 120)).unwrap();
    confirm(&mut live, 2);
    let earlier = StandingProposal {
        better_than: Some(BetterThan::Reservation(id(2))),
        ..wish(proposal(4, 30), Wish::Earlier, Mode::Tell)
    };
    // Another's reservation is not there to be bettered.
    assert_eq!(
        make(&mut live, (1, 8), earlier.clone()),
        Err(CommandRefusal::NotFound("reservation"))
    );
    let made = make(&mut live, (1, 7), earlier).unwrap();
    assert_eq!(status(&made), StandingStatus::Waiting);
    let cancelled = live
        .handle(Command::Delete(id(1)), Some(USER), minute(1))
        .unwrap();
    let met = cancelled.facts.iter().find_map(|new| {
        if let Fact::Standing(_, StandingRequestEvent::StandingRequestMet { meeting }) = &new.fact {
            return Some(*meeting);
        }
        None
    });
    let met = met.unwrap();
    assert_eq!((met.starts_at, met.reservation_id), (minute(30), None));
    assert_eq!(met.price, MicroCredits(4_000_000));
    assert_eq!(live.counts().0, 1);
}

#[test]
fn given_what_frees_capacity_when_it_happens_then_those_that_wait_are_met() {
    let wanted = || wish(proposal(2, 60), Wish::Possible, Mode::Tell);
    // A node that comes into service.
    let mut live = full();
    make(&mut live, (1, 2), wanted()).unwrap();
    let sightings = ["n1", "n2"].map(|name| NodeSighting {
        name: node(name),
        pool: "p".into(),
        capacity: room_for(4),
        status: NodeStatus::InService,
    });
    let command = Command::SightNodes(sightings.to_vec());
    live.handle(command, None, minute(1)).unwrap();
    assert!(!waits(&live, 1));
    // A reservation that shrinks, when the change is confirmed.
    let mut live = full();
    make(&mut live, (1, 2), wanted()).unwrap();
    let say = |live: &mut Live, message| {
        let command = Command::Negotiate {
            reservation_id: id(1),
            message,
        };
        live.handle(command, Some(USER), minute(1)).unwrap()
    };
    say(&mut live, Message::Counter(proposal(2, 60)));
    assert!(waits(&live, 1));
    say(&mut live, Message::Confirm { echo: None });
    assert!(!waits(&live, 1));
    // A hold that runs out.
    let mut live = site();
    open(&mut live, 1, proposal(4, 60)).unwrap();
    make(&mut live, (1, 2), wanted()).unwrap();
    fire(&mut live, 9);
    assert!(waits(&live, 1));
    fire(&mut live, 10);
    assert!(!waits(&live, 1));
}

#[test]
fn given_a_wish_that_can_be_met_at_once_when_made_then_it_is_and_one_in_vain_ends_at_its_time() {
    let mut live = site();
    let made = make(
        &mut live,
        (1, 2),
        wish(proposal(1, 60), Wish::Possible, Mode::Offer),
    );
    let StandingStatus::Met(meeting) = status(&made.unwrap()) else {
        panic!("it fits");
    };
    assert_eq!(
        meeting.reservation_id,
        Some(reservation_id_of(standing_id(1)))
    );
    let mut live = full();
    let short = StandingProposal {
        until: minute(30),
        ..wish(proposal(1, 60), Wish::Possible, Mode::Tell)
    };
    make(&mut live, (1, 2), short).unwrap();
    fire(&mut live, 29);
    assert!(waits(&live, 1));
    fire(&mut live, 30);
    assert!(!waits(&live, 1));
}

#[test]
fn given_a_cheaper_price_wished_when_the_site_lowers_its_prices_then_it_is_told() {
    let mut live = site();
    let dear = StandingProposal {
        better_than: Some(BetterThan::Bound(Bound::Price(MicroCredits(1_000_000)))),
        ..wish(proposal(1, 60), Wish::Cheaper, Mode::Tell)
    };
    let made = make(&mut live, (1, 2), dear).unwrap();
    assert_eq!(
        status(&made),
        StandingStatus::Waiting,
        "a vCPU-hour costs just that"
    );
    let rates = crate::pricing::Rates {
        vcpu_hour: MicroCredits(999_999),
        memory_gib_hour: MicroCredits(0),
        disk_gib_hour: MicroCredits(0),
    };
    let cheaper = Policy {
        pricing: crate::pricing::Pricing::Flat { rates },
        ..policy()
    };
    let command = Command::AdoptPolicy(Box::new(cheaper));
    live.handle(command, None, minute(1)).unwrap();
    assert!(!waits(&live, 1));
}

#[test]
fn given_as_many_as_can_wait_when_one_more_is_made_then_it_is_refused() {
    let mut live = full();
    let max = live.policy().limits.standing_requests_max;
    let wanted = || wish(proposal(1, 60), Wish::Possible, Mode::Tell);
    let mut n = 0_u128;
    for user in 0.. {
        for _ in 0..max {
            if n == u128::try_from(STANDING_REQUESTS_MAX).unwrap() {
                let full = StandingRefusal::SiteFull {
                    max: STANDING_REQUESTS_MAX,
                };
                let refused = make(&mut live, (n + 1, user), wanted());
                assert_eq!(refused, Err(CommandRefusal::Standing(full)));
                return;
            }
            n += 1;
            make(&mut live, (n, user), wanted()).unwrap();
        }
        let refused = make(&mut live, (n + 1, user), wanted());
        let too_many = StandingRefusal::TooMany { waiting: max, max };
        assert_eq!(refused, Err(CommandRefusal::Standing(too_many)));
    }
}

#[test]
fn given_a_request_when_its_user_gives_it_up_then_it_is_never_met_and_nobody_else_can() {
    let mut live = full();
    make(
        &mut live,
        (1, 2),
        wish(proposal(1, 60), Wish::Possible, Mode::Offer),
    )
    .unwrap();
    let withdraw = || Command::Standing {
        standing_request_id: standing_id(1),
        request: StandingAsk::Withdraw,
    };
    assert_eq!(
        live.handle(withdraw(), Some(actor(3)), minute(1)),
        Err(CommandRefusal::NotFound("standing request"))
    );
    live.handle(withdraw(), Some(actor(2)), minute(1)).unwrap();
    let cancelled = live
        .handle(Command::Delete(id(1)), Some(USER), minute(2))
        .unwrap();
    assert!(
        !cancelled
            .facts
            .iter()
            .any(|new| matches!(new.fact, Fact::Standing(..)))
    );
    assert_eq!(live.counts().0, 0);
}
