//! Object references and UUIDs of the simulated pool.
//!
//! A handle is drawn once, when the object is made. Its UUID and the references of the objects that
//! live and die with it (metrics) follow from it, so that they need no index of their own.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::entropy;

/// What an object reference starts with on the wire.
const PREFIX: &str = "OpaqueRef:";

/// Differences between a handle and what follows from it; none touches the version bits of a UUID.
const TO_UUID: u128 = 0x5f3c_19d2_a6e4_0b71_08c7_d35a_92f1_4e6b;
const TO_METRICS: u128 = 0x21b8_e470_35d9_06ac_0f13_7c84_eb5d_9062;
const TO_GUEST_METRICS: u128 = 0x7a94_0c3f_d812_0e57_016b_a9f8_4d30_c7e5;

/// A reference to an object of the pool, `OpaqueRef:` and a UUID on the wire.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Handle(Uuid);

impl Handle {
    /// The reference to nothing, `OpaqueRef:NULL`.
    pub const NULL: Self = Self(Uuid::nil());

    /// A new, unused handle.
    #[must_use]
    pub fn fresh() -> Self {
        Self(entropy::new_uuid())
    }

    /// Whether this refers to nothing.
    #[must_use]
    pub const fn is_null(self) -> bool {
        self.0.is_nil()
    }

    /// The UUID of the object, which is not the one inside its reference.
    #[must_use]
    pub fn uuid(self) -> Uuid {
        self.shifted(TO_UUID).0
    }

    /// The handle of the object whose UUID this is.
    #[must_use]
    pub fn of_uuid(uuid: Uuid) -> Self {
        Self(uuid).shifted(TO_UUID)
    }

    /// The reference of the object's metrics, or the object from the reference of its metrics.
    #[must_use]
    pub fn metrics(self) -> Self {
        self.shifted(TO_METRICS)
    }

    /// The reference of the VM's guest metrics, or the VM from the reference of its guest metrics.
    #[must_use]
    pub fn guest_metrics(self) -> Self {
        self.shifted(TO_GUEST_METRICS)
    }

    fn shifted(self, by: u128) -> Self {
        if self.is_null() {
            self
        } else {
            Self(Uuid::from_u128(self.0.as_u128() ^ by))
        }
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_null() {
            write!(f, "{PREFIX}NULL")
        } else {
            write!(f, "{PREFIX}{}", self.0)
        }
    }
}

/// The text is no reference that this pool could have made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an object reference")]
pub struct NotAHandle;

impl FromStr for Handle {
    type Err = NotAHandle;

    fn from_str(text: &str) -> Result<Self, NotAHandle> {
        let name = text.strip_prefix(PREFIX).ok_or(NotAHandle)?;
        if name == "NULL" {
            return Ok(Self::NULL);
        }
        // Only the form we write: `Uuid` would also take braces and missing hyphens.
        let uuid = Uuid::try_parse(name).map_err(|_| NotAHandle)?;
        if uuid.to_string() == name {
            Ok(Self(uuid))
        } else {
            Err(NotAHandle)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_from_a_handle_leads_back_to_it() {
        let handle = Handle::fresh();
        assert_eq!(Handle::of_uuid(handle.uuid()), handle);
        assert_eq!(handle.metrics().metrics(), handle);
        assert_eq!(handle.guest_metrics().guest_metrics(), handle);
        assert_eq!(handle.uuid().get_version_num(), 4);
        let all = [
            handle,
            handle.metrics(),
            handle.guest_metrics(),
            Handle(handle.uuid()),
        ];
        assert!((1..4).all(|i| !all[..i].contains(&all[i])));
    }

    #[test]
    fn only_our_own_spelling_is_a_reference() {
        let handle = Handle::fresh();
        assert_eq!(handle.to_string().parse(), Ok(handle));
        assert_eq!("OpaqueRef:NULL".parse(), Ok(Handle::NULL));
        assert_eq!(Handle::NULL.metrics(), Handle::NULL);
        let simple = handle.to_string().replace('-', "");
        for text in ["", "OpaqueRef:", "OpaqueRef:VM", "NULL", &simple] {
            assert_eq!(text.parse::<Handle>(), Err(NotAHandle), "{text}");
        }
    }
}
