//! Faults that a test plants: which calls they hit, how often, and what they do.
//!
//! Owns the rules and their random numbers. It decides; the server carries out, so that a fault
//! never happens half.

mod request;

use std::time::Duration;

pub use self::request::{FaultRequest, KindName};
use super::value::Failure;

/// A rule that a test plants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which calls: a method's exact name, or with `*` for any run of characters.
    ///
    /// A rule that matches `Async.VM.start_on` as written concerns that call and its reply. One
    /// that matches only `VM.start_on` concerns both forms; of the asynchronous form it delays or
    /// fails the task. `None` is for the kinds that need no call and happens at once.
    pub method: Option<String>,
    /// What happens.
    pub kind: FaultKind,
    /// How many times; `None` for always.
    pub times: Option<u32>,
    /// In how many of 1,000 matching calls; `None` for all.
    pub per_mille: Option<u16>,
}

/// What a fault does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The call takes that long (real time, whatever the clock); a VM operation is in progress
    /// meanwhile.
    Latency {
        /// At least.
        min: Duration,
        /// At most.
        max: Duration,
    },
    /// The call fails with this and has no effect.
    Failure(Failure),
    /// The connection closes without a reply; the call had no effect.
    ReplyLostBeforeEffect,
    /// The connection closes without a reply; the call had its effect.
    ReplyLostAfterEffect,
    /// All sessions end before the call.
    SessionExpired,
    /// The host loses its power before the call; its VMs are lost to it until it is back.
    HostDown(String),
    /// The host is back before the call; what ran on it is halted.
    HostUp(String),
}

/// Something that happens to the pool rather than to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PoolEvent {
    /// All sessions end.
    SessionsExpire,
    /// A host loses its power.
    HostDown(String),
    /// A host is back.
    HostUp(String),
}

/// When a reply gets lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyLoss {
    /// Before the call had its effect.
    BeforeEffect,
    /// After it.
    AfterEffect,
}

/// What hits one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What happens to the pool first.
    pub events: Vec<PoolEvent>,
    /// What happens to the call itself.
    pub call: Hit,
    /// What happens to the task of an asynchronous call.
    pub task: Hit,
    /// Whether the reply gets lost.
    pub loss: Option<ReplyLoss>,
}

/// A delay and a failure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hit {
    /// How long it takes.
    pub latency: Duration,
    /// How it fails.
    pub failure: Option<Failure>,
}

/// Why a fault is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// This kind hits calls.
    #[error("a fault of this kind needs a method")]
    MethodMissing,
    /// The latency is upside down or beyond ten minutes.
    #[error(
        "latency must be given as ms, or as min_ms and max_ms with min_ms <= max_ms <= {MAX_LATENCY_MS}"
    )]
    Latency,
    /// A field that the kind needs is not there.
    #[error("a fault of kind {kind} needs the field {field}")]
    FieldMissing {
        /// The kind.
        kind: KindName,
        /// The field.
        field: &'static str,
    },
    /// A field that the kind has no use for.
    #[error("a fault of kind {kind} does not take the field {field}")]
    FieldUnused {
        /// The kind.
        kind: KindName,
        /// The field.
        field: &'static str,
    },
    /// Never, or more often than always.
    #[error("{field} must be between 1 and {max}")]
    OutOfRange {
        /// The field.
        field: &'static str,
        /// Its largest value.
        max: u32,
    },
    /// No such host.
    #[error("no host is named {0:?}")]
    UnknownHost(String),
    /// Too many rules.
    #[error("there are {0} rules already; delete them first")]
    TooMany(usize),
}

/// Longest latency of a fault.
const MAX_LATENCY_MS: u64 = 600_000;

impl Fault {
    /// The event of a kind that concerns the pool rather than a call.
    #[must_use]
    pub fn pool_event(&self) -> Option<PoolEvent> {
        match &self.kind {
            FaultKind::SessionExpired => Some(PoolEvent::SessionsExpire),
            FaultKind::HostDown(host) => Some(PoolEvent::HostDown(host.clone())),
            FaultKind::HostUp(host) => Some(PoolEvent::HostUp(host.clone())),
            FaultKind::Latency { .. }
            | FaultKind::Failure(_)
            | FaultKind::ReplyLostBeforeEffect
            | FaultKind::ReplyLostAfterEffect => None,
        }
    }

