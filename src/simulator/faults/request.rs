//! The body of `POST /_sim/faults`: flat JSON, in which no field may be without a use.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Fault, FaultError, FaultKind};
use crate::simulator::value::Failure;

/// The names of the kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KindName {
    Latency,
    Failure,
    ReplyLostBeforeEffect,
    ReplyLostAfterEffect,
    SessionExpired,
    HostDown,
    HostUp,
}

impl std::fmt::Display for KindName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Latency => "latency",
            Self::Failure => "failure",
            Self::ReplyLostBeforeEffect => "reply_lost_before_effect",
            Self::ReplyLostAfterEffect => "reply_lost_after_effect",
            Self::SessionExpired => "session_expired",
            Self::HostDown => "host_down",
            Self::HostUp => "host_up",
        })
    }
}

/// The body of `POST /_sim/faults`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRequest {
    kind: KindName,
    #[serde(default)]
    method: Option<String>,
    #[serde(default)]
    times: Option<u32>,
    #[serde(default)]
    per_mille: Option<u16>,
    #[serde(default)]
    ms: Option<u64>,
    #[serde(default)]
    min_ms: Option<u64>,
    #[serde(default)]
    max_ms: Option<u64>,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    params: Option<Vec<String>>,
    #[serde(default)]
    host: Option<String>,
}

impl TryFrom<FaultRequest> for Fault {
    type Error = FaultError;

    fn try_from(request: FaultRequest) -> Result<Self, FaultError> {
        let kind = request.kind;
        request.refuse_unused()?;
        let missing = |field| FaultError::FieldMissing { kind, field };
        let host = || request.host.clone().ok_or(missing("host"));
        let kind = match kind {
            KindName::Latency => {
                let (min, max) = match (request.ms, request.min_ms, request.max_ms) {
                    (Some(ms), None, None) => (ms, ms),
                    (None, Some(min), Some(max)) => (min, max),
                    _ => return Err(FaultError::Latency),
                };
                FaultKind::Latency {
                    min: Duration::from_millis(min),
                    max: Duration::from_millis(max),
                }
            }
            KindName::Failure => FaultKind::Failure(Failure {
                code: request.code.clone().ok_or(missing("code"))?.into(),
                params: request.params.clone().unwrap_or_default(),
            }),
            KindName::ReplyLostBeforeEffect => FaultKind::ReplyLostBeforeEffect,
            KindName::ReplyLostAfterEffect => FaultKind::ReplyLostAfterEffect,
            KindName::SessionExpired => FaultKind::SessionExpired,
            KindName::HostDown => FaultKind::HostDown(host()?),
            KindName::HostUp => FaultKind::HostUp(host()?),
        };
        Ok(Self {
            method: request.method,
            kind,
            times: request.times,
            per_mille: request.per_mille,
        })
    }
}

impl FaultRequest {
    fn refuse_unused(&self) -> Result<(), FaultError> {
        let latency = self.kind == KindName::Latency;
        let failure = self.kind == KindName::Failure;
        let host = matches!(self.kind, KindName::HostDown | KindName::HostUp);
        let fields = [
            ("ms", self.ms.is_some(), latency),
            ("min_ms", self.min_ms.is_some(), latency),
            ("max_ms", self.max_ms.is_some(), latency),
            ("code", self.code.is_some(), failure),
            ("params", self.params.is_some(), failure),
            ("host", self.host.is_some(), host),
        ];
        match fields.into_iter().find(|(_, given, used)| *given && !used) {
            Some((field, ..)) => Err(FaultError::FieldUnused {
                kind: self.kind,
                field,
            }),
            None => Ok(()),
        }
    }
}
