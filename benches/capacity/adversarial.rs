//! Pools and questions made to be hard, with the figures of each.

use openpex_aggregates::Resources;

use crate::engines::Ask;
use crate::hard::{Asked, Hard};
use crate::hard_sites::{self, CYCLE, GAP, GAP_AT, SPELL, XLARGE, YEAR};
use crate::sites::{DAY, HOUR, TYPES};

/// Times a demand rises and falls in vain.
const CYCLES: usize = 10_000;
const CYCLES_QUICK: usize = 1_000;
const ENOUGH_WINDOWS: usize = 250_000;

pub fn run(max_windows: usize) {
    println!("\nHard pools: median and p99 of ours; the others' median, and how many times ours.");
    println!("Beside `place and explain` stands Fluxion's check, which does neither.");
    on_one_node(max_windows.min(1_000_000));
    ending_together(max_windows.min(1_000_000));
    one_gap(max_windows.min(1_000_000));
    rise_and_fall(max_windows);
    half_of_it(max_windows.min(1_000_000));
}

fn ask_one_too_many(hard: &mut Hard, asks: &[Ask]) {
    hard.ask("one too many: place and explain", asks, Asked::Place, None);
    hard.ask(
        "one too many: nearest later start",
        asks,
        Asked::Later(i64::MAX),
        None,
    );
    hard.ask(
        "one too many: nearest earlier start",
        asks,
        Asked::Earlier(0),
        None,
    );
}

fn on_one_node(windows: usize) {
    let mut hard = Hard::new("All windows on one node", hard_sites::on_one_node(windows));
    let asks = hard.just_over();
    ask_one_too_many(&mut hard, &asks);
    let one = asks
        .into_iter()
        .map(|ask| Ask { count: 1, ..ask })
        .collect::<Vec<_>>();
    hard.ask("k=1: place", &one, Asked::Place, None);
    let bookings = hard.placed(one);
    hard.churn("k=1, on the most loaded node with room", &bookings);
}

fn ending_together(windows: usize) {
    let site = hard_sites::ending_together(windows);
    let mut hard = Hard::new("All ending at the same instant", site);
    let asks = hard.just_over();
    ask_one_too_many(&mut hard, &asks);
    // What ends at that instant as well, and begins when nothing else has.
    let ends = hard.asks((YEAR - 6 * HOUR, YEAR - HOUR), |numbers, from| Ask {
        size: TYPES[numbers.index(4)],
        count: 1,
        from,
        until: YEAR,
    });
    hard.ask(
        "k=1 until the end of all: nearest later start",
        &ends,
        Asked::Later(i64::MAX),
        None,
    );
    let half = hard.asks((0, YEAR / 2), |numbers, from| Ask {
        size: TYPES[numbers.index(4)],
        count: 1,
        from,
        until: from + DAY,
    });
    let bookings = hard.placed(half);
    hard.churn("k=1 for a day in the first half", &bookings);
}

fn one_gap(windows: usize) {
    let nodes = 1_000.min(windows / 100);
    for gaps in [1, nodes / 8] {
        let title = format!("Full for a year but for one gap on {gaps} nodes");
        let mut hard = Hard::new(&title, hard_sites::one_gap(nodes, windows, gaps));
        let length = GAP - HOUR;
        let ask = |from| Ask {
            size: XLARGE,
            count: gaps as u32,
            from,
            until: from + length,
        };
        let before = hard.asks((0, 150 * DAY), |_, from| ask(from));
        let after = hard.asks((210 * DAY, 360 * DAY), |_, from| ask(from));
        let title = format!("k={gaps}");
        hard.ask(
            &format!("{title}: place and explain"),
            &before,
            Asked::Place,
            None,
        );
        let later = Asked::Later(i64::MAX);
        hard.ask(
            &format!("{title}: nearest later start"),
            &before,
            later,
            Some(Some(GAP_AT)),
        );
        let latest = Some(Some(GAP_AT + GAP - length));
        let earlier = Asked::Earlier(0);
        hard.ask(
            &format!("{title}: nearest earlier start"),
            &after,
            earlier,
            latest,
        );
    }
}

fn rise_and_fall(max_windows: usize) {
    let enough = max_windows >= ENOUGH_WINDOWS;
    let cycles = if enough { CYCLES } else { CYCLES_QUICK };
    let end = cycles as i64 * CYCLE;
    // How many are asked for of how many nodes, and what a spell lacks to be long enough.
    for (nodes, count, lacks) in [(50, 2, 0), (50, 25, 0), (200, 25, 0), (20, 20, 1)] {
        let free = if lacks == 0 { count - 1 } else { nodes };
        let site = hard_sites::rise_and_fall(nodes, free, cycles);
        let why = if lacks == 0 {
            format!("{free} are free, {count} are asked for")
        } else {
            format!("all {nodes} are free, a millisecond too short")
        };
        let mut hard = Hard::new(&format!("{cycles} starts that just fail; {why}"), site);
        let ask = |from| Ask {
            size: XLARGE,
            count: count as u32,
            from,
            until: from + SPELL + lacks,
        };
        let first = hard.asks((0, CYCLE), |_, from| ask(from));
        let last = hard.asks((end - 2 * CYCLE, end - CYCLE), |_, from| ask(from));
        let later = Asked::Later(i64::MAX);
        let known = Some(Some(end));
        hard.ask("nearest later start", &first, later, known);
        hard.ask(
            "nearest earlier start: there is none",
            &last,
            Asked::Earlier(0),
            Some(None),
        );
    }
}

fn half_of_it(windows: usize) {
    let site = hard_sites::busy(windows);
    let used = site.used_until;
    let title = format!("Half of a pool that is busy for {} days", used / DAY);
    let mut hard = Hard::new(&title, site);
    let half = |hard: &Hard, size: Resources| {
        let all: u64 = hard.site.nodes.iter().map(|node| node.count_of(size)).sum();
        u32::try_from(all / 2).unwrap_or(u32::MAX)
    };
    let counts = TYPES.map(|size| half(&hard, size));
    let bound = (used - 15 * DAY).max(used / 2);
    let asks = hard.asks((DAY.min(used / 8), used / 4), |numbers, from| {
        let index = numbers.index(4);
        Ask {
            size: TYPES[index],
            count: counts[index],
            from,
            until: from + HOUR,
        }
    });
    hard.ask("place and explain", &asks, Asked::Place, None);
    hard.ask(
        "nearest later start within the used part",
        &asks,
        Asked::Later(bound),
        None,
    );
    hard.ask(
        "nearest later start, beyond it too",
        &asks,
        Asked::Later(i64::MAX),
        None,
    );
}