    fn check(&self) -> Result<(), FaultError> {
        if let FaultKind::Latency { min, max } = &self.kind
            && (min > max || *max > Duration::from_millis(MAX_LATENCY_MS))
        {
            return Err(FaultError::Latency);
        }
        if self.times == Some(0) {
            return Err(FaultError::OutOfRange {
                field: "times",
                max: u32::MAX,
            });
        }
        if self
            .per_mille
            .is_some_and(|chance| chance == 0 || chance > 1000)
        {
            return Err(FaultError::OutOfRange {
                field: "per_mille",
                max: 1000,
            });
        }
        Ok(())
    }
}

/// The rules in force.
#[derive(Debug)]
pub struct Faults {
    rules: Vec<Fault>,
    random: SplitMix,
    limit: usize,
}

impl Faults {
    /// No rules yet.
    #[must_use]
    pub const fn new(seed: u64, limit: usize) -> Self {
        Self {
            rules: Vec::new(),
            random: SplitMix(seed),
            limit,
        }
    }

    /// Plants a rule; one without a method is not kept, its event is given back instead.
    pub fn plant(&mut self, fault: Fault) -> Result<Option<PoolEvent>, FaultError> {
        fault.check()?;
        if fault.method.is_none() {
            return fault
                .pool_event()
                .map(Some)
                .ok_or(FaultError::MethodMissing);
        }
        if self.rules.len() >= self.limit {
            return Err(FaultError::TooMany(self.rules.len()));
        }
        self.rules.push(fault);
        Ok(None)
    }

    /// Forgets all rules; what has happened stays so.
    pub fn clear(&mut self) {
        self.rules.clear();
    }

    /// How many rules are in force.
    #[must_use]
    pub fn count(&self) -> usize {
        self.rules.len()
    }

    /// What hits a call of `method`, and counts it.
    pub fn plan(&mut self, method: &str) -> Plan {
        let mut plan = Plan::default();
        let bare = method.strip_prefix("Async.");
        let random = &mut self.random;
        for rule in &mut self.rules {
            let pattern = rule.method.as_deref().unwrap_or_default();
            let as_written = glob_matches(pattern, method);
            if !as_written && !bare.is_some_and(|bare| glob_matches(pattern, bare)) {
                continue;
            }
            if rule
                .per_mille
                .is_some_and(|chance| random.below(1000) >= u64::from(chance))
            {
                continue;
            }
            if let Some(times) = &mut rule.times {
                *times -= 1;
            }
            let hit = if as_written {
                &mut plan.call
            } else {
                &mut plan.task
            };
            match &rule.kind {
                FaultKind::Latency { min, max } => hit.latency += random.between(*min, *max),
                FaultKind::Failure(failure) => {
                    hit.failure.get_or_insert_with(|| failure.clone());
                }
                FaultKind::ReplyLostBeforeEffect => plan.loss = Some(ReplyLoss::BeforeEffect),
                FaultKind::ReplyLostAfterEffect => {
                    plan.loss.get_or_insert(ReplyLoss::AfterEffect);
                }
                FaultKind::SessionExpired | FaultKind::HostDown(_) | FaultKind::HostUp(_) => {
                    plan.events.extend(rule.pool_event());
                }
            }
        }
        self.rules.retain(|rule| rule.times != Some(0));
        plan
    }
}

/// Whether `text` is what `pattern` describes, `*` standing for any run of characters.
fn glob_matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(head) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let tail = parts.pop().unwrap_or_default();
    for part in parts {
        match text.find(part) {
            Some(at) => text = &text[at + part.len()..],
            None => return false,
        }
    }
    text.ends_with(tail)
}

/// The SplitMix64 generator: small, and the same on every machine.
#[derive(Debug)]
struct SplitMix(u64);

