//! What `event.from` asks for and gives.

use openpex_aggregates::Timestamp;

use super::handle::Handle;
use super::state::State;
use super::state::changes::{Address, EventKind};
use super::state::class::Class;
use super::value::{Failure, XenValue, field};

/// What a reader wants to hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    wants: Vec<Want>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    Everything,
    Class(Class),
    Object(Class, Handle),
    /// A class of XenAPI that this pool does not have: nothing ever happens to it.
    Nothing,
}

impl Subscription {
    /// Reads `*`, `vm` or `vm/OpaqueRef:…`, in any case of letters.
    pub fn parse(classes: &[&str]) -> Result<Self, Failure> {
        let wants = classes
            .iter()
            .map(|text| Self::parse_one(text))
            .collect::<Result<_, _>>()?;
        Ok(Self { wants })
    }

    fn parse_one(text: &str) -> Result<Want, Failure> {
        let named = |name: &str| {
            Class::LISTED
                .into_iter()
                .find(|class| class.name().eq_ignore_ascii_case(name))
        };
        match text.split('/').collect::<Vec<_>>()[..] {
            ["*"] => Ok(Want::Everything),
            [class] => Ok(named(class).map_or(Want::Nothing, Want::Class)),
            [class, "*"] => Ok(named(class).map_or(Want::Nothing, Want::Class)),
            [class, reference] => {
                let handle = reference.parse().ok();
                Ok(named(class)
                    .zip(handle)
                    .map_or(Want::Nothing, |(c, h)| Want::Object(c, h)))
            }
            _ => Err(Failure::new("EVENT_SUBSCRIPTION_PARSE_FAILURE", [text])),
        }
    }

    fn matches(&self, (class, handle): Address) -> bool {
        self.wants.iter().any(|want| match want {
            Want::Everything => true,
            Want::Class(wanted) => *wanted == class,
            Want::Object(wanted, object) => *wanted == class && *object == handle,
            Want::Nothing => false,
        })
    }
}

/// A token that stands for everything up to `generation` having been seen.
#[must_use]
pub fn format_token(generation: u64) -> String {
    format!("{generation:020},{:020}", 0)
}

/// The generation of a token; the empty one stands for nothing having been seen.
pub fn parse_token(token: &str) -> Result<u64, Failure> {
    if token.is_empty() {
        return Ok(0);
    }
    let parsed = token.split_once(',').and_then(|(generation, messages)| {
        messages.parse::<u64>().ok()?;
        generation.parse().ok()
    });
    parsed.ok_or_else(|| Failure::new("EVENT_FROM_TOKEN_PARSE_FAILURE", [token]))
}

/// The events since a token, as `event.from` gives them, and whether there are any.
#[must_use]
pub fn collect(
    state: &State,
    subscription: &Subscription,
    since: u64,
    now: Timestamp,
) -> (bool, XenValue) {
    let mut events = Vec::new();
    for event in state
        .changes
        .since(since, |address| subscription.matches(address))
    {
        let (class, handle) = event.address;
        let operation = match event.kind {
            EventKind::Add => "add",
            EventKind::Mod => "mod",
            EventKind::Del => "del",
        };
        let mut fields = vec![
            field("id", event.generation.to_string()),
            field("timestamp", "0.0"),
            field("class", class.name().to_lowercase()),
            field("operation", operation),
            field("ref", handle),
        ];
        if event.kind != EventKind::Del {
            // What cannot be shown any more is about to be told of as deleted.
            let Ok(record) = state.record(class, handle, now) else {
                continue;
            };
            fields.push(field("snapshot", record));
        }
        events.push(XenValue::Map(fields));
    }
    let counts = Class::LISTED
        .into_iter()
        .map(|class| {
            let count = state.changes.counts().get(&class).copied().unwrap_or(0);
            (class.name().to_lowercase().into(), XenValue::Int32(count))
        })
        .collect();
    let found = !events.is_empty();
    let batch = XenValue::Map(vec![
        field("events", XenValue::List(events)),
        field("valid_ref_counts", XenValue::Map(counts)),
        field("token", format_token(state.changes.generation())),
    ]);
    (found, batch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_read_back() {
        assert_eq!(parse_token(&format_token(17)), Ok(17));
        assert_eq!(
            format_token(123_457),
            "00000000000000123457,00000000000000000000"
        );
        assert_eq!(parse_token(""), Ok(0));
        for bad in ["x", "1", "1,x", ",", "1,2,3"] {
            assert!(parse_token(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn classes_are_read_in_any_case() {
        let handle = Handle::fresh();
        let reads = |text: &str| Subscription::parse(&[text]).map(|s| s.wants[0]);
        assert_eq!(reads("*"), Ok(Want::Everything));
        assert_eq!(reads("vm"), Ok(Want::Class(Class::Vm)));
        assert_eq!(
            reads("VM_Guest_Metrics"),
            Ok(Want::Class(Class::VmGuestMetrics))
        );
        assert_eq!(
            reads(&format!("task/{handle}")),
            Ok(Want::Object(Class::Task, handle))
        );
        assert_eq!(reads("gpu_group"), Ok(Want::Nothing));
        assert!(reads("a/b/c").is_err());
    }
}
