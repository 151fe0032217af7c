//! Given / when / then: every row of PROTOCOL's table, and what must not happen.
//!
//! ```text
//! minute   0        10          30          60              120
//!          now      hold ends   session     window starts   ends
//! ```

mod changes;
mod ends;
mod options;

use std::sync::{Arc, Mutex};

use cqrs_es::test::TestFramework;

use super::*;
use crate::capacity::{Placement, Shortage};
use crate::refunds::{RefundQuote, RefundSchedule, RefundStep};
use crate::samples::{evidence, later, minute, offer, on, terms};
use crate::{Resources, TimeWindow};

/// A provider that gives a written answer and remembers what it was asked.
pub(super) struct Scripted {
    answer: Judgement,
    rounds_max: u32,
    asked: Mutex<Vec<(Terms, Vec<Claim>)>>,
}

impl Provider for Scripted {
    fn judge(&self, case: &Case<'_>) -> Verdict {
        let asked = (case.terms.clone(), case.freed.to_vec());
        self.asked.lock().unwrap().push(asked);
        Verdict {
            answer: self.answer.clone(),
            evidence: evidence(),
            hold_expires_at: case.now.saturating_add(10 * crate::samples::MINUTE),
            session_ends_at: self.session_ends_at(case.now),
        }
    }

    fn place_more(
        &self,
        _size: Resources,
        count: u32,
        _window: TimeWindow,
    ) -> Result<Placement, Shortage> {
        Ok(on(&[("n2", count)]))
    }

    /// Half of it.
    fn refund(&self, paid: MicroCredits, window: TimeWindow, now: Timestamp) -> RefundQuote {
        RefundSchedule {
            before_start: vec![RefundStep {
                lead_ms: 0,
                refund_ppm: 500_000,
            }],
            unused_ppm: 500_000,
        }
        .refund(paid, window, now)
    }

    fn session_ends_at(&self, now: Timestamp) -> Timestamp {
        now.saturating_add(30 * crate::samples::MINUTE)
    }

    fn rounds_max(&self) -> u32 {
        self.rounds_max
    }

    fn changes_max(&self) -> u32 {
        2
    }
}

fn draft(offer: &Offer) -> Draft {
    Draft {
        terms: offer.terms.clone(),
        quote: offer.quote.clone(),
        agreed_price: offer.agreed_price,
        options: offer.options.clone(),
        placement: offer.placement.clone(),
        differs: offer.differs,
    }
}

pub(super) fn accepting(offer: &Offer) -> Arc<Scripted> {
    scripted(Judgement::Accept(Box::new(draft(offer))))
}

pub(super) fn countering(offer: &Offer) -> Arc<Scripted> {
    scripted(Judgement::Counter(vec![draft(offer)]))
}

pub(super) fn scripted(answer: Judgement) -> Arc<Scripted> {
    Arc::new(Scripted {
        answer,
        rounds_max: 20,
        asked: Mutex::default(),
    })
}

fn at(minutes: i64, provider: &Arc<Scripted>) -> TestFramework<Reservation> {
    TestFramework::with(ReservationServices {
        provider: provider.clone(),
        now: minute(minutes),
    })
}

/// For what must be decided without asking the provider.
fn at_alone(minutes: i64) -> TestFramework<Reservation> {
    at(minutes, &scripted(Judgement::Reject))
}

pub(super) fn initiated() -> Vec<ReservationEvent> {
    vec![ReservationEvent::ReservationInitiated {
        user_id: UserId(7),
        at: minute(0),
        session_ends_at: minute(30),
        series_id: None,
    }]
}

fn proposed(round: u32, terms: Terms) -> ReservationEvent {
    ReservationEvent::TermsProposed { round, terms }
}

fn terms_accepted(offer: &Offer, session: i64) -> ReservationEvent {
    ReservationEvent::TermsAccepted {
        offer: offer.clone(),
        evidence: evidence(),
        session_ends_at: minute(session),
    }
}

fn terms_countered(offers: &[Offer], session: i64) -> ReservationEvent {
    ReservationEvent::TermsCountered {
        offers: offers.to_vec(),
        evidence: evidence(),
        session_ends_at: minute(session),
    }
}

