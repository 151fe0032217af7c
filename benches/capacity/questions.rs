//! Every question and every change, on every pool, beside the naive scan.

use std::time::{Duration, Instant};

use openpex_aggregates::Timestamp;
use openpex_aggregates::capacity::{Placement, Pool};

use crate::asks::{Asker, Count, HORIZON};
use crate::engines::naive::Naive;
use crate::engines::{Ask, ours};
use crate::numbers::Numbers;
use crate::proofs;
use crate::sites::{DAY, Fill, HOUR, Lease, Site};
use crate::tables::{self, Cell, Results};
use crate::timing::{Budget, Figures, measure, shrunk};

/// Time given to one kind of question on one pool: ours, and the naive scan.
const OURS: Duration = Duration::from_millis(150);
const NAIVE: Duration = Duration::from_millis(120);
/// One naive search is cut off after this.
const NAIVE_MAX: Duration = Duration::from_secs(1);
/// Questions of one kind; fewer where a pool is large, as finding them takes time too.
const QUESTIONS: usize = 960;
const QUESTIONS_LARGE: usize = 192;
const LARGE_NODES: usize = 500;
/// Windows booked, shortened and released; steps of an hour by which the past is forgotten.
const CHANGES: usize = 1_024;
const STEPS: usize = 100;

struct Pass<'a> {
    asker: Asker<'a>,
    naive: &'a Naive,
    results: &'a mut Results,
    fill: Fill,
    place: (usize, usize),
    wanted: usize,
}

pub fn run(fill: Fill, site: &Site, pool: &mut Pool, results: &mut Results) {
    let mut naive = Naive::of(site);
    let place = (site.nodes.len(), site.leases.len());
    let mut pass = Pass {
        asker: Asker {
            site,
            pool,
            numbers: Numbers::seeded(11),
        },
        naive: &naive,
        results,
        fill,
        place,
        wanted: if place.0 < LARGE_NODES {
            QUESTIONS
        } else {
            QUESTIONS_LARGE
        },
    };
    match fill {
        Fill::Busy => {
            pass.placements(true, Count::One);
            pass.placements(true, Count::Four);
            pass.placements(true, Count::Eighth);
            pass.placements(false, Count::JustOver);
            pass.most();
            pass.starts(Count::JustOver);
            pass.free();
            let booked = pass.bookings();
            changes(pool, &mut naive, &booked, (results, place));
            forget(site, pool, &mut naive, (results, place));
        }
        Fill::Tight => {
            pass.placements(false, Count::Four);
            pass.starts(Count::One);
            pass.starts(Count::Four);
            pass.starts(Count::Eighth);
        }
    }
}

impl Pass<'_> {
    fn kind(&self, what: &str, count: Count) -> String {
        format!("{what}, {} ({:?} pool)", count.name(), self.fill)
    }

    fn put(&mut self, kind: &str, ours: Option<Figures>, naive: Option<tables::Naive>) {
        if let Some(ours) = ours {
            let naive = naive.unwrap_or(tables::Naive::NotAsked);
            self.results.put(kind, self.place, Cell { ours, naive });
        }
    }

    fn placements(&mut self, fit: bool, count: Count) {
        let asks = self.asker.that(fit, self.wanted, count);
        let (pool, naive) = (self.asker.pool, self.naive);
        proofs::placements(pool, naive, &asks);
        let figures = measure(asks.len(), OURS, |index| {
            let ask = &asks[index];
            pool.place(ask.size, ask.count, ask.window())
        });
        let slow = measure(asks.len(), NAIVE, |index| naive.place(&asks[index]));
        let what = if fit {
            "place: fits"
        } else {
            "place: does not fit, with the evidence"
        };
        let slow = slow.map(|slow| tables::Naive::Median(slow.median));
        self.put(&self.kind(what, count), figures, slow);
    }

    fn most(&mut self) {
        let asks = self.asker.mixed(self.wanted, &[Count::One]);
        let (pool, naive) = (self.asker.pool, self.naive);
        proofs::most(pool, naive, &asks);
        let figures = measure(asks.len(), OURS, |index| ours::most(pool, &asks[index]));
        let slow = measure(asks.len(), NAIVE, |index| {
            naive.most(&asks[index], u64::MAX)
        });
        let slow = slow.map(|slow| tables::Naive::Median(slow.median));
        self.put("most instances (Busy pool)", figures, slow);
    }

    fn starts(&mut self, count: Count) {
        let asks = self.asker.that(false, self.wanted, count);
        let (pool, naive) = (self.asker.pool, self.naive);
        let until = |ask: &Ask| ask.from + HORIZON;
        proofs::starts(pool, naive, &asks, until);
        proofs::starts(pool, naive, &asks, |_| 0);
        let later = measure(asks.len(), OURS, |index| {
            ours::later(pool, &asks[index], until(&asks[index]))
        });
        let kind = self.kind("nearest later start", count);
        let slow = self.naive_starts(&kind, &asks, |ask, budget| {
            naive.nearest_later(ask, until(ask), budget).is_ok()
        });
        self.put(&kind, later, slow);
        let earlier = measure(asks.len(), OURS, |index| {
            ours::earlier(pool, &asks[index], 0)
        });
        let kind = self.kind("nearest earlier start", count);
        let slow = self.naive_starts(&kind, &asks, |ask, budget| {
            naive.nearest_earlier(ask, 0, budget).is_ok()
        });
        self.put(&kind, earlier, slow);
    }

    fn naive_starts(
        &self,
        kind: &str,
        asks: &[Ask],
        search: impl Fn(&Ask, &Budget) -> bool,
    ) -> Option<tables::Naive> {
        if self.results.naive_is_too_slow(kind, self.place) {
            return Some(tables::Naive::TooSlow);
        }
        let mut nanos = Vec::new();
        let began = Instant::now();
        for ask in asks {
            let start = Instant::now();
            if !search(ask, &Budget::of(NAIVE_MAX)) {
                return Some(tables::Naive::TooSlow);
            }
            nanos.push(start.elapsed().as_nanos() as f64);
            if began.elapsed() > shrunk(NAIVE) {
                break;
            }
        }
        Figures::of(nanos).map(|figures| tables::Naive::Median(figures.median))
    }

    fn free(&mut self) {
        let asks = self.asker.mixed(self.wanted, &[Count::One]);
        let (pool, naive) = (self.asker.pool, self.naive);
        proofs::free(pool, naive, &asks);
        let week = |index: usize| Ask {
            until: asks[index].from + 7 * DAY,
            ..asks[index]
        };
        let figures = measure(asks.len(), OURS, |index| {
            pool.free_over(week(index).window())
        });
        let slow = measure(asks.len(), NAIVE, |index| {
            naive.free_over(week(index).from, week(index).until, 10_000)
        });
        let slow = slow.map(|slow| tables::Naive::Median(slow.median));
        self.put("free over a week (Busy pool)", figures, slow);
    }

    /// Windows that can be booked one after the other: they fit now and do not meet.
    fn bookings(&mut self) -> Vec<(Lease, Placement)> {
        let mut pool = self.asker.pool.clone();
        let mut booked = Vec::new();
        let wanted = CHANGES.min(4 * self.wanted);
        for _ in 0..wanted * 3 {
            if booked.len() == wanted {
                break;
            }
            let ask = self.asker.one(Count::Four);
            let Ok(placement) = pool.place(ask.size, ask.count, ask.window()) else {
                continue;
            };
            pool.book(&placement, ask.window(), ask.size)
                .expect("invariant: what was placed can be booked");
            let parts = placement.0.iter().map(|part| {
                let digits = part.node.0.trim_start_matches("node-");
                (digits.parse().expect("invariant: we named it"), part.count)
            });
            let lease = Lease {
                from: ask.from,
                until: ask.until,
                size: ask.size,
                parts: parts.collect(),
            };
            booked.push((lease, placement));
        }
        booked
    }
}

