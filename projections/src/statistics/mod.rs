//! Sums over time for analysts: how much was used, what was asked, what it cost.
//!
//! Owns the sums over steps of equal length, made from the tables of `over_time`. All of it is whole
//! numbers; nothing is rounded but a price for an hour. Rows are gone through a page at a time, so
//! memory is bounded by the steps (and by the agreements, of which a median needs every price).
//! While one is made the views go on, so its newest rows may be of a later position than its oldest.

mod demand;
mod prices;
mod utilisation;

pub use demand::{Demand, DemandStep, Tally};
pub use prices::{Agreed, PerVcpuHour, PriceStep, Prices};
pub use utilisation::{AmountsMs, Utilisation, UtilisationBy, UtilisationSeries, UtilisationStep};

use std::fmt::Display;

use openpex_aggregates::negotiation::QuestionError;
use openpex_aggregates::{MicroCredits, TimeWindow, Timestamp, money::MICROS_PER_CREDIT};

use crate::error::ViewsError;
use crate::source::SourceError;
use crate::store::{Row, Statement};
use crate::views::Views;

/// Most steps of one answer.
pub const STATISTICS_STEPS_MAX: i64 = 1_000;
/// Shortest step, in milliseconds.
pub const STATISTICS_STEP_MIN_MS: i64 = 60_000;
/// Longest step, in milliseconds: ten years.
pub const STATISTICS_STEP_MAX_MS: i64 = 10 * 366 * 24 * 3_600_000;
/// Most steps of all nodes together in one answer.
pub const STATISTICS_NODE_STEPS_MAX: i64 = 20_000;
/// Most rows of one table that one answer goes through.
pub const STATISTICS_ROWS_MAX: u64 = 1_000_000;

/// Rows that are read at once.
const READ_ROWS: u64 = 5_000;

/// Sums over time; from [`Views::statistics`].
pub struct Statistics<'a>(pub(crate) &'a Views);

/// A range in steps of equal length; the last may be shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    window: TimeWindow,
    step_ms: i64,
}

impl Steps {
    /// The steps of `window`.
    ///
    /// # Errors
    /// Where the range is reversed, the step too short or too long, or the steps too many.
    pub fn of(window: TimeWindow, step_ms: i64) -> Result<Self, QuestionError> {
        let (from, to) = (window.starts_at, window.ends_at);
        let (min_ms, max_ms) = (STATISTICS_STEP_MIN_MS, STATISTICS_STEP_MAX_MS);
        if !(min_ms..=max_ms).contains(&step_ms) {
            let asked_ms = step_ms;
            return Err(QuestionError::StepOutOfRange {
                asked_ms,
                min_ms,
                max_ms,
            });
        }
        if to <= from {
            return Err(QuestionError::RangeReversed { from, to });
        }
        let (steps, max) = (
            (to.millis_since(from) - 1) / step_ms + 1,
            STATISTICS_STEPS_MAX,
        );
        if steps > max {
            return Err(QuestionError::TooManySteps { steps, max });
        }
        Ok(Self { window, step_ms })
    }

    /// The whole range.
    #[must_use]
    pub const fn window(&self) -> TimeWindow {
        self.window
    }

    /// How long a step is, in milliseconds.
    #[must_use]
    pub const fn step_ms(&self) -> i64 {
        self.step_ms
    }

    /// Each step, in order.
    pub fn windows(&self) -> impl Iterator<Item = TimeWindow> + use<> {
        let Self { window, step_ms } = *self;
        let mut starts_at = window.starts_at;
        std::iter::from_fn(move || {
            let ends_at = starts_at.saturating_add(step_ms).min(window.ends_at);
            let step = TimeWindow { starts_at, ends_at };
            starts_at = ends_at;
            (step.starts_at < step.ends_at).then_some(step)
        })
    }

    /// How many there are.
    fn count(&self) -> usize {
        let steps = (self.window.duration_ms() - 1) / self.step_ms + 1;
        usize::try_from(steps).unwrap_or(0)
    }

    /// The step that `at` is in; none outside of the range.
    fn index_of(&self, at: Timestamp) -> Option<usize> {
        let index = at.millis_since(self.window.starts_at) / self.step_ms;
        let inside = self.window.contains(at);
        inside.then(|| usize::try_from(index).ok()).flatten()
    }

    /// Tells of each step that overlaps `window` how many milliseconds of it do.
    fn spread(&self, window: TimeWindow, mut tell: impl FnMut(usize, u128)) {
        let mut at = window.starts_at.max(self.window.starts_at);
        let ends_at = window.ends_at.min(self.window.ends_at);
        while at < ends_at
            && let Some(index) = self.index_of(at)
        {
            let into = at.millis_since(self.window.starts_at) % self.step_ms;
            let next = at.saturating_add(self.step_ms - into).min(ends_at);
            tell(index, u128::try_from(next.millis_since(at)).unwrap_or(0));
            at = next;
        }
    }
}

/// An amount of credits as decimal text; a negative one has a minus.
#[must_use]
pub fn credits(micros: i128) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let (whole, part) = (
        micros.unsigned_abs() / u128::from(MICROS_PER_CREDIT),
        micros.unsigned_abs() % u128::from(MICROS_PER_CREDIT),
    );
    let digits = format!("{part:06}");
    match digits.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        digits => format!("{sign}{whole}.{digits}"),
    }
}

