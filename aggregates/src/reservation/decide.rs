//! What a command does to a reservation: the transition table of PROTOCOL, as one pure function.

use super::{
    Draft, HoldEndCause, Judgement, Offer, Reservation, ReservationEvent, StandingOffer, Status,
    StatusName, Verdict,
};
use crate::terms::Terms;
use crate::{OfferId, TimeWindow, Timestamp, UserId};

/// What can be asked of a reservation, by its user or by time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReservationCommand {
    /// Open a session (the paper's `initiateReservation`).
    InitiateReservation {
        /// For whom.
        user_id: UserId,
    },
    /// Propose terms, first or as a counter.
    ProposeTerms(Box<Terms>),
    /// Accept a counter-offer; the first one where none is named.
    AcceptOffer(Option<OfferId>),
    /// Confirm what was accepted.
    ConfirmReservation,
    /// Give up the negotiation.
    RejectOffers,
    /// Withdraw before, or cancel after it was confirmed.
    DeleteReservation,
    /// Start the instances.
    ActivateReservation,
    /// End the holds whose time has run out.
    ExpireHolds,
    /// End the session if its time has run out.
    LapseSession,
    /// End the reservation at the end of its window.
    EndReservation,
}

/// What the provider can give: judges terms against capacity, prices and policy.
///
/// `freed` are offers whose capacity counts as free while these terms are judged.
pub trait Provider {
    /// The answer to `terms` at `now`.
    fn judge(&self, terms: &Terms, freed: &[Offer], now: Timestamp) -> Verdict;

    /// Until when a session stays open whose last message came at `now`.
    fn session_ends_at(&self, now: Timestamp) -> Timestamp;

    /// Most proposals in one negotiation.
    fn rounds_max(&self) -> u32;
}

/// What a decision depends on beside the reservation and the command.
pub struct ReservationContext<'a> {
    /// What the pool can give.
    pub provider: &'a dyn Provider,
    /// When it is decided.
    pub now: Timestamp,
}

/// Why a command is refused; nothing is appended then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The command is not allowed in this status.
    #[error("not allowed while the reservation is {status}; allowed: {}", allowed_text(*.status))]
    NotAllowed {
        /// Where the reservation stands.
        status: StatusName,
    },
    /// The named offer is not on the table.
    #[error("offer {offer_id} is not on the table; on it are {}", list(.on_table))]
    UnknownOffer {
        /// What was named.
        offer_id: OfferId,
        /// What there is.
        on_table: Vec<OfferId>,
    },
    /// No more proposals.
    #[error("{rounds_max} proposals were made, and no more can be in one negotiation")]
    RoundsExhausted {
        /// The limit.
        rounds_max: u32,
    },
    /// The window has not begun.
    #[error("the reservation starts at {starts_at}; it is {now}")]
    TooEarly {
        /// When it can be activated.
        starts_at: Timestamp,
        /// When it was asked.
        now: Timestamp,
    },
    /// The window is over.
    #[error("the reservation ended at {ends_at}; it is {now}")]
    TooLate {
        /// Until when it could be activated.
        ends_at: Timestamp,
        /// When it was asked.
        now: Timestamp,
    },
}

fn allowed_text(status: StatusName) -> String {
    let allowed = status.allowed();
    if allowed.is_empty() {
        "nothing, it has ended".to_owned()
    } else {
        allowed.join(", ")
    }
}

