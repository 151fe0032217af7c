//! What can go wrong in speaking to a pool, and what each XenAPI code means for an effect.
//!
//! Owns the errors of the Xen dispatcher and the one table of codes. Never holds a password or a
//! session reference: the session layer takes them out of a failure's parameters.

use xmlrpc::Value;

use crate::dispatcher::{DispatchError, FailureClass};

/// Why a call to the pool did not give a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum XenError {
    /// Nothing was sent, so nothing was done.
    #[error("no connection to the pool: {reason}")]
    ConnectionFailed { reason: String },
    /// It was sent; whether it was done is not known.
    #[error("no reply to {method}: {reason}")]
    ReplyLost { method: String, reason: String },
    /// It was sent and is being done, longer than we wait.
    #[error("{method} is still running")]
    StillRunning { method: String },
    /// The server answered outside of XML-RPC.
    #[error("HTTP status {status}")]
    HttpStatus { status: u16 },
    /// The reply was longer than we read.
    #[error("a reply of more than {limit} bytes")]
    ReplyTooLarge { limit: usize },
    /// A guard kept the reply from the parser.
    #[error("a reply with {reason}")]
    ReplyRefused { reason: RefusedReply },
    /// The reply does not parse; narrower calls may.
    #[error("a reply that does not parse: {reason}")]
    ReplyUnreadable { reason: String },
    /// It parses but is not what the call answers.
    #[error("the reply to {method} is not {expected}")]
    ReplyUnexpected {
        method: String,
        expected: &'static str,
    },
    /// We were about to send what cannot be sent.
    #[error("a request that cannot be written: {reason}")]
    RequestUnwritable { reason: &'static str },
    /// The pool said no.
    #[error("{0}")]
    Failure(XenFailure),
    /// The pool is not as the effect needs it; found by us, not said by the pool.
    #[error("{message}")]
    Unfit {
        code: &'static str,
        message: String,
        class: FailureClass,
    },
}

/// Why a guard refused a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum RefusedReply {
    #[error("bytes that are not UTF-8 text")]
    NotUtf8,
    #[error("a DOCTYPE, comment, CDATA or processing instruction")]
    Markup,
    #[error("values nested deeper than {limit}")]
    TooDeep { limit: usize },
}

/// An error of XenAPI: its code and its parameters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code} [{}]", .params.join(", "))]
pub(super) struct XenFailure {
    pub(super) code: String,
    pub(super) params: Vec<String>,
}

/// The longest parameter kept of a failure; backends put whole tracebacks there.
const MAX_PARAM_CHARS: usize = 300;

/// The most parameters kept of a failure.
const MAX_PARAMS: usize = 8;

impl XenFailure {
    /// The failure in the words of an `ErrorDescription` or a task's `error_info`.
    pub(super) fn from_words(words: &[Value]) -> Option<Self> {
        let mut words = words.iter().map(|word| word.as_str().unwrap_or("?"));
        let code = words.next()?.chars().take(MAX_PARAM_CHARS).collect();
        let shortened = |word: &str| word.chars().take(MAX_PARAM_CHARS).collect();
        Some(Self {
            code,
            params: words.take(MAX_PARAMS).map(shortened).collect(),
        })
    }

    /// Replaces `secret` wherever a parameter repeats it.
    pub(super) fn without(mut self, secret: &str) -> Self {
        if !secret.is_empty() {
            for param in &mut self.params {
                *param = param.replace(secret, "…");
            }
        }
        self
    }
}

impl XenError {
    /// Whether the pool answered with this code.
    pub(super) fn has_code(&self, code: &str) -> bool {
        matches!(self, Self::Failure(failure) if failure.code == code)
    }

    /// Whether the pool answered that the object is not there.
    pub(super) fn is_gone(&self) -> bool {
        self.has_code("HANDLE_INVALID") || self.has_code("UUID_INVALID")
    }

    /// Whether this pool has no such call.
    pub(super) fn is_unknown_method(&self) -> bool {
        self.has_code("MESSAGE_METHOD_UNKNOWN")
    }

