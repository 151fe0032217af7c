//! What hardly ever changes, remembered for a moment: references of templates and hosts by name.
//!
//! Starting a hundred instances of one template would ask for it, and for their hosts, a hundred
//! times. Never remembers anything of an instance's VM: that is looked at every time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long an operator's change of a template's or host's name may go unnoticed.
const REMEMBERED_FOR: Duration = Duration::from_secs(10);

/// The most names that are remembered; one more, and all are forgotten.
const NAMES_MAX: usize = 4_096;

/// What a name is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Lasting {
    Template,
    Host,
}

/// References by what they are of and by name.
#[derive(Debug, Default)]
pub(super) struct Remembered(Mutex<HashMap<(Lasting, String), (String, Instant)>>);

impl Remembered {
    /// The reference kept under `name`, if that was lately.
    pub(super) fn recall(&self, of: Lasting, name: &str) -> Option<String> {
        self.recall_at(of, name, Instant::now())
    }

    fn recall_at(&self, of: Lasting, name: &str, now: Instant) -> Option<String> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (reference, kept_at) = all.get(&(of, name.to_owned()))?;
        (now.duration_since(*kept_at) < REMEMBERED_FOR).then(|| reference.clone())
    }

    /// Keeps a reference that was just read.
    pub(super) fn keep(&self, of: Lasting, name: &str, reference: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= NAMES_MAX {
            all.clear();
        }
        all.insert(
            (of, name.to_owned()),
            (reference.to_owned(), Instant::now()),
        );
    }

    /// Forgets everything: one of them turned out not to be there.
    pub(super) fn forget(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_remembered_for_a_moment_only() {
        let known = Remembered::default();
        let before = Instant::now();
        known.keep(Lasting::Host, "a", "OpaqueRef:1");
        let after = Instant::now();
        let recalled = |at| known.recall_at(Lasting::Host, "a", at);
        assert_eq!(known.recall(Lasting::Template, "a"), None);
        let soon = before + REMEMBERED_FOR / 2;
        assert_eq!(recalled(soon).as_deref(), Some("OpaqueRef:1"));
        assert_eq!(recalled(after + REMEMBERED_FOR), None);
    }

    #[test]
    fn one_name_too_many_and_all_are_forgotten() {
        let known = Remembered::default();
        for number in 0..NAMES_MAX {
            known.keep(Lasting::Host, &number.to_string(), "OpaqueRef:1");
        }
        assert!(known.recall(Lasting::Host, "0").is_some());
        known.keep(Lasting::Host, "one more", "OpaqueRef:2");
        assert_eq!(known.recall(Lasting::Host, "0"), None);
        assert!(known.recall(Lasting::Host, "one more").is_some());
        known.forget();
        assert_eq!(known.recall(Lasting::Host, "one more"), None);
    }
}