fn list(offers: &[OfferId]) -> String {
    offers
        .iter()
        .map(OfferId::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

type Decided = Result<Vec<ReservationEvent>, Refusal>;

impl Reservation {
    /// What happens on `command`; no events where it has already taken effect.
    pub fn decide(&self, command: ReservationCommand, context: &ReservationContext<'_>) -> Decided {
        match command {
            ReservationCommand::InitiateReservation { user_id } => self.initiate(user_id, context),
            ReservationCommand::ProposeTerms(terms) => self.propose(*terms, context),
            ReservationCommand::AcceptOffer(offer_id) => self.accept(offer_id, context),
            ReservationCommand::ConfirmReservation => self.confirm(context),
            ReservationCommand::RejectOffers => self.reject(),
            ReservationCommand::DeleteReservation => self.delete(context.now),
            ReservationCommand::ActivateReservation => self.activate(context.now),
            ReservationCommand::ExpireHolds => Ok(self.expire_holds(context.now)),
            ReservationCommand::LapseSession => Ok(self.lapse(context.now)),
            ReservationCommand::EndReservation => Ok(self.end(context.now)),
        }
    }

    const fn not_allowed(&self) -> Decided {
        Err(Refusal::NotAllowed {
            status: self.status.name(),
        })
    }

    fn initiate(&self, user_id: UserId, context: &ReservationContext<'_>) -> Decided {
        match self.status.name() {
            StatusName::Absent => Ok(vec![ReservationEvent::ReservationInitiated {
                user_id,
                at: context.now,
                session_ends_at: context.provider.session_ends_at(context.now),
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

    fn propose(&self, terms: Terms, context: &ReservationContext<'_>) -> Decided {
        match &self.status {
            Status::Initiated => {}
            Status::Countered { asked, .. } | Status::Accepted { asked, .. } => {
                if asked.is_same_request(&terms) && self.answer_stands(context.now) {
                    return Ok(Vec::new());
                }
            }
            Status::Absent
            | Status::ConfirmRequested { .. }
            | Status::Confirmed { .. }
            | Status::Activated { .. }
            | Status::Rejected { .. }
            | Status::Withdrawn { .. }
            | Status::Lapsed { .. }
            | Status::Cancelled { .. }
            | Status::Expired { .. } => return self.not_allowed(),
        }
        let rounds_max = context.provider.rounds_max();
        if self.round >= rounds_max {
            return Err(Refusal::RoundsExhausted { rounds_max });
        }
        let freed: Vec<Offer> = self.status.held_offers().cloned().collect();
        let mut events = holds_ended(&freed, HoldEndCause::Superseded);
        let verdict = context.provider.judge(&terms, &freed, context.now);
        events.push(ReservationEvent::TermsProposed {
            round: self.round + 1,
            terms,
        });
        events.push(self.answer(verdict));
        Ok(events)
    }

    /// Whether the answer to what was asked last is still on the table, and held.
    fn answer_stands(&self, now: Timestamp) -> bool {
        let standing = self.status.standing_offers();
        let as_asked = match &self.status {
            // An offer that was judged again may be for another window than the one asked for.
            Status::Accepted { asked, standing } => standing.offer.terms.window == asked.window,
            Status::Absent
            | Status::Initiated
            | Status::Countered { .. }
            | Status::ConfirmRequested { .. }
            | Status::Confirmed { .. }
            | Status::Activated { .. }
            | Status::Rejected { .. }
            | Status::Withdrawn { .. }
            | Status::Lapsed { .. }
            | Status::Cancelled { .. }
            | Status::Expired { .. } => true,
        };
        as_asked && standing.iter().all(|s| s.is_live(now))
    }

    fn accept(&self, offer_id: Option<OfferId>, context: &ReservationContext<'_>) -> Decided {
        let named = |s: &&StandingOffer| offer_id.is_none_or(|id| s.offer.offer_id == id);
        let standing = self.status.standing_offers();
        let found = standing.iter().find(named);
        let unknown = || Refusal::UnknownOffer {
            offer_id: offer_id.unwrap_or_default(),
            on_table: standing.iter().map(|s| s.offer.offer_id).collect(),
        };
        match (&self.status, found) {
            (Status::Countered { .. }, Some(chosen)) if chosen.is_live(context.now) => {
                let id = chosen.offer.offer_id;
                let others: Vec<Offer> = self
                    .status
                    .held_offers()
                    .filter(|o| o.offer_id != id)
                    .cloned()
                    .collect();
                let mut events = holds_ended(&others, HoldEndCause::NotChosen);
                let session_ends_at = context.provider.session_ends_at(context.now);
                events.push(ReservationEvent::OfferAccepted {
                    offer_id: id,
                    session_ends_at,
                });
                Ok(events)
            }
            (Status::Countered { .. }, Some(chosen)) => {
                Ok(self.judge_again(&chosen.offer, context))
            }
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

    fn confirm(&self, context: &ReservationContext<'_>) -> Decided {
        match &self.status {
            Status::Accepted { standing, .. } | Status::ConfirmRequested { standing, .. } => {
                if !standing.is_live(context.now) {
                    return Ok(self.judge_again(&standing.offer, context));
                }
                let agreement = standing.offer.clone();
                Ok(vec![ReservationEvent::ReservationConfirmed { agreement }])
            }
            Status::Confirmed { .. } | Status::Activated { .. } => Ok(Vec::new()),
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

    /// A hold that has run out: its terms are judged anew, so the user never fails for being late.
    fn judge_again(
        &self,
        offer: &Offer,
        context: &ReservationContext<'_>,
    ) -> Vec<ReservationEvent> {
        let freed: Vec<Offer> = self.status.held_offers().cloned().collect();
        let mut events = holds_ended(&freed, HoldEndCause::Superseded);
        let starts_at = offer.terms.window.starts_at.max(context.now);
        let verdict = context
            .provider
            .judge(&offer.terms.moved_to(starts_at), &freed, context.now);
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
            Offer {
                offer_id: OfferId(number),
                terms: draft.terms,
                quote: draft.quote,
                placement: draft.placement,
                expires_at: hold_expires_at,
                differs: draft.differs,
            }
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
            Judgement::Reject => ReservationEvent::TermsRejected { evidence },
        }
    }

    fn reject(&self) -> Decided {
        match self.status.name() {
            StatusName::Initiated
            | StatusName::Countered
            | StatusName::Accepted
            | StatusName::ConfirmRequested => Ok(self.withdraw()),
            StatusName::Withdrawn => Ok(Vec::new()),
            StatusName::Absent
            | StatusName::Confirmed
            | StatusName::Activated
            | StatusName::Rejected
            | StatusName::Lapsed
            | StatusName::Cancelled
            | StatusName::Expired => self.not_allowed(),
        }
    }

    fn withdraw(&self) -> Vec<ReservationEvent> {
        let held: Vec<Offer> = self.status.held_offers().cloned().collect();
        let mut events = holds_ended(&held, HoldEndCause::Withdrawn);
        events.push(ReservationEvent::ReservationWithdrawn);
        events
    }

    fn delete(&self, now: Timestamp) -> Decided {
        match self.status.name() {
            StatusName::Confirmed | StatusName::Activated => {
                Ok(vec![ReservationEvent::ReservationCancelled { at: now }])
            }
            StatusName::Cancelled => Ok(Vec::new()),
            StatusName::Absent
            | StatusName::Initiated
            | StatusName::Countered
            | StatusName::Accepted
            | StatusName::ConfirmRequested
            | StatusName::Rejected
            | StatusName::Withdrawn
            | StatusName::Lapsed
            | StatusName::Expired => self.reject(),
        }
    }

    fn activate(&self, now: Timestamp) -> Decided {
        match &self.status {
            Status::Confirmed { agreement } => {
                let TimeWindow { starts_at, ends_at } = agreement.terms.window;
                if now < starts_at {
                    return Err(Refusal::TooEarly { starts_at, now });
                }
                if ends_at <= now {
                    return Err(Refusal::TooLate { ends_at, now });
                }
                Ok(vec![ReservationEvent::ReservationActivated { at: now }])
            }
            Status::Activated { .. } => Ok(Vec::new()),
            Status::Absent
            | Status::Initiated
            | Status::Countered { .. }
            | Status::Accepted { .. }
            | Status::ConfirmRequested { .. }
            | Status::Rejected { .. }
            | Status::Withdrawn { .. }
            | Status::Lapsed { .. }
            | Status::Cancelled { .. }
            | Status::Expired { .. } => self.not_allowed(),
        }
    }

    fn expire_holds(&self, now: Timestamp) -> Vec<ReservationEvent> {
        let expired: Vec<Offer> = self
            .status
            .held_offers()
            .filter(|o| o.expires_at <= now)
            .cloned()
            .collect();
        holds_ended(&expired, HoldEndCause::Expired)
    }

    fn lapse(&self, now: Timestamp) -> Vec<ReservationEvent> {
        if !self.status.name().is_open() || now < self.session_ends_at {
            return Vec::new();
        }
        let held: Vec<Offer> = self.status.held_offers().cloned().collect();
        let mut events = holds_ended(&held, HoldEndCause::Lapsed);
        events.push(ReservationEvent::ReservationLapsed);
        events
    }

    fn end(&self, now: Timestamp) -> Vec<ReservationEvent> {
        match &self.status {
            Status::Confirmed { agreement } | Status::Activated { agreement, .. }
                if agreement.terms.window.ends_at <= now =>
            {
                let no_show = self.status.name() == StatusName::Confirmed;
                vec![ReservationEvent::ReservationExpired { no_show }]
            }
            Status::Absent
            | Status::Initiated
            | Status::Countered { .. }
            | Status::Accepted { .. }
            | Status::ConfirmRequested { .. }
            | Status::Confirmed { .. }
            | Status::Activated { .. }
            | Status::Rejected { .. }
            | Status::Withdrawn { .. }
            | Status::Lapsed { .. }
            | Status::Cancelled { .. }
            | Status::Expired { .. } => Vec::new(),
        }
    }
}

impl StandingOffer {
    /// An offer that was just made.
    pub(super) fn held(offer: &Offer) -> Self {
        Self {
            offer: offer.clone(),
            held: true,
        }
    }

    /// Whether accepting it now cannot fail: it is held, and its window is not over.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.held && now < self.offer.expires_at && now < self.offer.terms.window.ends_at
    }
}

fn holds_ended(offers: &[Offer], cause: HoldEndCause) -> Vec<ReservationEvent> {
    if offers.is_empty() {
        return Vec::new();
    }
    let offers = offers.iter().map(|o| o.offer_id).collect();
    vec![ReservationEvent::HoldsEnded { offers, cause }]
}
