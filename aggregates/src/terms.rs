//! Terms: what a user asks for and an offer grants.
//!
//! Owns the rules a proposal must obey before it is judged (PROTOCOL, Terms and offers). It knows
//! nothing of capacity: whether terms can be had is the negotiation's question.

use serde::{Deserialize, Serialize};

use crate::policy::Policy;
use crate::{MicroCredits, Resources, TimeWindow, Timestamp};

/// A proposal as a client sent it: well formed, not yet checked against any rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Name of an instance type (Table 1).
    pub instance_type: String,
    /// Instances that must be granted.
    pub instances_fixed: i64,
    /// Further instances wanted if there is room.
    pub instances_option: i64,
    /// When they are to start.
    pub starts_at: Timestamp,
    /// For how long, in milliseconds.
    pub duration_ms: i64,
    /// Name of an operating-system template.
    pub template: String,
    /// Whether they start by themselves; `None` means yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_start: Option<bool>,
    /// The most the user would pay for the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_limit: Option<MicroCredits>,
    /// How early the user would move the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earliest_start_at: Option<Timestamp>,
    /// How late the user would let it end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_end_at: Option<Timestamp>,
}

/// Terms that obey every rule: the size behind the type's name, a window inside the horizon.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Name of the instance type.
    pub instance_type: String,
    /// What one instance of that type needs, as the policy had it when it was asked.
    pub size: Resources,
    /// Name of the operating-system template.
    pub template: String,
    /// Instances that must be granted.
    pub instances_fixed: u32,
    /// Further instances wanted if there is room; in an offer, how many it grants.
    pub instances_option: u32,
    /// From when until when.
    pub window: TimeWindow,
    /// The start as it was sent, where the grace made it mean now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_start_at: Option<Timestamp>,
    /// Whether the instances start by themselves.
    pub auto_start: bool,
    /// The most the user would pay for the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_limit: Option<MicroCredits>,
    /// How early the user would move the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earliest_start_at: Option<Timestamp>,
    /// How late the user would let it end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_end_at: Option<Timestamp>,
}

/// A rule of a proposal that is broken, with the numbers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    /// No such instance type.
    #[error("unknown type {asked:?}; known are {}", known.join(", "))]
    UnknownType {
        /// What was asked for.
        asked: String,
        /// What there is.
        known: Vec<String>,
    },
    /// No such template.
    #[error("unknown template {asked:?}; known are {}", known.join(", "))]
    UnknownTemplate {
        /// What was asked for.
        asked: String,
        /// What there is.
        known: Vec<String>,
    },
    /// Fewer than one or more than the limit of fixed instances.
    #[error("{asked} instances asked for; at least 1 and at most {max} can be")]
    InstancesFixedOutOfRange {
        /// What was asked for.
        asked: i64,
        /// The limit.
        max: u32,
    },
    /// Fewer than none or more than the limit of optional instances.
    #[error("{asked} optional instances asked for; at least 0 and at most {max} can be")]
    InstancesOptionOutOfRange {
        /// What was asked for.
        asked: i64,
        /// The limit.
        max: u32,
    },
    /// Too short or too long.
    #[error("a duration of {asked_ms} ms; at least {min_ms} and at most {max_ms} ms can be")]
    DurationOutOfRange {
        /// What was asked for.
        asked_ms: i64,
        /// The shortest.
        min_ms: i64,
        /// The longest.
        max_ms: i64,
    },
    /// The start is over, and by more than the grace.
    #[error("start {asked} is before now, {now}, by more than the grace of {grace_secs} s")]
    StartInThePast {
        /// What was asked for.
        asked: Timestamp,
        /// When it was judged.
        now: Timestamp,
        /// How late a start may come in.
        grace_secs: i64,
    },
    /// The start is too far ahead.
    #[error("start {asked} is past the horizon, {horizon}")]
    StartPastHorizon {
        /// What was asked for.
        asked: Timestamp,
        /// The last start that can be had.
        horizon: Timestamp,
    },
    /// The end is over already.
    #[error("the end {asked} is not after now, {now}")]
    EndInThePast {
        /// What was asked for.
        asked: Timestamp,
        /// When it was judged.
        now: Timestamp,
    },
    /// What runs keeps its start, its type and its template.
    #[error("{asked} asked for; what is running keeps {agreed}")]
    FixedWhileRunning {
        /// The field of the wire form.
        field: &'static str,
        /// What was asked for.
        asked: String,
        /// What both agreed on.
        agreed: String,
    },
    /// `earliestStart` is later than the start itself.
    #[error("earliest start {earliest} is after the start, {start}")]
    EarliestStartAfterStart {
        /// The bound.
        earliest: Timestamp,
        /// The start asked for.
        start: Timestamp,
    },
    /// `latestEnd` is earlier than the end itself.
    #[error("latest end {latest} is before the end, {end}")]
    LatestEndBeforeEnd {
        /// The bound.
        latest: Timestamp,
        /// The end asked for.
        end: Timestamp,
    },
}

