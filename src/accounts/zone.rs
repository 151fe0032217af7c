//! The time zones in which people want times shown.

use std::fmt;

use chrono_tz::Tz;

/// A zone of the IANA database, such as `Europe/Zurich`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZoneName(Tz);

impl ZoneName {
    /// UTC.
    pub const UTC: Self = Self(Tz::UTC);

    /// The zone of this name, in the database's letter case; `None` where there is none.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        name.parse().ok().map(Self)
    }

    /// Its name.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        self.0.name()
    }
}

impl fmt::Display for ZoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_of_the_database_read_and_nothing_else() {
        for name in ["UTC", "Europe/Zurich", "Asia/Calcutta", "Asia/Kolkata"] {
            assert_eq!(ZoneName::parse(name).unwrap().as_str(), name);
        }
        for name in ["", "europe/zurich", "Mars/Olympus", "+02:00", "../UTC"] {
            assert_eq!(ZoneName::parse(name), None, "{name}");
        }
    }
}
