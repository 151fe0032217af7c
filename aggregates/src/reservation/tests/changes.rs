//! Changes of what both agreed on: negotiated like a reservation, in force once confirmed.

use super::*;
use crate::MicroCredits;

/// The same window, an hour longer.
fn longer() -> Terms {
    terms(1, 60, 180)
}

fn longer_offer() -> Offer {
    offer(2, longer(), 15)
}

/// A change to an hour more, accepted at minute 5.
fn change_accepted() -> Vec<ReservationEvent> {
    and(
        confirmed(),
        [proposed(1, longer()), terms_accepted(&longer_offer(), 35)],
    )
}

fn changed(history: &[ReservationEvent]) -> Reservation {
    let mut reservation = Reservation::default();
    history.iter().for_each(|event| reservation.fold(event));
    reservation
}

#[test]
fn given_an_agreement_when_other_terms_are_proposed_then_the_old_ones_stay_in_force() {
    let provider = accepting(&offer(0, longer(), 0));
    at(5, &provider)
        .given(confirmed())
        .when(propose(longer()))
        .then_expect_events(change_accepted()[confirmed().len()..].to_vec());
    assert_eq!(
        *provider.asked.lock().unwrap(),
        [(longer(), claims_of(&confirmed()))]
    );
    let reservation = changed(&change_accepted());
    assert_eq!(reservation.status.agreement(), Some(&granted()));
    assert_eq!(reservation.reply(), "ACCEPT");
    // One claim: what is longer, and nothing twice.
    let [claim] = reservation.claims().try_into().unwrap();
    assert_eq!(claim.window, longer().window);
    assert_eq!(claim.size.vcpus, 1);
}

#[test]
fn given_a_change_when_confirmed_then_the_new_terms_are_in_force_and_the_rest_is_charged() {
    let paid = MicroCredits(2_000_000);
    let agreement = longer_offer();
    let event = ReservationEvent::ReservationChanged { agreement, paid };
    at_alone(6)
        .given(change_accepted())
        .when(ReservationCommand::ConfirmReservation)
        .then_expect_events(vec![event.clone()]);
    let history = and(change_accepted(), [event]);
    let reservation = changed(&history);
    assert_eq!(reservation.status.agreement(), Some(&longer_offer()));
    assert_eq!((reservation.paid, reservation.changes), (paid, 1));
    assert_eq!(reservation.reply(), "REQUEST_SUCCESS");
    // Confirmed once more, or asked for once more: it has taken effect.
    for command in [ReservationCommand::ConfirmReservation, propose(longer())] {
        at_alone(7)
            .given(history.clone())
            .when(command)
            .then_expect_events(vec![]);
    }
}

#[test]
fn given_a_change_that_costs_less_when_confirmed_then_the_schedules_share_is_given_back() {
    let shorter = terms(1, 60, 90);
    let offered = offer(2, shorter.clone(), 15);
    let history = and(
        confirmed(),
        [proposed(1, shorter), terms_accepted(&offered, 35)],
    );
    // 1 credit paid, 0.5 is the new price: half of what it costs less comes back.
    let paid = MicroCredits(750_000);
    at_alone(6)
        .given(history)
        .when(ReservationCommand::ConfirmReservation)
        .then_expect_events(vec![ReservationEvent::ReservationChanged {
            agreement: offered,
            paid,
        }]);
}