fn ended(offers: &[u32], cause: HoldEndCause) -> ReservationEvent {
    let offers = offers.iter().copied().map(OfferId).collect();
    ReservationEvent::HoldsEnded { offers, cause }
}

pub(super) fn and<const N: usize>(
    mut before: Vec<ReservationEvent>,
    more: [ReservationEvent; N],
) -> Vec<ReservationEvent> {
    before.extend(more);
    before
}

fn asked() -> Terms {
    terms(1, 60, 120)
}

/// What was asked for, granted.
fn granted() -> Offer {
    offer(1, asked(), 10)
}

/// An alternative an hour later.
pub(super) fn alternative() -> Offer {
    later(offer(1, terms(1, 120, 180), 10), 60)
}

/// A second alternative.
fn earlier_alternative() -> Offer {
    later(offer(2, terms(1, 30, 90), 10), -30)
}

pub(super) fn accepted() -> Vec<ReservationEvent> {
    and(
        initiated(),
        [proposed(1, asked()), terms_accepted(&granted(), 30)],
    )
}

pub(super) fn countered() -> Vec<ReservationEvent> {
    let offers = [alternative(), earlier_alternative()];
    and(
        initiated(),
        [proposed(1, asked()), terms_countered(&offers, 30)],
    )
}

pub(super) fn confirm_requested() -> Vec<ReservationEvent> {
    let chosen = ReservationEvent::OfferAccepted {
        offer_id: OfferId(1),
        session_ends_at: minute(31),
    };
    and(countered(), [ended(&[2], HoldEndCause::NotChosen), chosen])
}

pub(super) fn confirmed() -> Vec<ReservationEvent> {
    let agreement = granted();
    and(
        accepted(),
        [ReservationEvent::ReservationConfirmed { agreement }],
    )
}

pub(super) fn activated() -> Vec<ReservationEvent> {
    and(
        confirmed(),
        [ReservationEvent::ReservationActivated { at: minute(60) }],
    )
}

pub(super) const fn initiate(user_id: UserId) -> ReservationCommand {
    ReservationCommand::InitiateReservation {
        user_id,
        series_id: None,
    }
}

/// What a history claims.
fn claims_of(history: &[ReservationEvent]) -> Vec<Claim> {
    let mut reservation = Reservation::default();
    history.iter().for_each(|event| reservation.fold(event));
    reservation.claims()
}

fn propose(terms: Terms) -> ReservationCommand {
    ReservationCommand::ProposeTerms(Box::new(terms))
}

#[test]
fn given_nothing_when_initiated_then_the_session_is_open_until_it_runs_out() {
    let user_id = UserId(7);
    at_alone(0)
        .given_no_previous_events()
        .when(initiate(user_id))
        .then_expect_events(initiated());
}

#[test]
fn given_a_session_when_initiated_again_then_only_its_owner_may_repeat_it() {
    let repeat = |user_id| {
        at_alone(1)
            .given(initiated())
            .when(initiate(user_id))
            .inspect_result()
    };
    assert_eq!(repeat(UserId(7)), Ok(vec![]));
    let status = StatusName::Initiated;
    assert_eq!(repeat(UserId(8)), Err(Refusal::NotAllowed { status }));
}

#[test]
fn given_nothing_when_terms_are_proposed_then_it_must_be_initiated_first() {
    at_alone(0)
        .given_no_previous_events()
        .when(propose(asked()))
        .then_expect_error_message(
            "not allowed while the reservation is ABSENT; allowed: initiate",
        );
}

#[test]
fn given_a_session_when_terms_fit_then_they_are_accepted_and_held() {
    let provider = accepting(&granted());
    at(0, &provider)
        .given(initiated())
        .when(propose(asked()))
        .then_expect_events(vec![proposed(1, asked()), terms_accepted(&granted(), 30)]);
    assert_eq!(*provider.asked.lock().unwrap(), [(asked(), vec![])]);
}

