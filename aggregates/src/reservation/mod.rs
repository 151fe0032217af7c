//! The Reservation aggregate: a negotiation, and what came of it.
//!
//! Owns the transition table of PROTOCOL (States). `decide` is pure; what the pool can give comes
//! in through [`Provider`]. `apply` is total: it folds whatever the ledger holds.

mod aggregate;
mod claims;
mod decide;
mod event;
mod explain;
#[cfg(test)]
mod golden;
mod offer;
mod status;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use aggregate::ReservationServices;
pub use claims::Claim;
pub use decide::{
    AgreementInForce, Case, Provider, Refusal, ReservationCommand, ReservationContext,
};
pub use event::{ChangeEndCause, HoldEndCause, OptionsEndCause, ReservationEvent};
pub use offer::{Difference, Draft, Evidence, Judgement, Offer, OptionGrant, Reason, Verdict};
pub use status::{StandingOffer, Status, StatusName};

use crate::terms::Terms;
use crate::{MicroCredits, OfferId, SeriesId, Timestamp, UserId};

/// A reservation from its first message to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// Whose it is.
    pub user_id: UserId,
    /// When it was initiated.
    pub initiated_at: Timestamp,
    /// The series it is an occurrence of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series_id: Option<SeriesId>,
    /// When the session lapses if nothing is confirmed.
    pub session_ends_at: Timestamp,
    /// How many proposals were made in the negotiation that is going on, or in the last one.
    pub round: u32,
    /// The number of the newest offer.
    pub offers_made: u32,
    /// Where it stands.
    pub status: Status,
    /// What asking for other terms has come to since both agreed: on the table, or rejected. What
    /// was agreed on stays in force until the change is confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Box<Status>>,
    /// How the last change ended, where that was not by confirming it: who confirms it late is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_ended: Option<ChangeEndCause>,
    /// How many changes were asked for.
    #[serde(default)]
    pub changes: u32,
    /// How many instances were asked for since it was activated; they are numbered from 1.
    #[serde(default)]
    pub instances_made: u32,
    /// What the user has been charged for it, less what was given back.
    #[serde(default)]
    pub paid: MicroCredits,
    /// What was given back for capacity that was not delivered; it stays with the user, whatever
    /// is changed later.
    #[serde(default)]
    pub credited: MicroCredits,
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

    /// The terms that are talked about: those offered first in what is being negotiated, else those
    /// asked for in it; the terms to show where nothing is.
    #[must_use]
    pub fn terms_on_table(&self) -> Option<&Terms> {
        let Some(change) = &self.change else {
            return self.terms();
        };
        let offered = change.standing_offers().first();
        offered.map(|s| &s.offer.terms).or_else(|| change.asked())
    }

    /// What is being negotiated: a change of what was agreed on where one was asked for, otherwise
    /// the reservation itself.
    #[must_use]
    pub fn table(&self) -> &Status {
        self.change.as_deref().unwrap_or(&self.status)
    }

    /// The provider's last word, in the paper's terms.
    #[must_use]
    pub fn reply(&self) -> &'static str {
        match self.table() {
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
                series_id,
            } => {
                self.user_id = *user_id;
                self.initiated_at = *at;
                self.session_ends_at = *session_ends_at;
                self.series_id = *series_id;
                self.status = Status::Initiated;
            }
            ReservationEvent::TermsProposed { round, terms } => {
                self.note_proposal(*round);
                // Until the answer, which the same decision brings, nothing is on the table.
                self.put_on_table(Status::Countered {
                    asked: terms.clone(),
                    offers: Vec::new(),
                    evidence: Evidence::default(),
                });
            }
            ReservationEvent::TermsAccepted {
                offer,
                session_ends_at,
                ..
            } => {
                let asked = self.asked_or(&offer.terms);
                self.note_offers(std::slice::from_ref(offer), *session_ends_at);
                let standing = StandingOffer::held(offer);
                self.put_on_table(Status::Accepted { asked, standing });
            }
            ReservationEvent::TermsCountered {
                offers,
                evidence,
                session_ends_at,
            } => {
                self.note_offers(offers, *session_ends_at);
                let first = offers.first().map(|o| o.terms.clone()).unwrap_or_default();
                self.put_on_table(Status::Countered {
                    asked: self.asked_or(&first),
                    offers: offers.iter().map(StandingOffer::held).collect(),
                    evidence: evidence.clone(),
                });
            }
            ReservationEvent::TermsRejected {
                evidence,
                session_ends_at,
            } => {
                self.session_ends_at = session_ends_at.unwrap_or(self.session_ends_at);
                let asked = self.table().asked().cloned().unwrap_or_default();
                self.put_on_table(Status::Rejected {
                    asked,
                    evidence: evidence.clone(),
                });
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
                self.paid = agreement.price();
                self.status = Status::Confirmed {
                    agreement: agreement.clone(),
                };
            }
            ReservationEvent::ReservationChanged { agreement, paid } => {
                self.change = None;
                self.note_growth(agreement);
                self.agree_on(agreement, *paid);
            }
            ReservationEvent::ChangeEnded { cause } => {
                self.change = None;
                self.change_ended = Some(*cause);
            }
            ReservationEvent::OptionsClaimed {
                agreement, paid, ..
            } => self.agree_on(agreement, *paid),
            ReservationEvent::OptionsEnded { agreement, .. } => {
                self.agree_on(agreement, self.paid);
            }
            ReservationEvent::ReservationActivated { .. }
            | ReservationEvent::CapacityCredited { .. }
            | ReservationEvent::ReservationWithdrawn
            | ReservationEvent::ReservationLapsed
            | ReservationEvent::ReservationCancelled { .. }
            | ReservationEvent::ReservationExpired { .. } => self.fold_step(event),
        }
    }

    /// Folds an event that only moves on what is there.
    fn fold_step(&mut self, event: &ReservationEvent) {
        let asked = self.status.asked().cloned();
        match event {
            ReservationEvent::ReservationActivated { at } => {
                let activated_at = *at;
                let placed = self.status.agreement().map(|a| a.placement.instances());
                self.instances_made = placed.unwrap_or(0);
                self.go_on(|agreement| Status::Activated {
                    agreement,
                    activated_at,
                });
            }
            ReservationEvent::ReservationWithdrawn => self.status = Status::Withdrawn { asked },
            ReservationEvent::ReservationLapsed => self.status = Status::Lapsed { asked },
            ReservationEvent::CapacityCredited { amount, .. } => {
                self.give_back(*amount);
                self.credited = MicroCredits(self.credited.0.saturating_add(amount.0));
            }
            ReservationEvent::ReservationCancelled { at, refund } => {
                self.give_back(refund.as_ref().map_or(MicroCredits(0), |r| r.amount));
                let cancelled_at = *at;
                self.go_on(|agreement| Status::Cancelled {
                    agreement,
                    cancelled_at,
                });
            }
            ReservationEvent::ReservationExpired { no_show } => {
                let no_show = *no_show;
                self.go_on(|agreement| Status::Expired { agreement, no_show });
            }
            ReservationEvent::ReservationInitiated { .. }
            | ReservationEvent::TermsProposed { .. }
            | ReservationEvent::TermsAccepted { .. }
            | ReservationEvent::TermsCountered { .. }
            | ReservationEvent::TermsRejected { .. }
            | ReservationEvent::HoldsEnded { .. }
            | ReservationEvent::OfferAccepted { .. }
            | ReservationEvent::ReservationConfirmed { .. }
            | ReservationEvent::ReservationChanged { .. }
            | ReservationEvent::ChangeEnded { .. }
            | ReservationEvent::OptionsClaimed { .. }
            | ReservationEvent::OptionsEnded { .. } => {}
        }
    }

    /// Goes on to the status that `next` makes of the agreement; stays where there is none.
    fn go_on(&mut self, next: impl FnOnce(Offer) -> Status) {
        if let Some(agreement) = self.status.agreement() {
            self.status = next(agreement.clone());
        }
    }

    /// Puts other terms in force, whether it has started or not.
    fn agree_on(&mut self, terms: &Offer, total: MicroCredits) {
        self.paid = total;
        if let Status::Confirmed { agreement } | Status::Activated { agreement, .. } =
            &mut self.status
        {
            agreement.clone_from(terms);
        }
    }

    /// Numbers the instances that a running reservation gets more.
    fn note_growth(&mut self, next: &Offer) {
        if let Status::Activated { agreement, .. } = &self.status {
            let (stay, _) = agreement.placement.split_at(next.terms.instances_fixed);
            let came = next.placement.without(&stay).instances();
            self.instances_made = self.instances_made.saturating_add(came);
        }
    }

    /// What it costs: what was paid, were nothing given back for what was not delivered.
    const fn cost(&self) -> MicroCredits {
        MicroCredits(self.paid.0.saturating_add(self.credited.0))
    }

    const fn give_back(&mut self, amount: MicroCredits) {
        self.paid = MicroCredits(self.paid.0.saturating_sub(amount.0));
    }

    fn note_proposal(&mut self, round: u32) {
        self.round = round;
        self.change_ended = None;
        if round == 1 && self.status.name().is_agreed() {
            self.changes = self.changes.saturating_add(1);
        }
    }

    /// Puts `next` where the negotiation stands: beside what was agreed on, once something was.
    fn put_on_table(&mut self, next: Status) {
        if self.status.name().is_agreed() {
            self.change = Some(Box::new(next));
        } else {
            self.status = next;
        }
    }

    fn table_mut(&mut self) -> &mut Status {
        match &mut self.change {
            Some(change) => change,
            None => &mut self.status,
        }
    }

    fn asked_or(&self, otherwise: &Terms) -> Terms {
        self.table().asked().unwrap_or(otherwise).clone()
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
        match self.table_mut() {
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
            .table()
            .standing_offers()
            .iter()
            .find(|s| s.offer.offer_id == offer_id)
            .cloned();
        if let (Some(standing), Some(asked)) = (chosen, self.table().asked().cloned()) {
            self.put_on_table(Status::ConfirmRequested { asked, standing });
        }
    }
}
