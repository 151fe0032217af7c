//! One hard pool, held by ours, the naive scan and Fluxion's shape, and how it is asked.
//!
//! Answers that are known by the way a pool is made are asserted, the others are proved by brute
//! force.

use std::time::{Duration, Instant};

use openpex_aggregates::capacity::{Placement, Pool};

use crate::asks::HORIZON;
use crate::engines::fluxion::Fluxion;
use crate::engines::naive::Naive;
use crate::engines::{Ask, Engine, Later, ours};
use crate::numbers::Numbers;
use crate::peers::CUT_OFF;
use crate::proofs;
use crate::sites::{DAY, HOUR, Site, TYPES};
use crate::tables::short;
use crate::timing::{Budget, Figures, Nanos, measure, shrunk, times};

const SPAN: Duration = Duration::from_millis(400);
const SLOW_SPAN: Duration = Duration::from_millis(200);
const QUESTIONS: usize = 256;
/// A hard pool, held by the engines that are asked.
pub struct Hard {
    pub site: Site,
    pool: Pool,
    naive: Naive,
    fluxion: Fluxion,
    numbers: Numbers,
}

/// What is asked of it.
#[derive(Clone, Copy)]
pub enum Asked {
    Place,
    /// Up to the horizon, or to the bound.
    Later(i64),
    Earlier(i64),
}

impl Hard {
    pub fn new(title: &str, site: Site) -> Self {
        let pool = ours::pool_of(&site);
        let report = pool.usage_report();
        println!(
            "\n{title}: {} nodes, {} windows, {:.0} bytes a window",
            site.nodes.len(),
            short(site.leases.len()),
            report.bytes as f64 / site.leases.len() as f64
        );
        Self {
            naive: Naive::of(&site),
            fluxion: Fluxion::of(&site),
            numbers: Numbers::seeded(43),
            pool,
            site,
        }
    }

    pub fn asks(
        &mut self,
        (low, high): (i64, i64),
        draw: impl Fn(&mut Numbers, i64) -> Ask,
    ) -> Vec<Ask> {
        (0..QUESTIONS)
            .map(|_| {
                let from = self.numbers.between(low, high);
                draw(&mut self.numbers, from)
            })
            .collect()
    }

    /// Random windows in the first nine tenths of the used part, with one instance too many.
    pub fn just_over(&mut self) -> Vec<Ask> {
        let used = self.site.used_until;
        let asks = self.asks((0, used * 9 / 10), |numbers, from| Ask {
            size: TYPES[numbers.index(4)],
            count: 1,
            from,
            until: from + numbers.spread(HOUR, 7 * DAY),
        });
        asks.into_iter()
            .map(|ask| Ask {
                count: ours::most(&self.pool, &ask) + 1,
                ..ask
            })
            .collect()
    }

    /// Prints the figures of a question; what is `known` of the answer is asserted.
    pub fn ask(&self, title: &str, asks: &[Ask], asked: Asked, known: Option<Option<i64>>) {
        let pool = &self.pool;
        let start = |ask: &Ask| match asked {
            Asked::Place => None,
            Asked::Later(bound) => ours::later(pool, ask, bound.min(ask.from + HORIZON)),
            Asked::Earlier(bound) => ours::earlier(pool, ask, bound),
        };
        match (asked, known) {
            (Asked::Place, _) => proofs::placements(pool, &self.naive, asks),
            (Asked::Later(_) | Asked::Earlier(_), Some(known)) => {
                let answers = asks.iter().take(16).map(start);
                answers.for_each(|answer| assert_eq!(answer, known, "{title}"));
            }
            (Asked::Later(bound), None) => {
                let bound = |ask: &Ask| bound.min(ask.from + HORIZON);
                proofs::starts(pool, &self.naive, asks, bound);
            }
            (Asked::Earlier(bound), None) => proofs::starts(pool, &self.naive, asks, |_| bound),
        }
        let figures = measure(asks.len(), SPAN, |index| {
            let ask = &asks[index];
            match asked {
                Asked::Place => pool.place(ask.size, ask.count, ask.window()).is_ok(),
                Asked::Later(_) | Asked::Earlier(_) => start(ask).is_some(),
            }
        });
        let Some(figures) = figures else {
            return;
        };
        let slow = self.naive_text(asks, asked, figures);
        let fluxion = self.fluxion_text(asks, asked, figures);
        let (median, p99) = (Nanos(figures.median), Nanos(figures.p99));
        println!("  {title:<60} {median:>9} {p99:>9}  naive {slow:>16}  Fluxion {fluxion:>16}");
    }