    /// Whether a narrower call could still be read.
    pub(super) fn is_unreadable(&self) -> bool {
        matches!(
            self,
            Self::ReplyUnreadable { .. } | Self::ReplyTooLarge { .. }
        )
    }

    /// Whether the guest cannot or would not do it itself, so that the hard verb is in order.
    pub(super) fn wants_hard_verb(&self) -> bool {
        matches!(self, Self::Failure(failure) if HARD_VERB_CODES.contains(&failure.code.as_str()))
    }
}

impl From<XenError> for DispatchError {
    fn from(error: XenError) -> Self {
        let (code, class) = match &error {
            XenError::ConnectionFailed { .. } => ("CONNECTION_FAILED", FailureClass::Transient),
            XenError::ReplyLost { .. } => ("REPLY_LOST", FailureClass::Transient),
            XenError::StillRunning { .. } => ("TASK_UNFINISHED", FailureClass::Transient),
            XenError::HttpStatus { status: 500.. } => ("HTTP_STATUS", FailureClass::Transient),
            // Redirects and client errors: the URL is not that of a XenAPI server.
            XenError::HttpStatus { .. } => ("HTTP_STATUS", FailureClass::OperatorNeeded),
            XenError::ReplyTooLarge { .. } => ("REPLY_TOO_LARGE", FailureClass::OperatorNeeded),
            XenError::ReplyRefused { .. } => ("REPLY_REFUSED", FailureClass::OperatorNeeded),
            XenError::ReplyUnreadable { .. } => ("REPLY_UNREADABLE", FailureClass::Transient),
            XenError::ReplyUnexpected { .. } => ("REPLY_UNEXPECTED", FailureClass::OperatorNeeded),
            XenError::RequestUnwritable { .. } => ("REQUEST_UNWRITABLE", FailureClass::OurFault),
            XenError::Failure(failure) => (failure.code.as_str(), class_of(&failure.code)),
            XenError::Unfit { code, class, .. } => (*code, *class),
        };
        let message = if let XenError::Failure(failure) = &error {
            failure.params.join(", ")
        } else {
            error.to_string()
        };
        Self {
            code: code.to_owned(),
            message,
            class,
        }
    }
}

/// Codes after which the hard verb does what the clean one could not.
const HARD_VERB_CODES: [&str; 4] = [
    "VM_LACKS_FEATURE",
    "VM_MISSING_PV_DRIVERS",
    "VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT",
    "VM_SHUTDOWN_TIMEOUT",
];

/// What an unknown code means: tried again by the schedule of the process manager, whose end is
/// visible, rather than given up at once.
const CLASS_OF_UNKNOWN: FailureClass = FailureClass::Transient;

/// What a code means for the effect that met it.
pub(super) fn class_of(code: &str) -> FailureClass {
    let exact = CLASSES.iter().find(|(known, _)| *known == code);
    let family = || FAMILIES.iter().find(|(prefix, _)| code.starts_with(prefix));
    exact
        .or_else(family)
        .map_or(CLASS_OF_UNKNOWN, |(_, class)| *class)
}

/// Codes of which there are many that begin the same (`SR_BACKEND_FAILURE_46`).
const FAMILIES: [(&str, FailureClass); 2] = [
    ("SR_BACKEND_FAILURE", FailureClass::OperatorNeeded),
    ("MEMORY_CONSTRAINT_VIOLATION", FailureClass::OurFault),
];

