//! The negotiation itself: proposals, offers, confirming. The same for a first agreement and for a
//! change of one.

use super::{
    AgreementInForce, Case, Decided, HoldEndCause, Refusal, Reservation, ReservationContext,
    ReservationEvent, StandingOffer, Status, Verdict, holds_ended,
};
use crate::reservation::{Draft, Judgement, Offer, StatusName};
use crate::terms::Terms;
use crate::{MicroCredits, OfferId, SeriesId, TimeWindow, Timestamp, UserId};

impl Reservation {
    pub(super) fn initiate(
        &self,
        user_id: UserId,
        series_id: Option<SeriesId>,
        context: &ReservationContext<'_>,
    ) -> Decided {
        match self.status.name() {
            StatusName::Absent => Ok(vec![ReservationEvent::ReservationInitiated {
                user_id,
                at: context.now,
                session_ends_at: context.provider.session_ends_at(context.now),
                series_id,
            }]),
            StatusName::Initiated if self.user_id == user_id => Ok(Vec::new()),
            StatusName::Initiated
            | StatusName::Countered
            | StatusName::Accepted
            | StatusName::ConfirmRequested
            | StatusName::Confirmed
            | StatusName::Activated
            | StatusName::Rejected
            | StatusName::Withdrawn
            | StatusName::Lapsed
            | StatusName::Cancelled
            | StatusName::Expired => self.not_allowed(),
        }
    }

    pub(super) fn propose(&self, terms: Terms, context: &ReservationContext<'_>) -> Decided {
        match self.table() {
            Status::Initiated => {}
            Status::Confirmed { agreement } | Status::Activated { agreement, .. } => {
                if agreement.terms.is_same_request(&terms) {
                    return Ok(Vec::new());
                }
                self.check_changeable(&agreement.terms.window, context)?;
                return Ok(self.judge(terms, 1, context));
            }
            Status::Countered { asked, .. } | Status::Accepted { asked, .. } => {
                let standing = self.table().standing_offers();
                let stands = standing.iter().all(|s| s.is_live(context.now));
                if asked.is_same_request(&terms) && stands {
                    return Ok(Vec::new());
                }
            }
            Status::Rejected { .. } if self.change.is_some() => {}
            Status::Absent
            | Status::ConfirmRequested { .. }
            | Status::Rejected { .. }
            | Status::Withdrawn { .. }
            | Status::Lapsed { .. }
            | Status::Cancelled { .. }
            | Status::Expired { .. } => return self.not_allowed(),
        }
        self.judge_next(terms, context)
    }

    /// A change can be asked for while the window is not over, and not without end.
    fn check_changeable(
        &self,
        window: &TimeWindow,
        context: &ReservationContext<'_>,
    ) -> Result<(), Refusal> {
        let (ends_at, now) = (window.ends_at, context.now);
        if ends_at <= now {
            return Err(Refusal::TooLate { ends_at, now });
        }
        let changes_max = context.provider.changes_max();
        if self.changes >= changes_max {
            return Err(Refusal::ChangesExhausted { changes_max });
        }
        Ok(())
    }

    pub(super) fn accept(
        &self,
        offer_id: Option<OfferId>,
        context: &ReservationContext<'_>,
    ) -> Decided {
        let named = |s: &&StandingOffer| offer_id.is_none_or(|id| s.offer.offer_id == id);
        let standing = self.table().standing_offers();
        let found = standing.iter().find(named);
        let unknown = || Refusal::UnknownOffer {
            offer_id: offer_id.unwrap_or_default(),
            on_table: standing.iter().map(|s| s.offer.offer_id).collect(),
        };
        match (self.table(), found) {
            (Status::Countered { .. }, Some(chosen)) if chosen.is_live(context.now) => {
                let id = chosen.offer.offer_id;
                let held = self.table().held_offers().map(|o| o.offer_id);
                let others = held.filter(|other| *other != id).collect();
                let mut events = holds_ended(others, HoldEndCause::NotChosen);
                let session_ends_at = context.provider.session_ends_at(context.now);
                events.push(ReservationEvent::OfferAccepted {
                    offer_id: id,
                    session_ends_at,
                });
                Ok(events)
            }
            (Status::Countered { .. }, Some(chosen)) => self.judge_again(&chosen.offer, context),
            (Status::ConfirmRequested { .. }, Some(_)) => Ok(Vec::new()),
            (Status::Countered { .. } | Status::ConfirmRequested { .. }, None) => Err(unknown()),
            (
                Status::Absent
                | Status::Initiated
                | Status::Accepted { .. }
                | Status::Confirmed { .. }
                | Status::Activated { .. }
                | Status::Rejected { .. }
                | Status::Withdrawn { .. }
                | Status::Lapsed { .. }
                | Status::Cancelled { .. }
                | Status::Expired { .. },
                _,
            ) => self.not_allowed(),
        }
    }

