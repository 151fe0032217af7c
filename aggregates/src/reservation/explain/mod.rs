//! What happened to a reservation, in words: one sentence or more for each event.
//!
//! Owns the wording; everything said follows from the event alone, so that it is the same for the
//! user, an operator and an auditor. It must never name another user: what is in the way is told
//! by node, time and amount.

mod words;

#[cfg(test)]
mod tests;

use self::words::{
    agreement, conceded, difference, instances, options, price, reason, refund, span, terms,
};
use super::{HoldEndCause, Offer, OptionsEndCause, ReservationEvent};

impl ReservationEvent {
    /// What this event says, in sentences.
    #[must_use]
    pub fn explain(&self) -> Vec<String> {
        match self {
            Self::ReservationInitiated {
                session_ends_at, ..
            } => vec![format!(
                "A negotiation was opened; it lapses at {session_ends_at} if nothing is said."
            )],
            Self::TermsProposed {
                round,
                terms: asked,
            } => {
                vec![format!("Round {round}: asked for {}.", terms(asked))]
            }
            Self::TermsAccepted {
                offer, evidence, ..
            } => {
                let mut said = vec![format!("Accepted as asked: {}", held(offer))];
                said.push(price(&offer.quote, offer.agreed_price));
                said.extend(options(offer));
                said.extend(evidence.asking.as_deref().map(conceded));
                said
            }
            Self::TermsCountered {
                offers, evidence, ..
            } => {
                let mut said = vec!["It could not be had as asked.".to_owned()];
                said.extend(evidence.reasons.iter().flat_map(reason));
                for offer in offers {
                    said.push(format!(
                        "Offer {}, {}: {}",
                        offer.offer_id,
                        offer.differs.map_or_else(String::new, difference),
                        held(offer)
                    ));
                    said.push(price(&offer.quote, offer.agreed_price));
                }
                said.extend(evidence.asking.as_deref().map(conceded));
                said
            }
            Self::TermsRejected { evidence, .. } => {
                let mut said = vec![
                    "It could not be had as asked, and there is nothing near it to offer."
                        .to_owned(),
                ];
                said.extend(evidence.reasons.iter().flat_map(reason));
                said
            }
            Self::HoldsEnded { offers, cause } => {
                let numbers: Vec<String> = offers.iter().map(ToString::to_string).collect();
                let of = numbers.join(", ");
                let why = hold_end(*cause);
                vec![format!(
                    "The capacity of offer {of} is no longer held: {why}."
                )]
            }
            Self::OfferAccepted { offer_id, .. } => vec![format!(
                "Offer {offer_id} was accepted; the provider asks for the confirmation."
            )],
            Self::ReservationConfirmed { agreement: agreed } => vec![format!(
                "Confirmed: {}, for {} credits.",
                agreement(agreed),
                agreed.price()
            )],
            Self::ReservationChanged {
                agreement: agreed,
                paid,
            } => vec![format!(
                "Changed: {} from now on; it has cost {paid} credits so far.",
                agreement(agreed)
            )],
            Self::ChangeEnded { cause } => {
                let why = cause.in_words();
                vec![format!(
                    "The change is off, {why}; the agreement stays as it was."
                )]
            }
            Self::OptionsClaimed { count, paid, .. } => vec![format!(
                "{} claimed; it has cost {paid} credits so far.",
                instances(*count, "optional ")
            )],
            Self::OptionsEnded { count, cause, .. } => {
                let why = match cause {
                    OptionsEndCause::Dropped => "the user dropped them",
                    OptionsEndCause::Started => "the reservation starts",
                };
                let many = instances(*count, "optional ");
                vec![format!("{many} can no longer be claimed: {why}.")]
            }
            Self::ReservationActivated { at } => {
                vec![format!("Activated at {at}: its instances are started.")]
            }
            Self::CapacityCredited {
                instance_id,
                undelivered_ms,
                amount,
            } => vec![format!(
                "Instance {instance_id} did not run for {} of what was paid for: {amount} credits \
                 are given back.",
                span(*undelivered_ms)
            )],
            Self::ReservationWithdrawn => vec!["Given up before it was confirmed.".to_owned()],
            Self::ReservationLapsed => {
                vec!["Lapsed: nothing was said before the session ran out.".to_owned()]
            }
            Self::ReservationCancelled { at, refund: back } => {
                let mut said = vec![format!("Cancelled; its capacity is free from {at} on.")];
                said.extend(back.as_ref().map(refund));
                said
            }
            Self::ReservationExpired { no_show: false } => {
                vec!["Over: it ran its time.".to_owned()]
            }
            Self::ReservationExpired { no_show: true } => vec![
                "Over without ever having been activated: a no-show, nothing is given back."
                    .to_owned(),
            ],
        }
    }
}

fn held(offer: &Offer) -> String {
    format!("{}, held until {}.", agreement(offer), offer.expires_at)
}

const fn hold_end(cause: HoldEndCause) -> &'static str {
    match cause {
        HoldEndCause::Expired => "its time ran out",
        HoldEndCause::Superseded => "other terms are judged",
        HoldEndCause::NotChosen => "another offer was accepted",
        HoldEndCause::Withdrawn => "the user gave it up",
        HoldEndCause::Lapsed => "the session ran out",
        HoldEndCause::Overtaken => "the reservation started or ended meanwhile",
    }
}