impl TermsError {
    /// The field of the wire form that breaks the rule.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::UnknownType { .. } => "type",
            Self::UnknownTemplate { .. } => "template",
            Self::InstancesFixedOutOfRange { .. } => "numInstancesFixed",
            Self::InstancesOptionOutOfRange { .. } => "numInstancesOption",
            Self::DurationOutOfRange { .. } | Self::EndInThePast { .. } => "duration",
            Self::FixedWhileRunning { field, .. } => field,
            Self::StartInThePast { .. } | Self::StartPastHorizon { .. } => "startTime",
            Self::EarliestStartAfterStart { .. } => "earliestStart",
            Self::LatestEndBeforeEnd { .. } => "latestEnd",
        }
    }

    /// A stable name of the rule.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownType { .. } => "unknown_type",
            Self::UnknownTemplate { .. } => "unknown_template",
            Self::InstancesFixedOutOfRange { .. } => "instances_fixed_out_of_range",
            Self::InstancesOptionOutOfRange { .. } => "instances_option_out_of_range",
            Self::DurationOutOfRange { .. } => "duration_out_of_range",
            Self::StartInThePast { .. } => "start_in_the_past",
            Self::EndInThePast { .. } => "end_in_the_past",
            Self::FixedWhileRunning { .. } => "fixed_while_running",
            Self::StartPastHorizon { .. } => "start_past_horizon",
            Self::EarliestStartAfterStart { .. } => "earliest_start_after_start",
            Self::LatestEndBeforeEnd { .. } => "latest_end_before_end",
        }
    }
}

impl Proposal {
    /// Checks every rule and gives the terms, or all rules that are broken.
    ///
    /// # Errors
    /// Every rule that is broken, with its numbers.
    pub fn into_terms(self, policy: &Policy, now: Timestamp) -> Result<Terms, Vec<TermsError>> {
        let window = self.window(policy, now);
        self.into_terms_over(window, policy)
    }

    /// The same for a change of `agreed`: its start may stay as it is, even when that is past, and
    /// once it runs nothing but the end and the number of instances can change.
    ///
    /// # Errors
    /// Every rule that is broken, with its numbers.
    pub fn into_changed_terms(
        self,
        policy: &Policy,
        now: Timestamp,
        (agreed, is_running): (&Terms, bool),
    ) -> Result<Terms, Vec<TermsError>> {
        let keeps_start = self.starts_at.to_rfc1123() == agreed.window.starts_at.to_rfc1123();
        let (window, mut errors) = if keeps_start {
            self.window_from(agreed.window.starts_at, policy)
        } else {
            self.window(policy, now)
        };
        if window.ends_at <= now {
            let asked = window.ends_at;
            errors.push(TermsError::EndInThePast { asked, now });
        }
        if is_running {
            errors.extend(self.fixed_fields(agreed));
        }
        let moved = !keeps_start;
        let terms = self.into_terms_over((window, errors), policy)?;
        Ok(Terms {
            asked_start_at: terms.asked_start_at.filter(|_| moved),
            ..terms
        })
    }

    /// What of `agreed` this would change that cannot be changed while it runs.
    fn fixed_fields(&self, agreed: &Terms) -> Vec<TermsError> {
        let start = |at: Timestamp| at.to_rfc1123();
        [
            (
                "type",
                self.instance_type.clone(),
                agreed.instance_type.clone(),
            ),
            ("template", self.template.clone(), agreed.template.clone()),
            (
                "startTime",
                start(self.starts_at),
                start(agreed.window.starts_at),
            ),
        ]
        .into_iter()
        .filter(|(_, asked, agreed)| asked != agreed)
        .map(|(field, asked, agreed)| TermsError::FixedWhileRunning {
            field,
            asked,
            agreed,
        })
        .collect()
    }

