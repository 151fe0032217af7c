//! The questions that are asked of a pool: random, seeded, the same for every engine.

use openpex_aggregates::capacity::Pool;

use crate::engines::{Ask, ours};
use crate::numbers::Numbers;
use crate::sites::{DAY, HOUR, Site, TYPES};

/// How far beyond the asked start a later one may be.
pub const HORIZON: i64 = 400 * DAY;
/// Random questions looked at for each one that is wanted of a kind.
const SAMPLES_EACH: usize = 6;

/// How many instances are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    One,
    Four,
    /// One for every eight nodes.
    Eighth,
    /// One more than fit.
    JustOver,
}

impl Count {
    pub const fn name(self) -> &'static str {
        match self {
            Self::One => "k=1",
            Self::Four => "k=4",
            Self::Eighth => "k=nodes/8",
            Self::JustOver => "k=one too many",
        }
    }
}

/// Draws questions about the used part of a pool.
pub struct Asker<'a> {
    pub site: &'a Site,
    pub pool: &'a Pool,
    pub numbers: Numbers,
}

impl Asker<'_> {
    pub fn one(&mut self, count: Count) -> Ask {
        let used = self.site.used_until.max(8 * HOUR);
        let from = self.numbers.between(0, used * 85 / 100);
        let length = self.numbers.spread(HOUR, (7 * DAY).min(used / 4));
        let ask = Ask {
            size: TYPES[self.numbers.index(4)],
            count: 1,
            from,
            until: from + length,
        };
        let eighth = (self.site.nodes.len() / 8).max(2) as u32;
        let count = match count {
            Count::One => 1,
            Count::Four => 4,
            Count::Eighth => eighth,
            Count::JustOver => ours::most(self.pool, &ask) + 1,
        };
        Ask { count, ..ask }
    }

    /// Questions whatever the answer, the counts in turn.
    pub fn mixed(&mut self, wanted: usize, counts: &[Count]) -> Vec<Ask> {
        (0..wanted)
            .map(|index| self.one(counts[index % counts.len()]))
            .collect()
    }

    /// Questions of which it is so that they fit, or that they do not; fewer where they are rare.
    pub fn that(&mut self, fit: bool, wanted: usize, count: Count) -> Vec<Ask> {
        let mut found = Vec::with_capacity(wanted);
        for _ in 0..wanted * SAMPLES_EACH {
            if found.len() == wanted {
                break;
            }
            let ask = self.one(count);
            if count == Count::JustOver || fits(self.pool, &ask) == fit {
                found.push(ask);
            }
        }
        found
    }
}

pub fn fits(pool: &Pool, ask: &Ask) -> bool {
    pool.most_instances(ask.size, ask.window(), ask.count) == ask.count
}
