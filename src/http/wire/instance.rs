//! The representation of an instance.

use openpex_aggregates::instance::{Effect, Instance, PowerState, Wanted, Work};
use openpex_aggregates::{InstanceId, NodeName, ReservationId, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use super::words::{EffectWord, PowerWord, WantedWord, WorkWord};

/// Power states by their names on the wire.
pub const POWER_STATES: [(&str, PowerState); 5] = [
    ("HALTED", PowerState::Halted),
    ("RUNNING", PowerState::Running),
    ("PAUSED", PowerState::Paused),
    ("SUSPENDED", PowerState::Suspended),
    ("UNKNOWN", PowerState::Unknown),
];

/// An instance as clients see it: what was seen of it, what is wanted, and what is being done.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Instance)]
#[serde(rename_all = "camelCase")]
pub struct InstanceOut {
    #[schema(value_type = String, format = Uuid)]
    id: InstanceId,
    name: String,
    /// What was seen of it.
    #[schema(value_type = PowerWord)]
    status: PowerState,
    #[schema(example = "Mon, 17 Aug 2009 04:49:03 GMT")]
    start_time: String,
    #[schema(example = "Mon, 17 Aug 2009 04:49:03 GMT")]
    end_time: String,
    #[schema(value_type = String)]
    node: NodeName,
    /// Null while none was seen.
    #[schema(required)]
    ip_address: Option<String>,
    #[schema(value_type = String, format = Uuid)]
    reservation: ReservationId,
    #[serde(rename = "type")]
    instance_type: String,
    template: String,
    #[schema(value_type = i64, example = 1)]
    userid: UserId,
    #[schema(value_type = WantedWord)]
    wanted: &'static str,
    work: WorkOut,
    removed: bool,
    position: u64,
}

/// What is being done to it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Work)]
#[serde(rename_all = "camelCase")]
struct WorkOut {
    #[schema(value_type = WorkWord)]
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<EffectWord>)]
    effect: Option<Effect>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    attempts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    retry_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    error: Option<String>,
}

impl InstanceOut {
    /// An instance as of `position`.
    #[must_use]
    pub fn of(instance: &Instance, position: u64) -> Self {
        let spec = &instance.spec;
        Self {
            id: spec.instance_id,
            name: spec.name.clone(),
            status: instance.observed.power_state,
            start_time: instance.window.starts_at.to_rfc1123(),
            end_time: instance.window.ends_at.to_rfc1123(),
            node: spec.node.clone(),
            ip_address: instance.observed.ip_address.clone(),
            reservation: spec.reservation_id,
            instance_type: instance.instance_type.clone(),
            template: spec.template.clone(),
            userid: instance.user_id,
            wanted: match instance.wanted {
                Wanted::Running => "RUNNING",
                Wanted::Halted => "HALTED",
                Wanted::Gone => "GONE",
            },
            work: work(&instance.work),
            removed: instance.removed,
            position,
        }
    }

    /// The columns of a list as CSV.
    pub const COLUMNS: [&str; 14] = [
        "id",
        "name",
        "status",
        "startTime",
        "endTime",
        "node",
        "ipAddress",
        "reservation",
        "type",
        "template",
        "userid",
        "wanted",
        "work",
        "removed",
    ];

    /// A row of [`Self::COLUMNS`]; instants in RFC 3339, which spreadsheets read.
    #[must_use]
    pub fn fields(instance: &Instance) -> [String; 14] {
        let shown = Self::of(instance, 0);
        let named = POWER_STATES
            .iter()
            .find(|(_, state)| *state == shown.status);
        [
            shown.id.to_string(),
            shown.name,
            named.map_or("", |(name, _)| name).to_owned(),
            instance.window.starts_at.to_rfc3339(),
            instance.window.ends_at.to_rfc3339(),
            shown.node.0,
            shown.ip_address.unwrap_or_default(),
            shown.reservation.to_string(),
            shown.instance_type,
            shown.template,
            shown.userid.to_string(),
            shown.wanted.to_owned(),
            shown.work.state.to_owned(),
            shown.removed.to_string(),
        ]
    }
}

fn work(work: &Work) -> WorkOut {
    let doing = |state, effect, attempts| WorkOut {
        state,
        effect: Some(effect),
        attempts: Some(attempts),
        retry_at: None,
        error: None,
    };
    match work {
        Work::Idle => WorkOut {
            state: "IDLE",
            effect: None,
            attempts: None,
            retry_at: None,
            error: None,
        },
        Work::InFlight { effect, attempt } => doing("IN_FLIGHT", *effect, *attempt),
        Work::BackingOff {
            effect,
            attempts,
            retry_at,
            code,
        } => WorkOut {
            retry_at: Some(retry_at.to_rfc3339()),
            error: Some(code.clone()),
            ..doing("BACKING_OFF", *effect, *attempts)
        },
        Work::Stuck {
            effect,
            attempts,
            code,
        } => WorkOut {
            error: Some(code.clone()),
            ..doing("STUCK", *effect, *attempts)
        },
    }
}
