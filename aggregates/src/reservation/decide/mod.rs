//! What a command does to a reservation: the transition table of PROTOCOL, as one pure function.

mod agreed;
mod ends;
mod refusal;
mod talk;

pub use refusal::Refusal;

use super::{HoldEndCause, Offer, Reservation, ReservationEvent, StandingOffer, Status, Verdict};
use crate::capacity::{Placement, Shortage};
use crate::refunds::RefundQuote;
use crate::reservation::Claim;
use crate::terms::Terms;
use crate::{
    InstanceId, MicroCredits, OfferId, Resources, SeriesId, TimeWindow, Timestamp, UserId,
};

/// What can be asked of a reservation, by its user or by time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReservationCommand {
    /// Open a session (the paper's `initiateReservation`).
    InitiateReservation {
        /// For whom.
        user_id: UserId,
        /// The series it is an occurrence of.
        series_id: Option<SeriesId>,
    },
    /// Propose terms, first or as a counter; once both agreed, a change of what they agreed on.
    ProposeTerms(Box<Terms>),
    /// Accept a counter-offer; the first one where none is named.
    AcceptOffer(Option<OfferId>),
    /// Confirm what was accepted.
    ConfirmReservation,
    /// Give up the negotiation.
    RejectOffers,
    /// Withdraw before, or cancel after it was confirmed.
    DeleteReservation,
    /// Claim so many optional instances.
    ClaimOptions(u32),
    /// Give up so many optional instances.
    DropOptions(u32),
    /// Start the instances.
    ActivateReservation,
    /// Give back the price of what was not delivered.
    CreditUndelivered {
        /// The instance that did not run.
        instance_id: InstanceId,
        /// For how long, in milliseconds.
        undelivered_ms: i64,
    },
    /// End the holds whose time has run out.
    ExpireHolds,
    /// End the session if its time has run out.
    LapseSession,
    /// End what could be claimed until the start.
    EndOptions,
    /// End the reservation at the end of its window.
    EndReservation,
}

/// Terms to be judged, and all that the judgement depends on beside the pool and the policy.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// What is asked for.
    pub terms: &'a Terms,
    /// The number of the proposal in its negotiation, from 1.
    pub round: u32,
    /// What the reservation claims itself, which counts as free for it.
    pub freed: &'a [Claim],
    /// What both agreed on already; the terms ask for a change of it.
    pub agreement: Option<AgreementInForce<'a>>,
    /// When it is judged.
    pub now: Timestamp,
}

/// What both agreed on, when a change of it is judged.
#[derive(Clone, Copy, Debug)]
pub struct AgreementInForce<'a> {
    /// On what.
    pub offer: &'a Offer,
    /// Whether its instances were started: then they stay where they are.
    pub is_running: bool,
}

/// What the provider can give: judges terms against capacity, prices and policy.
pub trait Provider {
    /// The answer to `case`.
    fn judge(&self, case: &Case<'_>) -> Verdict;

    /// Nodes for `count` more instances, beside all that is claimed already.
    ///
    /// # Errors
    /// What is short where they do not fit.
    fn place_more(
        &self,
        size: Resources,
        count: u32,
        window: TimeWindow,
    ) -> Result<Placement, Shortage>;

    /// What is given back of `paid` when a reservation over `window` is given up at `now`.
    fn refund(&self, paid: MicroCredits, window: TimeWindow, now: Timestamp) -> RefundQuote;

    /// Until when a session stays open whose last message came at `now`.
    fn session_ends_at(&self, now: Timestamp) -> Timestamp;

    /// Most proposals in one negotiation.
    fn rounds_max(&self) -> u32;

    /// Most changes of one reservation.
    fn changes_max(&self) -> u32;
}

/// What a decision depends on beside the reservation and the command.
pub struct ReservationContext<'a> {
    /// What the pool can give.
    pub provider: &'a dyn Provider,
    /// When it is decided.
    pub now: Timestamp,
}

type Decided = Result<Vec<ReservationEvent>, Refusal>;

impl Reservation {
    /// What happens on `command`; no events where it has already taken effect.
    ///
    /// # Errors
    /// Where it is not allowed now.
    pub fn decide(&self, command: ReservationCommand, context: &ReservationContext<'_>) -> Decided {
        let now = context.now;
        match command {
            ReservationCommand::InitiateReservation { user_id, series_id } => {
                self.initiate(user_id, series_id, context)
            }
            ReservationCommand::ProposeTerms(terms) => self.propose(*terms, context),
            ReservationCommand::AcceptOffer(offer_id) => self.accept(offer_id, context),
            ReservationCommand::ConfirmReservation => self.confirm(context),
            ReservationCommand::RejectOffers => self.reject(),
            ReservationCommand::DeleteReservation => self.delete(context),
            ReservationCommand::ClaimOptions(count) => self.claim_options(count, context),
            ReservationCommand::DropOptions(count) => self.drop_options(count, now),
            ReservationCommand::ActivateReservation => self.activate(now),
            ReservationCommand::CreditUndelivered {
                instance_id,
                undelivered_ms,
            } => Ok(self.credit(instance_id, undelivered_ms)),
            ReservationCommand::ExpireHolds => Ok(self.expire_holds(now)),
            ReservationCommand::LapseSession => Ok(self.lapse(now)),
            ReservationCommand::EndOptions => Ok(self.end_options(now)),
            ReservationCommand::EndReservation => Ok(self.end(now)),
        }
    }

    fn not_allowed(&self) -> Decided {
        Err(self.refusal())
    }

    fn refusal(&self) -> Refusal {
        let status = match self.change.as_deref() {
            // A change that was rejected leaves the agreement as it was.
            None | Some(Status::Rejected { .. }) => self.status.name(),
            Some(change) => change.name(),
        };
        Refusal::NotAllowed { status }
    }

    /// The end of every hold that is on the table.
    fn end_all_holds(&self, cause: HoldEndCause) -> Vec<ReservationEvent> {
        let held: Vec<OfferId> = self.table().held_offers().map(|o| o.offer_id).collect();
        holds_ended(held, cause)
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

fn holds_ended(offers: Vec<OfferId>, cause: HoldEndCause) -> Vec<ReservationEvent> {
    if offers.is_empty() {
        return Vec::new();
    }
    vec![ReservationEvent::HoldsEnded { offers, cause }]
}