    pub(super) fn confirm(&self, context: &ReservationContext<'_>) -> Decided {
        match self.table() {
            Status::Accepted { standing, .. } | Status::ConfirmRequested { standing, .. } => {
                if !standing.is_live(context.now) {
                    return self.judge_again(&standing.offer, context);
                }
                Ok(vec![self.agreed(&standing.offer, context)])
            }
            Status::Confirmed { .. } | Status::Activated { .. } => match self.change_ended {
                Some(cause) => Err(Refusal::ChangeOver { cause }),
                None => Ok(Vec::new()),
            },
            Status::Absent
            | Status::Initiated
            | Status::Countered { .. }
            | Status::Rejected { .. }
            | Status::Withdrawn { .. }
            | Status::Lapsed { .. }
            | Status::Cancelled { .. }
            | Status::Expired { .. } => self.not_allowed(),
        }
    }

    /// Puts `offer` in force: as the first agreement, or instead of the one there is.
    fn agreed(&self, offer: &Offer, context: &ReservationContext<'_>) -> ReservationEvent {
        let agreement = offer.clone();
        match self.status.agreement() {
            None => ReservationEvent::ReservationConfirmed { agreement },
            Some(before) => {
                let paid = self.paid_after_change(before, offer.price(), context);
                ReservationEvent::ReservationChanged { agreement, paid }
            }
        }
    }

    /// What was paid for the whole after a change to `price`: more is charged, and of what it
    /// costs less the refund schedule's share is given back. What was credited stays credited.
    fn paid_after_change(
        &self,
        before: &Offer,
        price: MicroCredits,
        context: &ReservationContext<'_>,
    ) -> MicroCredits {
        let cost = self.cost();
        let less = MicroCredits(cost.0.saturating_sub(price.0));
        let window = before.terms.window;
        let back = context.provider.refund(less, window, context.now).amount;
        let cost = cost.0.saturating_sub(back.0).max(price.0);
        MicroCredits(cost.saturating_sub(self.credited.0))
    }

    /// A hold that has run out: its terms are judged anew, so the user never fails for being late.
    /// It is one more round, so that nobody renews a hold for ever.
    fn judge_again(&self, offer: &Offer, context: &ReservationContext<'_>) -> Decided {
        let TimeWindow { starts_at, ends_at } = offer.terms.window;
        let now = context.now;
        let agreed = self.status.agreement().map(|a| a.terms.window.starts_at);
        // A change that keeps the start keeps it, however late it is confirmed.
        let mut terms = if agreed == Some(starts_at) {
            if ends_at <= now {
                return Err(Refusal::TooLate { ends_at, now });
            }
            offer.terms.clone()
        } else {
            offer.terms.moved_to(starts_at.max(now))
        };
        // Who says yes to an offer says yes to its price.
        terms.price_limit = terms.price_limit.map(|limit| limit.max(offer.price()));
        self.judge_next(terms, context)
    }

    fn judge_next(&self, terms: Terms, context: &ReservationContext<'_>) -> Decided {
        let rounds_max = context.provider.rounds_max();
        if self.round >= rounds_max {
            return Err(Refusal::RoundsExhausted { rounds_max });
        }
        Ok(self.judge(terms, self.round + 1, context))
    }

    fn judge(
        &self,
        terms: Terms,
        round: u32,
        context: &ReservationContext<'_>,
    ) -> Vec<ReservationEvent> {
        let freed = self.claims();
        let agreement = self.status.agreement().map(|offer| AgreementInForce {
            offer,
            is_running: matches!(self.status, Status::Activated { .. }),
        });
        let verdict = context.provider.judge(&Case {
            terms: &terms,
            round,
            freed: &freed,
            agreement,
            now: context.now,
        });
        let mut events = self.end_all_holds(HoldEndCause::Superseded);
        events.push(ReservationEvent::TermsProposed { round, terms });
        events.push(self.answer(verdict));
        events
    }

    fn answer(&self, verdict: Verdict) -> ReservationEvent {
        let Verdict {
            answer,
            evidence,
            hold_expires_at,
            session_ends_at,
        } = verdict;
        let mut number = self.offers_made;
        let mut offer = |draft: Draft| {
            number += 1;
            offer_of(draft, OfferId(number), hold_expires_at)
        };
        match answer {
            Judgement::Accept(draft) => ReservationEvent::TermsAccepted {
                offer: offer(*draft),
                evidence,
                session_ends_at,
            },
            Judgement::Counter(drafts) => {
                let offers = drafts.into_iter().map(offer).collect();
                ReservationEvent::TermsCountered {
                    offers,
                    evidence,
                    session_ends_at,
                }
            }
            Judgement::Reject => ReservationEvent::TermsRejected {
                evidence,
                session_ends_at: self.status.name().is_agreed().then_some(session_ends_at),
            },
        }
    }
}

fn offer_of(draft: Draft, offer_id: OfferId, expires_at: Timestamp) -> Offer {
    Offer {
        offer_id,
        terms: draft.terms,
        quote: draft.quote,
        agreed_price: draft.agreed_price,
        placement: draft.placement,
        options: draft.options,
        expires_at,
        differs: draft.differs,
    }
}
