//! The representation of a standing request.

use openpex_aggregates::standing::{
    Bound, Meeting, Mode, StandingRequest, StandingStatus, Wanted, Wish,
};
use openpex_aggregates::terms::Terms;
use openpex_aggregates::{ReservationId, StandingRequestId, Timestamp, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use super::words::{ModeWord, StandingWord, WishWord};

/// A standing request as clients see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StandingRequest)]
#[serde(rename_all = "camelCase")]
pub struct StandingRequestOut {
    #[schema(value_type = String, format = Uuid)]
    id: StandingRequestId,
    #[schema(value_type = StandingWord)]
    status: &'static str,
    #[schema(value_type = i64, example = 1)]
    userid: UserId,
    #[serde(flatten)]
    #[schema(value_type = WantedOut)]
    wanted: Option<WantedOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    met: Option<MetOut>,
    #[schema(format = DateTime)]
    created_at: String,
    position: u64,
}

/// What is waited for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StandingWanted)]
#[serde(rename_all = "camelCase")]
struct WantedOut {
    proposal: AskedOut,
    #[schema(value_type = WishWord)]
    wish: &'static str,
    #[schema(value_type = ModeWord)]
    mode: &'static str,
    #[schema(format = DateTime)]
    until: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    better_than: Option<BoundOut>,
}

/// What it has to be better than.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StandingBound)]
#[serde(rename_all = "camelCase")]
enum BoundOut {
    /// A start before this one (RFC 1123).
    StartTime(String),
    /// A price below this one.
    Price(String),
}

/// The terms; they are of no reservation yet.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StandingProposal)]
#[serde(rename_all = "camelCase")]
struct AskedOut {
    /// In milliseconds.
    #[schema(example = 3_600_000)]
    duration: i64,
    num_instances_fixed: u32,
    num_instances_option: u32,
    #[schema(example = "Mon, 17 Aug 2009 04:49:03 GMT")]
    start_time: String,
    template: String,
    #[serde(rename = "type")]
    instance_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "4.935")]
    price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Mon, 17 Aug 2009 04:49:03 GMT")]
    earliest_start: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Mon, 17 Aug 2009 04:49:03 GMT")]
    latest_end: Option<String>,
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StandingMeeting)]
#[serde(rename_all = "camelCase")]
struct MetOut {
    #[schema(format = DateTime)]
    at: String,
    #[schema(example = "Mon, 17 Aug 2009 04:49:03 GMT")]
    start_time: String,
    #[schema(example = "4.935")]
    price: String,
    /// The negotiation in which it is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>, format = Uuid)]
    reservation: Option<ReservationId>,
}

impl StandingRequestOut {
    /// What the request's state says, as of `position`.
    #[must_use]
    pub fn of(id: StandingRequestId, request: &StandingRequest, position: u64) -> Self {
        Self {
            id,
            status: request.status.as_str(),
            userid: request.user_id,
            wanted: request.wanted.as_ref().map(WantedOut::of),
            met: match &request.status {
                StandingStatus::Met(meeting) => Some(MetOut::of(meeting)),
                StandingStatus::Absent
                | StandingStatus::Waiting
                | StandingStatus::Withdrawn
                | StandingStatus::Expired => None,
            },
            created_at: request.made_at.to_rfc3339(),
            position,
        }
    }
}

impl WantedOut {
    fn of(wanted: &Wanted) -> Self {
        Self {
            proposal: AskedOut::of(&wanted.terms),
            wish: match wanted.wish {
                Wish::Earlier => "earlier",
                Wish::Cheaper => "cheaper",
                Wish::Possible => "possible",
            },
            mode: match wanted.mode {
                Mode::Tell => "tell",
                Mode::Offer => "offer",
            },
            until: wanted.until.to_rfc3339(),
            better_than: wanted.better_than.map(|bound| match bound {
                Bound::StartsAt(at) => BoundOut::StartTime(at.to_rfc1123()),
                Bound::Price(price) => BoundOut::Price(price.to_string()),
            }),
        }
    }
}

impl AskedOut {
    fn of(terms: &Terms) -> Self {
        Self {
            duration: terms.window.duration_ms(),
            num_instances_fixed: terms.instances_fixed,
            num_instances_option: terms.instances_option,
            start_time: terms.window.starts_at.to_rfc1123(),
            template: terms.template.clone(),
            instance_type: terms.instance_type.clone(),
            price: terms.price_limit.map(|price| price.to_string()),
            earliest_start: terms.earliest_start_at.map(Timestamp::to_rfc1123),
            latest_end: terms.latest_end_at.map(Timestamp::to_rfc1123),
        }
    }
}

impl MetOut {
    fn of(meeting: &Meeting) -> Self {
        Self {
            at: meeting.at.to_rfc3339(),
            start_time: meeting.starts_at.to_rfc3339(),
            price: meeting.price.to_string(),
            reservation: meeting.reservation_id,
        }
    }
}
