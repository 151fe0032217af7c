//! Standing requests: what frees capacity looks at those that wait, in the order of asking.

use super::Session;
use crate::live::command::{Actor, Answer, StandingAsk};
use crate::live::fact::Fact;
use crate::live::{CommandRefusal, Live};
use crate::negotiation::{PricedStart, SearchRange, nearest_start, starts_in};
use crate::reservation::{Reservation, ReservationEvent};
use crate::standing::{
    BetterThan, Bound, Meeting, Mode, STANDING_REQUESTS_MAX, STANDING_STARTS_MAX, StandingCommand,
    StandingProposal, StandingRefusal, StandingRequest, StandingRequestEvent, Wanted, WantedError,
    Wish, reservation_id_of,
};
use crate::{MicroCredits, ReservationId, StandingRequestId, UserId};

impl Session<'_> {
    pub(super) fn standing(
        &mut self,
        id: StandingRequestId,
        request: StandingAsk,
        actor: Option<Actor>,
    ) -> Result<Answer, CommandRefusal> {
        match request {
            StandingAsk::Make(proposal) => {
                self.make_standing(id, super::user_of(actor), *proposal)?;
            }
            StandingAsk::Withdraw => {
                let known = self.live.standing.get(&id);
                let known = known
                    .filter(|t| actor.is_none_or(|a| a.may_act_for(t.state.user_id)))
                    .ok_or(CommandRefusal::NotFound("standing request"))?;
                let event = known.state.decide(StandingCommand::Withdraw)?;
                self.record_standing(id, event);
            }
        }
        let known = self.live.standing.get(&id).cloned().unwrap_or_default();
        Ok(Answer::StandingRequest {
            standing_request_id: id,
            request: Box::new(known.state),
            sequence: known.sequence,
        })
    }

    /// Makes a request; where its wish can be met at once, it is.
    fn make_standing(
        &mut self,
        id: StandingRequestId,
        user_id: UserId,
        proposal: StandingProposal,
    ) -> Result<(), CommandRefusal> {
        let live = &*self.live;
        let bound = match proposal.better_than {
            None => None,
            Some(BetterThan::Bound(bound)) => Some(bound),
            Some(BetterThan::Reservation(of)) => live.bound_of(of, user_id, proposal.wish)?,
        };
        let wanted = proposal
            .into_wanted(bound, (live.policy(), self.now))
            .map_err(|error| match error {
                WantedError::Terms(errors) => CommandRefusal::Terms(errors),
                WantedError::Refused(refusal) => refusal.into(),
            })?;
        live.check_waiting(user_id)?;
        let turn = live.standing_made.saturating_add(1);
        let made = StandingRequest::made(user_id, turn, wanted, self.now);
        self.record_standing(id, Some(made));
        self.meet(id);
        Ok(())
    }

    pub(super) fn expire_standing(&mut self, id: StandingRequestId) -> Result<(), CommandRefusal> {
        if let Some(known) = self.live.standing.get(&id) {
            let now = self.now;
            let event = known.state.decide(StandingCommand::Expire { now })?;
            self.record_standing(id, event);
        }
        Ok(())
    }

    /// Meets what can be met of the requests that wait, where this decision has freed anything.
    pub(super) fn meet_waiting(&mut self) {
        if self.live.waiting.is_empty() || !self.facts.iter().any(|new| frees(&new.fact)) {
            return;
        }
        let in_order: Vec<StandingRequestId> = self.live.waiting.values().copied().collect();
        for id in in_order {
            self.meet(id);
        }
    }

    /// Meets a request if it can be met now; otherwise it waits on.
    fn meet(&mut self, id: StandingRequestId) {
        let Some(known) = self.live.standing.get(&id) else {
            return;
        };
        let (user_id, Some(wanted)) = (known.state.user_id, known.state.wanted.clone()) else {
            return;
        };
        let Some(found) = self.find(&wanted) else {
            return;
        };
        let mut meeting = Meeting {
            at: self.now,
            starts_at: found.starts_at,
            price: found.price,
            reservation_id: None,
        };
        if wanted.mode == Mode::Offer {
            let Some((reservation_id, price)) = self.offer(id, user_id, &wanted, found) else {
                return;
            };
            meeting.reservation_id = Some(reservation_id);
            meeting.price = price;
        }
        let event = StandingRequestEvent::StandingRequestMet { meeting };
        self.record_standing(id, Some(event));
    }

    /// The best start that meets the wish, if there is one.
    fn find(&self, wanted: &Wanted) -> Option<PricedStart> {
        let (pool, policy) = (&self.live.pool, self.live.policy());
        let range = wanted.range(policy, self.now)?;
        let market = (pool, policy, self.now);
        let most = STANDING_STARTS_MAX;
        match wanted.wish {
            Wish::Earlier => starts_in(market, &wanted.terms, range, most).next(),
            Wish::Cheaper => starts_in(market, &wanted.terms, range, most)
                .min_by_key(|start| (start.price, start.starts_at)),
            Wish::Possible => nearest_start(market, &wanted.terms, range),
        }
    }

    /// Opens a negotiation of `user_id` in which what was found is held; says which, and at what
    /// price. `None` where the user may not have it, or the provider would not agree to it.
    fn offer(
        &mut self,
        id: StandingRequestId,
        user_id: UserId,
        wanted: &Wanted,
        found: PricedStart,
    ) -> Option<(ReservationId, MicroCredits)> {
        let SearchRange { price_max, .. } = wanted.range(self.live.policy(), self.now)?;
        let mut terms = wanted.terms.moved_to(found.starts_at);
        terms.price_limit = price_max;
        (terms.earliest_start_at, terms.latest_end_at) = (None, None);
        self.check_sessions(user_id).ok()?;
        let (new, whose) = (Reservation::default(), (user_id, None));
        let events = self
            .live
            .decide_on_opening(&new, whose, Some(terms), self.now)
            .ok()?;
        let price = events.iter().find_map(|event| {
            if let ReservationEvent::TermsAccepted { offer, .. } = event {
                Some(offer.price())
            } else {
                None
            }
        })?;
        let reservation_id = reservation_id_of(id);
        let known = self.live.reservations.get(&reservation_id).cloned();
        self.carry(reservation_id, known.unwrap_or_default(), events, None)
            .ok()?;
        Some((reservation_id, price))
    }

    fn record_standing(&mut self, id: StandingRequestId, event: Option<StandingRequestEvent>) {
        if let Some(event) = event {
            let sender = event.usual_sender();
            self.record(Fact::Standing(id, event), sender);
        }
    }
}

