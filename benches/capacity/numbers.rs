//! Numbers that look random and follow from a seed.

use openpex_workloads::rng::Rng;

/// What the workloads draw, in the forms that pools and questions are made of.
pub struct Numbers(Rng);

impl Numbers {
    pub const fn seeded(seed: u64) -> Self {
        Self(Rng::new(seed))
    }

    pub const fn below(&mut self, bound: u64) -> u64 {
        self.0.draw() % bound
    }

    /// From `low` on, less than `high`.
    pub const fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low) as u64) as i64
    }

    pub const fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// Between 0 and 1.
    pub fn part(&mut self) -> f64 {
        self.below(1 << 53) as f64 / (1u64 << 53) as f64
    }

    /// Between `low` and `high`, every order of magnitude alike.
    pub fn spread(&mut self, low: i64, high: i64) -> i64 {
        let (low, high) = (low as f64, high as f64);
        (low * (high / low).powf(self.part())) as i64
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.index(last + 1));
        }
    }
}
