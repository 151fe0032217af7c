//! What a negotiation is answered with: the paper's Figures 8 and 9, and ours beside them.

use openpex_aggregates::capacity::{Placement, Shortage};
use openpex_aggregates::negotiation::Asking;
use openpex_aggregates::pricing::{Pricing, Quote};
use openpex_aggregates::reservation::{
    Difference, Evidence, Offer, OptionGrant, Reason, Reservation, StandingOffer, Status,
};
use openpex_aggregates::{ReservationId, UserId};
use serde::Serialize;
use serde_json::{Value, json};

use super::proposal::ProposalOut;

/// The answer to a message of a negotiation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NegotiationAnswer {
    proposal: ProposalOut,
    reply: &'static str,
    status: &'static str,
    offers: Vec<OfferOut>,
    reasons: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asking: Option<AskingOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<String>,
    /// What it has cost so far, once both agreed.
    #[serde(skip_serializing_if = "Option::is_none")]
    paid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<OptionsOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    placement: Option<Placement>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    position: u64,
}

/// The provider's list price and what it was made from.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QuoteOut {
    policy: &'static str,
    list_price: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    lead_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    utilisation_ppm: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multiplier_ppm: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peak_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
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
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AskingOut {
    round: u32,
    price: String,
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
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OptionsOut {
    granted: u32,
    guaranteed: u32,
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
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OfferOut {
    offer: u32,
    proposal: ProposalOut,
    price: String,
    quote: QuoteOut,
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<OptionsOut>,
    expires_at: String,
    held: bool,
    differs: Option<Value>,
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
            differs: offer.differs.map(difference),
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
pub(super) fn reasons_of(table: &Status) -> Vec<Value> {
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

/// Reasons as clients see them.
pub fn reasons_out(reasons: &[Reason]) -> Vec<Value> {
    reasons.iter().map(reason).collect()
}

fn difference(difference: Difference) -> Value {
    match difference {
        Difference::Start { by_ms } => json!({"in": "startTime", "byMs": by_ms}),
        Difference::Instances { asked, granted } => {
            json!({"in": "numInstancesFixed", "asked": asked, "granted": granted})
        }
        Difference::End { asked, granted } => {
            let (asked, granted) = (asked.to_rfc1123(), granted.to_rfc1123());
            json!({"in": "duration", "askedEnd": asked, "grantedEnd": granted})
        }
        Difference::Price { asked, price } => {
            json!({"in": "price", "asked": asked.to_string(), "price": price.to_string()})
        }
    }
}

fn reason(reason: &Reason) -> Value {
    match reason {
        Reason::NeverFits { never_fits } => json!({
            "code": "never_fits",
            "detail": never_fits.to_string(),
            "requested": never_fits.requested,
            "placeable": never_fits.placeable,
            "dimension": never_fits.dimension,
            "needed": never_fits.needed,
            "largest": never_fits.largest,
            "total": never_fits.total,
        }),
        Reason::CapacityShort { window, shortage } => json!({
            "code": "capacity_short",
            "detail": shortage.to_string(),
            "startTime": window.starts_at.to_rfc1123(),
            "endTime": window.ends_at.to_rfc1123(),
            "requested": shortage.requested,
            "placeable": shortage.placeable,
            "nodesInService": shortage.nodes_in_service,
            "nodes": nodes(shortage),
        }),
        Reason::PriceShort { asked, price } => json!({
            "code": "price_short",
            "detail": format!("{asked} credits were offered, it costs {price}"),
            "asked": asked.to_string(),
            "price": price.to_string(),
        }),
        Reason::NoStartFits { from, until } => json!({
            "code": "no_start_fits",
            "detail": format!("no start from {from} to {until} fits"),
            "from": from.to_rfc1123(),
            "until": until.to_rfc1123(),
        }),
        Reason::PriceOverflow => json!({
            "code": "price_overflow",
            "detail": "the price of these terms is more than can be counted",
        }),
    }
}

fn nodes(shortage: &Shortage) -> Vec<Value> {
    let short = shortage.binding.iter();
    short
        .map(|node| {
            json!({
                "node": node.node,
                "dimension": node.dimension,
                "free": node.free,
                "needed": node.needed,
                "from": node.blocked.starts_at.to_rfc1123(),
                "until": node.blocked.ends_at.to_rfc1123(),
            })
        })
        .collect()
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