#[test]
fn given_a_session_when_terms_do_not_fit_then_alternatives_are_held_or_it_is_rejected() {
    at(0, &countering(&alternative()))
        .given(initiated())
        .when(propose(asked()))
        .then_expect_events(vec![
            proposed(1, asked()),
            terms_countered(&[alternative()], 30),
        ]);
    let evidence = evidence();
    at_alone(0)
        .given(initiated())
        .when(propose(asked()))
        .then_expect_events(vec![
            proposed(1, asked()),
            ReservationEvent::TermsRejected {
                evidence,
                session_ends_at: None,
            },
        ]);
}

#[test]
fn given_offers_when_other_terms_are_proposed_then_their_holds_end_before_these_are_judged() {
    let other = terms(2, 60, 120);
    let provider = accepting(&offer(0, other.clone(), 0));
    at(5, &provider)
        .given(countered())
        .when(propose(other.clone()))
        .then_expect_events(vec![
            ended(&[1, 2], HoldEndCause::Superseded),
            proposed(2, other.clone()),
            terms_accepted(&offer(3, other.clone(), 15), 35),
        ]);
    let freed = claims_of(&countered());
    assert_eq!(*provider.asked.lock().unwrap(), [(other, freed)]);
}

#[test]
fn given_an_answer_when_the_same_terms_are_proposed_again_then_nothing_is_appended() {
    for history in [accepted(), countered()] {
        at_alone(9)
            .given(history)
            .when(propose(asked()))
            .then_expect_events(vec![]);
    }
}

#[test]
fn given_a_start_inside_the_grace_when_proposed_again_later_then_it_is_the_same_request() {
    let sent_at = |minutes| Terms {
        asked_start_at: Some(minute(0)),
        ..terms(1, minutes, minutes + 60)
    };
    let first = sent_at(1);
    let history = and(
        initiated(),
        [
            proposed(1, first.clone()),
            terms_accepted(&offer(1, first, 11), 30),
        ],
    );
    at_alone(2)
        .given(history)
        .when(propose(sent_at(2)))
        .then_expect_events(vec![]);
}

#[test]
fn given_a_hold_that_ran_out_when_the_same_terms_are_proposed_then_they_are_judged_anew() {
    // Whether or not the end of the hold was recorded: time alone ends it.
    for history in [
        accepted(),
        and(accepted(), [ended(&[1], HoldEndCause::Expired)]),
    ] {
        let provider = accepting(&granted());
        at(10, &provider)
            .given(history)
            .when(propose(asked()))
            .inspect_result()
            .unwrap();
        assert_eq!(provider.asked.lock().unwrap().len(), 1);
    }
}

#[test]
fn given_an_alternative_judged_again_when_the_first_terms_are_proposed_then_they_are_judged() {
    // The user accepted the alternative too late and got it anew: that is no answer to the
    // terms that were asked for first.
    let again = offer(3, alternative().terms, 21);
    let history = and(
        countered(),
        [
            ended(&[1, 2], HoldEndCause::Superseded),
            proposed(2, alternative().terms),
            terms_accepted(&again, 41),
        ],
    );
    at(12, &accepting(&granted()))
        .given(history)
        .when(propose(asked()))
        .then_expect_events(vec![
            ended(&[3], HoldEndCause::Superseded),
            proposed(3, asked()),
            terms_accepted(&offer(4, asked(), 22), 42),
        ]);
}

#[test]
fn given_the_last_round_when_terms_are_proposed_then_the_limit_is_named() {
    let provider = Arc::new(Scripted {
        answer: Judgement::Reject,
        rounds_max: 1,
        asked: Mutex::default(),
    });
    at(5, &provider)
        .given(countered())
        .when(propose(terms(3, 60, 120)))
        .then_expect_error(Refusal::RoundsExhausted { rounds_max: 1 });
    // Renewing a hold that ran out is a round, too: nobody holds capacity for ever.
    at(11, &provider)
        .given(accepted())
        .when(ReservationCommand::ConfirmReservation)
        .then_expect_error(Refusal::RoundsExhausted { rounds_max: 1 });
}

#[test]
fn given_offers_when_one_is_accepted_then_the_others_end_and_a_confirmation_is_asked_for() {
    let chosen = |id| ReservationEvent::OfferAccepted {
        offer_id: OfferId(id),
        session_ends_at: minute(31),
    };
    at_alone(1)
        .given(countered())
        .when(ReservationCommand::AcceptOffer(Some(OfferId(2))))
        .then_expect_events(vec![ended(&[1], HoldEndCause::NotChosen), chosen(2)]);
    at_alone(1)
        .given(countered())
        .when(ReservationCommand::AcceptOffer(None))
        .then_expect_events(vec![ended(&[2], HoldEndCause::NotChosen), chosen(1)]);
}

