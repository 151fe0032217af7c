//! What a negotiation is answered with: the paper's Figures 8 and 9, and ours beside them.

use openpex_aggregates::capacity::Placement;
use openpex_aggregates::negotiation::Asking;
use openpex_aggregates::pricing::{Pricing, Quote};
use openpex_aggregates::reservation::{
    Evidence, Offer, OptionGrant, Reservation, StandingOffer, Status,
};
use openpex_aggregates::{ReservationId, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use super::proposal::ProposalOut;
use super::reason::{DifferenceOut, ReasonOut, by_name, reasons_out};
use super::reservation::PlacementPartOut;
use super::words::{PricingWord, Reply, ReservationStatus};

/// The answer to a message of a negotiation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NegotiationAnswer {
    proposal: ProposalOut,
    #[schema(value_type = Reply)]
    reply: &'static str,
    #[schema(value_type = ReservationStatus)]
    status: &'static str,
    /// What is on the table, and held until it expires.
    offers: Vec<OfferOut>,
    /// Why the terms could not be had as asked.
    #[serde(serialize_with = "by_name")]
    reasons: Vec<ReasonOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    asking: Option<AskingOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "4.935")]
    price: Option<String>,
    /// What it has cost so far, once both agreed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "4.935")]
    paid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    options: Option<OptionsOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<Vec<PlacementPartOut>>)]
    placement: Option<Placement>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    expires_at: Option<String>,
    position: u64,
}

/// The provider's list price and what it was made from.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quote)]
#[serde(rename_all = "camelCase")]
pub struct QuoteOut {
    #[schema(value_type = PricingWord)]
    policy: &'static str,
    #[schema(example = "4.935")]
    list_price: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    lead_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    utilisation_ppm: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    multiplier_ppm: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    peak_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    off_peak_ms: Option<i64>,
}

impl QuoteOut {
    fn of(quote: &Quote) -> Self {
        let inputs = quote.inputs();
        Self {
            policy: match quote.pricing {
                Pricing::Flat { .. } => "flat",
                Pricing::Utilisation(_) => "utilisation",
                Pricing::LeadTime(_) => "lead-time",
                Pricing::Calendar(_) => "calendar",
            },
            list_price: quote.price.to_string(),
            lead_ms: inputs.lead_ms,
            utilisation_ppm: inputs.utilisation_ppm,
            multiplier_ppm: inputs.multiplier_ppm,
            peak_ms: inputs.peak_ms,
            off_peak_ms: inputs.off_peak_ms,
        }
    }
}

/// What the negotiation policy asked in this round, where it bargains.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Asking)]
#[serde(rename_all = "camelCase")]
pub struct AskingOut {
    round: u32,
    #[schema(example = "4.935")]
    price: String,
    #[schema(example = "4.935")]
    list_price: String,
    conceded_ppm: u32,
}

impl AskingOut {
    fn of(asking: &Asking) -> Self {
        Self {
            round: asking.round,
            price: asking.price.to_string(),
            list_price: asking.list.to_string(),
            conceded_ppm: asking.conceded_ppm,
        }
    }
}

/// Optional instances that can be claimed until the start.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OptionalInstances)]
#[serde(rename_all = "camelCase")]
pub struct OptionsOut {
    granted: u32,
    guaranteed: u32,
    #[schema(example = "4.935")]
    price_each: String,
}

impl OptionsOut {
    pub(super) fn of(options: &OptionGrant) -> Self {
        Self {
            granted: options.granted,
            guaranteed: options.held.instances(),
            price_each: options.each.price.to_string(),
        }
    }
}

/// What a reservation has cost so far; `None` before both agreed.
pub(super) fn paid_of(reservation: &Reservation) -> Option<String> {
    let agreement = reservation.status.agreement();
    agreement.map(|_| reservation.paid.to_string())
}

impl NegotiationAnswer {
    /// What the reservation's state says, as of `position`.
    #[must_use]
    pub fn of(id: ReservationId, reservation: &Reservation, position: u64) -> Self {
        let table = reservation.table();
        let standing = table.standing_offers().first().map(|s| &s.offer);
        let offer = standing.or_else(|| reservation.status.agreement());
        let held = table.held_offers().next();
        Self {
            proposal: ProposalOut::of(id, reservation.user_id, reservation.terms_on_table()),
            reply: reservation.reply(),
            status: reservation.status.name().as_str(),
            offers: offers_of(id, reservation.user_id, table),
            reasons: reasons_of(table),
            asking: evidence_of(table).and_then(|e| e.asking.as_deref().map(AskingOut::of)),
            price: offer.map(|offer| offer.price().to_string()),
            paid: paid_of(reservation),
            options: offer.and_then(|offer| offer.options.as_deref().map(OptionsOut::of)),
            placement: offer.map(|offer| offer.placement.clone()),
            expires_at: held.map(|offer| offer.expires_at.to_rfc3339()),
            position,
        }
    }
}