impl SplitMix {
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// The bias of the remainder is of no matter for bounds this small.
    const fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn between(&mut self, min: Duration, max: Duration) -> Duration {
        let span = u64::try_from((max - min).as_millis()).unwrap_or(u64::MAX - 1);
        min + Duration::from_millis(self.below(span.saturating_add(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(method: &str, kind: FaultKind) -> Fault {
        Fault {
            method: Some(method.to_owned()),
            kind,
            times: None,
            per_mille: None,
        }
    }

    fn busy() -> FaultKind {
        FaultKind::Failure(Failure::bare("TOO_BUSY"))
    }

    #[test]
    fn a_star_stands_for_any_run() {
        for (pattern, text, matches) in [
            ("VM.start_on", "VM.start_on", true),
            ("VM.start", "VM.start_on", false),
            ("VM.start*", "VM.start_on", true),
            ("*", "anything", true),
            ("*.VM.*_on", "Async.VM.start_on", true),
            ("VM.*o*n", "VM.on", true),
            ("VM.*on*on", "VM.on", false),
            ("*start", "VM.start_on", false),
        ] {
            assert_eq!(glob_matches(pattern, text), matches, "{pattern} {text}");
        }
    }

    #[test]
    fn a_rule_fires_as_often_as_it_says_and_is_gone() {
        let mut faults = Faults::new(1, 10);
        faults
            .plant(Fault {
                times: Some(2),
                ..fault("VM.start_on", busy())
            })
            .unwrap();
        assert_eq!(faults.plan("VM.clone"), Plan::default());
        for _ in 0..2 {
            assert!(faults.plan("VM.start_on").call.failure.is_some());
        }
        assert_eq!(faults.plan("VM.start_on"), Plan::default());
        assert_eq!(faults.count(), 0);
    }

    #[test]
    fn a_chance_is_kept_and_repeats_with_its_seed() {
        let draw = |seed| {
            let mut faults = Faults::new(seed, 10);
            faults
                .plant(Fault {
                    per_mille: Some(250),
                    ..fault("*", busy())
                })
                .unwrap();
            (0..4000)
                .map(|_| faults.plan("x").call.failure.is_some())
                .collect::<Vec<_>>()
        };
        let fired = draw(7).iter().filter(|fired| **fired).count();
        assert!((900..1100).contains(&fired), "{fired}");
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn of_an_asynchronous_call_the_bare_name_hits_the_task() {
        let mut faults = Faults::new(1, 10);
        faults.plant(fault("VM.start_on", busy())).unwrap();
        let plan = faults.plan("Async.VM.start_on");
        assert!(plan.call.failure.is_none() && plan.task.failure.is_some());
        faults.clear();
        faults.plant(fault("Async.*", busy())).unwrap();
        let plan = faults.plan("Async.VM.start_on");
        assert!(plan.call.failure.is_some() && plan.task.failure.is_none());
    }

    #[test]
    fn a_latency_stays_in_its_range() {
        let mut faults = Faults::new(3, 10);
        let (min, max) = (Duration::from_millis(5), Duration::from_millis(9));
        faults
            .plant(fault("*", FaultKind::Latency { min, max }))
            .unwrap();
        let drawn: std::collections::BTreeSet<_> =
            (0..200).map(|_| faults.plan("x").call.latency).collect();
        assert_eq!(drawn.len(), 5);
        assert_eq!((drawn.first(), drawn.last()), (Some(&min), Some(&max)));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let parse = |text: &str| {
            let request: FaultRequest = serde_json::from_str(text).map_err(|e| e.to_string())?;
            let fault = Fault::try_from(request).map_err(|e| e.to_string())?;
            Faults::new(0, 1).plant(fault).map_err(|e| e.to_string())
        };
        for text in [
            r#"{"kind":"latency","method":"*","ms":5,"color":"red"}"#,
            r#"{"kind":"explode","method":"*"}"#,
            r#"{"kind":"latency","method":"*"}"#,
            r#"{"kind":"latency","method":"*","ms":5,"min_ms":1,"max_ms":2}"#,
            r#"{"kind":"latency","method":"*","min_ms":3,"max_ms":2}"#,
            r#"{"kind":"latency","method":"*","ms":600001}"#,
            r#"{"kind":"latency","method":"*","ms":5,"code":"X"}"#,
            r#"{"kind":"failure","method":"*"}"#,
            r#"{"kind":"host_down","method":"*"}"#,
            r#"{"kind":"reply_lost_after_effect"}"#,
            r#"{"kind":"reply_lost_after_effect","method":"*","times":0}"#,
            r#"{"kind":"reply_lost_after_effect","method":"*","per_mille":1001}"#,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(parse(r#"{"kind":"latency","method":"*","ms":5}"#), Ok(None));
        let down = parse(r#"{"kind":"host_down","host":"node-1"}"#);
        assert_eq!(down, Ok(Some(PoolEvent::HostDown("node-1".to_owned()))));
    }

    #[test]
    fn rules_are_limited() {
        let mut faults = Faults::new(0, 1);
        assert_eq!(faults.plant(fault("*", busy())), Ok(None));
        assert_eq!(
            faults.plant(fault("*", busy())),
            Err(FaultError::TooMany(1))
        );
    }
}
