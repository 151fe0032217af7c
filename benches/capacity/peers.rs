//! Checks and nearest later starts: ours, the naive scan and the peers' shapes, on tight pools.
//!
//! All are asked the same questions in the same order, as many as they get through; all answers
//! must be ours.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::{Duration, Instant};

use openpex_aggregates::capacity::Pool;

use crate::asks::{self, Asker, Count, HORIZON};
use crate::engines::{Ask, Engine, Later, Maker, NAIVE, PEERS, ours};
use crate::numbers::Numbers;
use crate::sites::Site;
use crate::tables::short;
use crate::timing::{Budget, Figures, Nanos, shrunk, times};

/// One question is cut off after this, and so are all like it on larger pools.
pub const CUT_OFF: Duration = Duration::from_secs(2);
/// An engine goes on to the next question until so much time is over.
const SPAN: Duration = Duration::from_millis(150);
const QUESTIONS: usize = 192;

/// What came of one engine on one pool.
#[derive(Clone, Copy, Debug)]
pub enum Outcome {
    /// In nanoseconds, and how many questions it got through.
    Median(f64, usize),
    CutOff,
    /// It would remember or rebuild more than it may.
    TooLarge,
    /// The system has no such question.
    NotAsked,
}

impl Outcome {
    /// The ratio is to what ours took for the same questions.
    pub fn text(self, ours: &[f64]) -> String {
        match self {
            Self::Median(nanos, count) => {
                let ours = Figures::of(ours[..count.min(ours.len())].to_vec());
                let ratio = ours.map_or(f64::NAN, |ours| nanos / ours.median);
                format!("{} {:>6}", Nanos(nanos), times(ratio))
            }
            Self::CutOff => format!("> {} s", CUT_OFF.as_secs()),
            Self::TooLarge => "> 384 MiB".to_owned(),
            Self::NotAsked => "-".to_owned(),
        }
    }
}

/// The questions of one pool with our answers.
pub struct Asked {
    pub asks: Vec<Ask>,
    /// Whether it fits, in the order of the questions.
    pub fits: Vec<bool>,
    pub later: Vec<Option<i64>>,
}

impl Asked {
    pub fn of(pool: &Pool, asks: Vec<Ask>) -> Self {
        let fits = asks.iter().map(|ask| {
            let placed = pool.place(ask.size, ask.count, ask.window());
            placed.is_ok()
        });
        let later = asks
            .iter()
            .map(|ask| ours::later(pool, ask, ask.from + HORIZON));
        Self {
            fits: fits.collect(),
            later: later.collect(),
            asks,
        }
    }

    pub fn check(&self, name: &str, engine: &dyn Engine) -> Outcome {
        self.each(|index| {
            let answer = engine.check(&self.asks[index], &Budget::of(CUT_OFF));
            let Ok(answer) = answer else {
                return Some(Outcome::CutOff);
            };
            assert_eq!(answer, self.fits[index], "{name}: {:?}", self.asks[index]);
            None
        })
    }

    pub fn later(&self, name: &str, engine: &dyn Engine) -> Outcome {
        self.each(|index| {
            let ask = &self.asks[index];
            match engine.later(ask, ask.from + HORIZON, &Budget::of(CUT_OFF)) {
                Later::Start(start) => {
                    assert_eq!(start, self.later[index], "{name}: {ask:?}");
                    None
                }
                Later::NotAsked => Some(Outcome::NotAsked),
                Later::CutOff => Some(Outcome::CutOff),
            }
        })
    }

    fn each(&self, ask: impl Fn(usize) -> Option<Outcome>) -> Outcome {
        let began = Instant::now();
        let mut nanos = Vec::new();
        for index in 0..self.asks.len() {
            let start = Instant::now();
            if let Some(outcome) = ask(index) {
                return outcome;
            }
            nanos.push(start.elapsed().as_nanos() as f64);
            if began.elapsed() > shrunk(SPAN) {
                break;
            }
        }
        let count = nanos.len();
        Figures::of(nanos).map_or(Outcome::NotAsked, |figures| {
            Outcome::Median(figures.median, count)
        })
    }
}

