//! Who said or did what an event records.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The sender of a message, or what made a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sender {
    /// A user, by request.
    User,
    /// The provider: this service deciding.
    Provider,
    /// Time alone.
    Clock,
    /// The hypervisor, as seen by dispatcher or monitors.
    Hypervisor,
}

impl Sender {
    /// Its name in history.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Provider => "provider",
            Self::Clock => "clock",
            Self::Hypervisor => "hypervisor",
        }
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
