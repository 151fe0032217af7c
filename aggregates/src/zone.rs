//! Local time in the zones of the IANA database.
//!
//! Owns the two questions that prices and recurrences ask: what the clocks showed at an instant,
//! and at which instant they first show a time. The database is part of the build (its version is
//! [`chrono_tz::IANA_TZDB_VERSION`], its rules end in 2099), so an answer that depends on it is
//! recorded where it is given, not asked for again on replay.

use chrono::{LocalResult, NaiveDateTime, Offset, TimeZone};
use chrono_tz::{GapInfo, Tz};

use crate::{TimeWindow, Timestamp};

/// How far apart the offset from UTC is compared in search of changes, in milliseconds.
///
/// Changes less than this apart could be missed if they undo each other; the tests hold that the
/// database has none.
const PROBE_MS: i64 = 24 * 3_600_000;

/// Longest window whose offsets are listed, in milliseconds: 401 days.
pub(crate) const STRETCHED_WINDOW_MAX_MS: i64 = 401 * 24 * 3_600_000;

/// A time zone of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Zone(Tz);

/// A part of a window in which the clocks kept the same distance from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// The part.
    pub window: TimeWindow,
    /// Local time minus UTC, in milliseconds.
    pub offset_ms: i64,
}

impl Zone {
    /// The zone of that name, such as `Europe/Zurich`.
    pub fn named(name: &str) -> Option<Self> {
        name.parse().ok().map(Self)
    }

    /// What clocks showed at `at`; `None` past the years chrono counts.
    pub fn local(self, at: Timestamp) -> Option<NaiveDateTime> {
        let utc = at.to_datetime()?.naive_utc();
        utc.checked_add_offset(self.0.offset_from_utc_datetime(&utc).fix())
    }

    /// The first instant at which clocks show `local`: where it comes twice the first of the two,
    /// where it is skipped the first instant after the gap.
    pub fn first_instant(self, local: NaiveDateTime) -> Option<Timestamp> {
        match self.0.offset_from_local_datetime(&local) {
            LocalResult::Single(offset) | LocalResult::Ambiguous(offset, _) => {
                let utc = local.checked_sub_offset(offset.fix())?;
                Some(Timestamp(utc.and_utc().timestamp_millis()))
            }
            LocalResult::None => {
                let after = GapInfo::new(&local, &self.0)?.end?;
                Some(Timestamp(after.timestamp_millis()))
            }
        }
    }

    /// The parts of `window` between changes of the offset, in order and without a gap.
    ///
    /// `None` for a window longer than [`STRETCHED_WINDOW_MAX_MS`] or past the years chrono counts.
    pub fn stretches(self, window: TimeWindow) -> Option<Vec<Stretch>> {
        if window.duration_ms() > STRETCHED_WINDOW_MAX_MS {
            return None;
        }
        let mut stretches = Vec::new();
        let mut starts_at = window.starts_at;
        let mut known = starts_at;
        let mut offset_ms = self.offset_ms(starts_at)?;
        while known < window.ends_at {
            let probe = known.saturating_add(PROBE_MS).min(window.ends_at);
            if self.offset_ms(probe)? == offset_ms {
                known = probe;
                continue;
            }
            let changed_at = self.first_change(known, probe, offset_ms)?;
            let window = TimeWindow {
                starts_at,
                ends_at: changed_at,
            };
            stretches.push(Stretch { window, offset_ms });
            (starts_at, known) = (changed_at, changed_at);
            offset_ms = self.offset_ms(changed_at)?;
        }
        if starts_at < window.ends_at {
            let window = TimeWindow {
                starts_at,
                ends_at: window.ends_at,
            };
            stretches.push(Stretch { window, offset_ms });
        }
        Some(stretches)
    }

    /// The first instant after `before` whose offset differs from `offset_ms`, by halving.
    fn first_change(
        self,
        mut before: Timestamp,
        mut changed: Timestamp,
        offset_ms: i64,
    ) -> Option<Timestamp> {
        while changed.millis_since(before) > 1 {
            let middle = before.saturating_add(changed.millis_since(before) / 2);
            if self.offset_ms(middle)? == offset_ms {
                before = middle;
            } else {
                changed = middle;
            }
        }
        Some(changed)
    }

