//! Targets 1 and 2 of the performance notes: figure, target, met or not. Printed, never asserted.

use std::hint::black_box;
use std::time::{Duration, Instant};

use openpex_aggregates::capacity::Pool;

use crate::asks::{self, Asker, Count, HORIZON};
use crate::engines::{Ask, NAIVE, PEERS, ours};
use crate::numbers::Numbers;
use crate::peers::{Asked, Outcome, each};
use crate::sites::{Fill, Site, generate};
use crate::tables::short;
use crate::timing::{Figures, Nanos, measure, times};

const SPAN: Duration = Duration::from_secs(1);
const QUESTIONS: usize = 2_000;
/// Target 1: nodes and windows.
const SMALL: (usize, usize) = (50, 10_000);
/// Target 2: nodes and windows, and the hundredth part of these.
const LARGE: (usize, usize) = (1_000, 1_000_000);
const LARGE_BASE: usize = 10_000;
/// What the prototype took for a plain pass over as many nodes when the targets were set, in
/// nanoseconds. Not of this run.
const PLAIN_RECORDED: f64 = 592e3;
/// What the peers themselves took for a decision of target 1 when they were measured, in
/// nanoseconds, and how many times ours that is to be. Not of this run.
const RECORDED: [(&str, f64, f64); 4] = [
    ("Blazar's query", 934e6, 50_000.0),
    ("Slurm's create", 86e6, 5_000.0),
    ("OAR3's earliest", 78e6, 5_000.0),
    ("Fluxion's earliest", 5.3e6, 100.0),
];

fn line(what: &str, figure: &str, target: &str, met: bool) {
    let verdict = if met { "met" } else { "NOT MET" };
    println!("{what:<76} {figure:>10} {target:>10}  {verdict}");
}

fn at_most(what: &str, nanos: f64, most: f64) {
    let target = format!("{}", Nanos(most));
    line(what, &format!("{}", Nanos(nanos)), &target, nanos <= most);
}

pub fn run(max_windows: usize) {
    println!("\n{:<76} {:>10} {:>10}", "Targets", "figure", "target");
    if SMALL.1 <= max_windows {
        for fill in [Fill::Busy, Fill::Tight] {
            decisions(fill);
        }
    }
    if LARGE.1 <= max_windows {
        large();
    } else {
        println!("2 is measured with {} windows only", short(LARGE.1));
    }
}

/// Decisions on 50 nodes with 10,000 windows, counter-offers included.
fn decisions(fill: Fill) {
    let site = generate(fill, SMALL.0, SMALL.1, 1);
    let pool = ours::pool_of(&site);
    let mut asker = Asker {
        site: &site,
        pool: &pool,
        numbers: Numbers::seeded(17),
    };
    let mixed = asker.mixed(QUESTIONS, &[Count::One, Count::Four, Count::Eighth]);
    judge(&format!("{fill:?}, k=1, 4, 6"), (&site, &pool), mixed);
    if fill == Fill::Busy {
        let over = asker.that(false, QUESTIONS / 3, Count::JustOver);
        judge(&format!("{fill:?}, one too many"), (&site, &pool), over);
    }
}

fn judge(what: &str, (site, pool): (&Site, &Pool), asks: Vec<Ask>) {
    let Some(figures) = decide_all(pool, &asks) else {
        return;
    };
    let all = asks.len();
    let fails = |ask: &Ask| !asks::fits(pool, ask);
    let countered: Vec<Ask> = asks.into_iter().filter(fails).collect();
    let share = countered.len() * 100 / all;
    let what = format!("1 decision, 50 nodes, 10k windows, {what}, {share}% countered");
    at_most(&format!("{what}: p50"), figures.median, 15e3);
    at_most(&format!("{what}: p99"), figures.p99, 100e3);
    for (name, took, wanted) in RECORDED {
        let ratio = took / figures.median;
        let what = format!("  {name} as recorded before, to this p50");
        line(&what, &times(ratio), &times(wanted), ratio >= wanted);
    }
    let ours = each(pool, &countered, |pool, ask| {
        ours::decide(pool, ask, (0, ask.from + HORIZON))
    });
    shapes(site, &Asked::of(pool, countered), &ours);
}

fn decide_all(pool: &Pool, asks: &[Ask]) -> Option<Figures> {
    once(asks, |ask| {
        nanos_of(|| ours::decide(pool, ask, (0, ask.from + HORIZON)))
    })
}

/// The shapes' later starts (Blazar's check) on the same questions, as many as they get through;
/// no target is set for them.
fn shapes(site: &Site, asked: &Asked, ours: &[f64]) {
    for (name, make) in std::iter::once(NAIVE).chain(PEERS) {
        let outcome = make(site).map_or(Outcome::TooLarge, |engine| {
            match asked.later(name, engine.as_ref()) {
                Outcome::NotAsked => asked.check(name, engine.as_ref()),
                outcome @ (Outcome::Median(..) | Outcome::CutOff | Outcome::TooLarge) => outcome,
            }
        });
        println!(
            "{:<76} {:>10}",
            format!("  {name}'s shape in this run, of what is countered, to ours"),
            outcome.text(ours)
        );
    }
}