#[test]
fn given_a_change_when_given_up_rejected_or_run_out_then_the_agreement_is_as_it_was() {
    let ends = |minutes, command, holds, cause| {
        at_alone(minutes)
            .given(change_accepted())
            .when(command)
            .then_expect_events(vec![
                ended(&[2], holds),
                ReservationEvent::ChangeEnded { cause },
            ]);
    };
    ends(
        6,
        ReservationCommand::RejectOffers,
        HoldEndCause::Withdrawn,
        ChangeEndCause::Withdrawn,
    );
    ends(
        35,
        ReservationCommand::LapseSession,
        HoldEndCause::Lapsed,
        ChangeEndCause::Lapsed,
    );
    // A repeat has taken effect already.
    let cause = ChangeEndCause::Withdrawn;
    at_alone(7)
        .given(and(
            change_accepted(),
            [
                ended(&[2], HoldEndCause::Withdrawn),
                ReservationEvent::ChangeEnded { cause },
            ],
        ))
        .when(ReservationCommand::RejectOffers)
        .then_expect_events(vec![]);
    // Who confirms it after that is told; a repeat of the first confirmation was not meant.
    let cause = ChangeEndCause::Lapsed;
    at_alone(36)
        .given(and(
            change_accepted(),
            [
                ended(&[2], HoldEndCause::Lapsed),
                ReservationEvent::ChangeEnded { cause },
            ],
        ))
        .when(ReservationCommand::ConfirmReservation)
        .then_expect_error(Refusal::ChangeOver { cause });
    let evidence = evidence();
    let rejected = and(
        confirmed(),
        [
            proposed(1, longer()),
            ReservationEvent::TermsRejected {
                evidence,
                session_ends_at: Some(minute(35)),
            },
        ],
    );
    let reservation = changed(&rejected);
    assert_eq!(reservation.reply(), "REJECT");
    assert_eq!(reservation.status.name(), StatusName::Confirmed);
    assert_eq!(reservation.claims(), claims_of(&confirmed()));
    // It can be asked for again, in the next round.
    at(6, &accepting(&offer(0, longer(), 0)))
        .given(rejected)
        .when(propose(longer()))
        .then_expect_events(vec![
            proposed(2, longer()),
            terms_accepted(&offer(2, longer(), 16), 36),
        ]);
}

#[test]
fn given_a_change_on_the_table_when_it_starts_or_is_cancelled_then_the_change_ends_first() {
    let mut started = at_alone(60)
        .given(change_accepted())
        .when(ReservationCommand::ActivateReservation)
        .inspect_result()
        .unwrap();
    let at = minute(60);
    assert_eq!(
        started.pop(),
        Some(ReservationEvent::ReservationActivated { at })
    );
    let cause = ChangeEndCause::Started;
    assert_eq!(
        started,
        vec![
            ended(&[2], HoldEndCause::Overtaken),
            ReservationEvent::ChangeEnded { cause }
        ]
    );
    let cancelled = at_alone(6)
        .given(change_accepted())
        .when(ReservationCommand::DeleteReservation)
        .inspect_result()
        .unwrap();
    assert_eq!(cancelled[0], ended(&[2], HoldEndCause::Overtaken));
    assert!(matches!(
        cancelled[2],
        ReservationEvent::ReservationCancelled { .. }
    ));
}

#[test]
fn given_many_changes_when_one_more_is_asked_for_then_the_limit_is_named() {
    let cause = ChangeEndCause::Withdrawn;
    let once = || {
        [
            proposed(1, longer()),
            terms_accepted(&longer_offer(), 35),
            ended(&[2], HoldEndCause::Withdrawn),
            ReservationEvent::ChangeEnded { cause },
        ]
    };
    at_alone(6)
        .given(and(and(confirmed(), once()), once()))
        .when(propose(longer()))
        .then_expect_error(Refusal::ChangesExhausted { changes_max: 2 });
}

#[test]
fn given_alternatives_that_overlap_when_claimed_then_they_share_their_capacity() {
    // [120,180) and [30,90) on the same node, and a third of two instances over [80,130).
    let third = offer(3, terms(2, 80, 130), 10);
    let offers = [alternative(), earlier_alternative(), third];
    let history = and(
        initiated(),
        [proposed(1, asked()), terms_countered(&offers, 30)],
    );
    let steps: Vec<(i64, i64, u64)> = claims_of(&history)
        .into_iter()
        .map(|claim| {
            let at = |t: Timestamp| t.millis_since(minute(0)) / crate::samples::MINUTE;
            let TimeWindow { starts_at, ends_at } = claim.window;
            (at(starts_at), at(ends_at), claim.size.vcpus)
        })
        .collect();
    assert_eq!(steps, [(30, 80, 1), (80, 130, 2), (130, 180, 1)]);
}