    fn naive_text(&self, asks: &[Ask], asked: Asked, ours: Figures) -> String {
        let naive = &self.naive;
        timed(asks, ours, |ask, budget| match asked {
            Asked::Place => Some(naive.place(ask).is_some()),
            Asked::Later(bound) => {
                let bound = bound.min(ask.from + HORIZON);
                naive
                    .nearest_later(ask, bound, budget)
                    .ok()
                    .map(|at| at.is_some())
            }
            Asked::Earlier(bound) => naive
                .nearest_earlier(ask, bound, budget)
                .ok()
                .map(|at| at.is_some()),
        })
    }

    fn fluxion_text(&self, asks: &[Ask], asked: Asked, ours: Figures) -> String {
        if matches!(asked, Asked::Earlier(_)) {
            return "-".to_owned();
        }
        timed(asks, ours, |ask, budget| match asked {
            Asked::Place => self.fluxion.check(ask, budget).ok(),
            Asked::Later(bound) | Asked::Earlier(bound) => {
                let bound = bound.min(ask.from + HORIZON);
                let found = self.fluxion.later(ask, bound, budget);
                if found == Later::CutOff {
                    return None;
                }
                assert_eq!(
                    found,
                    Later::Start(ours::later(&self.pool, ask, bound)),
                    "{ask:?}"
                );
                Some(true)
            }
        })
    }

    /// Books and releases on the nodes named, again and again.
    pub fn churn(&mut self, title: &str, bookings: &[(Placement, Ask)]) {
        let mut book = Vec::new();
        let mut release = Vec::new();
        for (placement, ask) in bookings {
            let start = Instant::now();
            let booked = self.pool.book(placement, ask.window(), ask.size);
            book.push(start.elapsed().as_nanos() as f64);
            booked.expect("invariant: it was placed");
            let start = Instant::now();
            let released = self.pool.release(placement, ask.window(), ask.size);
            release.push(start.elapsed().as_nanos() as f64);
            released.expect("invariant: it was booked");
        }
        for (what, nanos) in [("book", book), ("release", release)] {
            if let Some(figures) = Figures::of(nanos) {
                let (median, p99) = (Nanos(figures.median), Nanos(figures.p99));
                println!("  {:<60} {median:>9} {p99:>9}", format!("{what}, {title}"));
            }
        }
    }

    /// Those of the windows that can be booked, with where.
    pub fn placed(&self, asks: Vec<Ask>) -> Vec<(Placement, Ask)> {
        let placed = asks.into_iter().map(|ask| {
            let placement = self.pool.place(ask.size, ask.count, ask.window());
            placement.ok().map(|placement| (placement, ask))
        });
        placed.flatten().collect()
    }
}

/// The median of another engine, beside ours.
fn timed(asks: &[Ask], ours: Figures, answer: impl Fn(&Ask, &Budget) -> Option<bool>) -> String {
    let began = Instant::now();
    let mut nanos = Vec::new();
    for ask in asks {
        let start = Instant::now();
        if answer(ask, &Budget::of(CUT_OFF)).is_none() {
            return format!("> {} s", CUT_OFF.as_secs());
        }
        nanos.push(start.elapsed().as_nanos() as f64);
        if began.elapsed() > shrunk(SLOW_SPAN) {
            break;
        }
    }
    Figures::of(nanos).map_or_else(String::new, |figures| {
        format!(
            "{} {:>6}",
            Nanos(figures.median),
            times(figures.median / ours.median)
        )
    })
}
