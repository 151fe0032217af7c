//! What comes after an answer: agreement, activation, and every end.

use super::*;

#[test]
fn given_an_agreement_when_confirmed_again_then_nothing_is_appended() {
    for history in [confirmed(), activated()] {
        at_alone(61)
            .given(history)
            .when(ReservationCommand::ConfirmReservation)
            .then_expect_events(vec![]);
    }
}

#[test]
fn given_a_negotiation_when_rejected_or_deleted_then_it_is_withdrawn_and_every_hold_ends() {
    for command in [
        ReservationCommand::RejectOffers,
        ReservationCommand::DeleteReservation,
    ] {
        at_alone(1)
            .given(initiated())
            .when(command.clone())
            .then_expect_events(vec![ReservationEvent::ReservationWithdrawn]);
        at_alone(1)
            .given(countered())
            .when(command.clone())
            .then_expect_events(vec![
                ended(&[1, 2], HoldEndCause::Withdrawn),
                ReservationEvent::ReservationWithdrawn,
            ]);
        at_alone(1)
            .given(confirm_requested())
            .when(command)
            .then_expect_events(vec![
                ended(&[1], HoldEndCause::Withdrawn),
                ReservationEvent::ReservationWithdrawn,
            ]);
    }
}

#[test]
fn given_a_hold_when_its_time_has_run_out_then_it_ends_once_and_the_status_stays() {
    let history = || and(accepted(), [ended(&[1], HoldEndCause::Expired)]);
    at_alone(10)
        .given(accepted())
        .when(ReservationCommand::ExpireHolds)
        .then_expect_events(vec![ended(&[1], HoldEndCause::Expired)]);
    at_alone(9)
        .given(accepted())
        .when(ReservationCommand::ExpireHolds)
        .then_expect_events(vec![]);
    at_alone(11)
        .given(history())
        .when(ReservationCommand::ExpireHolds)
        .then_expect_events(vec![]);
    let mut reservation = Reservation::default();
    history().iter().for_each(|event| reservation.fold(event));
    assert_eq!(reservation.status.name(), StatusName::Accepted);
}

#[test]
fn given_a_negotiation_when_the_session_has_run_out_then_it_lapses() {
    at_alone(30)
        .given(initiated())
        .when(ReservationCommand::LapseSession)
        .then_expect_events(vec![ReservationEvent::ReservationLapsed]);
    at_alone(30)
        .given(accepted())
        .when(ReservationCommand::LapseSession)
        .then_expect_events(vec![
            ended(&[1], HoldEndCause::Lapsed),
            ReservationEvent::ReservationLapsed,
        ]);
    at_alone(30)
        .given(confirm_requested())
        .when(ReservationCommand::LapseSession)
        .then_expect_events(vec![]);
    at_alone(31)
        .given(confirmed())
        .when(ReservationCommand::LapseSession)
        .then_expect_events(vec![]);
}

#[test]
fn given_an_agreement_when_activated_then_only_inside_its_window() {
    let activate = |minutes| {
        at_alone(minutes)
            .given(confirmed())
            .when(ReservationCommand::ActivateReservation)
            .inspect_result()
    };
    let (starts_at, ends_at) = (minute(60), minute(120));
    let now = minute(59);
    assert_eq!(activate(59), Err(Refusal::TooEarly { starts_at, now }));
    let activated = |minutes| ReservationEvent::ReservationActivated {
        at: minute(minutes),
    };
    assert_eq!(activate(60), Ok(vec![activated(60)]));
    assert_eq!(activate(119), Ok(vec![activated(119)]));
    let now = minute(120);
    assert_eq!(activate(120), Err(Refusal::TooLate { ends_at, now }));
}

#[test]
fn given_an_activated_one_when_activated_again_then_nothing_is_appended() {
    at_alone(61)
        .given(activated())
        .when(ReservationCommand::ActivateReservation)
        .then_expect_events(vec![]);
}

#[test]
fn given_an_agreement_when_deleted_then_it_is_cancelled_from_now_on_and_once() {
    for history in [confirmed(), activated()] {
        let paid = granted().price();
        let scripted = scripted(Judgement::Reject);
        let refund = scripted.refund(paid, granted().terms.window, minute(70));
        let cancelled = ReservationEvent::ReservationCancelled {
            at: minute(70),
            refund: Some(refund),
        };
        at_alone(70)
            .given(history.clone())
            .when(ReservationCommand::DeleteReservation)
            .then_expect_events(vec![cancelled.clone()]);
        at_alone(71)
            .given(and(history, [cancelled]))
            .when(ReservationCommand::DeleteReservation)
            .then_expect_events(vec![]);
    }
}

#[test]
fn given_an_agreement_when_its_window_is_over_then_it_expires_and_a_no_show_is_said_to_be_one() {
    for (history, no_show) in [(confirmed(), true), (activated(), false)] {
        at_alone(119)
            .given(history.clone())
            .when(ReservationCommand::EndReservation)
            .then_expect_events(vec![]);
        at_alone(120)
            .given(history)
            .when(ReservationCommand::EndReservation)
            .then_expect_events(vec![ReservationEvent::ReservationExpired { no_show }]);
    }
}

#[test]
fn given_a_status_when_a_message_is_out_of_turn_then_status_and_what_is_allowed_are_named() {
    at_alone(1)
        .given(initiated())
        .when(ReservationCommand::ConfirmReservation)
        .then_expect_error_message(
            "not allowed while the reservation is INITIATED; allowed: COUNTER, REJECT, DELETE",
        );
    at_alone(1)
        .given(accepted())
        .when(ReservationCommand::AcceptOffer(None))
        .then_expect_error_message(
            "not allowed while the reservation is ACCEPTED; \
             allowed: CONFIRM, COUNTER, REJECT, DELETE",
        );
    at_alone(121)
        .given(and(
            activated(),
            [ReservationEvent::ReservationExpired { no_show: false }],
        ))
        .when(ReservationCommand::DeleteReservation)
        .then_expect_error_message(
            "not allowed while the reservation is EXPIRED; allowed: nothing, it has ended",
        );
}
