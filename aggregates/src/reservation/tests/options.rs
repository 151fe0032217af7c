//! Optional instances: claimed at their own price or dropped, until the start.

use super::*;
use crate::MicroCredits;

/// An agreement for one instance with `granted` options, `held` of them held.
fn with_options(granted: u32, held: u32) -> Vec<ReservationEvent> {
    let mut agreement = offer(1, asked(), 10);
    agreement.terms.instances_option = granted;
    agreement.options = Some(Box::new(OptionGrant {
        granted,
        held: on(&[("n1", held)]),
        each: agreement.quote.clone(),
    }));
    and(
        and(
            initiated(),
            [proposed(1, asked()), terms_accepted(&agreement, 30)],
        ),
        [ReservationEvent::ReservationConfirmed { agreement }],
    )
}

fn after(history: Vec<ReservationEvent>, command: ReservationCommand) -> Reservation {
    let events = at_alone(20)
        .given(history.clone())
        .when(command)
        .inspect_result()
        .unwrap();
    let mut reservation = Reservation::default();
    history
        .iter()
        .chain(&events)
        .for_each(|event| reservation.fold(event));
    reservation
}

fn options_of(reservation: &Reservation) -> (u32, u32) {
    let agreement = reservation.status.agreement().unwrap();
    let options = agreement.options.as_ref();
    let (granted, held) = options.map_or((0, 0), |o| (o.granted, o.held.instances()));
    assert_eq!(agreement.terms.instances_option, granted);
    assert_eq!(
        agreement.placement.instances(),
        agreement.terms.instances_fixed
    );
    (granted, held)
}

#[test]
fn given_options_when_claimed_then_they_are_part_of_the_agreement_and_paid_for() {
    let reservation = after(with_options(5, 4), ReservationCommand::ClaimOptions(3));
    assert_eq!(options_of(&reservation), (2, 1));
    let agreement = reservation.status.agreement().unwrap();
    assert_eq!(agreement.terms.instances_fixed, 4);
    assert_eq!(agreement.placement, on(&[("n1", 4)]));
    assert_eq!(reservation.paid, MicroCredits(4_000_000));
    // What is claimed was held before: nothing more is taken of the pool.
    let claimed = |r: &Reservation| r.claims()[0].placement.instances();
    assert_eq!(claimed(&reservation), 5);
}

#[test]
fn given_options_when_more_than_are_held_are_claimed_then_the_others_are_placed_anew() {
    let reservation = after(with_options(5, 4), ReservationCommand::ClaimOptions(5));
    assert_eq!(options_of(&reservation), (0, 0));
    let agreement = reservation.status.agreement().unwrap();
    assert_eq!(agreement.placement, on(&[("n1", 5), ("n2", 1)]));
}

#[test]
fn given_options_when_dropped_then_those_nothing_is_held_for_go_first() {
    let left = |count| {
        let reservation = after(with_options(5, 4), ReservationCommand::DropOptions(count));
        options_of(&reservation)
    };
    assert_eq!(left(1), (4, 4));
    assert_eq!(left(3), (2, 2));
    assert_eq!(left(5), (0, 0));
}

#[test]
fn given_fewer_options_when_more_are_claimed_or_dropped_then_both_numbers_are_named() {
    let (asked, granted) = (6, 5);
    for command in [
        ReservationCommand::ClaimOptions(6),
        ReservationCommand::DropOptions(6),
    ] {
        at_alone(20)
            .given(with_options(5, 4))
            .when(command)
            .then_expect_error(Refusal::OptionsExceeded { asked, granted });
    }
}

#[test]
fn given_the_start_when_options_are_claimed_then_it_is_too_late_and_they_end() {
    let (ends_at, now) = (minute(60), minute(60));
    at_alone(60)
        .given(with_options(2, 2))
        .when(ReservationCommand::ClaimOptions(1))
        .then_expect_error(Refusal::TooLate { ends_at, now });
    let history = with_options(2, 2);
    for command in [
        ReservationCommand::EndOptions,
        ReservationCommand::ActivateReservation,
    ] {
        let events = at_alone(60)
            .given(history.clone())
            .when(command)
            .inspect_result()
            .unwrap();
        let ReservationEvent::OptionsEnded { count, cause, .. } = &events[0] else {
            panic!("{events:?}");
        };
        assert_eq!((*count, *cause), (2, OptionsEndCause::Started));
    }
}

#[test]
fn given_a_change_on_the_table_when_options_are_claimed_then_it_must_be_settled_first() {
    let longer = terms(1, 60, 180);
    let pending = and(
        with_options(2, 2),
        [
            proposed(1, longer.clone()),
            terms_accepted(&offer(2, longer, 30), 40),
        ],
    );
    at_alone(20)
        .given(pending)
        .when(ReservationCommand::ClaimOptions(1))
        .then_expect_error(Refusal::ChangePending);
}