    fn into_terms_over(
        self,
        (window, of_window): (TimeWindow, Vec<TermsError>),
        policy: &Policy,
    ) -> Result<Terms, Vec<TermsError>> {
        let mut errors = Vec::new();
        let size = policy.size_of(&self.instance_type);
        if size.is_none() {
            let known = policy.types.iter().map(|t| t.name.clone()).collect();
            errors.push(TermsError::UnknownType {
                asked: self.instance_type.clone(),
                known,
            });
        }
        if !policy.templates.contains(&self.template) {
            let known = policy.templates.clone();
            errors.push(TermsError::UnknownTemplate {
                asked: self.template.clone(),
                known,
            });
        }
        let max = policy.limits.instances_max;
        let fixed = u32::try_from(self.instances_fixed)
            .ok()
            .filter(|n| (1..=max).contains(n));
        if fixed.is_none() {
            let asked = self.instances_fixed;
            errors.push(TermsError::InstancesFixedOutOfRange { asked, max });
        }
        let option = u32::try_from(self.instances_option)
            .ok()
            .filter(|n| *n <= max);
        if option.is_none() {
            let asked = self.instances_option;
            errors.push(TermsError::InstancesOptionOutOfRange { asked, max });
        }
        errors.extend(of_window);
        match (size, fixed, option) {
            (Some(size), Some(instances_fixed), Some(instances_option)) if errors.is_empty() => {
                let moved = self.starts_at != window.starts_at;
                Ok(Terms {
                    instance_type: self.instance_type,
                    size,
                    template: self.template,
                    instances_fixed,
                    instances_option,
                    window,
                    asked_start_at: moved.then_some(self.starts_at),
                    auto_start: self.auto_start.unwrap_or(true),
                    price_limit: self.price_limit,
                    earliest_start_at: self.earliest_start_at,
                    latest_end_at: self.latest_end_at,
                })
            }
            _ => Err(errors),
        }
    }

    /// The window that is asked for, and what is wrong with it.
    fn window(&self, policy: &Policy, now: Timestamp) -> (TimeWindow, Vec<TermsError>) {
        let limits = &policy.limits;
        let asked = self.starts_at;
        let (window, mut errors) = self.window_from(asked.max(now), policy);
        let (grace_secs, horizon) = (limits.start_grace_secs, limits.horizon_from(now));
        if asked < now.saturating_add(-grace_secs.saturating_mul(1_000)) {
            errors.push(TermsError::StartInThePast {
                asked,
                now,
                grace_secs,
            });
        } else if asked > horizon {
            errors.push(TermsError::StartPastHorizon { asked, horizon });
        }
        (window, errors)
    }

    /// The window from `starts_at` on, and what is wrong with its length and bounds.
    fn window_from(&self, starts_at: Timestamp, policy: &Policy) -> (TimeWindow, Vec<TermsError>) {
        let mut errors = Vec::new();
        let limits = &policy.limits;
        let (min_ms, max_ms) = (limits.duration_min_ms, limits.duration_max_ms);
        if !(min_ms..=max_ms).contains(&self.duration_ms) {
            let asked_ms = self.duration_ms;
            errors.push(TermsError::DurationOutOfRange {
                asked_ms,
                min_ms,
                max_ms,
            });
        }
        let window = TimeWindow::starting(starts_at, self.duration_ms);
        if let Some(earliest) = self.earliest_start_at.filter(|at| *at > window.starts_at) {
            let start = window.starts_at;
            errors.push(TermsError::EarliestStartAfterStart { earliest, start });
        }
        if let Some(latest) = self.latest_end_at.filter(|at| *at < window.ends_at) {
            errors.push(TermsError::LatestEndBeforeEnd {
                latest,
                end: window.ends_at,
            });
        }
        (window, errors)
    }
}

impl Terms {
    /// The start as it was sent.
    #[must_use]
    pub fn asked_start_at(&self) -> Timestamp {
        self.asked_start_at.unwrap_or(self.window.starts_at)
    }

    /// Whether both came from the same proposal, sent twice.
    ///
    /// A start inside the grace means another instant each time it is sent, so the start is
    /// compared as sent.
    #[must_use]
    pub fn is_same_request(&self, other: &Self) -> bool {
        let at =
            |terms: &Self| TimeWindow::starting(terms.asked_start_at(), terms.window.duration_ms());
        let as_sent = |terms: &Self| Self {
            asked_start_at: None,
            window: at(terms),
            ..terms.clone()
        };
        as_sent(self) == as_sent(other)
    }

    /// The same terms in another window.
    #[must_use]
    pub fn moved_to(&self, starts_at: Timestamp) -> Self {
        let window = TimeWindow::starting(starts_at, self.window.duration_ms());
        Self {
            window,
            asked_start_at: None,
            ..self.clone()
        }
    }
}
