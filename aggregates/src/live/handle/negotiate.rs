//! What a user says in a negotiation, as the command of the reservation that it means.

use super::super::echo::find_echoed;
use super::Session;
use crate::live::CommandRefusal;
use crate::live::command::{Message, OptionsRequest};
use crate::reservation::{ReservationCommand, Status};
use crate::terms::{Proposal, Terms};
use crate::{OfferId, ReservationId, UserId};

impl From<OptionsRequest> for ReservationCommand {
    fn from(request: OptionsRequest) -> Self {
        match request {
            OptionsRequest::Claim(count) => Self::ClaimOptions(count),
            OptionsRequest::Drop(count) => Self::DropOptions(count),
        }
    }
}

impl Session<'_> {
    pub(super) fn open(
        &mut self,
        id: ReservationId,
        user_id: UserId,
        proposal: Option<Proposal>,
    ) -> Result<(), CommandRefusal> {
        let terms = match proposal {
            None => None,
            Some(proposal) => Some(
                proposal
                    .into_terms(self.live.policy(), self.now)
                    .map_err(CommandRefusal::Terms)?,
            ),
        };
        let before = self.live.reservations.get(&id).cloned();
        if before.is_none() {
            self.check_sessions(user_id)?;
        }
        let before = before.unwrap_or_default();
        let whose = (user_id, None);
        let events = self
            .live
            .decide_on_opening(&before.state, whose, terms, self.now)?;
        self.carry(id, before, events, None)
    }

    pub(super) fn check_sessions(&self, user_id: UserId) -> Result<(), CommandRefusal> {
        let max = self.live.policy().limits.sessions_max;
        let open = self.live.users.get(&user_id).map_or(0, |u| u.sessions);
        if open >= max {
            return Err(CommandRefusal::TooManySessions { open, max });
        }
        Ok(())
    }

    pub(super) fn negotiate(
        &mut self,
        id: ReservationId,
        message: Message,
    ) -> Result<(), CommandRefusal> {
        let command = match message {
            Message::Counter(proposal) => {
                let terms = self.terms_of(id, proposal)?;
                ReservationCommand::ProposeTerms(Box::new(terms))
            }
            Message::Accept { offer, echo } => {
                ReservationCommand::AcceptOffer(self.meant_offer(id, offer, echo.as_ref())?)
            }
            Message::Confirm { echo } => {
                self.meant_offer(id, None, echo.as_ref())?;
                ReservationCommand::ConfirmReservation
            }
            Message::Reject => ReservationCommand::RejectOffers,
        };
        self.reservation(id, command, None)
    }

    /// The terms of a proposal: new ones, or once both agreed a change of those.
    fn terms_of(&self, id: ReservationId, proposal: Proposal) -> Result<Terms, CommandRefusal> {
        let policy = self.live.policy();
        let status = self.live.reservation(id).map(|t| &t.state.status);
        let terms = match status {
            Some(Status::Confirmed { agreement }) => {
                proposal.into_changed_terms(policy, self.now, (&agreement.terms, false))
            }
            Some(Status::Activated { agreement, .. }) => {
                proposal.into_changed_terms(policy, self.now, (&agreement.terms, true))
            }
            Some(_) | None => proposal.into_terms(policy, self.now),
        };
        terms.map_err(CommandRefusal::Terms)
    }

    /// The offer that is meant by its number or by its terms sent back.
    fn meant_offer(
        &self,
        id: ReservationId,
        named: Option<OfferId>,
        echo: Option<&Proposal>,
    ) -> Result<Option<OfferId>, CommandRefusal> {
        let (Some(echo), Some(tracked)) = (echo, self.live.reservations.get(&id)) else {
            return Ok(named);
        };
        let table = tracked.state.table();
        let on_table = table
            .standing_offers()
            .iter()
            .map(|standing| &standing.offer)
            .chain(table.agreement())
            .filter(|offer| named.is_none_or(|named| offer.offer_id == named));
        Ok(find_echoed(on_table, echo)?
            .map(|offer| offer.offer_id)
            .or(named))
    }
}