/// Books, shortens and releases the same windows; the pool is as before then.
fn changes(
    pool: &mut Pool,
    naive: &mut Naive,
    booked: &[(Lease, Placement)],
    (results, place): (&mut Results, (usize, usize)),
) {
    let before = pool.usage_report();
    let mut put = |kind: &str, ours: Option<Figures>, naive: Option<Figures>| {
        if let (Some(ours), Some(naive)) = (ours, naive) {
            let naive = tables::Naive::Median(naive.median);
            results.put(kind, place, Cell { ours, naive });
        }
    };
    let middle = |lease: &Lease| i64::midpoint(lease.from, lease.until);
    let count = booked.len();
    // No warm-up here and no limit: every one of them changes the pool, once.
    let book = each(count, |index| {
        let (lease, placement) = &booked[index];
        pool.book(placement, ours::window_of(lease), lease.size)
            .expect("invariant: it fitted when it was chosen");
    });
    put(
        "book, k=4 (Busy pool)",
        book,
        each(count, |index| naive.book(&booked[index].0)),
    );
    let shorten = each(count, |index| {
        let (lease, placement) = &booked[index];
        let ends_at = Timestamp(middle(lease));
        pool.shorten(placement, ours::window_of(lease), lease.size, ends_at)
            .expect("invariant: it is booked");
    });
    let shorten_naive = each(count, |index| {
        let lease = &booked[index].0;
        naive.shorten(lease, middle(lease));
    });
    put("shorten by half, k=4 (Busy pool)", shorten, shorten_naive);
    let halved = |index: usize| {
        let lease = &booked[index].0;
        Lease {
            until: middle(lease),
            ..lease.clone()
        }
    };
    let halves: Vec<Lease> = (0..count).map(halved).collect();
    let release = each(count, |index| {
        pool.release(
            &booked[index].1,
            ours::window_of(&halves[index]),
            halves[index].size,
        )
        .expect("invariant: it is booked");
    });
    let release_naive = each(count, |index| {
        naive.shorten(&halves[index], halves[index].from)
    });
    put("release, k=4 (Busy pool)", release, release_naive);
    let after = pool.usage_report();
    assert_eq!(after.live_windows, before.live_windows);
    assert_eq!(
        after.boundaries, before.boundaries,
        "what is released leaves no trace"
    );
}

/// Times each of some changes by itself.
fn each(count: usize, mut change: impl FnMut(usize)) -> Option<Figures> {
    let mut nanos = Vec::with_capacity(count);
    for index in 0..count {
        let start = Instant::now();
        change(index);
        nanos.push(start.elapsed().as_nanos() as f64);
    }
    Figures::of(nanos)
}

/// Moves the clock on by hours, from where the used part begins.
fn forget(
    site: &Site,
    pool: &mut Pool,
    naive: &mut Naive,
    (results, place): (&mut Results, (usize, usize)),
) {
    let at = |step: usize| step as i64 * HOUR;
    let ours = each(STEPS, |step| pool.forget_before(Timestamp(at(step))));
    let slow = each(STEPS, |step| naive.forget_before(at(step)));
    let live = site
        .leases
        .iter()
        .filter(|lease| lease.until > at(STEPS - 1))
        .count();
    assert_eq!(pool.usage_report().live_windows, live as u64);
    if let (Some(ours), Some(slow)) = (ours, slow) {
        let naive = tables::Naive::Median(slow.median);
        results.put(
            "forget an hour more (Busy pool)",
            place,
            Cell { ours, naive },
        );
    }
}