/// An offer on the table.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Offer)]
#[serde(rename_all = "camelCase")]
pub struct OfferOut {
    offer: u32,
    proposal: ProposalOut,
    #[schema(example = "4.935")]
    price: String,
    quote: QuoteOut,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    options: Option<OptionsOut>,
    #[schema(format = DateTime)]
    expires_at: String,
    /// Whether its capacity is held now.
    held: bool,
    /// In what it is not as asked; null where it is.
    #[serde(serialize_with = "by_name")]
    #[schema(required)]
    differs: Option<DifferenceOut>,
}

impl OfferOut {
    fn of(id: ReservationId, userid: UserId, standing: &StandingOffer) -> Self {
        let offer = &standing.offer;
        Self {
            offer: offer.offer_id.0,
            proposal: ProposalOut::of(id, userid, Some(&offer.terms)),
            price: offer.price().to_string(),
            quote: QuoteOut::of(&offer.quote),
            options: offer.options.as_deref().map(OptionsOut::of),
            expires_at: offer.expires_at.to_rfc3339(),
            held: standing.held,
            differs: offer.differs.map(DifferenceOut::of),
        }
    }
}

/// What was agreed on, or the first offer on the table.
pub(super) fn offer_in_force(reservation: &Reservation) -> Option<&Offer> {
    let standing = reservation.status.standing_offers().first();
    reservation
        .status
        .agreement()
        .or_else(|| standing.map(|standing| &standing.offer))
}

pub(super) fn offers_of(id: ReservationId, userid: UserId, table: &Status) -> Vec<OfferOut> {
    let standing = table.standing_offers().iter();
    standing
        .map(|standing| OfferOut::of(id, userid, standing))
        .collect()
}

/// Why the terms could not be had as asked.
pub(super) fn reasons_of(table: &Status) -> Vec<ReasonOut> {
    evidence_of(table).map_or_else(Vec::new, |evidence| reasons_out(&evidence.reasons))
}

/// What the last answer was decided from, where it was no plain yes.
const fn evidence_of(table: &Status) -> Option<&Evidence> {
    match table {
        Status::Countered { evidence, .. } | Status::Rejected { evidence, .. } => Some(evidence),
        Status::Absent
        | Status::Initiated
        | Status::Accepted { .. }
        | Status::ConfirmRequested { .. }
        | Status::Confirmed { .. }
        | Status::Activated { .. }
        | Status::Withdrawn { .. }
        | Status::Lapsed { .. }
        | Status::Cancelled { .. }
        | Status::Expired { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::ECHOED;
    use super::super::reservation::ReservationOut;
    use super::*;
    use crate::http::ports::ReservationView;
    use openpex_aggregates::TimeWindow;
    use openpex_aggregates::Timestamp;
    use openpex_aggregates::pricing::{Market, PricedTerms};
    use openpex_aggregates::terms::Terms;

    /// A market in which nothing is taken.
    struct Nobody;

    impl Market for Nobody {
        fn now(&self) -> Timestamp {
            Timestamp(0)
        }

        fn utilisation_ppm(&self, _window: TimeWindow) -> u32 {
            0
        }
    }

    #[test]
    fn given_any_answer_when_it_is_sent_back_then_each_of_its_fields_is_known() {
        let terms = Terms::default();
        let ask = PricedTerms::of(&terms, 1);
        let quote = Pricing::default().quote(&ask, &Nobody).unwrap();
        let offer = Offer {
            offer_id: openpex_aggregates::OfferId(1),
            terms: terms.clone(),
            agreed_price: None,
            options: Some(Box::new(OptionGrant {
                granted: 1,
                held: Placement::default(),
                each: quote.clone(),
            })),
            quote,
            placement: Placement::default(),
            expires_at: Timestamp(0),
            differs: None,
        };
        let standing = StandingOffer { offer, held: true };
        let status = Status::Accepted {
            asked: terms,
            standing,
        };
        let reservation = Reservation {
            status,
            ..Reservation::default()
        };
        let id = ReservationId::default();
        let view = ReservationView {
            id,
            reservation: reservation.clone(),
            sequence: 1,
            position: 1,
            instances: Vec::new(),
        };
        let answer = serde_json::to_value(NegotiationAnswer::of(id, &reservation, 1)).unwrap();
        let representation = serde_json::to_value(ReservationOut::of(&view)).unwrap();
        for body in [answer, representation] {
            for name in body.as_object().unwrap().keys() {
                let read = ["proposal", "reply"].contains(&name.as_str());
                assert!(
                    read || ECHOED.contains(&name.as_str()),
                    "{name} cannot be sent back"
                );
            }
        }
    }
}