    fn offset_ms(self, at: Timestamp) -> Option<i64> {
        let utc = at.to_datetime()?.naive_utc();
        let offset = self.0.offset_from_utc_datetime(&utc).fix();
        Some(i64::from(offset.local_minus_utc()).saturating_mul(1_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;

    fn at(text: &str) -> Timestamp {
        chrono::DateTime::parse_from_rfc3339(text)
            .unwrap()
            .to_utc()
            .into()
    }

    fn local(day: (i32, u32, u32), hour: u32, minute: u32) -> NaiveDateTime {
        let (year, month, day) = day;
        let date = NaiveDate::from_ymd_opt(year, month, day).unwrap();
        date.and_hms_opt(hour, minute, 0).unwrap()
    }

    #[test]
    fn given_a_time_skipped_or_shown_twice_when_looked_up_then_the_first_that_fits_is_found() {
        for (zone, day, hour, minute, expected) in [
            ("Europe/Zurich", (2026, 3, 29), 2, 0, "2026-03-29T01:00:00Z"),
            (
                "Europe/Zurich",
                (2026, 3, 29),
                2,
                59,
                "2026-03-29T01:00:00Z",
            ),
            ("Europe/Zurich", (2026, 3, 29), 3, 0, "2026-03-29T01:00:00Z"),
            (
                "Europe/Zurich",
                (2026, 10, 25),
                2,
                30,
                "2026-10-25T00:30:00Z",
            ),
            (
                "Europe/Zurich",
                (2026, 10, 25),
                3,
                0,
                "2026-10-25T02:00:00Z",
            ),
            (
                "Australia/Lord_Howe",
                (2026, 4, 5),
                1,
                45,
                "2026-04-04T14:45:00Z",
            ),
            (
                "Australia/Lord_Howe",
                (2026, 10, 4),
                2,
                10,
                "2026-10-03T15:30:00Z",
            ),
            ("UTC", (2026, 3, 29), 2, 30, "2026-03-29T02:30:00Z"),
        ] {
            let zone = Zone::named(zone).unwrap();
            assert_eq!(
                zone.first_instant(local(day, hour, minute)),
                Some(at(expected)),
                "{zone:?} {day:?} {hour}:{minute}"
            );
        }
    }

    #[test]
    fn given_a_year_when_its_offsets_are_listed_then_each_change_of_the_clocks_parts_it() {
        let zone = Zone::named("Europe/Zurich").unwrap();
        let window = TimeWindow {
            starts_at: at("2026-01-01T00:00:00Z"),
            ends_at: at("2027-01-01T00:00:00Z"),
        };
        let stretches = zone.stretches(window).unwrap();
        let parts: Vec<_> = stretches
            .iter()
            .map(|part| (part.window.starts_at, part.offset_ms / 3_600_000))
            .collect();
        let expected = [
            (window.starts_at, 1),
            (at("2026-03-29T01:00:00Z"), 2),
            (at("2026-10-25T01:00:00Z"), 1),
        ];
        assert_eq!(parts, expected);
        assert_eq!(stretches.last().unwrap().window.ends_at, window.ends_at);
    }

    #[test]
    fn given_every_zone_when_probed_finely_then_no_change_hides_between_two_probes() {
        let (from, until) = (at("2025-01-01T00:00:00Z").0, at("2029-01-01T00:00:00Z").0);
        for tz in chrono_tz::TZ_VARIANTS {
            let zone = Zone(tz);
            let mut last_change = i64::MIN;
            let mut known = zone.offset_ms(Timestamp(from)).unwrap();
            for probe in (from..until).step_by(6 * 3_600_000) {
                let offset_ms = zone.offset_ms(Timestamp(probe)).unwrap();
                if offset_ms != known {
                    assert!(probe.saturating_sub(last_change) > 2 * PROBE_MS, "{tz}");
                    (last_change, known) = (probe, offset_ms);
                }
            }
        }
    }

    #[test]
    fn given_a_window_at_or_above_the_limit_when_listed_then_only_the_longer_is_refused() {
        let zone = Zone::named("America/New_York").unwrap();
        let longest = TimeWindow::starting(Timestamp(0), STRETCHED_WINDOW_MAX_MS);
        assert!(zone.stretches(longest).is_some());
        let longer = TimeWindow::starting(Timestamp(0), STRETCHED_WINDOW_MAX_MS + 1);
        assert_eq!(zone.stretches(longer), None);
        let never = TimeWindow::starting(Timestamp(i64::MAX - 10), 5);
        assert_eq!(zone.stretches(never), None);
        let empty = TimeWindow::starting(Timestamp(0), 0);
        assert_eq!(zone.stretches(empty), Some(Vec::new()));
    }

    #[test]
    fn given_a_name_that_is_no_zone_when_looked_up_then_there_is_none() {
        for name in ["", "Europe/Zürich", "Mars/Olympus", "europe/zurich"] {
            assert_eq!(Zone::named(name), None, "{name}");
        }
    }
}