/// Every code we know and what it means. The codes the dispatcher handles on its way
/// (`SESSION_INVALID`, a power state that is already so, a handle that is gone, a hard verb that
/// is needed) stand here too, for when they come where they were not expected: the state was read
/// too early, so reading it again later is right.
const CLASSES: &[(&str, FailureClass)] = &[
    ("SESSION_INVALID", FailureClass::Transient),
    ("HOST_IS_SLAVE", FailureClass::Transient),
    ("HOST_STILL_BOOTING", FailureClass::Transient),
    ("HOST_IN_EMERGENCY_MODE", FailureClass::Transient),
    ("CANNOT_CONTACT_HOST", FailureClass::Transient),
    ("TOO_BUSY", FailureClass::Transient),
    ("TOO_MANY_PENDING_TASKS", FailureClass::Transient),
    ("OTHER_OPERATION_IN_PROGRESS", FailureClass::Transient),
    ("HOST_EVACUATE_IN_PROGRESS", FailureClass::Transient),
    ("VDI_IN_USE", FailureClass::Transient),
    ("VM_BAD_POWER_STATE", FailureClass::Transient),
    ("HANDLE_INVALID", FailureClass::Transient),
    ("UUID_INVALID", FailureClass::Transient),
    ("MAP_DUPLICATE_KEY", FailureClass::Transient),
    ("TASK_CANCELLED", FailureClass::Transient),
    ("VM_HALTED", FailureClass::Transient),
    ("VM_REBOOTED", FailureClass::Transient),
    ("VM_CRASHED", FailureClass::Transient),
    ("VM_LACKS_FEATURE", FailureClass::Transient),
    ("VM_MISSING_PV_DRIVERS", FailureClass::Transient),
    ("VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT", FailureClass::Transient),
    ("VM_SHUTDOWN_TIMEOUT", FailureClass::Transient),
    ("HOST_NOT_ENOUGH_FREE_MEMORY", FailureClass::NodeUnfit),
    ("HOST_NOT_ENOUGH_PCPUS", FailureClass::NodeUnfit),
    ("HOST_DISABLED", FailureClass::NodeUnfit),
    ("HOST_NOT_LIVE", FailureClass::NodeUnfit),
    ("HOST_OFFLINE", FailureClass::NodeUnfit),
    ("VM_REQUIRES_SR", FailureClass::NodeUnfit),
    ("VM_HOST_INCOMPATIBLE_VERSION", FailureClass::NodeUnfit),
    ("NO_HOSTS_AVAILABLE", FailureClass::NodeUnfit),
    // A clone's disks go where its template's are, so another node would not help.
    ("SR_FULL", FailureClass::OperatorNeeded),
    (
        "SESSION_AUTHENTICATION_FAILED",
        FailureClass::OperatorNeeded,
    ),
    ("RBAC_PERMISSION_DENIED", FailureClass::OperatorNeeded),
    ("OPERATION_NOT_ALLOWED", FailureClass::OperatorNeeded),
    ("OPERATION_BLOCKED", FailureClass::OperatorNeeded),
    ("LICENCE_RESTRICTION", FailureClass::OperatorNeeded),
    ("VM_NO_SUSPEND_SR", FailureClass::OperatorNeeded),
    ("XENAPI_PLUGIN_FAILURE", FailureClass::OperatorNeeded),
    (
        "HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN",
        FailureClass::OperatorNeeded,
    ),
    ("MESSAGE_METHOD_UNKNOWN", FailureClass::OurFault),
    ("MESSAGE_PARAMETER_COUNT_MISMATCH", FailureClass::OurFault),
    ("MESSAGE_REMOVED", FailureClass::OurFault),
    ("FIELD_TYPE_ERROR", FailureClass::OurFault),
    ("INVALID_VALUE", FailureClass::OurFault),
    ("VALUE_NOT_SUPPORTED", FailureClass::OurFault),
    ("VM_IS_TEMPLATE", FailureClass::OurFault),
];

#[cfg(test)]
mod tests {
    use super::FailureClass::{NodeUnfit, OperatorNeeded, OurFault, Transient};
    use super::*;

