//! The Reservation aggregate: a negotiation, and what came of it.
//!
//! Owns the transition table of PROTOCOL (States). `decide` is pure; what the pool can give comes
//! in through [`Provider`]. `apply` is total: it folds whatever the ledger holds.

mod aggregate;
mod decide;
mod event;
#[cfg(test)]
mod golden;
mod offer;
mod status;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use aggregate::ReservationServices;
pub use decide::{Provider, Refusal, ReservationCommand, ReservationContext};
pub use event::{HoldEndCause, ReservationEvent};
pub use offer::{Difference, Draft, Evidence, Judgement, Offer, Reason, Verdict};
pub use status::{StandingOffer, Status, StatusName};

use crate::terms::Terms;
use crate::{OfferId, Timestamp, UserId};

/// A reservation from its first message to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// Whose it is.
    pub user_id: UserId,
    /// When it was initiated.
    pub initiated_at: Timestamp,
    /// When the session lapses if nothing is confirmed.
    pub session_ends_at: Timestamp,
    /// How many proposals were made.
    pub round: u32,
    /// The number of the newest offer.
    pub offers_made: u32,
    /// Where it stands.
    pub status: Status,
}

impl Reservation {
    /// The terms to show: those agreed on, else those offered first, else those asked for.
    #[must_use]
    pub fn terms(&self) -> Option<&Terms> {
        self.status
            .agreement()
            .or_else(|| self.status.standing_offers().first().map(|s| &s.offer))
            .map(|offer| &offer.terms)
            .or_else(|| self.status.asked())
    }

    /// The provider's last word, in the paper's terms.
    #[must_use]
    pub const fn reply(&self) -> &'static str {
        match self.status {
            Status::Absent | Status::Initiated => "INITIATED",
            Status::Countered { .. } => "COUNTER",
            Status::Accepted { .. } => "ACCEPT",
            Status::ConfirmRequested { .. } => "CONFIRM_REQUEST",
            Status::Confirmed { .. } | Status::Activated { .. } | Status::Expired { .. } => {
                "REQUEST_SUCCESS"
            }
            Status::Rejected { .. }
            | Status::Withdrawn { .. }
            | Status::Lapsed { .. }
            | Status::Cancelled { .. } => "REJECT",
        }
    }

    /// Folds one event.
    pub fn fold(&mut self, event: &ReservationEvent) {
        match event {
            ReservationEvent::ReservationInitiated {
                user_id,
                at,
                session_ends_at,
            } => {
                self.user_id = *user_id;
                self.initiated_at = *at;
                self.session_ends_at = *session_ends_at;
                self.status = Status::Initiated;
            }
            ReservationEvent::TermsProposed { round, terms } => {
                self.round = *round;
                // Until the answer, which the same decision brings, nothing is on the table.
                self.status = Status::Countered {
                    asked: terms.clone(),
                    offers: Vec::new(),
                    evidence: Evidence::default(),
                };
            }
            ReservationEvent::TermsAccepted {
                offer,
                session_ends_at,
                ..
            } => {
                let asked = self.asked_or(&offer.terms);
                self.note_offers(std::slice::from_ref(offer), *session_ends_at);
                let standing = StandingOffer::held(offer);
                self.status = Status::Accepted { asked, standing };
            }
            ReservationEvent::TermsCountered {
                offers,
                evidence,
                session_ends_at,
            } => {
                self.note_offers(offers, *session_ends_at);
                self.put_on_table(offers, evidence);
            }
            ReservationEvent::TermsRejected { evidence } => {
                let asked = self.status.asked().cloned().unwrap_or_default();
                self.status = Status::Rejected {
                    asked,
                    evidence: evidence.clone(),
                };
            }
            ReservationEvent::HoldsEnded { offers, .. } => self.end_holds(offers),
            ReservationEvent::OfferAccepted {
                offer_id,
                session_ends_at,
            } => {
                self.session_ends_at = *session_ends_at;
                self.take_offer(*offer_id);
            }
            ReservationEvent::ReservationConfirmed { agreement } => {
                self.status = Status::Confirmed {
                    agreement: agreement.clone(),
                };
            }
            ReservationEvent::ReservationActivated { at: activated_at } => {
                let activated_at = *activated_at;
                self.go_on(|agreement| Status::Activated {
                    agreement,
                    activated_at,
                });
            }
            ReservationEvent::ReservationWithdrawn => {
                let asked = self.status.asked().cloned();
                self.status = Status::Withdrawn { asked };
            }
            ReservationEvent::ReservationLapsed => {
                let asked = self.status.asked().cloned();
                self.status = Status::Lapsed { asked };
            }
            ReservationEvent::ReservationCancelled { at: cancelled_at } => {
                let cancelled_at = *cancelled_at;
                self.go_on(|agreement| Status::Cancelled {
                    agreement,
                    cancelled_at,
                });
            }
            ReservationEvent::ReservationExpired { no_show } => {
                let no_show = *no_show;
                self.go_on(|agreement| Status::Expired { agreement, no_show });
            }
        }
    }

    /// Goes on to the status that `next` makes of the agreement; stays where there is none.
    fn go_on(&mut self, next: impl FnOnce(Offer) -> Status) {
        if let Some(agreement) = self.status.agreement() {
            self.status = next(agreement.clone());
        }
    }

    fn put_on_table(&mut self, offers: &[Offer], evidence: &Evidence) {
        let first = offers.first().map(|o| o.terms.clone()).unwrap_or_default();
        self.status = Status::Countered {
            asked: self.asked_or(&first),
            offers: offers.iter().map(StandingOffer::held).collect(),
            evidence: evidence.clone(),
        };
    }

    fn asked_or(&self, otherwise: &Terms) -> Terms {
        self.status.asked().unwrap_or(otherwise).clone()
    }

    fn note_offers(&mut self, offers: &[Offer], session_ends_at: Timestamp) {
        for offer in offers {
            self.offers_made = self.offers_made.max(offer.offer_id.0);
        }
        self.session_ends_at = session_ends_at;
    }

    fn end_holds(&mut self, ended: &[OfferId]) {
        let end = |standing: &mut StandingOffer| {
            if ended.contains(&standing.offer.offer_id) {
                standing.held = false;
            }
        };
        match &mut self.status {
            Status::Countered { offers, .. } => offers.iter_mut().for_each(end),
            Status::Accepted { standing, .. } | Status::ConfirmRequested { standing, .. } => {
                end(standing);
            }
            Status::Absent
            | Status::Initiated
            | Status::Confirmed { .. }
            | Status::Activated { .. }
            | Status::Rejected { .. }
            | Status::Withdrawn { .. }
            | Status::Lapsed { .. }
            | Status::Cancelled { .. }
            | Status::Expired { .. } => {}
        }
    }

    fn take_offer(&mut self, offer_id: OfferId) {
        let chosen = self
            .status
            .standing_offers()
            .iter()
            .find(|s| s.offer.offer_id == offer_id)
            .cloned();
        if let (Some(standing), Some(asked)) = (chosen, self.status.asked().cloned()) {
            self.status = Status::ConfirmRequested { asked, standing };
        }
    }
}
