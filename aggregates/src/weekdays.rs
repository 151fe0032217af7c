//! Sets of days of the week, as a calendar of prices and a recurrence name them.

use chrono::Weekday;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The days of a week, Monday first, with the names they have in configuration and on the wire.
const NAMES: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

/// Some days of the week; a list of `mon` to `sun` in JSON and TOML, in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct WeekdaySet(u8);

impl WeekdaySet {
    /// No day at all.
    pub const NONE: Self = Self(0);
    /// Monday to Friday.
    pub const WORKING: Self = Self(0b001_1111);
    /// Every day.
    pub const ALL: Self = Self(0b111_1111);

    /// Whether `day` is one of them.
    #[must_use]
    pub const fn contains(self, day: Weekday) -> bool {
        self.0 & Self::bit(day) != 0
    }

    /// Whether there is no day in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The days, Monday first.
    pub fn days(self) -> impl Iterator<Item = Weekday> {
        NAMES
            .into_iter()
            .map(|(_, day)| day)
            .filter(move |day| self.contains(*day))
    }

    const fn bit(day: Weekday) -> u8 {
        1 << day.num_days_from_monday()
    }
}

impl FromIterator<Weekday> for WeekdaySet {
    fn from_iter<I: IntoIterator<Item = Weekday>>(days: I) -> Self {
        Self(days.into_iter().fold(0, |set, day| set | Self::bit(day)))
    }
}

/// The name of a day, `mon` to `sun`.
#[must_use]
pub(crate) fn name_of(day: Weekday) -> &'static str {
    let known = NAMES.into_iter().find(|(_, of)| *of == day);
    known
        .map(|(name, _)| name)
        .expect("invariant: all seven days have a name")
}

impl Serialize for WeekdaySet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.days().map(name_of))
    }
}

impl<'de> Deserialize<'de> for WeekdaySet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        let day_of = |name: &String| {
            let known = NAMES.into_iter().find(|(known, _)| known == name);
            known.map(|(_, day)| day).ok_or_else(|| {
                serde::de::Error::custom(format!("\"{name}\" is no day; days are mon to sun"))
            })
        };
        names.iter().map(day_of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_any_set_when_written_and_read_then_it_is_the_same_in_the_order_of_the_week() {
        for bits in 0..=0b111_1111 {
            let set = WeekdaySet(bits);
            let json = serde_json::to_string(&set).unwrap();
            assert_eq!(serde_json::from_str::<WeekdaySet>(&json).unwrap(), set);
            assert_eq!(set.days().collect::<WeekdaySet>(), set);
        }
        let mixed: WeekdaySet = serde_json::from_str(r#"["sun","mon","mon"]"#).unwrap();
        assert_eq!(serde_json::to_string(&mixed).unwrap(), r#"["mon","sun"]"#);
    }

    #[test]
    fn given_a_name_that_is_no_day_when_read_then_the_error_names_it() {
        let error = serde_json::from_str::<WeekdaySet>(r#"["Monday"]"#).unwrap_err();
        assert!(error.to_string().contains("\"Monday\""), "{error}");
    }
}
