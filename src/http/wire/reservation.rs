//! The representation of a reservation.

use openpex_aggregates::capacity::Placement;
use openpex_aggregates::reservation::Reservation;
use openpex_aggregates::terms::Terms;
use openpex_aggregates::{InstanceId, ReservationId, SeriesId, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use super::answer::{OfferOut, OptionsOut, offer_in_force, offers_of, paid_of, reasons_of};
use super::proposal::ProposalOut;
use super::reason::{ReasonOut, by_name};
use super::words::{Reply, ReservationStatus};
use crate::http::ports::ReservationView;

/// A reservation as clients see it; terms are left out while there are none.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reservation)]
#[serde(rename_all = "camelCase")]
pub struct ReservationOut {
    #[schema(value_type = String, format = Uuid)]
    id: ReservationId,
    #[schema(value_type = ReservationStatus)]
    status: &'static str,
    #[schema(value_type = Reply)]
    reply: &'static str,
    #[schema(value_type = i64, example = 1)]
    userid: UserId,
    /// The series it is an occurrence of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>, format = Uuid)]
    series: Option<SeriesId>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    instance_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    template: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    num_instances_fixed: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    num_instances_option: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Mon, 17 Aug 2009 04:49:03 GMT")]
    start_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Mon, 17 Aug 2009 04:49:03 GMT")]
    end_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    duration: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "4.935")]
    price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "4.935")]
    paid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    options: Option<OptionsOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    change: Option<ChangeOut>,
    #[schema(value_type = Vec<PlacementPartOut>)]
    placement: Placement,
    offers: Vec<OfferOut>,
    /// Why the terms could not be had as asked.
    #[serde(serialize_with = "by_name")]
    reasons: Vec<ReasonOut>,
    /// The ids of its instances.
    #[schema(value_type = Vec<String>)]
    instances: Vec<InstanceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    auto_start: Option<bool>,
    #[schema(format = DateTime)]
    created_at: String,
    position: u64,
}

/// How many instances a node hosts.
#[derive(ToSchema)]
#[schema(as = PlacementPart)]
#[expect(dead_code, reason = "described; the domain's placement is written")]
pub struct PlacementPartOut {
    /// The node's name.
    node: String,
    /// Instances on it.
    count: u32,
}

/// A change of what was agreed on, while it is talked about.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Change)]
#[serde(rename_all = "camelCase")]
pub struct ChangeOut {
    #[schema(value_type = ReservationStatus)]
    status: &'static str,
    #[schema(value_type = Reply)]
    reply: &'static str,
    asked: ProposalOut,
    offers: Vec<OfferOut>,
    /// Why the terms could not be had as asked.
    #[serde(serialize_with = "by_name")]
    reasons: Vec<ReasonOut>,
}

impl ChangeOut {
    fn of(id: ReservationId, reservation: &Reservation) -> Option<Self> {
        let change = reservation.change.as_deref()?;
        let userid = reservation.user_id;
        Some(Self {
            status: change.name().as_str(),
            reply: reservation.reply(),
            asked: ProposalOut::of(id, userid, change.asked()),
            offers: offers_of(id, userid, change),
            reasons: reasons_of(change),
        })
    }
}

impl ReservationOut {
    /// What the views have of a reservation.
    #[must_use]
    pub fn of(view: &ReservationView) -> Self {
        let reservation = &view.reservation;
        let (terms, offer) = (reservation.terms(), offer_in_force(reservation));
        Self {
            id: view.id,
            status: reservation.status.name().as_str(),
            reply: reservation.reply(),
            userid: reservation.user_id,
            series: reservation.series_id,
            instance_type: terms.map(|t| t.instance_type.clone()),
            template: terms.map(|t| t.template.clone()),
            num_instances_fixed: terms.map(|t| t.instances_fixed),
            num_instances_option: terms.map(|t| t.instances_option),
            start_time: terms.map(|t| t.window.starts_at.to_rfc1123()),
            end_time: terms.map(|t| t.window.ends_at.to_rfc1123()),
            duration: terms.map(|t| t.window.duration_ms()),
            price: offer.map(|offer| offer.price().to_string()),
            paid: paid_of(reservation),
            options: offer.and_then(|offer| offer.options.as_deref().map(OptionsOut::of)),
            change: ChangeOut::of(view.id, reservation),
            placement: offer
                .map(|offer| offer.placement.clone())
                .unwrap_or_default(),
            offers: offers_of(view.id, reservation.user_id, &reservation.status),
            reasons: reasons_of(&reservation.status),
            instances: view.instances.clone(),
            auto_start: terms.map(|t| t.auto_start),
            created_at: reservation.initiated_at.to_rfc3339(),
            position: view.position,
        }
    }
    /// The columns of a list as CSV.
    pub const COLUMNS: [&str; 13] = [
        "id",
        "status",
        "type",
        "template",
        "numInstancesFixed",
        "numInstancesOption",
        "startTime",
        "endTime",
        "price",
        "paid",
        "userid",
        "series",
        "createdAt",
    ];

    /// A row of [`Self::COLUMNS`]; instants in RFC 3339, which spreadsheets read.
    #[must_use]
    pub fn fields(view: &ReservationView) -> [String; 13] {
        let reservation = &view.reservation;
        let terms = reservation.terms();
        let text = |of: fn(&Terms) -> String| terms.map(of).unwrap_or_default();
        let price = offer_in_force(reservation).map(|offer| offer.price().to_string());
        let series = reservation.series_id.map(|id| id.to_string());
        [
            view.id.to_string(),
            reservation.status.name().as_str().to_owned(),
            text(|terms| terms.instance_type.clone()),
            text(|terms| terms.template.clone()),
            text(|terms| terms.instances_fixed.to_string()),
            text(|terms| terms.instances_option.to_string()),
            text(|terms| terms.window.starts_at.to_rfc3339()),
            text(|terms| terms.window.ends_at.to_rfc3339()),
            price.unwrap_or_default(),
            paid_of(reservation).unwrap_or_default(),
            reservation.user_id.to_string(),
            series.unwrap_or_default(),
            reservation.initiated_at.to_rfc3339(),
        ]
    }
}
