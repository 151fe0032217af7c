//! The pool's own record of what was done to it, in order.
//!
//! It is what a checker trusts: written by the hypervisor's side, outside of the XenAPI, never
//! changed and never thinned. When it is full the pool takes no more operations rather than forget
//! one.

use std::collections::BTreeMap;

use openpex_aggregates::Timestamp;
use serde::{Deserialize, Serialize};

use super::handle::Handle;

/// One operation and how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place, from 1 on without gaps.
    pub sequence: u64,
    /// When it ended, in milliseconds since 1970.
    pub at_ms: Timestamp,
    /// The method without `Async.`, or `guest.…` and `host.…` for what happened by itself.
    pub operation: String,
    /// `ok`, or the error code.
    pub outcome: String,
    /// The parameters of the error code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub error_params: Vec<String>,
    /// What it was done to: for a clone or snapshot the new VM.
    #[serde(flatten)]
    pub subject: Subject,
}

/// The object of an operation, as it was just after it, or before it if it was destroyed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Its class, such as `VM`.
    pub class: String,
    /// Its reference.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Its UUID.
    pub uuid: String,
    /// Its name.
    pub name: String,
    /// What it is tagged with.
    #[serde(default)]
    pub other_config: BTreeMap<String, String>,
    /// The host it is on, or was before the operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The power state of a VM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_state: Option<String>,
    /// The reference of what it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl Subject {
    /// An object of which nothing but its reference is known.
    #[must_use]
    pub fn unknown(class: &str, handle: Handle) -> Self {
        Self {
            class: class.to_owned(),
            reference: handle.to_string(),
            ..Self::default()
        }
    }
}

/// All entries.
#[derive(Debug)]
pub struct Journal {
    entries: Vec<Entry>,
    limit: usize,
}

impl Journal {
    /// A journal that goes on from `entries`.
    #[must_use]
    pub const fn new(entries: Vec<Entry>, limit: usize) -> Self {
        Self { entries, limit }
    }

    /// Whether there is no room for another entry.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.entries.len() >= self.limit
    }

    /// All entries.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// At most `most` entries after the one with the sequence `after`.
    #[must_use]
    pub fn page(&self, after: u64, most: usize) -> &[Entry] {
        let from = usize::try_from(after)
            .unwrap_or(usize::MAX)
            .min(self.entries.len());
        let to = from.saturating_add(most).min(self.entries.len());
        &self.entries[from..to]
    }

    /// The sequence of the newest entry; 0 for none.
    #[must_use]
    pub fn last_sequence(&self) -> u64 {
        self.entries.last().map_or(0, |entry| entry.sequence)
    }

    /// Adds an entry and gives it its sequence.
    ///
    /// What happens by itself (a crash, a host going down) is recorded beyond the limit: it cannot
    /// be refused.
    pub fn push(&mut self, mut entry: Entry) -> &Entry {
        entry.sequence = self.last_sequence() + 1;
        self.entries.push(entry);
        self.entries
            .last()
            .expect("invariant: an entry was just pushed")
    }
}