#[test]
fn given_offers_when_another_number_is_accepted_then_those_on_the_table_are_named() {
    at_alone(1)
        .given(countered())
        .when(ReservationCommand::AcceptOffer(Some(OfferId(9))))
        .then_expect_error_message("offer 9 is not on the table; on it are 1, 2");
    at_alone(1)
        .given(confirm_requested())
        .when(ReservationCommand::AcceptOffer(Some(OfferId(2))))
        .then_expect_error_message("offer 2 is not on the table; on it are 1");
}

#[test]
fn given_an_accepted_offer_when_it_is_accepted_again_then_nothing_is_appended() {
    at_alone(2)
        .given(confirm_requested())
        .when(ReservationCommand::AcceptOffer(Some(OfferId(1))))
        .then_expect_events(vec![]);
}

#[test]
fn given_an_offer_whose_hold_ran_out_when_it_is_accepted_then_its_terms_are_judged_again() {
    let provider = accepting(&alternative());
    let again = later(offer(3, alternative().terms, 21), 60);
    at(11, &provider)
        .given(and(countered(), [ended(&[1, 2], HoldEndCause::Expired)]))
        .when(ReservationCommand::AcceptOffer(Some(OfferId(1))))
        .then_expect_events(vec![
            proposed(2, alternative().terms),
            terms_accepted(&again, 41),
        ]);
    assert_eq!(
        *provider.asked.lock().unwrap(),
        [(alternative().terms, vec![])]
    );
}

#[test]
fn given_what_was_accepted_when_confirmed_then_it_is_agreed() {
    for (history, agreement) in [
        (accepted(), granted()),
        (confirm_requested(), alternative()),
    ] {
        at_alone(9)
            .given(history)
            .when(ReservationCommand::ConfirmReservation)
            .then_expect_events(vec![ReservationEvent::ReservationConfirmed { agreement }]);
    }
}

#[test]
fn given_a_hold_that_ran_out_when_confirmed_then_a_new_answer_is_given_not_a_failure() {
    // Not yet recorded as ended: the same decision ends it, and it counts as free.
    let provider = countering(&alternative());
    let again = later(offer(2, alternative().terms, 20), 60);
    at(10, &provider)
        .given(accepted())
        .when(ReservationCommand::ConfirmReservation)
        .then_expect_events(vec![
            ended(&[1], HoldEndCause::Superseded),
            proposed(2, asked()),
            terms_countered(&[again], 40),
        ]);
    let asked_of = provider.asked.lock().unwrap().clone();
    assert_eq!(asked_of, [(asked(), claims_of(&accepted()))]);
}

#[test]
fn given_a_start_that_passed_when_confirmed_late_then_it_is_judged_from_now_on() {
    let provider = accepting(&granted());
    at(70, &provider)
        .given(and(accepted(), [ended(&[1], HoldEndCause::Expired)]))
        .when(ReservationCommand::ConfirmReservation)
        .inspect_result()
        .unwrap();
    let judged = provider.asked.lock().unwrap()[0].0.window;
    assert_eq!(judged, terms(1, 70, 130).window);
}

#[test]
fn given_a_held_offer_whose_window_is_over_when_confirmed_then_it_is_judged_again() {
    // A window of two minutes under a hold of ten.
    let short = terms(1, 0, 2);
    let history = and(
        initiated(),
        [
            proposed(1, short.clone()),
            terms_accepted(&offer(1, short.clone(), 10), 30),
        ],
    );
    let provider = accepting(&offer(0, terms(1, 5, 7), 0));
    at(5, &provider)
        .given(history)
        .when(ReservationCommand::ConfirmReservation)
        .then_expect_events(vec![
            ended(&[1], HoldEndCause::Superseded),
            proposed(2, terms(1, 5, 7)),
            terms_accepted(&offer(2, terms(1, 5, 7), 15), 35),
        ]);
}