/// What is asked of a large pool, and what it took, in nanoseconds.
struct Figure {
    what: String,
    target: f64,
    median: f64,
    /// The same where nothing is remembered of the questions before; for those that remember.
    unprepared: Option<f64>,
    /// The largest usage of every node in the same windows, one node after the other.
    plain: f64,
}

/// One thousand nodes with a hundred times the windows.
fn large() {
    let [base, full] = [LARGE_BASE, LARGE.1]
        .map(|windows| [Fill::Busy, Fill::Tight].map(|fill| figures(fill, windows)));
    println!(
        "(1,000 nodes; {} windows against {}; a plain pass is the maximum of each node's profile over \
         the window, {} for the prototype when the targets were set)",
        short(LARGE.1),
        short(LARGE_BASE),
        Nanos(PLAIN_RECORDED)
    );
    for (base, full) in base.iter().flatten().zip(full.iter().flatten()) {
        at_most(
            &format!("2 {}: median", full.what),
            full.median,
            full.target,
        );
        let growth = full.median / base.median;
        line(
            "    growth for x100 windows",
            &times(growth),
            &times(12.0),
            growth <= 12.0,
        );
        let plain = Nanos(full.plain);
        let faster = times(full.plain / full.median);
        let wanted = times(PLAIN_RECORDED / full.target);
        println!("    plain pass of the same windows {plain}, that is {faster}; targets: {wanted}");
        if let Some(unprepared) = full.unprepared {
            println!(
                "    nothing remembered of other questions: {}",
                Nanos(unprepared)
            );
        }
    }
}

/// Questions to a large pool.
struct Questions {
    what: String,
    fit: bool,
    asks: Vec<Ask>,
}

fn figures(fill: Fill, windows: usize) -> Vec<Figure> {
    let site = generate(fill, LARGE.0, windows, 2);
    let mut pool = ours::pool_of(&site);
    let questions = questions(fill, &site, &pool);
    let figures = questions.into_iter();
    figures.map(|asked| figure(&mut pool, asked)).collect()
}

fn questions(fill: Fill, site: &Site, pool: &Pool) -> Vec<Questions> {
    let mut asker = Asker {
        site,
        pool,
        numbers: Numbers::seeded(19),
    };
    let counts: &[Count] = match fill {
        Fill::Busy => &[Count::One, Count::Four, Count::Eighth, Count::JustOver],
        Fill::Tight => &[Count::One, Count::Four, Count::Eighth],
    };
    let mut found = Vec::new();
    for &count in counts {
        let mut ask = |fit, kind: &str| {
            found.push(Questions {
                what: format!("{kind}, {fill:?}, {}", count.name()),
                fit,
                asks: asker.that(fit, QUESTIONS / 8, count),
            });
        };
        if count != Count::JustOver {
            ask(true, "yes");
        }
        if fill == Fill::Tight || count == Count::JustOver {
            ask(false, "nearest start");
        }
    }
    found
}

fn figure(pool: &mut Pool, Questions { what, fit, asks }: Questions) -> Figure {
    let plain = plain_pass(pool, &asks);
    if fit {
        let median = median_of(&asks, |ask| {
            pool.place(ask.size, ask.count, ask.window()).is_ok()
        });
        return Figure {
            what,
            target: 50e3,
            median,
            unprepared: None,
            plain,
        };
    }
    ours::forget_questions(pool);
    let figures = once(&asks, |ask| later(pool, ask));
    let unprepared = once(&asks, |ask| {
        ours::forget_questions(pool);
        later(pool, ask)
    });
    Figure {
        what,
        target: 150e3,
        median: figures.map_or(f64::NAN, |figures| figures.median),
        unprepared: unprepared.map(|figures| figures.median),
        plain,
    }
}

/// How long it took to look for a later start, in nanoseconds.
fn later(pool: &Pool, ask: &Ask) -> f64 {
    nanos_of(|| ours::later(pool, ask, ask.from + HORIZON))
}

fn nanos_of<T>(operation: impl FnOnce() -> T) -> f64 {
    let began = Instant::now();
    black_box(operation());
    began.elapsed().as_nanos() as f64
}

/// What each question took, asked once: a search is remembered, so one that is asked again says nothing.
fn once(asks: &[Ask], took: impl FnMut(&Ask) -> f64) -> Option<Figures> {
    Figures::of(asks.iter().map(took).collect())
}

fn plain_pass(pool: &Pool, asks: &[Ask]) -> f64 {
    let nodes = pool.nodes();
    let profiles = nodes.map(|node| pool.profile(node.name).expect("invariant: it is there"));
    let profiles: Vec<_> = profiles.collect();
    median_of(asks, |ask| {
        let usage = profiles
            .iter()
            .map(|profile| profile.max_usage(ask.window()));
        usage.filter(|usage| ask.size.fits_in(*usage)).count()
    })
}

fn median_of<T>(asks: &[Ask], mut operation: impl FnMut(&Ask) -> T) -> f64 {
    let figures = measure(asks.len(), SPAN, |index| operation(&asks[index]));
    figures.map_or(f64::NAN, |figures| figures.median)
}