impl Live {
    /// What has to be bettered where a reservation of the user has to.
    fn bound_of(
        &self,
        id: ReservationId,
        user_id: UserId,
        wish: Wish,
    ) -> Result<Option<Bound>, CommandRefusal> {
        let known = self.reservation(id);
        let known = known
            .filter(|t| t.state.user_id == user_id)
            .ok_or(CommandRefusal::NotFound("reservation"))?;
        let status = &known.state.status;
        let first = status.standing_offers().first().map(|s| &s.offer);
        let offer = status.agreement().or(first);
        Ok(offer.map(|offer| match wish {
            Wish::Earlier | Wish::Possible => Bound::StartsAt(offer.terms.window.starts_at),
            Wish::Cheaper => Bound::Price(offer.price()),
        }))
    }

    /// Checks that one more of this user may wait.
    fn check_waiting(&self, user_id: UserId) -> Result<(), StandingRefusal> {
        let of_user = self
            .standing
            .values()
            .filter(|t| t.state.user_id == user_id);
        let waiting = u32::try_from(of_user.count()).unwrap_or(u32::MAX);
        let max = self.policy().limits.standing_requests_max;
        if waiting >= max {
            return Err(StandingRefusal::TooMany { waiting, max });
        }
        let max = STANDING_REQUESTS_MAX;
        if self.waiting.len() >= max {
            return Err(StandingRefusal::SiteFull { max });
        }
        Ok(())
    }
}

/// Whether something may be had after `fact` that could not be had before.
const fn frees(fact: &Fact) -> bool {
    match fact {
        Fact::Reservation(_, event) => matches!(
            event,
            ReservationEvent::HoldsEnded { .. }
                | ReservationEvent::ReservationCancelled { .. }
                | ReservationEvent::ReservationChanged { .. }
                | ReservationEvent::OptionsEnded { .. }
        ),
        Fact::Node(..) | Fact::Site(_) => true,
        Fact::Instance(..) | Fact::Account(..) | Fact::Series(..) | Fact::Standing(..) => false,
    }
}

/// Decides the end of a request that waits no more, which can only be a repeat or a refusal.
///
/// # Errors
/// Where it did not end so.
pub fn decide_on_ended_standing(request: &StandingRequest) -> Result<(), CommandRefusal> {
    request.decide(StandingCommand::Withdraw)?;
    Ok(())
}