    /// The rows of section 5 of the wire notes, and with them every code of appendix B.
    const ROWS: &[(FailureClass, &str)] = &[
        (Transient, "SESSION_INVALID HOST_IS_SLAVE"),
        (
            Transient,
            "HOST_STILL_BOOTING HOST_IN_EMERGENCY_MODE CANNOT_CONTACT_HOST TOO_BUSY \
             TOO_MANY_PENDING_TASKS OTHER_OPERATION_IN_PROGRESS HOST_EVACUATE_IN_PROGRESS",
        ),
        (
            NodeUnfit,
            "HOST_NOT_ENOUGH_FREE_MEMORY HOST_NOT_ENOUGH_PCPUS HOST_DISABLED HOST_NOT_LIVE \
             HOST_OFFLINE VM_REQUIRES_SR VM_HOST_INCOMPATIBLE_VERSION NO_HOSTS_AVAILABLE",
        ),
        (OperatorNeeded, "SR_FULL"),
        (
            Transient,
            "VM_BAD_POWER_STATE HANDLE_INVALID UUID_INVALID MAP_DUPLICATE_KEY TASK_CANCELLED \
             VM_HALTED VM_REBOOTED VM_CRASHED",
        ),
        (
            Transient,
            "VM_LACKS_FEATURE VM_MISSING_PV_DRIVERS VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT \
             VM_SHUTDOWN_TIMEOUT",
        ),
        (
            OperatorNeeded,
            "SESSION_AUTHENTICATION_FAILED RBAC_PERMISSION_DENIED OPERATION_NOT_ALLOWED \
             OPERATION_BLOCKED LICENCE_RESTRICTION VM_NO_SUSPEND_SR SR_BACKEND_FAILURE \
             SR_BACKEND_FAILURE_46 XENAPI_PLUGIN_FAILURE HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN",
        ),
        (
            OurFault,
            "MESSAGE_METHOD_UNKNOWN MESSAGE_PARAMETER_COUNT_MISMATCH FIELD_TYPE_ERROR \
             INVALID_VALUE VALUE_NOT_SUPPORTED MEMORY_CONSTRAINT_VIOLATION \
             MEMORY_CONSTRAINT_VIOLATION_ORDER VM_IS_TEMPLATE MESSAGE_REMOVED",
        ),
    ];

    #[test]
    fn every_known_code_has_its_class() {
        for (class, codes) in ROWS {
            for code in codes.split_whitespace() {
                let known = CLASSES.iter().any(|(known, _)| *known == code)
                    || FAMILIES.iter().any(|(prefix, _)| code.starts_with(prefix));
                assert!(known, "{code} is not in the table");
                assert_eq!(class_of(code), *class, "{code}");
            }
        }
        assert_eq!(class_of("A_CODE_OF_TOMORROW"), Transient);
    }

    #[test]
    fn no_code_stands_twice_in_the_table() {
        for (at, (code, _)) in CLASSES.iter().enumerate() {
            assert!(
                CLASSES[at + 1..].iter().all(|(other, _)| other != code),
                "{code}"
            );
        }
    }

    #[test]
    fn a_failure_keeps_little_and_no_secret() {
        let long = "x".repeat(MAX_PARAM_CHARS * 3);
        let mut words = vec![
            Value::from("CODE"),
            Value::from(long),
            Value::from("pw is hunter2!"),
        ];
        words.extend(vec![Value::from("more"); 20]);
        let failure = XenFailure::from_words(&words).unwrap().without("hunter2");
        assert_eq!(failure.params.len(), MAX_PARAMS);
        assert_eq!(failure.params[0].chars().count(), MAX_PARAM_CHARS);
        assert_eq!(failure.params[1], "pw is …!");
        assert_eq!(XenFailure::from_words(&[]), None);
    }

    #[test]
    fn a_dispatch_error_shows_code_and_parameters_once() {
        let words = ["HOST_NOT_ENOUGH_FREE_MEMORY", "2164260864", "1073741824"].map(Value::from);
        let failure = XenError::Failure(XenFailure::from_words(&words).unwrap());
        let error = DispatchError::from(failure);
        assert_eq!(
            error.to_string(),
            "HOST_NOT_ENOUGH_FREE_MEMORY: 2164260864, 1073741824"
        );
        assert_eq!(error.class, NodeUnfit);
    }
}
