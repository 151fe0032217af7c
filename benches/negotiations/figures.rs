//! Figures as they are printed: percentiles, and a line for each target.

use std::time::Duration;

/// How long many requests took.
#[derive(Default)]
pub struct Times(Vec<u32>);

impl Times {
    /// Adds one.
    pub fn push(&mut self, took: Duration) {
        self.0
            .push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
    }

    /// Adds one that is known in milliseconds; what came early is not late.
    pub fn push_millis(&mut self, millis: i64) {
        let millis = u64::try_from(millis).unwrap_or(0);
        self.push(Duration::from_millis(millis));
    }

    pub fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn sort(&mut self) {
        self.0.sort_unstable();
    }

    /// The time in milliseconds that `per_mille` of them did not go beyond; they must be sorted.
    pub fn at(&self, per_mille: usize) -> f64 {
        let index = (self.0.len() * per_mille / 1_000).min(self.0.len().saturating_sub(1));
        self.0
            .get(index)
            .map_or(f64::NAN, |micros| f64::from(*micros) / 1_000.0)
    }
}

/// A count as a number that can be divided.
pub fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).expect("invariant: counts of a benchmark fit 32 bits"))
}

/// Prints whether a target is met; it decides nothing.
pub fn target(which: &str, figure: &str, met: bool) {
    let verdict = if met { "met" } else { "NOT MET" };
    println!("  target {which}: {figure}: {verdict}");
}