/// What each question takes a pool, in nanoseconds, once all have been asked before and it has forgotten
/// them: what it remembers of a question would answer it the second time.
pub fn each<T>(pool: &Pool, asks: &[Ask], answer: impl Fn(&Pool, &Ask) -> T) -> Vec<f64> {
    let mut pool = pool.clone();
    asks.iter().for_each(|ask| {
        black_box(answer(&pool, ask));
    });
    let timed = asks.iter().map(|ask| {
        ours::forget_questions(&mut pool);
        let start = Instant::now();
        black_box(answer(&pool, black_box(ask)));
        start.elapsed().as_nanos() as f64
    });
    timed.collect()
}

/// Rows of the two tables.
#[derive(Default)]
pub struct Rows {
    checks: Vec<String>,
    laters: Vec<String>,
    /// What is not tried on larger pools: nodes, engine, whether it is the later start.
    cut_off: BTreeSet<(usize, &'static str, bool)>,
}

impl Rows {
    pub fn measure(&mut self, site: &Site, pool: &Pool) {
        let mut asker = Asker {
            site,
            pool,
            numbers: Numbers::seeded(13),
        };
        let counts = [Count::One, Count::Four, Count::Eighth];
        let checks = Asked::of(pool, asker.mixed(QUESTIONS, &counts));
        let mut failing = asker.that(false, QUESTIONS / 2, Count::One);
        failing.extend(asker.that(false, QUESTIONS / 2, Count::Four));
        asker.numbers.shuffle(&mut failing);
        let laters = Asked::of(pool, failing);
        let check = each(pool, &checks.asks, asks::fits);
        let later = each(pool, &laters.asks, |pool, ask| {
            ours::later(pool, ask, ask.from + HORIZON)
        });
        let place = format!("{:>6} {:>7}", site.nodes.len(), short(site.leases.len()));
        let mut rows = [&check, &later].map(|ours| {
            let median = Figures::of(ours.clone()).map(|figures| Nanos(figures.median).to_string());
            format!("{place} {:>9}", median.unwrap_or_default())
        });
        for maker in std::iter::once(NAIVE).chain(PEERS) {
            let [checked, found] = self.outcomes(site, maker, (&checks, &laters));
            rows[0] += &format!(" {:>17}", checked.text(&check));
            rows[1] += &format!(" {:>17}", found.text(&later));
        }
        let [checks, laters] = rows;
        self.checks.push(checks);
        self.laters.push(laters);
    }

    fn outcomes(
        &mut self,
        site: &Site,
        (name, make): Maker,
        (checks, laters): (&Asked, &Asked),
    ) -> [Outcome; 2] {
        let nodes = site.nodes.len();
        let was_cut_off = |rows: &Self, later| rows.cut_off.contains(&(nodes, name, later));
        if was_cut_off(self, false) && was_cut_off(self, true) {
            return [Outcome::CutOff; 2];
        }
        let Some(engine) = make(site) else {
            return [Outcome::TooLarge; 2];
        };
        [false, true].map(|later| {
            if was_cut_off(self, later) {
                return Outcome::CutOff;
            }
            let outcome = if later {
                laters.later(name, engine.as_ref())
            } else {
                checks.check(name, engine.as_ref())
            };
            if matches!(outcome, Outcome::CutOff) {
                self.cut_off.insert((nodes, name, later));
            }
            outcome
        })
    }

    pub fn print(&self) {
        println!("\nThe peers' shapes on Tight pools: median, and how many times ours that is.");
        println!("Shapes written anew in memory: no SQL, interpreter or network is in them.");
        let titles = [
            "check: does it fit in the window? (k=1, 4, nodes/8)",
            "nearest later start of what does not fit (k=1, 4)",
        ];
        for (title, rows) in titles.into_iter().zip([&self.checks, &self.laters]) {
            println!("\n{title}");
            print!("{:>6} {:>7} {:>9}", "nodes", "windows", "ours");
            for (name, _) in std::iter::once(NAIVE).chain(PEERS) {
                print!(" {name:>17}");
            }
            println!();
            rows.iter().for_each(|row| println!("{row}"));
        }
    }
}