/// A row that a statistic goes through, in the order of its time.
trait TimedRow: Row {
    /// What names one.
    type Key;
    /// Its time and its key.
    fn place(&self) -> (Timestamp, Self::Key);
}

/// Reads all rows page after page; `page` makes the statement of those after a place.
async fn for_each<T: TimedRow>(
    views: &Views,
    page: impl Fn(Option<(Timestamp, T::Key)>) -> Statement,
    mut tell: impl FnMut(T) -> Result<(), ViewsError>,
) -> Result<(), ViewsError> {
    let (mut after, mut seen) = (None, 0_u64);
    loop {
        let rows = views.fetch::<T>(&page(after)).await?;
        let read = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        seen = seen.saturating_add(read);
        let max = STATISTICS_ROWS_MAX;
        if seen > max {
            return Err(ViewsError::TooManyRows { max });
        }
        after = rows.last().map(T::place);
        rows.into_iter().try_for_each(&mut tell)?;
        if read < READ_ROWS {
            return Ok(());
        }
    }
}

/// The statement of the rows of an event each.
fn at_instants(
    (table, time, columns): (&str, &str, &str),
    only: &str,
    steps: &Steps,
    after: Option<(Timestamp, i64)>,
) -> Statement {
    let window = steps.window;
    let mut statement = Statement::new(&format!(
        "SELECT position, {time} AS row_time, {columns} FROM {table} WHERE {only} {time} >= "
    ));
    statement.push_value(after.map_or(window.starts_at, |(at, _)| at).0);
    statement.push(&format!(" AND {time} < "));
    statement.push_value(window.ends_at.0);
    if let Some((at, row)) = after {
        statement.push(&format!(" AND ({time} > ")).push_value(at.0);
        statement.push(" OR position > ").push_value(row).push(")");
    }
    statement.push(&format!(" ORDER BY {time}, position LIMIT "));
    statement.push_value(READ_ROWS);
    statement
}

/// A number of a row that is never below zero.
fn natural(number: i64, of: (&'static str, impl Display)) -> Result<u64, ViewsError> {
    u64::try_from(number).map_err(|error| bad_row(of, error.into()))
}

/// An amount of credits of a row.
fn micros(text: &str, of: (&'static str, impl Display)) -> Result<u64, ViewsError> {
    let amount: Result<MicroCredits, _> = text.parse();
    amount
        .map(|amount| amount.0)
        .map_err(|error| bad_row(of, error.into()))
}

fn bad_row((view, key): (&'static str, impl Display), source: SourceError) -> ViewsError {
    let key = key.to_string();
    ViewsError::BadRow { view, key, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(from: i64, to: i64) -> TimeWindow {
        TimeWindow {
            starts_at: Timestamp(from),
            ends_at: Timestamp(to),
        }
    }

    #[test]
    fn steps_at_the_limits_can_be_and_beyond_them_cannot() {
        let minute = STATISTICS_STEP_MIN_MS;
        let code = |window, step_ms| Steps::of(window, step_ms).map_err(|error| error.code());
        let most = STATISTICS_STEPS_MAX * minute;
        assert_eq!(
            Steps::of(window(7, 7 + most), minute)
                .unwrap()
                .windows()
                .count(),
            1_000
        );
        assert_eq!(code(window(7, 8 + most), minute), Err("too_many_steps"));
        assert_eq!(code(window(0, most), minute - 1), Err("step_out_of_range"));
        assert_eq!(
            code(window(0, 1), STATISTICS_STEP_MAX_MS + 1),
            Err("step_out_of_range")
        );
        assert_eq!(code(window(5, 5), minute), Err("range_reversed"));
        assert!(Steps::of(window(i64::MIN, i64::MAX), STATISTICS_STEP_MAX_MS).is_err());
    }

    #[test]
    fn a_window_is_spread_over_the_steps_it_overlaps_to_the_millisecond() {
        let minute = STATISTICS_STEP_MIN_MS;
        let steps = Steps::of(window(1_000, 1_000 + 2 * minute + 5), minute).unwrap();
        let spread = |window| {
            let mut told = Vec::new();
            steps.spread(window, |index, ms| told.push((index, ms)));
            told
        };
        assert_eq!(
            spread(window(i64::MIN, i64::MAX)),
            [(0, 60_000), (1, 60_000), (2, 5)]
        );
        assert_eq!(
            spread(window(1_000 + minute - 1, 1_000 + minute + 1)),
            [(0, 1), (1, 1)]
        );
        assert_eq!(spread(window(0, 1_000)), []);
        assert_eq!(spread(window(1_000 + 2 * minute + 5, i64::MAX)), []);
        assert_eq!(steps.count(), 3);
    }

    #[test]
    fn credits_are_written_as_decimals_with_their_sign() {
        for (micros, text) in [
            (0, "0"),
            (-1_500_000, "-1.5"),
            (2_000_001, "2.000001"),
            (7_000_000, "7"),
        ] {
            assert_eq!(credits(micros), text);
        }
    }
}
